package tally_test

import (
	"slices"
	"testing"

	"writ/manifest/act"
	"writ/manifest/transparency/tally"
)

// Entries a second, signatures and all. What is held grows with the orders, by
// less than a kilobyte each, and not with the statements.
func BenchmarkRead(b *testing.B) {
	w := newWorld(b)
	w.configure(b, policies)
	var acts []act.Act
	for n := range 1000 {
		r := order(n, nil)
		acts = append(acts, r.received(), r.decided(pullMail), r.exported(90, mail))
	}
	for chunk := range slices.Chunk(acts, 500) {
		w.tell(b, chunk...)
	}
	b.ReportAllocs()
	entries := 0
	for b.Loop() {
		got, err := tally.Read(b.Context(), w.config)
		if err != nil {
			b.Fatal(err)
		}
		entries += int(got.Checkpoint.Size)
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
}
