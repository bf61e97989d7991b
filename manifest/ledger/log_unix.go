//go:build unix

package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gofrs/flock"
	"github.com/transparency-dev/tessera/api/layout"
)

// Where what is not the log itself stands in its folder. It is not served.
const (
	stateDir    = ".state" // Tessera's
	ownDir      = ".writ"
	lockFile    = "lock"
	publishFile = "publish.lock"
	noteFile    = "checkpoint" // until it is published
	indexFile   = "leaves"
)

// A Log appends to a ledger and reads it. Several processes may have one on
// the same folder, and several goroutines may use one; a process has only one
// per folder (see [ErrOpen]).
type Log struct {
	*Reader

	cfg    Config
	dir    string // absolute, without links
	driver *driver
	index  leafIndex

	appending  gate // who adds to the tree
	publishing gate // who makes a checkpoint of it: that may wait for witnesses

	mu      sync.RWMutex // append holds it shared, Close alone
	closed  bool
	pending sync.WaitGroup // adds that outlived their append's deadline
}

// A gate lets one at a time through.
type gate struct {
	turn chan struct{} // whose turn it is in this process; holds one token
	lock *flock.Flock  // and among processes; only with the token
}

func newGate(path string) gate {
	g := gate{turn: make(chan struct{}, 1), lock: flock.New(path)}
	g.turn <- struct{}{}
	return g
}

// openDirs are the folders with a Log in this process. Two drivers on one
// folder in one process lose entries: Tessera's locks belong to the process.
var openDirs = struct {
	sync.Mutex
	set map[string]bool
}{set: make(map[string]bool)}

func reserve(dir string) error {
	openDirs.Lock()
	defer openDirs.Unlock()
	if openDirs.set[dir] {
		return fmt.Errorf("%w: %s", ErrOpen, dir)
	}
	openDirs.set[dir] = true
	return nil
}

func release(dir string) {
	openDirs.Lock()
	defer openDirs.Unlock()
	delete(openDirs.set, dir)
}

// Init makes an empty ledger in a folder that is missing or empty, and
// publishes its first checkpoint, without witnesses. If there is a ledger, the
// error is [ErrExists].
func Init(ctx context.Context, cfg Config) error {
	if err := cfg.check(); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(cfg.Dir, ownDir), 0o755); err != nil {
		return fmt.Errorf("%w: %w", ErrLedger, err)
	}
	present, err := os.ReadDir(cfg.Dir)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrLedger, err)
	}
	for _, f := range present {
		switch f.Name() {
		case ownDir, stateDir: // an Init that died has left them
		case layout.CheckpointPath:
			return fmt.Errorf("%w: %s", ErrExists, cfg.Dir)
		default:
			return fmt.Errorf("%w: %s is not empty", ErrExists, cfg.Dir)
		}
	}
	cfg.Policy = Policy{}
	l, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, cfg.Deadline)
	defer cancel()
	_, err = l.published(ctx, 0)
	return errors.Join(err, l.Close())
}

// Open opens a ledger to append to. One that is not there is not made: see
// [Init]. Close it.
func Open(ctx context.Context, cfg Config) (*Log, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	// A copy without Tessera's state looks to it like a folder to begin anew
	// in, over the entries that are there.
	r := NewReader(Dir(cfg.Dir), cfg.Verifier, cfg.Policy)
	if _, err := r.state(ctx); err != nil {
		return nil, err
	}
	return open(ctx, cfg)
}

func open(ctx context.Context, cfg Config) (*Log, error) {
	abs, err := filepath.Abs(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	dir, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	if err := os.MkdirAll(filepath.Join(dir, ownDir), 0o755); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	if err := reserve(dir); err != nil {
		return nil, err
	}
	l := &Log{
		Reader:     NewReader(Dir(dir), cfg.Verifier, cfg.Policy),
		cfg:        cfg,
		dir:        dir,
		index:      leafIndex{path: filepath.Join(dir, ownDir, indexFile)},
		appending:  newGate(filepath.Join(dir, ownDir, lockFile)),
		publishing: newGate(filepath.Join(dir, ownDir, publishFile)),
	}
	if err := l.start(ctx); err != nil {
		release(dir)
		return nil, err
	}
	return l, nil
}

// start starts the driver while no other process appends: it looks at the
// state of the tree, and may have to finish making it.
func (l *Log) start(ctx context.Context) error {
	unlock, err := l.acquire(ctx, &l.appending)
	if err != nil {
		return err
	}
	defer unlock()
	l.sweepState()
	// Tessera panics when it cannot lock its state. No driver is there yet
	// whose lock closing this file would end.
	f, err := os.OpenFile(filepath.Join(l.dir, stateDir, "treeState.lock"), os.O_RDWR, 0)
	if err == nil {
		f.Close()
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", ErrLedger, err)
	}
	l.driver, err = startDriver(l.dir, l.cfg)
	return err
}

// acquire waits for this process's turn and then for the other processes'.
func (l *Log) acquire(ctx context.Context, g *gate) (unlock func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, l.cfg.Deadline)
	defer cancel()
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: another goroutine is at it: %w", ErrDeadline, ctx.Err())
	case <-g.turn:
	}
	ok, err := g.lock.TryLockContext(ctx, time.Millisecond)
	if err != nil || !ok {
		g.turn <- struct{}{}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("%w: another process holds the lock: %w", ErrDeadline, ctx.Err())
		}
		return nil, fmt.Errorf("%w: lock: %w", ErrLedger, err)
	}
	return func() {
		if err := g.lock.Unlock(); err != nil {
			l.cfg.Logger.Error("ledger lock is not released", "error", err)
		}
		g.turn <- struct{}{}
	}, nil
}

// sweepState removes what Tessera's writes of its state left when a process
// died. Only with the lock, or it could be another's that is being written.
func (l *Log) sweepState() {
	const name = "treeState"
	left, err := filepath.Glob(filepath.Join(l.dir, stateDir, name+"[0-9]*"))
	if err != nil {
		return
	}
	for _, f := range left {
		if strings.Trim(strings.TrimPrefix(filepath.Base(f), name), "0123456789") == "" {
			if err := os.Remove(f); err != nil && !errors.Is(err, fs.ErrNotExist) {
				l.cfg.Logger.Warn("ledger leftover stays", "error", err)
			}
		}
	}
}

// Close waits for appends under way and stops. An entry that an append gave up
// waiting for is published with the next append, or by [Log.Settle].
func (l *Log) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil
	}
	l.closed = true
	done := make(chan struct{})
	go func() { l.pending.Wait(); close(done) }()
	timeout := time.NewTimer(l.cfg.Deadline)
	defer timeout.Stop()
	select {
	case <-done:
	case <-timeout.C:
		// The folder stays reserved: no second driver beside this one.
		return fmt.Errorf("%w: an entry is still being added", ErrDeadline)
	}
	if err := l.driver.stop(l.cfg.Deadline); err != nil {
		return err
	}
	release(l.dir)
	return nil
}
