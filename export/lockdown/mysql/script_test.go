package mysql_test

import (
	"strings"
	"testing"

	"writ/export/lockdown"
	"writ/export/lockdown/locktest"
	"writ/export/lockdown/mysql"
)

// radiusCatalog names no database, which on MySQL is the connection's to say.
func radiusCatalog(t testing.TB) string {
	return strings.ReplaceAll(locktest.Radius(t), "public.", "")
}

func radius(t testing.TB) []lockdown.Table {
	t.Helper()
	tables, err := locktest.Tables(t, radiusCatalog(t))
	if err != nil {
		t.Fatal(err)
	}
	return tables
}

func TestScriptGolden(t *testing.T) { locktest.Golden(t, mysql.Kind{}, radius(t)) }

func TestScriptRefused(t *testing.T) {
	with := func(old, new string) string { return strings.ReplaceAll(locktest.Head, old, new) }
	locktest.Scripts(t, mysql.Kind{}, []locktest.Case{
		{Name: "a name that is too long", Catalog: with("column: name", "column: "+strings.Repeat("n", 65)), Want: lockdown.ErrUnusable},
		{Name: "a table of another database", Catalog: with("table: people", "table: mysql.user"), Want: lockdown.ErrUnusable},
		{Name: "a table with the lockdown's own name", Catalog: with("table: people", "table: Approved"), Want: lockdown.ErrUnusable},
		{Name: "a name with a backslash", Catalog: with("column: name", `column: 'na\me'`), Want: lockdown.ErrUnusable},
		{Name: "a role that is too long", Roles: lockdown.Roles{Export: strings.Repeat("r", 33), Approver: "writ"}, Want: lockdown.ErrUnusable},
		{Name: "an account without a host", Roles: lockdown.Roles{Export: "writ@", Approver: "approver"}, Want: lockdown.ErrUnusable},
		{Name: "an account with a host", Roles: lockdown.Roles{Export: "writ@10.0.0.%", Approver: "approver"}},
	})
}
