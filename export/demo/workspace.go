// Package demo makes a workspace to try writ in: a small made-up mail provider
// with its database, keys, registry and catalog, and four orders for it.
//
// Everybody's keys are in it, the court's too, so it shows how the parts fit;
// nobody should answer real orders with it.
package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "embed"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/fingerprint"
	"writ/export/order"
	"writ/export/workspace"
	"writ/manifest/ledger"
)

// The demo's names in the registry, and its files.
const (
	Provider = "example-mail"
	Court    = "district-court"
	Agency   = "state-police"
	Engineer = "okafor"

	ProviderFile = "provider.json"
	IdentityFile = "keys/agency.key"
	PasswordFile = "keys/password" // of every signing key in the demo
	// FingerprintFile holds the secret of fingerprints.
	FingerprintFile = "keys/fingerprint.key"

	ledgerKeyFile = "keys/ledger.key"
)

// The orders.
const (
	Warrant    = "orders/warrant.order.json"    // a search warrant for one mailbox
	Subpoena   = "orders/subpoena.order.json"   // asks for more than a subpoena may compel
	Enterprise = "orders/enterprise.order.json" // for an account of an enterprise customer
	Forged     = "orders/forged.order.json"     // the warrant, with another target written in
)

//go:embed catalog.yaml
var catalogFile []byte

const configFile = `# What this workspace is made of. Paths are relative to this file.
format: writ.workspace/v1
stores:
  mail: {sqlite: data/mail.db}
signer:
  key: keys/manifest.pem
  password_file: keys/password
engineer:
  key: keys/engineer.pem
  password_file: keys/password
ledger:
  key: keys/ledger.key
fingerprint:
  key: keys/fingerprint.key
outbox: out
`

var password = []byte("demo")

// Make fills dir, which must be empty or not exist. The orders are issued at now.
func Make(dir string, now time.Time) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty; name another folder with --dir", dir)
	}
	for _, sub := range []string{"data", "keys", "orders", "trust"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return err
		}
	}
	f := &files{dir: dir}
	f.write(workspace.ConfigFile, []byte(configFile))
	f.write(workspace.CatalogFile, catalogFile)
	f.write(PasswordFile, append(password, '\n'))
	f.write(FingerprintFile, []byte(fingerprint.New().Text()+"\n"))
	signers, registry := f.trust(now)
	if f.err != nil {
		return f.err
	}
	f.write(ProviderFile, registry)
	f.ledger()
	f.orders(signers, now)
	return errors.Join(f.err, Database(filepath.Join(dir, "data", "mail.db")))
}

// files writes into the workspace; the first error stops it.
type files struct {
	dir string
	err error
}

func (f *files) write(name string, content []byte) {
	if f.err == nil {
		f.err = os.WriteFile(filepath.Join(f.dir, name), content, 0o600)
	}
}

// signer makes a key pair in keys/ and opens it.
func (f *files) signer(name string, a sign.Algorithm) sign.Signer {
	if f.err != nil {
		return nil
	}
	private, public, err := sign.Generate(a, password)
	if err != nil {
		f.err = err
		return nil
	}
	f.write("keys/"+name+".pem", private)
	f.write("keys/"+name+".pub", public)
	s, err := sign.LoadSigner(private, func() ([]byte, error) { return password, nil })
	f.err = errors.Join(f.err, err)
	return s
}

// signers are those who sign the demo's orders.
type signers struct{ court, reviewer1, reviewer2 sign.Signer }

