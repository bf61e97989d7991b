package mysql_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"writ/export/lockdown"
	"writ/export/lockdown/locktest"
	"writ/export/lockdown/mysql"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// radiusCatalog names no database, which on MySQL is the connection's to say.
func radiusCatalog(t testing.TB) string { return strings.ReplaceAll(locktest.Radius(t), "public.", "") }

func radius(t testing.TB) []lockdown.Table {
	t.Helper()
	tables, err := locktest.Tables(t, radiusCatalog(t))
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func TestScriptGolden(t *testing.T) {
	got, err := mysql.Kind{}.Script(locktest.Store, radius(t), locktest.Roles)
	if err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "radius.sql")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the script is not %s; go test -update rewrites it:\n%s", golden, got)
	}
}

func TestScriptRefused(t *testing.T) {
	for _, tt := range []struct {
		name, catalog string
		roles         lockdown.Roles
		want          error
	}{
		{"a plain catalog", locktest.Head, locktest.Roles, nil},
		{"a name that the server cuts", strings.ReplaceAll(locktest.Head, "column: name", "column: "+strings.Repeat("n", 65)), locktest.Roles, lockdown.ErrUnusable},
		{"a table of another database", strings.ReplaceAll(locktest.Head, "table: people", "table: mysql.user"), locktest.Roles, lockdown.ErrUnusable},
		{"a table with the lockdown's own name", strings.ReplaceAll(locktest.Head, "table: people", "table: Approved"), locktest.Roles, lockdown.ErrUnusable},
		{"a name with a backslash", strings.ReplaceAll(locktest.Head, "column: name", `column: 'na\me'`), locktest.Roles, lockdown.ErrUnusable},
		{"one role for both", locktest.Head, lockdown.Roles{Export: "writ", Approver: "writ"}, lockdown.ErrUnusable},
		{"no role", locktest.Head, lockdown.Roles{Approver: "writ"}, lockdown.ErrUnusable},
		{"a role that the server cuts", locktest.Head, lockdown.Roles{Export: strings.Repeat("r", 33), Approver: "writ"}, lockdown.ErrUnusable},
		{"an account without a host", locktest.Head, lockdown.Roles{Export: "writ@", Approver: "approver"}, lockdown.ErrUnusable},
		{"an account with a host", locktest.Head, lockdown.Roles{Export: "writ@10.0.0.%", Approver: "approver"}, nil},
		{"a role of two lines", locktest.Head, lockdown.Roles{Export: "a\nDROP TABLE people; --", Approver: "writ"}, lockdown.ErrUnusable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tables, err := locktest.Tables(t, tt.catalog)
			if err != nil {
				t.Fatal(err)
			}
			sql, err := mysql.Kind{}.Script(locktest.Store, tables, tt.roles)
			if !errors.Is(err, tt.want) {
				t.Fatalf("error is %v, want %v", err, tt.want)
			}
			if (sql == "") != (tt.want != nil) {
				t.Errorf("script and error do not agree: %q", sql)
			}
		})
	}
}
