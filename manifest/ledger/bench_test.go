package ledger_test

import (
	"errors"
	"flag"
	"fmt"
	"testing"

	"writ/manifest/ledger"
)

var benchEntries = flag.Int("entries", 100_000, "size of the larger ledger of BenchmarkAppend")

// BenchmarkAppend measures what an export, a process of its own, does with the
// ledger: open it, append what was received and decided, append the manifest
// and prove it, close. Making a ledger of 1,000,000 entries takes a minute or
// more: ask for it by -entries.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{10, *benchEntries} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			cfg := grown(b, size)
			next := size
			for b.Loop() {
				l, err := ledger.Open(b.Context(), cfg)
				if err != nil {
					b.Fatal(err)
				}
				for _, n := range []int{2, 1} {
					if _, err := l.AppendAll(b.Context(), entries(next, next+n)...); err != nil {
						b.Fatal(err)
					}
					next += n
				}
				if err := l.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// grown makes a ledger of size entries, and the index that finds them.
func grown(b *testing.B, size int) ledger.Config {
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
	_, err = l.Find(b.Context(), ledger.Leaf(entry(size-1))) // makes the index
	if err := errors.Join(err, l.Close()); err != nil {
		b.Fatal(err)
	}
	return cfg
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
