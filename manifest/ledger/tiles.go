package ledger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/transparency-dev/tessera/api/layout"
	"golang.org/x/mod/sumdb/tlog"
)

// A tileCache keeps tiles from above the leaves and of the ledger's end, since
// nearly every proof needs them. They are verified anew for each checkpoint.
type tileCache struct {
	mu    sync.Mutex
	tiles map[tlog.Tile][]byte
}

const maxKept = 1024 // tiles of 8 KiB; enough for the inner nodes of 67 million entries

func (c *tileCache) get(t tlog.Tile) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tiles[t]
}

func (c *tileCache) put(tiles []tlog.Tile, data [][]byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tiles == nil || len(c.tiles)+len(tiles) > maxKept {
		c.tiles = make(map[tlog.Tile][]byte)
	}
	for i, t := range tiles {
		if t.L > 0 || t.W < tileWidth {
			c.tiles[t] = data[i]
		}
	}
}

func (c *tileCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tiles = nil
}

// hashes returns verified hashes of the view's tree: package tlog hashes every
// tile up to the root before it reads from it.
func (v *View) hashes(ctx context.Context) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if hashes := v.verified.hashes(v.tree.N, indexes); hashes != nil {
			return hashes, nil
		}
		call := &tileCall{ctx: ctx, v: v}
		hashes, err := tlog.TileHashReader(v.tree, call).ReadHashes(indexes)
		if err != nil && call.err == nil && call.usedKept {
			// The ledger in that place may be another than the one whose
			// tiles were kept.
			v.r.kept.clear()
			hashes, err = tlog.TileHashReader(v.tree, call).ReadHashes(indexes)
		}
		if call.err != nil {
			return nil, call.err
		}
		if err != nil {
			return nil, fmt.Errorf("%w: tiles of a ledger of %d entries: %w", ErrCorrupt, v.tree.N, err)
		}
		return hashes, nil
	})
}

// A tileCall implements [tlog.TileReader] for one reading of hashes.
type tileCall struct {
	ctx context.Context
	v   *View

	usedKept bool
	err      error // of fetching
}

func (c *tileCall) Height() int { return tileHeight }

func (c *tileCall) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		if data[i] = c.v.r.kept.get(tile); data[i] != nil {
			c.usedKept = true
			continue
		}
		b, err := readPartial(c.ctx, c.v.r.src, tile.W, tileWidth*tlog.HashSize, func(p uint8) string {
			return layout.TilePath(uint64(tile.L), uint64(tile.N), p)
		})
		if err != nil {
			c.err = err
			return nil, err
		}
		want := tile.W * tlog.HashSize
		if len(b) != want && len(b) != tileWidth*tlog.HashSize {
			c.err = fmt.Errorf("%w: tile %d of level %d has %d bytes, want %d", ErrCorrupt, tile.N, tile.L, len(b), want)
			return nil, c.err
		}
		data[i] = b[:want]
	}
	return data, nil
}

// SaveTiles is called with tiles that have been verified.
func (c *tileCall) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	c.v.r.kept.put(tiles, data)
	c.v.verified.put(tiles, data)
}

// readBundle returns the first width entries of a bundle. They are not
// verified.
func readBundle(ctx context.Context, src Source, bundle int64, width int) ([][]byte, error) {
	b, err := readPartial(ctx, src, width, maxBundleBytes, func(p uint8) string {
		return layout.EntriesPath(uint64(bundle), p)
	})
	if err != nil {
		return nil, err
	}
	return parseBundle(b, bundle, width)
}

// parseBundle splits a bundle: "sequences of big-endian uint16 length-prefixed
// log entries". It may hold more than is wanted, if it is a full one.
func parseBundle(b []byte, bundle int64, width int) ([][]byte, error) {
	entries := make([][]byte, 0, width)
	rest := b
	for len(rest) > 0 {
		if len(rest) < 2 {
			return nil, fmt.Errorf("%w: bundle %d ends inside an entry", ErrCorrupt, bundle)
		}
		n := int(binary.BigEndian.Uint16(rest))
		if len(rest) < 2+n || len(entries) == tileWidth {
			return nil, fmt.Errorf("%w: bundle %d is malformed", ErrCorrupt, bundle)
		}
		entries = append(entries, rest[2:2+n:2+n])
		rest = rest[2+n:]
	}
	if len(entries) != width && len(entries) != tileWidth {
		return nil, fmt.Errorf("%w: bundle %d has %d entries, want %d", ErrCorrupt, bundle, len(entries), width)
	}
	return entries[:width], nil
}

// readPartial reads a tile or bundle of a width. A log "MAY delete any partial
// tile once the corresponding full tile is available", so that is the second
// try.
func readPartial(ctx context.Context, src Source, width int, limit int64, path func(p uint8) string) ([]byte, error) {
	b, err := src.Read(ctx, path(uint8(width%tileWidth)), limit)
	if width < tileWidth && errors.Is(err, fs.ErrNotExist) {
		if full, errFull := src.Read(ctx, path(0), limit); errFull == nil {
			return full, nil
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return b, err
}