// trust makes everybody's keys and the registry, and returns the provider file.
func (f *files) trust(now time.Time) (signers, []byte) {
	roots := []sign.Signer{f.signer("root-1", sign.ECDSAP256), f.signer("root-2", sign.ECDSAP256)}
	s := signers{f.signer("court", sign.ECDSAP256), f.signer("reviewer-1", sign.Ed25519), f.signer("reviewer-2", sign.ECDSAP256)}
	own, engineer := f.signer("manifest", sign.ECDSAP256), f.signer("engineer", sign.Ed25519)
	log, err := ledger.NewKey(Provider + ".example/ledger")
	if f.err = errors.Join(f.err, err); f.err != nil {
		return s, nil
	}
	f.write(ledgerKeyFile, []byte(log.Private()+"\n"))
	_, logKey, err := ledger.Pin(log.Public())
	f.err = errors.Join(f.err, err)
	identity, recipient, err := seal.Generate(seal.X25519, nil)
	if f.err = errors.Join(f.err, err); f.err != nil {
		return s, nil
	}
	f.write(IdentityFile, identity)

	from := trust.Validity{From: now.Add(-24 * time.Hour).UTC().Truncate(time.Second)}
	key := func(s sign.Signer) trust.Key { return trust.Key{PublicKey: s.Public(), Validity: from} }
	document := trust.Document{
		Format: trust.Format, Provider: Provider, Version: 1, IssuedAt: from.From,
		Authorities: []trust.Authority{{
			ID: Court, Name: "District Court", Kind: trust.Court, Jurisdiction: "us", Country: "US", Phone: "+15550100", Keys: []trust.Key{key(s.court)}, Validity: from,
		}},
		Reviewers: []trust.Reviewer{
			{ID: "lopez", Name: "A. López, legal", Keys: []trust.Key{key(s.reviewer1)}, Validity: from},
			{ID: "chen", Name: "W. Chen, legal", Keys: []trust.Key{key(s.reviewer2)}, Validity: from},
		},
		Engineers: []trust.Engineer{{ID: Engineer, Name: "M. Okafor, fulfilment", Keys: []trust.Key{key(engineer)}, Validity: from}},
		Agencies: []trust.Agency{{
			ID: Agency, Name: "State Police, cyber unit", Jurisdiction: "us", Phone: "+15550101",
			Recipients: []trust.Recipient{{Recipient: recipient.String(), Validity: from}}, Validity: from,
		}},
		ProviderKeys: []trust.ProviderKey{
			{Use: trust.UseManifest, Key: key(own)},
			{Use: trust.UseLedger, Origin: log.Origin(), Key: trust.Key{PublicKey: logKey, Validity: from}},
		},
		Thresholds: []trust.Threshold{
			{Jurisdiction: "us", Process: "search-warrant", Authority: trust.Required, Reviewers: 2},
			{Jurisdiction: "us", Process: "court-order-2703d", Authority: trust.Required, Reviewers: 1},
			{Jurisdiction: "us", Process: "subpoena", Authority: trust.Suffices, Reviewers: 2},
			{Jurisdiction: "us", Process: "emergency", Authority: trust.NotNeeded, Reviewers: 2},
			{Jurisdiction: "us", Process: "preservation", Authority: trust.NotNeeded, Reviewers: 1},
		},
	}
	payload, err := document.Marshal()
	if f.err = err; err != nil {
		return s, nil
	}
	root := trust.Root{Threshold: len(roots)}
	envelope := &sign.Envelope{Purpose: sign.ForRegistry, Payload: payload}
	for _, r := range roots {
		root.Keys = append(root.Keys, r.Public())
		f.err = errors.Join(f.err, envelope.Sign(r))
	}
	pin, err := root.Marshal()
	f.err = errors.Join(f.err, err)
	f.write(workspace.RootFile, pin)
	f.write(workspace.RegistryFile, envelope.Marshal())
	registry, err := trust.Open(envelope.Marshal(), root)
	if f.err = errors.Join(f.err, err); f.err != nil {
		return s, nil
	}
	provider := registry.Publish()
	published, err := provider.Marshal()
	f.err = errors.Join(f.err, err)
	return s, published
}

// ledger makes the empty ledger that the workspace names.
func (f *files) ledger() {
	if f.err != nil {
		return
	}
	w, err := workspace.Open(f.dir)
	if err != nil {
		f.err = err
		return
	}
	c, err := w.LedgerConfig(time.Now())
	if err != nil {
		f.err = err
		return
	}
	f.err = ledger.Init(context.Background(), c)
}

