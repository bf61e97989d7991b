// Package standing says how far an order has come: what is missing, from whom,
// and by when.
//
// It reads what the ledger says of the order and opens no store. It decides
// nothing: what may be released is asked of the policy as an export would, and
// thrown away.
package standing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
	"writ/export/policy"
	"writ/export/record"
	"writ/manifest"
	"writ/manifest/act"
)

// A State is how far an order has come.
type State string

// The states. What an order waits for first is its state.
const (
	Rejected    State = "rejected"               // not genuine, not for us, or impossible to answer
	Expired     State = "expired"                // it was not received while it was in force
	Unsigned    State = "waiting-for-signatures" // see [Standing.Need]
	NoCallBack  State = "waiting-for-call-back"  // nobody called the authority back, or not on its number
	NotYet      State = "not-in-force-yet"
	NoRoom      State = "waiting-for-room"   // a rate is full, until [Standing.RoomAt]
	NoReason    State = "waiting-for-reason" // a near-duplicate, and nobody said why to answer both
	Ready       State = "ready"              // to be answered
	NoNotice    State = "waiting-for-notice" // the user is to be told before the answer
	Held        State = "held"               // all that may be released is held
	Refused     State = "refused"            // nothing of it may be released
	Redirected  State = "redirected"         // all of it is an enterprise customer's
	Exported    State = "exported"
	NoticeDue   State = "notice-due"    // exported, and the user is to be told
	FollowUpDue State = "follow-up-due" // exported, and legal process is to follow
)

// A Duty is something that is still to be done, or to come.
type Duty struct {
	What Task      `json:"what"`
	By   time.Time `json:"by,omitzero"` // zero: no date is set
}

// A Task is what is to be done.
type Task string

// The tasks.
const (
	Receive  Task = "receipt"    // must be recorded while the order is in force
	Sign     Task = "signatures" // must be there
	CallBack Task = "call-back"
	Answer   Task = "answer"
	Release  Task = "end of hold"
	Tell     Task = "notice"    // to the user: from then on, or by then if the answer waits for it
	Follow   Task = "follow-up" // legal process must have come in
)

// An Export is one that answered the order.
type Export struct {
	ID string    `json:"id"`
	At time.Time `json:"at"`
}

// A Standing says how an order stands.
type Standing struct {
	ID         order.ID           `json:"id"`
	Digest     digest.Digest      `json:"digest"`
	Authority  string             `json:"authority"`
	Process    trust.Process      `json:"process"`
	Law        trust.Jurisdiction `json:"jurisdiction"`
	State      State              `json:"state"`
	Why        string             `json:"why,omitzero"`
	Need       order.Need         `json:"need,omitzero"`
	ReceivedAt time.Time          `json:"received_at,omitzero"` // zero: not recorded as received
	Duties     []Duty             `json:"duties"`               // the next first
	RoomAt     time.Time          `json:"room_at,omitzero"`     // when one more order, with one account, fits the rates
	Lift       string             `json:"lift,omitzero"`        // the command by which reviewers lift the rate or ceiling in the way, without its values
	Exports    []Export           `json:"exports"`
}

// Config is what standings are held against.
type Config struct {
	Registry *trust.Registry
	Catalog  *catalog.Catalog
	Policy   *policy.Policy
	Ledger   *record.Recorder // only read; nil: no ledger, so nothing was recorded
	Now      time.Time

	// Near says which order the given one repeats, as [order.Against] takes it; nil: not known.
	Near func(context.Context, *order.Signed) (string, error)

	UnsafeTesting bool // a test workspace's orders

	following map[digest.Digest][]manifest.OrderRef // by the order that they follow; nil: not read yet
}

