// Package outbox holds deliveries: a folder for each, complete or not there.
//
// A delivery is built in a staging folder on the same file system and appears
// in the outbox by one rename. What a crash leaves in staging is found by the
// next [Outbox.Stage] of the same delivery. Only ciphertext and signed
// manifests are ever written here.
package outbox

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"

	"github.com/gofrs/flock"

	"writ/export/durable"
)

// Why there is no staging folder.
var (
	ErrBusy      = errors.New("another process is making this delivery")
	ErrDelivered = errors.New("delivered already")
	ErrID        = errors.New("not a delivery's id")
)

const staging = ".staging"

// An Outbox is a folder of deliveries.
type Outbox struct{ dir string }

// Open returns the outbox at dir, which is made by the first [Outbox.Stage].
func Open(dir string) *Outbox { return &Outbox{dir} }

// Path returns where a delivery stands or will stand.
func (o *Outbox) Path(id string) string { return filepath.Join(o.dir, id) }

// A Staging is the folder in which one delivery is built. No other process has
// it. Close it, whatever happens.
type Staging struct {
	dir   string // of this delivery, in staging
	final string
	lock  *flock.Flock
	put   []string // files that are not durable yet
}

// idForm keeps an id from being a path.
var idForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`) })

// Stage locks the delivery called id and returns its staging folder, with
// whatever an earlier process left there.
func (o *Outbox) Stage(id string) (*Staging, error) {
	if !idForm().MatchString(id) {
		return nil, fmt.Errorf("%w: %q", ErrID, id)
	}
	s := &Staging{dir: filepath.Join(o.dir, staging, id), final: o.Path(id)}
	if err := os.MkdirAll(filepath.Dir(s.dir), 0o700); err != nil {
		return nil, err
	}
	lock, err := take(s.dir + ".lock")
	switch {
	case err != nil:
		return nil, err
	case lock == nil:
		return nil, fmt.Errorf("%w: %s", ErrBusy, id)
	}
	s.lock = lock
	if _, err := os.Stat(s.final); err == nil {
		return nil, errors.Join(fmt.Errorf("%w: %s", ErrDelivered, s.final), s.Close())
	}
	if err := s.make(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// take locks the file of that name; nil means that another process has it.
// Whoever has the lock removes the file when done, so what was opened before
// that and locked after it is a file without a name, which keeps nobody out:
// only the file that bears the name counts.
func take(path string) (*flock.Flock, error) {
	for {
		lock := flock.New(path)
		if ok, err := lock.TryLock(); err != nil || !ok {
			return nil, err
		}
		mine, err := lock.Stat()
		if err != nil {
			return nil, errors.Join(err, lock.Close())
		}
		switch named, err := os.Stat(path); {
		case err == nil && os.SameFile(mine, named):
			return lock, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return nil, errors.Join(err, lock.Close())
		}
		if err := lock.Close(); err != nil {
			return nil, err
		}
	}
}

// Create makes a new file in staging. Its content is durable once Sync on it and [Staging.Deliver] have returned nil.
func (s *Staging) Create(name string) (*os.File, error) {
	return os.OpenFile(s.Path(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
}

// Write puts a small file in staging, durably.
func (s *Staging) Write(name string, content []byte) error {
	return durable.WriteFile(s.Path(name), content, 0o640)
}

// Put is [Staging.Write] of a file that need not be durable before [Staging.Deliver] has returned nil.
func (s *Staging) Put(name string, content []byte) error {
	const mode = 0o640
	path := s.Path(name)
	if err := os.WriteFile(path, content, mode); err != nil {
		return err
	}
	s.put = append(s.put, path)
	return os.Chmod(path, mode)
}

// Read returns a file that stands in staging, or [fs.ErrNotExist].
func (s *Staging) Read(name string) ([]byte, error) { return os.ReadFile(s.Path(name)) }

// Path returns where a file of the delivery stands in staging.
func (s *Staging) Path(name string) string { return filepath.Join(s.dir, filepath.Base(name)) }

// Clear removes all that stands in staging.
func (s *Staging) Clear() error {
	if empty, err := s.Empty(); empty || err != nil {
		return err
	}
	if err := os.RemoveAll(s.dir); err != nil {
		return err
	}
	return s.make()
}

// make makes the staging folder, and the names that lead to it durable: what
// is recorded in the ledger must be found after a power cut.
func (s *Staging) make() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	all := filepath.Dir(s.dir)
	return durable.Sync(all, filepath.Dir(all))
}

// Empty reports whether nothing stands in staging.
func (s *Staging) Empty() (bool, error) {
	entries, err := os.ReadDir(s.dir)
	return len(entries) == 0, err
}

// Deliver moves the delivery into the outbox by one rename, and returns its
// folder. The delivery is exactly the files named: one that is missing is an
// error, and anything else that a process left in staging is removed.
func (s *Staging) Deliver(names ...string) (string, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return "", err
	}
	have := 0
	for _, e := range entries {
		if slices.Contains(names, e.Name()) {
			have++
		} else if err := os.RemoveAll(filepath.Join(s.dir, e.Name())); err != nil {
			return "", err
		}
	}
	if have != len(names) {
		return "", fmt.Errorf("%d of the delivery's %d files are in staging: %w", have, len(names), fs.ErrNotExist)
	}
	if err := os.Chmod(s.dir, 0o750); err != nil {
		return "", err
	}
	if err := durable.Sync(append(s.put, s.dir)...); err != nil {
		return "", err
	}
	if err := os.Rename(s.dir, s.final); err != nil {
		return "", err
	}
	return s.final, durable.Sync(filepath.Dir(s.final), filepath.Dir(s.dir))
}

// Discard removes the staging folder, if it still stands.
func (s *Staging) Discard() error { return os.RemoveAll(s.dir) }

// Close removes the lock's file, while it is locked, and unlocks the delivery.
// Once closed, it does nothing: the file may be another process's then.
func (s *Staging) Close() error {
	if !s.lock.Locked() {
		return nil
	}
	err := os.Remove(s.lock.Path())
	if errors.Is(err, fs.ErrNotExist) { // somebody cleared up
		err = nil
	}
	return errors.Join(err, s.lock.Close())
}

// Staged returns the ids of what stands in staging, in no order.
func (o *Outbox) Staged() ([]string, error) {
	entries, err := os.ReadDir(filepath.Join(o.dir, staging))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var ids []string
	for _, e := range entries {
		if e.IsDir() {
			ids = append(ids, e.Name())
		}
	}
	return ids, err
}
