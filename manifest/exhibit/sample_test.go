package exhibit

import (
	"context"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"writ/crypto/seal"
	"writ/crypto/trust"
	"writ/manifest/bundle"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	deliveries = "../bundle/testdata/delivery"
	exportID   = "ex-2026-0001"
	golden     = "testdata/sign-ins-17.exhibit.json"
)

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func provider(t testing.TB) *trust.Provider {
	t.Helper()
	p, err := trust.ParseProvider(read(t, filepath.Join(deliveries, "provider.json")))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// opened opens the golden delivery of package bundle into a new folder.
func opened(t testing.TB) (bundle.Delivery, string) {
	t.Helper()
	d, err := bundle.Find(deliveries)
	if err != nil {
		t.Fatal(err)
	}
	id, err := seal.ParseIdentity(read(t, "../bundle/testdata/agency.key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "opened")
	if _, err := bundle.Open(context.Background(), d, provider(t), id, dir, bundle.Options{Workers: 1}); err != nil {
		t.Fatal(err)
	}
	return d, dir
}

// lines returns the records of the dataset in their order.
func lines(t testing.TB, dir string) (all [][]byte) {
	t.Helper()
	for record, err := range records(context.Background(), os.DirFS(filepath.Join(dir, exportID)), "sign-ins") {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, []byte(string(record)))
	}
	if len(all) < 2 {
		t.Fatalf("%d records", len(all))
	}
	return all
}

// mustMake returns the exhibit of record 17.
func mustMake(t testing.TB) []byte {
	t.Helper()
	d, dir := opened(t)
	b, err := Make(context.Background(), d, os.DirFS(dir), provider(t), "sign-ins", Record(17))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// bent returns the golden exhibit with a change.
func bent(t testing.TB, change func(*Exhibit)) []byte {
	t.Helper()
	e, err := Parse(read(t, golden))
	if err != nil {
		t.Fatal(err)
	}
	change(e)
	b, err := e.marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// replaced returns the golden exhibit with text in place of other text, which is there.
func replaced(t testing.TB, old, with string) []byte {
	t.Helper()
	s := string(read(t, golden))
	if !strings.Contains(s, old) {
		t.Fatalf("the golden exhibit does not hold %q", old)
	}
	return []byte(strings.Replace(s, old, with, 1))
}

// rewritten changes a file of an opened folder.
func rewritten(t testing.TB, dir, name string, change func(string) string) fs.FS {
	t.Helper()
	path := filepath.Join(dir, exportID, filepath.FromSlash(name))
	if err := os.WriteFile(path, []byte(change(string(read(t, path)))), 0o600); err != nil {
		t.Fatal(err)
	}
	return os.DirFS(dir)
}
