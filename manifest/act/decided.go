package act

import (
	"slices"
	"time"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/internal/form"
)

// A Decided says what was decided on an order and what will happen to each
// dataset. An order that was held is decided on again when the hold ends.
type Decided struct {
	Head
	Order     digest.Digest `json:"order"`
	DecidedAt time.Time     `json:"decided_at"`
	InForce   InForce       `json:"decided_by"`
	Decision  Decision      `json:"decision"`
	// Request is by whom and how the export was asked for. Statements of before
	// there were engineers have none.
	Request  Request   `json:"request,omitzero"` // not of a rejected order
	Planned  []Planned `json:"planned"`          // as Decision.Datasets; none if the order was rejected
	Accounts int       `json:"accounts"`         // that the targets found and that are pulled from
	// Redirected is how many more there are, of enterprise customers.
	Redirected int `json:"accounts_redirected"`
	// Answer is which answer to the order this decides on: 2 and more pull
	// again. 0 stands for the first.
	Answer   int       `json:"answer,omitzero"`
	Result   Result    `json:"result"`
	Rejected Rejection `json:"rejected,omitzero"` // in planning
}

// InForce names what the decision was made with.
type InForce struct {
	Policy   digest.Digest `json:"policy"`
	Catalog  digest.Digest `json:"catalog"`
	Registry digest.Digest `json:"registry"`
	Plan     digest.Digest `json:"plan,omitzero"` // none if the order was rejected
}

// Pull is the planned outcome of a dataset that is read; the other outcomes are
// the manifest's.
const Pull manifest.Outcome = "pull"

// A Planned is what will happen to one dataset.
type Planned struct {
	Dataset    string           `json:"dataset"`
	Outcome    manifest.Outcome `json:"outcome"` // Pull, NoneFound, Unavailable, Refused, Redirected or Held
	Why        string           `json:"why,omitzero"`
	Accounts   int              `json:"accounts"`
	Redirected int              `json:"accounts_redirected"`
}

// A Result is how a decision ends for the order as a whole.
type Result string

// The results.
const (
	Export      Result = "export"
	Held        Result = "held"
	Unavailable Result = "unavailable"
	Redirected  Result = "redirected"
	Refused     Result = "refused"
	Rejected    Result = "rejected"
)

// ResultOf returns the result of a plan: export if anything is pulled or sought
// in vain; or else the first of held, unavailable and redirected that some
// dataset is; or else refused.
func ResultOf(planned []Planned) Result {
	for _, r := range [...]struct {
		outcome manifest.Outcome
		result  Result
	}{
		{Pull, Export}, {manifest.NoneFound, Export}, {manifest.Held, Held},
		{manifest.Unavailable, Unavailable}, {manifest.Redirected, Redirected},
	} {
		if slices.ContainsFunc(planned, func(p Planned) bool { return p.Outcome == r.outcome }) {
			return r.result
		}
	}
	return Refused
}

// Kind is [KindDecided].
func (Decided) Kind() Kind { return KindDecided }

// About is the order's digest.
func (d Decided) About() digest.Digest { return d.Order }

func (d Decided) subjects() []subject { return ofOrder(d.Order) }

func (d Decided) copy() Act {
	d.cut()
	d.DecidedAt = second(d.DecidedAt)
	d.Decision, d.Planned, d.Request = d.Decision.copy(), slices.Clone(d.Planned), d.Request.copy()
	return d
}

func (d Decided) check(c *form.Checker) {
	d.Head.check(c)
	d.past(c, "decided_at", d.DecidedAt)
	c.Need(!d.Order.IsZero(), "order", "is missing")
	c.Need(!d.InForce.Policy.IsZero() && !d.InForce.Catalog.IsZero() && !d.InForce.Registry.IsZero(), "decided_by", "lacks a digest")
	d.Decision.check(c, d.DecidedAt)
	c.Count("accounts", int64(d.Accounts), 0)
	c.Count("accounts_redirected", int64(d.Redirected), 0)
	c.Count("answer", int64(d.Answer), 0)
	c.Need(d.Answer != 1, "answer", "is spelt out, but it is the first")
	rejected := d.Result == Rejected
	c.Need(rejected == (d.Rejected != Rejection{}), "rejected", "belongs to the result rejected, and only there")
	c.Need(rejected == d.InForce.Plan.IsZero(), "decided_by.plan", "belongs to all but a rejected order")
	if rejected {
		d.Rejected.check(c, planning)
		c.Need(d.Request.none(), "request", "is given, but the order was rejected")
		c.Need(len(d.Planned) == 0 && d.Accounts == 0 && d.Redirected == 0, "planned", "is given, but the order was rejected")
		return
	}
	if !d.Request.none() {
		d.Request.check(c, d.DecidedAt, d.RecordedAt)
	}
	c.Need(d.Result == ResultOf(d.Planned), "result", "does not fit what is planned")
	c.Need(len(d.Planned) == len(d.Decision.Datasets), "planned", "does not list exactly the datasets of the decision")
	for i := range min(len(d.Planned), len(d.Decision.Datasets)) {
		p, r := &d.Planned[i], &d.Decision.Datasets[i]
		c.Need(p.Dataset == r.Dataset, "planned", "does not list exactly the datasets of the decision")
		p.check(c, r, d.Decision.Notice.Awaited(d.DecidedAt))
		c.Need(p.Accounts <= d.Accounts && p.Redirected <= d.Redirected, "accounts", "are fewer than a dataset's")
	}
}

// OnHold lists the datasets that are held until a time.
func (d Decided) OnHold() (names []string) {
	for i, p := range d.Planned {
		if p.Outcome == manifest.Held && !d.Decision.Datasets[i].HeldUntil.IsZero() {
			names = append(names, p.Dataset)
		}
	}
	return names
}

// check holds it to its ruling. untold says that the user may have to be told first.
func (p *Planned) check(c *form.Checker, r *Ruling, untold bool) {
	c.Where = "dataset " + p.Dataset + ": "
	defer func() { c.Where = "" }()
	c.Prose("why", p.Why, form.MaxText, true)
	c.Count("accounts", int64(p.Accounts), 0)
	c.Count("accounts_redirected", int64(p.Redirected), 0)
	c.Need((p.Outcome == manifest.Refused) == (len(r.Granted) == 0), "outcome", "does not fit what is granted")
	c.Need(p.Outcome == manifest.Held || r.HeldUntil.IsZero(), "outcome", "does not fit the hold")
	c.Need(p.Outcome != manifest.Held || !r.HeldUntil.IsZero() || untold, "outcome", "is held, and neither a time nor a notice to the user is waited for")
	c.Need((p.Outcome == Pull) == (p.Accounts > 0), "accounts", "do not fit the outcome")
	switch p.Outcome {
	case Pull:
	case manifest.Redirected:
		c.Need(p.Redirected > 0, "accounts_redirected", "is 0, but the outcome is redirected")
	case manifest.Unavailable:
		c.Need(p.Why != "", "why", "is missing")
		c.Need(p.Redirected == 0, "accounts_redirected", "is not 0, but nothing was sought")
	case manifest.NoneFound, manifest.Refused, manifest.Held:
		c.Need(p.Redirected == 0, "accounts_redirected", "is not 0, but none was found or sought")
	default:
		c.Need(false, "outcome", "is unknown")
	}
}
