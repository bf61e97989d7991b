package policy

import (
	"fmt"
	"strings"
	"testing"

	"writ/crypto/trust"
	"writ/export/catalog"
)

// Every rule of the files is described, in words; the golden file is what
// counsel reads.
func TestDescribe(t *testing.T) {
	p := defaultPolicy(t)
	for _, name := range p.Jurisdictions() {
		d, ok := p.Describe(name)
		if !ok {
			t.Fatalf("no description of %s", name)
		}
		var b strings.Builder
		for _, q := range d.Processes {
			fmt.Fprintf(&b, "%s [%s] reaches %s\n", q.Process, q.Cite, join(q.Reaches))
		}
		for _, r := range d.Rules {
			fmt.Fprintf(&b, "%s %s [%s] %s\n", r.Kind, r.ID, r.Cite, r.Says)
		}
		golden(t, "describe-"+string(name)+".txt", b.String())
		if got, want := len(d.Rules)+len(d.Processes), len(p.jurisdictions[name].all()); got != want {
			t.Errorf("%s: %d rules described, want %d", name, got, want)
		}
	}
	if _, ok := p.Describe("atlantis"); ok {
		t.Error("describes a law that nobody has")
	}
}

func TestSourceIsTheFile(t *testing.T) {
	cedar, yaml, ok := defaultPolicy(t).Source("us")
	if m := files(t); !ok || string(cedar) != string(m["us.cedar"].Data) || string(yaml) != string(m["us.yaml"].Data) {
		t.Error("the source is not the file")
	}
}

func TestCould(t *testing.T) {
	p := defaultPolicy(t)
	for _, tt := range []struct {
		name     string
		process  string
		category catalog.Category
		rule     string // "" if no order of the process could
	}{
		{"us", "subpoena", "content", ""},
		{"us", "court-order-2703d", "location", "us.records.location"},
		{"us", "consent", "content", "us.consent.content"},
		{"us", "emergency", "identity.name", "us.emergency.records"},
		{"us", "preservation", "identity.name", ""},
		{"us", "search-warrant", "secret", ""},
		{"us", "letter", "identity.name", ""},
		{"eu", "production", "session.time", "eu.traffic"},
		{"uk", "warrant", "content", "uk.warrant.content"},
		{"atlantis", "warrant", "content", ""},
	} {
		r, ok := p.Could(trust.Jurisdiction(tt.name), trust.Process(tt.process), tt.category)
		if r.ID != tt.rule || ok != (tt.rule != "") {
			t.Errorf("%s %s %s: rule %q, %v; want %q", tt.name, tt.process, tt.category, r.ID, ok, tt.rule)
		}
	}
}
