package commit

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"writ/crypto/digest"
)

// proven returns the proof of one record of the sample, and the root.
func proven(t testing.TB, index, size int) (Proof, []byte, digest.Digest) {
	t.Helper()
	p, err := salts(t, fixed, "sign-ins").Prove(uint64(index), uint64(size))
	if err != nil {
		t.Fatal(err)
	}
	records, ends := sample(size)
	var one []byte
	start := 0
	for i, end := range ends {
		if i == index {
			one = records[start : end-1]
		}
		if err := p.Add(records[start : end-1]); err != nil {
			t.Fatal(err)
		}
		start = end
	}
	proof, root, err := p.Proof()
	if err != nil {
		t.Fatal(err)
	}
	return proof, one, root
}

// Every record of every small tree has a proof, to the root that the tree has.
func TestProof(t *testing.T) {
	for size := 1; size <= 35; size++ {
		records, ends := sample(size)
		run, err := salts(t, fixed, "sign-ins").Leaves(0, records, ends)
		if err != nil {
			t.Fatal(err)
		}
		tree := NewTree()
		if err := tree.Append(run); err != nil {
			t.Fatal(err)
		}
		want, err := tree.Root()
		if err != nil {
			t.Fatal(err)
		}
		for index := range size {
			proof, record, root := proven(t, index, size)
			if root != want {
				t.Fatalf("record %d of %d: root %v, want %v", index, size, root, want)
			}
			if err := proof.Check(record, uint64(index), uint64(size), root); err != nil {
				t.Errorf("record %d of %d: %v", index, size, err)
			}
			for other := range size {
				if other != index && proof.Check(record, uint64(other), uint64(size), root) == nil {
					t.Errorf("record %d of %d is good as record %d too", index, size, other)
				}
			}
		}
	}
}

func TestProofRefused(t *testing.T) {
	good, record, root := proven(t, 5, 11)
	const index, size = 5, 11
	change := func(do func(*Proof)) Proof {
		p := Proof{Salt: good.Salt, Path: append([]digest.Digest(nil), good.Path...)}
		do(&p)
		return p
	}
	for _, tt := range []struct {
		name        string
		proof       Proof
		record      string
		index, size uint64
		root        digest.Digest
		want        error
	}{
		{"as it is", good, string(record), index, size, root, nil},
		{"the zero proof", Proof{}, string(record), index, size, root, ErrProof},
		{"another salt", change(func(p *Proof) { p.Salt[15] ^= 1 }), string(record), index, size, root, ErrProof},
		{"another hash", change(func(p *Proof) { p.Path[2][0] ^= 1 }), string(record), index, size, root, ErrProof},
		{"a hash less", change(func(p *Proof) { p.Path = p.Path[1:] }), string(record), index, size, root, ErrProof},
		{"a hash more", change(func(p *Proof) { p.Path = append(p.Path, p.Path[0]) }), string(record), index, size, root, ErrProof},
		{"hashes swapped", change(func(p *Proof) { p.Path[0], p.Path[1] = p.Path[1], p.Path[0] }), string(record), index, size, root, ErrProof},
		{"too many hashes", change(func(p *Proof) { p.Path = make([]digest.Digest, MaxPath+1) }), string(record), index, size, root, ErrProof},
		{"another record", good, string(record) + " ", index, size, root, ErrProof},
		{"index beyond", good, string(record), size, size, root, ErrProof},
		{"no records", good, string(record), 0, 0, root, ErrProof},
		{"more than there can be", good, string(record), index, math.MaxUint64, root, ErrProof},
		{"another root", good, string(record), index, size, digest.Of(nil), ErrProof},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.proof.Check([]byte(tt.record), tt.index, tt.size, tt.root); !errors.Is(err, tt.want) {
				t.Errorf("Check = %v, want %v", err, tt.want)
			}
		})
	}
	// A node of the tree is no record, whatever is taken for its salt.
	if err := (Proof{Path: good.Path[1:]}).Check(record, index/2, (size+1)/2, root); !errors.Is(err, ErrProof) {
		t.Errorf("a node in place of a leaf: %v", err)
	}
}

func TestProverRefuses(t *testing.T) {
	s := salts(t, fixed, "sign-ins")
	if _, err := s.Prove(3, 3); !errors.Is(err, ErrRecords) {
		t.Errorf("a record that is not there: %v", err)
	}
	for _, n := range []int{0, 2, 4} {
		p, err := s.Prove(1, 3)
		if err != nil {
			t.Fatal(err)
		}
		for range n {
			if err := p.Add([]byte("{}")); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := p.Proof(); !errors.Is(err, ErrRecords) {
			t.Errorf("%d of 3 records: %v", n, err)
		}
	}
}

// Of all that is offered for a place under a root, only the record with its own
// salt and path is taken.
func FuzzProof(f *testing.F) {
	good, record, root := proven(f, 17, 35)
	var path []byte
	for _, h := range good.Path {
		path = append(path, h[:]...)
	}
	f.Add(record, good.Salt[:], path, uint64(17), uint64(35))
	f.Add(record, good.Salt[:], path, uint64(18), uint64(35))
	f.Add(record, good.Salt[:], path[:32], uint64(17), uint64(35))
	f.Add([]byte{}, []byte{}, []byte{}, uint64(0), uint64(1))
	f.Fuzz(func(t *testing.T, b, salt, hashes []byte, index, size uint64) {
		var p Proof
		copy(p.Salt[:], salt)
		for len(hashes) >= len(digest.Digest{}) {
			p.Path = append(p.Path, digest.Digest(hashes[:len(digest.Digest{})]))
			hashes = hashes[len(digest.Digest{}):]
		}
		if err := p.Check(b, index, size, root); err != nil {
			if !errors.Is(err, ErrProof) {
				t.Fatalf("Check = %v", err)
			}
			return
		}
		if !bytes.Equal(b, record) || p.Salt != good.Salt || !slices.Equal(p.Path, good.Path) {
			t.Fatalf("another record is taken at %d of %d", index, size)
		}
	})
}
