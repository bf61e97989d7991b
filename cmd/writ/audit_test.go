package main

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"writ/export/catalog"
	"writ/export/demo"
	"writ/export/policy"
	"writ/export/workspace"
	"writ/manifest/act"
)

// replayed is what an audit decides on in the demo.
func replayed(t testing.TB) (archive, text []byte, f act.Facts) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ws")
	if err := demo.Make(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	w, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)
	f = act.Facts{Jurisdiction: "us", Process: "search-warrant", Purpose: "investigate", Issuer: "court", Reviewers: 2, ReceivedAt: at, Targets: 1}
	for _, d := range w.Catalog.Datasets() {
		m := act.Item{Dataset: string(d.Name)}
		if d.Time.Column != "" {
			m.From, m.To = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
		}
		for _, field := range d.Fields {
			m.Fields = append(m.Fields, string(field.Name))
		}
		f.Mandate = append(f.Mandate, m)
	}
	return w.Policy.Archive(), w.Catalog.Text(), f
}

// An audit decides by the very texts that an export keeps beside the ledger.
func TestAuditRules(t *testing.T) {
	archive, text, f := replayed(t)
	decide, err := rulesOf(archive, text)
	if err != nil {
		t.Fatal(err)
	}
	d, err := decide(f, f.ReceivedAt)
	if err != nil || len(d.Datasets) != len(f.Mandate) || !d.Narrowed {
		t.Errorf("decided on %d of %d datasets, narrowed: %v: %v", len(d.Datasets), len(f.Mandate), d.Narrowed, err)
	}
	if _, err := rulesOf(archive[1:], text); !errors.Is(err, policy.ErrPolicy) {
		t.Errorf("half a policy: %v", err)
	}
	if _, err := rulesOf(archive, text[:len(text)/2]); !errors.Is(err, catalog.ErrCatalog) {
		t.Errorf("half a catalog: %v", err)
	}
	f.Mandate[0].From = "yesterday"
	if _, err := decide(f, f.ReceivedAt); !errors.Is(err, policy.ErrFacts) {
		t.Errorf("facts that no order has: %v", err)
	}
}

// BenchmarkAuditRules is what making one decision again costs, beside checking
// its signature.
func BenchmarkAuditRules(b *testing.B) {
	archive, text, f := replayed(b)
	decide, err := rulesOf(archive, text)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		if _, err := decide(f, f.ReceivedAt); err != nil {
			b.Fatal(err)
		}
	}
}
