package record

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"

	"writ/crypto/digest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// Answers is a file that lists, in the ledger's order, the decisions to let
// something leave, so that how much left lately, and for the same targets, is
// found without reading the ledger. Like the index it can be thrown away: it
// says for which tree it was made, and every part that is read has a checksum.
//
// The file is a header, a table of buckets that lead to the last row of each
// fingerprint, and the rows, each of which leads to the one before in its bucket.
type answers struct {
	path string
	said *memory
	// received returns what the ledger says before an entry of an order that
	// was received, of which the file keeps nothing.
	received func(ctx context.Context, v *ledger.View, order digest.Digest, before int64) (*act.Received, error)
}

const (
	answersMagic = "writ.answers/v1\x00"
	answersHead  = len(answersMagic) + 8 + len(ledger.Hash{}) + 4 + 8 + checkBytes
	buckets      = 1 << 16
	bucketBytes  = 4 + checkBytes
	rowsAt       = answersHead + buckets*bucketBytes
	rowBytes     = 32 + 32 + keySize + keySize + 8 + 8 + 8 + 4 + 4 + 4 + checkBytes
	keySize      = 16
	checkBytes   = 8
)

var errAnswers = errors.New("the list of answers is damaged")

// A shortKey stands for a name of any length.
type shortKey [keySize]byte

func keyFor(words ...string) shortKey {
	h := sha256.New()
	for _, w := range words {
		fmt.Fprintf(h, "%d:%s", len(w), w)
	}
	return shortKey(h.Sum(nil))
}

// An answer is one row.
type answer struct {
	order       digest.Digest
	fingerprint [32]byte // zero if there is none
	agency      shortKey
	process     shortKey // under its law
	entry       int64
	at, latest  int64 // seconds: when it was recorded, and the latest of all rows up to here
	accounts    uint32
	number      uint32 // which answer to the order
	previous    uint32 // row of the same bucket, from 1; 0 is none
}

// opened is the file while its lock is held.
type opened struct {
	f      *os.File
	size   int64 // entries of the ledger
	rows   uint32
	latest int64
	lock   *flock.Flock
}

func (o *opened) close() error { return errors.Join(o.f.Close(), o.lock.Close()) }

// open returns the list of all answers in the ledger as view returns it. That is
// asked under the lock: whoever holds it may bring the file to a later view.
func (a answers) open(ctx context.Context, view func(context.Context) (*ledger.View, error)) (v *ledger.View, o *opened, err error) {
	if err := os.MkdirAll(filepath.Dir(a.path), 0o700); err != nil {
		return nil, nil, err
	}
	lock := flock.New(a.path + ".lock")
	if err := lock.Lock(); err != nil {
		return nil, nil, err
	}
	f, err := os.OpenFile(a.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, errors.Join(err, lock.Close())
	}
	o = &opened{f: f, lock: lock}
	if v, err = view(ctx); err == nil {
		err = o.readHead(ctx, v)
	}
	if err == nil {
		err = a.extend(ctx, o, v)
	}
	if errors.Is(err, errAnswers) || errors.Is(err, ledger.ErrForked) || errors.Is(err, ledger.ErrRolledBack) {
		err = a.remake(ctx, o, v)
	}
	if err != nil {
		return nil, nil, errors.Join(err, o.close())
	}
	return v, o, nil
}

// remake makes the list anew.
func (a answers) remake(ctx context.Context, o *opened, v *ledger.View) error {
	o.size, o.rows, o.latest = 0, 0, math.MinInt64
	if err := o.f.Truncate(0); err != nil {
		return err
	}
	return a.extend(ctx, o, v)
}

// readHead asks whether the file was made of the very tree with which v begins.
func (o *opened) readHead(ctx context.Context, v *ledger.View) error {
	b := make([]byte, answersHead)
	if _, err := o.f.ReadAt(b, 0); err != nil || string(b[:len(answersMagic)]) != answersMagic || !sealed(b, -1) {
		return errAnswers
	}
	rest := b[len(answersMagic):]
	o.size = int64(binary.BigEndian.Uint64(rest))
	root := ledger.Hash(rest[8:])
	rest = rest[8+len(root):]
	o.rows, o.latest = binary.BigEndian.Uint32(rest), int64(binary.BigEndian.Uint64(rest[4:]))
	// A process that died before its header has left rows, and buckets that
	// lead to them.
	info, err := o.f.Stat()
	if err != nil {
		return err
	}
	if o.rows > 0 && info.Size() != rowOffset(o.rows+1) || o.rows == 0 && info.Size() != int64(answersHead) {
		return errAnswers
	}
	return v.ExtendsTree(ctx, o.size, root)
}

