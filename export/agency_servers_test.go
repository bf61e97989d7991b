//go:build servers

package export_test

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"writ/export"
	"writ/export/demo"
	"writ/manifest"
)

// An agency needs none of our software: age, zstd and tar open a delivery, and
// sha256sum checks the bag. `make interop` shows the rest with cosign.
func TestOthersOpenADelivery(t *testing.T) {
	w := newWorld(t)
	receipt, err := export.Run(t.Context(), w.config, w.request(t, demo.Warrant))
	if err != nil {
		t.Fatal(err)
	}
	_, ours := w.open(t, receipt.Folder)

	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", dir, "filippo.io/age/cmd/age").CombinedOutput(); err != nil {
		t.Fatalf("building age: %v\n%s", err, out)
	}
	key := filepath.Join(w.dir, demo.IdentityFile)
	ciphertext := filepath.Join(receipt.Folder, receipt.ExportID+manifest.CiphertextSuffix)
	open := func(ciphertext, into string) ([]byte, error) {
		if err := os.Mkdir(into, 0o700); err != nil {
			t.Fatal(err)
		}
		c := exec.CommandContext(t.Context(), "bash", "-c", `set -o pipefail; "$0"/age -d -i "$1" "$2" | zstd -d | tar -xf - -C "$3"`,
			dir, key, ciphertext, into)
		return c.CombinedOutput()
	}
	if out, err := open(ciphertext, filepath.Join(dir, "theirs")); err != nil {
		t.Fatalf("age -d | zstd -d | tar x: %v\n%s", err, out)
	}
	theirs := filepath.Join(dir, "theirs", receipt.ExportID)
	for _, sums := range []string{"manifest-sha256.txt", "tagmanifest-sha256.txt"} {
		c := exec.CommandContext(t.Context(), "sha256sum", "--strict", "-c", sums)
		c.Dir = theirs
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("sha256sum -c %s: %v\n%s", sums, err, out)
		}
	}

	// What they see is what writ open shows.
	files := 0
	err = fs.WalkDir(os.DirFS(theirs), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		a, err := os.ReadFile(filepath.Join(theirs, name))
		if err != nil {
			return err
		}
		b, err := os.ReadFile(filepath.Join(ours, name))
		if !bytes.Equal(a, b) {
			t.Errorf("%s: not what writ opens", name)
		}
		return err
	})
	if err != nil || files == 0 {
		t.Errorf("%d files, %v", files, err)
	}

	// One changed byte and they stop.
	b, err := os.ReadFile(ciphertext)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	changed := filepath.Join(dir, "changed")
	if err := os.WriteFile(changed, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := open(changed, filepath.Join(dir, "nothing")); err == nil || !strings.Contains(string(out), "age: error") {
		t.Errorf("a changed ciphertext: %v\n%s", err, out)
	}
}
