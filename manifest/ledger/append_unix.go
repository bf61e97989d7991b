//go:build unix

package ledger

import (
	"context"
	"fmt"
	"slices"
)

// Append puts an entry into the ledger and returns its proof once a published
// checkpoint, cosigned as the policy asks, commits to it.
//
// An entry that is there already is not put again: its proof is returned. So
// who got an error, or died, appends the very same bytes again to learn where
// they stand. A signed statement must therefore be kept before it is appended,
// since signing once more may give other bytes.
func (l *Log) Append(ctx context.Context, entry []byte) (Proof, error) {
	proofs, err := l.AppendAll(ctx, entry)
	if err != nil {
		return Proof{}, err
	}
	return proofs[0], nil
}

// AppendAll is [Log.Append] for several entries, which share the wait for one
// checkpoint. They stand in the ledger in this order, though entries of others
// may stand between them. On an error some may be there.
func (l *Log) AppendAll(ctx context.Context, entries ...[]byte) ([]Proof, error) {
	if len(entries) == 0 {
		return nil, nil
	}
	for _, e := range entries {
		if err := checkEntry(e); err != nil {
			return nil, err
		}
	}
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.closed {
		return nil, ErrClosed
	}

	// The order of effects: the entries are durable and in the tree; then a
	// checkpoint commits to them; only then is there a proof to give away.
	indexes, err := l.integrate(ctx, entries)
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, l.cfg.Deadline)
	defer cancel()
	first, last := indexes[0], indexes[0]
	for _, i := range indexes {
		first, last = min(first, i), max(last, i)
	}
	var c *Checkpoint
	if err := l.step(StepPublish, func() (err error) {
		c, err = l.published(wait, last+1)
		return err
	}); err != nil {
		return nil, err
	}
	var proofs []Proof
	if err := l.step(StepProve, func() (err error) {
		proofs, err = l.prove(wait, l.At(c), indexes, entries)
		return err
	}); err != nil {
		return nil, err
	}
	l.collect(first, c.size)
	return proofs, nil
}

// step does one step, unless a test says that it fails.
func (l *Log) step(s Step, do func() error) error {
	if l.cfg.Fault == nil {
		return do()
	}
	applied, fault := l.cfg.Fault(s)
	if fault == nil {
		return do()
	}
	if applied {
		if err := do(); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: step %s: %w", ErrLedger, s, fault)
}

// integrate returns where the entries stand in the tree, after adding those
// that don't. Looking and adding happen under one lock, so that two who append
// the same entry don't both find it missing.
func (l *Log) integrate(ctx context.Context, entries [][]byte) ([]int64, error) {
	var unlock func()
	err := l.step(StepLock, func() (err error) {
		unlock, err = l.acquire(ctx, &l.appending)
		return err
	})
	if err != nil {
		if unlock != nil {
			unlock()
		}
		return nil, err
	}
	leaves := make([]Hash, len(entries))
	for i, e := range entries {
		leaves[i] = Leaf(e)
	}
	var found map[Hash]int64
	v, err := l.state(ctx)
	if err == nil {
		found, err = l.index.find(ctx, v, leaves)
	}
	if err != nil {
		unlock()
		return nil, err
	}
	missing := make([][]byte, 0, len(entries))
	added := make([]Hash, 0, len(entries))
	for i, leaf := range leaves {
		if _, ok := found[leaf]; !ok {
			found[leaf] = -1
			missing, added = append(missing, entries[i]), append(added, leaf)
		}
	}
	if len(missing) == 0 {
		unlock()
	} else if err := l.step(StepAdd, func() error {
		indexes, err := l.add(ctx, missing, unlock)
		for i, index := range indexes {
			found[added[i]] = index
		}
		unlock = nil
		return err
	}); err != nil {
		if unlock != nil {
			unlock()
		}
		return nil, err
	}
	indexes := make([]int64, len(entries))
	for i, leaf := range leaves {
		indexes[i] = found[leaf]
	}
	return indexes, nil
}

// add adds entries to the tree and then unlocks, even if that outlives the
// deadline: until Tessera has answered, nobody can tell whether they are in.
func (l *Log) add(ctx context.Context, entries [][]byte, unlock func()) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Deadline)
	defer cancel()
	type result struct {
		indexes []int64
		err     error
	}
	done := make(chan result, 1)
	l.pending.Go(func() {
		defer unlock()
		var r result
		for batch := range slices.Chunk(entries, tileWidth) {
			indexes, err := l.driver.add(batch)
			if r.err = err; err != nil {
				break
			}
			r.indexes = append(r.indexes, indexes...)
		}
		done <- r
	})
	select {
	case r := <-done:
		if r.err != nil {
			return nil, fmt.Errorf("%w: adding: %w", ErrLedger, r.err)
		}
		return r.indexes, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: adding: %w", ErrDeadline, ctx.Err())
	}
}

// prove makes the proofs, and checks that they prove what was appended.
func (l *Log) prove(ctx context.Context, v *View, indexes []int64, entries [][]byte) ([]Proof, error) {
	proofs := make([]Proof, len(indexes))
	for i, index := range indexes {
		leaf, err := v.leaf(ctx, index)
		if err != nil {
			return nil, err
		}
		if leaf != Leaf(entries[i]) {
			return nil, fmt.Errorf("%w: entry %d is not what was appended", ErrCorrupt, index)
		}
		if proofs[i], err = v.Prove(ctx, index); err != nil {
			return nil, err
		}
	}
	// One as a stranger would: the checkpoint is the same in all.
	if _, err := CheckProof(proofs[0].text, entries[0], l.key, l.policy); err != nil {
		return nil, err
	}
	return proofs, nil
}
