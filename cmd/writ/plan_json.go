package main

import (
	"time"

	"writ/crypto/digest"
	"writ/export/plan"
	"writ/export/policy"
)

// A planView is a plan for machines. It holds no target's identifier and no
// account's key: like a manifest, it may be kept in a log.
type planView struct {
	Plan       digest.Digest `json:"plan"`
	Order      orderView     `json:"order"`
	DecidedAt  time.Time     `json:"decided_at"`
	Policy     digest.Digest `json:"policy"`
	Catalog    digest.Digest `json:"catalog"`
	Targets    []targetView  `json:"targets"` // in the order's order
	Doubts     []doubtView   `json:"doubts"`  // about targets
	Datasets   []datasetView `json:"datasets"`
	Narrowed   bool          `json:"narrowed"`
	Nothing    bool          `json:"nothing_to_deliver"`
	Agency     string        `json:"agency"`
	Recipient  string        `json:"recipient_kind"`
	Clocks     clocksView    `json:"clocks"`
	Notice     noticeView    `json:"notice"`
	Enterprise ruleView      `json:"enterprise"`
	Ceilings   ceilingsView  `json:"ceilings"`
	Lifted     []liftedView  `json:"lifted"` // by approvals; the ceilings and rates are those that stand instead
}

type orderView struct {
	ID           string        `json:"id"`
	Digest       digest.Digest `json:"digest"`
	Jurisdiction string        `json:"jurisdiction"`
	Process      string        `json:"process"`
	Purpose      string        `json:"purpose"`
	Authority    string        `json:"authority"`
	Emergency    bool          `json:"emergency"`
	Test         bool          `json:"test"`
	Supplement   string        `json:"supplement,omitempty"`
}

type targetView struct {
	Type       string `json:"type"`
	Several    bool   `json:"several"` // the order wants every account that it finds
	Accounts   int    `json:"accounts"`
	Redirected int    `json:"accounts_redirected"`
}

type datasetView struct {
	Name       string      `json:"name"`
	Outcome    string      `json:"outcome"` // "pull", or why nothing is read
	Why        string      `json:"why,omitempty"`
	HeldUntil  *time.Time  `json:"held_until,omitempty"`
	From       string      `json:"from,omitempty"` // as the order has it, inclusive
	To         string      `json:"to,omitempty"`   // exclusive
	FromUTC    string      `json:"from_utc,omitempty"`
	ToUTC      string      `json:"to_utc,omitempty"`
	Accounts   int         `json:"accounts"`
	Redirected int         `json:"accounts_redirected"`
	Estimated  int64       `json:"estimated_records"`
	Granted    []fieldView `json:"granted"`
	Refused    []fieldView `json:"refused"`
	Store      string      `json:"store,omitempty"`
	Query      string      `json:"query,omitempty"`
}

type fieldView struct {
	Field    string       `json:"field"`
	Category string       `json:"category,omitempty"`
	Ground   string       `json:"ground,omitempty"`
	Why      string       `json:"why"`
	Rule     *policy.Rule `json:"rule,omitempty"`
}

type clocksView struct {
	ReceivedAt time.Time    `json:"received_at"`
	NotBefore  *time.Time   `json:"not_before,omitempty"`
	Deadline   *time.Time   `json:"deadline,omitempty"`
	Rule       *policy.Rule `json:"rule,omitempty"`
}

type noticeView struct {
	Owed    bool         `json:"owed"`
	After   *time.Time   `json:"after,omitempty"`
	Awaited bool         `json:"awaited"` // all is held until it is recorded
	Why     string       `json:"why"`
	Rule    *policy.Rule `json:"rule,omitempty"`
}

type ruleView struct {
	Redirect bool         `json:"redirect"`
	Why      string       `json:"why,omitempty"`
	Rule     *policy.Rule `json:"rule,omitempty"`
}

type ceilingsView struct {
	policy.Ceilings
	Rule *policy.Rule `json:"rule,omitempty"`
}

type liftedView struct {
	Bound     string    `json:"bound"`
	Rule      string    `json:"rule"`
	Ceiling   int64     `json:"ceiling"` // as the policy has it
	Limit     int64     `json:"limit"`   // that stands instead
	ExpiresAt time.Time `json:"expires_at"`
	By        []string  `json:"by"` // reviewers
}

func viewPlan(p *plan.Plan) planView {
	d := p.Decision()
	verified := d.Order()
	o := verified.Order()
	v := planView{
		Plan: p.Digest(),
		Order: orderView{
			ID: string(o.ID), Digest: verified.Digest(), Jurisdiction: string(o.Jurisdiction), Process: string(o.Process), Purpose: string(o.Purpose),
			Authority: o.Authority, Emergency: o.Emergency != nil, Test: o.Test, Supplement: verified.Supplement(),
		},
		DecidedAt: d.DecidedAt().UTC(), Policy: d.Policy(), Catalog: d.Catalog(),
		Targets: []targetView{}, Doubts: viewDoubts(o), Datasets: []datasetView{}, Lifted: []liftedView{},
		Narrowed: d.Narrowed(), Nothing: p.Empty(),
		Agency: o.Agency, Recipient: string(verified.Recipient().Kind()),
		Clocks:     clocksView{d.Clocks().ReceivedAt.UTC(), given(d.Clocks().NotBefore), given(d.Clocks().Deadline), cited(d.Clocks().Rule)},
		Notice:     noticeView{d.Notice().Owed, given(d.Notice().After), p.Untold(), d.Notice().Why, cited(d.Notice().Rule)},
		Enterprise: ruleView{d.Enterprise().Redirect, d.Enterprise().Why, cited(d.Enterprise().Rule)},
		Ceilings:   ceilingsView{d.Ceilings(), cited(d.CeilingRule())},
	}
	for _, t := range p.Targets() {
		v.Targets = append(v.Targets, targetView{string(t.Type), t.Several, t.Accounts, t.Redirected})
	}
	for _, a := range verified.Approvals() {
		v.Lifted = append(v.Lifted, liftedView{a.Bound, a.Rule, a.Ceiling, a.Limit, a.ExpiresAt.UTC(), reviewerIDs(a.Signers)})
	}
	for _, x := range p.Datasets() {
		v.Datasets = append(v.Datasets, viewDataset(x))
	}
	return v
}

func viewDataset(x plan.Dataset) datasetView {
	v := datasetView{
		Name: string(x.Decision.Dataset), Outcome: outcomeWord(x), Why: x.Why, HeldUntil: given(x.Decision.HeldUntil),
		From: x.Decision.From.String(), To: x.Decision.To.String(),
		Accounts: x.Accounts, Redirected: x.Redirected, Estimated: x.Estimated,
		Granted: []fieldView{}, Refused: []fieldView{}, Store: string(x.Store), Query: x.Query,
	}
	if !x.Decision.From.IsZero() {
		v.FromUTC, v.ToUTC = utc(x.Decision.From.UTC()), utc(x.Decision.To.UTC())
	}
	for _, f := range x.Decision.Verdicts {
		field := fieldView{string(f.Field), string(f.Category), string(f.Ground), f.Why, cited(f.Rule)}
		if f.Effect == policy.Grant {
			v.Granted = append(v.Granted, field)
		} else {
			v.Refused = append(v.Refused, field)
		}
	}
	return v
}

func outcomeWord(x plan.Dataset) string {
	if x.Outcome == "" {
		return "pull"
	}
	return string(x.Outcome)
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

func cited(r policy.Rule) *policy.Rule {
	if r == (policy.Rule{}) {
		return nil
	}
	return &r
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }
