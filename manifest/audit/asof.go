package audit

import (
	"cmp"
	"slices"
	"time"

	"writ/manifest"
	"writ/manifest/act"
)

// asOf finds what depends on when it is asked: what is overdue now.
func (f *fold) asOf() error {
	find := func(x finding, format string, a ...any) { f.now.add(x.finding(format, a...)) }
	return f.orders.each(func(p place) bool { return p.due }, func(o *order) error {
		f.overdue(o, find)
		f.notices(o, find)
		if err := f.followUp(o, find); err != nil {
			return err
		}
		return f.orders.trim()
	})
}

// due reports whether asOf may find something in the order.
func (f *fold) due(o *order) bool {
	found := false
	find := func(finding, string, ...any) { found = true }
	f.overdue(o, find)
	f.notices(o, find)
	end := f.followUpDue(o)
	return found || !end.IsZero() && f.c.Now.After(end)
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
		case x.Untold:
			at.code = NoticeLate
			find(at, "the user %s, and that they were told at %s was recorded only after it", words, stamp(o.NotifiedAt))
		default:
			continue
		}
		return // once an order
	}
}

// followUp finds what was disclosed by the provider's own choice, as in an
// emergency, and that no legal process followed by the date that the decision
// set. The order that follows says so itself: see [act.FollowsUp].
func (f *fold) followUp(o *order, find finder) error {
	end := f.followUpDue(o)
	if end.IsZero() || !f.c.Now.After(end) {
		return nil
	}
	following, err := f.orders.lookup(byFollows, string(o.Order[:]), func(x *order) bool {
		return x.Follows == o.Order && x.Received >= 0 &&
			!x.ReceivedAt.Before(o.ReceivedAt) && !x.ReceivedAt.After(end) && act.FollowsUp(x.ref(), o.ref())
	})
	if err == nil && len(following) == 0 {
		find(finding{code: FollowUp, entry: o.Received, order: o.Order},
			"data was disclosed on an order (%s) received at %s, and by %s no legal process came in that says that it follows it; ask for it, or for the reason",
			o.Process, stamp(o.ReceivedAt), stamp(end))
	}
	return err
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
func (f *fold) result() (*Result, error) {
	r := &Result{
		Format: Format, Provider: f.c.Provider.Provider, ProviderFile: f.c.Provider.Fingerprint(), AuditedAt: f.c.Now,
		Complete: f.complete, From: f.from, To: f.Size, Counts: f.Counts, Texts: []TextInForce{},
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
	r.Counts.Orders = f.orders.n
	var err error
	r.Orders, err = f.listed()
	return r, err
}

// listed returns the orders for the result, the latest ones by receipt.
func (f *fold) listed() ([]Order, error) {
	chosen, err := f.latest()
	if err != nil {
		return nil, err
	}
	rows := []Order{}
	err = f.orders.each(func(p place) bool { return chosen == nil || chosen[p.seq] }, func(o *order) error {
		rows = append(rows, o.row())
		return nil
	})
	slices.SortStableFunc(rows, func(a, b Order) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
	return rows, err
}

// latest chooses the orders for the result, by when they were received; nil are all.
func (f *fold) latest() (map[int64]bool, error) {
	most := f.c.MaxOrders
	if most == 0 || f.orders.n <= int64(most) {
		return nil, nil
	}
	var best []place
	cut := func() {
		slices.SortFunc(best, func(a, b place) int { return cmp.Or(b.receivedAt.Compare(a.receivedAt), cmp.Compare(b.seq, a.seq)) })
		best = best[:most]
	}
	err := f.orders.each(func(p place) bool {
		if best = append(best, p); len(best) == 4*most {
			cut()
		}
		return false
	}, nil)
	if err != nil {
		return nil, err
	}
	cut()
	chosen := make(map[int64]bool, most)
	for _, p := range best {
		chosen[p.seq] = true
	}
	return chosen, nil
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
