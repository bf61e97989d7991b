package sqlite

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"writ/export/catalog"
	"writ/export/source"
)

// While a read is compiled, SQLite itself refuses whatever the read does not
// name; at any other time it refuses everything.
func TestAuthorizer(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	c, err := sqlite3.Open("file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Exec(`CREATE TABLE t(account TEXT, n INTEGER, Secret TEXT); CREATE TABLE other(n); INSERT INTO t VALUES ('a', 1, 's'); CREATE VIEW v AS SELECT n FROM t`); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	snap, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	x := snap.(*snapshot)
	q, err := pull(source.Read{Table: catalog.Table{Name: "t"}, AccountKey: "account", Accounts: []string{"a"}, Key: []string{"n"}, Fields: []catalog.Field{{Column: "n"}}})
	if err != nil {
		t.Fatal(err)
	}
	run := func(sql string, may names) error {
		stmt, err := x.prepare(t.Context(), query{sql: sql, may: may})
		if err != nil {
			return err
		}
		stmt.Step()
		return errors.Join(stmt.Err(), stmt.Close())
	}
	for _, sql := range []string{
		`SELECT n FROM t`, `SELECT N FROM T WHERE Account = 'a'`, `SELECT 1 FROM main.t`,
	} {
		if err := run(sql, q.may); err != nil {
			t.Errorf("%s: %v; want no error while the read is compiled", sql, err)
		}
		if err := run(sql, nil); err == nil {
			t.Errorf("%s: compiled without a read", sql)
		}
	}
	for _, sql := range []string{
		`SELECT secret FROM t`, `SELECT "Secret" FROM t`, `SELECT * FROM t`, `SELECT n FROM t WHERE secret = 's'`, `SELECT n FROM t ORDER BY secret`,
		`SELECT n FROM t GROUP BY n HAVING max(secret) > ''`, `SELECT n FROM other`, `SELECT 1 FROM other`, `SELECT n FROM v`, `SELECT sql FROM sqlite_schema`, `SELECT 1 FROM sqlite_master`,
		`SELECT n FROM t UNION SELECT secret FROM t`, `SELECT (SELECT secret FROM t) FROM t`, `SELECT rowid FROM t`,
		`SELECT count(*) FROM t`, `SELECT upper(n) FROM t`, `SELECT load_extension('x')`, `SELECT * FROM pragma_table_info('t')`,
		`WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT i FROM r`,
		`PRAGMA table_info(t)`, `PRAGMA query_only = 0`, `ATTACH 'x.db' AS x`, `COMMIT`, `ROLLBACK`, `SAVEPOINT s`, `VACUUM`, `VACUUM INTO 'x.db'`, `ANALYZE`,
		`INSERT INTO t VALUES ('a', 2, '')`, `UPDATE t SET n = 2`, `DELETE FROM t`, `CREATE TABLE u(n)`, `CREATE TEMP TABLE u(n)`, `CREATE TEMP VIEW u AS SELECT secret FROM t`, `DROP TABLE t`, `ALTER TABLE t ADD x`,
	} {
		if err := run(sql, q.may); err == nil {
			t.Errorf("%s: want it denied", sql)
		}
	}
	// Even without the authorizer, nothing can be written.
	if err := x.conn.SetAuthorizer(nil); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{`INSERT INTO t VALUES ('a', 2, '')`, `PRAGMA query_only = 0; DELETE FROM t`, `CREATE TABLE u(n)`} {
		if err := x.conn.Exec(sql); err == nil {
			t.Errorf("%s: done", sql)
		}
	}
}

// With the index that the documentation asks for, records of one account or
// several are sorted by nothing: neither memory nor time grows with them.
func TestIndexOrder(t *testing.T) {
	c, err := sqlite3.Open(":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Exec(`CREATE TABLE t(account TEXT, at INTEGER, id INTEGER, x TEXT); CREATE INDEX i ON t(account, at, id)`); err != nil {
		t.Fatal(err)
	}
	r := source.Read{
		Table: catalog.Table{Name: "t"}, AccountKey: "account", Key: []string{"id"}, Fields: []catalog.Field{{Column: "x"}},
		Time: catalog.TimeColumn{Column: "at", Encoding: catalog.Unix}, From: time.Unix(0, 0), To: time.Unix(9, 0),
	}
	for _, r.Accounts = range [][]string{{"a"}, {"a", "b", "c", "d"}} {
		q, err := pull(r)
		if err != nil {
			t.Fatal(err)
		}
		s, _, err := c.Prepare("EXPLAIN QUERY PLAN " + q.sql)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		searches := 0
		for s.Step() {
			switch step := s.ColumnText(3); {
			case strings.Contains(step, "USING INDEX i (account=? AND at>? AND at<?)"):
				searches++
			case strings.Contains(step, "B-TREE") || strings.Contains(step, "SCAN"):
				t.Errorf("%d accounts: %s", len(r.Accounts), step)
			}
		}
		if searches != len(r.Accounts) {
			t.Errorf("%d accounts: %d searches", len(r.Accounts), searches)
		}
	}
}

// With statistics of an index, SQLite compiles a statement once more when its
// values are bound.
func TestADatabaseWithStatisticsIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	c, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Exec(`CREATE TABLE t(account TEXT, n INTEGER);
		WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 1000) INSERT INTO t SELECT CASE n WHEN 7 THEN 'a' ELSE 'b' END, n FROM i;
		CREATE INDEX t_account ON t(account, n); ANALYZE`); err != nil {
		t.Fatal(err)
	}
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	snap, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	found, err := snap.Find(t.Context(), source.Lookup{Identifier: catalog.Identifier{Type: "n", Table: catalog.Table{Name: "t"}, Column: "account", ColumnType: catalog.Text, Key: "account"}, Value: "a"}, 1)
	if err != nil || len(found) != 1 {
		t.Fatalf("Find = %v, %v; want one account", found, err)
	}
}
