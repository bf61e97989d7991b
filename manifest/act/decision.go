package act

import (
	"slices"
	"strings"
	"time"

	"writ/manifest"
	"writ/manifest/internal/form"
)

// A Decision is what the policy says about an order: a pure function of its
// [Facts], the policy, the catalog and the time. An audit makes it again and
// compares the bytes.
type Decision struct {
	Datasets   []Ruling   `json:"datasets"` // by name
	Narrowed   bool       `json:"narrowed"` // some field was granted, and some was not
	Ceilings   Ceilings   `json:"ceilings"`
	Rates      []Rate     `json:"rates,omitzero"` // by rule
	Clocks     Clocks     `json:"clocks"`
	Notice     Notice     `json:"notice"`
	Enterprise Enterprise `json:"enterprise"`
	FollowUp   FollowUp   `json:"follow_up,omitzero"`
}

// A Ruling is the decision on one mandated dataset. Every mandated field stands
// in it once.
type Ruling struct {
	Dataset   string        `json:"dataset"`
	From      string        `json:"from,omitzero"` // the window as the order wrote it, inclusive
	To        string        `json:"to,omitzero"`   // exclusive
	Granted   []Grant       `json:"granted"`       // by their first field
	Withheld  []Withheld    `json:"withheld"`      // by their first field
	HeldUntil time.Time     `json:"held_until,omitzero"`
	Hold      manifest.Rule `json:"hold,omitzero"` // the rule that holds it
}

// A Grant is the fields of one category that one rule lets leave.
type Grant struct {
	Category string        `json:"category"`
	Class    string        `json:"class"` // the kind of data that the category is for this order
	Fields   []string      `json:"fields"`
	Rule     manifest.Rule `json:"rule"`
}

// A Withheld is fields of one category that stay, for one reason.
type Withheld struct {
	Category string        `json:"category,omitzero"` // not of what the catalog does not have
	Fields   []string      `json:"fields"`
	Ground   string        `json:"ground"`
	Why      string        `json:"why"`
	Rule     manifest.Rule `json:"rule,omitzero"`
}

// Fields returns the granted fields, by name.
func (r Ruling) Fields() []string {
	var out []string
	for _, g := range r.Granted {
		out = append(out, g.Fields...)
	}
	slices.Sort(out)
	return out
}

// Ceilings bound one export.
type Ceilings struct {
	Targets    int           `json:"targets"`
	Accounts   int           `json:"accounts"`
	Records    int64         `json:"records"` // of one dataset
	Bytes      int64         `json:"bytes"`   // of the bag
	WindowDays int           `json:"window_days"`
	Windows    []Window      `json:"windows,omitzero"` // shorter ones, by category
	Lifted     []string      `json:"lifted,omitzero"`  // bounds that an approval raised
	Rule       manifest.Rule `json:"rule,omitzero"`
}

// Clocks are the times that the law sets; what is not there is not set.
type Clocks struct {
	NotBefore     time.Time     `json:"not_before,omitzero"` // for what is held
	Deadline      time.Time     `json:"deadline,omitzero"`   // for what is not
	PreserveUntil time.Time     `json:"preserve_until,omitzero"`
	RenewalHours  int           `json:"renewal_hours,omitzero"` // by how long that can be prolonged, once
	Rule          manifest.Rule `json:"rule,omitzero"`
}

// Notice is what the provider owes the user: see [Notice.BeforeDisclosure] and [Notice.Awaited].
type Notice struct {
	Owed       bool          `json:"owed"`
	After      time.Time     `json:"after,omitzero"`
	WhenLifted bool          `json:"when_lifted"`
	Why        string        `json:"why"`
	Rule       manifest.Rule `json:"rule,omitzero"`
}

// BeforeDisclosure reports whether the user is to be told before anything
// leaves: a notice is owed, for which neither a date nor the end of secrecy is
// waited for.
func (n Notice) BeforeDisclosure() bool { return n.Owed && n.After.IsZero() && !n.WhenLifted }

// Awaited reports whether what leaves at a time waits until the user is told:
// that is to be before the disclosure, or from a date on that has come, such as
// the end of secrecy. Whoever exports and whoever audits asks this.
func (n Notice) Awaited(at time.Time) bool { return n.Owed && !n.WhenLifted && !n.After.After(at) }

// Enterprise is what happens to accounts of an enterprise customer.
type Enterprise struct {
	Redirect bool          `json:"redirect"`
	Why      string        `json:"why"`
	Rule     manifest.Rule `json:"rule,omitzero"`
}

// copy returns a deep copy with its times cut.
func (d Decision) copy() Decision {
	d.Datasets = slices.Clone(d.Datasets)
	for i := range d.Datasets {
		r := &d.Datasets[i]
		r.HeldUntil = second(r.HeldUntil)
		r.Granted, r.Withheld = slices.Clone(r.Granted), slices.Clone(r.Withheld)
		for j := range r.Granted {
			r.Granted[j].Fields = slices.Clone(r.Granted[j].Fields)
		}
		for j := range r.Withheld {
			r.Withheld[j].Fields = slices.Clone(r.Withheld[j].Fields)
		}
	}
	d.Ceilings.Windows, d.Ceilings.Lifted = slices.Clone(d.Ceilings.Windows), slices.Clone(d.Ceilings.Lifted)
	d.Rates = copyRates(d.Rates)
	k := &d.Clocks
	k.NotBefore, k.Deadline, k.PreserveUntil = second(k.NotBefore), second(k.Deadline), second(k.PreserveUntil)
	d.Notice.After, d.FollowUp.By = second(d.Notice.After), second(d.FollowUp.By)
	return d
}

