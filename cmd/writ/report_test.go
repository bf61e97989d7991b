package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
	"writ/manifest/transparency"
)

// A past is a ledger of orders that came in half a year ago and before, which
// no workspace can have: it takes an order only while that is in force.
type past struct {
	dir, provider string
	log           *ledger.Log
	reader        *ledger.Reader
	signer        sign.Signer
}

func newPast(t *testing.T) *past {
	t.Helper()
	dir := t.TempDir()
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	signer, err := sign.LoadSigner(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := ledger.NewKey("mail.example/ledger")
	if err != nil {
		t.Fatal(err)
	}
	origin, public, err := ledger.Pin(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	p := &past{dir: filepath.Join(dir, "ledger"), provider: filepath.Join(dir, "provider.json"), signer: signer}
	since := trust.Validity{From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)}
	published, err := (&trust.Provider{
		Format: trust.ProviderFormat, Provider: "example-mail", Registry: digest.Of([]byte("registry")),
		Keys: []trust.ProviderKey{
			{Use: trust.UseManifest, Key: trust.Key{PublicKey: signer.Public(), Validity: since}},
			{Use: trust.UseLedger, Origin: origin, Key: trust.Key{PublicKey: public, Validity: since}},
		},
	}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.provider, published, 0o600); err != nil {
		t.Fatal(err)
	}
	c := ledger.Config{Dir: p.dir, Signer: key.Signer(), Verifier: key.Verifier(), Deadline: time.Minute}
	if err := ledger.Init(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if p.log, err = ledger.Open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	p.reader = p.log.Reader
	t.Cleanup(func() {
		if err := p.log.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// turnAway appends orders that came in from a time on, an hour apart, and were
// turned away.
func (p *past) turnAway(t *testing.T, from time.Time, n int, jurisdiction, process string) {
	t.Helper()
	var entries [][]byte
	for i := range n {
		at := from.Add(time.Duration(i) * time.Hour)
		b, err := act.Sign(act.Received{
			Head:       act.Head{Provider: "example-mail", RecordedAt: at, Tool: manifest.Tool{Name: "writ", Version: "1", Build: "1", Go: "go"}},
			ReceivedAt: at,
			Order: manifest.OrderRef{
				Digest: digest.Of([]byte(at.String() + process)), Jurisdiction: jurisdiction, Process: process, Purpose: "investigate",
				Targets: []manifest.TargetCount{{Type: "email", Count: 2}},
			},
			Rejected: act.Because(act.Unsigned),
		}, p.signer)
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, b)
	}
	if _, err := p.log.AppendAll(t.Context(), entries...); err != nil {
		t.Fatal(err)
	}
}

// writ runs a command line that must end with a code.
func writ(t *testing.T, code int, args ...string) (out, words string) {
	t.Helper()
	var o, w bytes.Buffer
	if got := run(t.Context(), append([]string{"writ"}, args...), strings.NewReader(""), &o, &w); got != code {
		t.Fatalf("writ %s: exit code %d, want %d: %s", strings.Join(args, " "), got, code, &w)
	}
	if code != 0 && o.Len() > 0 {
		t.Errorf("writ %s: printed something, and failed: %s", strings.Join(args, " "), &o)
	}
	return o.String(), w.String()
}

func TestReport(t *testing.T) {
	p := newPast(t)
	p.turnAway(t, time.Date(2025, 8, 1, 0, 0, 0, 0, time.UTC), 20, "us", "subpoena")
	p.turnAway(t, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), 14, "us", "subpoena")
	p.turnAway(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), 12, "uk", "warrant")
	p.turnAway(t, time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), 3, "us", "preservation")
	p.turnAway(t, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), 300, "us", "nsl")
	report := func(args ...string) []string {
		return append([]string{"report", "--provider", p.provider, "--as-of", "2026-08-15T09:30:00Z"}, args...)
	}

	text, words := writ(t, 0, report("--bands", "250", p.dir)...)
	for _, want := range []string{
		"example-mail, 2025-H2 to 2026-H1", "mail.example/ledger, 349 entries",
		"│ requests ", "│ US │ GB │", "2026-H1  preservations: *", "│ 250-499 │",
		"2026-H2 is reported when it has ended, from 2027-01-01 on.",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the table does not say %q:\n%s", want, text)
		}
	}
	if words != "" || strings.Contains(text, "300") {
		t.Errorf("letters show beyond their bands: %s%s", text, words)
	}

	// The same ledger gives the same bytes, wherever it is.
	first, _ := writ(t, 0, report("--json", p.dir)...)
	server := httptest.NewServer(p.reader.Handler())
	defer server.Close()
	if again, _ := writ(t, 0, report("--json", server.URL)...); again != first {
		t.Error("another report from the ledger's address")
	}
	r, err := transparency.Parse([]byte(first))
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := r.Periods[1].Groups[0].All.Requests.Value(); !ok || n != 26 || r.NationalSecurity != nil {
		t.Errorf("%d requests, want 26, and nothing on letters", n)
	}

	csv, _ := writ(t, 0, report("--csv", p.dir)...)
	if !strings.Contains(csv, "\n2026-H1,orders,US,requests,14,\n") {
		t.Errorf("CSV:\n%s", csv)
	}
	page := filepath.Join(t.TempDir(), "report.html")
	if said, _ := writ(t, 0, report("--html", page, p.dir)...); !strings.Contains(said, page) {
		t.Errorf("it says %q", said)
	}
	if b, err := os.ReadFile(page); err != nil || !bytes.Contains(b, []byte("2026-H1")) {
		t.Errorf("%v: %.100q", err, b)
	}

	// More comes to light about a half-year that was reported.
	previous := filepath.Join(t.TempDir(), "previous.json")
	if err := os.WriteFile(previous, []byte(first), 0o600); err != nil {
		t.Fatal(err)
	}
	same, _ := writ(t, 0, report("--previous", previous, p.dir)...)
	if !strings.Contains(same, "No figure of the earlier report, from 349 entries, has changed.") {
		t.Errorf("an unchanged ledger:\n%s", same)
	}
	p.turnAway(t, time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC), 15, "uk", "warrant")
	changed, _ := writ(t, 0, report("--previous", previous, p.dir)...)
	if !regexp.MustCompile(`│ 2025-H2 +│ orders +│ all +│ requests +│ 20 +│ 35 `).MatchString(changed) {
		t.Errorf("a changed ledger:\n%s", changed)
	}
	if again, _ := writ(t, 0, report("--json", "--size", "349", p.dir)...); again != first {
		t.Error("another report from the ledger as it was")
	}
}

