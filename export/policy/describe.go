package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
)

// A Description is a jurisdiction's rules for people to read.
type Description struct {
	Jurisdiction trust.Jurisdiction   `json:"jurisdiction"`
	Processes    []ProcessDescription `json:"processes"`
	Classes      []ClassDescription   `json:"classes"` // the first that matches counts
	Rules        []RuleDescription    `json:"rules"`   // Cedar policies, then what the YAML adds
}

// A ProcessDescription is one kind of legal process.
type ProcessDescription struct {
	Rule
	Process          trust.Process      `json:"process"`
	Includes         []trust.Process    `json:"includes"`
	Releases         bool               `json:"releases"`
	Voluntary        bool               `json:"voluntary"`
	NationalSecurity bool               `json:"national_security"`
	Reaches          []catalog.Category `json:"reaches"` // with everything that the rules may ask for
}

// A ClassDescription says what kind of data categories are.
type ClassDescription struct {
	Class      Class              `json:"class"`
	Categories []catalog.Category `json:"categories"`
	Purpose    order.Purpose      `json:"purpose,omitzero"` // "" is any
}

// A RuleDescription is one rule. Kind is permit, forbid, signed-by, clock,
// notice, ceiling, rate, enterprise, recipient or follow-up.
type RuleDescription struct {
	Rule
	Kind string `json:"kind"`
	Says string `json:"says"`
}

// Source returns the jurisdiction's rules as they were loaded.
func (p *Policy) Source(name trust.Jurisdiction) (cedar, yaml []byte, ok bool) {
	j, ok := p.jurisdictions[name]
	if !ok {
		return nil, nil, false
	}
	return slices.Clone(j.cedar), slices.Clone(j.yaml), true
}

// Describe returns the rules of a jurisdiction, in the order of its files.
func (p *Policy) Describe(name trust.Jurisdiction) (Description, bool) {
	j, ok := p.jurisdictions[name]
	if !ok {
		return Description{}, false
	}
	d := Description{Jurisdiction: name}
	for _, q := range j.processes {
		pd := ProcessDescription{
			Rule: q.Rule, Process: q.name, Includes: append([]trust.Process{}, q.includes...), Releases: q.releases,
			Voluntary: q.voluntary, NationalSecurity: q.nationalSecurity, Reaches: []catalog.Category{},
		}
		for _, c := range catalog.Leaves() {
			if _, ok := j.could(q, c, ""); ok {
				pd.Reaches = append(pd.Reaches, c)
			}
		}
		d.Processes = append(d.Processes, pd)
	}
	for _, l := range j.classes {
		d.Classes = append(d.Classes, ClassDescription{l.class, slices.Clone(l.categories), l.purpose})
	}
	add := func(kind string, r rule, says string) {
		d.Rules = append(d.Rules, RuleDescription{Rule: r.Rule, Kind: kind, Says: says})
	}
	for _, l := range j.rules.list {
		kind := "forbid"
		if l.permit {
			kind = "permit"
		}
		add(kind, l.rule, l.says())
	}
	for _, l := range j.signers {
		var parts []string
		if len(l.issuers) > 0 {
			parts = append(parts, "issuer is "+or(l.issuers))
		}
		if l.reviewers > 0 {
			parts = append(parts, fmt.Sprintf("%d reviewers", l.reviewers))
		}
		add("signed-by", l.rule, l.about(strings.Join(parts, " and ")))
	}
	for _, l := range j.clocks {
		var parts []string
		if l.notBefore != (moment{}) {
			parts = append(parts, "held until "+l.notBefore.String())
		}
		if l.deadline != (moment{}) {
			parts = append(parts, "deadline "+l.deadline.String())
		}
		add("clock", l.rule, l.about(strings.Join(parts, ", ")))
	}
	for _, l := range j.notices {
		text := "the provider does not tell the user"
		switch {
		case l.owed && l.after > 0:
			text = "the user is told " + hours(l.after) + " after receipt, or when secrecy ends"
		case l.owed:
			text = "the user is told before disclosure, or when secrecy ends"
		}
		add("notice", l.rule, l.about(text))
	}
	for _, l := range j.ceilings {
		add("ceiling", l.rule, l.about(l.Ceilings.String()))
	}
	for _, l := range j.rates {
		add("rate", rule{Rule: l.Rule}, l.String())
	}
	for _, l := range j.enterprise {
		text := "answered for like others"
		if l.redirect {
			text = "referred to the customer"
			if len(l.unless) > 0 {
				text += " unless there is " + or(l.unless)
			}
		}
		add("enterprise", l.rule, l.about(text))
	}
	for _, l := range j.recipients {
		add("recipient", l.rule, l.about("encrypted only to a key of the kind "+or(l.kinds)))
	}
	for _, l := range j.followUps {
		add("follow-up", l.rule, l.about("legal process is to follow within "+hours(l.within)))
	}
	return d, true
}

