package ledger_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"writ/manifest/ledger"
)

func TestFind(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	// More than stand beside the index, so that there is one.
	appendAll(t, l, entries(0, 3000)...)
	appendAll(t, l, entries(3000, 3010)...)
	for _, i := range []int{0, 255, 256, 2999, 3000, 3009} {
		if index, err := l.Find(t.Context(), ledger.Leaf(entry(i))); err != nil || index != int64(i) {
			t.Errorf("Find entry %d = %d, %v", i, index, err)
		}
	}
	if _, err := l.Find(t.Context(), ledger.Leaf(entry(3010))); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Find = %v, want not found", err)
	}
}

// The index can be lost, broken, or left from other days: it is made anew.
func TestFind_index(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	appendAll(t, l, entries(0, 2000)...)
	index := filepath.Join(cfg.Dir, ".writ", "leaves")
	if _, err := os.Stat(index); err == nil {
		t.Fatal("there is an index before it is needed")
	}
	find := func(t *testing.T, n int) {
		t.Helper()
		for i := 0; i < n; i += 131 {
			if at, err := l.Find(t.Context(), ledger.Leaf(entry(i))); err != nil || at != int64(i) {
				t.Fatalf("Find entry %d = %d, %v", i, at, err)
			}
		}
		if _, err := l.Find(t.Context(), ledger.Leaf([]byte("never"))); !errors.Is(err, ledger.ErrNotFound) {
			t.Fatalf("Find = %v, want not found", err)
		}
	}
	find(t, 2000)
	old, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, entries(2000, 4500)...)
	find(t, 4500)

	foreign := newConfig(t)
	other := open(t, foreign)
	appendAll(t, other, entries(5000, 7000)...)
	if _, err := other.Find(t.Context(), ledger.Leaf(entry(5000))); err != nil {
		t.Fatal(err)
	}
	alien, err := os.ReadFile(filepath.Join(foreign.Dir, ".writ", "leaves"))
	if err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		content []byte
	}{
		{"lost", nil},
		{"empty", []byte{}},
		{"from before", old},
		{"of another ledger", alien},
		{"cut", now[:len(now)/2]},
		{"header torn", append(bytes.Repeat([]byte{7}, 40), now[40:]...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.Remove(index); err != nil {
				t.Fatal(err)
			}
			if tt.content != nil {
				if err := os.WriteFile(index, tt.content, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			find(t, 4500)
		})
	}
}
