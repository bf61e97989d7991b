package ledger

import (
	"context"
	"sync"
)

// A Buffer holds what was read last, for the next reading: see
// [View.EntriesInto]. One goroutine uses it.
type Buffer struct{ b []byte }

// source returns one that reads into the buffer, if there is any and src can.
func (b *Buffer) source(src Source) Source {
	if s, ok := src.(intoReader); ok && b != nil {
		return buffered{s, b}
	}
	return src
}

// An intoReader is a [Source] that reads into a buffer if that has room.
type intoReader interface {
	readInto(ctx context.Context, path string, limit int64, to []byte) ([]byte, error)
}

type buffered struct {
	src intoReader
	to  *Buffer
}

func (s buffered) Read(ctx context.Context, path string, limit int64) ([]byte, error) {
	b, err := s.src.readInto(ctx, path, limit, s.to.b)
	if err == nil {
		s.to.b = b
	}
	return b, err
}

// A bundleCache keeps the bundles that were read last, of which every entry is
// verified.
type bundleCache struct {
	mu   sync.Mutex
	kept [maxBundles]keptBundle
	next int
}

const maxBundles = 4

type keptBundle struct {
	bundle  int64
	leaves  []Hash // nil of none
	entries [][]byte
}

func (c *bundleCache) get(bundle int64) (keptBundle, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.kept {
		if k.leaves != nil && k.bundle == bundle {
			return k, true
		}
	}
	return keptBundle{}, false
}

func (c *bundleCache) put(k keptBundle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept[c.next] = k
	c.next = (c.next + 1) % len(c.kept)
}
