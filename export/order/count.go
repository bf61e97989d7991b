package order

import (
	"fmt"
	"slices"
	"strings"

	"writ/crypto/sign"
	"writ/crypto/trust"
)

// A rule is a threshold and whether it is for an emergency.
type rule struct {
	trust.Threshold
	emergency bool
	id        string // the authority's
}

// A tally is whose signatures count.
type tally struct {
	authority *Signature
	reviewers []Signature // by id, one a person
	others    []string    // ids of reviewers who could still sign, sorted
}

// count finds who signed. It trusts nothing but the keys that it is given, and
// it does not rely on the registry's promise that a key is in one hand: a key
// that counted for somebody counts for nobody else.
func count(a trust.Authority, reviewers []trust.Reviewer, signedBy func(sign.PublicKey) bool) tally {
	var t tally
	used := map[sign.KeyID]bool{}
	for _, k := range a.Keys {
		id := k.PublicKey.ID()
		if t.authority == nil && signedBy(k.PublicKey) {
			t.authority = &Signature{Role: AsAuthority, ID: a.ID, KeyID: id}
		}
		used[id] = true // an authority never reviews its own order
	}
	people := map[string]bool{}
	for _, r := range reviewers {
		for _, k := range r.Keys {
			id := k.PublicKey.ID()
			if people[r.ID] || used[id] || r.ID == a.ID || !signedBy(k.PublicKey) {
				continue
			}
			t.reviewers = append(t.reviewers, Signature{Role: AsReviewer, ID: r.ID, KeyID: id})
			people[r.ID], used[id] = true, true
		}
	}
	for _, r := range reviewers {
		if !people[r.ID] && len(r.Keys) > 0 {
			t.others = append(t.others, r.ID)
		}
	}
	slices.SortFunc(t.reviewers, func(a, b Signature) int { return strings.Compare(a.ID, b.ID) })
	slices.Sort(t.others)
	t.others = slices.Compact(t.others)
	return t
}

// lacks says, in words, what is still missing; nothing means that the threshold is met.
func (r rule) lacks(t tally) []string {
	need := r.Reviewers
	if r.emergency {
		need = max(need, 2) // whatever the registry says
	}
	authority := fmt.Sprintf("the signature of authority %s (ask it to run: writ order sign)", r.id)
	more := need - len(t.reviewers)
	reviewers := fmt.Sprintf("%s (run: writ order approve; %s)", plural(more), whoCould(t.others))

	var missing []string
	switch r.Authority {
	case trust.Required:
		if t.authority == nil {
			missing = append(missing, authority)
		}
		if more > 0 {
			missing = append(missing, reviewers)
		}
	case trust.Suffices:
		switch {
		case t.authority != nil && !r.emergency:
		case t.authority == nil && need < 1:
			missing = append(missing, authority)
		case more > 0:
			missing = append(missing, reviewers)
			if !r.emergency {
				missing[0] += " or " + authority
			}
		}
	case trust.NotNeeded:
		if need < 1 {
			missing = append(missing, "a threshold that asks for at least one reviewer (ask whoever keeps the registry)")
		} else if more > 0 {
			missing = append(missing, reviewers)
		}
	default:
		missing = append(missing, "a threshold that says what the authority's signature does (ask whoever keeps the registry)")
	}
	return missing
}

func plural(reviewers int) string {
	if reviewers == 1 {
		return "1 more reviewer"
	}
	return fmt.Sprintf("%d more reviewers", reviewers)
}

func whoCould(ids []string) string {
	if len(ids) == 0 {
		return "nobody else is registered"
	}
	return "registered are " + strings.Join(ids, ", ")
}

// counted returns the signatures that count, the authority's first.
func (h *held) counted() []Signature {
	var all []Signature
	if h.tally.authority != nil {
		all = append(all, *h.tally.authority)
	}
	return append(all, h.tally.reviewers...)
}