// orders writes the four orders.
func (f *files) orders(s signers, now time.Time) {
	all := func(names ...order.Field) []order.Field { return names }
	from, to := instant("2025-03-01T00:00:00-05:00"), instant("2025-06-01T00:00:00-04:00")
	warrant := f.order(now, "25-mj-0042", "search-warrant", "18 U.S.C. 2703(a)", "mirela.kowalska@example.com")
	warrant.Mandate = []order.Item{
		{Dataset: "logins", Fields: all("at", "device", "duration_s", "ip", "port"), From: from, To: to},
		{Dataset: "messages", Fields: all("at", "body", "date", "from", "subject", "to"), From: from, To: to},
		{Dataset: "subscriber", Fields: all("address", "created", "name", "phone", "plan")},
	}
	warrant.NonDisclosure = &order.NonDisclosure{Kind: order.SecretUntil, Until: order.At(now.UTC().Truncate(24*time.Hour).AddDate(0, 6, 0)), Document: "2705(b) order"}
	warrant.Documents = []order.Document{document("2705(b) order")}
	signed := f.sign(warrant, s.court, s.reviewer1, s.reviewer2)
	f.write(Warrant, signed)

	subpoena := f.order(now, "GJ-2025-118", "subpoena", "18 U.S.C. 2703(c)(2)", "")
	// The same person, known to this authority by the account's number: what
	// names the same targets as the warrant would be a near-duplicate.
	subpoena.Targets = []order.Target{{Type: "account-id", Value: "1042"}}
	subpoena.Mandate = []order.Item{
		{Dataset: "logins", Fields: all("at", "device", "duration_s", "ip"), From: from, To: to},
		{Dataset: "messages", Fields: all("body", "subject"), From: from, To: to},
		{Dataset: "payments", Fields: all("at", "method", "number"), From: from, To: to},
		{Dataset: "subscriber", Fields: all("address", "birth_date", "created", "name", "password_hash", "phone", "plan")},
	}
	f.write(Subpoena, f.sign(subpoena, s.court, s.reviewer1, s.reviewer2))

	enterprise := f.order(now, "25-mj-0043", "search-warrant", "18 U.S.C. 2703(a)", "t.vandenberg@example.com")
	enterprise.Mandate = []order.Item{{Dataset: "messages", Fields: all("at", "body", "from", "to"), From: from, To: to}}
	f.write(Enterprise, f.sign(enterprise, s.court, s.reviewer1, s.reviewer2))

	if envelope, err := sign.ParseEnvelope(signed, sign.ForOrder); err == nil {
		warrant.Targets[0].Value = "ada.abebe17@example.com"
		forged, err := order.New(warrant)
		f.err = errors.Join(f.err, err)
		if err == nil {
			f.write(Forged, withSignatures(forged, envelope.Signatures))
		}
	} else {
		f.err = errors.Join(f.err, err)
	}
}

// order returns what the demo's orders have in common.
func (f *files) order(now time.Time, id order.ID, process trust.Process, basis, email string) order.Order {
	nonce := make([]byte, order.MinNonce)
	rand.Read(nonce)
	now = now.UTC().Truncate(time.Second)
	return order.Order{
		Format: order.Format, ID: id, Nonce: nonce, Provider: Provider, Authority: Court, Agency: Agency,
		Jurisdiction: "us", Process: process, Purpose: order.Investigate, LegalBasis: basis,
		IssuedAt: order.At(now.Add(-time.Hour)), ExpiresAt: order.At(now.AddDate(0, 0, 14)),
		Targets: []order.Target{{Type: "email", Value: email}},
	}
}

func (f *files) sign(o order.Order, by ...sign.Signer) []byte {
	s, err := order.New(o)
	if err != nil {
		f.err = errors.Join(f.err, fmt.Errorf("order %s: %w", o.ID, err))
		return nil
	}
	for _, k := range by {
		f.err = errors.Join(f.err, s.Sign(k))
	}
	return s.Marshal()
}

// withSignatures is what a forger can do: the signatures of another order.
func withSignatures(s *order.Signed, signatures []sign.Signature) []byte {
	envelope, err := sign.ParseEnvelope(s.Marshal(), sign.ForOrder)
	if err != nil {
		return nil
	}
	envelope.Signatures = signatures
	return envelope.Marshal()
}

func instant(s string) order.Instant {
	i, err := order.ParseInstant(s)
	if err != nil {
		panic(err) // it is a constant of this file
	}
	return i
}

// document names an exhibit that the demo's court attached.
func document(name string) order.Document {
	content := []byte("This stands for the scan of the " + name + ".")
	return order.Document{Name: name, MediaType: "text/plain", SizeBytes: int64(len(content)), SHA256: digest.Of(content)}
}
