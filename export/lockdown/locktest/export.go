package locktest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"writ/crypto/sign"
	"writ/export"
	"writ/export/catalog"
	"writ/export/demo"
	"writ/export/lockdown"
	"writ/export/order"
	"writ/export/outbox"
	"writ/export/record"
	"writ/export/source"
	"writ/export/workspace"
	"writ/manifest"
)

// A Database is one that is locked down, with FreeRADIUS's tables in it.
type Database struct {
	Kind             lockdown.Kind
	Open             func(ctx context.Context, dsn string) (source.Store, error)
	Catalog          string
	File             string // what writ.yaml calls a file that holds a connection string
	Export, Approver string // connection strings
}

// provider makes an access provider's workspace, with the demo's keys.
func (db Database) provider(t *testing.T) (string, export.Config) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ws")
	if err := demo.Make(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	put(t, dir, workspace.CatalogFile, db.Catalog)
	put(t, dir, workspace.ConfigFile, "format: writ.workspace/v1\nstores:\n  radius: {"+db.File+": dsn}\n"+
		"signer: {key: keys/manifest.pem, password_file: keys/password}\nengineer: {key: keys/engineer.pem, password_file: keys/password}\nledger: {key: keys/ledger.key}\nfingerprint: {key: keys/fingerprint.key}\n")
	put(t, dir, "dsn", db.Export)
	w, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := w.Signer(nil)
	if err != nil {
		t.Fatal(err)
	}
	engineer, err := w.Engineer(nil)
	if err != nil {
		t.Fatal(err)
	}
	log, err := w.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { log.Close() })
	public, tool := w.Registry.Publish(), manifest.Tool{Name: "writ", Version: "devel", Build: "test", Go: "go1.26"}
	recorder, err := record.New(record.Config{Reader: log.Reader, Provider: &public, Index: filepath.Join(dir, "index"), Log: log, Signer: signer, Tool: tool})
	if err != nil {
		t.Fatal(err)
	}
	secret, err := w.Fingerprint()
	if err != nil {
		t.Fatal(err)
	}
	return dir, export.Config{
		Registry: w.Registry, Catalog: w.Catalog, Policy: w.Policy, Store: w.Store, Ledger: recorder, Tool: tool,
		Signer: signer, Engineer: engineer, Outbox: outbox.Open(w.Outbox()), Fingerprint: secret,
	}
}

// subpoena asks who held bob's address, and what else they did.
func subpoena(t *testing.T, dir string) export.Request {
	t.Helper()
	moment := order.At(time.Date(2026, 3, 10, 15, 0, 0, 0, time.UTC))
	s, err := order.New(order.Order{
		Format: order.Format, ID: "GJ-2026-119", Nonce: []byte("0123456789abcdef"),
		Provider: demo.Provider, Authority: demo.Court, Agency: demo.Agency, Jurisdiction: "us",
		Process: "subpoena", Purpose: order.Investigate, LegalBasis: "18 U.S.C. 2703(c)(2)",
		IssuedAt: order.At(time.Now().Add(-time.Hour)), ExpiresAt: order.At(time.Now().Add(24 * time.Hour)),
		Targets: []order.Target{{Type: "ip-address", Value: "198.51.100.2", At: moment}},
		Mandate: []order.Item{
			{Dataset: "sessions", Fields: []order.Field{"address", "start", "username"},
				From: order.At(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)), To: order.At(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC))},
			{Dataset: "subscriber", Fields: []order.Field{"password", "username"}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"court", "reviewer-1", "reviewer-2"} {
		pem, err := os.ReadFile(filepath.Join(dir, "keys", key+".pem"))
		if err != nil {
			t.Fatal(err)
		}
		k, err := sign.LoadSigner(pem, func() ([]byte, error) { return []byte("demo"), nil })
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Sign(k); err != nil {
			t.Fatal(err)
		}
	}
	return export.Request{Order: s.Marshal()}
}

// ExportThrough finds a valid order by a reviewer and exports it by the export
// role; without the approval its account does not exist.
func (db Database) ExportThrough(t *testing.T) {
	t.Helper()
	dir, config := db.provider(t)
	request := subpoena(t, dir)

	before, err := export.Plan(t.Context(), config, request)
	if err != nil {
		t.Fatal(err)
	}
	if n := before.Targets()[0].Accounts; n != 0 {
		t.Errorf("the export role finds %d accounts before the approval", n)
	}

	review := config
	review.Store = func(ctx context.Context, _ catalog.StoreName) (source.Store, error) { return db.Open(ctx, db.Approver) }
	found, err := export.Find(t.Context(), review, request)
	if err != nil {
		t.Fatal(err)
	}
	digest := found.Order.Digest()
	config.Store = func(ctx context.Context, name catalog.StoreName) (source.Store, error) {
		return db.Kind.Open(ctx, lockdown.Login{Store: name, DSN: db.Export}, digest)
	}
	if _, err := export.Plan(t.Context(), config, request); !errors.Is(err, lockdown.ErrNotApproved) {
		t.Errorf("Plan without an approval: %v", err)
	}
	a := lockdown.Approval{Order: digest, ExpiresAt: found.Order.Order().ExpiresAt.UTC(), Accounts: found.Accounts}
	if err := lockdown.Approve(t.Context(), db.Kind, lockdown.Login{Store: Store, DSN: db.Approver}, a, time.Now()); err != nil {
		t.Fatal(err)
	}

	received, err := export.Receive(t.Context(), config, request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := config.Ledger.Notify(t.Context(), digest, "letter", received); err != nil {
		t.Fatal(err)
	}
	receipt, err := export.Run(t.Context(), config, request)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range receipt.Statement.Predicate.Datasets {
		if d.Outcome != manifest.Complete || d.Records != 1 {
			t.Errorf("%s: %s, %d records; want one record of bob", d.Name, d.Outcome, d.Records)
		}
	}

	// What is changed after the signatures is looked up for nobody.
	request.Order[len(request.Order)/2] ^= 1
	if _, err := export.Find(t.Context(), review, request); !errors.Is(err, order.ErrRejected) {
		t.Errorf("a changed order: %v", err)
	}
}

func put(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
