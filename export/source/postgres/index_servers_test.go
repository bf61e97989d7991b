//go:build servers

package postgres

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"writ/export/catalog"
	"writ/export/internal/pgtest"
	"writ/export/source"
)

// A key that is text to writ is served by the index of whatever type its column
// is, for one account and for several, and so is an identifier; one account's
// records come in the index's order and are sorted by nothing. The table is empty:
// to the planner, reading it whole would be cheaper than any index.
func TestIndexes(t *testing.T) {
	c := pgtest.Start(t)
	dsn := c.Create(t, "indexes")
	keys := map[string][]string{
		"bigint":               {"7", "8"},
		"integer":              {"7", "8"},
		"text":                 {"seven", "eight"},
		"varchar(40)":          {"seven", "eight"},
		`text COLLATE "blind"`: {"seven", "Seven"},
		"uuid":                 {"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"},
		"inet":                 {"192.0.2.7", "2001:db8::7"},
		"numeric":              {"7", "8"},
		"citext":               {"seven", "Seven"},
		"mail_address":         {"a@b", "c@d"},
	}
	pgtest.Exec(t, dsn, `CREATE EXTENSION citext; CREATE DOMAIN mail_address AS varchar(99);
		CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`)
	for typ, accounts := range keys {
		t.Run(typ, func(t *testing.T) {
			pgtest.Exec(t, dsn, `DROP TABLE IF EXISTS t; CREATE TABLE t(account `+typ+`, at timestamptz, id bigint, x text); CREATE INDEX i ON t(account, at, id)`)
			x := begun(t, dsn)
			r := source.Read{
				Dataset: "d", Table: catalog.Table{Name: "t"}, AccountKey: "account", Key: []string{"id"}, Time: catalog.TimeColumn{Column: "at"},
				From: time.Unix(0, 0), To: time.Unix(9, 0), Fields: []catalog.Field{{Name: "x", Column: "x", Type: catalog.Text}},
			}
			for _, r.Accounts = range [][]string{accounts[:1], accounts} {
				q, _, err := x.query(t.Context(), r)
				if err != nil {
					t.Fatal(err)
				}
				plan := explain(t, x, q)
				if !indexed.MatchString(plan) || len(r.Accounts) == 1 && strings.Contains(plan, "Sort") {
					t.Errorf("%d accounts:\n%s", len(r.Accounts), plan)
				}
			}
			ids, err := x.shape(t.Context(), r.Table)
			if err != nil {
				t.Fatal(err)
			}
			q, err := find(source.Lookup{Identifier: catalog.Identifier{Table: r.Table, Column: "account", Key: "id"}, Value: accounts[0]}, 1, ids, nil)
			if err != nil {
				t.Fatal(err)
			}
			if plan := explain(t, x, q); !indexed.MatchString(plan) {
				t.Errorf("identifier:\n%s", plan)
			}
		})
	}
}

var indexed = regexp.MustCompile(`Index Cond: \(+(account|i\.account)\b`)

func explain(t *testing.T, x *snapshot, q query) string {
	t.Helper()
	q.sql = "EXPLAIN " + q.sql
	rows, err := x.run(t.Context(), q, 0)
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.NextRow() {
		plan.Write(append(rows.Values()[0], '\n'))
	}
	if _, err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

// Where no index finds an account, a table is read as the planner would: not row by
// row in the order of another index, which reads each page many times.
func TestNoIndex(t *testing.T) {
	dsn := pgtest.Start(t).Create(t, "none")
	pgtest.Exec(t, dsn, `CREATE TABLE t(id uuid PRIMARY KEY, account text, at timestamptz, x text);
		INSERT INTO t SELECT md5(n::text)::uuid, n % 500, now(), repeat('x', 200) FROM generate_series(1, 20000) AS n;
		CREATE INDEX ON t(at); CREATE INDEX ON t(account, at) WHERE x IS NULL; CREATE INDEX ON t USING brin (account); ANALYZE t;
		CREATE VIEW v AS SELECT * FROM t`)
	x := begun(t, dsn)
	for _, name := range []string{"t", "v"} {
		r := source.Read{Dataset: "d", Table: catalog.Table{Name: name}, AccountKey: "account", Accounts: []string{"7"}, Key: []string{"id"}, Fields: []catalog.Field{{Name: "x", Column: "x", Type: catalog.Text}}}
		for _, r.Time = range []catalog.TimeColumn{{}, {Column: "at"}} {
			if r.Time.Column != "" {
				r.From, r.To = time.Unix(0, 0), time.Unix(1<<40, 0)
			}
			q, _, err := x.query(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if plan := explain(t, x, q); strings.Contains(plan, "Index Scan using") {
				t.Errorf("%s, by time: %t:\n%s", name, r.Time.Column != "", plan)
			}
		}
	}
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
