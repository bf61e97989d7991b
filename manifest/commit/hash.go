package commit

import (
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
)

// RFC 6962, section 2.1: "the hash calculations for leaves and nodes differ.
// This domain separation is required to give second preimage resistance."
const (
	leafPrefix = 0x00
	nodePrefix = 0x01
)

// maxPadded is the longest message that a hasher copies.
const maxPadded = 4 << 10

// A hasher hashes leaves and nodes faster than [sha256.Sum256] does, which
// hashes the padding by itself and copies its state: of a node's time that is
// a third. Here a message is padded where it stands and hashed as whole blocks.
// Its hash is then the state, and that is what crypto/sha256 marshals.
type hasher struct {
	sum    hash.Hash
	state  encoding.BinaryAppender // nil if it is not of the form that is known
	block  [maxPadded + 9 + sha256.BlockSize]byte
	marked []byte
}

// mark is what stands before the eight words of a marshalled state.
const mark = "sha\x03"

func newHasher() *hasher {
	h := &hasher{sum: sha256.New()}
	h.state, _ = h.sum.(encoding.BinaryAppender)
	if h.state != nil {
		var got [sha256.Size]byte
		if h.padded(got[:], 0); got != sha256.Sum256(nil) {
			h.state = nil
		}
	}
	return h
}

// leaf puts the hash of a record into dst.
func (h *hasher) leaf(dst, salt, record []byte) {
	if h.state == nil || 1+len(salt)+len(record) > maxPadded {
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
	h.padded(dst, n)
}

// node puts the hash of two neighbours into dst, which may be where they stand.
func (h *hasher) node(dst, pair []byte) {
	h.block[0] = nodePrefix
	n := 1 + copy(h.block[1:], pair)
	if h.state == nil {
		h.sum.Reset()
		h.sum.Write(h.block[:n])
		h.sum.Sum(dst[:0])
		return
	}
	h.padded(dst, n)
}

// padded hashes the first n bytes of the block.
func (h *hasher) padded(dst []byte, n int) {
	// FIPS 180-4, section 5.1.1: "Append the bit "1" to the end of the message,
	// followed by k zero bits […] Then append the 64-bit block that is equal to
	// the number l expressed using a binary representation."
	whole := (n + 1 + 8 + sha256.BlockSize - 1) / sha256.BlockSize * sha256.BlockSize
	h.block[n] = 0x80
	clear(h.block[n+1 : whole-8])
	binary.BigEndian.PutUint64(h.block[whole-8:], 8*uint64(n))
	h.sum.Reset()
	h.sum.Write(h.block[:whole])
	h.marked, _ = h.state.AppendBinary(h.marked[:0])
	copy(dst[:sha256.Size], h.marked[min(len(mark), len(h.marked)):])
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
