package export

import (
	"context"
	"iter"
	"sync"
	"time"

	"writ/export/catalog"
	"writ/export/plan"
	"writ/export/source"
)

// atOnce is how many datasets are pulled at once at most: the one that is being
// packed, and those behind it whose stores have nothing else to do.
const atOnce = 3

// pulls are the reads of a plan. Each store is read in a goroutine of its own,
// one dataset after the other, as far ahead of the packer as its batches last:
// so slow stores are waited for together, and the bag's order is the plan's.
type pulls struct {
	datasets []*pull // in the plan's order
	begun    int     // how many of them may be read
	readers  sync.WaitGroup
	stop     context.CancelFunc
}

// A pull is one dataset's read.
type pull struct {
	place   int // in the plan
	dataset plan.Dataset
	may     chan struct{} // closed: it may be read
	got     chan got      // closed: it was read
	at      time.Time     // when it began; known once got yields or is closed
}

type got struct {
	batch *source.Batch
	err   error
}

// newPulls gets ready to read what a plan reads, for a packer with so many workers.
// It must be closed before the snapshots are.
func newPulls(ctx context.Context, datasets []plan.Dataset, snapshots map[catalog.StoreName]source.Snapshot, workers int, now func() time.Time) *pulls {
	ctx, stop := context.WithCancel(ctx)
	ps := &pulls{stop: stop}
	stores := make(map[catalog.StoreName][]*pull)
	for i, d := range datasets {
		if d.Outcome == "" {
			p := &pull{place: i, dataset: d, may: make(chan struct{})}
			ps.datasets = append(ps.datasets, p)
			stores[d.Store] = append(stores[d.Store], p)
		}
	}
	// Of one store a batch is being read, one waits, and one is with each worker;
	// several share twice as many.
	batches := workers + 2
	if n := min(len(stores), atOnce); n > 2 {
		batches = 2 * batches / n
	}
	for name, datasets := range stores {
		pool := source.NewPool(batches)
		for _, p := range datasets {
			p.got = make(chan got, batches)
		}
		ps.readers.Go(func() {
			for _, p := range datasets {
				select {
				case <-p.may:
				case <-ctx.Done():
					return
				}
				p.at = now()
				if !p.read(ctx, snapshots[name].Pull(ctx, p.dataset.Read, pool)) {
					return
				}
			}
		})
	}
	return ps
}

// read takes everything from the store, and reports whether it could.
func (p *pull) read(ctx context.Context, from iter.Seq2[*source.Batch, error]) bool {
	for b, err := range from {
		select {
		case p.got <- got{b, err}:
		case <-ctx.Done():
			return false
		}
		if err != nil {
			return false
		}
	}
	close(p.got)
	return true
}

// each yields the pulls in the plan's order.
func (ps *pulls) each(yield func(*pull) bool) {
	for i, p := range ps.datasets {
		for ; ps.begun < min(i+atOnce, len(ps.datasets)); ps.begun++ {
			close(ps.datasets[ps.begun].may)
		}
		if !yield(p) {
			return
		}
	}
}

// batches yields what was read of the dataset. When ctx ends it does, without an
// error: whoever ranges over it looks at ctx.
func (p *pull) batches(ctx context.Context) iter.Seq2[*source.Batch, error] {
	return func(yield func(*source.Batch, error) bool) {
		for {
			select {
			case g, ok := <-p.got:
				if !ok || !yield(g.batch, g.err) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// close ends what is still being read, and waits until it has.
func (ps *pulls) close() {
	ps.stop()
	ps.readers.Wait()
}
