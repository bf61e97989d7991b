package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
)

// A Description is a jurisdiction's rules for people to read.
type Description struct {
	Jurisdiction trust.Jurisdiction   `json:"jurisdiction"`
	Processes    []ProcessDescription `json:"processes"`
	Rules        []RuleDescription    `json:"rules"` // Cedar policies, then what the YAML adds
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

// A RuleDescription is one rule. Kind is permit, forbid, signed-by, clock,
// notice, ceiling or enterprise.
type RuleDescription struct {
	Rule
	Kind string `json:"kind"`
	Says string `json:"says"`
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
			Rule: q.Rule, Process: q.name, Includes: slices.Clone(q.includes), Releases: q.releases,
			Voluntary: q.voluntary, NationalSecurity: q.nationalSecurity,
		}
		for _, c := range catalog.Leaves() {
			if _, ok := j.could(q, c, ""); ok {
				pd.Reaches = append(pd.Reaches, c)
			}
		}
		d.Processes = append(d.Processes, pd)
	}
	add := func(kind string, r rule, says string) {
		d.Rules = append(d.Rules, RuleDescription{Rule: r.Rule, Kind: kind, Says: says})
	}
	for _, l := range j.rules.list {
		kind := "forbid"
		if l.permit {
			kind = "permit"
		}
		add(kind, l.rule, says(l.text))
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
		add("ceiling", l.rule, l.about(fmt.Sprintf("%d targets, %d accounts, %d records a dataset, %d MiB, window of %d days",
			l.Targets, l.Accounts, l.Records, l.Bytes>>20, l.WindowDays)))
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

// says is a Cedar policy without its annotations, on one line.
func says(text string) string {
	lines := strings.Split(text, "\n")
	for len(lines) > 0 && strings.HasPrefix(lines[0], "@") {
		lines = lines[1:]
	}
	return strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
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
	const day = 24 * time.Hour
	if d%day == 0 {
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
		if effect, _, r := j.rules.authorize(p, c, best.context(j.class(c, of), 1)); effect == Grant {
			return r, true
		}
	}
	return Rule{}, false
}
