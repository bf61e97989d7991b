package policy

import (
	"slices"
	"time"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
	"writ/manifest"
	"writ/manifest/act"
)

// An Effect is what the policy allows for one field. The zero Effect refuses:
// a field nobody thought about stays where it is.
type Effect uint8

// The effects.
const (
	Refuse Effect = iota
	Grant
)

// A Ground is why something is refused: a stable code for machines.
type Ground string

// The grounds.
const (
	NotPermitted    Ground = "not-permitted"    // no rule permits it: default deny
	Forbidden       Ground = "forbidden"        // a rule forbids it
	IsSecret        Ground = "secret"           // can never be granted
	NotInCatalog    Ground = "not-in-catalog"   // the provider has no such dataset or field
	NotSigned       Ground = "not-signed"       // the kind of issuer or number of reviewers that this needs is missing
	ReleasesNothing Ground = "releases-nothing" // preservation
	RuleFailed      Ground = "rule-failed"      // a rule could not be evaluated
	UnknownProcess  Ground = "unknown-process"  // no rules for this process or jurisdiction
	NoWindow        Ground = "no-window"        // the dataset has times and the mandate gives none
	OverCeiling     Ground = "over-ceiling"
)

// A Rule is the rule that decided, with its citation.
type Rule struct {
	ID   string `json:"id"`
	Cite string `json:"cite"`
}

// A Verdict is the decision on one field. The zero Verdict refuses.
type Verdict struct {
	Field    order.Field
	Category catalog.Category // "" if the catalog does not know the field
	Class    Class            // the kind of data that the category is for this order
	Effect   Effect
	Ground   Ground // "" if granted
	// Rule is the one that grants or refuses. Where no rule permits, it is the
	// process itself with its citation; where no law is asked (secret,
	// not-in-catalog, unknown-process, no-window), it is zero.
	Rule Rule
	Why  string // a sentence for people
}

// A DatasetDecision is the decision on one mandated dataset.
type DatasetDecision struct {
	Dataset   order.Dataset
	From, To  order.Instant // the window, as mandated
	Verdicts  []Verdict     // one for each mandated field, by field
	HeldUntil time.Time     // not to be released before; zero if it is not held
	Hold      Rule
}

// Granted returns the fields that may leave, by name.
func (d DatasetDecision) Granted() []order.Field {
	var out []order.Field
	for _, v := range d.Verdicts {
		if v.Effect == Grant {
			out = append(out, v.Field)
		}
	}
	return out
}

// Ceilings bound one export; zero is not "unlimited" but an error in the policy.
type Ceilings struct {
	Targets    int           `json:"targets"`
	Accounts   int           `json:"accounts"`
	Records    int64         `json:"records"` // per dataset
	Bytes      int64         `json:"bytes"`   // of the whole bag
	Window     time.Duration `json:"-"`       // longest window
	WindowDays int           `json:"window_days"`
	// Windows are shorter ones, by category: the longest name that holds a
	// field's category counts.
	Windows []WindowCeiling `json:"windows,omitempty"`
}

// A WindowCeiling is the longest window of a category and of what is below it.
type WindowCeiling struct {
	Category catalog.Category `json:"category"`
	Window   time.Duration    `json:"-"`
	Days     int              `json:"days"`
}

// window returns the longest window of data of category c.
func (l Ceilings) window(c catalog.Category) WindowCeiling {
	best := WindowCeiling{Window: l.Window, Days: l.WindowDays}
	for _, w := range l.Windows {
		if c.Within(w.Category) && len(w.Category) >= len(best.Category) {
			best = w
		}
	}
	return best
}

// Clocks are the times that the law sets. A zero time means that there is none.
type Clocks struct {
	ReceivedAt time.Time
	NotBefore  time.Time // nothing is delivered before, for what is held
	Deadline   time.Time // deliver by, what is not held
	Rule       Rule

	PreserveUntil time.Time     // for a process that only preserves
	Renewal       time.Duration // by how long that can be prolonged, once
}

// Notice is what the provider owes the user.
type Notice struct {
	Owed       bool
	After      time.Time // due from then on
	WhenLifted bool      // owed once secrecy is lifted, for which there is no date
	Why        string
	Rule       Rule
}

// BeforeDisclosure is [act.Notice.BeforeDisclosure].
func (n Notice) BeforeDisclosure() bool { return n.record().BeforeDisclosure() }

// Awaited is [act.Notice.Awaited].
func (n Notice) Awaited(at time.Time) bool { return n.record().Awaited(at) }

func (n Notice) record() act.Notice {
	return act.Notice{
		Owed: n.Owed, After: n.After.UTC().Truncate(time.Second), WhenLifted: n.WhenLifted, Why: n.Why, Rule: manifest.Rule(n.Rule),
	}
}

// Enterprise is what happens to accounts of an enterprise customer.
type Enterprise struct {
	Redirect bool // refer the request to the customer
	Why      string
	Rule     Rule
}

// A Decision is what may leave in answer to one verified order. Only
// [Policy.Decide] fills one; the empty one grants nothing.
type Decision struct {
	order       *order.Verified
	policy      digest.Digest
	catalog     digest.Digest
	decidedAt   time.Time
	datasets    []DatasetDecision // by dataset
	ceilings    Ceilings
	ceilingRule Rule
	rates       []Rate   // by rule
	bounds      []Bound  // all ceilings, as the policy sets them
	lifted      []string // those of ceilingRule that an approval raised
	clocks      Clocks
	notice      Notice
	enterprise  Enterprise
	followUp    FollowUp
}

// Order returns the order that was decided on.
func (d *Decision) Order() *order.Verified { return d.order }

// Policy and Catalog return the digests of what it was decided by.
func (d *Decision) Policy() digest.Digest { return d.policy }

// Catalog returns the digest of the catalog that it was decided by.
func (d *Decision) Catalog() digest.Digest { return d.catalog }

// DecidedAt returns the time of the decision.
func (d *Decision) DecidedAt() time.Time { return d.decidedAt }

// Datasets returns a copy, by dataset.
func (d *Decision) Datasets() []DatasetDecision {
	out := slices.Clone(d.datasets)
	for i := range out {
		out[i].Verdicts = slices.Clone(out[i].Verdicts)
	}
	return out
}

// Ceilings returns the bounds on this export.
func (d *Decision) Ceilings() Ceilings {
	out := d.ceilings
	out.Windows = slices.Clone(out.Windows)
	return out
}

// CeilingRule returns the rule that sets them.
func (d *Decision) CeilingRule() Rule { return d.ceilingRule }

// Clocks returns the times that apply.
func (d *Decision) Clocks() Clocks { return d.clocks }

// Notice returns what is owed to the user.
func (d *Decision) Notice() Notice { return d.notice }

// Enterprise returns what happens to enterprise accounts.
func (d *Decision) Enterprise() Enterprise { return d.enterprise }

// Narrowed reports whether some mandated field was refused and some granted.
func (d *Decision) Narrowed() bool {
	var granted, refused bool
	for _, ds := range d.datasets {
		for _, v := range ds.Verdicts {
			granted = granted || v.Effect == Grant
			refused = refused || v.Effect != Grant
		}
	}
	return granted && refused
}

// Jurisdiction returns the order's.
func (d *Decision) Jurisdiction() trust.Jurisdiction {
	if d.order == nil {
		return ""
	}
	return d.order.Order().Jurisdiction
}
