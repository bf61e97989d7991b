//go:build servers

package lockdown_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"writ/export/demo"
	"writ/export/internal/pgtest"
	"writ/export/order"
)

// A store is locked down, an order refused, approved by a reviewer and answered,
// all on the command line.
func TestLockdownOnTheCommandLine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "ws")
	if err := demo.Make(dir, time.Now()); err != nil {
		t.Fatal(err)
	}
	warrant := filepath.Join(dir, demo.Warrant)
	text, err := os.ReadFile(warrant)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := order.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	target := signed.Order().Targets[0].Value

	schema, err := os.ReadFile("../demo/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	owner := pgtest.Start(t).Create(t, "mail")
	pgtest.Exec(t, owner, strings.NewReplacer(" STRICT", "", "succeeded INTEGER", "succeeded BOOLEAN", "birth_date TEXT", "birth_date DATE").Replace(string(schema)))
	pgtest.Exec(t, owner, `INSERT INTO accounts (id, full_name, created_at, plan, password_hash)
			VALUES (1, 'Somebody', 1735689600, 'free', 'x'), (2, 'Somebody else', 1735689600, 'free', 'x');
		INSERT INTO addresses VALUES ('`+target+`', 1), ('other@example.com', 2)`)
	as := func(role string) string { return strings.Replace(owner, "user=postgres", "user="+role, 1) }
	t.Setenv("MAIL_DSN", as("writ_export"))
	t.Setenv("REVIEW_DSN", as("writ_approver"))
	config := "format: writ.workspace/v1\nstores:\n  mail: {postgres_env: MAIL_DSN}\n" +
		"signer: {key: keys/manifest.pem, password_file: keys/password}\nengineer: {key: keys/engineer.pem, password_file: keys/password}\nledger: {key: keys/ledger.key}\n"
	if err := os.WriteFile(filepath.Join(dir, "writ.yaml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}

	program := filepath.Join(t.TempDir(), "writ")
	if out, err := exec.Command("go", "build", "-o", program, "writ/cmd/writ").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	writ := func(code int, says string, args ...string) string {
		t.Helper()
		var words strings.Builder
		cmd := exec.Command(program, append([]string{"-w", dir}, args...)...)
		cmd.Stderr = &words
		out, err := cmd.Output()
		got := 0
		if e, ok := errors.AsType[*exec.ExitError](err); ok {
			got = e.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if all := string(out) + words.String(); got != code || !strings.Contains(all, says) {
			t.Fatalf("writ %s: exit code %d, want %d and %q:\n%s", strings.Join(args, " "), got, code, says, all)
		}
		return string(out)
	}
	pgtest.Exec(t, owner, writ(0, "writ.approved", "lockdown", "--store", "mail"))
	pgtest.Exec(t, owner, "ALTER ROLE writ_export LOGIN; ALTER ROLE writ_approver LOGIN")
	writ(0, "mail: the role has no right beyond the catalog", "doctor")
	writ(6, "not approved in the store", "plan", warrant)
	writ(6, "not approved in the store", "export", warrant)
	writ(5, "lacks a right", "approve", "--store", "mail", "--dsn-env", "MAIL_DSN", warrant) // not the exporter's to say
	writ(0, "1 accounts", "approve", "--store", "mail", "--dsn-env", "REVIEW_DSN", warrant)
	writ(0, "subscriber complete, 1 records", "export", warrant)

	pgtest.Exec(t, owner, "GRANT SELECT ON accounts TO writ_export")
	writ(0, "password_hash", "doctor")
}
