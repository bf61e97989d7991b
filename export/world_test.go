package export_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"writ/export"
	"writ/export/demo"
	"writ/export/journal"
	"writ/export/outbox"
	"writ/export/workspace"
	"writ/manifest"
)

// made is the demo's workspace, which each test copies.
var made = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "writ-export-test-")
	if err != nil {
		return "", err
	}
	dir = filepath.Join(dir, "ws")
	return dir, demo.Make(dir, time.Now())
})

func TestMain(m *testing.M) {
	if os.Getenv(inChild) != "" {
		child()
	}
	code := m.Run()
	if dir, err := made(); err == nil {
		os.RemoveAll(filepath.Dir(dir))
	}
	os.Exit(code)
}

// world is a workspace of one test, and what an export needs of it.
type world struct {
	dir    string
	config export.Config
}

func newWorld(t *testing.T) *world {
	t.Helper()
	template, err := made()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "ws")
	if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	w, err := openWorld(dir)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func openWorld(dir string) (*world, error) {
	w, err := workspace.Open(dir)
	if err != nil {
		return nil, err
	}
	signer, err := w.Signer(nil)
	return &world{dir: dir, config: export.Config{
		Registry: w.Registry, Catalog: w.Catalog, Policy: w.Policy, Store: w.Store, Signer: signer,
		Ledger: journal.Open(filepath.Join(dir, "journal")), Outbox: outbox.Open(w.Outbox()),
		Tool: manifest.Tool{Name: "writ", Version: "devel", Build: "test", Go: "go1.26"},
	}}, err
}

// request reads one of the demo's orders.
func (w *world) request(t testing.TB, order string) export.Request {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(w.dir, order))
	if err != nil {
		t.Fatal(err)
	}
	return export.Request{Order: b}
}

// left lists what stands in the outbox and in staging, without locks.
func (w *world) left(t *testing.T) (delivered, staged []string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(w.dir, "out"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != ".staging" {
			delivered = append(delivered, e.Name())
		}
	}
	staged, err = w.config.Outbox.Staged()
	if err != nil {
		t.Fatal(err)
	}
	return delivered, staged
}
