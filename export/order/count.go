package order

import (
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

// counted returns the signatures that count, the authority's first.
func (h *held) counted() []Signature {
	var all []Signature
	if h.tally.authority != nil {
		all = append(all, *h.tally.authority)
	}
	return append(all, h.tally.reviewers...)
}
