package policy

import (
	"time"

	"writ/manifest"
	"writ/manifest/act"
)

// FollowUp is by when legal process is expected that follows what is disclosed
// by the provider's own choice, as in an emergency. The zero one asks for none.
type FollowUp struct {
	By   time.Time
	Rule Rule
}

type followUpLine struct {
	scope
	within time.Duration
}

func (r *reader) readFollowUps() {
	for _, l := range r.lines("follow_up", false) {
		l.Need("within")
		f := followUpLine{scope: l.scope, within: l.duration("within")}
		if len(f.classes) > 0 {
			l.Fail(l.node.Errorf("classes: an order is followed up as a whole"))
		}
		r.t.followUps = append(r.t.followUps, f)
		r.Fail(l.Done())
	}
}

// followUpFor asks for legal process if d grants anything.
func (j *jurisdiction) followUpFor(a *ask, d *Decision) FollowUp {
	l := first(j.followUps, func(l followUpLine) scope { return l.scope }, a, "")
	if l == nil || !d.grants() {
		return FollowUp{}
	}
	return FollowUp{By: a.receivedAt.Add(l.within), Rule: l.Rule}
}

func (d *Decision) grants() bool {
	for _, ds := range d.datasets {
		if len(ds.Granted()) > 0 {
			return true
		}
	}
	return false
}

func (f FollowUp) record() act.FollowUp {
	if f == (FollowUp{}) {
		return act.FollowUp{}
	}
	return act.FollowUp{By: f.By.UTC().Truncate(time.Second), Rule: manifest.Rule(f.Rule)}
}

// FollowUp returns by when legal process is expected to follow.
func (d *Decision) FollowUp() FollowUp { return d.followUp }
