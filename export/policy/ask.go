package policy

import (
	"fmt"
	"time"

	"writ/crypto/seal"
	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
	"writ/manifest/act"
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

	approvals []act.Approval // that lift a ceiling

	recipient      seal.Kind // of the agency's key
	targets        int
	items          []order.Item
	receivedAt, at time.Time
	dueAt          time.Time
}

// asks returns what a decision at the time at looks at. It fails only on times
// that no order can have.
func asks(f act.Facts, at time.Time) (*ask, error) {
	a := &ask{
		jurisdiction:  trust.Jurisdiction(f.Jurisdiction),
		process:       trust.Process(f.Process),
		purpose:       order.Purpose(f.Purpose),
		issuer:        trust.Kind(f.Issuer),
		reviewers:     f.Reviewers,
		emergency:     f.Emergency,
		offenceYears:  f.OffenceYears,
		offenceListed: f.OffenceListed,
		certificate:   f.Certificate,
		enterprise:    f.Enterprise,
		approvals:     f.Approvals,
		targets:       f.Targets,
		recipient:     seal.Kind(f.Recipient),
		receivedAt:    f.ReceivedAt.UTC(),
		at:            at,
	}
	var bad error
	instant := func(path, s string) order.Instant {
		if s == "" {
			return order.Instant{}
		}
		i, err := order.ParseInstant(s)
		if err != nil && bad == nil {
			bad = fmt.Errorf("%w: %s: %w", ErrFacts, path, err)
		}
		return i
	}
	a.dueAt = instant("due_at", f.DueAt).UTC()
	if f.Notification {
		cleared := instant("cleared_at", f.ClearedAt)
		a.cleared = !cleared.IsZero() && !cleared.UTC().After(at)
		a.notified = !a.cleared
	}
	if f.Secrecy != "" {
		a.secrecy = &order.NonDisclosure{Kind: order.Secrecy(f.Secrecy), Until: instant("non_disclosure_until", f.SecretUntil)}
	}
	for _, c := range f.Consent {
		a.consent = append(a.consent, catalog.Category(c))
	}
	for _, m := range f.Mandate {
		item := order.Item{Dataset: order.Dataset(m.Dataset), From: instant("from", m.From), To: instant("to", m.To), Fields: make([]order.Field, 0, len(m.Fields))}
		for _, name := range m.Fields {
			item.Fields = append(item.Fields, order.Field(name))
		}
		a.items = append(a.items, item)
	}
	return a, bad
}
