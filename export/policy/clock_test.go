package policy

import (
	"testing"
	"time"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
)

func at(t *testing.T, s string) time.Time {
	t.Helper()
	if s == "" {
		return time.Time{}
	}
	v, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func notify(a *ask)     { a.notified = true }
func raisesNone(a *ask) { a.cleared = true }
func due(s string) with { return func(a *ask) { a.dueAt, _ = time.Parse(time.RFC3339, s) } }
func decided(s string) with {
	return func(a *ask) { a.at, _ = time.Parse(time.RFC3339, s) }
}

// Orders are received on 3 September 2026 at 15:04:05 UTC.
func TestClocks(t *testing.T) {
	p, c := defaultPolicy(t), everything(t)
	for _, tt := range []struct {
		name                          string
		jurisdiction                  trust.Jurisdiction
		process                       trust.Process
		category                      catalog.Category
		with                          []with
		held, deadline, rule, keptTil string
	}{
		{"EU: ten days without notification", "eu", "production", "traffic.header", nil, "", "2026-09-13T15:04:05Z", "eu.clock.ten-days", ""},
		{"EU: notified traffic is held to the end of day ten", "eu", "production", "traffic.header", []with{notify}, "2026-09-14T00:00:00Z", "2026-09-15T00:00:00Z", "eu.clock.notified", ""},
		{"EU: notified content too", "eu", "production", "content", []with{notify}, "2026-09-14T00:00:00Z", "2026-09-15T00:00:00Z", "eu.clock.notified", ""},
		{"EU: notified subscriber data is not", "eu", "production", "identity.name", []with{notify}, "", "2026-09-13T15:04:05Z", "eu.clock.ten-days", ""},
		{"EU: nor identifying data", "eu", "production", "session.time", []with{notify, identify}, "", "2026-09-13T15:04:05Z", "eu.clock.ten-days", ""},
		{"EU: nor what is cleared", "eu", "production", "content", []with{raisesNone}, "", "2026-09-13T15:04:05Z", "eu.clock.ten-days", ""},
		{"EU: the last instant of day ten is held", "eu", "production", "content", []with{notify, decided("2026-09-13T23:59:59Z")}, "2026-09-14T00:00:00Z", "2026-09-15T00:00:00Z", "eu.clock.notified", ""},
		{"EU: the end of day ten is not", "eu", "production", "content", []with{notify, decided("2026-09-14T00:00:00Z")}, "", "2026-09-15T00:00:00Z", "eu.clock.notified", ""},
		{"EU: what is refused is not held", "eu", "production", "content", []with{notify, offence(1)}, "", "2026-09-13T15:04:05Z", "eu.clock.ten-days", ""},
		{"EU: eight hours in an emergency", "eu", "emergency", "content", nil, "", "2026-09-03T23:04:05Z", "eu.clock.emergency", ""},
		{"EU: and no hold", "eu", "emergency", "content", []with{notify}, "", "2026-09-03T23:04:05Z", "eu.clock.emergency", ""},
		{"EU: an order may ask for less time", "eu", "production", "traffic.header", []with{due("2026-09-05T00:00:00Z")}, "", "2026-09-05T00:00:00Z", "eu.clock.ten-days", ""},
		{"EU: never for more", "eu", "production", "traffic.header", []with{due("2026-10-05T00:00:00Z")}, "", "2026-09-13T15:04:05Z", "eu.clock.ten-days", ""},
		{"EU: preservation for 60 days", "eu", "preservation", "content", nil, "", "", "eu.preservation", "2026-11-02T15:04:05Z"},
		{"US: no clock but the order's", "us", "subpoena", "identity.name", []with{due("2026-09-10T00:00:00Z")}, "", "2026-09-10T00:00:00Z", "us.clock.order", ""},
		{"US: which may have none", "us", "subpoena", "identity.name", nil, "", "", "", ""},
		{"US: preservation for 90 days", "us", "preservation", "content", nil, "", "", "us.preservation", "2026-12-02T15:04:05Z"},
		{"UK: the order's own deadline", "uk", "overseas-production", "content", []with{certified, due("2026-09-10T00:00:00Z")}, "", "2026-09-10T00:00:00Z", "uk.clock.order", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := plain(tt.jurisdiction, tt.process, tt.category)
			for _, w := range tt.with {
				w(a)
			}
			d := p.decide(a, c)
			ds, clocks := d.datasets[0], d.Clocks()
			if want := at(t, tt.held); !ds.HeldUntil.Equal(want) || !clocks.NotBefore.Equal(want) || (ds.Hold.ID == "") != want.IsZero() {
				t.Errorf("held until %v by %q, all until %v; want %v", ds.HeldUntil, ds.Hold.ID, clocks.NotBefore, want)
			}
			if want := at(t, tt.deadline); !clocks.Deadline.Equal(want) || clocks.Rule.ID != tt.rule {
				t.Errorf("deadline %v by %q, want %v by %q", clocks.Deadline, clocks.Rule.ID, want, tt.rule)
			}
			if want := at(t, tt.keptTil); !clocks.PreserveUntil.Equal(want) {
				t.Errorf("preserved until %v, want %v", clocks.PreserveUntil, want)
			}
		})
	}
}

