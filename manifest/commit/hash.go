package commit

import (
	"crypto/sha256"
	"hash"
)

// RFC 6962, section 2.1: "the hash calculations for leaves and nodes differ.
// This domain separation is required to give second preimage resistance."
const (
	leafPrefix = 0x00
	nodePrefix = 0x01
)

// maxCopied is the longest message that a hasher puts into one piece first.
const maxCopied = 4 << 10

// A hasher hashes leaves and nodes. It is for one goroutine.
type hasher struct {
	sum   hash.Hash
	block [maxCopied]byte
}

func newHasher() *hasher { return &hasher{sum: sha256.New()} }

// leaf puts the hash of a record into dst.
func (h *hasher) leaf(dst, salt, record []byte) {
	if 1+len(salt)+len(record) > maxCopied {
		h.sum.Reset()
		h.sum.Write([]byte{leafPrefix})
		h.sum.Write(salt)
		h.sum.Write(record)
		h.sum.Sum(dst[:0])
		return
	}
	h.block[0] = leafPrefix
	n := 1 + copy(h.block[1:], salt)
	n += copy(h.block[n:], record)
	sum := sha256.Sum256(h.block[:n])
	copy(dst, sum[:])
}

// node puts the hash of two neighbours into dst, which may be where they stand.
func (h *hasher) node(dst, pair []byte) {
	h.block[0] = nodePrefix
	n := 1 + copy(h.block[1:], pair)
	sum := sha256.Sum256(h.block[:n])
	copy(dst, sum[:])
}

// fold hashes the leaves of the records from begin on, where they stand, into
// the roots of the largest perfect subtrees that they fill, left to right.
func (h *hasher) fold(begin uint64, leaves []byte) [][]byte {
	const size = sha256.Size
	var left, right [][]byte
	root := func(i int) []byte { return append([]byte(nil), leaves[i*size:(i+1)*size]...) }
	for n := len(leaves) / size; n > 0; n, begin = n/2, begin/2 {
		// A right child at the beginning, or a left one at the end, has its
		// sibling in another run.
		if begin%2 == 1 {
			left = append(left, root(0))
			leaves = leaves[size:]
			begin++
			n--
		}
		if n%2 == 1 {
			n--
			right = append(right, root(n))
		}
		for i := range n / 2 {
			h.node(leaves[i*size:(i+1)*size], leaves[2*i*size:2*(i+1)*size])
		}
	}
	for i := len(right) - 1; i >= 0; i-- {
		left = append(left, right[i])
	}
	return left
}
