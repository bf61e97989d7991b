package export

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"writ/export/order"
	"writ/manifest"
	"writ/manifest/approval"
)

// namesNobody searches what people typed, and what the ledger and the manifest
// will state, for the order's targets: before anything of it is recorded.
func namesNobody(o order.Order, r Request, approvals []*approval.Signed) error {
	type text struct{ what, said string }
	reasons := []text{{"the reason for answering once more", strings.TrimSpace(r.Supplement)}}
	for _, name := range slices.Sorted(maps.Keys(r.Unavailable)) {
		reasons = append(reasons, text{fmt.Sprintf("the reason why %s is unavailable", name), r.Unavailable[name]})
	}
	for i, a := range approvals {
		reasons = append(reasons, text{fmt.Sprintf("the reason of approval %d", i+1), a.Approval().Reason})
	}
	for _, t := range reasons {
		if manifest.MayName(t.said) {
			return fmt.Errorf("%w: %s holds an address or a long number; say it without", ErrRequest, t.what)
		}
		if err := holdsTarget(o, t.what, t.said, 4); err != nil {
			return err
		}
	}
	// A citation has numbers of its own.
	return holdsTarget(o, "the legal basis of the order", o.LegalBasis, 7)
}

// holdsTarget refuses a text that holds the value of a target, if that has at
// least so many bytes: a shorter one stands in many words.
func holdsTarget(o order.Order, what, said string, least int) error {
	said = strings.ToLower(said)
	for i, t := range o.Targets {
		if len(t.Value) >= least && strings.Contains(said, strings.ToLower(t.Value)) {
			return fmt.Errorf("%w: %s holds the value of target %d, and the ledger would state it; say it without", ErrRequest, what, i+1)
		}
	}
	return nil
}
