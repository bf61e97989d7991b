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

// A tileReader gives the tiles of a source to package tlog, which verifies
// them up to a root before anything is read from them. It keeps verified ones
// from above the leaves, since nearly every proof needs them.
type tileReader struct {
	src Source

	mu   sync.Mutex
	kept map[tlog.Tile][]byte
}

const maxKept = 1024 // tiles of 8 KiB; enough for the inner nodes of 67 million entries

// hashes returns verified hashes of a tree. ctx lives as long as the reader.
func (t *tileReader) hashes(ctx context.Context, tree tlog.Tree) tlog.HashReader {
	return tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		if len(indexes) == 0 {
			return nil, nil // package tlog asks for nothing in a tree of one
		}
		call := &tileCall{ctx: ctx, t: t}
		hashes, err := tlog.TileHashReader(tree, call).ReadHashes(indexes)
		if err != nil && call.err == nil && call.usedKept {
			// The ledger in that place may be another than the one whose
			// tiles were kept.
			t.forget()
			call.usedKept = false
			hashes, err = tlog.TileHashReader(tree, call).ReadHashes(indexes)
		}
		if call.err != nil {
			return nil, call.err
		}
		if err != nil {
			return nil, fmt.Errorf("%w: tiles of a ledger of %d entries: %w", ErrCorrupt, tree.N, err)
		}
		return hashes, nil
	})
}

// A tileCall implements [tlog.TileReader] for one reading of hashes.
type tileCall struct {
	ctx context.Context
	t   *tileReader

	usedKept bool
	err      error // of fetching
}

func (c *tileCall) Height() int { return tileHeight }

func (c *tileCall) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		if data[i] = c.t.keptTile(tile); data[i] != nil {
			c.usedKept = true
			continue
		}
		b, err := readPartial(c.ctx, c.t.src, tile.W, tileWidth*tlog.HashSize, func(p uint8) string {
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
	c.t.mu.Lock()
	defer c.t.mu.Unlock()
	if c.t.kept == nil || len(c.t.kept)+len(tiles) > maxKept {
		c.t.kept = make(map[tlog.Tile][]byte)
	}
	for i, tile := range tiles {
		if tile.L > 0 || tile.W < tileWidth {
			c.t.kept[tile] = data[i]
		}
	}
}

func (t *tileReader) forget() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = nil
}

func (t *tileReader) keptTile(tile tlog.Tile) []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.kept[tile]
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
