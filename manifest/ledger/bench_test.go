package ledger_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"writ/manifest/ledger"
)

var benchEntries = flag.Int("entries", 100_000, "size of the larger ledger of BenchmarkAppend")

// BenchmarkAppend measures what a command does that records one statement:
// open the ledger, look for the statement, append it, prove it, close. Making
// a ledger of 1,000,000 entries takes a minute or more: ask for it by -entries.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1_000, *benchEntries} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			cfg := newConfig(b)
			l, err := ledger.Open(b.Context(), cfg)
			if err != nil {
				b.Fatal(err)
			}
			for from := 0; from < size; from += min(size, 20_000) {
				if _, err := l.AppendAll(b.Context(), entries(from, min(size, from+20_000))...); err != nil {
					b.Fatal(err)
				}
			}
			if _, err := l.Find(b.Context(), ledger.Leaf(entry(size-1))); err != nil { // makes the index
				b.Fatal(err)
			}
			if err := l.Close(); err != nil {
				b.Fatal(err)
			}
			checkpoint := filepath.Join(cfg.Dir, "checkpoint")
			next := size
			b.ResetTimer()
			for b.Loop() {
				// As if nobody had appended in the last 100 ms.
				before := time.Now().Add(-time.Minute)
				if err := os.Chtimes(checkpoint, before, before); err != nil {
					b.Fatal(err)
				}
				l, err := ledger.Open(b.Context(), cfg)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := l.Append(b.Context(), entry(next)); err != nil {
					b.Fatal(err)
				}
				next++
				if err := l.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRead measures reading all entries, each hashed up to the root.
func BenchmarkRead(b *testing.B) {
	const size = 100_000
	cfg := closed(b, size)
	b.ResetTimer()
	for b.Loop() {
		v, err := ledger.NewReader(ledger.Dir(cfg.Dir), cfg.Verifier, cfg.Policy).View(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range v.Entries(b.Context(), 0, size) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
