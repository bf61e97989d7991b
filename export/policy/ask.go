package policy

import (
	"slices"
	"time"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
)

// An ask is all that a decision looks at: plain facts of a verified order.
type ask struct {
	jurisdiction trust.Jurisdiction
	process      trust.Process
	purpose      order.Purpose
	issuer       trust.Kind
	reviewers    int // different people who approved

	emergency     bool
	offenceYears  int
	offenceListed bool
	notified      bool // the enforcing authority, and it has not said that it raises no ground
	cleared       bool // it has
	secrecy       *order.NonDisclosure
	consent       []catalog.Category
	certificate   bool
	enterprise    string // "consent", "contract" or ""

	targets        int
	items          []order.Item
	receivedAt, at time.Time
	dueAt          time.Time
}

// asks reads the facts out of a verified order at the time of the decision.
func asks(v *order.Verified, at time.Time) *ask {
	o := v.Order()
	a := &ask{
		jurisdiction: o.Jurisdiction,
		process:      o.Process,
		purpose:      o.Purpose,
		issuer:       v.Authority().Kind,
		emergency:    o.Emergency != nil,
		secrecy:      o.NonDisclosure,
		certificate:  o.Certificate != "",
		targets:      len(o.Targets),
		items:        o.Mandate,
		receivedAt:   v.ReceivedAt(),
		at:           at,
		dueAt:        o.DueAt.UTC(),
	}
	var people []string
	for _, s := range v.Signatures() {
		if s.Role == order.AsReviewer && !slices.Contains(people, s.ID) {
			people = append(people, s.ID)
		}
	}
	a.reviewers = len(people)
	if o.Offence != nil {
		a.offenceYears, a.offenceListed = o.Offence.MaxSentenceYears, o.Offence.Listed
	}
	if n := o.Notification; n != nil {
		a.cleared = !n.ClearedAt.IsZero() && !n.ClearedAt.UTC().After(at)
		a.notified = !a.cleared
	}
	if o.Consent != nil {
		for _, s := range o.Consent.Covers {
			// What is in no tree covers nothing; and nobody consents to
			// secrets being handed out.
			if c := catalog.Category(s); c.Valid() && c != catalog.Secret {
				a.consent = append(a.consent, c)
			}
		}
	}
	if o.Enterprise != nil {
		a.enterprise = o.Enterprise.Ground
	}
	return a
}
