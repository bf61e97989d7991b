package main

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/export/workspace"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// An answered order is what the ledger says of one: received, decided, exported.
type answered struct {
	received act.Received
	decided  act.Decided
	exported act.Exported
}

// lastAnswered reads the last order that was answered from a ledger's end.
func lastAnswered(ctx context.Context, r *ledger.Reader) (answered, error) {
	var a answered
	v, err := r.View(ctx)
	if err != nil {
		return a, err
	}
	size := v.Checkpoint().Size()
	for e, err := range v.Entries(ctx, max(0, size-3), size) {
		if err != nil {
			return a, err
		}
		s, err := act.Parse(e.Bytes)
		if err != nil {
			return a, err
		}
		switch x := s.Unverified().(type) {
		case act.Received:
			a.received = x
		case act.Decided:
			a.decided = x
		case act.Exported:
			a.exported = x
		}
	}
	if a.received.Order.Digest.IsZero() || a.decided.Order != a.received.Order.Digest || a.exported.Predicate.Order.Digest != a.decided.Order {
		return a, fmt.Errorf("the ledger does not end with an order that was answered")
	}
	return a, nil
}

// like returns the statements of another order that was answered in the same
// way, signed: number n is always of the same order.
func (a answered) like(n uint64, k sign.Signer) ([][]byte, error) {
	a.received.Order.Digest = numbered("order", n)
	a.decided.Order = a.received.Order.Digest
	x := &a.exported.Predicate
	x.Order.Digest = a.received.Order.Digest
	x.ExportID = x.Order.Digest.Hex()[:32]
	x.Ciphertext.Name = x.ExportID + manifest.CiphertextSuffix
	x.Ciphertext.SHA256 = numbered("ciphertext", n)
	x.Bag.TagManifest = numbered("bag", n)
	a.exported.Subject = manifest.Subjects(x.Ciphertext, x.Bag)
	var all [][]byte
	for _, s := range []act.Act{a.received, a.decided, a.exported} {
		b, err := act.Sign(s, k)
		if err != nil {
			return nil, err
		}
		all = append(all, b)
	}
	return all, nil
}

func numbered(what string, n uint64) digest.Digest {
	return digest.Digest(sha256.Sum256(binary.BigEndian.AppendUint64([]byte(what), n)))
}

// many returns the statements of orders first to last, made on all cores.
func (a answered) many(first, last uint64, k sign.Signer) ([][]byte, error) {
	var (
		made    = make([][][]byte, last-first+1)
		workers sync.WaitGroup
		mu      sync.Mutex
		failed  error
	)
	for w := range uint64(runtime.NumCPU()) {
		workers.Go(func() {
			for i := w; i < uint64(len(made)); i += uint64(runtime.NumCPU()) {
				s, err := a.like(first+i, k)
				if err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				made[i] = s
			}
		})
	}
	workers.Wait()
	return slices.Concat(made...), failed
}

// ordersAtOnce are appended together.
const ordersAtOnce = 5_000

// extend adds answered orders to a place's ledger until it has about size
// entries, and returns how many it has.
func (p *place) extend(ctx context.Context, size int64) (have int64, err error) {
	w, err := workspace.Open(p.dir)
	if err != nil {
		return 0, err
	}
	r, err := w.LedgerReader()
	if err != nil {
		return 0, err
	}
	v, err := r.View(ctx)
	if err != nil {
		return 0, err
	}
	have = v.Checkpoint().Size()
	template, err := lastAnswered(ctx, r)
	if err != nil || have+3 > size {
		return have, err
	}
	l, err := p.log(ctx, w)
	if err != nil {
		return have, err
	}
	defer l.Close()
	for have+3 <= size {
		n := min((size-have)/3, ordersAtOnce)
		statements, err := template.many(uint64(have), uint64(have+n-1), p.h.people.provider)
		if err != nil {
			return have, err
		}
		if _, err := l.AppendAll(ctx, statements...); err != nil {
			return have, err
		}
		have += int64(len(statements))
	}
	return have, nil
}

// log opens the place's ledger to append to, with all the time that it takes.
func (p *place) log(ctx context.Context, w *workspace.Workspace) (*ledger.Log, error) {
	c, err := w.LedgerConfig(time.Now())
	if err != nil {
		return nil, err
	}
	c.Deadline = 10 * time.Minute
	return ledger.Open(ctx, c)
}
