package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"writ/export/catalog"
	"writ/export/source"
	"writ/export/source/sourcetest"
	"writ/export/source/sqlite"
)

func TestContract(t *testing.T) {
	sourcetest.Run(t, sourcetest.Harness{Open: open, Encodings: []catalog.Encoding{catalog.Unix, catalog.UnixMS, catalog.SQLiteUTC}})
}

// open writes the tables with a connection of its own, in write-ahead mode,
// which stays open: so the rows are still in the log when they are read.
func open(t *testing.T, tables ...sourcetest.Table) (source.Store, func(*testing.T, catalog.Table, ...sourcetest.Row)) {
	t.Helper()
	path := filepath.Join(t.TempDir(), `odd #?%41 name.db`)
	c := writer(t, path, `PRAGMA journal_mode = wal; PRAGMA synchronous = off`)
	columns := map[catalog.Table]int{}
	insert := func(t *testing.T, table catalog.Table, rows ...sourcetest.Row) {
		t.Helper()
		stmt, _, err := c.Prepare("INSERT INTO " + sqlite3.QuoteIdentifier(table.Name) + " VALUES (?" + strings.Repeat(",?", columns[table]-1) + ")")
		if err != nil {
			t.Fatal(err)
		}
		defer stmt.Close()
		tx := c.Begin()
		for _, row := range rows {
			for i, v := range row {
				err = errors.Join(err, bind(stmt, i+1, v))
			}
			err = errors.Join(err, stmt.Exec())
		}
		if err := errors.Join(err, tx.Commit()); err != nil {
			t.Fatal(err)
		}
	}
	for _, table := range tables {
		var defs, index []string
		for _, col := range table.Columns {
			def := sqlite3.QuoteIdentifier(col.Name) + " " + declared(col)
			if col.CaseBlind {
				def += " COLLATE NOCASE"
			}
			defs = append(defs, def)
		}
		exec(t, c, "CREATE TABLE "+sqlite3.QuoteIdentifier(table.Name)+"("+strings.Join(defs, ", ")+")")
		for _, col := range table.Index {
			index = append(index, sqlite3.QuoteIdentifier(col))
		}
		if index != nil {
			exec(t, c, "CREATE INDEX "+sqlite3.QuoteIdentifier(table.Name+" by")+" ON "+sqlite3.QuoteIdentifier(table.Name)+"("+strings.Join(index, ", ")+")")
		}
		columns[table.Table] = len(table.Columns)
		insert(t, table.Table, table.Rows...)
	}
	s, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, insert
}

