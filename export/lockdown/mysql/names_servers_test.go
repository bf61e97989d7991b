//go:build servers

package mysql_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"writ/export/internal/mytest"
	"writ/export/lockdown"
	"writ/export/lockdown/locktest"
	"writ/export/lockdown/mysql"
)

// What a catalog calls a table, a column or an account stays a name; and a key
// of any type that a column can have is approved as what it is.
func oddNamesAndTypes(t *testing.T, s *mytest.Server) {
	for _, tt := range []struct{ column, key, other string }{
		{"bigint", "7", "0"}, {"int unsigned zerofill", "7", "70"}, {"decimal(20)", "7", "8"}, {"uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		{"inet6", "2001:db8::7", "2001:db8::8"}, {"varbinary(9)", "abc", "ABC"}, {"char(9)", "abc", "ABC"}, {"varchar(9) CHARACTER SET latin1", "é", "e"},
		{"varchar(9) COLLATE utf8mb4_unicode_ci", "é😀", "e😀"}, {"varchar(9) CHARACTER SET utf16", "é", "É"}, {"enum('a','b')", "a", "b"},
	} {
		t.Run(tt.column, func(t *testing.T) {
			const database, table, column = "odd` '; --", "we`ird '; DROP TABLE x; -- /*! */ \"t\"", "co'l`umn #;"
			owner := s.DSN("root", "")
			mytest.Exec(t, owner, "DROP DATABASE IF EXISTS "+quote(database)+"; CREATE DATABASE "+quote(database)+"; CREATE TABLE "+quote(database)+"."+quote(table)+
				" ("+quote(column)+" "+tt.column+", name text, INDEX ("+quote(column)+")); INSERT INTO "+quote(database)+"."+quote(table)+" VALUES ('"+tt.key+"', 'wanted'), ('"+tt.other+"', 'other'), (NULL, 'nobody')")
			yaml := func(name string) string { return `'` + strings.ReplaceAll(name, `'`, `''`) + `'` }
			text := strings.NewReplacer("people", yaml(table), "key: id", "key: "+yaml(column), "key: [id]", "key: ["+yaml(column)+"]").Replace(locktest.Head)
			tables, err := locktest.Tables(t, text)
			if err != nil {
				t.Fatal(err)
			}
			sql, err := mysql.Kind{}.Script("odd", tables, lockdown.Roles{Export: "ex`port 'x'@%", Approver: "Approver`; DROP TABLE x; --"})
			if err != nil {
				t.Fatal(err)
			}
			if out, err := s.Client(t, "root", database, sql); err != nil {
				t.Fatalf("%v\n%s\n%s", err, out, sql)
			}
			now := time.Now()
			a := lockdown.Approval{Order: first, ExpiresAt: now.Add(time.Hour), Accounts: map[string][]string{"subscriber": {tt.key, "abc' OR 1=1", "x"}}}
			if err := lockdown.Approve(t.Context(), mysql.Kind{}, lockdown.Login{Store: "odd", DSN: s.DSN("root", "")}, a, now); err != nil {
				t.Fatal(err)
			}
			got, err := s.Client(t, "root", "writ_odd", "SELECT name FROM "+quote(table))
			if err != nil || got != "wanted\n" {
				t.Errorf("approved is %q, %v", got, err)
			}
			mytest.Exec(t, owner, "DROP DATABASE writ_odd")
		})
	}
}

// A row that two owners have is shown once, for either, and for neither it is
// not, nor asked about.
func twoOwners(t *testing.T, s *mytest.Server) {
	owner := s.Create(t, "calls")
	mytest.Exec(t, owner, "CREATE TABLE people (id int, caller varchar(9), callee int, name text); INSERT INTO people VALUES (1, 'a', 1, 'both'), (2, 'a', 2, 'caller'), (3, 'b', 1, 'callee'), (4, NULL, 1, 'unknown'), (5, 'b', 2, 'none'), (2, 'a', 2, 'caller'), (6, 'A', 1, 'callee'), (7, 'A', 3, 'none'), (8, 'a', 1, 'both'), (9, 'a ', 1, 'callee')")
	tables := []lockdown.Table{{Export: []string{"id", "name"}, Owners: []lockdown.Owner{{Account: "line", Column: "caller"}, {Account: "number", Column: "callee"}}}}
	tables[0].Name.Name = "people"
	sql, err := mysql.Kind{}.Script("calls", tables, lockdown.Roles{Export: "calls_export", Approver: "calls_approver"})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := s.Client(t, "root", "calls", sql); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	now := time.Now()
	a := lockdown.Approval{Order: first, ExpiresAt: now.Add(time.Hour), Accounts: map[string][]string{"line": {"a"}, "number": {"1"}}}
	if err := lockdown.Approve(t.Context(), mysql.Kind{}, lockdown.Login{Store: "calls", DSN: owner}, a, now); err != nil {
		t.Fatal(err)
	}
	for _, switches := range []string{"", "SET optimizer_switch = 'materialization=off';"} {
		got, err := s.Client(t, "root", "writ_calls", switches+"SET sql_select_limit = 99; SELECT name FROM people WHERE EXP(IF(name = 'none', 1000, 1)) > 0")
		names := strings.Fields(got)
		slices.Sort(names)
		if want := []string{"both", "both", "callee", "callee", "callee", "caller", "caller", "unknown"}; err != nil || !slices.Equal(names, want) {
			t.Errorf("%s rows are %v, %v; want %v", switches, names, err, want)
		}
	}
}

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }
