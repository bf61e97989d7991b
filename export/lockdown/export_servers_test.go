//go:build servers

package lockdown_test

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
	"writ/export/source/postgres"
	"writ/export/workspace"
	"writ/manifest"
)

// provider makes an access provider's workspace, with the demo's keys.
func provider(t *testing.T, dsn string) (string, export.Config) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ws")
	if err := demo.Make(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../../testdata/radius/catalog.yaml")
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, workspace.CatalogFile, string(text))
	put(t, dir, workspace.ConfigFile, "format: writ.workspace/v1\nstores:\n  radius: {postgres_file: dsn}\n"+
		"signer: {key: keys/manifest.pem, password_file: keys/password}\nengineer: {key: keys/engineer.pem, password_file: keys/password}\nledger: {key: keys/ledger.key}\n")
	put(t, dir, "dsn", dsn)
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
	return dir, export.Config{
		Registry: w.Registry, Catalog: w.Catalog, Policy: w.Policy, Store: w.Store, Ledger: recorder, Tool: tool,
		Signer: signer, Engineer: engineer, Outbox: outbox.Open(w.Outbox()),
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

// A valid order is found by a reviewer and exported by the export role; without
// the approval its account does not exist.
func exportThrough(t *testing.T, db database) {
	dir, config := provider(t, db.export)
	request := subpoena(t, dir)

	before, err := export.Plan(t.Context(), config, request)
	if err != nil {
		t.Fatal(err)
	}
	if n := before.Targets()[0].Accounts; n != 0 {
		t.Errorf("the export role finds %d accounts before the approval", n)
	}

	review := config
	review.Store = func(ctx context.Context, _ catalog.StoreName) (source.Store, error) {
		return postgres.Open(ctx, db.approver)
	}
	found, err := export.Find(t.Context(), review, request)
	if err != nil {
		t.Fatal(err)
	}
	digest := found.Order.Digest()
	if err := lockdown.Check(t.Context(), db.export, digest); !errors.Is(err, lockdown.ErrNotApproved) {
		t.Errorf("Check = %v", err)
	}
	a := lockdown.Approval{Order: digest, ExpiresAt: found.Order.Order().ExpiresAt.UTC(), Accounts: found.Accounts}
	if err := lockdown.Approve(t.Context(), db.approver, a, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := lockdown.Check(t.Context(), db.export, digest); err != nil {
		t.Error(err)
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