func writer(t testing.TB, path, sql string) *sqlite3.Conn {
	t.Helper()
	c, err := sqlite3.Open("file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(path))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	exec(t, c, sql)
	return c
}

func exec(t testing.TB, c *sqlite3.Conn, sql string) {
	t.Helper()
	if err := c.Exec(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func declared(c sourcetest.Column) string {
	switch {
	case c.Type == catalog.Integer, c.Type == catalog.BigInteger, c.Type == catalog.Boolean,
		c.Encoding == catalog.Unix, c.Encoding == catalog.UnixMS:
		return "INTEGER"
	case c.Type == catalog.Bytes:
		return "BLOB"
	}
	return "TEXT"
}

func bind(s *sqlite3.Stmt, i int, v any) error {
	switch v := v.(type) {
	case nil:
		return s.BindNull(i)
	case string:
		return s.BindText(i, v)
	case int64:
		return s.BindInt64(i, v)
	case bool:
		return s.BindBool(i, v)
	case []byte:
		return s.BindBlob(i, v)
	}
	return fmt.Errorf("no SQLite value for a %T", v)
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{"missing": filepath.Join(dir, "none.db"), "folder": dir, "text": text} {
		t.Run(name, func(t *testing.T) {
			s, err := sqlite.Open(path)
			if err == nil {
				_, err = s.Begin(t.Context())
			}
			if !errors.Is(err, source.ErrUnavailable) {
				t.Fatalf("got %v, want ErrUnavailable", err)
			}
		})
	}
	if files, _ := os.ReadDir(dir); len(files) != 1 {
		t.Errorf("opening made files: %v", files)
	}
}

// one is a read of the column "n" of table for account "a".
func one(table string) source.Read {
	return source.Read{Dataset: "d", Table: catalog.Table{Name: table}, AccountKey: "account", Accounts: []string{"a"}, Key: []string{"n"},
		Fields: []catalog.Field{{Name: "n", Column: "n", Type: catalog.Integer}}}
}

func begin(t testing.TB, path string) source.Snapshot {
	t.Helper()
	s, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	x, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close(); s.Close() })
	return x
}

// A view of tables is a table to the catalog; a view of views, an attached or
// temporary schema and SQLite's own tables are not.
func TestViews(t *testing.T) {
	path := filepath.Join(t.TempDir(), "views.db")
	writer(t, path, `
		CREATE TABLE t(owner TEXT, n INTEGER, secret TEXT);
		INSERT INTO t VALUES ('a', 1, 'x'), ('a', 2, 'y'), ('b', 3, 'z');
		CREATE VIEW v AS SELECT owner AS account, n + 10 AS n, upper(secret) AS s FROM t WHERE n < 100;
		CREATE VIEW w AS SELECT account, n FROM v`)
	x := begin(t, path)
	got, err := sourcetest.Lines(t.Context(), x, one("v"))
	if err != nil || strings.Join(got, "") != `{"n":11}{"n":12}` {
		t.Errorf("view: %v, %v", got, err)
	}
	if _, err := sourcetest.Lines(t.Context(), x, one("w")); !errors.Is(err, source.ErrSchema) {
		t.Errorf("view of a view: %v, want ErrSchema", err)
	}
	r := one("sqlite_schema")
	r.AccountKey, r.Key, r.Fields[0].Column, r.Fields[0].Type = "type", []string{"name"}, "sql", catalog.Text
	if _, err := sourcetest.Lines(t.Context(), x, r); !errors.Is(err, source.ErrSchema) {
		t.Errorf("sqlite_schema: %v, want ErrSchema", err)
	}
}

// A value whose storage class does not fit is refused, even where SQLite would
// convert it.
func TestStorageClasses(t *testing.T) {
	for _, tt := range []struct {
		value string // SQL
		typ   catalog.Type
		enc   catalog.Encoding
		want  string // "" is refused
	}{
		{`'7'`, catalog.Integer, "", ""},
		{`7.0`, catalog.Integer, "", ""},
		{`7`, catalog.Text, "", ""},
		{`x'61'`, catalog.Text, "", ""},
		{`CAST(x'ff' AS TEXT)`, catalog.Text, "", ""},
		{`'a' || char(0) || 'b'`, catalog.Text, "", `"a\u0000b"`},
		{`'a'`, catalog.Bytes, "", ""},
		{`2`, catalog.Boolean, "", ""},
		{`'true'`, catalog.Boolean, "", ""},
		{`0.1`, catalog.Decimal, "", `"0.1"`},
		{`-12`, catalog.Decimal, "", `"-12"`},
		{`'1.50'`, catalog.Decimal, "", `"1.50"`},
		{`'NaN'`, catalog.Decimal, "", ""},
		{`9e999`, catalog.Decimal, "", ""},
		{`9007199254740993`, catalog.BigInteger, "", `"9007199254740993"`},
		{`'123456789012345678901234567890'`, catalog.BigInteger, "", `"123456789012345678901234567890"`},
		{`1.5`, catalog.BigInteger, "", ""},
		{`1772323200.5`, catalog.Timestamp, catalog.Unix, ""},
		{`'1772323200'`, catalog.Timestamp, catalog.Unix, ""},
		{`2461100.5`, catalog.Timestamp, catalog.SQLiteUTC, ""},
		{`1772323200`, catalog.Timestamp, catalog.Native, ""},
		{`20260301`, catalog.Date, "", ""},
	} {
		t.Run(fmt.Sprintf("%s as %s %s", tt.value, tt.typ, tt.enc), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "classes.db")
			writer(t, path, `CREATE TABLE t(account, n); INSERT INTO t VALUES ('a', `+tt.value+`)`)
			r := one("t")
			r.Fields[0].Type, r.Fields[0].Encoding = tt.typ, tt.enc
			got, err := sourcetest.Lines(t.Context(), begin(t, path), r)
			if tt.want == "" {
				if !errors.Is(err, source.ErrValue) && !errors.Is(err, source.ErrSchema) {
					t.Fatalf("got %v, %v; want ErrValue or ErrSchema", got, err)
				}
				return
			}
			if err != nil || got[0] != `{"n":`+tt.want+`}` {
				t.Fatalf("got %v, %v; want %s", got, err, tt.want)
			}
		})
	}
}