// extend takes up the entries of v that the list has not seen. The header comes
// last: rows behind those that it counts are not there yet.
func (a answers) extend(ctx context.Context, o *opened, v *ledger.View) error {
	size := v.Checkpoint().Size()
	if o.size == size {
		return nil
	}
	seen := make(map[digest.Digest]*act.Received)
	for e, err := range v.Entries(ctx, o.size, size) {
		if err != nil {
			return err
		}
		s, err := a.said.read(e)
		if err != nil {
			return fmt.Errorf("ledger entry %d: %w", e.Index, err)
		}
		switch d := s.signed.Unverified().(type) {
		case act.Received:
			if d.Rejected == (act.Rejection{}) {
				seen[d.Order.Digest] = brief(d)
			}
		case act.Decided:
			if d.Result != act.Export {
				continue
			}
			r := seen[d.Order]
			if r == nil {
				if r, err = a.received(ctx, v, d.Order, e.Index); err != nil {
					return err
				}
			}
			if err := o.add(newAnswer(e.Index, d, r)); err != nil {
				return err
			}
		}
	}
	root, err := v.Root(ctx, size)
	if err != nil {
		return err
	}
	return o.writeHead(size, root)
}

// writeHead says that the file is of that tree. What the header counts is
// durable before it: a bucket that a power cut left out would read as one that
// was never written.
func (o *opened) writeHead(size int64, root ledger.Hash) error {
	if err := o.f.Sync(); err != nil {
		return err
	}
	o.size = size
	b := binary.BigEndian.AppendUint64([]byte(answersMagic), uint64(size))
	b = append(b, root[:]...)
	b = binary.BigEndian.AppendUint32(b, o.rows)
	b = binary.BigEndian.AppendUint64(b, uint64(o.latest))
	_, err := o.f.WriteAt(seal(b, -1), 0)
	return err
}

// brief keeps of a receipt what an answer needs.
func brief(r act.Received) *act.Received {
	out := &act.Received{Fingerprint: r.Fingerprint}
	out.Order.Agency, out.Order.Jurisdiction, out.Order.Process = r.Order.Agency, r.Order.Jurisdiction, r.Order.Process
	return out
}

func newAnswer(entry int64, d act.Decided, r *act.Received) answer {
	a := answer{
		order: d.Order, entry: entry, at: d.RecordedAt.Unix(), accounts: uint32(min(int64(d.Accounts), math.MaxUint32)), number: uint32(max(d.Answer, 1)),
	}
	if r != nil {
		a.agency, a.process = keyFor(r.Order.Agency), keyFor(r.Order.Jurisdiction, r.Order.Process)
		a.fingerprint = valueOf(r.Fingerprint)
	}
	return a
}

// valueOf returns a fingerprint's bytes; which secret made it they show as well.
func valueOf(f act.Fingerprint) (v [32]byte) {
	if b, err := hex.DecodeString(f.Value); err == nil {
		copy(v[:], b)
	}
	return v
}

// add appends a row.
func (o *opened) add(a answer) error {
	o.latest = max(o.latest, a.at)
	a.latest = o.latest
	bucket := binary.BigEndian.Uint16(a.fingerprint[:])
	if a.fingerprint != [32]byte{} {
		var err error
		if a.previous, err = o.bucket(bucket); err != nil {
			return err
		}
	}
	if _, err := o.f.WriteAt(a.bytes(o.rows+1), rowOffset(o.rows+1)); err != nil {
		return err
	}
	o.rows++
	if a.fingerprint == [32]byte{} {
		return nil
	}
	b := seal(binary.BigEndian.AppendUint32(nil, o.rows), int64(bucket))
	_, err := o.f.WriteAt(b, bucketOffset(bucket))
	return err
}

func bucketOffset(bucket uint16) int64 { return int64(answersHead) + int64(bucket)*bucketBytes }

