package record

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/gofrs/flock"

	"writ/crypto/digest"
	"writ/export/durable"
	"writ/manifest/ledger"
)

// An index finds the entries of the ledger that are filed under a key, without
// reading all: it is a hash table of pages, under a header that names the tree
// of which it was made. Whatever is wrong with the file, it is made anew: that it
// does not name an entry is believed, so each page that is looked at has a checksum.
type index struct {
	path string
	said *memory
}

const (
	indexMagic = "writ.orders/v3\x00\x00"
	pageBytes  = 4096
	sumBytes   = 16
	slotBytes  = 16                                      // the key's first 8 bytes, and the entry plus one; zero is an empty slot
	pageSlots  = (pageBytes - sumBytes) / slotBytes      // each page is filled from its beginning
	headBytes  = len(indexMagic) + 8 + 8 + 32 + sumBytes // size, pages, root; in a page of its own

	// maxTail entries at the end may be missing from the file; they are read
	// from the ledger. So the file is written once in so many appends.
	maxTail = 64
)

var errIndex = errors.New("the index of orders is damaged")

// find returns the entries that are filed under key, oldest first, and the view
// of the ledger that has them. They are only said to be: the caller looks at
// each. The view is asked for under the lock: whoever holds it may bring the
// file to a later one.
func (x index) find(ctx context.Context, view func(context.Context) (*ledger.View, error), key digest.Digest) (v *ledger.View, found []int64, err error) {
	if err := os.MkdirAll(filepath.Dir(x.path), 0o700); err != nil {
		return nil, nil, err
	}
	lock := flock.New(x.path + ".lock")
	if err := lock.Lock(); err != nil {
		return nil, nil, err
	}
	defer lock.Close()
	if v, err = view(ctx); err != nil {
		return nil, nil, err
	}
	found, have, err := x.look(ctx, v, key)
	if errors.Is(err, errIndex) || errors.Is(err, ledger.ErrForked) || errors.Is(err, ledger.ErrRolledBack) {
		if err = x.remake(ctx, v, &table{}); err == nil {
			found, have, err = x.look(ctx, v, key)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	err = x.each(ctx, v, have, func(entry int64, k digest.Digest) error {
		if k == key {
			found = append(found, entry)
		}
		return nil
	})
	slices.Sort(found)
	return v, found, err
}

// look finds what the file has under key, after it has been brought near the
// end of v, and says how many entries that were. Without a file none are missed
// as long as they all fit into the tail.
func (x index) look(ctx context.Context, v *ledger.View, key digest.Digest) (found []int64, have int64, err error) {
	size := v.Checkpoint().Size()
	f, err := os.OpenFile(x.path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) && size <= maxTail {
		return nil, 0, nil
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, errIndex
	}
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	t, err := readTable(f)
	if err != nil {
		return nil, 0, err
	}
	if err := v.ExtendsTree(ctx, t.size, t.root); err != nil {
		return nil, 0, err
	}
	if size-t.size > maxTail {
		if t.fits(size) {
			err = x.extend(ctx, v, t)
		} else if err = t.readAll(); err == nil {
			err = x.remake(ctx, v, t)
		}
		if err != nil {
			return nil, 0, err
		}
		if !t.fits(size) {
			return x.look(ctx, v, key) // the new file
		}
	}
	found, err = t.find(key)
	return found, t.size, err
}

// extend writes what t lacks of v into its file. The header comes last: entries
// behind those that it counts are not there yet.
func (x index) extend(ctx context.Context, v *ledger.View, t *table) error {
	if err := x.each(ctx, v, t.size, t.add); err != nil {
		return err
	}
	for n, p := range t.pages {
		if _, err := t.file.WriteAt(p.seal(n), pageAt(n)); err != nil {
			return fmt.Errorf("writing the index of orders: %w", err)
		}
	}
	if err := t.file.Sync(); err != nil {
		return fmt.Errorf("writing the index of orders: %w", err)
	}
	if err := t.covers(ctx, v); err != nil {
		return err
	}
	if _, err := t.file.WriteAt(t.head(), 0); err != nil {
		return fmt.Errorf("writing the index of orders: %w", err)
	}
	return nil
}

// remake writes a file anew, with room to grow, of what old has in memory and
// what that lacks of v.
func (x index) remake(ctx context.Context, v *ledger.View, old *table) error {
	t := &table{count: 1, size: old.size, pages: make(map[int64]*page)}
	for !t.fits(2 * v.Checkpoint().Size()) {
		t.count *= 2
	}
	for n := range t.count {
		t.pages[n] = new(page)
	}
	for _, p := range old.pages {
		for _, s := range p.slots(old.size) {
			if err := t.put(s); err != nil {
				return err
			}
		}
	}
	if err := x.each(ctx, v, t.size, t.add); err != nil {
		return err
	}
	if err := t.covers(ctx, v); err != nil {
		return err
	}
	content := make([]byte, pageAt(t.count))
	copy(content, t.head())
	for n, p := range t.pages {
		copy(content[pageAt(n):], p.seal(n))
	}
	if err := durable.WriteFile(x.path, content, 0o600); err != nil {
		return fmt.Errorf("writing the index of orders: %w", err)
	}
	return nil
}

// each calls f with the key of each entry from an index to the end of v.
func (x index) each(ctx context.Context, v *ledger.View, from int64, f func(entry int64, key digest.Digest) error) error {
	for e, err := range v.Entries(ctx, from, v.Checkpoint().Size()) {
		if err != nil {
			return err
		}
		s, err := x.said.read(e)
		if err != nil {
			return fmt.Errorf("ledger entry %d: %w", e.Index, err)
		}
		if err := f(e.Index, s.key); err != nil {
			return err
		}
	}
	return nil
}

// A table is the index of the tree of that size and root. The pages that were
// looked at are in memory.
type table struct {
	file  *os.File // nil while all pages are in memory
	count int64    // of pages, a power of two
	size  int64
	root  ledger.Hash
	pages map[int64]*page
}

// fits reports whether the pages are enough for so many entries.
func (t *table) fits(size int64) bool { return size <= t.count*pageSlots/4*3 }

func (t *table) covers(ctx context.Context, v *ledger.View) (err error) {
	t.size = v.Checkpoint().Size()
	t.root, err = v.Root(ctx, t.size)
	return err
}

func (t *table) head() []byte {
	b := binary.BigEndian.AppendUint64([]byte(indexMagic), uint64(t.size))
	b = binary.BigEndian.AppendUint64(b, uint64(t.count))
	b = append(b, t.root[:]...)
	sum := sha256.Sum256(b)
	return append(b, sum[:sumBytes]...)
}

func readTable(f *os.File) (*table, error) {
	b := make([]byte, headBytes)
	if _, err := f.ReadAt(b, 0); err != nil {
		return nil, errIndex
	}
	fields := b[len(indexMagic):]
	t := &table{
		file: f, size: int64(binary.BigEndian.Uint64(fields)), count: int64(binary.BigEndian.Uint64(fields[8:])), root: ledger.Hash(fields[16:48]),
		pages: make(map[int64]*page),
	}
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if string(b) != string(t.head()) || t.size < 0 || t.count < 1 || t.count&(t.count-1) != 0 || info.Size() != pageAt(t.count) {
		return nil, errIndex
	}
	return t, nil
}

// pageAt is where a page stands in the file.
func pageAt(n int64) int64 { return (1 + n) * pageBytes }

func (t *table) page(n int64) (*page, error) {
	if p := t.pages[n]; p != nil {
		return p, nil
	}
	p := new(page)
	if _, err := t.file.ReadAt(p[:], pageAt(n)); err != nil || p.sum(n) != [sumBytes]byte(p[pageBytes-sumBytes:]) {
		return nil, errIndex
	}
	t.pages[n] = p
	return p, nil
}

func (t *table) readAll() error {
	for n := range t.count {
		if _, err := t.page(n); err != nil {
			return err
		}
	}
	return nil
}

// walk calls f with the pages on which a key may stand, until f has enough.
func (t *table) walk(key [8]byte, f func(*page) (enough bool)) error {
	first := int64(binary.BigEndian.Uint64(key[:]) & uint64(t.count-1))
	for n := range t.count {
		p, err := t.page((first + n) & (t.count - 1))
		if err != nil {
			return err
		}
		if f(p) {
			return nil
		}
	}
	return errIndex
}

// find returns the entries with the key's first bytes.
func (t *table) find(key digest.Digest) (found []int64, err error) {
	err = t.walk([8]byte(key[:]), func(p *page) bool {
		all := p.slots(t.size)
		for _, s := range all {
			if s.key == [8]byte(key[:]) {
				found = append(found, s.entry)
			}
		}
		return !p.full()
	})
	return found, err
}

func (t *table) add(entry int64, key digest.Digest) error { return t.put(slot{[8]byte(key[:]), entry}) }

func (t *table) put(s slot) error {
	return t.walk(s.key, func(p *page) bool { return p.put(s) })
}

// A slot files one entry.
type slot struct {
	key   [8]byte
	entry int64
}

// A page is slots and a checksum of them and of the page's place.
type page [pageBytes]byte

func (p *page) at(n int) []byte { return p[n*slotBytes : (n+1)*slotBytes] }

func (p *page) full() bool { return binary.BigEndian.Uint64(p.at(pageSlots - 1)[8:]) != 0 }

// slots returns the slots of entries before size: others are from before a crash.
func (p *page) slots(size int64) (all []slot) {
	for n := range pageSlots {
		b := p.at(n)
		entry := int64(binary.BigEndian.Uint64(b[8:])) - 1
		if entry < 0 {
			break
		}
		if entry < size {
			all = append(all, slot{[8]byte(b), entry})
		}
	}
	return all
}

// put reports whether the slot is on the page, where it may have been before.
func (p *page) put(s slot) bool {
	for n := range pageSlots {
		b := p.at(n)
		switch int64(binary.BigEndian.Uint64(b[8:])) - 1 {
		case -1:
			copy(b, s.key[:])
			binary.BigEndian.PutUint64(b[8:], uint64(s.entry+1))
			return true
		case s.entry:
			if [8]byte(b) == s.key {
				return true
			}
		}
	}
	return false
}

func (p *page) sum(n int64) [sumBytes]byte {
	h := sha256.New()
	h.Write(p[:pageBytes-sumBytes])
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return [sumBytes]byte(h.Sum(nil))
}

func (p *page) seal(n int64) []byte {
	sum := p.sum(n)
	copy(p[pageBytes-sumBytes:], sum[:])
	return p[:]
}
