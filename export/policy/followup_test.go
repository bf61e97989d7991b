package policy

import (
	"testing"
	"time"

	"writ/crypto/trust"
	"writ/export/order"
)

// What is disclosed by choice is to be followed by legal process, from its
// receipt on, if anything is disclosed at all.
func TestFollowUp(t *testing.T) {
	month := received.AddDate(0, 0, 30)
	for _, tt := range []struct {
		name         string
		jurisdiction trust.Jurisdiction
		process      trust.Process
		with         []with
		by           time.Time
	}{
		{"US: an emergency", "us", "emergency", nil, month},
		{"US: decided later", "us", "emergency", []with{decided("2026-09-14T00:00:00Z")}, month},
		{"US: of which nothing leaves", "us", "emergency", []with{field("secret")}, time.Time{}},
		{"US: by one person", "us", "emergency", []with{reviewers(1)}, time.Time{}},
		{"US: of which a part leaves", "us", "emergency", []with{func(a *ask) { a.items[0].Fields = []order.Field{"location", "secret"} }}, month},
		{"US: legal process itself", "us", "search-warrant", nil, time.Time{}},
		{"EU: an emergency is an order already", "eu", "emergency", nil, time.Time{}},
		{"UK: no emergency is the provider's choice", "uk", "emergency", nil, time.Time{}},
		{"nobody's law", "atlantis", "emergency", nil, time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := plain(tt.jurisdiction, tt.process, "location")
			for _, w := range tt.with {
				w(a)
			}
			d := defaultPolicy(t).decide(a, everything(t))
			if got := d.FollowUp(); !got.By.Equal(tt.by) || (got.Rule.ID == "") != tt.by.IsZero() {
				t.Errorf("to be followed by %v by %q, want %v", got.By, got.Rule.ID, tt.by)
			}
			if got := d.Record().FollowUp; !got.By.Equal(tt.by) || (got.Rule.Cite == "") != tt.by.IsZero() {
				t.Errorf("recorded as %+v", got)
			}
		})
	}
}

// The defaults have whatever is disclosed by the provider's choice followed up,
// unless the user consented.
func TestEveryChoiceIsFollowedUp(t *testing.T) {
	choices := 0
	for name, j := range defaultPolicy(t).jurisdictions {
		for _, p := range j.processes {
			if !p.voluntary || p.name == "consent" {
				continue
			}
			choices++
			if d := defaultPolicy(t).decide(plain(name, p.name, "identity.name"), everything(t)); d.FollowUp().By.IsZero() {
				t.Errorf("%s: nothing is to follow process %s", name, p.name)
			}
		}
	}
	if choices != 1 {
		t.Errorf("%d processes are the provider's choice, want the US emergency", choices)
	}
}
