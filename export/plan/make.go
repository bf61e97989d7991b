package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/export/catalog"
	"writ/export/order"
	"writ/export/policy"
	"writ/export/source"
	"writ/manifest"
)

// Unavailable names datasets that are left out since their store can't be
// read, each with the reason that the manifest will state.
type Unavailable map[order.Dataset]string

// Needs returns the stores that [Make] will ask for, sorted. It is empty if
// nothing would be read.
func Needs(d *policy.Decision, c *catalog.Catalog, u Unavailable) []catalog.StoreName {
	var stores []catalog.StoreName
	for _, dataset := range d.Datasets() {
		if outcome, _ := settled(d, dataset, u); outcome == "" {
			known, _ := c.Dataset(dataset.Dataset)
			stores = append(stores, known.Store)
		}
	}
	if len(stores) == 0 {
		return nil
	}
	for _, t := range d.Order().Order().Targets {
		if i, ok := c.Identifier(t.Type); ok {
			stores = append(stores, i.Store)
		}
	}
	slices.Sort(stores)
	return slices.Compact(stores)
}

// settled returns the outcome of a dataset that is known without any store.
func settled(d *policy.Decision, dataset policy.DatasetDecision, u Unavailable) (manifest.Outcome, string) {
	why, unavailable := u[dataset.Dataset]
	switch {
	case len(dataset.Granted()) == 0:
		return manifest.Refused, ""
	case dataset.HeldUntil.After(d.DecidedAt()):
		return manifest.Held, "held by " + dataset.Hold.Cite
	case unavailable:
		return manifest.Unavailable, why
	}
	return "", ""
}

// Make resolves the order's targets and fixes the reads. told is when the user
// was told of the order; zero means not yet. stores holds a snapshot for each
// store that [Needs] names.
func Make(ctx context.Context, d *policy.Decision, told time.Time, c *catalog.Catalog, stores map[catalog.StoreName]source.Snapshot, u Unavailable) (*Plan, error) {
	for name := range u {
		if !slices.ContainsFunc(d.Datasets(), func(m policy.DatasetDecision) bool { return m.Dataset == name }) {
			return nil, fmt.Errorf("%w: dataset %q, which is said to be unavailable", ErrNotMandated, name)
		}
	}
	p := &Plan{decision: d}
	var found accounts
	if len(Needs(d, c, u)) > 0 {
		var err error
		if found, err = p.find(ctx, c, stores); err != nil {
			return nil, err
		}
	}
	for _, mandated := range d.Datasets() {
		dataset := Dataset{Decision: mandated}
		if dataset.Outcome, dataset.Why = settled(d, mandated, u); dataset.Outcome == "" {
			if err := dataset.bind(ctx, d, c, stores, found); err != nil {
				return nil, fmt.Errorf("dataset %q: %w", mandated.Dataset, err)
			}
		}
		p.datasets = append(p.datasets, dataset)
	}
	if told.IsZero() || told.After(d.DecidedAt()) {
		p.holdUntold()
	}
	return p, nil
}

// holdUntold holds what would be read if the user is to be told first. Where
// no account is found there is nobody to tell; where one is, what was sought in
// vain waits as well, since an order has one answer.
func (p *Plan) holdUntold() {
	n := p.decision.Notice()
	p.untold = n.Awaited(p.decision.DecidedAt()) && slices.ContainsFunc(p.datasets, func(d Dataset) bool { return d.Outcome == "" })
	for i, d := range p.datasets {
		if p.untold && (d.Outcome == "" || d.Outcome == manifest.NoneFound) {
			p.datasets[i] = Dataset{Decision: d.Decision, Outcome: manifest.Held, Why: "held until the user is told, by " + n.Rule.Cite}
		}
	}
}

// accounts are those that the targets found, by kind of account.
type accounts map[string]*holding

type holding struct {
	keys       []string // to pull from, sorted
	redirected []string // of enterprise customers, sorted
}

// LiftHint is the command by which reviewers lift a ceiling for one order.
func LiftHint(rule, bound string) string {
	return fmt.Sprintf("reviewers can lift that for this order: writ order lift --rule %s --bound %s --to N --reason WHY --key KEY ORDER FILE", rule, bound)
}

// maxCounted is up to how many accounts of an ambiguous identifier are counted.
const maxCounted = 99

