package export

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"writ/export/catalog"
	"writ/export/order"
	"writ/export/plan"
	"writ/export/source"
)

// A slow store takes a second for each of a dataset's batches.
type slow struct {
	source.Snapshot
	batches int
	last    error         // after them
	reading *atomic.Int32 // datasets, of all stores
	most    *atomic.Int32 // that were read at once
	busy    bool
}

func (s *slow) Pull(ctx context.Context, _ source.Read, p *source.Pool) iter.Seq2[*source.Batch, error] {
	return func(yield func(*source.Batch, error) bool) {
		if s.busy {
			panic("a snapshot is for one goroutine")
		}
		s.busy = true
		n := s.reading.Add(1)
		for m := s.most.Load(); n > m && !s.most.CompareAndSwap(m, n); m = s.most.Load() {
		}
		defer func() { s.busy = false; s.reading.Add(-1) }()
		for range s.batches {
			b, err := p.Get(ctx, []source.Column{{Name: "n"}})
			if err != nil {
				yield(nil, err)
				return
			}
			time.Sleep(time.Second)
			b.Add(nil)
			b.EndRecord()
			if !yield(b, nil) {
				return
			}
		}
		if s.last != nil {
			yield(nil, s.last)
		}
	}
}

// Stores are waited for together, within a bound; what they deliver comes in the
// plan's order.
func TestPulls(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name   string
		stores []catalog.StoreName // of each dataset; "" is not read
		fails  catalog.StoreName
		takes  time.Duration
		most   int32
		want   string
	}{
		{name: "nothing to read", stores: []catalog.StoreName{""}},
		{name: "two stores", stores: []catalog.StoreName{"a", "b"}, takes: 4 * time.Second, most: 2, want: "0000 1111"},
		{name: "one store", stores: []catalog.StoreName{"a", "a"}, takes: 8 * time.Second, most: 1, want: "0000 1111"},
		{name: "the second store is busy", stores: []catalog.StoreName{"a", "b", "", "b"}, takes: 8 * time.Second, most: 2, want: "0000 1111 3333"},
		{name: "five stores", stores: []catalog.StoreName{"a", "b", "c", "d", "e"}, takes: 12 * time.Second, most: atOnce, want: "0000 1111 2222 3333 4444"},
		{name: "one that fails", stores: []catalog.StoreName{"a", "b", "c"}, fails: "b", takes: 6 * time.Second, most: 3, want: "0000 1111 broken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var reading, most atomic.Int32
				var datasets []plan.Dataset
				snapshots := make(map[catalog.StoreName]source.Snapshot)
				for i, name := range tt.stores {
					d := plan.Dataset{Store: name, Read: source.Read{Dataset: order.Dataset(fmt.Sprint(i))}}
					if name == "" {
						d.Outcome = "refused"
					} else if snapshots[name] == nil {
						s := &slow{batches: 4, reading: &reading, most: &most}
						if name == tt.fails {
							s.last = broken
						}
						snapshots[name] = s
					}
					datasets = append(datasets, d)
				}
				began := time.Now()
				ps := newPulls(t.Context(), datasets, snapshots, 2, time.Now)
				defer ps.close()
				got := ""
				for p := range ps.each {
					if got != "" {
						got += " "
					}
					var failed error
					for b, err := range p.batches(t.Context()) {
						if failed = err; err != nil {
							break
						}
						got += fmt.Sprint(p.place)
						b.Release()
					}
					if p.at.Before(began) || p.at.After(time.Now()) {
						t.Errorf("dataset %d began at %v", p.place, p.at)
					}
					if failed != nil {
						got += " " + failed.Error()
						break
					}
				}
				if took := time.Since(began); got != tt.want || took != tt.takes || most.Load() != tt.most {
					t.Errorf("got %q in %v, %d at once; want %q in %v, %d at once", got, took, most.Load(), tt.want, tt.takes, tt.most)
				}
			})
		})
	}
}

// What is read when the export ends ends too, before the snapshots are closed.
func TestPullsEndEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reading, most atomic.Int32
		datasets := []plan.Dataset{{Store: "a"}, {Store: "b"}}
		snapshots := map[catalog.StoreName]source.Snapshot{
			"a": &slow{batches: 100, reading: &reading, most: &most}, "b": &slow{batches: 100, reading: &reading, most: &most},
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		ps := newPulls(ctx, datasets, snapshots, 2, time.Now)
		for p := range ps.each {
			for b := range p.batches(ctx) {
				cancel()
				b.Release()
			}
			break
		}
		ps.close()
		if most.Load() != 2 || reading.Load() != 0 {
			t.Errorf("%d were read at once, %d still are", most.Load(), reading.Load())
		}
	})
}