// Of says how an order stands. One Config serves for many orders.
func (c *Config) Of(ctx context.Context, s *order.Signed) (*Standing, error) {
	o := s.Order()
	st := &Standing{
		ID: o.ID, Digest: s.Digest(), Authority: o.Authority, Process: o.Process, Law: o.Jurisdiction, Duties: []Duty{}, Exports: []Export{},
	}
	h := &record.History{}
	if c.Ledger != nil {
		var err error
		if h, err = c.Ledger.Order(ctx, s.Digest()); err != nil {
			return nil, err
		}
	}
	st.ReceivedAt = h.ReceivedAt
	for _, x := range h.Exports {
		st.Exports = append(st.Exports, Export{x.ID, x.SignedAt})
	}
	if len(h.Exports) > 0 {
		return st, c.exported(ctx, st, h)
	}
	received := h.ReceivedAt
	if received.IsZero() {
		received = c.Now
	}
	against := order.Against{
		Registry: c.Registry, ExportedAs: func(digest.Digest) string { return "" }, Now: c.Now, UnsafeTesting: c.UnsafeTesting,
	}
	report := order.Status(s, against, received)
	if !c.turnedAway(st, &o, &report) {
		verified, err := order.Verify(s, against, received)
		if err != nil {
			return nil, err
		}
		if err := c.open(ctx, st, h, s, verified); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(st.Duties, func(a, b Duty) int { return compare(a.By, b.By) })
	return st, nil
}

// turnedAway says why an order is not accepted now, if it is not: first what
// nobody can mend, then what somebody must do.
func (c *Config) turnedAway(st *Standing, o *order.Order, r *order.Report) bool {
	failed := make(map[string]error)
	for _, k := range r.Checks {
		if k.Err != nil {
			failed[k.Name] = k.Err
		}
	}
	by := o.ExpiresAt.UTC()
	if due := o.DueAt; !due.IsZero() && due.UTC().Before(by) {
		by = due.UTC()
	}
	for _, x := range []struct {
		check string
		state State
		task  Task
	}{
		{"provider", Rejected, ""}, {"test", Rejected, ""}, {"authority", Rejected, ""}, {"agency", Rejected, ""}, {"recipient", Rejected, ""},
		{"in-force", Expired, ""}, {"signatures", Unsigned, Sign}, {"emergency", NoCallBack, CallBack}, {"in-force", NotYet, Answer},
	} {
		err := failed[x.check]
		switch {
		case err == nil, x.state == Expired && !r.Expired():
			continue
		case x.state == Unsigned && r.Need.None(): // no threshold for such orders
			st.State = Rejected
		case x.state == Unsigned:
			st.State, st.Need = Unsigned, r.Need
		default:
			st.State = x.state
		}
		st.Why = reason(err)
		if x.task != "" && st.State != Rejected {
			st.Duties = append(st.Duties, Duty{x.task, by})
		}
		return true
	}
	return false
}

// open says what becomes of a genuine order that was not answered.
func (c *Config) open(ctx context.Context, st *Standing, h *record.History, s *order.Signed, v *order.Verified) error {
	d := c.Policy.Decide(v, c.Catalog, c.Now)
	deadline := d.Clocks().Deadline
	if o := v.Order(); deadline.IsZero() && !o.DueAt.IsZero() {
		deadline = o.DueAt.UTC()
	}
	st.State = Ready
	if last := h.Decided; last != nil {
		switch last.Result {
		case act.Rejected:
			st.State, st.Why = Rejected, last.Rejected.Why
			if err := c.pending(ctx, st, h, s, d); err != nil || st.State == Rejected {
				return err
			}
			st.Duties = append(st.Duties, Duty{Answer, deadline})
			return nil
		case act.Redirected:
			st.State, st.Why = Redirected, last.Decision.Enterprise.Why
			return nil
		case act.Unavailable:
			st.Why = "at the last attempt its stores could not be read"
		}
	}
	granted, held, why := 0, 0, []string{}
	for _, ds := range d.Datasets() {
		switch {
		case len(ds.Granted()) == 0:
			if b, over := d.Over(ds.Verdicts[0]); over {
				st.Lift = lift(b.Rule.ID, b.Name)
			}
			why = append(why, fmt.Sprintf("%s: %s", ds.Dataset, ds.Verdicts[0].Why))
		case !ds.HeldUntil.IsZero():
			granted, held = granted+1, held+1
		default:
			granted++
		}
	}
	switch {
	case granted == 0:
		st.State, st.Why = Refused, strings.Join(why, "; ")
		if h.Decided != nil {
			return nil // it was answered: by a refusal
		}
	case held == granted:
		st.State, st.Why = Held, d.Clocks().Rule.Cite
		st.Duties = append(st.Duties, Duty{Release, d.Clocks().NotBefore})
	case d.Notice().Awaited(c.Now) && h.NotifiedAt.IsZero():
		st.State, st.Why = NoNotice, "the user is to be told first, if the targets find one: "+d.Notice().Rule.Cite
		st.Duties = append(st.Duties, Duty{Tell, deadline})
	}
	st.Duties = append(st.Duties, Duty{Answer, deadline})
	if h.ReceivedAt.IsZero() {
		st.Duties = append(st.Duties, Duty{Receive, v.Order().ExpiresAt.UTC()})
	}
	return nil
}

// pending says what an order waits for that was turned away only for now. How
// many accounts it has the ledger does not say, so room is for one at least.
func (c *Config) pending(ctx context.Context, st *Standing, h *record.History, s *order.Signed, d *policy.Decision) error {
	switch h.Decided.Rejected.Code {
	case act.OverCeiling:
		st.Lift = lift(d.CeilingRule().ID, "BOUND")
	case act.NearDuplicate:
		st.State = NoReason
		if c.Near == nil {
			return nil
		}
		near, err := c.Near(ctx, s)
		if near != "" {
			st.Why = "it names the same targets as " + near
		}
		return err
	case act.OverRate:
		if h.Received == nil {
			return nil
		}
		now := act.Decided{Head: act.Head{RecordedAt: c.Now}, Order: st.Digest, Accounts: 1, Decision: act.Decision{Rates: d.Record().Rates}}
		used, err := c.Ledger.Usage(ctx, now, h.Received.Order)
		if err != nil {
			return err
		}
		st.State, st.Why = Ready, "at the last attempt it did not fit rule "+h.Decided.Rejected.Rule
		for _, u := range used {
			if u.Full() && (st.Lift == "" || u.Never || u.RoomAt.After(st.RoomAt)) {
				st.State, st.Why, st.RoomAt, st.Lift = NoRoom, u.String(), u.RoomAt, lift(u.Rate.Rule.ID, u.Over(1))
			}
			if u.Never {
				break
			}
		}
	}
	return nil
}

func lift(rule, bound string) string { return "writ order lift --rule " + rule + " --bound " + bound }

// exported says what is still to be done after an answer.
func (c *Config) exported(ctx context.Context, st *Standing, h *record.History) error {
	st.State = Exported
	disclosed := h.Disclosed()
	if h.Decided == nil || disclosed.IsZero() {
		return nil
	}
	if n := h.Decided.Decision.Notice; n.Owed && h.NotifiedAt.IsZero() {
		by := n.After
		if n.BeforeDisclosure() {
			by = disclosed
		}
		st.Duties = append(st.Duties, Duty{Tell, by})
	}
	if by := h.Decided.Decision.FollowUp.By; !by.IsZero() {
		followed, err := c.followed(ctx, h)
		if err != nil {
			return err
		}
		if !followed {
			st.Duties = append(st.Duties, Duty{Follow, by})
		}
	}
	slices.SortStableFunc(st.Duties, func(a, b Duty) int { return compare(a.By, b.By) })
	if len(st.Duties) == 0 {
		return nil
	}
	switch next := st.Duties[0]; {
	case next.What == Follow:
		st.State = FollowUpDue
	case !next.By.IsZero() && !c.Now.Before(next.By):
		st.State = NoticeDue
	}
	return nil
}

// followed reports whether legal process followed an order. It reads the whole
// ledger, the first time.
func (c *Config) followed(ctx context.Context, h *record.History) (bool, error) {
	if h.Received == nil {
		return false, nil
	}
	if c.following == nil {
		var err error
		if c.following, err = c.Ledger.Following(ctx); err != nil {
			return false, err
		}
	}
	earlier := &h.Received.Order
	return slices.ContainsFunc(c.following[earlier.Digest], func(later manifest.OrderRef) bool { return act.FollowsUp(&later, earlier) }), nil
}

// reason is an error of package order without the family that it begins with.
func reason(err error) string {
	return strings.TrimPrefix(err.Error(), order.ErrRejected.Error()+": ")
}

// compare puts times in order, and those that are not set last.
func compare(a, b time.Time) int {
	switch {
	case a.IsZero() && b.IsZero():
		return 0
	case a.IsZero():
		return 1
	case b.IsZero():
		return -1
	}
	return a.Compare(b)
}

// Compare puts standings in the order in which they need somebody: the next duty
// first, then those without a date. nil, for a file that is no order, comes last.
func Compare(a, b *Standing) int {
	if c := cmp.Compare(a.rank(), b.rank()); c != 0 || a.rank() > 0 {
		return c
	}
	return a.Duties[0].By.Compare(b.Duties[0].By)
}

// rank is 0 for what has a date.
func (s *Standing) rank() int {
	switch {
	case s == nil:
		return 3
	case len(s.Duties) == 0:
		return 2
	case s.Duties[0].By.IsZero():
		return 1
	}
	return 0
}
