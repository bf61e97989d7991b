package order

import (
	"cmp"
	"fmt"
	"slices"

	"writ/manifest/approval"
)

// approved returns the approvals, each of which must count when the order is
// answered: signed by as many reviewers as the order's own threshold asks for,
// and by two at least, and not made out before the order was.
func (h *held) approved() ([]Approved, error) {
	if len(h.Approvals) == 0 {
		return nil, nil
	}
	if len(h.Approvals) > approval.Max {
		return nil, fmt.Errorf("%w: %d for one order; the limit is %d", approval.ErrFormat, len(h.Approvals), approval.Max)
	}
	rule, err := h.rule()
	if err != nil {
		return nil, err
	}
	var out []Approved
	for _, s := range h.Approvals {
		if s == nil {
			return nil, fmt.Errorf("%w: there is none", approval.ErrFormat)
		}
		a := s.Approval()
		signers, err := s.Check(h.signed.digest, h.Registry.Reviewers(h.answered()), rule.Reviewers, h.answered())
		if err != nil {
			return nil, err
		}
		if a.IssuedAt.Before(h.order.IssuedAt.UTC()) {
			return nil, fmt.Errorf("%w: it is dated %s, before the order was issued", approval.ErrTime, a.IssuedAt)
		}
		out = append(out, Approved{Approval: a, Signers: signers, Envelope: s.Marshal()})
	}
	slices.SortFunc(out, func(a, b Approved) int { return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Bound, b.Bound)) })
	for i := range out[1:] {
		if out[i].Rule == out[i+1].Rule && out[i].Bound == out[i+1].Bound {
			return nil, fmt.Errorf("%w: two lift %s of %s; give one", approval.ErrCeiling, out[i].Bound, out[i].Rule)
		}
	}
	return out, nil
}
