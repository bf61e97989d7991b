package act

import (
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