func TestReportRefuses(t *testing.T) {
	p := newPast(t)
	p.turnAway(t, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), 14, "us", "subpoena")
	other := newPast(t)
	soon := transparency.HalfOf(time.Now())
	earlier, _ := writ(t, 0, "report", "--json", "--provider", p.provider, "--as-of", "2026-08-15T09:30:00Z", p.dir)
	previous := filepath.Join(t.TempDir(), "previous.json")
	if err := os.WriteFile(previous, []byte(strings.ReplaceAll(earlier, "mail.example/ledger", "mail.example/other")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		code int
		args []string
		says string
	}{
		{"no ledger", 2, nil, "LEDGER is missing"},
		{"a folder that isn't there", 2, []string{p.dir + "x"}, "there is none"},
		{"two forms", 2, []string{"--csv", "--json", p.dir}, "want one of them"},
		{"no half-year", 2, []string{"--from", "2026", p.dir}, "such as 2026-H1"},
		{"one that has not ended", 2, []string{"--to", soon.String(), p.dir}, soon.String() + " has not ended"},
		{"ends before it begins", 2, []string{"--from", "2026-H1", "--to", "2025-H2", p.dir}, "ends before it begins"},
		{"a threshold of none", 2, []string{"--threshold", "0", p.dir}, "--threshold: want 1 or more"},
		{"a fifth structure", 2, []string{"--bands", "50", p.dir}, "want one of 1000, 500, 250, 100"},
		{"a delay of no bands", 2, []string{"--bands-delay", "30", p.dir}, "go with --bands"},
		{"a time to come", 2, []string{"--as-of", time.Now().AddDate(1, 0, 0).Format(time.RFC3339), p.dir}, "still to come"},
		{"a time that is none", 2, []string{"--as-of", "yesterday", p.dir}, "RFC 3339"},
		{"more entries than there are", 2, []string{"--size", "15", p.dir}, "--size: the ledger has fewer entries: 14, not 15"},
		{"no entries", 2, []string{"--size", "0", p.dir}, "--size: want 1 or more"},
		{"an earlier report that is none", 2, []string{"--previous", p.provider, p.dir}, "malformed"},
		{"an earlier report of another ledger", 2, []string{"--previous", previous, p.dir}, "not comparable"},
		{"another provider's ledger", 4, []string{other.dir}, "does not verify"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, words := writ(t, tt.code, append([]string{"report", "--provider", p.provider}, tt.args...)...); !strings.Contains(words, tt.says) {
				t.Errorf("it says %q, not %q", words, tt.says)
			}
		})
	}
	// A changed entry leaves no report at all.
	tile := filepath.Join(p.dir, "tile/entries/000.p/14")
	b, err := os.ReadFile(tile)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.Chmod(tile, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(tile, b, 0o600); err != nil {
		t.Fatal(err)
	}
	page := filepath.Join(t.TempDir(), "report.html")
	_, words := writ(t, 4, "report", "--provider", p.provider, "--html", page, p.dir)
	if _, err := os.Stat(page); err == nil || !strings.Contains(words, "does not hash to the checkpoint") {
		t.Errorf("%v, %q", err, words)
	}
	if _, words := writ(t, 2, "report", p.dir); !strings.Contains(words, "--provider is missing") {
		t.Errorf("without the provider's keys it says %q", words)
	}
}
