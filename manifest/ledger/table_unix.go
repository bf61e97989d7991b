//go:build unix

package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
)

// An index file is a hash table with open addressing: a header, then slots of a
// leaf's first 8 bytes and its index plus one (zero is an empty slot).
const (
	indexMagic  = "writ.leaves/v1\x00\x00"
	headerBytes = 16 + 8 + 8 + 32 + 32 // magic, slots, size, root, SHA-256 of those
	tableOffset = 4096
	slotBytes   = 16
	minSlots    = 1 << 12
)

var errIndex = errors.New("index is of no use")

// An indexHeader says for which tree the table was made.
type indexHeader struct {
	slots, size uint64
	root        Hash
}

// A table is the file, or the memory in which it is first made.
type table interface {
	io.ReaderAt
	io.WriterAt
	Sync() error
}

// extend puts in the leaves that the table lacks. The slots are durable before
// the header says that they are there; slots that no header speaks of do no
// harm.
func (h indexHeader) extend(ctx context.Context, t table, v *View) (indexHeader, error) {
	err := eachLeaf(ctx, v, int64(h.size), func(index int64, leaf Hash) error {
		return h.insert(t, leaf, index)
	})
	if err != nil {
		return h, err
	}
	if err := t.Sync(); err != nil {
		return h, fmt.Errorf("%w: index: %w", ErrLedger, err)
	}
	h.size, h.root = uint64(v.tree.N), v.tree.Hash
	if _, err := t.WriteAt(h.marshal(), 0); err != nil {
		return h, fmt.Errorf("%w: index: %w", ErrLedger, err)
	}
	return h, t.Sync()
}

func (h indexHeader) insert(t table, leaf Hash, index int64) error {
	for at := range h.probe(leaf) {
		var slot [slotBytes]byte
		if _, err := t.ReadAt(slot[:], at); err != nil {
			return fmt.Errorf("%w: index: %w", ErrLedger, err)
		}
		old := binary.BigEndian.Uint64(slot[8:])
		if old == uint64(index)+1 {
			return nil // from before a crash
		}
		if old == 0 {
			copy(slot[:8], leaf[:8])
			binary.BigEndian.PutUint64(slot[8:], uint64(index)+1)
			_, err := t.WriteAt(slot[:], at)
			return err
		}
	}
	return errIndex
}

// candidates calls yield with each index whose leaf may be the one sought.
func (h indexHeader) candidates(t io.ReaderAt, leaf Hash, yield func(int64) (done bool, err error)) error {
	for at := range h.probe(leaf) {
		var slot [slotBytes]byte
		if _, err := t.ReadAt(slot[:], at); err != nil {
			return fmt.Errorf("%w: index: %w", ErrLedger, err)
		}
		index := binary.BigEndian.Uint64(slot[8:])
		if index == 0 {
			return nil
		}
		if bytes.Equal(slot[:8], leaf[:8]) && index <= h.size {
			if done, err := yield(int64(index - 1)); done || err != nil {
				return err
			}
		}
	}
	return nil
}

// probe yields the offsets of the slots where a leaf may stand, in order.
func (h indexHeader) probe(leaf Hash) func(yield func(int64) bool) {
	start := binary.BigEndian.Uint64(leaf[:8])
	return func(yield func(int64) bool) {
		for i := range h.slots {
			if !yield(tableOffset + int64((start+i)&(h.slots-1))*slotBytes) {
				return
			}
		}
	}
}

func (h indexHeader) marshal() []byte {
	b := []byte(indexMagic)
	b = binary.BigEndian.AppendUint64(b, h.slots)
	b = binary.BigEndian.AppendUint64(b, h.size)
	b = append(b, h.root[:]...)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

func readHeader(f *os.File) (indexHeader, error) {
	var b [headerBytes]byte
	if _, err := f.ReadAt(b[:], 0); err != nil {
		return indexHeader{}, err
	}
	h := indexHeader{
		slots: binary.BigEndian.Uint64(b[16:]),
		size:  binary.BigEndian.Uint64(b[24:]),
		root:  Hash(b[32:64]),
	}
	info, err := f.Stat()
	if err != nil {
		return h, err
	}
	if !bytes.Equal(b[:], h.marshal()) || bits.OnesCount64(h.slots) != 1 || h.slots > maxSize ||
		info.Size() != tableOffset+int64(h.slots)*slotBytes || h.size > h.slots {
		return h, errIndex
	}
	return h, nil
}

// memory is a file's content before it is written.
type memory []byte

func (m memory) ReadAt(b []byte, at int64) (int, error)  { return copy(b, m[at:]), nil }
func (m memory) WriteAt(b []byte, at int64) (int, error) { return copy(m[at:], b), nil }
func (m memory) Sync() error                             { return nil }
