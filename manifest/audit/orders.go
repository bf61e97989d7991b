package audit

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"os"
	"slices"
	"time"

	"github.com/go-json-experiment/json"

	"writ/crypto/digest"
	"writ/manifest/act"
)

// orders are what the fold keeps of each order: those that were looked at last
// in memory, all others in files of the audit's own, which nobody else can read
// and which are gone when it ends. So an audit of years takes the memory of one
// of weeks.
type orders struct {
	due  func(*order) bool // whether something is overdue
	most int               // in memory

	n     int64
	hot   map[int64]*order
	line  []*order // that are hot, in the order in which they came
	keyed map[key][]*order

	records, places *os.File // nil until there are more than most
	index           *index
	end             int64  // of the records
	trims           int64  // how often some were written
	tail            []byte // of them, not written yet
}

// A key is the hash of what an order is looked up by.
type key uint64

// What orders are looked up by.
const (
	byOrder   = "order "
	byPrint   = "print "
	byFollows = "follows "
	byExport  = "export "
)

var seed = maphash.MakeSeed()

func keyOf(by, name string) key {
	var h maphash.Hash
	h.SetSeed(seed)
	h.WriteString(by)
	h.WriteString(name)
	return key(h.Sum64())
}

func newOrders(most int, due func(*order) bool) *orders {
	return &orders{due: due, most: cmp.Or(most, keptOrders), hot: make(map[int64]*order), keyed: make(map[key][]*order)}
}

const (
	keptOrders   = 2048
	placeBytes   = 32
	maxTail      = 64 << 10
	placesAtOnce = 1024
)

// keys are all by which an order is found now.
func (o *order) keys() []key {
	all := append(make([]key, 0, 4), keyOf(byOrder, string(o.Order[:])))
	if o.Fingerprint != "" {
		all = append(all, keyOf(byPrint, o.Fingerprint))
	}
	if !o.Follows.IsZero() {
		all = append(all, keyOf(byFollows, string(o.Follows[:])))
	}
	for _, x := range o.Exports {
		all = append(all, keyOf(byExport, x.ID))
	}
	return all
}

// find returns an order to be changed, nil if there is none.
func (s *orders) find(d digest.Digest) (*order, error) {
	all, err := s.lookup(byOrder, string(d[:]), func(o *order) bool { return o.Order == d })
	if err != nil || len(all) == 0 {
		return nil, err
	}
	all[0].changed = true
	return all[0], nil
}

// lookup returns the orders, to be read, that a key may stand for and that are
// those sought, in the order in which they first appeared.
func (s *orders) lookup(by, name string, is func(*order) bool) ([]*order, error) {
	k := keyOf(by, name)
	found := slices.Clone(s.keyed[k])
	if s.index != nil {
		_, err := s.index.each(k, func(seq int64) error {
			o := s.hot[seq]
			if o == nil {
				var err error
				if o, err = s.load(seq); err != nil {
					return err
				}
			}
			found = append(found, o)
			return nil
		})
		if err != nil {
			return nil, scratch(err)
		}
	}
	found = slices.DeleteFunc(found, func(o *order) bool { return !is(o) })
	slices.SortFunc(found, func(a, b *order) int { return cmp.Compare(a.seq, b.seq) })
	return slices.Compact(found), nil
}

// export returns the first export of that name, nil if there is none.
func (s *orders) export(id string) (first *export, err error) {
	all, err := s.lookup(byExport, id, func(*order) bool { return true })
	for _, o := range all {
		for _, x := range o.Exports {
			if x.ID == id && (first == nil || x.Entry < first.Entry) {
				first = x
			}
		}
	}
	return first, err
}

// add takes an order that was not there.
func (s *orders) add(o *order) {
	o.seq, o.changed = s.n, true
	s.n++
	s.keep(o)
}

func (s *orders) keep(o *order) {
	s.hot[o.seq] = o
	s.line = append(s.line, o)
	for _, k := range o.keys() {
		s.keyed[k] = append(s.keyed[k], o)
	}
}

// rekey changes an order, and by what it is found.
func (s *orders) rekey(o *order, change func()) {
	s.unkey(o)
	change()
	for _, k := range o.keys() {
		s.keyed[k] = append(s.keyed[k], o)
	}
}

func (s *orders) unkey(o *order) {
	for _, k := range o.keys() {
		if left := slices.DeleteFunc(s.keyed[k], func(x *order) bool { return x == o }); len(left) > 0 {
			s.keyed[k] = left
		} else {
			delete(s.keyed, k)
		}
	}
}

// trim writes orders out, the oldest first, if there are too many. What was
// returned before is not to be used any longer.
func (s *orders) trim() error {
	if len(s.line) <= s.most {
		return nil
	}
	if s.records == nil {
		if err := s.create(); err != nil {
			return scratch(err)
		}
	}
	s.trims++
	out := s.line[:len(s.line)-s.most/2]
	for _, o := range out {
		if err := s.write(o); err != nil {
			return scratch(err)
		}
		s.unkey(o)
		delete(s.hot, o.seq)
	}
	s.line = slices.Delete(s.line, 0, len(out))
	return nil
}

// write writes an order as it is now.
func (s *orders) write(o *order) error {
	for _, k := range o.keys() {
		if slices.Contains(o.stored, k) {
			continue
		}
		if err := s.index.insert(k, o.seq); err != nil {
			return err
		}
		o.stored = append(o.stored, k)
	}
	if !o.changed {
		return nil
	}
	b, err := o.marshal()
	if err != nil {
		return err
	}
	p := s.place(o)
	p.offset, p.length = s.end+int64(len(s.tail)), len(b)
	if s.tail = append(s.tail, b...); len(s.tail) > maxTail {
		if err := s.flush(); err != nil {
			return err
		}
	}
	_, err = s.places.WriteAt(p.marshal(), o.seq*placeBytes)
	return err
}

