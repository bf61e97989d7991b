package ledger_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"writ/manifest/ledger"
)

func TestAppend(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	p, err := l.Append(t.Context(), entry(0))
	if err != nil {
		t.Fatal(err)
	}
	included, err := ledger.CheckProof(p.Bytes(), entry(0), cfg.Verifier, ledger.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if included.Index != 0 || included.Checkpoint.Size() != 1 || included.Checkpoint.Origin() != origin {
		t.Errorf("proof is for entry %d of %d of %s", included.Index, included.Checkpoint.Size(), included.Checkpoint.Origin())
	}
	equal(t, read(t, cfg), entries(0, 1))
}

// The tree's shape changes at powers of 256, and partial tiles go then.
func TestAppendAll_sizes(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	n := 0
	for _, grow := range []int{1, 254, 1, 1, 255, 600, 1} {
		proofs := appendAll(t, l, entries(n, n+grow)...)
		for i, p := range proofs {
			if p.Index() != int64(n+i) {
				t.Fatalf("entry %d has index %d", n+i, p.Index())
			}
			if _, err := ledger.CheckProof(p.Bytes(), entry(n+i), cfg.Verifier, ledger.Policy{}); err != nil {
				t.Fatalf("proof of entry %d: %v", n+i, err)
			}
		}
		n += grow
		equal(t, read(t, cfg), entries(0, n))
	}
	for _, full := range []string{"tile/0/000", "tile/entries/000", "tile/0/003", "tile/entries/003"} {
		if _, err := os.Stat(filepath.Join(cfg.Dir, full)); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(cfg.Dir, full+".p")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("partial tiles of %s are still there: %v", full, err)
		}
	}
}

// What is appended together is written together, whether it is little or much:
// each batch leaves one partial bundle at most.
func TestAppendAll_batches(t *testing.T) {
	for _, tt := range []struct {
		name    string
		entries int
		want    []string
	}{
		{"an order's acts", 3, []string{"000.p/3"}},
		{"a tile", 256, []string{"000"}},
		{"more than a tile", 300, []string{"000", "001.p/44"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := newConfig(t)
			for i, p := range appendAll(t, open(t, cfg), entries(0, tt.entries)...) {
				if p.Index() != int64(i) {
					t.Fatalf("entry %d has index %d", i, p.Index())
				}
			}
			bundles := os.DirFS(filepath.Join(cfg.Dir, "tile", "entries"))
			var got []string
			for _, pattern := range []string{"???", "*/*"} {
				found, err := fs.Glob(bundles, pattern)
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, found...)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("bundles are %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAppend_again(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	appendAll(t, l, entry(0), entry(1), entry(0))
	p := appendAll(t, l, entry(1), entry(2), entry(1), entry(0))
	for i, want := range []int64{1, 2, 1, 0} {
		if p[i].Index() != want {
			t.Errorf("entry %d of the batch has index %d, want %d", i, p[i].Index(), want)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, cfg)
	appendAll(t, l, entry(2))
	equal(t, read(t, cfg), entries(0, 3))
}

func TestAppend_goroutines(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 5 {
				// The last one is everybody's.
				e := entry(g*100 + i)
				if i == 4 {
					e = entry(9999)
				}
				if _, err := l.Append(t.Context(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	unique(t, read(t, cfg), 8*4+1)
}

func TestAppend_limits(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	for _, tt := range []struct {
		name  string
		bytes int
		want  error
	}{
		{name: "nothing", bytes: 0, want: ledger.ErrEntrySize},
		{name: "one byte", bytes: 1},
		{name: "the most", bytes: ledger.MaxEntryBytes},
		{name: "one too many", bytes: ledger.MaxEntryBytes + 1, want: ledger.ErrEntrySize},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := l.Append(t.Context(), make([]byte, tt.bytes)); !errors.Is(err, tt.want) {
				t.Fatalf("Append = %v, want %v", err, tt.want)
			}
		})
	}
	if all := read(t, cfg); len(all) != 2 {
		t.Errorf("ledger has %d entries, want 2", len(all))
	}
}

// Why a batch was not added is said once, not once an entry.
func TestAppendAll_failure(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	if err := os.WriteFile(filepath.Join(cfg.Dir, "tile"), nil, 0o600); err != nil { // so that no tile can be made
		t.Fatal(err)
	}
	_, err := l.AppendAll(t.Context(), entries(0, 3)...)
	if !errors.Is(err, ledger.ErrLedger) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("AppendAll = %v", err)
	}
}
