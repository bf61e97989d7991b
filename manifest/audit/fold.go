package audit

import (
	"context"
	"time"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// A fold is what the statements up to one come to. Nothing of one order costs
// more for a longer ledger, in time or in memory.
type fold struct {
	c          *Config
	reader     *ledger.Reader
	view       *ledger.View // nil if the ledger is not to be believed
	checkpoint *ledger.Checkpoint
	kept       []*ledger.Checkpoint
	from       int64
	complete   bool
	recent     recent
	texts      texts
	replays    *replays
	orders     *orders
	tallies    tallies
	now        findings // that depend on the time or the folder, not kept in the state

	state
}

// A state is what an audit keeps for the next one.
type state struct {
	Size     int64                `json:"size"`
	Latest   time.Time            `json:"latest,omitzero"` // that any statement was recorded
	InForce  map[act.What]inForce `json:"in_force"`
	Registry int                  `json:"registry_version"`
	Test     int64                `json:"test"` // orders for tests
	Real     int64                `json:"real"`
	Counts   Counts               `json:"counts"`
	Found    findings             `json:"findings"`
	Orders   []*order             `json:"orders"` // in the order in which they first appear; in the file alone, see [orders]
}

type inForce struct {
	Digest digest.Digest `json:"digest"`
	Since  time.Time     `json:"since"`
}

// An order is what the fold keeps of one. Entries are by index, -1 for none.
type order struct {
	Order        digest.Digest          `json:"order"`
	Jurisdiction string                 `json:"jurisdiction,omitzero"`
	Process      string                 `json:"process,omitzero"`
	Authority    string                 `json:"authority,omitzero"`
	Country      string                 `json:"country,omitzero"`
	Agency       string                 `json:"agency,omitzero"`
	Fingerprint  string                 `json:"fingerprint,omitzero"` // of its targets
	Emergency    bool                   `json:"emergency,omitzero"`
	Targets      []manifest.TargetCount `json:"targets,omitzero"`
	Follows      digest.Digest          `json:"follows,omitzero"` // an earlier order
	Received     int64                  `json:"received"`         // the last one that was not rejected
	ReceivedAt   time.Time              `json:"received_at,omitzero"`
	SecretUntil  time.Time              `json:"secret_until,omitzero"`
	Rejected     act.Code               `json:"rejected,omitzero"`
	Decisions    []decision             `json:"decisions,omitzero"`
	Freed        []string               `json:"freed,omitzero"` // released since the last decision
	AnsweredAt   time.Time              `json:"answered_at,omitzero"`
	Exports      []*export              `json:"exports,omitzero"`
	NotifiedAt   time.Time              `json:"notified_at,omitzero"` // the first time
	Late         bool                   `json:"notified_late,omitzero"`

	seq     int64 // among the orders
	stored  []key // by which it is found on disk
	changed bool  // since it was read from there
}

// A decision is what the fold keeps of one.
type decision struct {
	Entry     int64         `json:"entry"`
	Plan      digest.Digest `json:"plan,omitzero"`
	Result    act.Result    `json:"result"`
	DecidedAt time.Time     `json:"decided_at"`
	// What rates count.
	RecordedAt time.Time `json:"recorded_at,omitzero"`
	Accounts   int       `json:"accounts,omitzero"`
	Answer     int       `json:"answer,omitzero"`
	Deadline   time.Time `json:"deadline,omitzero"`
	NotBefore  time.Time `json:"not_before,omitzero"`
	FollowUp   time.Time `json:"follow_up,omitzero"`
	Exported   bool      `json:"exported,omitzero"` // an export carried it out
}

// An export is what the fold keeps of one.
type export struct {
	ID         string        `json:"id"`
	Entry      int64         `json:"entry"`
	Leaf       ledger.Hash   `json:"leaf"`
	Ciphertext digest.Digest `json:"ciphertext"`
	SignedAt   time.Time     `json:"signed_at"`
	Disclosed  bool          `json:"disclosed,omitzero"` // at least one record
	NoticeDue  time.Time     `json:"notice_due,omitzero"`
	Before     bool          `json:"notice_before,omitzero"` // due before the disclosure
	Untold     bool          `json:"untold,omitzero"`        // and not recorded before it

	of *order
}

func newFold(c *Config) *fold {
	f := &fold{c: c}
	f.orders = newOrders(c.keptOrders, f.due)
	f.InForce = make(map[act.What]inForce)
	f.texts.f = f
	return f
}

// find writes a finding down that stays one.
func (f *fold) find(x finding, format string, a ...any) { f.Found.add(x.finding(format, a...)) }

// fold takes the next entry. An error is about the ledger.
func (f *fold) fold(ctx context.Context, e entry) error {
	f.Size = e.index + 1
	at := finding{entry: e.index}
	if e.act == nil {
		f.Counts.Unread++
		at.code = e.code
		f.find(at, "entry %d is not believed: %v", e.index, e.err)
		return nil
	}
	at.order = e.act.About()
	f.recent.put(e.index, e.act)
	f.times(at, e.act)
	if err := f.take(ctx, at, e); err != nil {
		return err
	}
	return f.orders.trim()
}

// take takes a statement that is to be believed.
func (f *fold) take(ctx context.Context, at finding, e entry) error {
	switch a := e.act.(type) {
	case act.Received:
		f.Counts.Received++
		return f.received(ctx, at, a)
	case act.Decided:
		f.Counts.Decided++
		return f.decided(ctx, at, a)
	case act.Exported:
		f.Counts.Exported++
		at.export = a.Predicate.ExportID
		return f.exported(ctx, at, a.Predicate, e.leaf)
	case act.Notified:
		f.Counts.Notified++
		return f.notified(at, a)
	case act.Released:
		f.Counts.Released++
		return f.released(ctx, at, a)
	case act.Recalled:
		f.Counts.Recalled++
		return f.recalled(at, a)
	case act.Configured:
		f.Counts.Configured++
		return f.configured(ctx, at, a)
	}
	return nil
}

// times asks whether a statement is dated as its place in the ledger says. An
// export is dated when it was signed, and may have waited for its record.
func (f *fold) times(at finding, a act.Act) {
	t := a.At()
	if t.After(f.c.Now.Add(f.c.Tolerance)) {
		at.code = TimeFuture
		f.find(at, "the statement (%s) is dated %s, and it is %s now", a.Kind(), stamp(t), stamp(f.c.Now))
		return
	}
	if a.Kind() != act.KindExported && t.Before(f.Latest.Add(-f.c.Tolerance)) {
		at.code = TimeOrder
		f.find(at, "the statement (%s) is dated %s, but stands behind one that is dated %s", a.Kind(), stamp(t), stamp(f.Latest))
	}
	if t.After(f.Latest) {
		f.Latest = t
	}
}

// order returns what is kept of an order, which may be nothing yet.
func (f *fold) order(d digest.Digest) (*order, error) {
	o, err := f.orders.find(d)
	if o == nil && err == nil {
		o = &order{Order: d, Received: -1}
		f.orders.add(o)
	}
	return o, err
}

// known returns the order if it was received, and says so if it was not.
func (f *fold) known(at finding, kind act.Kind) (o *order, ok bool, err error) {
	o, err = f.order(at.order)
	if err == nil && o.Received < 0 {
		at.code = NotReceived
		f.find(at, "an act (%s) on an order that the ledger does not show as received and accepted before", kind)
	}
	return o, err == nil && o.Received >= 0, err
}

// last returns the last decision, nil if there is none.
func (o *order) last() *decision {
	if len(o.Decisions) == 0 {
		return nil
	}
	return &o.Decisions[len(o.Decisions)-1]
}