func (o *order) marshal() ([]byte, error) { return json.Marshal(o, json.Deterministic(true)) }

func (s *orders) flush() error {
	_, err := s.records.WriteAt(s.tail, s.end)
	if err == nil {
		s.end, s.tail = s.end+int64(len(s.tail)), s.tail[:0]
	}
	return err
}

// load reads an order back into memory.
func (s *orders) load(seq int64) (*order, error) {
	var b [placeBytes]byte
	if _, err := s.places.ReadAt(b[:], seq*placeBytes); err != nil {
		return nil, err
	}
	o, err := s.read(placeOf(seq, b[:]))
	if err != nil {
		return nil, err
	}
	o.stored = o.keys()
	s.keep(o)
	return o, nil
}

func (s *orders) read(p place) (*order, error) {
	if p.offset+int64(p.length) > s.end {
		if err := s.flush(); err != nil {
			return nil, err
		}
	}
	b := make([]byte, p.length)
	if _, err := s.records.ReadAt(b, p.offset); err != nil {
		return nil, err
	}
	o := &order{seq: p.seq}
	if err := json.Unmarshal(b, o, json.RejectUnknownMembers(true)); err != nil {
		return nil, err
	}
	for _, x := range o.Exports {
		x.of = o
	}
	return o, nil
}

// A place is where an order was written, and what says whether it must be read.
type place struct {
	seq        int64
	offset     int64
	length     int
	due        bool
	agency     uint32 // see [agencyHash]
	receivedAt time.Time
	answeredAt int64 // in seconds: when the last decision to export was recorded
}

// agencyHash is 31 bits by which most orders of other agencies are told apart.
func agencyHash(agency string) uint32 { return uint32(maphash.String(seed, agency)) >> 1 }

func (s *orders) place(o *order) place {
	p := place{seq: o.seq, due: s.due(o), agency: agencyHash(o.Agency), receivedAt: o.ReceivedAt, answeredAt: math.MinInt64}
	for _, d := range o.Decisions {
		if d.Result == act.Export {
			p.answeredAt = max(p.answeredAt, d.RecordedAt.Unix())
		}
	}
	return p
}

func (p place) marshal() []byte {
	b := make([]byte, 0, placeBytes)
	b = binary.BigEndian.AppendUint64(b, uint64(p.offset))
	b = binary.BigEndian.AppendUint32(b, uint32(p.length))
	flags := p.agency << 1
	if p.due {
		flags |= 1
	}
	b = binary.BigEndian.AppendUint32(b, flags)
	b = binary.BigEndian.AppendUint64(b, uint64(p.receivedAt.Unix()))
	return binary.BigEndian.AppendUint64(b, uint64(p.answeredAt))
}

func placeOf(seq int64, b []byte) place {
	flags := binary.BigEndian.Uint32(b[12:])
	return place{
		seq: seq, offset: int64(binary.BigEndian.Uint64(b)), length: int(binary.BigEndian.Uint32(b[8:])), due: flags&1 != 0, agency: flags >> 1,
		receivedAt: time.Unix(int64(binary.BigEndian.Uint64(b[16:])), 0).UTC(), answeredAt: int64(binary.BigEndian.Uint64(b[24:])),
	}
}

// each calls do with the orders that are wanted, to be read, in the order in
// which they first appeared. It may look others up, and trim.
func (s *orders) each(want func(place) bool, do func(*order) error) error {
	chunk := make([]byte, placesAtOnce*placeBytes)
	begin, trims := int64(-1), int64(0) // of the chunk: where it begins, and when it was read
	for seq := range s.n {
		o, p := s.hot[seq], place{}
		if o != nil {
			p = s.place(o)
		} else { // so it has a place, which may be new since the last one was looked at
			at := seq % placesAtOnce
			if begin != seq-at || trims != s.trims {
				begin, trims = seq-at, s.trims
				if _, err := s.places.ReadAt(chunk, begin*placeBytes); err != nil && !errors.Is(err, io.EOF) {
					return scratch(err)
				}
			}
			p = placeOf(seq, chunk[at*placeBytes:])
		}
		if !want(p) {
			continue
		}
		if o == nil {
			var err error
			if o, err = s.read(p); err != nil {
				return scratch(err)
			}
		}
		if err := do(o); err != nil {
			return err
		}
	}
	return nil
}

func every(place) bool { return true }

func (s *orders) create() (err error) {
	if s.records, err = private(); err != nil {
		return err
	}
	if s.places, err = private(); err != nil {
		return err
	}
	s.index, err = newIndex(minSlots)
	return err
}

// close forgets all orders that are not in memory.
func (s *orders) close() {
	discard(s.records)
	discard(s.places)
	if s.index != nil {
		discard(s.index.file)
	}
}

// private returns a file that only this process finds, where the system lets it.
func private() (*os.File, error) {
	f, err := os.CreateTemp("", "writ-audit-*") // with the rights 0600
	if err == nil {
		_ = os.Remove(f.Name()) // elsewhere, discard does
	}
	return f, err
}

func discard(f *os.File) {
	if f != nil {
		f.Close()
		_ = os.Remove(f.Name())
	}
}

func scratch(err error) error {
	return fmt.Errorf("%w: a temporary file (set TMPDIR to a folder with room): %w", ErrAudit, err)
}
