package act

import (
	"slices"
	"time"

	"writ/manifest"
	"writ/manifest/internal/form"
)

// A FollowUp is by when legal process is expected that follows what the
// provider disclosed by its own choice, as in an emergency.
type FollowUp struct {
	By   time.Time     `json:"by"`
	Rule manifest.Rule `json:"rule"`
}

func (f FollowUp) check(c *form.Checker) {
	if f == (FollowUp{}) {
		return
	}
	c.Need(!f.By.IsZero(), "decision.follow_up.by", "is missing")
	c.UTC("decision.follow_up.by", f.By)
	c.Rule("decision.follow_up.rule", f.Rule.ID, f.Rule.Cite, false)
}

// FollowsUp reports whether a later order, which says that it follows an earlier
// one, is legal process that could: under the same law, of a process that does
// not only ask, keep or rest on consent, and for targets of the same types, no
// fewer of each. That it is about the same people no statement shows.
func FollowsUp(later, earlier *manifest.OrderRef) bool {
	switch later.Process {
	case "", "emergency", "preservation", "consent":
		return false
	}
	for _, t := range earlier.Targets {
		if !slices.ContainsFunc(later.Targets, func(x manifest.TargetCount) bool { return x.Type == t.Type && x.Count >= t.Count }) {
			return false
		}
	}
	return later.Jurisdiction == earlier.Jurisdiction
}
