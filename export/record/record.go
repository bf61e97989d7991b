// Package record writes what was done about orders into the ledger, and reads
// back what the ledger says of one order.
//
// There is no second account of orders to disagree with the ledger: the index
// that makes reading fast can be thrown away at any time, says for which tree
// it was made, and what it names is read from the verified ledger.
package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// Config is what a recorder needs.
type Config struct {
	Reader   *ledger.Reader
	Provider *trust.Provider // whose statements are believed
	Index    string          // the file of the index, which is made if it is not there

	// To append, it needs these as well. The caller closes the log.
	Log    *ledger.Log
	Signer sign.Signer // of statements
	Tool   manifest.Tool

	Now func() time.Time // nil means time.Now
}

// ErrConfig says which member of a Config is missing.
var ErrConfig = errors.New("recorder not configured")

// A Recorder appends statements and reads them back. Several processes may have
// one on the same ledger, and several goroutines may use one.
type Recorder struct {
	c    Config
	said memory
}

// New returns a recorder.
func New(c Config) (*Recorder, error) {
	switch {
	case c.Reader == nil:
		return nil, fmt.Errorf("%w: Reader is missing", ErrConfig)
	case c.Provider == nil:
		return nil, fmt.Errorf("%w: Provider is missing", ErrConfig)
	case c.Index == "":
		return nil, fmt.Errorf("%w: Index is missing", ErrConfig)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Recorder{c: c}, nil
}

// A History is what the ledger says of one order.
type History struct {
	ReceivedAt time.Time     // zero if it was not received, or only to be rejected
	Received   *act.Received // the last; nil as ReceivedAt is zero
	Rejected   []act.Code    // by verification
	Decided    *act.Decided  // the last
	CarriedOut bool          // an export followed the last decision
	Exports    []Exported    // oldest first
	NotifiedAt time.Time     // when the user was told, the first time
}

// Last returns the id of the last export, or "".
func (h *History) Last() string {
	if len(h.Exports) == 0 {
		return ""
	}
	return h.Exports[len(h.Exports)-1].ID
}

// An Exported is one export of the order.
type Exported struct {
	ID     string
	Signed []byte // the manifest, as it stands in the ledger

	// Only [Recorder.Order] sets these.
	SignedAt  time.Time
	Disclosed bool // it held a record
}

// Disclosed returns when an export first held a record, or zero.
func (h *History) Disclosed() time.Time {
	for _, x := range h.Exports {
		if x.Disclosed {
			return x.SignedAt
		}
	}
	return time.Time{}
}

// Order returns what the ledger says of the order with that digest. Every
// statement's signature is verified; one that does not verify is an error.
func (r *Recorder) Order(ctx context.Context, order digest.Digest) (*History, error) {
	h := &History{}
	return h, r.each(ctx, order, func(entry []byte, a act.Act) {
		switch a := a.(type) {
		case act.Received:
			if a.Rejected != (act.Rejection{}) {
				h.Rejected = append(h.Rejected, a.Rejected.Code)
			} else {
				h.Received, h.ReceivedAt = &a, a.ReceivedAt
			}
		case act.Decided:
			h.Decided, h.CarriedOut = &a, false
		case act.Exported:
			x := Exported{ID: a.Predicate.ExportID, Signed: entry, SignedAt: a.Predicate.Times.SignedAt}
			x.Disclosed = slices.ContainsFunc(a.Predicate.Datasets, func(d manifest.Dataset) bool { return d.Records > 0 })
			h.Exports, h.CarriedOut = append(h.Exports, x), true
		case act.Notified:
			if h.NotifiedAt.IsZero() || a.NotifiedAt.Before(h.NotifiedAt) {
				h.NotifiedAt = a.NotifiedAt
			}
		}
	})
}

// each calls f with each statement in the ledger that the index files under key.
func (r *Recorder) each(ctx context.Context, key digest.Digest, f func(entry []byte, a act.Act)) error {
	v, at, err := index{r.c.Index, &r.said}.find(ctx, r.c.Reader.View, key)
	if err != nil {
		return err
	}
	for _, i := range at {
		e, err := v.Entry(ctx, i)
		if err != nil {
			return err
		}
		s, err := r.said.verify(e, r.c.Provider)
		if err != nil {
			return fmt.Errorf("ledger entry %d: %w", i, err)
		}
		if s.key == key {
			f(s.entry, s.verified.Act())
		}
	}
	return nil
}

// Export returns what was recorded for the export with that id, nil if nothing
// was. It reads the whole ledger.
func (r *Recorder) Export(ctx context.Context, id string) (*Exported, error) {
	v, err := r.c.Reader.View(ctx)
	if err != nil {
		return nil, err
	}
	var found *Exported
	for e, err := range v.Entries(ctx, 0, v.Checkpoint().Size()) {
		if err != nil {
			return nil, err
		}
		a, err := r.believe(e.Bytes, act.KindExported)
		if err != nil {
			return nil, fmt.Errorf("ledger entry %d: %w", e.Index, err)
		}
		if x, ok := a.(act.Exported); ok && x.Predicate.ExportID == id {
			found = &Exported{ID: id, Signed: bytes.Clone(e.Bytes)}
		}
	}
	return found, nil
}

// Head is what a statement made now begins with.
func (r *Recorder) Head() act.Head {
	return act.Head{Provider: r.c.Provider.Provider, RecordedAt: r.c.Now().UTC().Truncate(time.Second), Tool: r.c.Tool}
}

// Sign signs a statement for the ledger.
func (r *Recorder) Sign(a act.Act) ([]byte, error) {
	if r.c.Signer == nil {
		return nil, fmt.Errorf("%w: Signer is missing", ErrConfig)
	}
	return act.Sign(a, r.c.Signer)
}

// Append puts signed statements into the ledger, in their order, and returns
// the proof of the last. It returns nil only once all are durable and a
// published checkpoint commits to them. What is there already is not put again.
func (r *Recorder) Append(ctx context.Context, signed ...[]byte) (proof []byte, err error) {
	if len(signed) == 0 {
		return nil, nil
	}
	if r.c.Log == nil {
		return nil, fmt.Errorf("%w: Log is missing", ErrConfig)
	}
	// What nobody could verify would stand in the ledger for good.
	for _, s := range signed {
		if _, err := r.said.verify(ledger.Entry{Leaf: ledger.Leaf(s), Bytes: s}, r.c.Provider); err != nil {
			return nil, err
		}
	}
	proofs, err := r.c.Log.AppendAll(ctx, signed...)
	if err != nil {
		return nil, err
	}
	return proofs[len(proofs)-1].Bytes(), nil
}

// Configured returns the signed statements that the ledger still needs so that
// it says what is in force, and keeps those texts beside the ledger.
func (r *Recorder) Configured(ctx context.Context, inForce map[act.What][]byte) ([][]byte, error) {
	var needed [][]byte
	for _, what := range []act.What{act.Policy, act.Catalog, act.Registry} {
		text := inForce[what]
		d := digest.Of(text)
		last, err := r.lastConfigured(ctx, what)
		if err != nil {
			return nil, err
		}
		if last == d {
			continue
		}
		if kept, err := r.c.Log.PutText(ctx, text); err != nil || kept != d {
			return nil, errors.Join(err, fmt.Errorf("keeping the %s beside the ledger", what))
		}
		head := r.Head()
		signed, err := r.Sign(act.Configured{Head: head, What: what, Digest: d, SizeBytes: int64(len(text)), Since: head.RecordedAt})
		if err != nil {
			return nil, err
		}
		needed = append(needed, signed)
	}
	return needed, nil
}

func (r *Recorder) lastConfigured(ctx context.Context, what act.What) (last digest.Digest, err error) {
	err = r.each(ctx, configuredKey(what), func(_ []byte, a act.Act) {
		if c, ok := a.(act.Configured); ok {
			last = c.Digest
		}
	})
	return last, err
}

// Settle publishes what a process that died left in the tree.
func (r *Recorder) Settle(ctx context.Context) error {
	if r.c.Log == nil {
		return fmt.Errorf("%w: Log is missing", ErrConfig)
	}
	_, err := r.c.Log.Settle(ctx)
	return err
}

// keyOf is what the index files a statement under: its order, or what it is about instead.
func keyOf(a act.Act) digest.Digest {
	if c, ok := a.(act.Configured); ok {
		return configuredKey(c.What)
	}
	if about := a.About(); !about.IsZero() {
		return about
	}
	return digest.Of([]byte("writ/" + string(a.Kind())))
}

func configuredKey(what act.What) digest.Digest { return digest.Of([]byte("writ/configured/" + what)) }
