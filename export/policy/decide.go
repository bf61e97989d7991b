package policy

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
)

// Decide says, for each dataset and field that the order mandates, whether it
// may leave and which rule says so; and the clocks, ceilings and notice that
// apply. at is the time of the decision, not before the order's receipt.
//
// Datasets come by name, and their verdicts by field. It looks at nothing but
// [FactsOf] the order, and at times as the ledger has them, cut to the second.
func (p *Policy) Decide(o *order.Verified, c *catalog.Catalog, at time.Time) *Decision {
	if o == nil || c == nil {
		return &Decision{decidedAt: at}
	}
	d, err := p.Replay(FactsOf(o), c, at)
	if err != nil { // a verified order's times can be read
		return &Decision{decidedAt: at}
	}
	d.order = o
	return d
}

// decide is Decide on plain facts.
func (p *Policy) decide(a *ask, c *catalog.Catalog) *Decision {
	d := &Decision{policy: p.digest, catalog: c.Digest(), decidedAt: a.at}
	d.clocks.ReceivedAt = a.receivedAt
	j := p.jurisdictions[a.jurisdiction]
	if j == nil {
		j = &jurisdiction{terms: terms{name: a.jurisdiction}} // which knows no process
	}
	d.ceilings, d.ceilingRule = j.ceilingsFor(a)
	d.rates = j.ratesFor(a)
	d.lift(a)
	for _, item := range a.items {
		d.datasets = append(d.datasets, j.decideItem(a, c, item, d))
	}
	slices.SortFunc(d.datasets, func(x, y DatasetDecision) int { return strings.Compare(string(x.Dataset), string(y.Dataset)) })
	j.setClocks(a, d)
	d.notice = j.noticeFor(a)
	d.enterprise = j.enterpriseFor(a)
	d.followUp = j.followUpFor(a, d)
	return d
}

func (j *jurisdiction) decideItem(a *ask, c *catalog.Catalog, item order.Item, d *Decision) DatasetDecision {
	out := DatasetDecision{Dataset: item.Dataset, From: item.From, To: item.To, Verdicts: make([]Verdict, 0, len(item.Fields))}
	ds, known := c.Dataset(item.Dataset)
	for _, name := range item.Fields {
		v := Verdict{Field: name}
		if f, ok := ds.Field(name); known && ok {
			v.Category, v.Class = f.Category, j.class(f.Category, a.purpose)
		}
		j.rule(a, &v, ds, item, d)
		out.Verdicts = append(out.Verdicts, v)
	}
	slices.SortFunc(out.Verdicts, func(x, y Verdict) int { return strings.Compare(string(x.Field), string(y.Field)) })
	return out
}

// rule decides on one field. The order of the checks is from what no law could
// change to what a better order would get.
func (j *jurisdiction) rule(a *ask, v *Verdict, ds catalog.Dataset, item order.Item, d *Decision) {
	refuse := func(g Ground, r Rule, format string, args ...any) {
		v.Effect, v.Ground, v.Rule, v.Why = Refuse, g, r, fmt.Sprintf(format, args...)
	}
	p, ok := j.process(a.process)
	switch {
	case !ok:
		refuse(UnknownProcess, Rule{}, "there are no rules for process %q under %q", a.process, a.jurisdiction)
		return
	case !p.releases || preserves(p.name):
		refuse(ReleasesNothing, p.Rule, "the process %s keeps data and releases none", p.name)
		return
	case v.Category == "":
		refuse(NotInCatalog, Rule{}, "the catalog has no such field")
		return
	case v.Category.Within(catalog.Secret):
		refuse(IsSecret, Rule{}, "passwords, keys and tokens are never handed out")
		return
	}

	effect, ground, r := j.rules.authorize(p, a.question(p, v.Category, v.Class, windowDays(item)))
	if effect != Grant {
		switch ground {
		case RuleFailed:
			refuse(ground, r, "rule %s could not be evaluated, and what cannot be decided stays", r.ID)
		case Forbidden:
			refuse(ground, r, "rule %s forbids %s under %s", r.ID, v.Category, p.name)
		default:
			refuse(ground, r, "no rule lets %s reach %s%s", p.name, v.Category, j.hint(p, v.Category, a.purpose))
		}
		return
	}
	for _, l := range j.signers {
		switch {
		case !l.covers(a, v.Class):
		case len(l.issuers) > 0 && !slices.Contains(l.issuers, a.issuer):
			refuse(NotSigned, l.Rule, "%s data needs an issuer of the kind %s, and this one is %s", v.Class, or(l.issuers), orNone(a.issuer))
			return
		case a.reviewers < l.reviewers:
			refuse(NotSigned, l.Rule, "%d reviewers must have approved, and %d have", l.reviewers, a.reviewers)
			return
		}
	}
	if l := j.sealable(a, v.Class); l != nil {
		refuse(NoSuchRecipient, l.Rule, "%s data needs an agency's key of the kind %s, and this agency's is %s; ask it for one (writ key new --type %s), and register that (writ trust add recipient)",
			v.Class, or(l.kinds), cmp.Or(a.recipient, "of none"), l.kinds[0])
		return
	}
	if ds.Time.Column != "" && (item.From.IsZero() || item.To.IsZero()) {
		refuse(NoWindow, Rule{}, "the records have times, and the mandate gives no window")
		return
	}
	window, longest := item.To.UTC().Sub(item.From.UTC()), d.ceilings.window(v.Category)
	switch {
	case a.targets > d.ceilings.Targets:
		refuse(OverCeiling, d.ceilingRule, "%d targets, and the ceiling is %d", a.targets, d.ceilings.Targets)
		return
	case !item.From.IsZero() && window > longest.Window:
		refuse(OverCeiling, d.ceilingRule, "a window of %d days, and the ceiling%s is %d", windowDays(item), longest.of(), longest.Days)
		return
	}
	v.Effect, v.Rule = Grant, r
	v.Why = "rule " + r.ID + " lets " + string(p.name) + " reach " + string(v.Category)
}

