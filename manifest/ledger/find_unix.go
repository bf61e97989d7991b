//go:build unix

package ledger

import (
	"context"
)

// Find returns where an entry, named by its [Leaf], stands among those that
// are published, or [ErrNotFound].
func (l *Log) Find(ctx context.Context, leaf Hash) (int64, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return 0, ErrClosed
	}
	unlock, err := l.acquire(ctx, &l.appending)
	if err != nil {
		return 0, err
	}
	defer unlock()
	v, err := l.state(ctx)
	if err != nil {
		return 0, err
	}
	found, err := l.index.find(ctx, v, []Hash{leaf})
	if err != nil {
		return 0, err
	}
	index, ok := found[leaf]
	if !ok || index >= v.c.size {
		return 0, ErrNotFound
	}
	return index, nil
}

// Settle waits until a published checkpoint, cosigned as the policy asks,
// commits to all that is in the tree, and returns it. There may be more in the
// tree when a process died, or gave up waiting for witnesses.
func (l *Log) Settle(ctx context.Context) (*Checkpoint, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return nil, ErrClosed
	}
	v, err := l.state(ctx)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Deadline)
	defer cancel()
	return l.published(ctx, v.tree.N)
}
