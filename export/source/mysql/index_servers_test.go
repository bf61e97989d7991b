//go:build servers

package mysql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"writ/export/catalog"
	"writ/export/internal/mysqlconn"
	"writ/export/internal/mytest"
	"writ/export/source"
	"writ/export/source/sourcetest"
)

// A key that is text to writ is served by the index of whatever type its column
// is, for one account and for several, and so is an identifier; one account's
// records come in the index's order and are sorted by nothing.
func TestIndexes(t *testing.T) {
	dsn := mytest.Start(t).Create(t, "indexes")
	for typ, key := range map[string]string{
		"bigint":          "seq",
		"int unsigned":    "seq",
		"decimal(20)":     "seq",
		"varchar(40)":     "concat('user', seq)",
		"varbinary(40)":   "concat('user', seq)",
		"char(40) binary": "concat('user', seq)",
		"varchar(40) CHARACTER SET latin1 COLLATE latin1_german2_ci":  "concat('user', seq)",
		"varchar(40) COLLATE utf8mb4_nopad_bin":                       "concat('user', seq)",
		"varchar(40) CHARACTER SET utf8mb3 COLLATE utf8mb3_nopad_bin": "concat('user', seq)",
		"varchar(40) CHARACTER SET ascii COLLATE ascii_nopad_bin":     "concat('user', seq)",
		"uuid":  "concat('a0eebc99-9c0b-4ef8-bb6d-', lpad(seq, 12, '0'))",
		"inet6": "concat('2001:db8::', seq)",
	} {
		t.Run(typ, func(t *testing.T) {
			mytest.Exec(t, dsn, `DROP TABLE IF EXISTS t; CREATE TABLE t(account `+typ+`, at datetime(6), id bigint, x text, INDEX i (account, at, id));
				INSERT INTO t SELECT `+key+`, '1970-01-01 00:00:05', seq, 'x' FROM seq_0_to_999; ANALYZE TABLE t`)
			x := begun(t, dsn)
			first, err := x.conn.Texts(t.Context(), "SELECT account FROM t WHERE id IN (7, 8)")
			if err != nil {
				t.Fatal(err)
			}
			accounts := slices.Concat(first...)
			r := source.Read{
				Dataset: "d", Table: catalog.Table{Name: "t"}, AccountKey: "account", Key: []string{"id"}, Time: catalog.TimeColumn{Column: "at"},
				From: time.Unix(0, 0), To: time.Unix(9, 0), Fields: []catalog.Field{{Name: "x", Column: "x", Type: catalog.Text}},
			}
			for _, r.Accounts = range [][]string{accounts[:1], accounts} {
				q, shape, err := x.query(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				key, extra := explain(t, x, q)
				if key != "i" || len(r.Accounts) == 1 && strings.Contains(extra, "filesort") {
					t.Errorf("%d accounts: key %q, %s", len(r.Accounts), key, extra)
				}
				q, err = misplaced(r, shape, r.Time)
				if err != nil {
					t.Fatal(err)
				}
				if key, extra := explain(t, x, q); key != "i" {
					t.Errorf("%d accounts, times that are zero: key %q, %s", len(r.Accounts), key, extra)
				}
			}
			q, err := find(source.Lookup{Identifier: catalog.Identifier{Table: r.Table, Column: "account", Key: "id"}, Value: accounts[0]}, 1, x.tables["`t`"])
			if err != nil {
				t.Fatal(err)
			}
			if key, extra := explain(t, x, q); key != "i" {
				t.Errorf("identifier: key %q, %s", key, extra)
			}
		})
	}
}

// As many accounts as are allowed are read at once, and one more is refused.
func TestMaxAccounts(t *testing.T) {
	dsn := mytest.Start(t).Create(t, "accounts")
	mytest.Exec(t, dsn, `CREATE TABLE t(account varchar(40), id bigint, at datetime(6), until datetime(6), INDEX (account));
		INSERT INTO t SELECT concat('user', seq), seq, '1970-01-01 00:00:05', NULL FROM seq_1_to_30001`)
	x := begun(t, dsn)
	r := source.Read{
		Dataset: "d", Table: catalog.Table{Name: "t"}, AccountKey: "account", Key: []string{"id"}, Time: catalog.TimeColumn{Column: "at"}, Until: catalog.TimeColumn{Column: "until"},
		From: time.Unix(0, 0), To: time.Unix(9, 0), Fields: []catalog.Field{{Name: "id", Column: "id", Type: catalog.Integer}},
	}
	for i := range maxAccounts {
		r.Accounts = append(r.Accounts, fmt.Sprintf("user%d", i+1))
	}
	if got, err := sourcetest.Lines(t.Context(), x, r); err != nil || len(got) != maxAccounts {
		t.Errorf("%d records, %v; want one of each account", len(got), err)
	}
	r.Accounts = append(r.Accounts, "user0")
	if _, err := sourcetest.Lines(t.Context(), x, r); !errors.Is(err, source.ErrUnavailable) || !strings.Contains(err.Error(), "30001 accounts to read; a MySQL store reads at most 30000") {
		t.Errorf("one more: %v", err)
	}
}

// explain returns which index a query uses, and what else is done.
func explain(t *testing.T, x *snapshot, q query) (key, extra string) {
	t.Helper()
	rows, err := x.conn.Query(t.Context(), "EXPLAIN "+q.sql, q.args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	row, err := rows.Next(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return mysqlconn.Text(row[slices.Index(rows.Columns(), name)]) }
	return at("key"), at("Extra")
}

// begun returns a snapshot of a database, which ends with the test.
func begun(t *testing.T, dsn string) *snapshot {
	t.Helper()
	s, err := Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close(); s.Close() })
	return x.(*snapshot)
}
