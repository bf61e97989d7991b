package audit

import (
	"slices"
	"time"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/act"
)

// asOf finds what depends on when it is asked: what is overdue now.
func (f *fold) asOf() {
	find := func(x finding, format string, a ...any) { f.now.add(x.finding(format, a...)) }
	for _, o := range f.Orders {
		f.overdue(o, find)
		f.notices(o, find)
	}
	f.followUps(find)
}

type finder func(x finding, format string, a ...any)

// overdue finds orders that nobody answered.
func (f *fold) overdue(o *order, find finder) {
	at := finding{entry: o.Received, order: o.Order}
	last := o.last()
	switch {
	case o.Received < 0:
	case last == nil && len(o.Exports) == 0 && f.c.Now.After(o.ReceivedAt.Add(decidedWithin)):
		at.code = Undecided
		find(at, "received at %s, and nothing is decided", stamp(o.ReceivedAt))
	case last != nil && o.AnsweredAt.IsZero() && !last.Deadline.IsZero() && f.c.Now.After(last.Deadline):
		at.code, at.entry = Overdue, last.Entry
		find(at, "received at %s, to be answered by %s, and the last decision is: %s", stamp(o.ReceivedAt), stamp(last.Deadline), last.Result)
	}
}

// notices finds users who were not told, or late. Where nothing was disclosed
// there is nobody to tell.
func (f *fold) notices(o *order, find finder) {
	for _, x := range o.Exports {
		due := x.NoticeDue
		if !x.Disclosed || due.IsZero() {
			continue
		}
		until, words := due.Add(f.c.NoticeGrace), "was to be told from "+stamp(due)+" on"
		if x.Before {
			until, words = due, "was to be told before the disclosure at "+stamp(due)
		}
		at := finding{entry: x.Entry, order: o.Order, export: x.ID}
		switch {
		case o.NotifiedAt.IsZero() && f.c.Now.After(until):
			at.code = NoticeMissing
			find(at, "the user %s, and no notice is recorded", words)
		case o.NotifiedAt.IsZero():
		case o.NotifiedAt.After(until) || o.Late:
			at.code = NoticeLate
			find(at, "the user %s, and was told at %s", words, stamp(o.NotifiedAt))
		default:
			continue
		}
		return // once an order
	}
}

// followUps finds what was disclosed by the provider's own choice, as in an
// emergency, and that no legal process followed by the date that the decision
// set. The order that follows says so itself: see [act.FollowsUp].
func (f *fold) followUps(find finder) {
	following := make(map[digest.Digest][]*order)
	for _, x := range f.Orders {
		if x.Received >= 0 && !x.Follows.IsZero() {
			following[x.Follows] = append(following[x.Follows], x)
		}
	}
	for _, o := range f.Orders {
		end := f.followUpDue(o)
		if end.IsZero() || !f.c.Now.After(end) {
			continue
		}
		inTime := func(x *order) bool {
			return !x.ReceivedAt.Before(o.ReceivedAt) && !x.ReceivedAt.After(end) && act.FollowsUp(x.ref(), o.ref())
		}
		if !slices.ContainsFunc(following[o.Order], inTime) {
			find(finding{code: FollowUp, entry: o.Received, order: o.Order},
				"data was disclosed on an order (%s) received at %s, and by %s no legal process came in that says that it follows it; ask for it, or for the reason",
				o.Process, stamp(o.ReceivedAt), stamp(end))
		}
	}
}

// ref is what is kept of the order, as statements refer to it.
func (o *order) ref() *manifest.OrderRef {
	return &manifest.OrderRef{Jurisdiction: o.Jurisdiction, Process: o.Process, Targets: o.Targets}
}

// followUpDue is by when legal process must follow what was disclosed on the
// order; zero if nothing was, or none must. Where the decision set no date for
// an emergency, the auditor's own period counts.
func (f *fold) followUpDue(o *order) time.Time {
	if !slices.ContainsFunc(o.Exports, func(x *export) bool { return x.Disclosed }) {
		return time.Time{}
	}
	for _, d := range o.Decisions {
		if d.Exported && !d.FollowUp.IsZero() {
			return d.FollowUp
		}
	}
	if period := f.c.FollowUp[o.Jurisdiction]; period > 0 && o.Process == emergency {
		return o.ReceivedAt.Add(period)
	}
	return time.Time{}
}

// result returns what the fold comes to, without findings.
func (f *fold) result() *Result {
	r := &Result{
		Format: Format, Provider: f.c.Provider.Provider, ProviderFile: f.c.Provider.Fingerprint(), AuditedAt: f.c.Now,
		Complete: f.complete, From: f.from, To: f.Size, Counts: f.Counts, Texts: []TextInForce{}, fold: f,
	}
	if c := f.checkpoint; c != nil {
		r.Ledger = Ledger{Origin: c.Origin(), Size: c.Size(), Root: c.Root().String(), Cosigned: c.Cosigned(), Extends: []int64{}}
		if f.view != nil {
			for _, k := range f.kept {
				r.Ledger.Extends = append(r.Ledger.Extends, k.Size())
			}
		}
	}
	for _, w := range []act.What{act.Policy, act.Catalog, act.Registry} {
		if x, ok := f.InForce[w]; ok {
			r.Texts = append(r.Texts, TextInForce{w, x.Digest, x.Since})
		}
	}
	r.Counts.Orders = int64(len(f.Orders))
	listed := slices.Clone(f.Orders)
	slices.SortStableFunc(listed, func(a, b *order) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	if more := len(listed) - f.c.MaxOrders; f.c.MaxOrders > 0 && more > 0 {
		listed = listed[more:]
	}
	r.Orders = make([]Order, len(listed))
	for i, o := range listed {
		r.Orders[i] = o.row()
	}
	return r
}

func (o *order) row() Order {
	r := Order{
		Order: o.Order, Jurisdiction: o.Jurisdiction, Process: o.Process, Authority: o.Authority, Country: o.Country, Emergency: o.Emergency,
		ReceivedAt: o.ReceivedAt, AnsweredAt: o.AnsweredAt, NotifiedAt: o.NotifiedAt, Result: "pending", Exports: []string{},
	}
	if d := o.last(); d != nil {
		r.DecidedAt, r.Deadline, r.HeldUntil = d.DecidedAt, d.Deadline, d.NotBefore
		if d.Result != act.Export {
			r.Result = string(d.Result)
		}
	}
	if o.Received < 0 && o.Rejected != "" {
		r.Result = string(act.Rejected)
	}
	for _, x := range o.Exports {
		r.Exports = append(r.Exports, x.ID)
		r.Result = "exported"
		if x.Disclosed && r.NoticeDue.IsZero() {
			r.NoticeDue = x.NoticeDue
		}
	}
	return r
}
