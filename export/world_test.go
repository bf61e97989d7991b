package export_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"writ/crypto/seal"
	"writ/crypto/trust"
	"writ/export"
	"writ/export/demo"
	"writ/export/order"
	"writ/export/outbox"
	"writ/export/policy"
	"writ/export/record"
	"writ/export/workspace"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/bundle"
	"writ/manifest/ledger"
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
	switch {
	case os.Getenv(inChild) != "":
		child()
	case os.Getenv(asExporter) != "":
		exporter()
	case os.Getenv(asWorker) != "":
		worker()
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
	log    *ledger.Log
	fault  func(ledger.Step) (bool, error) // of the next appends; nil means none
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
	t.Cleanup(func() {
		if err := w.log.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// openWorld opens a copied workspace. Its log is closed when the process ends.
func openWorld(dir string) (*world, error) {
	ws, err := workspace.Open(dir)
	if err != nil {
		return nil, err
	}
	signer, err := ws.Signer(nil)
	if err != nil {
		return nil, err
	}
	engineer, err := ws.Engineer(nil)
	if err != nil {
		return nil, err
	}
	w := &world{dir: dir}
	c, err := ws.LedgerConfig(time.Now())
	if err != nil {
		return nil, err
	}
	c.Fault = func(s ledger.Step) (bool, error) {
		if w.fault == nil {
			return false, nil
		}
		return w.fault(s)
	}
	log, err := ledger.Open(context.Background(), c)
	if err != nil {
		return nil, err
	}
	w.log = log
	fingerprint, err := ws.Fingerprint()
	if err != nil {
		return nil, err
	}
	provider := ws.Registry.Publish()
	tool := manifest.Tool{Name: "writ", Version: "devel", Build: "test", Go: "go1.26"}
	recorder, err := record.New(record.Config{
		Reader: log.Reader, Provider: &provider, Index: filepath.Join(dir, "index"), Log: log, Signer: signer, Tool: tool,
	})
	w.config = export.Config{
		Registry: ws.Registry, Catalog: ws.Catalog, Policy: ws.Policy, Store: ws.Store, Signer: signer, Engineer: engineer,
		Ledger: recorder, Outbox: outbox.Open(ws.Outbox()), Tool: tool, Fingerprint: fingerprint,
	}
	return w, err
}

// withoutRates lets the workspace answer as many orders as a test likes.
func withoutRates(dir string) error {
	folder := filepath.Join(dir, "policy")
	if err := os.CopyFS(folder, policy.Defaults()); err != nil {
		return err
	}
	for _, name := range []string{"us", "eu", "uk"} {
		path := filepath.Join(folder, name+".yaml")
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		before, rest, _ := strings.Cut(string(b), "\nrates:\n")
		_, after, found := strings.Cut(rest, "\n\n")
		if !found {
			return fmt.Errorf("%s has no rates", path)
		}
		if err := os.WriteFile(path, []byte(before+"\nrates: []\n\n"+after), 0o600); err != nil {
			return err
		}
	}
	path := filepath.Join(dir, workspace.ConfigFile)
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(b, "policy: policy\n"...), 0o600)
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

// told records that an order was received, and that the user was told of it.
func (w *world) told(t testing.TB, r export.Request) {
	t.Helper()
	at, err := export.Receive(t.Context(), w.config, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.config.Ledger.Notify(t.Context(), must(order.Parse(r.Order)).Digest(), "email", at); err != nil {
		t.Fatal(err)
	}
}

// open does what the agency does with a delivery: it verifies and opens it, and
// returns the folder of the bag.
func (w *world) open(t *testing.T, folder string) (*manifest.Verified, string) {
	t.Helper()
	delivery, err := bundle.Find(folder)
	if err != nil {
		t.Fatal(err)
	}
	provider, err := trust.ParseProvider(must(os.ReadFile(filepath.Join(w.dir, demo.ProviderFile))))
	if err != nil {
		t.Fatal(err)
	}
	identity, err := seal.ParseIdentity(must(os.ReadFile(filepath.Join(w.dir, demo.IdentityFile))), nil)
	if err != nil {
		t.Fatal(err)
	}
	opened := filepath.Join(t.TempDir(), "opened")
	v, err := bundle.Open(t.Context(), delivery, provider, identity, opened, bundle.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return v.Verified, filepath.Join(opened, v.Statement().Predicate.ExportID)
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

// said lists what the ledger says, in its order; every entry is verified.
func (w *world) said(t *testing.T) (acts []act.Act, entries [][]byte) {
	t.Helper()
	v, err := w.log.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Fsck(t.Context()); err != nil {
		t.Fatal(err)
	}
	provider := w.config.Registry.Publish()
	for e, err := range v.Entries(t.Context(), 0, v.Checkpoint().Size()) {
		if err != nil {
			t.Fatal(err)
		}
		signed, err := act.Parse(e.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		verified, err := act.Verify(signed, &provider)
		if err != nil {
			t.Fatal(err)
		}
		acts, entries = append(acts, verified.Act()), append(entries, bytes.Clone(e.Bytes))
	}
	return acts, entries
}

// kinds of acts, in a word each.
func kinds(acts []act.Act) string {
	var said []string
	for _, a := range acts {
		k := string(a.Kind())
		if d, ok := a.(act.Decided); ok {
			k += ":" + string(d.Result)
		}
		said = append(said, k)
	}
	return strings.Join(said, " ")
}
