package plan

import (
	"context"
	"slices"

	"writ/export/catalog"
	"writ/export/policy"
	"writ/export/source"
)

// Lookups returns the stores that [Find] will ask for, sorted. It is empty if
// nothing would be read.
func Lookups(d *policy.Decision, c *catalog.Catalog) []catalog.StoreName {
	if len(Needs(d, c, nil)) == 0 {
		return nil
	}
	var stores []catalog.StoreName
	for _, t := range d.Order().Order().Targets {
		if i, ok := c.Identifier(t.Type); ok {
			stores = append(stores, i.Store)
		}
	}
	slices.Sort(stores)
	return slices.Compact(stores)
}

// Find resolves the order's targets and fixes no read: it returns the keys of
// the accounts that they find, by kind of account, sorted. Those of enterprise
// customers are among them, since what is redirected must be found to be told.
func Find(ctx context.Context, d *policy.Decision, c *catalog.Catalog, stores map[catalog.StoreName]source.Snapshot) (map[string][]string, error) {
	p := &Plan{decision: d}
	found, err := p.find(ctx, c, stores)
	if err != nil {
		return nil, err
	}
	out := make(map[string][]string)
	for kind, h := range found {
		if keys := slices.Sorted(slices.Values(slices.Concat(h.keys, h.redirected))); len(keys) > 0 {
			out[kind] = slices.Compact(keys)
		}
	}
	return out, nil
}
