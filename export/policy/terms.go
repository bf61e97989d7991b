package policy

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/internal/strictyaml"
	"writ/export/order"
)

// terms are a jurisdiction's YAML file: all that is not permit or forbid.
type terms struct {
	name       trust.Jurisdiction
	classes    []classLine
	processes  []process
	signers    []signerLine
	clocks     []clockLine
	notices    []noticeLine
	ceilings   []ceilingLine
	rates      []Rate
	enterprise []enterpriseLine
	recipients []recipientLine
	followUps  []followUpLine
}

// A Class is a kind of data as a jurisdiction divides it, such as "traffic".
// Every jurisdiction calls content "content".
type Class string

// Content is the class of what people wrote.
const Content Class = "content"

type classLine struct {
	class      Class
	categories []catalog.Category
	purpose    order.Purpose // "" for any
}

// A process is a kind of legal process that a jurisdiction has.
type process struct {
	rule
	name             trust.Process
	includes         []trust.Process
	releases         bool
	voluntary        bool
	nationalSecurity bool
	preserve, renew  time.Duration
}

// A rule is a [Rule] with where it stands.
type rule struct {
	Rule
	file string
}

// A scope says which orders and data a line is about; what is empty is any.
type scope struct {
	rule
	processes []trust.Process
	classes   []Class
	when      condition
}

// A condition is what an order may have beside its process.
type condition string

const (
	notified condition = "notified" // the enforcing authority, which has not answered yet
	cleared  condition = "cleared"  // the enforcing authority raises no ground
	secret   condition = "secret"   // the user may not be told
)

// covers reports whether the line is about data of class c, asked for by a.
func (s scope) covers(a *ask, c Class) bool {
	return (len(s.processes) == 0 || slices.Contains(s.processes, a.process)) &&
		(len(s.classes) == 0 || slices.Contains(s.classes, c)) &&
		(s.when == "" || s.when == notified && a.notified || s.when == cleared && a.cleared || s.when == secret && a.secrecy != nil)
}

type signerLine struct {
	scope
	issuers   []trust.Kind
	reviewers int
}

type clockLine struct {
	scope
	notBefore, deadline moment
}

type noticeLine struct {
	scope
	owed  bool
	after time.Duration
}

type ceilingLine struct {
	scope
	Ceilings
}

type enterpriseLine struct {
	scope
	redirect bool
	unless   []string
}

// class returns the class of data of category c that is wanted for p.
func (t *terms) class(c catalog.Category, p order.Purpose) Class {
	for _, l := range t.classes {
		if (l.purpose == "" || l.purpose == p) && slices.ContainsFunc(l.categories, c.Within) {
			return l.class
		}
	}
	return "" // parseTerms leaves this to secret alone
}

func (t *terms) process(p trust.Process) (process, bool) {
	for _, l := range t.processes {
		if l.name == p {
			return l, true
		}
	}
	return process{}, false
}

// preserves reports whether a process is called as one that only preserves.
// Those release nothing, whatever their line in the YAML says.
func preserves(p trust.Process) bool { return strings.Contains(string(p), "preserv") }

var wordForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`) })

// validWord holds names to the form that orders have for theirs.
func validWord(s string) bool { return len(s) <= 64 && wordForm().MatchString(s) }

// parseTerms reads NAME.yaml.
func parseTerms(name string, b []byte) (*terms, error) {
	top, err := strictyaml.Parse(name+".yaml", b, MaxBytes, ErrPolicy)
	if err != nil {
		return nil, err
	}
	r := &reader{t: &terms{name: trust.Jurisdiction(name)}, file: name + ".yaml", top: top, Map: top.Map(), ids: map[string]bool{}}
	r.constant("format", Format)
	r.constant("jurisdiction", name)
	r.readClasses()
	r.readProcesses()
	for _, l := range r.lines("signed_by", false) {
		s := signerLine{scope: l.scope, reviewers: int(l.Int("reviewers"))}
		for _, k := range l.Texts("issuers") {
			if !slices.Contains(kinds, trust.Kind(k)) {
				l.Fail(l.node.Errorf("no authority is of the kind %q: there are %s", k, join(kinds)))
			}
			s.issuers = append(s.issuers, trust.Kind(k))
		}
		if s.reviewers < 0 || s.reviewers > 20 || s.reviewers == 0 && len(s.issuers) == 0 {
			l.Fail(l.node.Errorf("want issuers, or 1 to 20 reviewers, or both"))
		}
		r.t.signers = append(r.t.signers, s)
		r.Fail(l.Done())
	}
	for _, l := range r.lines("clocks", true) {
		r.t.clocks = append(r.t.clocks, clockLine{scope: l.scope, notBefore: l.moment("not_before"), deadline: l.moment("deadline")})
		r.Fail(l.Done())
	}
	for _, l := range r.lines("notice", true) {
		l.Need("owed")
		n := noticeLine{scope: l.scope, owed: l.Bool("owed"), after: l.duration("after")}
		if n.after != 0 && !n.owed {
			l.Fail(l.node.Errorf(`"after" is for a notice that is owed`))
		}
		r.t.notices = append(r.t.notices, n)
		r.Fail(l.Done())
	}
	for _, l := range r.lines("ceilings", true) {
		r.t.ceilings = append(r.t.ceilings, ceilingLine{l.scope, l.ceilings()})
		r.Fail(l.Done())
	}
	r.readRates()
	for _, l := range r.lines("enterprise", true) {
		l.Need("redirect")
		e := enterpriseLine{scope: l.scope, redirect: l.Bool("redirect"), unless: l.Texts("unless")}
		for _, g := range e.unless {
			if g != "consent" && g != "contract" {
				l.Fail(l.node.Errorf(`want "consent" or "contract"; not %q`, g))
			}
		}
		r.t.enterprise = append(r.t.enterprise, e)
		r.Fail(l.Done())
	}
	r.readRecipients()
	r.readFollowUps()
	r.complete()
	if err := r.Done(); err != nil {
		return nil, err
	}
	return r.t, nil
}

// all returns every rule of the jurisdiction, in the order of its files.
func (j *jurisdiction) all() []rule {
	var out []rule
	for _, r := range j.rules.list {
		out = append(out, r.rule)
	}
	for _, l := range j.signers {
		out = append(out, l.rule)
	}
	for _, l := range j.clocks {
		out = append(out, l.rule)
	}
	for _, l := range j.notices {
		out = append(out, l.rule)
	}
	for _, l := range j.ceilings {
		out = append(out, l.rule)
	}
	for _, l := range j.rates {
		out = append(out, rule{l.Rule, string(j.name) + ".yaml"})
	}
	for _, l := range j.enterprise {
		out = append(out, l.rule)
	}
	for _, l := range j.recipients {
		out = append(out, l.rule)
	}
	for _, l := range j.followUps {
		out = append(out, l.rule)
	}
	for _, p := range j.processes {
		out = append(out, p.rule)
	}
	return out
}

func join[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
