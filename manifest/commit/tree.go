package commit

import (
	"crypto/sha256"
	"fmt"
	"sync"

	"github.com/transparency-dev/merkle/compact"

	"writ/crypto/digest"
)

// A Run is the tree over the consecutive records [begin, end), ready to be
// joined with its neighbours. The empty one has no records.
type Run struct {
	begin, end uint64
	hashes     [][]byte // of the perfect subtrees, left to right
}

// trees keeps what it is given.
var trees = compact.RangeFactory{Hash: func(l, r []byte) []byte {
	h := node(l, r)
	return h[:]
}}

func node(l, r []byte) [sha256.Size]byte {
	var b [1 + 2*sha256.Size]byte
	b[0] = nodePrefix
	copy(b[1:], l)
	copy(b[1+sha256.Size:], r)
	return sha256.Sum256(b[:])
}

// scratch is what hashing a run needs, kept between runs.
type scratch struct {
	*hasher
	salts  []byte
	leaves []byte
}

var scratches = sync.Pool{New: func() any { return &scratch{hasher: newHasher()} }}

// Leaves hashes consecutive records, of which the first has index begin.
// records holds them back to back, each with a final newline that is not
// hashed, and ends the offset after each newline.
func (s *Salts) Leaves(begin uint64, records []byte, ends []int) (*Run, error) {
	n := len(ends)
	if begin+uint64(n) < begin {
		return nil, fmt.Errorf("%w: more than there are numbers", ErrRecords)
	}
	w := scratches.Get().(*scratch)
	defer scratches.Put(w)
	w.salts, w.leaves = sized(w.salts, n*SaltBytes), sized(w.leaves, n*sha256.Size)
	s.fill(w.salts, begin)
	start := 0
	for i, end := range ends {
		if end <= start || end > len(records) || records[end-1] != '\n' {
			return nil, fmt.Errorf("%w: record %d does not end with a newline where it should", ErrRecords, begin+uint64(i))
		}
		w.leaf(w.leaves[i*sha256.Size:], w.salts[i*SaltBytes:(i+1)*SaltBytes], records[start:end-1])
		start = end
	}
	if start != len(records) {
		return nil, fmt.Errorf("%w: %d bytes follow the last one", ErrRecords, len(records)-start)
	}
	return &Run{begin: begin, end: begin + uint64(n), hashes: w.fold(begin, w.leaves)}, nil
}

// sized returns a slice of n bytes, b itself if that has them.
func sized(b []byte, n int) []byte {
	if cap(b) < n {
		return make([]byte, n)
	}
	return b[:n]
}

// A Tree joins runs in order.
type Tree struct{ r *compact.Range }

// NewTree returns the empty tree.
func NewTree() *Tree { return &Tree{r: trees.NewEmptyRange(0)} }

// Append joins the next run, which must begin where the tree ends.
func (t *Tree) Append(r *Run) error {
	if r.begin != t.r.End() {
		return fmt.Errorf("%w: it begins at record %d, the tree ends at %d", ErrGap, r.begin, t.r.End())
	}
	next, err := trees.NewRange(r.begin, r.end, r.hashes)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRecords, err)
	}
	if err := t.r.AppendRange(next, nil); err != nil {
		return fmt.Errorf("%w: %w", ErrRecords, err)
	}
	return nil
}

// Size returns the number of records.
func (t *Tree) Size() uint64 { return t.r.End() }

// Root returns the tree's root.
func (t *Tree) Root() (digest.Digest, error) {
	h, err := t.r.GetRootHash(nil)
	if err != nil {
		return digest.Digest{}, fmt.Errorf("%w: %w", ErrRecords, err)
	}
	if h == nil {
		return Empty(), nil
	}
	return digest.Digest(h), nil
}

// Empty is the root of no records. RFC 6962, section 2.1: "The hash of an
// empty list is the hash of an empty string: MTH({}) = SHA-256()."
func Empty() digest.Digest { return digest.Of(nil) }
