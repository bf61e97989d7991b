package ledger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"sync/atomic"

	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Reader reads a ledger whose key is pinned, wherever its files are.
type Reader struct {
	src    Source
	key    note.Verifier
	policy Policy
	kept   tileCache
	last   atomic.Pointer[Checkpoint] // that was read: to verify it once is enough
	view   atomic.Pointer[View]       // the last, with what it has verified
}

// NewReader returns a reader of the ledger at src. Its checkpoints must be
// signed by key and cosigned as the policy asks.
func NewReader(src Source, key note.Verifier, p Policy) *Reader {
	return &Reader{src: src, key: key, policy: p}
}

// Checkpoint fetches and verifies the published checkpoint.
func (r *Reader) Checkpoint(ctx context.Context) (*Checkpoint, error) {
	c, err := r.checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	if c.satisfied != nil {
		return nil, c.satisfied
	}
	return c, nil
}

func (r *Reader) checkpoint(ctx context.Context) (*Checkpoint, error) {
	text, err := r.src.Read(ctx, layout.CheckpointPath, MaxCheckpointBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrMissing, err)
	}
	if err != nil {
		return nil, err
	}
	if last := r.last.Load(); last != nil && bytes.Equal(last.note, text) {
		return last, nil
	}
	c, err := openCheckpoint(text, r.key, r.policy)
	if err == nil {
		r.last.Store(c)
	}
	return c, err
}

// View returns the ledger as of the published checkpoint.
func (r *Reader) View(ctx context.Context) (*View, error) {
	c, err := r.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	return r.At(c), nil
}

// At returns the ledger as of a checkpoint of it.
func (r *Reader) At(c *Checkpoint) *View {
	if v := r.view.Load(); v != nil && v.c == c {
		return v
	}
	v := &View{c: c, tree: c.tree(), r: r}
	r.view.Store(v)
	return v
}

// A View is a ledger as of one checkpoint. It doesn't change while the ledger
// grows, and several goroutines may use it.
type View struct {
	c    *Checkpoint
	tree tlog.Tree
	r    *Reader

	verified verifiedTiles
	bundles  bundleCache
}

// Checkpoint returns what the view is of.
func (v *View) Checkpoint() *Checkpoint { return v.c }

// An Entry is a statement as it stands in the ledger.
type Entry struct {
	Index int64
	Leaf  Hash   // of the bytes
	Bytes []byte // valid until the next entry; clone what is kept
}

// Entries yields the entries [from, to), each of which hashes to the
// checkpoint. It keeps one bundle (up to 256 entries) in memory.
func (v *View) Entries(ctx context.Context, from, to int64) iter.Seq2[Entry, error] {
	return v.EntriesInto(ctx, from, to, nil)
}

// EntriesInto is [View.Entries] with a buffer to read into, which is kept from
// one reading to the next: what was yielded is overwritten by the next one.
func (v *View) EntriesInto(ctx context.Context, from, to int64, b *Buffer) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if from < 0 || to < from || to > v.tree.N {
			yield(Entry{}, fmt.Errorf("%w: [%d, %d) of %d", ErrRange, from, to, v.tree.N))
			return
		}
		for from < to {
			bundle := from / tileWidth
			next := min(to, (bundle+1)*tileWidth)
			// Who looks at the ledger's end looks there again.
			leaves, entries, err := v.bundle(ctx, bundle, from, next, b, b == nil && next == v.tree.N)
			if err != nil {
				yield(Entry{}, err)
				return
			}
			for ; from < next; from++ {
				if !yield(Entry{Index: from, Leaf: leaves[from%tileWidth], Bytes: entries[from%tileWidth]}, nil) {
					return
				}
			}
		}
	}
}

// Entry returns one entry. The bundles of the last few that were asked for are
// kept, since what belongs together stands together.
func (v *View) Entry(ctx context.Context, index int64) (Entry, error) {
	if index < 0 || index >= v.tree.N {
		return Entry{}, fmt.Errorf("%w: %d of %d", ErrRange, index, v.tree.N)
	}
	bundle := index / tileWidth
	leaves, entries, err := v.bundle(ctx, bundle, index, index+1, nil, true)
	if err != nil {
		return Entry{}, err
	}
	i := index % tileWidth
	return Entry{Index: index, Leaf: leaves[i], Bytes: entries[i]}, nil
}