// What is held does not hold back, nor put off, what is not.
func TestClocksOfAMixedOrder(t *testing.T) {
	a := plain("eu", "production", "content")
	a.notified = true
	a.items = append(a.items, order.Item{Dataset: "timeless", Fields: []order.Field{"identity-name"}})
	d := defaultPolicy(t).decide(a, everything(t))
	timed, timeless := d.datasets[0], d.datasets[1]
	if timed.HeldUntil.IsZero() || !timeless.HeldUntil.IsZero() {
		t.Errorf("held: %v and %v", timed.HeldUntil, timeless.HeldUntil)
	}
	if want := received.AddDate(0, 0, 10); !d.Clocks().Deadline.Equal(want) {
		t.Errorf("deadline %v, want %v", d.Clocks().Deadline, want)
	}
}

func TestNotice(t *testing.T) {
	p, c := defaultPolicy(t), everything(t)
	until := received.AddDate(1, 0, 0)
	secrecy := func(n order.NonDisclosure) with { return func(a *ask) { a.secrecy = &n } }
	soon := order.At(received.AddDate(0, 0, 7))
	for _, tt := range []struct {
		name         string
		jurisdiction trust.Jurisdiction
		process      trust.Process
		with         []with
		want         Notice
	}{
		{"US: before disclosure", "us", "subpoena", nil, Notice{Owed: true, Rule: Rule{ID: "us.notice"}}},
		{"US: after a secrecy with a date", "us", "search-warrant", []with{secrecy(order.NonDisclosure{Kind: order.SecretUntil, Until: order.At(until)})}, Notice{Owed: true, After: until, Rule: Rule{ID: "us.notice"}}},
		{"US: once secrecy is lifted", "us", "search-warrant", []with{secrecy(order.NonDisclosure{Kind: order.SecretFurtherOrder})}, Notice{Owed: true, WhenLifted: true, Rule: Rule{ID: "us.notice"}}},
		{"US: an nsl's gag", "us", "nsl", []with{secrecy(order.NonDisclosure{Kind: order.SecretStatutory})}, Notice{Owed: true, WhenLifted: true, Rule: Rule{ID: "us.notice"}}},
		{"US: emergencies later", "us", "emergency", nil, Notice{Owed: true, After: received.AddDate(0, 0, 90), Rule: Rule{ID: "us.notice.emergency"}}},
		{"US: the later of two dates", "us", "emergency", []with{secrecy(order.NonDisclosure{Kind: order.SecretUntil, Until: soon})}, Notice{Owed: true, After: received.AddDate(0, 0, 90), Rule: Rule{ID: "us.notice.emergency"}}},
		{"US: not who consented", "us", "consent", nil, Notice{Rule: Rule{ID: "us.notice.consent"}}},
		{"US: not for what is only kept", "us", "preservation", nil, Notice{Rule: Rule{ID: "us.notice.preservation"}}},
		{"EU: the authority informs", "eu", "production", nil, Notice{Rule: Rule{ID: "eu.notice"}}},
		{"UK: secret by statute", "uk", "warrant", nil, Notice{Rule: Rule{ID: "uk.notice.statute"}}},
		{"UK: an overseas order", "uk", "overseas-production", nil, Notice{Owed: true, Rule: Rule{ID: "uk.notice.overseas"}}},
		{"nobody's law", "atlantis", "subpoena", nil, Notice{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := plain(tt.jurisdiction, tt.process, "identity.name")
			for _, w := range tt.with {
				w(a)
			}
			got := p.decide(a, c).Notice()
			if got.Why == "" {
				t.Error("does not say why")
			}
			got.Why, got.Rule.Cite = "", ""
			if got != tt.want {
				t.Errorf("notice is %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestEnterprise(t *testing.T) {
	p, c := defaultPolicy(t), everything(t)
	for _, tt := range []struct {
		name, ground string
		jurisdiction trust.Jurisdiction
		redirect     bool
	}{
		{"US: to the customer", "", "us", true},
		{"US: unless it consents", "consent", "us", false},
		{"US: or the contract says so", "contract", "us", false},
		{"US: not for another reason", "urgency", "us", true},
		{"EU: to the customer", "", "eu", true},
		{"UK: unless the contract says so", "contract", "uk", false},
		{"nobody's law redirects", "consent", "atlantis", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := plain(tt.jurisdiction, "subpoena", "identity.name")
			a.enterprise = tt.ground
			if got := p.decide(a, c).Enterprise(); got.Redirect != tt.redirect || got.Why == "" {
				t.Errorf("enterprise is %+v, want redirect %v", got, tt.redirect)
			}
		})
	}
}
