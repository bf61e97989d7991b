package export

import (
	"context"
	"fmt"

	"writ/export/order"
	"writ/export/plan"
)

// A Found is what a verified order's targets find.
type Found struct {
	Order    *order.Verified
	Accounts map[string][]string // keys, by kind of account
}

// Find verifies the order, decides, and looks its targets up. It reads no
// record, records nothing, and needs neither signer nor outbox: c.Store opens
// the stores of the look-ups only. An order of which nothing may be released is
// [ErrRefused], and nothing is looked up.
func Find(ctx context.Context, c Config, r Request) (*Found, error) {
	s, err := c.begin(ctx, r)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := c.verify(s, r); err != nil {
		return nil, err
	}
	s.decision = c.Policy.Decide(s.verified, c.Catalog, c.now())
	stores := plan.Lookups(s.decision, c.Catalog)
	if len(stores) == 0 {
		return nil, fmt.Errorf("%w: every dataset is refused or held", ErrRefused)
	}
	if err := c.open(ctx, s, stores); err != nil {
		return nil, err
	}
	f := &Found{Order: s.verified}
	f.Accounts, err = plan.Find(ctx, s.decision, c.Catalog, s.snapshots)
	return f, err
}
