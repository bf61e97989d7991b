package ledger

import (
	"context"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Fsck reads all of the ledger: every entry hashes to its leaf, and every tile
// is, byte for byte, what its entries make it. Memory does not grow with the
// ledger.
func (v *View) Fsck(ctx context.Context) error {
	if v.tree.N == 0 {
		return nil
	}
	// The leaves that bundle returns have been hashed up to the root, from
	// tiles that package tlog verified. What it has not looked at are the
	// inner tiles beside its path, so each is asked for once.
	for bundle := int64(0); bundle*tileWidth < v.tree.N; bundle++ {
		first := bundle * tileWidth
		if _, _, err := v.bundle(ctx, bundle, first, min(first+tileWidth, v.tree.N), nil, false); err != nil {
			return err
		}
	}
	return v.Tiles(ctx)
}

// Tiles reads the tiles above those of the entries: the part of [View.Fsck]
// that is left for who has read all entries.
func (v *View) Tiles(ctx context.Context) error {
	hashes := v.hashes(ctx)
	for level := 1; v.tree.N>>(tileHeight*level) > 0; level++ {
		nodes := v.tree.N >> (tileHeight * level)
		for first := int64(0); first < nodes; first += tileWidth {
			tile := tlog.Tile{H: tileHeight, L: level, N: first / tileWidth, W: int(min(tileWidth, nodes-first))}
			if _, err := tlog.ReadTileData(tile, hashes); err != nil {
				return fmt.Errorf("tile %d of level %d: %w", tile.N, level, err)
			}
		}
	}
	return nil
}
