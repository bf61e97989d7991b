package audit

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"

	"writ/manifest/act"
)

// StateFormat is the state's format version.
const StateFormat = "writ.audit-state/v1"

// MaxStateBytes bounds a state.
const MaxStateBytes = 1 << 30

// stateJSON is the state as a file. The checkpoint in it is signed, so a state
// is of one ledger, and shows a fork to others.
type stateJSON struct {
	Format     string `json:"format"`
	Provider   string `json:"provider"`
	Checkpoint string `json:"checkpoint"` // the signed note
	state
}

// ErrIncomplete is what [Result.State] returns if not all entries were read.
var ErrIncomplete = fmt.Errorf("%w: the ledger was not read to its end, so the next audit can't begin there", ErrAudit)

// ErrState says that the state of an earlier audit can't be gone on from.
var ErrState = fmt.Errorf("%w: state", ErrInput)

// State returns what the next audit needs to look at new entries only, if
// [Config.KeepState] asked for it.
//
// Whoever can change it can hide what was found: the auditor keeps it, as the
// checkpoint, out of the provider's reach, and now and then audits without.
func (r *Result) State() ([]byte, error) {
	switch {
	case !r.Complete:
		return nil, ErrIncomplete
	case r.state == nil:
		return nil, fmt.Errorf("%w: the audit was not asked to keep a state", ErrInput)
	}
	return r.state, nil
}

// save writes the state down.
func (f *fold) save() ([]byte, error) {
	b, err := json.Marshal(stateJSON{StateFormat, f.c.Provider.Provider, string(f.checkpoint.Note()), f.state}, json.Deterministic(true))
	if err != nil {
		return nil, fmt.Errorf("%w: state: %w", ErrAudit, err)
	}
	// The orders, which are the last, come one by one.
	b = bytes.TrimSuffix(b, []byte("]}"))
	begun := len(b)
	err = f.orders.each(every, func(o *order) error {
		one, err := o.marshal()
		if len(b) > begun {
			b = append(b, ',')
		}
		b = append(b, one...)
		return err
	})
	return append(b, "]}\n"...), err
}

// load goes on from a state. That its ledger is the one audited is asked later,
// of the ledger.
func (f *fold) load(b []byte, keys *pins) error {
	fail := func(format string, a ...any) error {
		return fmt.Errorf("%w: %w", ErrState, fmt.Errorf(format, a...))
	}
	if len(b) > MaxStateBytes {
		return fail("%d bytes, the limit is %d", len(b), MaxStateBytes)
	}
	var s stateJSON
	if err := json.Unmarshal(b, &s, json.RejectUnknownMembers(true)); err != nil {
		return fail("it is not what an audit wrote, or not all of it; name another file, or audit from the beginning")
	}
	if again, err := json.Marshal(s, json.Deterministic(true)); err != nil || !bytes.Equal(append(again, '\n'), b) {
		return fail("it is not in the form in which an audit writes it")
	}
	if s.Format != StateFormat {
		return fail("its format is not %s", StateFormat)
	}
	if s.Provider != f.c.Provider.Provider {
		return fail("it is of another provider; name another file, or audit from the beginning")
	}
	c, err := keys.older([]byte(s.Checkpoint))
	if err != nil {
		return fail("it is of another ledger; name another file, or audit from the beginning: %w", err)
	}
	if c.Size() != s.Size {
		return fail("it does not agree with its own checkpoint")
	}
	f.state = s.state
	if f.InForce == nil {
		f.InForce = make(map[act.What]inForce)
	}
	f.from, f.kept = f.Size, append(f.kept, c)
	return f.link(fail)
}

// link makes what the fold looks things up in.
func (f *fold) link(fail func(string, ...any) error) error {
	entry := func(i int64) bool { return i >= 0 && i < f.Size }
	for _, o := range f.Orders {
		if o == nil || o.Order.IsZero() || o.Received != -1 && !entry(o.Received) {
			return fail("an order in it is malformed")
		}
		switch before, err := f.orders.find(o.Order); {
		case err != nil:
			return err
		case before != nil:
			return fail("an order in it is there twice")
		}
		for _, d := range o.Decisions {
			if !entry(d.Entry) {
				return fail("a decision in it is of no entry")
			}
		}
		for _, x := range o.Exports {
			if x == nil || !entry(x.Entry) {
				return fail("an export in it is of no entry")
			}
			x.of = o
		}
		f.orders.add(o)
		if err := f.orders.trim(); err != nil {
			return err
		}
	}
	f.Orders = nil
	return nil
}
