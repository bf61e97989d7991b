package order

import (
	"fmt"
	"slices"
	"strings"

	"writ/crypto/trust"
)

// A Need is whose signatures an order still needs. The empty one needs none.
type Need struct {
	Reviewers int      `json:"reviewers,omitzero"` // so many more
	From      []string `json:"from,omitempty"`     // ids of those who could, sorted
	Authority bool     `json:"authority,omitzero"` // the authority's own signature
	Issuer    string   `json:"issuer,omitzero"`    // id of the authority
	Either    bool     `json:"either,omitzero"`    // the reviewers' or the authority's; otherwise both
	Threshold string   `json:"threshold,omitzero"` // what the registry's threshold lacks, so that nobody's signature is enough; or ""
}

// None reports whether nothing is needed: the threshold is met.
func (n Need) None() bool { return n.Reviewers <= 0 && !n.Authority && n.Threshold == "" }

// Words says what is needed, an entry for each who must be asked.
func (n Need) Words() []string {
	var words []string
	authority := fmt.Sprintf("the signature of authority %s (ask it to run: writ order sign)", n.Issuer)
	if n.Authority && !n.Either {
		words = append(words, authority)
	}
	if n.Reviewers > 0 {
		reviewers := fmt.Sprintf("%s (run: writ order approve; %s)", plural(n.Reviewers), whoCould(n.From))
		if n.Either {
			reviewers += " or " + authority
		}
		words = append(words, reviewers)
	}
	if n.Threshold != "" {
		words = append(words, n.Threshold+" (ask whoever keeps the registry)")
	}
	return words
}

// needs says what is still needed beside the signatures that count.
func (r rule) needs(t tally) Need {
	need := r.Reviewers
	if r.emergency {
		need = max(need, 2) // whatever the registry says
	}
	more, signed := need-len(t.reviewers), t.authority != nil
	n := Need{Issuer: r.id}
	switch r.Authority {
	case trust.Required:
		n.Reviewers = max(more, 0)
		n.Authority = !signed
	case trust.Suffices:
		switch {
		case signed && !r.emergency:
		case !signed && need < 1:
			n.Authority = true
		case more > 0:
			n.Reviewers = more
			if !r.emergency {
				n.Authority, n.Either = true, true
			}
		}
	case trust.NotNeeded:
		if need < 1 {
			n.Threshold = "a threshold that asks for at least one reviewer"
		} else {
			n.Reviewers = max(more, 0)
		}
	default:
		n.Threshold = "a threshold that says what the authority's signature does"
	}
	if n.Reviewers > 0 {
		n.From = slices.Clone(t.others)
	}
	return n
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
