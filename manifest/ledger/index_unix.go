//go:build unix

package ledger

import (
	"context"
	"fmt"
	"math/bits"
	"os"
)

// A leafIndex finds an entry by its leaf in a file that can always be thrown
// away: it says for which size and root it was made, is made anew unless the
// tree begins with just that, and what it names is looked up in the verified
// tree before it is believed. It is used with the ledger's lock held.
type leafIndex struct{ path string }

// maxTail entries at the end are not in the table but read from their tiles, so
// that the file is written once in so many appends.
const maxTail = 1024

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

// rebuild writes a table with room for the tree to grow by half at least. It
// takes 32 to 64 bytes of memory an entry.
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
