// Package plan binds a decision to stores: it finds the accounts and fixes the
// exact reads before the first one. Nothing is pulled that a plan did not show.
package plan

import (
	"context"
	"errors"
	"fmt"

	"writ/crypto/digest"
	"writ/export/catalog"
	"writ/export/order"
	"writ/export/policy"
	"writ/export/source"
	"writ/manifest"
)

// Why there is no plan.
var (
	ErrTarget    = errors.New("target unusable") // no such type in the catalog, or not in its form
	ErrAmbiguous = fmt.Errorf("%w: finds more than one account", ErrTarget)
	ErrCeiling   = errors.New("over a ceiling of the policy")
)

// A Dataset is what happens to one mandated dataset.
type Dataset struct {
	Decision   policy.DatasetDecision
	Outcome    manifest.Outcome // refused, redirected, held or none-found: nothing is read; "" means that Read is
	Why        string
	Read       source.Read
	Store      catalog.StoreName
	Query      string // parametrised
	Accounts   int    // to pull from
	Redirected int    // accounts of enterprise customers, left out
	Estimated  int64  // records
}

// A TargetCount is what one target found, by its place in the order.
type TargetCount struct {
	Type     order.TargetType
	Accounts int
}

// A Plan is the exact reads that answer one order. Only [Make] fills one.
type Plan struct {
	decision *policy.Decision
	datasets []Dataset
	targets  []TargetCount
}

// Make resolves the order's targets and fixes the reads. stores must have a
// snapshot for each store that the decision's granted datasets and the
// targets' identifiers need.
func Make(ctx context.Context, d *policy.Decision, c *catalog.Catalog, stores map[catalog.StoreName]source.Snapshot) (*Plan, error) {
	panic("unwritten")
}

// Needs returns the stores that Make will ask for.
func Needs(d *policy.Decision, c *catalog.Catalog) []catalog.StoreName { panic("unwritten") }

// Decision returns the decision that the plan carries out.
func (p *Plan) Decision() *policy.Decision { return p.decision }

// Datasets returns a copy, by dataset.
func (p *Plan) Datasets() []Dataset { panic("unwritten") }

// Targets returns what each target found, in the order's order.
func (p *Plan) Targets() []TargetCount { panic("unwritten") }

// Empty reports whether nothing would be read or delivered: every dataset is
// refused, redirected or held.
func (p *Plan) Empty() bool { panic("unwritten") }

// Digest identifies what was planned: order, fields, windows, accounts and
// queries. It reveals nothing: the order's nonce goes into it.
func (p *Plan) Digest() digest.Digest { panic("unwritten") }
