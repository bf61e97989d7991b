package policy

import (
	"slices"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
)

// entities are all that policies can name, with the ladder of processes and the
// tree of categories.
func entities(t *terms) cedar.EntityMap {
	m := cedar.EntityMap{}
	add := func(id cedar.EntityUID, parents ...cedar.EntityUID) {
		m[id] = cedar.Entity{UID: id, Parents: cedar.NewEntityUIDSet(parents...)}
	}
	for _, p := range t.processes {
		var parents []cedar.EntityUID
		for _, i := range p.includes {
			parents = append(parents, uid(processType, i))
		}
		add(uid(processType, p.name), parents...)
	}
	for _, c := range catalog.Categories() {
		if p, ok := c.Parent(); ok {
			add(uid(category, c), uid(category, p))
		} else {
			add(uid(category, c))
		}
	}
	for _, c := range t.classNames() {
		add(uid(dataClass, c))
	}
	for _, k := range kinds {
		add(uid(issuerKind, k))
	}
	for _, p := range purposes {
		add(uid(purposeType, p))
	}
	add(uid(action, compel))
	add(uid(action, disclose))
	return m
}

// authorize evaluates every rule. It returns the rule that decided: of several
// permits the first that names the process itself, or else the first.
func (r rules) authorize(p process, q question) (Effect, Ground, Rule) {
	if known, ok := r.answers.get(q); ok {
		return known.effect, known.ground, known.rule
	}
	effect, ground, rule := r.evaluate(p, q)
	r.answers.put(q, answer{effect, ground, rule})
	return effect, ground, rule
}

func (r rules) evaluate(p process, q question) (Effect, Ground, Rule) {
	verb := compel
	if p.voluntary {
		verb = disclose
	}
	principal := uid(processType, p.name)
	decision, diagnostic := cedar.Authorize(r.set, r.entities, cedar.Request{
		Principal: principal, Action: uid(action, verb), Resource: uid(category, q.category), Context: q.context(),
	})
	// A policy that can't be evaluated is skipped, and it might have been the
	// one that forbids.
	if len(diagnostic.Errors) > 0 {
		failed := diagnostic.Errors[0].PolicyID
		for _, e := range diagnostic.Errors {
			failed = min(failed, e.PolicyID)
		}
		return Refuse, RuleFailed, r.byID(string(failed))
	}
	var decided Rule
	best := -1
	for i, l := range r.list {
		if !slices.ContainsFunc(diagnostic.Reasons, func(d cedar.DiagnosticReason) bool { return string(d.PolicyID) == l.ID }) {
			continue
		}
		rank := 1
		if l.exact == principal {
			rank = 2
		}
		if rank > best {
			best, decided = rank, r.list[i].Rule
		}
	}
	switch {
	case decision == cedar.Allow && best >= 0:
		return Grant, "", decided
	case best >= 0:
		return Refuse, Forbidden, decided
	}
	return Refuse, NotPermitted, p.Rule
}

func (r rules) byID(id string) Rule {
	for _, l := range r.list {
		if l.ID == id {
			return l.Rule
		}
	}
	return Rule{}
}

// A question is all that the rules may ask about an order and one kind of its
// data: two that are equal have one answer.
type question struct {
	process                                                  trust.Process
	category                                                 catalog.Category
	class                                                    Class
	purpose                                                  order.Purpose
	issuer                                                   trust.Kind
	reviewers, offenceYears, windowDays                      int
	emergency, offenceListed, notified, cleared, certificate bool
	consent                                                  string // categories, with NUL between, which no word has
}

func (a *ask) question(p process, c catalog.Category, class Class, windowDays int) question {
	var consent []string
	for _, c := range a.consent {
		consent = append(consent, string(c))
	}
	return question{
		process: p.name, category: c, class: class, purpose: a.purpose, issuer: a.issuer,
		reviewers: a.reviewers, offenceYears: a.offenceYears, windowDays: windowDays,
		emergency: a.emergency, offenceListed: a.offenceListed, notified: a.notified, cleared: a.cleared, certificate: a.certificate,
		consent: strings.Join(consent, "\x00"),
	}
}

// context is the question as the rules see it.
func (q question) context() cedar.Record {
	var covers []types.Value
	if q.consent != "" {
		for c := range strings.SplitSeq(q.consent, "\x00") {
			covers = append(covers, uid(category, catalog.Category(c)))
		}
	}
	return cedar.NewRecord(cedar.RecordMap{
		"class":          uid(dataClass, q.class),
		"purpose":        uid(purposeType, q.purpose),
		"issuer":         uid(issuerKind, q.issuer),
		"reviewers":      cedar.Long(q.reviewers),
		"emergency":      cedar.Boolean(q.emergency),
		"offence_years":  cedar.Long(q.offenceYears),
		"offence_listed": cedar.Boolean(q.offenceListed),
		"notified":       cedar.Boolean(q.notified),
		"cleared":        cedar.Boolean(q.cleared),
		"consent":        cedar.NewSet(covers...),
		"certificate":    cedar.Boolean(q.certificate),
		"window_days":    cedar.Long(q.windowDays),
	})
}

// answers remembers what the rules said: orders ask the same questions again
// and again, and an audit asks those of years.
type answers struct {
	mu    sync.RWMutex
	known map[question]answer
}

type answer struct {
	effect Effect
	ground Ground
	rule   Rule
}

const maxAnswers = 10_000

func (a *answers) get(q question) (answer, bool) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	known, ok := a.known[q]
	return known, ok
}

func (a *answers) put(q question, is answer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.known == nil || len(a.known) >= maxAnswers {
		a.known = make(map[question]answer)
	}
	a.known[q] = is
}
