//go:build unix

package export_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// marks stand in the data that the warrant compels: one in each dataset.
var marks = []string{"plaintext-name-7KQ2ZD", "plaintext-device-91XHAF", "plaintext-subject-MM40PC", "plaintext-body-V3T8WJ"}

// marked is a workspace with the marks in its database, ready for a child.
func marked(t *testing.T) *world {
	t.Helper()
	w := markedWorld(t)
	plainKey(t, filepath.Join(w.dir, "keys", "manifest.pem"))
	if err := w.log.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// markedWorld is a workspace with the marks in its database.
func markedWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	db := must(sqlite3.Open(filepath.Join(w.dir, "data", "mail.db")))
	for _, sql := range []string{
		"UPDATE accounts SET full_name = '" + marks[0] + "' WHERE id = 1042",
		"UPDATE logins SET device_id = '" + marks[1] + "' WHERE account_id = 1042",
		"UPDATE messages SET subject = '" + marks[2] + "', body = '" + marks[3] + "' WHERE account_id = 1042",
	} {
		if err := db.Exec(sql); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return w
}

// exporting is a process that answers the warrant, at home in a folder of its own.
func (w *world) exporting(home string, command ...string) *exec.Cmd {
	command = append(command, os.Args[0])
	c := exec.Command(command[0], command[1:]...)
	c.Dir = home
	c.Env = []string{asExporter + "=" + w.dir, "TMPDIR=" + home, "HOME=" + home, "PATH=" + os.Getenv("PATH")}
	return c
}

// shows reports which mark stands in b, as it is or in base64 or hex.
func shows(b []byte) string {
	for _, m := range marks {
		for i := range 3 { // base64 depends on where the mark begins
			if bytes.Contains(b, []byte(base64.RawStdEncoding.EncodeToString([]byte(m[i:]))[:16])) {
				return m + " in base64"
			}
		}
		if bytes.Contains(b, []byte(m)) || bytes.Contains(b, []byte(hex.EncodeToString([]byte(m)))) {
			return m
		}
	}
	return ""
}

// below reads all files below dir, by their paths.
func below(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			all[strings.TrimPrefix(path, dir+"/")], err = os.ReadFile(path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}

// ours reports whether an export may write to a file of the workspace: to the
// outbox, the ledger, or the index that is made of the ledger. The last two are SQLite's, beside a database in write-ahead mode: it only maps them.
func ours(name string) bool {
	for _, part := range []string{"out/", "ledger/", "index"} {
		if strings.HasPrefix(name, part) {
			return true
		}
	}
	return name == "data/mail.db-wal" || name == "data/mail.db-shm"
}

// What an export leaves on the disk, and what it says, holds nothing of the data
// that it handed out; and it touches no file but the outbox's and the ledger's.
func TestAnExportLeavesNoPlaintext(t *testing.T) {
	w := marked(t)
	home := t.TempDir()
	before := below(t, w.dir)
	if shows(before["data/mail.db"]) == "" {
		t.Fatal("the database holds no mark")
	}
	said, err := w.exporting(home).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if len(said) != 0 {
		t.Errorf("the export said %q", said)
	}
	after := below(t, w.dir)
	delivered := false
	for name, content := range after {
		switch {
		case ours(name):
			if m := shows(content); m != "" {
				t.Errorf("%s holds %s", name, m)
			}
			delivered = delivered || strings.HasPrefix(name, "out/") && strings.HasSuffix(name, ".age")
		case !bytes.Equal(before[name], content):
			t.Errorf("%s was written", name)
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			t.Errorf("%s is gone", name)
		}
	}
	if !delivered {
		t.Error("nothing was delivered")
	}
	for name := range below(t, home) {
		t.Errorf("%s was left in the folder for temporary files", name)
	}
}
