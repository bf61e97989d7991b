package policy

import (
	"errors"
	"slices"
	"time"

	"writ/crypto/digest"
	"writ/export/catalog"
	"writ/export/order"
	"writ/manifest/act"
)

// ErrFacts is what [Policy.Replay] returns for facts that no order has.
var ErrFacts = errors.New("facts unusable")

// FactsOf returns all that a decision on the order looks at, without naming a
// target: what the ledger records of it. The time of receipt is cut to the
// second, as the ledger has it.
func FactsOf(v *order.Verified) act.Facts {
	if v == nil {
		return act.Facts{}
	}
	o := v.Order()
	f := act.Facts{
		Jurisdiction: string(o.Jurisdiction),
		Process:      string(o.Process),
		Purpose:      string(o.Purpose),
		Issuer:       string(v.Authority().Kind),
		ReceivedAt:   v.ReceivedAt().UTC().Truncate(time.Second),
		DueAt:        o.DueAt.String(),
		Targets:      len(o.Targets),
		Recipient:    string(v.Recipient().Kind()),
		Emergency:    o.Emergency != nil,
		Certificate:  o.Certificate != "",
	}
	var people []string
	for _, s := range v.Signatures() {
		if s.Role == order.AsReviewer && !slices.Contains(people, s.ID) {
			people = append(people, s.ID)
		}
	}
	f.Reviewers = len(people)
	for _, item := range o.Mandate {
		m := act.Item{Dataset: string(item.Dataset), From: item.From.String(), To: item.To.String()}
		for _, name := range item.Fields {
			m.Fields = append(m.Fields, string(name))
		}
		f.Mandate = append(f.Mandate, m)
	}
	if o.Offence != nil {
		f.OffenceYears, f.OffenceListed = o.Offence.MaxSentenceYears, o.Offence.Listed
	}
	if n := o.Notification; n != nil {
		f.Notification, f.ClearedAt = true, n.ClearedAt.String()
	}
	if n := o.NonDisclosure; n != nil {
		f.Secrecy, f.SecretUntil = string(n.Kind), n.Until.String()
	}
	if o.Consent != nil {
		for _, s := range o.Consent.Covers {
			// What is in no tree covers nothing; and nobody consents to
			// secrets being handed out.
			if c := catalog.Category(s); c.Valid() && c != catalog.Secret {
				f.Consent = append(f.Consent, s)
			}
		}
		slices.Sort(f.Consent)
	}
	for _, p := range v.Approvals() {
		f.Approvals = append(f.Approvals, act.Approval{
			Rule: p.Rule, Bound: p.Bound, Ceiling: p.Ceiling, Limit: p.Limit, IssuedAt: p.IssuedAt, ExpiresAt: p.ExpiresAt,
			Signers: p.Signers, Envelope: digest.Of(p.Envelope),
		})
	}
	if o.Enterprise != nil {
		f.Enterprise = o.Enterprise.Ground
	}
	return f
}

// Replay decides again on recorded facts, as [Policy.Decide] did at the time
// at: whoever has facts, policy and catalog gets the same decision. It has no
// order, so nothing can be planned by it.
func (p *Policy) Replay(f act.Facts, c *catalog.Catalog, at time.Time) (*Decision, error) {
	if c == nil {
		return nil, errors.New("policy: a decision needs a catalog")
	}
	a, err := asks(f, at.UTC().Truncate(time.Second))
	if err != nil {
		return nil, err
	}
	return p.decide(a, c), nil
}