func rowOffset(row uint32) int64 { return int64(rowsAt) + int64(row-1)*int64(rowBytes) }

// bucket returns the last row with a fingerprint in the bucket, 0 if there is none.
func (o *opened) bucket(bucket uint16) (uint32, error) {
	b := make([]byte, bucketBytes)
	n, err := o.f.ReadAt(b, bucketOffset(bucket))
	if n == 0 && err != nil || [bucketBytes]byte(b) == [bucketBytes]byte{} {
		return 0, nil // never written
	}
	if err != nil && n < bucketBytes || !sealed(b, int64(bucket)) {
		return 0, errAnswers
	}
	row := binary.BigEndian.Uint32(b)
	if row > o.rows {
		return 0, errAnswers
	}
	return row, nil
}

// row returns a row, counted from 1.
func (o *opened) row(row uint32) (answer, error) {
	b := make([]byte, rowBytes)
	if _, err := o.f.ReadAt(b, rowOffset(row)); err != nil {
		return answer{}, errAnswers
	}
	return parseAnswer(b, row)
}

func (a answer) bytes(row uint32) []byte {
	b := make([]byte, 0, rowBytes)
	b = append(b, a.order[:]...)
	b = append(b, a.fingerprint[:]...)
	b = append(b, a.agency[:]...)
	b = append(b, a.process[:]...)
	for _, v := range [...]int64{a.entry, a.at, a.latest} {
		b = binary.BigEndian.AppendUint64(b, uint64(v))
	}
	for _, v := range [...]uint32{a.accounts, a.number, a.previous} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return seal(b, rowOffset(row))
}

func parseAnswer(b []byte, row uint32) (answer, error) {
	if !sealed(b, rowOffset(row)) {
		return answer{}, errAnswers
	}
	var a answer
	copy(a.order[:], b)
	copy(a.fingerprint[:], b[32:])
	copy(a.agency[:], b[64:])
	copy(a.process[:], b[64+keySize:])
	b = b[64+2*keySize:]
	for i, v := range [...]*int64{&a.entry, &a.at, &a.latest} {
		*v = int64(binary.BigEndian.Uint64(b[8*i:]))
	}
	for i, v := range [...]*uint32{&a.accounts, &a.number, &a.previous} {
		*v = binary.BigEndian.Uint32(b[24+4*i:])
	}
	return a, nil
}

// seal appends a checksum of b at its place in the file.
func seal(b []byte, place int64) []byte {
	sum := checksum(b, place)
	return append(b, sum[:]...)
}

func sealed(b []byte, place int64) bool {
	n := len(b) - checkBytes
	return checksum(b[:n], place) == [checkBytes]byte(b[n:])
}

func checksum(b []byte, place int64) [checkBytes]byte {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(b[:len(b):len(b)], uint64(place)))
	return [checkBytes]byte(sum[:])
}

// since yields the rows that were recorded after t, the newest first. That rows
// behind each other may be dated in any order is no matter: it ends where the
// latest of all that come before is not after t.
func (o *opened) since(t time.Time, yield func(answer)) error {
	const chunk = 256
	buf := make([]byte, chunk*rowBytes)
	for last := o.rows; last > 0; {
		n := min(last, chunk)
		b := buf[:int(n)*rowBytes]
		if _, err := o.f.ReadAt(b, rowOffset(last-n+1)); err != nil {
			return errAnswers
		}
		for i := int(n) - 1; i >= 0; i-- {
			a, err := parseAnswer(b[i*rowBytes:(i+1)*rowBytes], last-n+1+uint32(i))
			switch {
			case err != nil:
				return err
			case a.latest <= t.Unix():
				return nil
			case a.at > t.Unix():
				yield(a)
			}
		}
		last -= n
	}
	return nil
}

// same yields the rows with a fingerprint, the newest first, until yield has enough.
func (o *opened) same(f [32]byte, yield func(answer) (enough bool, err error)) error {
	at, err := o.bucket(binary.BigEndian.Uint16(f[:]))
	for enough := false; err == nil && at > 0 && !enough; {
		var a answer
		if a, err = o.row(at); err != nil {
			return err
		}
		if a.previous >= at { // a chain goes back, or it would never end
			return errAnswers
		}
		if a.fingerprint == f {
			enough, err = yield(a)
		}
		at = a.previous
	}
	return err
}
