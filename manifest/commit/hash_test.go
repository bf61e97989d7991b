package commit

import (
	"bytes"
	"crypto/sha256"
	"slices"
	"testing"
)

// Messages of every length are hashed as crypto/sha256 does it, whether its
// state can be had or not.
func TestHasher(t *testing.T) {
	fast, plain := newHasher(), newHasher()
	if fast.state == nil {
		t.Fatal("crypto/sha256 marshals its state in another form: see hasher")
	}
	plain.state = nil
	record := bytes.Repeat([]byte("0123456789"), 500)
	pair := record[:2*sha256.Size]
	for name, h := range map[string]*hasher{"fast": fast, "plain": plain} {
		var got [sha256.Size]byte
		for _, n := range slices.Concat(lengths(0, 300), lengths(maxPadded-100, maxPadded+100)) {
			want := sha256.Sum256(slices.Concat([]byte{leafPrefix}, record[:SaltBytes], record[:n]))
			if h.leaf(got[:], record[:SaltBytes], record[:n]); got != want {
				t.Fatalf("%s: leaf of %d bytes = %x, want %x", name, n, got, want)
			}
		}
		want := sha256.Sum256(append([]byte{nodePrefix}, pair...))
		if h.node(got[:], pair); got != want {
			t.Errorf("%s: node = %x, want %x", name, got, want)
		}
		both := bytes.Clone(pair)
		if h.node(both, both); [sha256.Size]byte(both) != want {
			t.Errorf("%s: node where its children stood = %x, want %x", name, both[:sha256.Size], want)
		}
	}
}

func lengths(from, to int) []int {
	var all []int
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}
