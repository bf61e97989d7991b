package commit

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"
)

// Messages of every length are hashed as their parts in one piece are.
func TestHasher(t *testing.T) {
	h := newHasher()
	record := bytes.Repeat([]byte("0123456789"), 500)
	pair := record[:2*sha256.Size]
	var got [sha256.Size]byte
	for _, n := range slices.Concat(lengths(0, 300), lengths(maxCopied-100, maxCopied+100)) {
		want := sha256.Sum256(slices.Concat([]byte{leafPrefix}, record[:SaltBytes], record[:n]))
		if h.leaf(got[:], record[:SaltBytes], record[:n]); got != want {
			t.Fatalf("leaf of %d bytes = %x, want %x", n, got, want)
		}
	}
	want := sha256.Sum256(append([]byte{nodePrefix}, pair...))
	if h.node(got[:], pair); got != want {
		t.Errorf("node = %x, want %x", got, want)
	}
	both := bytes.Clone(pair)
	if h.node(both, both); [sha256.Size]byte(both) != want {
		t.Errorf("node where its children stood = %x, want %x", both[:sha256.Size], want)
	}
}

func lengths(from, to int) []int {
	var all []int
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}
