package policy

import (
	"slices"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"writ/export/catalog"
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
func (r rules) authorize(p process, c catalog.Category, context cedar.Record) (Effect, Ground, Rule) {
	verb := compel
	if p.voluntary {
		verb = disclose
	}
	principal := uid(processType, p.name)
	decision, diagnostic := cedar.Authorize(r.set, r.entities, cedar.Request{
		Principal: principal, Action: uid(action, verb), Resource: uid(category, c), Context: context,
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

// context is what the rules may ask about an order and one kind of its data.
func (a *ask) context(c Class, windowDays int) cedar.Record {
	var covers []types.Value
	for _, c := range a.consent {
		covers = append(covers, uid(category, c))
	}
	return cedar.NewRecord(cedar.RecordMap{
		"class":          uid(dataClass, c),
		"purpose":        uid(purposeType, a.purpose),
		"issuer":         uid(issuerKind, a.issuer),
		"reviewers":      cedar.Long(a.reviewers),
		"emergency":      cedar.Boolean(a.emergency),
		"offence_years":  cedar.Long(a.offenceYears),
		"offence_listed": cedar.Boolean(a.offenceListed),
		"notified":       cedar.Boolean(a.notified),
		"cleared":        cedar.Boolean(a.cleared),
		"consent":        cedar.NewSet(covers...),
		"certificate":    cedar.Boolean(a.certificate),
		"window_days":    cedar.Long(windowDays),
	})
}
