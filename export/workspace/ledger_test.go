package workspace_test

import (
	"errors"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/demo"
	"writ/export/workspace"
	"writ/manifest/ledger"
)

// template is the demo's workspace, which has a ledger; no test changes it.
var template string

func TestMain(m *testing.M) {
	parent, err := os.MkdirTemp("", "workspace")
	if err != nil {
		log.Fatal(err)
	}
	template = filepath.Join(parent, "ws")
	if err := demo.Make(template, time.Now()); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	os.RemoveAll(parent)
	os.Exit(code)
}

// made returns a copy of it.
func made(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "ws")
	if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t *testing.T, dir string) *workspace.Workspace {
	t.Helper()
	w, err := workspace.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// rewrite replaces text in a file of the workspace.
func rewrite(t *testing.T, dir, name, old, new string) {
	t.Helper()
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), old) {
		t.Fatalf("%s: no %q (%v)", name, old, err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(b), old, new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLedger(t *testing.T) {
	w := open(t, made(t))
	l, err := w.Ledger(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Append(t.Context(), []byte("entry"))
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := w.LedgerReader()
	if err != nil {
		t.Fatal(err)
	}
	v, err := r.View(t.Context())
	if err != nil || v.Checkpoint().Size() != 1 {
		t.Fatalf("View = %v", err)
	}
}

func TestLedgerUnusable(t *testing.T) {
	other, err := ledger.NewKey("example-mail.example/ledger")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("WRIT_TEST_LEDGER_EMPTY", "")
	t.Setenv("WRIT_TEST_LEDGER_OTHER", other.Private())
	const key, file = "key: keys/ledger.key", "keys/ledger.key"
	for _, tt := range []struct {
		name   string
		change func(dir string)
		says   string // with what to do
	}{
		{"no key named", func(dir string) { rewrite(t, dir, workspace.ConfigFile, key, "dir: ledger") }, "writ key new --type ledger"},
		{"no key there", func(dir string) { os.Remove(filepath.Join(dir, file)) }, "writ key new --type ledger"},
		{"a key that is none", func(dir string) { rewrite(t, dir, file, "PRIVATE", "PUBLIC") }, file},
		{"an empty variable", func(dir string) { rewrite(t, dir, workspace.ConfigFile, key, "key_env: WRIT_TEST_LEDGER_EMPTY") }, "set it to the ledger's key"},
		{"a key that is not pinned", func(dir string) { rewrite(t, dir, workspace.ConfigFile, key, "key_env: WRIT_TEST_LEDGER_OTHER") }, "writ trust add key --use ledger"},
		{"no ledger", func(dir string) { os.RemoveAll(filepath.Join(dir, "ledger")) }, "writ ledger init"},
		{"a ledger elsewhere", func(dir string) { rewrite(t, dir, workspace.ConfigFile, key, key+"\n  dir: elsewhere") }, "writ ledger init"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := made(t)
			tt.change(dir)
			l, err := open(t, dir).Ledger(t.Context())
			if l != nil || !errors.Is(err, workspace.ErrConfig) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), other.Private()) {
				t.Errorf("Ledger = %v, want %v with %q", err, workspace.ErrConfig, tt.says)
			}
		})
	}
	dir := made(t)
	rewrite(t, dir, workspace.ConfigFile, key, key+"\n  key_env: WRIT_TEST_LEDGER_OTHER")
	if _, err := workspace.Open(dir); !errors.Is(err, workspace.ErrConfig) || !strings.Contains(err.Error(), "not both") {
		t.Errorf("Open with two keys = %v", err)
	}
}

// The ledger's key counts only in its time, and witnesses come from the registry.
func TestLedgerConfigFollowsTheRegistry(t *testing.T) {
	dir := made(t)
	w := open(t, dir)
	d := w.Registry.Document()
	i := len(d.ProviderKeys) - 1
	d.ProviderKeys[i].Until = d.ProviderKeys[i].From.Add(48 * time.Hour)
	d.AddWitness(trust.Witness{Key: "witness.example/0+976a3a41+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR", URL: "https://witness.example/0/"})
	w.Registry = signed(t, dir, &d)
	cfg, err := w.LedgerConfig(d.ProviderKeys[i].From)
	if err != nil || cfg.Policy.Quorum() != 1 || cfg.Dir != filepath.Join(dir, "ledger") {
		t.Fatalf("LedgerConfig = %+v, %v", cfg.Policy, err)
	}
	for _, at := range []time.Time{d.ProviderKeys[i].From.Add(-1), d.ProviderKeys[i].Until} {
		if cfg, err := w.LedgerConfig(at); cfg.Signer != nil || !errors.Is(err, workspace.ErrConfig) {
			t.Errorf("LedgerConfig at %s = %v, want %v", at, err, workspace.ErrConfig)
		}
	}
	// Nobody has cosigned: what is read is not what was asked for.
	r, err := w.LedgerReader()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.View(t.Context()); !errors.Is(err, ledger.ErrWitness) {
		t.Errorf("View = %v, want %v", err, ledger.ErrWitness)
	}

	d.ProviderKeys = d.ProviderKeys[:i]
	w.Registry = signed(t, dir, &d)
	if r, err := w.LedgerReader(); r != nil || !errors.Is(err, workspace.ErrConfig) || !strings.Contains(err.Error(), "--use ledger") {
		t.Errorf("LedgerReader without a pinned key = %v", err)
	}
}

// signed is the document as the demo's roots put it in force.
func signed(t *testing.T, dir string, d *trust.Document) *trust.Registry {
	t.Helper()
	payload, err := d.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	e := &sign.Envelope{Purpose: sign.ForRegistry, Payload: payload}
	password, err := os.ReadFile(filepath.Join(dir, demo.PasswordFile))
	if err != nil {
		t.Fatal(err)
	}
	root := trust.Root{Threshold: 2}
	for _, name := range []string{"keys/root-1.pem", "keys/root-2.pem"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		s, err := sign.LoadSigner(b, func() ([]byte, error) { return []byte(strings.TrimSpace(string(password))), nil })
		if err != nil {
			t.Fatal(err)
		}
		root.Keys = append(root.Keys, s.Public())
		if err := e.Sign(s); err != nil {
			t.Fatal(err)
		}
	}
	r, err := trust.Open(e.Marshal(), root)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
