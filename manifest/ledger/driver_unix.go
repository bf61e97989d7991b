//go:build unix

package ledger

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"runtime/pprof"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"k8s.io/klog/v2"
)

// A driver is Tessera at work on one folder.
type driver struct {
	storage tessera.Driver // one for all appenders: it has the lock among them
	opts    *tessera.AppendOptions
	// sign makes a checkpoint of a tree, signed and cosigned.
	sign      func(ctx context.Context, size uint64, root []byte) ([]byte, error)
	label     string
	witnesses *witnessTransport // nil without a policy
}

const labelName = "writ.ledger"

var drivers atomic.Int64

func startDriver(dir string, cfg Config) (*driver, error) {
	quietKlog(cfg.Logger)
	d := &driver{label: strconv.FormatInt(drivers.Add(1), 10)}
	d.opts = tessera.NewAppendOptions().
		WithCheckpointSigner(cfg.Signer).
		WithCheckpointInterval(math.MaxInt64). // never: see Log.published
		WithCheckpointRepublishInterval(0).
		WithGarbageCollectionInterval(0) // see Log.collect
	client := http.DefaultClient
	if cfg.Policy.quorum > 0 {
		d.witnesses = newWitnessTransport(cfg.Policy)
		client = &http.Client{Transport: d.witnesses}
		group, err := witnessGroup(cfg.Policy)
		if err != nil {
			return nil, err
		}
		d.opts.WithWitnesses(group, &tessera.WitnessOptions{Timeout: max(cfg.Deadline/2, publishAgain)})
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var err error
	if d.storage, err = posix.New(ctx, posix.Config{Path: dir, HTTPClient: client}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	_, reader, err := d.appender(ctx, 1) // which makes an empty tree
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	d.sign = d.opts.CheckpointPublisher(reader, client)
	return d, nil
}

// appender starts what adds entries in batches of a size, until ctx ends.
func (d *driver) appender(ctx context.Context, size int) (add tessera.AddFn, r tessera.LogReader, err error) {
	opts := *d.opts // what an appender before has started may still look at its own
	// What Tessera starts inherits the label, see running.
	pprof.Do(ctx, pprof.Labels(labelName, d.label), func(ctx context.Context) {
		var a *tessera.Appender
		if a, _, r, err = tessera.NewAppender(ctx, d.storage, opts.WithBatching(uint(size), never)); err == nil {
			add = a.Add
		}
	})
	return add, r, err
}

// never is longer than anything waits in a queue of Tessera's.
const never = time.Hour

// add puts entries into the tree, at indexes that follow each other in their
// order, as one batch. The caller holds the ledger's lock.
//
// Tessera's queue hands on what has waited long enough from a goroutine that
// the next may overtake, but what fills a batch from the one that adds. So each
// batch has a queue that it fills, and in which nothing waits.
func (d *driver) add(entries [][]byte) (indexes []int64, err error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	add, _, err := d.appender(ctx, len(entries))
	if err != nil {
		return nil, err
	}
	futures := make([]tessera.IndexFuture, len(entries))
	for i, e := range entries {
		futures[i] = add(ctx, tessera.NewEntry(bytes.Clone(e)))
	}
	for i, future := range futures { // which have one fate
		at, err := future()
		if err != nil {
			return nil, err
		}
		if indexes = append(indexes, int64(at.Index)); indexes[i] != indexes[0]+int64(i) {
			return nil, fmt.Errorf("entry %d of a batch at %d is at %d", i, indexes[0], indexes[i])
		}
	}
	return indexes, nil
}

func witnessGroup(p Policy) (tessera.WitnessGroup, error) {
	var group tessera.WitnessGroup
	group.N = p.quorum
	for _, w := range p.witnesses {
		u, err := url.Parse(w.url)
		if err != nil {
			return group, fmt.Errorf("%w: %w", ErrPolicy, err)
		}
		member, err := tessera.NewWitness(w.key, u)
		if err != nil {
			return group, fmt.Errorf("%w: %w", ErrPolicy, err)
		}
		group.Components = append(group.Components, member)
	}
	return group, nil
}

// stop waits until nothing of the driver runs: a second driver on the same
// folder beside a first that is still writing loses entries.
func (d *driver) stop(limit time.Duration) error {
	if d.witnesses != nil {
		d.witnesses.base.CloseIdleConnections()
	}
	poll := time.NewTicker(time.Millisecond)
	defer poll.Stop()
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	for d.running() {
		select {
		case <-poll.C:
		case <-timeout.C:
			return fmt.Errorf("%w: the log's driver does not end", ErrDeadline)
		}
	}
	return nil
}

// running reports whether any goroutine carries the driver's label. Tessera
// has no other way to tell when its work in the background has ended.
func (d *driver) running() bool {
	var b bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&b, 1); err != nil {
		return true
	}
	return bytes.Contains(b.Bytes(), fmt.Appendf(nil, "%q:%q", labelName, d.label))
}

// unpublished says why no checkpoint came.
func (d *driver) unpublished(size int64, cause error) error {
	if d.witnesses != nil {
		return d.witnesses.explain(size, cause)
	}
	return fmt.Errorf("%w: no checkpoint of %d entries was published: %w", ErrDeadline, size, cause)
}

// klogTo is where klog's words go; the last ledger opened says.
var (
	klogTo   atomic.Pointer[slog.Logger]
	klogOnce sync.Once
)

// quietKlog keeps Tessera's logger, which is a global one, off stderr.
func quietKlog(to *slog.Logger) {
	klogTo.Store(to)
	klogOnce.Do(func() { klog.SetSlogLogger(slog.New(klogHandler{})) })
}

type klogHandler struct{}

func (klogHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return klogTo.Load().Enabled(ctx, level)
}

func (klogHandler) Handle(ctx context.Context, r slog.Record) error {
	return klogTo.Load().Handler().Handle(ctx, r)
}

func (h klogHandler) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h klogHandler) WithGroup(string) slog.Handler      { return h }
