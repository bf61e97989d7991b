package fingerprint_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"writ/export/catalog"
	"writ/export/fingerprint"
	"writ/export/order"
	"writ/manifest/act"
)

const mail = `format: writ.catalog/v1
accounts: {box: {store: s, table: a, key: id}}
identifiers:
  email: {account: box, table: a, column: m, key: id, normalize: [lower]}
  ip-address: {account: box, table: l, column: ip, column_type: ip-address, key: id, from: b, to: e}
datasets: {d: {table: a, account: box, account_key: id, key: [id], fields: {n: {column: n, category: identity.name, type: text}}}}
`

// The same set has the same fingerprint however it is written, and another set
// or another secret has another.
func TestOf(t *testing.T) {
	c, err := catalog.Parse("catalog.yaml", []byte(mail))
	if err != nil {
		t.Fatal(err)
	}
	k, other := fingerprint.New(), fingerprint.New()
	email := func(s string) order.Target { return order.Target{Type: "email", Value: s} }
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ip := func(at time.Time) order.Target {
		return order.Target{Type: "ip-address", Value: "192.0.2.1", At: order.At(at)}
	}
	first := k.Of([]order.Target{email("anna@x.example"), ip(noon)}, c)
	for name, same := range map[string]act.Fingerprint{
		"another order":    k.Of([]order.Target{ip(noon), email("anna@x.example")}, c),
		"capitals":         k.Of([]order.Target{email("ANNA@X.example"), ip(noon)}, c),
		"another zone":     k.Of([]order.Target{email("anna@x.example"), ip(noon.In(time.FixedZone("", 3600)))}, c),
		"one target twice": k.Of([]order.Target{email("anna@x.example"), email("Anna@x.example"), ip(noon)}, c),
	} {
		if same != first {
			t.Errorf("%s: another fingerprint", name)
		}
	}
	seen := map[string]string{first.Value: "the first"}
	for name, f := range map[string]act.Fingerprint{
		"fewer":           k.Of([]order.Target{email("anna@x.example")}, c),
		"another":         k.Of([]order.Target{email("bob@x.example"), ip(noon)}, c),
		"a second later":  k.Of([]order.Target{email("anna@x.example"), ip(noon.Add(time.Second))}, c),
		"another secret":  other.Of([]order.Target{email("anna@x.example"), ip(noon)}, c),
		"another type":    k.Of([]order.Target{{Type: "name", Value: "anna@x.example"}, ip(noon)}, c),
		"two in one text": k.Of([]order.Target{email("anna@x.example\",\"\"]\n[\"ip-address\",\"192.0.2.1")}, c),
	} {
		if seen[f.Value] != "" {
			t.Errorf("%s has the fingerprint of %s", name, seen[f.Value])
		}
		seen[f.Value] = name
	}
	if k.ID() == other.ID() || len(k.ID()) != 16 {
		t.Error("two secrets have one name")
	}
	if said := fmt.Sprintf("%v %+v %s %#v", k, k, k, k); strings.Contains(said, "0x") || !strings.Contains(said, "[fingerprint key]") {
		t.Errorf("prints %s", said)
	}
}

// Only a key's own text is read.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.key")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(strings.TrimRight(string(b), "\n"))
	}
	f.Fuzz(func(t *testing.T, s string) {
		if k, err := fingerprint.Parse(s); err == nil && k.Text() != s {
			t.Fatal("a key has two texts")
		}
	})
}
