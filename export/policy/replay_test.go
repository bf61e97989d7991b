package policy

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"writ/crypto/seal"
	"writ/export/catalog"
	"writ/export/order"
	"writ/manifest/act"
)

// factsOf is the facts of an order that asks for a.
func factsOf(a *ask) act.Facts {
	f := act.Facts{
		Jurisdiction: string(a.jurisdiction), Process: string(a.process), Purpose: string(a.purpose), Issuer: string(a.issuer),
		Reviewers: a.reviewers, ReceivedAt: a.receivedAt, Targets: a.targets, Emergency: a.emergency,
		OffenceYears: a.offenceYears, OffenceListed: a.offenceListed, Notification: a.notified || a.cleared,
		Certificate: a.certificate, Enterprise: a.enterprise, Recipient: string(a.recipient),
	}
	if !a.dueAt.IsZero() {
		f.DueAt = order.At(a.dueAt).String()
	}
	if a.cleared {
		f.ClearedAt = order.At(a.at).String()
	}
	if a.secrecy != nil {
		f.Secrecy, f.SecretUntil = string(a.secrecy.Kind), a.secrecy.Until.String()
	}
	for _, c := range a.consent {
		f.Consent = append(f.Consent, string(c))
	}
	slices.Sort(f.Consent)
	for _, item := range a.items {
		m := act.Item{Dataset: string(item.Dataset), From: item.From.String(), To: item.To.String()}
		for _, name := range item.Fields {
			m.Fields = append(m.Fields, string(name))
		}
		f.Mandate = append(f.Mandate, m)
	}
	return f
}

// Facts that went through JSON give the decision that was made without them,
// in every case of the decision table, with everything that sets a clock.
func TestReplay(t *testing.T) {
	p, c := defaultPolicy(t), everything(t)
	until := order.At(received.AddDate(0, 1, 0))
	secret := func(k order.Secrecy, until order.Instant) with {
		return func(a *ask) { a.secrecy = &order.NonDisclosure{Kind: k, Until: until} }
	}
	besides := map[string]with{
		"alone": func(*ask) {}, "notified": notify, "cleared": raisesNone, "due": due("2026-09-05T00:00:00Z"),
		"later": decided("2026-09-14T00:00:00Z"), "contract": func(a *ask) { a.enterprise = "contract" },
		"hybrid":       func(a *ask) { a.recipient = seal.Hybrid },
		"secret until": secret(order.SecretUntil, until), "secret": secret(order.SecretStatutory, order.Instant{}),
		"two datasets": func(a *ask) {
			a.items = append(a.items, order.Item{Dataset: "timeless", Fields: []order.Field{"identity-name", "content", "none", "identity-address"}})
		},
	}
	for _, tt := range cases {
		for name, besides := range besides {
			t.Run(tt.name+", "+name, func(t *testing.T) {
				a := plain(tt.jurisdiction, tt.process, tt.category)
				for _, w := range tt.with {
					w(a)
				}
				besides(a)
				want := p.decide(a, c)
				b, err := json.Marshal(factsOf(a))
				if err != nil {
					t.Fatal(err)
				}
				var f act.Facts
				if err := json.Unmarshal(b, &f); err != nil {
					t.Fatal(err)
				}
				got, err := p.Replay(f, c, a.at)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, want) {
					t.Errorf("replayed\n%+v\nwant\n%+v", got, want)
				}
				x, err := got.Record().Canonical()
				if err != nil {
					t.Fatal(err)
				}
				if y, err := want.Record().Canonical(); err != nil || !bytes.Equal(x, y) {
					t.Errorf("recorded as\n%s\nwant\n%s (%v)", x, y, err)
				}
			})
		}
	}
}

// Every mandated field stands in the record once, with its rule or its ground.
func TestRecordIsComplete(t *testing.T) {
	p, c := defaultPolicy(t), everything(t)
	for _, name := range p.Jurisdictions() {
		for _, process := range p.jurisdictions[name].processNames() {
			a := plain(name, process, "content")
			a.certificate = true
			a.items[0].Fields = []order.Field{"unknown"}
			for _, category := range catalog.Leaves() {
				a.items[0].Fields = append(a.items[0].Fields, fieldOf(category))
			}
			d := p.decide(a, c)
			r := d.Record().Datasets[0]
			got := r.Fields()
			if want := d.datasets[0].Granted(); len(got) != len(want) {
				t.Errorf("%s %s: granted %v, want %v", name, process, got, want)
			}
			for _, w := range r.Withheld {
				got = append(got, w.Fields...)
			}
			slices.Sort(got)
			if n := len(slices.Compact(got)); n != len(a.items[0].Fields) || n != len(got) {
				t.Errorf("%s %s: %d fields in the record, %d mandated", name, process, n, len(a.items[0].Fields))
			}
		}
	}
}

func TestReplayRefuses(t *testing.T) {
	p, c := defaultPolicy(t), everything(t)
	for _, tt := range []struct {
		name string
		edit func(*act.Facts)
		want error
	}{
		{"facts of an order", func(*act.Facts) {}, nil},
		{"no time", func(f *act.Facts) { f.DueAt = "soon" }, ErrFacts},
		{"a clearance at no time", func(f *act.Facts) { f.Notification, f.ClearedAt = true, "never" }, ErrFacts},
		{"a secret until no time", func(f *act.Facts) { f.Secrecy, f.SecretUntil = "until", "2026" }, ErrFacts},
		{"a window of no time", func(f *act.Facts) { f.Mandate[0].From = "2026-01-01" }, ErrFacts},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := factsOf(plain("us", "subpoena", "identity.name"))
			tt.edit(&f)
			if d, err := p.Replay(f, c, received); !errors.Is(err, tt.want) || (d == nil) != (err != nil) {
				t.Errorf("Replay = %v, %v; want %v", d, err, tt.want)
			}
		})
	}
	if d, err := p.Replay(act.Facts{}, nil, received); d != nil || err == nil {
		t.Errorf("without a catalog: %v, %v", d, err)
	}
	d, err := p.Replay(act.Facts{}, c, time.Time{})
	if err != nil || len(d.datasets) != 0 {
		t.Errorf("no facts ask for %v (%v), want nothing", d.datasets, err)
	}
}

// BenchmarkReplay is what an audit spends on one decision.
func BenchmarkReplay(b *testing.B) {
	p, c := defaultPolicy(b), everything(b)
	f := factsOf(plain("us", "search-warrant", "content"))
	for b.Loop() {
		if _, err := p.Replay(f, c, received); err != nil {
			b.Fatal(err)
		}
	}
}