// find looks each target up.
func (p *Plan) find(ctx context.Context, c *catalog.Catalog, stores map[catalog.StoreName]source.Snapshot) (accounts, error) {
	found := make(accounts)
	total, limit := 0, p.decision.Ceilings().Accounts
	hint := LiftHint(p.decision.CeilingRule().ID, "accounts")
	for i, t := range p.decision.Order().Order().Targets {
		here := place(i, t)
		lookup, err := lookup(c, t)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrTarget, here, err)
		}
		snapshot := stores[lookup.Identifier.Store]
		if snapshot == nil {
			return nil, fmt.Errorf("%w: %s: store %q was not opened", source.ErrUnavailable, here, lookup.Identifier.Store)
		}
		most := maxCounted
		if t.Several {
			most = limit
		}
		got, err := snapshot.Find(ctx, lookup, most)
		if err != nil {
			return nil, fmt.Errorf("%s: store %q: %w", here, lookup.Identifier.Store, err)
		}
		n := fmt.Sprint(len(got))
		if len(got) > most {
			n = fmt.Sprintf("more than %d", most)
		}
		switch {
		case t.Several && len(got) > most:
			return nil, fmt.Errorf("%w: %s finds %s accounts, the limit is %d; %s", ErrCeiling, here, n, limit, hint)
		case !t.Several && len(got) > 1:
			return nil, fmt.Errorf("%w: %s finds %s; ask the authority for an identifier of one account, or for an order that says that it wants every account of this one", ErrAmbiguous, here, n)
		}
		h := found[lookup.Identifier.Account]
		if h == nil {
			h = &holding{}
			found[lookup.Identifier.Account] = h
		}
		target := Target{Type: t.Type, Several: t.Several, Accounts: len(got)}
		for _, a := range got {
			if a.Tenant != "" && p.decision.Enterprise().Redirect {
				target.Redirected++
				h.redirected = append(h.redirected, a.Key)
			} else {
				h.keys = append(h.keys, a.Key)
			}
		}
		p.targets = append(p.targets, target)
	}
	for _, h := range found {
		slices.Sort(h.keys)
		slices.Sort(h.redirected)
		h.keys, h.redirected = slices.Compact(h.keys), slices.Compact(h.redirected)
		total += len(h.keys)
	}
	if total > limit {
		return nil, fmt.Errorf("%w: the targets find %d accounts, the limit is %d; %s", ErrCeiling, total, limit, hint)
	}
	return found, nil
}

// CheckTargets returns [ErrTarget] if the catalog can't look up a target of the
// order: its type is unknown, its value is in another form, or it lacks a time.
// It needs no store, and never says the value.
func CheckTargets(o order.Order, c *catalog.Catalog) error {
	for i, t := range o.Targets {
		if _, err := lookup(c, t); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrTarget, place(i, t), err)
		}
	}
	return nil
}

// place names a target, counted from 1 as wherever people read of one.
func place(i int, t order.Target) string { return fmt.Sprintf("target %d (%s)", i+1, t.Type) }

// lookup says how a target finds its account.
func lookup(c *catalog.Catalog, t order.Target) (source.Lookup, error) {
	identifier, ok := c.Identifier(t.Type)
	if !ok {
		var known []string
		for _, i := range c.Identifiers() {
			known = append(known, string(i.Type))
		}
		return source.Lookup{}, fmt.Errorf("the catalog finds accounts by %s only", strings.Join(known, ", "))
	}
	value, err := identifier.Apply(t.Value)
	if err != nil {
		form := []string{string(identifier.ColumnType)}
		for _, r := range identifier.Normalize {
			form = append(form, string(r))
		}
		return source.Lookup{}, fmt.Errorf("%w, which the catalog says is %s", err, strings.Join(form, ", "))
	}
	changesHands := identifier.From.Column != ""
	switch {
	case changesHands && t.At.IsZero():
		return source.Lookup{}, errors.New("it changes hands, so the order must say at which time it was held")
	case !changesHands && !t.At.IsZero():
		return source.Lookup{}, errors.New("it does not change hands, so the order can't ask for a time")
	}
	account, _ := c.Account(identifier.Account)
	return source.Lookup{Identifier: identifier, Account: account, Value: value, At: t.At.UTC()}, nil
}

// bind fixes the read of a dataset.
func (d *Dataset) bind(ctx context.Context, decision *policy.Decision, c *catalog.Catalog, stores map[catalog.StoreName]source.Snapshot, found accounts) error {
	known, _ := c.Dataset(d.Decision.Dataset)
	held := found[known.Account]
	switch {
	case held == nil:
		d.Outcome, d.Why = manifest.NoneFound, fmt.Sprintf("no target of the order names an account of the kind %s", known.Account)
		return nil
	case len(held.keys) == 0 && len(held.redirected) == 0:
		d.Outcome, d.Why = manifest.NoneFound, "the targets find no account"
		return nil
	case len(held.keys) == 0:
		d.Outcome, d.Why, d.Redirected = manifest.Redirected, decision.Enterprise().Why, len(held.redirected)
		return nil
	case len(held.redirected) > 0:
		d.Why, d.Redirected = fmt.Sprintf("%d accounts left out: %s", len(held.redirected), decision.Enterprise().Why), len(held.redirected)
	}
	d.Store, d.Accounts = known.Store, len(held.keys)
	d.Read = source.Read{
		Dataset: known.Name, Table: known.Table, AccountKey: known.AccountKey, Accounts: slices.Clone(held.keys),
		Key: known.Key, Time: known.Time, Until: known.Until,
	}
	if known.Time.Column != "" {
		d.Read.From, d.Read.To = d.Decision.From.UTC(), d.Decision.To.UTC()
	}
	for _, name := range d.Decision.Granted() { // sorted, as RFC 8785 sorts ASCII
		field, _ := known.Field(name)
		d.Read.Fields = append(d.Read.Fields, field)
	}
	snapshot := stores[known.Store]
	if snapshot == nil {
		return fmt.Errorf("%w: store %q was not opened", source.ErrUnavailable, known.Store)
	}
	var err error
	if d.Query, err = snapshot.Describe(ctx, d.Read); err != nil {
		return fmt.Errorf("store %q: %w", known.Store, err)
	}
	if d.Estimated, err = snapshot.Estimate(ctx, d.Read); err != nil {
		return fmt.Errorf("store %q: %w", known.Store, err)
	}
	return nil
}
