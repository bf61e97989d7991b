//go:build servers

package export_test

import (
	"path/filepath"
	"testing"
	"time"

	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export"
	"writ/export/catalog"
	"writ/export/journal"
	"writ/export/order"
	"writ/export/outbox"
	"writ/export/policy"
	"writ/manifest"
	"writ/manifest/bundle"
)

// now is the provider's clock in these tests: some days after March 2026.
var now = at("2026-04-10 09:00:00")

// A provider answers orders of one court for one agency.
type provider struct {
	court, own sign.Signer
	registry   *trust.Registry
	identity   []byte // the agency's, as an age identity file
	folder     string
	config     export.Config
}

// newProvider makes a provider with its keys and its registry. It has no store yet.
func newProvider(t *testing.T, catalogFile []byte) *provider {
	t.Helper()
	identity, recipient, err := seal.Generate(seal.X25519, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := &provider{court: newSigner(t), own: newSigner(t), identity: identity, folder: t.TempDir()}
	always := trust.Validity{From: at("2026-01-01 00:00:00")}
	document := trust.Document{
		Format: trust.Format, Provider: "isp.example", Version: 1, IssuedAt: always.From,
		Thresholds: []trust.Threshold{{Jurisdiction: "us", Process: "subpoena", Authority: trust.Suffices, Reviewers: 2}},
		Authorities: []trust.Authority{{ID: "court", Name: "District Court", Kind: trust.Court, Jurisdiction: "us",
			Keys: []trust.Key{{PublicKey: p.court.Public(), Validity: always}}, Validity: always}},
		Reviewers: []trust.Reviewer{
			{ID: "anna", Name: "Anna", Keys: []trust.Key{{PublicKey: newSigner(t).Public(), Validity: always}}, Validity: always},
			{ID: "bernd", Name: "Bernd", Keys: []trust.Key{{PublicKey: newSigner(t).Public(), Validity: always}}, Validity: always},
		},
		Agencies: []trust.Agency{{ID: "police", Name: "State Police", Jurisdiction: "us",
			Recipients: []trust.Recipient{{Recipient: recipient.String(), Validity: always}}, Validity: always}},
		ProviderKeys: []trust.ProviderKey{{Use: trust.UseManifest, Key: trust.Key{PublicKey: p.own.Public(), Validity: always}}},
	}
	payload, err := document.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	root := newSigner(t)
	e := sign.Envelope{Purpose: sign.ForRegistry, Payload: payload}
	if err := e.Sign(root); err != nil {
		t.Fatal(err)
	}
	if p.registry, err = trust.Open(e.Marshal(), trust.Root{Threshold: 1, Keys: []sign.PublicKey{root.Public()}}); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Parse("catalog.yaml", catalogFile)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := policy.Load(policy.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	p.config = export.Config{
		Registry: p.registry, Catalog: c, Policy: rules, Signer: p.own,
		Ledger: journal.Open(filepath.Join(p.folder, "journal")),
		Outbox: outbox.Open(filepath.Join(p.folder, "out")),
		Tool:   manifest.Tool{Name: "writ", Version: "test", Build: "test", Go: "test"},
		Now:    func() time.Time { return now },
	}
	return p
}

func newSigner(t *testing.T) sign.Signer {
	t.Helper()
	password := func() ([]byte, error) { return []byte("test"), nil }
	private, _, err := sign.Generate(sign.ECDSAP256, []byte("test"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := sign.LoadSigner(private, password)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// subpoena returns the court's signed subpoena.
func (p *provider) subpoena(t *testing.T, targets []order.Target, mandate []order.Item) []byte {
	t.Helper()
	s, err := order.New(order.Order{
		Format: order.Format, ID: "GJ-2026-118", Nonce: []byte("0123456789abcdef"),
		Provider: "isp.example", Authority: "court", Agency: "police", Jurisdiction: "us",
		Process: "subpoena", Purpose: order.Investigate, LegalBasis: "18 U.S.C. 2703(c)(2)",
		IssuedAt: order.At(now.Add(-48 * time.Hour)), ExpiresAt: order.At(now.Add(30 * 24 * time.Hour)),
		Targets: targets, Mandate: mandate,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sign(p.court); err != nil {
		t.Fatal(err)
	}
	return s.Marshal()
}

func instant(t *testing.T, s string) order.Instant {
	t.Helper()
	i, err := order.ParseInstant(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// open does what the agency does with a delivery: it verifies and opens it, and
// returns the folder with the bag.
func (p *provider) open(t *testing.T, folder string) (*manifest.Verified, string) {
	t.Helper()
	published := p.registry.Publish()
	d, err := bundle.Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	id, err := seal.ParseIdentity(p.identity, nil)
	if err != nil {
		t.Fatal(err)
	}
	opened := filepath.Join(t.TempDir(), "opened")
	v, err := bundle.Open(t.Context(), d, &published, id, opened, bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return v, filepath.Join(opened, v.Statement().Predicate.ExportID)
}