func (d *Decision) check(c *form.Checker, decidedAt time.Time) {
	c.Need(len(d.Datasets) >= 1 && len(d.Datasets) <= MaxDatasets, "decision.datasets", "are not 1 to %d", MaxDatasets)
	var granted, withheld bool
	var last time.Time
	for i := range d.Datasets {
		r := &d.Datasets[i]
		c.Word("decision.datasets.dataset", r.Dataset)
		c.Need(i == 0 || d.Datasets[i-1].Dataset < r.Dataset, "decision.datasets", "are not sorted by name, each once")
		r.check(c, decidedAt)
		granted, withheld = granted || len(r.Granted) > 0, withheld || len(r.Withheld) > 0
		if r.HeldUntil.After(last) {
			last = r.HeldUntil
		}
	}
	c.Need(d.Narrowed == (granted && withheld), "decision.narrowed", "does not fit the fields")
	d.Ceilings.check(c)
	checkRates(c, d.Rates)
	rule := func(path string, r manifest.Rule) { c.Rule("decision."+path+".rule", r.ID, r.Cite, true) }
	rule("ceilings", d.Ceilings.Rule)
	rule("clocks", d.Clocks.Rule)
	rule("notice", d.Notice.Rule)
	rule("enterprise", d.Enterprise.Rule)
	c.UTC("decision.clocks", d.Clocks.Deadline)
	c.UTC("decision.clocks", d.Clocks.PreserveUntil)
	c.Need(d.Clocks.NotBefore.Equal(last), "decision.clocks.not_before", "is not the end of the last hold")
	c.Count("decision.clocks.renewal_hours", int64(d.Clocks.RenewalHours), 0)
	c.UTC("decision.notice.after", d.Notice.After)
	c.Text("decision.notice.why", d.Notice.Why, form.MaxText, false)
	c.Need(d.Notice.Owed || d.Notice.After.IsZero() && !d.Notice.WhenLifted, "decision.notice", "is due some time, but not owed")
	c.Need(d.Notice.After.IsZero() || !d.Notice.WhenLifted, "decision.notice", "is due at a time and when secrecy is lifted")
	c.Text("decision.enterprise.why", d.Enterprise.Why, form.MaxText, false)
	d.FollowUp.check(c)
}

func (r *Ruling) check(c *form.Checker, decidedAt time.Time) {
	c.Where = "dataset " + r.Dataset + ": "
	defer func() { c.Where = "" }()
	c.Window("window", r.From, r.To)
	c.UTC("held_until", r.HeldUntil)
	c.Need(r.HeldUntil.IsZero() || r.HeldUntil.After(decidedAt) && len(r.Granted) > 0, "held_until", "holds nothing")
	c.Rule("hold", r.Hold.ID, r.Hold.Cite, r.HeldUntil.IsZero())
	c.Need(!r.HeldUntil.IsZero() || r.Hold == manifest.Rule{}, "hold", "is given, but nothing is held")
	seen := map[string]bool{}
	fields := func(path string, names []string) {
		c.Need(len(names) >= 1, path, "are none")
		checkSorted(c, path, names)
		for _, n := range names {
			c.Need(!seen[n], path, "stand twice")
			seen[n] = true
		}
	}
	groups := map[[5]string]bool{}
	for i, g := range r.Granted {
		fields("granted.fields", g.Fields)
		c.Word("granted.category", g.Category)
		c.Word("granted.class", g.Class)
		c.Rule("granted.rule", g.Rule.ID, g.Rule.Cite, false)
		c.Need(i == 0 || first(r.Granted[i-1].Fields) < first(g.Fields), "granted", "are not sorted by their first field")
		key := [5]string{g.Category, g.Class, g.Rule.ID, g.Rule.Cite}
		c.Need(!groups[key], "granted", "are not joined where all is the same")
		groups[key] = true
	}
	clear(groups)
	for i, w := range r.Withheld {
		fields("withheld.fields", w.Fields)
		if w.Category != "" {
			c.Word("withheld.category", w.Category)
		}
		c.Word("withheld.ground", w.Ground)
		c.Text("withheld.why", w.Why, form.MaxText, false)
		c.Rule("withheld.rule", w.Rule.ID, w.Rule.Cite, true)
		c.Need(i == 0 || first(r.Withheld[i-1].Fields) < first(w.Fields), "withheld", "are not sorted by their first field")
		key := [5]string{w.Category, w.Ground, w.Why, w.Rule.ID, w.Rule.Cite}
		c.Need(!groups[key], "withheld", "are not joined where all is the same")
		groups[key] = true
	}
	c.Need(len(seen) >= 1 && len(seen) <= MaxFields, "fields", "are not 1 to %d", MaxFields)
}

// first returns the first name, "" of none.
func first(names []string) string { return strings.Join(names[:min(1, len(names))], "") }
