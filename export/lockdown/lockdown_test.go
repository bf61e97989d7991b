package lockdown_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"writ/export/catalog"
	"writ/export/lockdown"
	"writ/export/policy"
)

var update = flag.Bool("update", false, "rewrite the golden files")

var roles = lockdown.Roles{Export: "writ_export", Approver: "writ_approver"}

func radius(t testing.TB) []lockdown.Table {
	t.Helper()
	b, err := os.ReadFile("../../testdata/radius/catalog.yaml")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := tablesOf(t, string(b))
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func tablesOf(t testing.TB, text string) ([]lockdown.Table, error) {
	t.Helper()
	c, err := catalog.Parse("catalog.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(policy.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return lockdown.Tables(c, p, "radius")
}

func TestScriptGolden(t *testing.T) {
	got, err := lockdown.Script(radius(t), roles)
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

func TestTablesNeverNameASecret(t *testing.T) {
	for _, table := range radius(t) {
		if slices.Contains(table.Export, "value") || slices.Contains(table.Approve, "value") {
			t.Errorf("%v: the password is among the columns", table.Name)
		}
	}
}

const head = `format: writ.catalog/v1
accounts:
  subscriber: {store: radius, table: people, key: id}
identifiers:
  username: {account: subscriber, table: people, column: name, key: id}
datasets:
  person:
    table: people
    account: subscriber
    account_key: id
    key: [id]
    fields:
      name: {column: name, category: identity.name, type: text}
`

func TestRefused(t *testing.T) {
	for _, tt := range []struct {
		name, catalog string
		roles         lockdown.Roles
		want          error
	}{
		{"a plain catalog", head, roles, nil},
		{"a secret that is read as something else", head + "      hidden: {column: name, category: secret, type: text}\n", roles, lockdown.ErrUnusable},
		{"another store's catalog", strings.ReplaceAll(head, "store: radius", "store: mail"), roles, lockdown.ErrUnusable},
		{"a name that the server cuts", strings.ReplaceAll(head, "column: name", "column: "+strings.Repeat("n", 64)), roles, lockdown.ErrUnusable},
		{"a table of the server's own", strings.ReplaceAll(head, "table: people", "table: pg_catalog.pg_authid"), roles, lockdown.ErrUnusable},
		{"one role for both", head, lockdown.Roles{Export: "writ", Approver: "writ"}, lockdown.ErrUnusable},
		{"no role", head, lockdown.Roles{Approver: "writ"}, lockdown.ErrUnusable},
		{"a predefined role", head, lockdown.Roles{Export: "pg_read_all_data", Approver: "writ"}, lockdown.ErrUnusable},
		{"a role of two lines", head, lockdown.Roles{Export: "a\nDROP TABLE people; --", Approver: "writ"}, lockdown.ErrUnusable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tables, err := tablesOf(t, tt.catalog)
			var sql string
			if err == nil {
				sql, err = lockdown.Script(tables, tt.roles)
			}
			if !errors.Is(err, tt.want) {
				t.Fatalf("error is %v, want %v", err, tt.want)
			}
			if (sql == "") != (tt.want != nil) {
				t.Errorf("script and error do not agree: %q", sql)
			}
		})
	}
}

// A column that no rule of any jurisdiction could grant is not read.
func TestTablesLeaveOutWhatNoRuleGrants(t *testing.T) {
	b, err := os.ReadFile("../../testdata/radius/catalog.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Parse("catalog.yaml", b)
	if err != nil {
		t.Fatal(err)
	}
	var none policy.Policy
	tables, err := lockdown.Tables(c, &none, "radius")
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if table.Name.Name != "radacct" {
			continue
		}
		// What reads and look-ups need, and no field.
		want := []string{"acctstarttime", "acctstoptime", "framedipaddress", "radacctid", "username"}
		if !slices.Equal(table.Export, want) {
			t.Errorf("columns are %v, want %v", table.Export, want)
		}
	}
}
