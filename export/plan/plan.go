// Package plan binds a decision to stores: it finds the accounts and fixes the
// exact reads before the first one. Nothing is pulled that a plan did not show.
package plan

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

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
	// ErrNotMandated is about what the caller said beside the order.
	ErrNotMandated = errors.New("the order does not mandate it")
)

// A Dataset is what happens to one mandated dataset.
type Dataset struct {
	Decision   policy.DatasetDecision
	Outcome    manifest.Outcome // nothing is read; "" means that Read is
	Why        string
	Store      catalog.StoreName
	Read       source.Read
	Query      string // parametrised
	Accounts   int    // to pull from
	Redirected int    // accounts of enterprise customers, left out
	Estimated  int64  // records
}

// A Target is what one target of the order found, by its place in the order.
type Target struct {
	Type       order.TargetType
	Several    bool // the order wants every account that it finds
	Accounts   int
	Redirected int // of them, accounts of enterprise customers
}

// A Plan is the exact reads that answer one order. Only [Make] fills one.
type Plan struct {
	decision *policy.Decision
	datasets []Dataset
	targets  []Target
	untold   bool
}

// Decision returns the decision that the plan carries out.
func (p *Plan) Decision() *policy.Decision { return p.decision }

// Datasets returns a copy, by dataset.
func (p *Plan) Datasets() []Dataset {
	out := slices.Clone(p.datasets)
	for i := range out {
		out[i].Decision.Verdicts = slices.Clone(out[i].Decision.Verdicts)
		out[i].Read.Accounts = slices.Clone(out[i].Read.Accounts)
		out[i].Read.Fields = slices.Clone(out[i].Read.Fields)
		out[i].Read.Key = slices.Clone(out[i].Read.Key)
	}
	return out
}

// Targets returns what each target found, in the order's order. It is empty if
// nothing had to be looked up.
func (p *Plan) Targets() []Target { return slices.Clone(p.targets) }

// Untold reports whether all waits for the user to be told.
func (p *Plan) Untold() bool { return p.untold }

// Empty reports whether there is nothing to deliver: every dataset is refused,
// redirected or held. That nothing was found is worth a delivery.
func (p *Plan) Empty() bool {
	return !slices.ContainsFunc(p.datasets, func(d Dataset) bool {
		return d.Outcome == "" || d.Outcome == manifest.NoneFound
	})
}

// Digest identifies what was planned: order, fields, windows, accounts and
// queries, the recipient, and the rules. It reveals none of them, also to someone who can guess the accounts:
// the order's nonce goes into it. A plan of no order has none.
func (p *Plan) Digest() digest.Digest {
	if p.decision == nil || p.decision.Order() == nil {
		return digest.Digest{}
	}
	type dataset struct {
		Name       order.Dataset
		Outcome    manifest.Outcome
		Why        string
		Store      catalog.StoreName
		Query      string
		From, To   string
		Fields     []catalog.Field
		Accounts   []string
		Redirected int
	}
	all := struct {
		Nonce           []byte
		Order           digest.Digest
		Policy, Catalog digest.Digest
		Recipient       string
		Datasets        []dataset
	}{
		p.decision.Order().Order().Nonce, p.decision.Order().Digest(), p.decision.Policy(), p.decision.Catalog(),
		p.decision.Order().Recipient().String(), nil,
	}
	for _, d := range p.datasets {
		all.Datasets = append(all.Datasets, dataset{
			d.Decision.Dataset, d.Outcome, d.Why, d.Store, d.Query, d.Decision.From.String(), d.Decision.To.String(),
			d.Read.Fields, d.Read.Accounts, d.Redirected,
		})
	}
	b, err := json.Marshal(all, json.Deterministic(true))
	if err != nil {
		panic("plan: " + err.Error()) // every member above has a JSON form
	}
	return digest.Of(b)
}
