package locktest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"writ/export/demo"
	"writ/export/lockdown"
	"writ/export/order"
)

// A Server is where a store can be locked down, with no table in it yet.
type Server struct {
	Variable string                                // what writ.yaml calls a variable that holds a connection string
	Types    *strings.Replacer                     // makes the demo's schema the server's
	Run      func(t *testing.T, statements string) // in the database of the tables, as its owner
	Roles    lockdown.Roles
	Login    string // statements that let both roles log in
	Export   string // connection strings, once both can
	Approver string
}

// CommandLine locks a store down, has an order refused, approved by a reviewer
// and answered, all on the command line.
func (s Server) CommandLine(t *testing.T) {
	t.Helper()
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

	schema, err := os.ReadFile("../../demo/schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	s.Run(t, s.Types.Replace(string(schema)))
	s.Run(t, `INSERT INTO accounts (id, full_name, created_at, plan, password_hash)
			VALUES (1, 'Somebody', 1735689600, 'free', 'x'), (2, 'Somebody else', 1735689600, 'free', 'x');
		INSERT INTO addresses VALUES ('`+target+`', 1), ('other@example.com', 2)`)
	t.Setenv("MAIL_DSN", s.Export)
	t.Setenv("REVIEW_DSN", s.Approver)
	config := "format: writ.workspace/v1\nstores:\n  mail: {" + s.Variable + ": MAIL_DSN}\n" +
		"signer: {key: keys/manifest.pem, password_file: keys/password}\nengineer: {key: keys/engineer.pem, password_file: keys/password}\nledger: {key: keys/ledger.key}\nfingerprint: {key: keys/fingerprint.key}\n"
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
	s.Run(t, writ(0, "approved_until", "lockdown", "--store", "mail", "--role", s.Roles.Export, "--approver", s.Roles.Approver))
	s.Run(t, s.Login)
	writ(0, "mail: the role has no right beyond the catalog", "doctor")
	writ(6, "not approved in the store", "plan", warrant)
	writ(6, "not approved in the store", "export", warrant)
	writ(5, "lacks a right", "approve", "--store", "mail", "--dsn-env", "MAIL_DSN", warrant) // not the exporter's to say
	writ(0, "1 account on", "approve", "--store", "mail", "--dsn-env", "REVIEW_DSN", warrant)
	writ(0, "subscriber complete, 1 record,", "export", warrant)

	s.Run(t, "GRANT SELECT ON accounts TO "+s.Roles.Export)
	writ(0, "password_hash", "doctor")
}
