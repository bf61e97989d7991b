package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/export/order"
)

const config = `format: writ.workspace/v1
stores:
  mail: {postgres_file: dsn}
signer: {key: keys/manifest.pem, password_file: keys/password}
ledger: {key: keys/ledger.key}
`

// workspace turns the demo's workspace into one for the generated table, with
// an order for all that account 1 did in March. It returns the agency's recipient too.
func workspace(ctx context.Context, work string, db *server) (dir, recipient string, err error) {
	dir = filepath.Join(work, "workspace")
	if out, err := exec.CommandContext(ctx, filepath.Join(work, "writ"), "demo", "--prepare", "--dir", dir).CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("writ demo: %w\n%s", err, out)
	}
	catalog, err := os.ReadFile("testdata/bench/catalog.yaml")
	if err != nil {
		return "", "", err
	}
	signed, err := warrant(dir)
	if err != nil {
		return "", "", err
	}
	for name, content := range map[string][]byte{
		"writ.yaml":    []byte(config),
		"catalog.yaml": catalog,
		"dsn":          []byte(db.dsn + "\n"),
		"order.json":   signed,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return "", "", err
		}
	}
	identity, err := os.ReadFile(filepath.Join(dir, "keys/agency.key"))
	if err != nil {
		return "", "", err
	}
	_, to, found := strings.Cut(string(identity), "public key: ")
	if !found {
		return "", "", fmt.Errorf("the demo's agency key does not name its recipient")
	}
	r, err := seal.ParseRecipient(strings.SplitN(to, "\n", 2)[0])
	return dir, r.String(), err
}

// warrant is an order for the account's sign-ins, signed with the demo's keys.
func warrant(dir string) ([]byte, error) {
	shown, err := os.ReadFile(filepath.Join(dir, "orders/warrant.order.json"))
	if err != nil {
		return nil, err
	}
	theirs, err := order.Parse(shown)
	if err != nil {
		return nil, err
	}
	o := theirs.Order()
	o.ID = "bench"
	o.Targets = []order.Target{{Type: "email", Value: "user1@example.com"}}
	o.Mandate = []order.Item{{
		Dataset: "signins",
		Fields:  []order.Field{"agent", "at", "device", "ended", "ip", "port", "succeeded"},
		From:    order.At(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)),
		To:      order.At(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)),
	}}
	s, err := order.New(o)
	if err != nil {
		return nil, err
	}
	password, err := os.ReadFile(filepath.Join(dir, "keys/password"))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"court", "reviewer-1", "reviewer-2"} {
		pem, err := os.ReadFile(filepath.Join(dir, "keys", name+".pem"))
		if err != nil {
			return nil, err
		}
		k, err := sign.LoadSigner(pem, func() ([]byte, error) { return []byte(strings.TrimSpace(string(password))), nil })
		if err != nil {
			return nil, err
		}
		if err := s.Sign(k); err != nil {
			return nil, err
		}
	}
	return s.Marshal(), nil
}
