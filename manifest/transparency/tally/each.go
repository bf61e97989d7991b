package tally

import (
	"context"
	"fmt"
	"runtime"

	"writ/crypto/trust"
	"writ/manifest/act"
	"writ/manifest/inorder"
	"writ/manifest/ledger"
)

// batchEntries of at most [act.MaxBytes] are verified by one worker at a time.
const batchEntries = 32

// A batch is consecutive entries, and what they say once they are verified.
type batch struct {
	first int64
	bytes []byte
	ends  []int // of the entries, in bytes
	acts  []act.Act
}

func (b *batch) add(e ledger.Entry) {
	if len(b.ends) == 0 {
		b.first = e.Index
	}
	b.bytes = append(b.bytes, e.Bytes...)
	b.ends = append(b.ends, len(b.bytes))
}

func (b *batch) reset() { b.bytes, b.ends, b.acts = b.bytes[:0], b.ends[:0], b.acts[:0] }

func (b *batch) verify(p *trust.Provider) error {
	from := 0
	for i, end := range b.ends {
		signed, err := act.Parse(b.bytes[from:end])
		if err != nil {
			return fmt.Errorf("ledger entry %d: %w", b.first+int64(i), err)
		}
		v, err := act.Verify(signed, p)
		if err != nil {
			return fmt.Errorf("ledger entry %d: %w", b.first+int64(i), err)
		}
		b.acts = append(b.acts, v.Act())
		from = end
	}
	return nil
}

// each verifies the first size entries on all cores and calls f with each
// statement, in order.
func each(ctx context.Context, v *ledger.View, size int64, p *trust.Provider, f func(index int64, a act.Act) error) error {
	workers := runtime.GOMAXPROCS(0)
	line := inorder.New(workers, 2*workers, func(b *batch) error { return b.verify(p) })
	give := func(ctx context.Context) error { return give(ctx, line, v, size) }
	return line.Run(ctx, give, func(b *batch) error { return b.tell(f) })
}

func (b *batch) tell(f func(index int64, a act.Act) error) error {
	for i, a := range b.acts {
		if err := f(b.first+int64(i), a); err != nil {
			return err
		}
	}
	return nil
}

// give reads the entries and hands them to the workers.
func give(ctx context.Context, line *inorder.Line[batch], v *ledger.View, size int64) error {
	var s *inorder.Slot[batch]
	for e, err := range v.Entries(ctx, 0, size) {
		if err != nil {
			return err
		}
		if s == nil {
			if s, err = line.Get(ctx); err != nil {
				return err
			}
			s.V.reset()
		}
		s.V.add(e)
		if len(s.V.ends) == batchEntries {
			line.Put(s)
			s = nil
		}
	}
	if s != nil {
		line.Put(s)
	}
	return nil
}
