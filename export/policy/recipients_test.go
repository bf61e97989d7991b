package policy

import (
	"reflect"
	"strings"
	"testing"

	"writ/crypto/seal"
	"writ/crypto/trust"
	"writ/export/catalog"
)

// edited is the default policy with a piece of us.yaml changed.
func edited(t *testing.T, old, new string) *Policy {
	t.Helper()
	m := files(t)
	if !strings.Contains(string(m["us.yaml"].Data), old) {
		t.Fatalf("us.yaml has no %q", old)
	}
	m["us.yaml"].Data = []byte(strings.Replace(string(m["us.yaml"].Data), old, new, 1))
	p, err := Load(m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A rule about recipients refuses what it is about, by its own name, for a key
// of any kind that it does not name; and for none.
func TestRecipients(t *testing.T) {
	const (
		all     = "recipients:\n  - {id: us.pq, cite: provider's policy, kinds: [hybrid]}\n"
		content = "recipients:\n  - {id: us.pq, cite: provider's policy, classes: [content], kinds: [hybrid]}\n"
		warrant = "recipients:\n  - {id: us.pq, cite: provider's policy, processes: [search-warrant], kinds: [hybrid, plugin]}\n"
		two     = "recipients:\n  - {id: us.known, cite: provider's policy, kinds: [hybrid, x25519]}\n  - {id: us.pq, cite: provider's policy, kinds: [hybrid, ssh]}\n"
	)
	c := everything(t)
	for _, tt := range []struct {
		name, rules string
		kind        seal.Kind
		process     trust.Process
		category    catalog.Category
		refused     string // the rule
	}{
		{"no rule, any key", "", seal.X25519, "search-warrant", "content", ""},
		{"no rule, no key", "", "", "search-warrant", "content", ""},
		{"hybrid alone: a hybrid one", all, seal.Hybrid, "subpoena", "identity.name", ""},
		{"hybrid alone: an X25519 one", all, seal.X25519, "subpoena", "identity.name", "us.pq"},
		{"hybrid alone: an ssh one", all, seal.SSH, "subpoena", "identity.name", "us.pq"},
		{"hybrid alone: a plugin's", all, seal.Plugin, "subpoena", "identity.name", "us.pq"},
		{"hybrid alone: none", all, "", "subpoena", "identity.name", "us.pq"},
		{"for content alone: content", content, seal.X25519, "search-warrant", "content", "us.pq"},
		{"for content alone: a name", content, seal.X25519, "search-warrant", "identity.name", ""},
		{"for warrants: a warrant", warrant, seal.X25519, "search-warrant", "identity.name", "us.pq"},
		{"for warrants: a plugin's", warrant, seal.Plugin, "search-warrant", "identity.name", ""},
		{"for warrants: a subpoena", warrant, seal.X25519, "subpoena", "identity.name", ""},
		{"two rules, and both hold", two, seal.Hybrid, "subpoena", "identity.name", ""},
		{"two rules, and the first does not", two, seal.SSH, "subpoena", "identity.name", "us.known"},
		{"two rules, and the second does not", two, seal.X25519, "subpoena", "identity.name", "us.pq"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			rules := "enterprise:\n"
			p := edited(t, rules, tt.rules+rules)
			a := plain("us", tt.process, tt.category)
			a.recipient = tt.kind
			d := p.decide(a, c)
			if again, err := p.Replay(factsOf(a), c, a.at); err != nil || !reflect.DeepEqual(again, d) {
				t.Errorf("replayed as %+v (%v)", again, err)
			}
			v := d.datasets[0].Verdicts[0]
			if tt.refused == "" {
				if v.Effect != Grant {
					t.Errorf("refused: %s: %s", v.Ground, v.Why)
				}
				return
			}
			if v.Effect == Grant || v.Ground != NoSuchRecipient || v.Rule.ID != tt.refused || !strings.Contains(v.Why, "writ trust add recipient") {
				t.Errorf("%v %s by %s: %s; want it refused by %s", v.Effect, v.Ground, v.Rule.ID, v.Why, tt.refused)
			}
		})
	}
}
