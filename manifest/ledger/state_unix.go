//go:build unix

package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/go-json-experiment/json"
	"golang.org/x/mod/sumdb/tlog"
)

// state returns the tree as it stands on this disk, with entries that no
// checkpoint commits to yet, after checking it against the published
// checkpoint.
func (r *Reader) state(ctx context.Context) (*View, error) {
	// In this order: another process may publish in between, but nobody makes
	// the tree smaller.
	c, err := r.checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	tree, err := r.tree(ctx)
	if err != nil {
		return nil, err
	}
	if tree == c.tree() {
		return r.At(c), nil
	}
	v := &View{c: c, tree: tree, r: r}
	if err := v.ExtendsTree(ctx, c.size, c.root); err != nil {
		return nil, fmt.Errorf("state of the tree against the published checkpoint: %w", err)
	}
	return v, nil
}

// begun is the state of a ledger whose [Init] died: it has no checkpoint yet,
// and no entries.
func (r *Reader) begun(ctx context.Context) (*View, error) {
	tree, err := r.tree(ctx)
	if err != nil {
		return nil, err
	}
	if tree.N != 0 {
		return nil, fmt.Errorf("%w: the checkpoint of %d entries", ErrMissing, tree.N)
	}
	return &View{tree: tree, r: r}, nil
}

// tree returns what Tessera says that the tree is.
func (r *Reader) tree(ctx context.Context) (tlog.Tree, error) {
	b, err := r.src.Read(ctx, stateDir+"/treeState", 1024)
	if errors.Is(err, fs.ErrNotExist) {
		return tlog.Tree{}, fmt.Errorf("%w: a copy without %s can be read but not appended to", ErrMissing, stateDir)
	}
	if err != nil {
		return tlog.Tree{}, err
	}
	var s struct {
		Size int64  `json:"size"`
		Root []byte `json:"root"`
	}
	if err := json.Unmarshal(b, &s, json.RejectUnknownMembers(true)); err != nil || s.Size < 0 || len(s.Root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("%w: state of the tree is malformed: %w", ErrCorrupt, err)
	}
	return tlog.Tree{N: s.Size, Hash: Hash(s.Root)}, nil
}
