package audit_test

import (
	"fmt"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/approval"
	"writ/manifest/audit"
)

// rated puts rates in force: two orders a day for an agency, and three accounts
// in ten days of one process for all.
func (w *world) rated() {
	w.rules.Rates = []act.Rate{
		{Rule: manifest.Rule{ID: "rate.day", Cite: "policy"}, Per: act.PerAgency, Hours: 24, Orders: 2, Accounts: 100},
		{Rule: manifest.Rule{ID: "rate.warrants", Cite: "policy"}, Per: act.PerProvider, Hours: 240, Processes: []string{"search-warrant"}, Orders: 100, Accounts: 3},
	}
	w.rules.Notice = nil
	w.configure(day(150), act.Policy, w.rules)
}

// answer receives, decides on and exports an order of a process.
func (w *world) answer(at time.Time, name, process string, change func(*asked)) {
	a := asked{name: name, jurisdiction: "us", process: process, mandate: []act.Item{item("people", "name")}, signers: []string{"court", "one"}}
	if change != nil {
		change(&a)
	}
	w.receive(at, a)
	w.decide(at, name, nil)
	w.export(at, name, "ex-"+name, "")
}

// approve makes the approval that lifts the orders of rate.day for an order, and
// keeps its text beside the ledger.
func (w *world) approve(name string, at time.Time, change func(*approval.Approval), by ...sign.Signer) []act.Approval {
	w.t.Helper()
	a := approval.Approval{
		Order: orderDigest(name), Rule: "rate.day", Bound: "orders", Ceiling: 2, Limit: 3, Reason: "a kidnapping; both asked within the hour",
		IssuedAt: at.Add(-time.Hour), ExpiresAt: at.Add(24 * time.Hour),
	}
	if change != nil {
		change(&a)
	}
	s, err := approval.New(a)
	w.must(err)
	said := act.Approval{Rule: a.Rule, Bound: a.Bound, Ceiling: a.Ceiling, Limit: a.Limit, IssuedAt: a.IssuedAt, ExpiresAt: a.ExpiresAt}
	for _, k := range by {
		w.must(s.Sign(k))
	}
	for id, k := range map[string]sign.Signer{"one": w.one, "two": w.two} {
		said.Signers = append(said.Signers, manifest.Signer{Role: "reviewer", ID: id, KeyID: string(k.Public().ID())})
	}
	if said.Signers[0].ID > said.Signers[1].ID {
		said.Signers[0], said.Signers[1] = said.Signers[1], said.Signers[0]
	}
	said.Envelope = s.Envelope()
	w.texts[said.Envelope] = s.Marshal()
	return []act.Approval{said}
}

// third answers a third order in a day, with an approval.
func (w *world) third(change func(*approval.Approval), by ...sign.Signer) {
	w.rated()
	at := day(151)
	w.answer(at, "a", "subpoena", nil)
	w.answer(at, "b", "subpoena", nil)
	w.answer(at, "c", "subpoena", func(a *asked) { a.approvals = w.approve("c", at, change, by...) })
}

// followed answers an emergency, and so many orders for the same targets that
// say that they follow it.
func (w *world) followed(orders int) {
	w.answer(day(151), "a", "emergency", func(a *asked) { a.fingerprint, a.signers = "anna", []string{"one", "two"} })
	for i := range orders {
		w.answer(day(152), fmt.Sprint("b", i), "subpoena", func(a *asked) { a.fingerprint, a.follows = "anna", "a" })
	}
}

