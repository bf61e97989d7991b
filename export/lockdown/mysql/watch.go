package mysql

import (
	"context"
	"iter"

	"writ/export/source"
)

// A watched store's answers are good only if check says so afterwards: rows may
// have gone from sight while they were read.
type watched struct {
	source.Store
	check func(context.Context) error
}

type watchedSnapshot struct {
	source.Snapshot
	check func(context.Context) error
}

// Begin implements [source.Store].
func (w watched) Begin(ctx context.Context) (source.Snapshot, error) {
	x, err := w.Store.Begin(ctx)
	if err != nil {
		return nil, err
	}
	return watchedSnapshot{x, w.check}, nil
}

// Find implements [source.Snapshot].
func (w watchedSnapshot) Find(ctx context.Context, l source.Lookup, limit int) ([]source.Account, error) {
	found, err := w.Snapshot.Find(ctx, l, limit)
	if err == nil {
		err = w.check(ctx)
	}
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Pull implements [source.Snapshot].
func (w watchedSnapshot) Pull(ctx context.Context, r source.Read, p *source.Pool) iter.Seq2[*source.Batch, error] {
	return func(yield func(*source.Batch, error) bool) {
		for b, err := range w.Snapshot.Pull(ctx, r, p) {
			if !yield(b, err) || err != nil {
				return
			}
		}
		if err := w.check(ctx); err != nil {
			yield(nil, err)
		}
	}
}