// windowDays is the length of the mandate's window in days, rounded up; 0 if
// it has none.
func windowDays(item order.Item) int {
	if item.From.IsZero() || item.To.IsZero() {
		return 0
	}
	return int((item.To.UTC().Sub(item.From.UTC()) + day - 1) / day)
}

// hint says which other processes could reach the category.
func (j *jurisdiction) hint(p process, c catalog.Category, purpose order.Purpose) string {
	var could []trust.Process
	for _, q := range j.processes {
		if _, ok := j.could(q, c, purpose); ok && q.name != p.name && !q.voluntary {
			could = append(could, q.name)
		}
	}
	if len(could) == 0 {
		return ""
	}
	return "; " + or(could) + " may"
}

func or[T ~string](words []T) string {
	if n := len(words); n > 1 {
		return join(words[:n-1]) + " or " + string(words[n-1])
	}
	return join(words)
}

func orNone(k trust.Kind) string {
	if k == "" {
		return "of none"
	}
	return string(k)
}

func (j *jurisdiction) ceilingsFor(a *ask) (Ceilings, Rule) {
	if l := first(j.ceilings, func(l ceilingLine) scope { return l.scope }, a, ""); l != nil {
		return l.Ceilings, l.Rule
	}
	return Ceilings{}, Rule{} // which everything is over
}

// setClocks sets what is held until when, and by when the order is answered:
// the earliest deadline of what is granted, or of the order as such.
func (j *jurisdiction) setClocks(a *ask, d *Decision) {
	line := func(c Class) *clockLine {
		return first(j.clocks, func(l clockLine) scope { return l.scope }, a, c)
	}
	deadline := func(l *clockLine) {
		at := l.deadline.at(a.receivedAt, a.dueAt)
		if best := earlier(d.clocks.Deadline, at); !best.Equal(d.clocks.Deadline) {
			d.clocks.Deadline, d.clocks.Rule = best, l.Rule
		}
	}
	granted := false
	for i := range d.datasets {
		ds := &d.datasets[i]
		for _, v := range ds.Verdicts {
			l := line(v.Class)
			if v.Effect != Grant || l == nil {
				continue
			}
			granted = true
			deadline(l)
			if at := l.notBefore.at(a.receivedAt, a.dueAt); at.After(a.at) && at.After(ds.HeldUntil) {
				ds.HeldUntil, ds.Hold = at, l.Rule
			}
		}
		if ds.HeldUntil.After(d.clocks.NotBefore) {
			d.clocks.NotBefore = ds.HeldUntil
		}
	}
	if l := line(""); l != nil && !granted {
		deadline(l)
	}
	// An order may ask for less time than the law leaves, never for more.
	if due := a.dueAt; !due.IsZero() && due.Before(d.clocks.Deadline) {
		d.clocks.Deadline = due
	}
	if p, ok := j.process(a.process); ok && p.preserve > 0 {
		d.clocks.PreserveUntil, d.clocks.Renewal = a.receivedAt.Add(p.preserve), p.renew
		d.clocks.Rule = p.Rule
	}
}

func (j *jurisdiction) noticeFor(a *ask) Notice {
	l := first(j.notices, func(l noticeLine) scope { return l.scope }, a, "")
	if l == nil {
		return Notice{Why: "no rule speaks of notice"}
	}
	n := Notice{Owed: l.owed, Rule: l.Rule}
	if l.after > 0 {
		n.After = a.receivedAt.Add(l.after)
	}
	switch s := a.secrecy; {
	case !l.owed:
		n.Why = "the provider does not tell the user"
	case s == nil && l.after > 0:
		n.Why = "the user is told later"
	case s == nil:
		n.Why = "the user is told before the disclosure"
	case s.Kind == order.SecretUntil && !s.Until.IsZero():
		n.Why = "the order is secret until a date"
		if until := s.Until.UTC(); until.After(n.After) {
			n.After = until
		}
	default:
		n.After, n.WhenLifted, n.Why = time.Time{}, true, "the order is secret, and no date ends that: the user is told once it is lifted"
	}
	return n
}

func (j *jurisdiction) enterpriseFor(a *ask) Enterprise {
	l := first(j.enterprise, func(l enterpriseLine) scope { return l.scope }, a, "")
	switch {
	case l == nil:
		return Enterprise{Redirect: true, Why: "no rule speaks of enterprise customers"}
	case !l.redirect:
		return Enterprise{Rule: l.Rule, Why: "enterprise accounts are answered for like others"}
	case slices.Contains(l.unless, a.enterprise):
		return Enterprise{Rule: l.Rule, Why: "the customer's " + a.enterprise + " covers it"}
	}
	return Enterprise{Redirect: true, Rule: l.Rule, Why: "the authority is referred to the customer, whose data it is"}
}
