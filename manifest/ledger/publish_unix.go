//go:build unix

package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/transparency-dev/tessera/api/layout"
)

// publishAgain is how long an append that waits for witnesses lets them be
// before it asks again.
const publishAgain = 100 * time.Millisecond

// published returns a checkpoint of at least size entries that the policy
// accepts. If there is none, it makes one of all that is in the tree.
//
// Tessera would publish as well, but no sooner than 100 ms after the last
// time, which is what an export, which appends twice, would wait.
func (l *Log) published(ctx context.Context, size int64) (*Checkpoint, error) {
	for {
		c, err := l.checkpoint(ctx)
		switch {
		case err == nil && c.size >= size && c.satisfied == nil:
			return c, nil
		case err != nil && !errors.Is(err, ErrMissing): // missing in Init alone: Open has seen one
			return nil, err
		}
		c, err = l.publish(ctx, size)
		if err == nil {
			return c, nil
		}
		if ctx.Err() == nil {
			if errors.Is(err, ErrLedger) {
				return nil, err
			}
			l.cfg.Logger.Warn("no checkpoint is published", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil, l.driver.unpublished(size, ctx.Err())
		case <-time.After(publishAgain):
		}
	}
}

// publish makes a checkpoint of the tree, unless somebody else has made one of
// size entries meanwhile. An error that wraps [ErrLedger] is final.
func (l *Log) publish(ctx context.Context, size int64) (*Checkpoint, error) {
	unlock, err := l.acquire(ctx, &l.publishing)
	if err != nil {
		return nil, err
	}
	defer unlock()
	v, err := l.state(ctx)
	if errors.Is(err, ErrMissing) {
		v, err = l.begun(ctx)
	}
	switch {
	case err != nil:
		return nil, err
	case v.tree.N < size:
		return nil, fmt.Errorf("%w: %d entries were in the tree, now %d", ErrRolledBack, size, v.tree.N)
	case v.c != nil && v.c.size >= size && v.c.satisfied == nil:
		return v.c, nil
	}
	text, err := l.driver.sign(ctx, uint64(v.tree.N), v.tree.Hash[:])
	if err != nil {
		return nil, err
	}
	c, err := openCheckpoint(text, l.key, l.policy)
	if err == nil {
		err = c.satisfied
	}
	if err != nil {
		return nil, err
	}
	// What a process that dies leaves is overwritten by the next.
	f, err := os.Create(filepath.Join(l.dir, ownDir, noteFile))
	if err == nil {
		err = finishDurable(f, filepath.Join(l.dir, layout.CheckpointPath), text)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: checkpoint: %w", ErrLedger, err)
	}
	l.last.Store(c)
	return c, nil
}
