package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/manifest/act"
	"writ/manifest/approval"
)

// A Bound is one ceiling by the name that an approval has for it, as the policy
// sets it.
type Bound struct {
	Rule  Rule
	Name  string // targets, accounts, records, bytes, window, window.CATEGORY; orders or accounts of a rate
	Value int64  // in bytes, or days of a window
	Most  int64  // that an approval can raise it to
}

// Bounds returns every ceiling on the order, as the policy sets it.
func (d *Decision) Bounds() []Bound { return slices.Clone(d.bounds) }

// Over returns the bound that refused a field, and false if none did.
func (d *Decision) Over(v Verdict) (Bound, bool) {
	if v.Ground != OverCeiling || d.order == nil {
		return Bound{}, false
	}
	name := "window"
	if len(d.order.Order().Targets) > d.ceilings.Targets {
		name = "targets"
	} else if w := d.ceilings.window(v.Category); w.Category != "" {
		name += "." + string(w.Category)
	}
	i := slices.IndexFunc(d.bounds, func(b Bound) bool { return b.Rule == d.ceilingRule && b.Name == name })
	if i < 0 {
		return Bound{}, false
	}
	return d.bounds[i], true
}

// A raise is a bound and what raises it.
type raise struct {
	Bound
	to     func(int64)
	lifted *[]string
}

// raises are all bounds on the order that an approval can raise.
func (d *Decision) raises() []raise {
	if d.ceilingRule == (Rule{}) {
		return nil // no rules for this law or process
	}
	c := &d.ceilings
	days := func(window *time.Duration, days *int) func(int64) {
		return func(v int64) { *window, *days = time.Duration(v)*day, int(v) }
	}
	ceiling := func(name string, value, most int64, to func(int64)) raise {
		return raise{Bound{d.ceilingRule, name, value, most}, to, &d.lifted}
	}
	out := []raise{
		ceiling("targets", int64(c.Targets), maxTargets, func(v int64) { c.Targets = int(v) }),
		ceiling("accounts", int64(c.Accounts), maxAccounts, func(v int64) { c.Accounts = int(v) }),
		ceiling("records", c.Records, maxRecords, func(v int64) { c.Records = v }),
		ceiling("bytes", c.Bytes, maxBagBytes, func(v int64) { c.Bytes = v }),
		ceiling("window", int64(c.WindowDays), maxDays, days(&c.Window, &c.WindowDays)),
	}
	for i := range c.Windows {
		w := &c.Windows[i]
		out = append(out, ceiling("window."+string(w.Category), int64(w.Days), maxDays, days(&w.Window, &w.Days)))
	}
	for i := range d.rates {
		r := &d.rates[i]
		out = append(out,
			raise{Bound{r.Rule, "orders", r.Orders, maxRate}, func(v int64) { r.Orders = v }, &r.Lifted},
			raise{Bound{r.Rule, "accounts", r.Accounts, maxRate}, func(v int64) { r.Accounts = v }, &r.Lifted})
	}
	return out
}

// lift raises what the approvals name exactly: rule, bound and the value that
// the policy has for it, while they are in force. Others change nothing; an
// export refuses them, see [Decision.Misfit].
func (d *Decision) lift(a *ask) {
	d.ceilings.Windows = slices.Clone(d.ceilings.Windows) // not the policy's own
	raises := d.raises()
	d.bounds = make([]Bound, 0, len(raises))
	for _, r := range raises {
		d.bounds = append(d.bounds, r.Bound)
		for _, p := range a.approvals {
			if p.Rule == r.Rule.ID && p.Bound == r.Name && r.unfit(p, a.at) == "" {
				r.to(p.Limit)
				*r.lifted = append(*r.lifted, r.Name)
			}
		}
	}
	slices.Sort(d.lifted)
	for i := range d.rates {
		slices.Sort(d.rates[i].Lifted)
	}
}

// unfit says why an approval does not raise the bound that it names; "" if it does.
func (b Bound) unfit(p act.Approval, at time.Time) string {
	switch {
	case p.Ceiling != b.Value:
		return fmt.Sprintf("it names a ceiling of %d, and it is %d", p.Ceiling, b.Value)
	case p.Limit <= b.Value || p.Limit > b.Most:
		return fmt.Sprintf("it raises the ceiling to %d; %d to %d can be", p.Limit, b.Value+1, b.Most)
	case at.Before(p.IssuedAt) || !at.Before(p.ExpiresAt):
		return "it is not in force now"
	case len(p.Signers) < approval.MinSigners:
		return "too few have signed it"
	}
	return ""
}

// Misfit returns an error if the order has an approval that lifts none of the
// ceilings on it: what reviewers signed must be what was in the way.
func (d *Decision) Misfit() error {
	if d.order == nil {
		return nil
	}
	for _, p := range FactsOf(d.order).Approvals {
		i := slices.IndexFunc(d.bounds, func(b Bound) bool { return b.Rule.ID == p.Rule && b.Name == p.Bound })
		if i < 0 {
			return fmt.Errorf("%w: it lifts %s of rule %s, which is no ceiling on this order; there are %s", approval.ErrCeiling, p.Bound, p.Rule, Names(d.bounds))
		}
		if why := d.bounds[i].unfit(p, d.decidedAt); why != "" {
			return fmt.Errorf("%w: %s of rule %s: %s", approval.ErrCeiling, p.Bound, p.Rule, why)
		}
	}
	return nil
}

// Names lists bounds in words, each with its rule.
func Names(bounds []Bound) string {
	names := make([]string, len(bounds))
	for i, b := range bounds {
		names[i] = b.Name + " of " + b.Rule.ID
	}
	return strings.Join(names, ", ")
}