// bundle returns the entries of a bundle, of which [from, to) are verified, and
// their hashes. It may be kept for the next time, if all of it verifies.
func (v *View) bundle(ctx context.Context, bundle, from, to int64, b *Buffer, keep bool) ([]Hash, [][]byte, error) {
	if k, ok := v.bundles.get(bundle); ok {
		return k.leaves, k.entries, nil
	}
	leaves, err := v.leaves(ctx, bundle)
	if err != nil {
		return nil, nil, err
	}
	entries, err := readBundle(ctx, b.source(v.r.src), bundle, len(leaves))
	if err != nil {
		return nil, nil, err
	}
	for i, leaf := range leaves {
		index := bundle*tileWidth + int64(i)
		asked := index >= from && index < to
		if !asked && !keep || Leaf(entries[i]) == leaf {
			continue
		}
		if asked {
			return nil, nil, fmt.Errorf("%w: entry %d", ErrCorrupt, index)
		}
		keep = false
	}
	if keep {
		v.bundles.put(keptBundle{bundle, leaves, entries})
	}
	return leaves, entries, nil
}

// leaves returns the verified hashes of a bundle's entries.
func (v *View) leaves(ctx context.Context, bundle int64) ([]Hash, error) {
	first := bundle * tileWidth
	indexes := make([]int64, min(tileWidth, v.tree.N-first))
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(0, first+int64(i))
	}
	return v.hashes(ctx).ReadHashes(indexes)
}

// leaf returns the verified hash of an entry.
func (v *View) leaf(ctx context.Context, index int64) (Hash, error) {
	h, err := v.hashes(ctx).ReadHashes([]int64{tlog.StoredHashIndex(0, index)})
	if err != nil {
		return Hash{}, err
	}
	return h[0], nil
}

// Prove returns the proof that the entry at index stands in the ledger.
func (v *View) Prove(ctx context.Context, index int64) (Proof, error) {
	if index < 0 || index >= v.tree.N {
		return Proof{}, fmt.Errorf("%w: %d of %d", ErrRange, index, v.tree.N)
	}
	hashes, err := tlog.ProveRecord(v.tree.N, index, v.hashes(ctx))
	if err != nil {
		return Proof{}, fmt.Errorf("proving entry %d: %w", index, err)
	}
	return newProof(index, hashes, v.c), nil
}

// Root returns what the root was when the ledger had size entries, computed
// from verified tiles.
func (v *View) Root(ctx context.Context, size int64) (Hash, error) {
	switch {
	case size < 0 || size > v.tree.N:
		return Hash{}, fmt.Errorf("%w: size %d of %d", ErrRange, size, v.tree.N)
	case size == 0:
		return emptyRoot, nil
	case size == v.tree.N:
		return v.tree.Hash, nil
	}
	return tlog.TreeHash(size, v.hashes(ctx))
}

// Extends checks that the view holds all of what an older checkpoint of the
// same ledger committed to, and begins with it.
func (v *View) Extends(ctx context.Context, older *Checkpoint) error {
	if older.origin != v.c.origin {
		return fmt.Errorf("%w: %q, pinned is %q", ErrOrigin, older.origin, v.c.origin)
	}
	return v.ExtendsTree(ctx, older.size, older.root)
}

// ExtendsTree is [View.Extends] for a size and root that the caller has kept,
// as beside a cache of what it computed from the entries up to there.
func (v *View) ExtendsTree(ctx context.Context, size int64, root Hash) error {
	if size > v.tree.N {
		return fmt.Errorf("%w: %d entries were there, now %d", ErrRolledBack, size, v.tree.N)
	}
	now, err := v.Root(ctx, size)
	if err != nil {
		return err
	}
	if now != root {
		return fmt.Errorf("%w: the first %d entries are not those that were there", ErrForked, size)
	}
	return nil
}
