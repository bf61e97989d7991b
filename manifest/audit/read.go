package audit

import (
	"context"
	"errors"
	"fmt"

	"writ/crypto/trust"
	"writ/manifest/act"
	"writ/manifest/inorder"
	"writ/manifest/ledger"
)

// perBatch is how many entries are read together: a bundle of the ledger.
const perBatch = 256

// A batch is entries that one worker reads and looks at by themselves.
type batch struct {
	from, to int64
	entries  []entry
	buffer   ledger.Buffer
	reader   *act.Reader
}

// An entry is one statement, or why it is none.
type entry struct {
	index int64
	leaf  ledger.Hash
	act   act.Act // nil if it is not to be believed
	code  Code    // then
	err   error
}

// read reads and verifies the entries on all cores, and folds them in their
// order. Memory is bounded by the batches in flight, and by what the fold keeps
// of each order.
func (f *fold) read(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	size := f.checkpoint.Size()
	line := inorder.New(f.c.Workers, 2*f.c.Workers, func(b *batch) error { return b.read(ctx, f.view, f.c.Provider) })
	go func() {
		defer line.Close()
		for from := f.Size; from < size; {
			slot, err := line.Get(ctx)
			if err != nil {
				return
			}
			to := min(size, from/perBatch*perBatch+perBatch)
			slot.V.from, slot.V.to = from, to
			line.Put(slot)
			from = to
		}
	}()
	replays := f.startReplays()
	var failed error
	for {
		slot, ok := line.Take()
		if !ok {
			break
		}
		err := slot.Err
		for _, e := range slot.V.entries {
			if failed != nil {
				break
			}
			failed = f.fold(ctx, e)
		}
		if failed == nil && err != nil {
			failed = err
		}
		if failed != nil {
			cancel(failed)
		}
		line.Free(slot)
	}
	f.endReplays(replays)
	if failed == nil {
		failed = context.Cause(ctx)
	}
	if failed == nil {
		failed = f.view.Tiles(ctx) // those above the entries'
	}
	if errors.Is(failed, ledger.ErrUntrusted) {
		f.content(f.Size, failed)
		return nil
	}
	if failed != nil {
		return fmt.Errorf("reading the ledger: %w", failed)
	}
	f.complete = f.Size == size
	return nil
}

// content says that the ledger does not hold what its checkpoint commits to.
func (f *fold) content(from int64, err error) {
	f.view = nil
	f.find(finding{code: Content, entry: max(from, 0)}, "the ledger is damaged or was tampered with at or after entry %d, and nothing from there on was audited: %v", from, err)
}

// read does all that needs no other entry. An error is about the ledger.
func (b *batch) read(ctx context.Context, v *ledger.View, p *trust.Provider) error {
	if b.reader == nil {
		b.reader = act.NewReader(p)
	}
	b.entries = b.entries[:0]
	for e, err := range v.EntriesInto(ctx, b.from, b.to, &b.buffer) {
		if err != nil {
			return err
		}
		b.entries = append(b.entries, examine(e, b.reader))
	}
	return nil
}

func examine(e ledger.Entry, r *act.Reader) entry {
	out := entry{index: e.Index, leaf: e.Leaf}
	var err error
	if out.act, err = r.Read(e.Bytes); err == nil {
		return out
	}
	switch out.err = err; {
	case errors.Is(err, act.ErrSigner):
		out.code = StatementSigner
	case errors.Is(err, act.ErrSignature):
		out.code = StatementSignature
	default:
		out.code = StatementFormat
	}
	return out
}

// recall returns a statement that was folded: from what is kept of the last
// ones, or read once more.
func (f *fold) recall(ctx context.Context, index int64) (act.Act, error) {
	if a, ok := f.recent.get(index); ok {
		return a, nil
	}
	e, err := f.view.Entry(ctx, index)
	if err != nil {
		return nil, err
	}
	signed, err := act.Parse(e.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: entry %d: %w", ledger.ErrCorrupt, index, err)
	}
	return signed.Unverified(), nil
}

// recent keeps the last statements, since what belongs together mostly stands
// together.
type recent struct {
	acts [2048]act.Act
	at   [2048]int64
}

func (r *recent) put(index int64, a act.Act) {
	i := index % int64(len(r.acts))
	r.acts[i], r.at[i] = a, index
}

func (r *recent) get(index int64) (act.Act, bool) {
	i := index % int64(len(r.acts))
	return r.acts[i], r.acts[i] != nil && r.at[i] == index
}