// about puts what a line is about before what it says.
func (s scope) about(says string) string {
	var about []string
	if len(s.processes) > 0 {
		about = append(about, join(s.processes))
	}
	if len(s.classes) > 0 {
		about = append(about, join(s.classes)+" data")
	}
	if s.when != "" {
		about = append(about, "if "+string(s.when))
	}
	if len(about) == 0 {
		return says
	}
	return strings.Join(about, ", ") + ": " + says
}

// entityID is an entity in Cedar's syntax.
var entityID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\b[A-Za-z]+::"([^"]*)"`) })

// says is a Cedar policy in words: whom it is about, what it reaches, and its
// conditions.
func (r cedarRule) says() string {
	head, conditions, _ := strings.Cut(strings.TrimSuffix(r.text, ";"), "\n)")
	who, what := "every process", "all data"
	for _, line := range strings.Split(head, "\n") {
		m := entityID().FindStringSubmatch(line)
		part := strings.Fields(line)
		switch {
		case m == nil || len(part) < 2:
		case part[0] == "principal" && part[1] == "in":
			who = m[1] + " and what includes it"
		case part[0] == "principal":
			who = m[1]
		case part[0] == "resource":
			what = m[1]
		}
	}
	words := strings.NewReplacer("context.", "", "&&", "and", "||", "or", "==", "is", "!=", "is not",
		"when {", "if", "unless {", "unless", " }", "").Replace(entityID().ReplaceAllString(conditions, "$1"))
	return strings.TrimSpace(who + ": " + what + " " + strings.Join(strings.Fields(words), " "))
}

// String says when the moment comes.
func (m moment) String() string {
	switch {
	case m.orders:
		return "as the order says"
	case m.endOfDay > 0:
		return fmt.Sprintf("the end of day %d", m.endOfDay)
	case m.after > 0:
		return hours(m.after) + " after receipt"
	}
	return "never"
}

func hours(d time.Duration) string {
	if d%day == 0 && d != day {
		return fmt.Sprintf("%d days", d/day)
	}
	return fmt.Sprintf("%d hours", d/time.Hour)
}

// Could returns the rule by which some order of the process reaches data of the
// category, if it has everything that the rules may ask for: a judge, a serious
// offence, consent, a certificate, a short window.
func (p *Policy) Could(name trust.Jurisdiction, process trust.Process, c catalog.Category) (Rule, bool) {
	j, ok := p.jurisdictions[name]
	if !ok {
		return Rule{}, false
	}
	q, ok := j.process(process)
	if !ok {
		return Rule{}, false
	}
	return j.could(q, c, "")
}

// could is Could for one purpose; "" tries each.
func (j *jurisdiction) could(p process, c catalog.Category, purpose order.Purpose) (Rule, bool) {
	if !p.releases || preserves(p.name) || c.Within(catalog.Secret) {
		return Rule{}, false
	}
	for _, of := range purposes {
		if purpose != "" && of != purpose {
			continue
		}
		best := &ask{
			process: p.name, purpose: of, issuer: trust.Judge, reviewers: 20, emergency: true,
			offenceYears: 99, offenceListed: true, cleared: true, consent: catalog.Leaves(), certificate: true,
		}
		if effect, _, r := j.rules.authorize(p, best.question(p, c, j.class(c, of), 1)); effect == Grant {
			return r, true
		}
	}
	return Rule{}, false
}
