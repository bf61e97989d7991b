package ledger

import (
	"sync"

	"golang.org/x/mod/sumdb/tlog"
)

// verifiedTiles are tiles that have been hashed up to one root, with the nodes
// between their hashes, so that many proofs cost little more than one.
type verifiedTiles struct {
	mu    sync.Mutex
	tiles map[tlog.Tile]*verifiedTile
}

const maxVerified = 256 // of at most 16 KiB

// A verifiedTile has at [k][n] the hash over 2^k hashes of the tile, as far up
// as somebody asked.
type verifiedTile [tileHeight][]Hash

func (t *verifiedTiles) put(tiles []tlog.Tile, data [][]byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.tiles == nil || len(t.tiles)+len(tiles) > maxVerified {
		t.tiles = make(map[tlog.Tile]*verifiedTile)
	}
	for i, tile := range tiles {
		if t.tiles[tile] == nil {
			row := make([]Hash, tile.W)
			for n := range row {
				row[n] = Hash(data[i][n*tlog.HashSize:])
			}
			t.tiles[tile] = &verifiedTile{row}
		}
	}
}

// hashes returns the hashes of a tree of size entries, or nil if any is in
// another tile.
func (t *verifiedTiles) hashes(size int64, indexes []int64) []tlog.Hash {
	t.mu.Lock()
	defer t.mu.Unlock()
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		up := level % tileHeight // from the tile's own hashes
		tile := tlog.Tile{H: tileHeight, L: level / tileHeight, N: n >> (tileHeight - up)}
		tile.W = int(min(tileWidth, size>>(tileHeight*tile.L)-tile.N<<tileHeight))
		verified := t.tiles[tile]
		if verified == nil {
			return nil
		}
		row := verified.row(up)
		if n -= tile.N << (tileHeight - up); n >= int64(len(row)) {
			return nil
		}
		hashes[i] = row[n]
	}
	return hashes
}

func (t *verifiedTile) row(up int) []Hash {
	if up > 0 && t[up] == nil {
		below := t.row(up - 1)
		t[up] = make([]Hash, len(below)/2)
		for n := range t[up] {
			t[up][n] = tlog.NodeHash(below[2*n], below[2*n+1])
		}
	}
	return t[up]
}
