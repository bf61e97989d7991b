package locktest

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"writ/export/lockdown"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Golden compares the script for a catalog with testdata/radius.sql.
func Golden(t *testing.T, k lockdown.Kind, tables []lockdown.Table) {
	t.Helper()
	got, err := k.Script(Store, tables, Roles)
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

// A Case is a catalog and roles, and whether there is a script for them.
type Case struct {
	Name    string
	Catalog string         // default: Head
	Roles   lockdown.Roles // default: Roles
	Want    error
}

// Scripts tries cases of a kind's own, and those that are the same everywhere.
func Scripts(t *testing.T, k lockdown.Kind, cases []Case) {
	for _, c := range append(cases,
		Case{Name: "a plain catalog"},
		Case{Name: "one role for both", Roles: lockdown.Roles{Export: "writ", Approver: "writ"}, Want: lockdown.ErrUnusable},
		Case{Name: "no role", Roles: lockdown.Roles{Approver: "writ"}, Want: lockdown.ErrUnusable},
		Case{Name: "a role of two lines", Roles: lockdown.Roles{Export: "a\nDROP TABLE people; --", Approver: "writ"}, Want: lockdown.ErrUnusable},
	) {
		t.Run(c.Name, func(t *testing.T) {
			if c.Catalog == "" {
				c.Catalog = Head
			}
			if c.Roles == (lockdown.Roles{}) {
				c.Roles = Roles
			}
			tables, err := Tables(t, c.Catalog)
			if err != nil {
				t.Fatal(err)
			}
			sql, err := k.Script(Store, tables, c.Roles)
			if !errors.Is(err, c.Want) {
				t.Fatalf("error is %v, want %v", err, c.Want)
			}
			if (sql == "") != (c.Want != nil) {
				t.Errorf("script and error do not agree: %q", sql)
			}
		})
	}
}
