package audit

import (
	"cmp"
	"slices"
	"time"

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

// followUps finds emergency disclosures that no legal process followed. The
// ledger names no target, so it can't show that an order is the follow-up of
// another: a later order of the same authority under the same law, for targets
// of those types and no fewer of each, counts as one, for one emergency.
func (f *fold) followUps(find finder) {
	type who struct{ jurisdiction, authority string }
	later := make(map[who][]*order)
	var emergencies []*order
	for _, o := range f.Orders {
		switch o.Process {
		case emergency:
			if f.c.FollowUp[o.Jurisdiction] > 0 && slices.ContainsFunc(o.Exports, func(x *export) bool { return x.Disclosed }) {
				emergencies = append(emergencies, o)
			}
		case "preservation", "consent", "":
		default:
			if o.Received >= 0 {
				later[who{o.Jurisdiction, o.Authority}] = append(later[who{o.Jurisdiction, o.Authority}], o)
			}
		}
	}
	byReceipt := func(a, b *order) int {
		return cmp.Or(a.ReceivedAt.Compare(b.ReceivedAt), cmp.Compare(a.Received, b.Received))
	}
	slices.SortFunc(emergencies, byReceipt)
	for _, l := range later {
		slices.SortFunc(l, byReceipt)
	}
	used := make(map[*order]bool)
	for _, o := range emergencies {
		period := f.c.FollowUp[o.Jurisdiction]
		end := o.ReceivedAt.Add(period)
		list := later[who{o.Jurisdiction, o.Authority}]
		first, _ := slices.BinarySearchFunc(list, o.ReceivedAt, func(x *order, t time.Time) int { return x.ReceivedAt.Compare(t) })
		followed := false
		for _, x := range list[first:] {
			if x.ReceivedAt.After(end) {
				break
			}
			if !used[x] && covers(x.Targets, o.Targets) {
				used[x], followed = true, true
				break
			}
		}
		if !followed && f.c.Now.After(end) {
			find(finding{code: FollowUp, entry: o.Received, order: o.Order},
				"data was disclosed in an emergency received at %s, and by %s no legal process of %s for such targets came in; ask for it, or for the reason",
				stamp(o.ReceivedAt), stamp(end), o.Authority)
		}
	}
}

// covers reports whether a has each type of b, and no fewer of it.
func covers(a, b []manifest.TargetCount) bool {
	for _, t := range b {
		if !slices.ContainsFunc(a, func(x manifest.TargetCount) bool { return x.Type == t.Type && x.Count >= t.Count }) {
			return false
		}
	}
	return true
}

// result returns what the fold comes to, without findings.
func (f *fold) result() *Result {
	r := &Result{
		Format: Format, Provider: f.c.Provider.Provider, ProviderFile: f.c.Provider.Fingerprint(), AuditedAt: f.c.Now,
		Complete: f.complete, From: f.from, To: f.Size, Counts: f.Counts, Orders: make([]Order, 0, len(f.Orders)), Texts: []TextInForce{}, fold: f,
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
	for _, o := range f.Orders {
		r.Orders = append(r.Orders, o.row())
	}
	r.Counts.Orders = int64(len(r.Orders))
	slices.SortStableFunc(r.Orders, func(a, b Order) int { return a.ReceivedAt.Compare(b.ReceivedAt) })
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
