package postgres_test

import (
	"strings"
	"testing"

	"writ/export/lockdown"
	"writ/export/lockdown/locktest"
	"writ/export/lockdown/postgres"
)

func radius(t testing.TB) []lockdown.Table {
	t.Helper()
	tables, err := locktest.Tables(t, locktest.Radius(t))
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func TestScriptGolden(t *testing.T) { locktest.Golden(t, postgres.Kind{}, radius(t)) }

func TestScriptRefused(t *testing.T) {
	with := func(old, new string) string { return strings.ReplaceAll(locktest.Head, old, new) }
	locktest.Scripts(t, postgres.Kind{}, []locktest.Case{
		{Name: "a name that the server cuts", Catalog: with("column: name", "column: "+strings.Repeat("n", 64)), Want: lockdown.ErrUnusable},
		{Name: "a table of the server's own", Catalog: with("table: people", "table: pg_catalog.pg_authid"), Want: lockdown.ErrUnusable},
		{Name: "a predefined role", Roles: lockdown.Roles{Export: "pg_read_all_data", Approver: "writ"}, Want: lockdown.ErrUnusable},
	})
}
