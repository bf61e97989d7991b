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
	"path/filepath"
)

// A leafIndex finds an entry by its leaf in a file that can always be thrown
// away: it says for which size and root it was made, is made anew unless the
// tree begins with just that, and what it names is looked up in the verified
// tree before it is believed. It is used with the ledger's lock held.
//
// The file is a hash table with open addressing: a header, then slots of a
// leaf's first 8 bytes and its index plus one (zero is an empty slot).
type leafIndex struct{ path string }

const (
	indexMagic  = "writ.leaves/v1\x00\x00"
	headerBytes = 16 + 8 + 8 + 32 + 32 // magic, slots, size, root, SHA-256 of those
	tableOffset = 4096
	slotBytes   = 16
	minSlots    = 1 << 12
	// maxTail entries at the end are not in the table but read from their
	// tiles, so that the file is written once in so many appends.
	maxTail = 1024
)

type indexHeader struct {
	slots, size uint64
	root        Hash
}

// find returns where those of the leaves stand that are in the tree.
func (x leafIndex) find(ctx context.Context, v *View, leaves []Hash) (map[Hash]int64, error) {
	found := make(map[Hash]int64, len(leaves))
	if v.tree.N == 0 {
		return found, nil
	}
	f, h, err := x.open(ctx, v)
	if err != nil {
		return nil, err
	}
	if f != nil {
		defer f.Close()
		for _, leaf := range leaves {
			err := h.candidates(f, leaf, func(index int64) (done bool, err error) {
				is, err := v.leaf(ctx, index)
				if err == nil && is == leaf {
					found[leaf] = index
				}
				return is == leaf, err
			})
			if err != nil {
				return nil, err
			}
		}
	}
	wanted := make(map[Hash]bool, len(leaves))
	for _, leaf := range leaves {
		if _, ok := found[leaf]; !ok {
			wanted[leaf] = true
		}
	}
	err = eachLeaf(ctx, v, int64(h.size), func(index int64, leaf Hash) error {
		if _, ok := found[leaf]; wanted[leaf] && !ok {
			found[leaf] = index
		}
		return nil
	})
	return found, err
}

// open returns the table, brought up to at most maxTail entries behind the
// tree; nil if the tree is that small.
func (x leafIndex) open(ctx context.Context, v *View) (*os.File, indexHeader, error) {
	f, err := os.OpenFile(x.path, os.O_RDWR, 0)
	if err == nil {
		h, err := readHeader(f)
		if err == nil {
			err = v.ExtendsTree(ctx, int64(h.size), h.root)
		}
		if err == nil && v.tree.N-int64(h.size) > maxTail {
			if uint64(v.tree.N) > h.slots/4*3 {
				err = errIndex
			} else {
				h, err = h.extend(ctx, f, v)
			}
		}
		if err == nil {
			return f, h, nil
		}
		f.Close()
		// Whatever is wrong with the file, it is made anew. What is wrong
		// with the ledger shows in that, too.
	} else if v.tree.N <= maxTail {
		return nil, indexHeader{}, nil
	}
	if ctx.Err() != nil {
		return nil, indexHeader{}, fmt.Errorf("%w: %w", ErrDeadline, ctx.Err())
	}
	return x.rebuild(ctx, v)
}

var errIndex = errors.New("index is of no use")

// rebuild writes a table with room for the tree to grow by half at least. It
// takes 32 bytes of memory an entry.
func (x leafIndex) rebuild(ctx context.Context, v *View) (*os.File, indexHeader, error) {
	h := indexHeader{slots: max(minSlots, uint64(1)<<bits.Len64(2*uint64(v.tree.N)-1))}
	table := make(memory, tableOffset+h.slots*slotBytes)
	h, err := h.extend(ctx, table, v)
	if err != nil {
		return nil, h, err
	}
	if err := writeDurable(x.path, table); err != nil {
		return nil, h, fmt.Errorf("%w: index: %w", ErrLedger, err)
	}
	f, err := os.OpenFile(x.path, os.O_RDWR, 0)
	if err != nil {
		return nil, h, fmt.Errorf("%w: index: %w", ErrLedger, err)
	}
	return f, h, nil
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

// eachLeaf calls yield with the verified leaves from an index to the end.
func eachLeaf(ctx context.Context, v *View, from int64, yield func(int64, Hash) error) error {
	for from < v.tree.N {
		leaves, err := v.leaves(ctx, from/tileWidth)
		if err != nil {
			return err
		}
		for _, leaf := range leaves[from%tileWidth:] {
			if err := yield(from, leaf); err != nil {
				return err
			}
			from++
		}
	}
	return nil
}

// memory is a file's content before it is written.
type memory []byte

func (m memory) ReadAt(b []byte, at int64) (int, error)  { return copy(b, m[at:]), nil }
func (m memory) WriteAt(b []byte, at int64) (int, error) { return copy(m[at:], b), nil }
func (m memory) Sync() error                             { return nil }

// writeDurable puts content at path by one rename, durable when it returns.
func writeDurable(path string, content []byte) error {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