// A time that can't be compared with the window is an error: the record must
// not be absent in silence.
func TestMisplacedTimes(t *testing.T) {
	for _, tt := range []struct {
		value string
		enc   catalog.Encoding
		want  error
	}{
		{`'2026-03-05 00:00:00'`, catalog.SQLiteUTC, nil},
		{`1772323200`, catalog.Unix, nil},
		{`1772323200000`, catalog.UnixMS, nil},
		{`'2026-03-05 00:00:00'`, catalog.Unix, source.ErrValue},
		{`x'00'`, catalog.UnixMS, source.ErrValue},
		{`1772323200`, catalog.SQLiteUTC, source.ErrValue},
		{`x'00'`, catalog.SQLiteUTC, source.ErrValue},
		{`1772323200`, catalog.Native, source.ErrSchema},
		{`'2026-03-05T00:00:00Z'`, catalog.RFC3339, source.ErrSchema},
	} {
		t.Run(tt.value+" as "+string(tt.enc), func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "times.db")
			writer(t, path, `CREATE TABLE t(account, n, at); INSERT INTO t VALUES ('a', 1, `+tt.value+`)`)
			r := one("t")
			r.Time = catalog.TimeColumn{Column: "at", Encoding: tt.enc}
			r.From, r.To = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
			if _, err := sourcetest.Lines(t.Context(), begin(t, path), r); !errors.Is(err, tt.want) {
				t.Fatalf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestTooManyAccounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "many.db")
	c := writer(t, path, `CREATE TABLE t(account TEXT, n INTEGER)`)
	r := one("t")
	r.Accounts = nil
	for i := range sqlite.MaxAccounts {
		r.Accounts = append(r.Accounts, fmt.Sprint("account ", i))
		exec(t, c, fmt.Sprintf(`INSERT INTO t VALUES ('account %d', %d)`, i, sqlite.MaxAccounts-i))
	}
	got, err := sourcetest.Lines(t.Context(), begin(t, path), r)
	if err != nil || len(got) != sqlite.MaxAccounts || got[0] != `{"n":1}` {
		t.Fatalf("%d records, %v", len(got), err)
	}
	r.Accounts = append(r.Accounts, "one more")
	if _, err := sourcetest.Lines(t.Context(), begin(t, path), r); !errors.Is(err, source.ErrUnavailable) {
		t.Fatalf("one account more: %v", err)
	}
}

func BenchmarkPull(b *testing.B) {
	path := filepath.Join(b.TempDir(), "bench.db")
	writer(b, path, `
		CREATE TABLE logins(account TEXT, id INTEGER, at INTEGER, address TEXT, agent TEXT, ok INTEGER);
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99999)
		INSERT INTO logins SELECT 'user-' || (i % 2), i, 1772323200 + i, '203.0.113.' || (i % 256),
			'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', i % 7 > 0 FROM n;
		CREATE INDEX by ON logins(account, at, id)`)
	s, err := sqlite.Open(path)
	if err != nil {
		b.Fatal(err)
	}
	for _, accounts := range [][]string{{"user-0"}, {"user-0", "user-1"}} {
		b.Run(fmt.Sprint(len(accounts), " accounts"), func(b *testing.B) {
			sourcetest.Bench(b, s, sourcetest.SignIns(catalog.Text, catalog.Unix, accounts...))
		})
	}
}