// What counts up, lifts, and comes twice.
var limitAttacks = []attack{
	{"as many as the rates let be", func(w *world) {
		w.rated()
		for i := range 3 { // a day apart to the second: two of them at any time
			w.answer(day(151).Add(time.Duration(i)*12*time.Hour), fmt.Sprint("n", i), "search-warrant", nil)
		}
	}, nil, want()},
	{"one order more than the rate", func(w *world) {
		w.rated()
		for i := range 3 {
			w.answer(day(151).Add(time.Duration(i)*(12*time.Hour-time.Second)), fmt.Sprint("n", i), "subpoena", nil)
		}
	}, nil, want(audit.OverRate)},
	{"one account more than the rate of a process", func(w *world) {
		w.rated()
		for i := range 4 {
			w.answer(day(151+2*i), fmt.Sprint("n", i), "search-warrant", nil)
		}
	}, nil, want(audit.OverRate)},
	{"another process does not count", func(w *world) {
		w.rated()
		for i := range 4 {
			process := "search-warrant"
			if i == 2 {
				process = "subpoena"
			}
			w.answer(day(151+2*i), fmt.Sprint("n", i), process, nil)
		}
	}, nil, want()},
	{"orders answered before there was a rate count", func(w *world) {
		w.answer(day(150).Add(-time.Hour), "a", "subpoena", nil)
		w.answer(day(150).Add(-time.Hour), "b", "subpoena", nil)
		w.rated()
		w.answer(day(150).Add(time.Hour), "c", "subpoena", nil)
	}, nil, want(audit.OverRate)},
	{"a decision made again counts once", func(w *world) {
		w.rated()
		at := day(151)
		w.receive(at, asked{name: "a", jurisdiction: "us", process: "subpoena", mandate: []act.Item{item("people", "name")}, signers: []string{"one"}})
		for i := range 3 {
			w.decide(at.Add(time.Duration(i)*time.Minute), "a", nil)
		}
		w.answer(at.Add(time.Hour), "b", "subpoena", nil)
	}, nil, want()},
	{"an answer once more counts once more", func(w *world) {
		w.rated()
		at := day(151)
		w.answer(at, "a", "subpoena", nil)
		for i := range 2 {
			w.decide(at.Add(time.Duration(i+1)*time.Hour), "a", nil)
			w.export(at.Add(time.Duration(i+1)*time.Hour), "a", fmt.Sprint("ex-again-", i), "lost")
		}
	}, nil, want(audit.OverRate)},
	{"an answer once more is said to be the first", func(w *world) {
		w.answer(day(151), "a", "subpoena", nil)
		w.decide(day(152), "a", nil)
		w.export(day(152), "a", "ex-a-2", "lost")
		change(w, "a", 1, func(a *act.Decided) { a.Answer = 0 })
	}, nil, want(audit.PlanDiffers)},
	{"a rate is raised in the decision", func(w *world) {
		w.rated()
		for _, name := range []string{"a", "b", "c"} {
			w.answer(day(151), name, "subpoena", nil)
		}
		change(w, "c", 0, func(a *act.Decided) { a.Decision.Rates[0].Orders = 3 })
	}, nil, want(audit.DecisionDiffers)},
	{"a rate is left out of the decision", func(w *world) {
		w.rated()
		w.answer(day(151), "a", "subpoena", nil)
		change(w, "a", 0, func(a *act.Decided) { a.Decision.Rates = a.Decision.Rates[1:] })
	}, nil, want(audit.DecisionDiffers)},
	{"a rate is raised by approval", func(w *world) { w.third(nil, w.one, w.two) }, nil, want()},
	{"by an approval of one", func(w *world) { w.third(nil, w.one) }, nil, want(audit.Approval)},
	{"by an approval of a reviewer and the court", func(w *world) { w.third(nil, w.one, w.court) }, nil, want(audit.Approval)},
	{"by an approval of one with the key of another role", func(w *world) { w.third(nil, w.one, w.oneAsEngineer) }, nil, want(audit.Approval)},
	{"by an approval that ended", func(w *world) {
		w.third(func(a *approval.Approval) { a.ExpiresAt = day(151) }, w.one, w.two)
	}, nil, want(audit.Approval)},
	{"by an approval to come", func(w *world) {
		w.third(func(a *approval.Approval) { a.IssuedAt = day(151).Add(time.Second) }, w.one, w.two)
	}, nil, want(audit.Approval)},
	{"by an approval for another order", func(w *world) {
		w.third(func(a *approval.Approval) { a.Order = orderDigest("a") }, w.one, w.two)
	}, nil, want(audit.Approval)},
	{"by an approval for a lower limit than recorded", func(w *world) {
		w.third(nil, w.one, w.two)
		change(w, "c", 0, func(a *act.Received) { a.Facts.Approvals[0].Limit = 50 })
		change(w, "c", 0, func(a *act.Decided) { a.Decision.Rates[0].Orders = 50 })
	}, nil, want(audit.Approval)},
	{"by an approval that nobody has", func(w *world) {
		w.third(nil, w.one, w.two)
		delete(w.texts, w.received["c"].Facts.Approvals[0].Envelope)
	}, nil, want(audit.Approval)},
	{"by an approval that is none", func(w *world) {
		w.third(nil, w.one, w.two)
		text := []byte("yes")
		w.texts[digest.Of(text)] = text
		change(w, "c", 0, func(a *act.Received) { a.Facts.Approvals[0].Envelope = digest.Of(text) })
	}, nil, want(audit.Approval)},
	{"by an approval of whoever ran the export", func(w *world) {
		w.third(nil, w.one, w.two)
		// Only the court signed the order, so that the engineer did not.
		change(w, "c", 0, func(a *act.Received) { a.Order.Signers, a.Facts.Reviewers = a.Order.Signers[:1], 0 })
		change(w, "c", 0, func(a *act.Exported) { a.Predicate.Order.Signers = a.Predicate.Order.Signers[:1] })
		change(w, "c", 0, func(a *act.Decided) { *a = w.requested(*a, "one", w.oneAsEngineer) })
	}, nil, want(audit.EngineerSigned, audit.OrderThreshold)},

	{"two orders for the same targets", func(w *world) {
		for _, name := range []string{"a", "b"} {
			w.answer(day(151), name, "subpoena", func(a *asked) { a.fingerprint = "anna" })
		}
	}, nil, want(audit.NearDuplicate)},
	{"two orders for the same targets, and why", func(w *world) {
		for _, name := range []string{"a", "b"} {
			w.answer(day(151), name, "subpoena", func(a *asked) { a.fingerprint = "anna" })
		}
		change(w, "b", 0, func(a *act.Exported) { a.Predicate.Order.Supplement = "another case" })
	}, nil, want()},
	{"two orders for the same targets, of which one says that it follows the other", func(w *world) {
		for _, name := range []string{"a", "b"} {
			w.answer(day(151), name, "subpoena", func(a *asked) {
				a.fingerprint = "anna"
				if name == "b" {
					a.follows = "a"
				}
			})
		}
	}, nil, want(audit.NearDuplicate)},
	{"an emergency, and what follows it", func(w *world) { w.followed(1) }, nil, want()},
	{"an emergency, and what follows it twice", func(w *world) { w.followed(2) }, nil, want(audit.NearDuplicate)},
	{"two orders for the same targets in windows that touch", func(w *world) {
		for i, name := range []string{"a", "b"} {
			w.answer(day(151), name, "subpoena", func(a *asked) {
				a.fingerprint = "anna"
				if i == 1 {
					a.mandate = []act.Item{{Dataset: "people", Fields: []string{"name"}, From: window2, To: "2026-02-02T00:00:00Z"}}
				}
			})
		}
	}, nil, want()},
	{"two orders for the same targets, in another zone", func(w *world) {
		for i, name := range []string{"a", "b"} {
			w.answer(day(151), name, "subpoena", func(a *asked) {
				a.fingerprint = "anna"
				if i == 1 { // an hour before the first window ends
					a.mandate = []act.Item{{Dataset: "people", Fields: []string{"name"}, From: "2026-02-01T00:00:00+01:00", To: "2026-02-02T00:00:00Z"}}
				}
			})
		}
	}, nil, want(audit.NearDuplicate)},
	{"the first of two for the same targets is answered last", func(w *world) {
		at := day(151)
		w.receive(at, asked{name: "a", jurisdiction: "us", process: "subpoena", mandate: []act.Item{item("people", "name")}, signers: []string{"one"}, fingerprint: "anna"})
		w.decide(at, "a", nil)
		w.answer(at.Add(time.Minute), "b", "subpoena", func(a *asked) { a.fingerprint = "anna" })
		change(w, "b", 0, func(a *act.Exported) { a.Predicate.Order.Supplement = "another case" })
		w.export(at.Add(time.Hour), "a", "ex-a", "")
	}, nil, want()},
}

// What an audit goes on from counts as what it read itself.
func TestRatesAcrossAudits(t *testing.T) {
	w := newWorld(t)
	w.configure(day(0), act.Policy, w.rules)
	w.configure(day(0), act.Catalog, fields)
	w.configure(day(0), act.Registry, w.registry)
	w.rated()
	w.answer(day(151), "a", "subpoena", func(a *asked) { a.fingerprint = "anna" })
	w.answer(day(151), "b", "subpoena", nil)
	dir := t.TempDir() + "/ledger"
	w.write(dir, w.ledger)
	before := run(t, config(w, dir))
	state, err := before.State()
	w.must(err)
	if len(before.Findings) != 0 {
		t.Fatal(before.Findings)
	}
	w.answer(day(151).Add(time.Hour), "c", "subpoena", func(a *asked) { a.fingerprint = "anna" })
	w.write(dir, w.ledger)
	c := config(w, dir)
	c.State = state
	if got := fmt.Sprint(codesOf(run(t, c))); got != "[near-duplicate over-rate]" {
		t.Errorf("found %s", got)
	}
}
