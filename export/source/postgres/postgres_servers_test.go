//go:build servers

package postgres_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"writ/export/catalog"
	"writ/export/internal/pgtest"
	"writ/export/source"
	"writ/export/source/postgres"
	"writ/export/source/sourcetest"
)

// TestPostgreSQL runs all that needs a server on one.
func TestPostgreSQL(t *testing.T) {
	c := pgtest.Start(t)
	databases := 0
	create := func(t *testing.T) string {
		databases++
		return c.Create(t, fmt.Sprintf("test%d", databases))
	}
	t.Run("Contract", func(t *testing.T) {
		sourcetest.Run(t, sourcetest.Harness{
			Encodings: []catalog.Encoding{catalog.Native, catalog.Unix, catalog.UnixMS},
			Open: func(t *testing.T, tables ...sourcetest.Table) (source.Store, func(*testing.T, catalog.Table, ...sourcetest.Row)) {
				return open(t, create(t), tables)
			},
		})
	})
	t.Run("Types", func(t *testing.T) { types(t, create(t)) })
	t.Run("TypesRefused", func(t *testing.T) { typesRefused(t, create(t)) })
	t.Run("Numeric", func(t *testing.T) { numeric(t, create(t)) })
	t.Run("ReadOnly", func(t *testing.T) { readOnly(t, create(t)) })
	t.Run("Grants", func(t *testing.T) { grants(t, c, create(t)) })
	t.Run("Schemas", func(t *testing.T) { schemas(t, create(t)) })
	t.Run("Lost", func(t *testing.T) { lost(t, create(t)) })
	t.Run("Unreachable", func(t *testing.T) { unreachable(t) })
}

// open makes the tables with statements of its own.
func open(t *testing.T, dsn string, tables []sourcetest.Table) (source.Store, func(*testing.T, catalog.Table, ...sourcetest.Row)) {
	t.Helper()
	insert := func(t *testing.T, table catalog.Table, rows ...sourcetest.Row) {
		t.Helper()
		var sql strings.Builder
		for i, row := range rows {
			if i%1000 == 0 {
				fmt.Fprintf(&sql, ";INSERT INTO %s VALUES ", quote(table.Name))
			} else {
				sql.WriteByte(',')
			}
			for j, v := range row {
				sql.WriteString(map[bool]string{true: "(", false: ","}[j == 0] + literal(v))
			}
			sql.WriteByte(')')
		}
		pgtest.Exec(t, dsn, sql.String())
	}
	for _, table := range tables {
		var defs, index []string
		for _, col := range table.Columns {
			def := quote(col.Name) + " " + declared(col)
			if col.CaseBlind {
				def += " COLLATE blind"
			}
			defs = append(defs, def)
		}
		pgtest.Exec(t, dsn, "CREATE COLLATION IF NOT EXISTS blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);"+
			"CREATE TABLE "+quote(table.Name)+"("+strings.Join(defs, ", ")+")")
		for _, col := range table.Index {
			index = append(index, quote(col))
		}
		if index != nil {
			pgtest.Exec(t, dsn, "CREATE INDEX ON "+quote(table.Name)+"("+strings.Join(index, ", ")+")")
		}
		if len(table.Rows) > 0 {
			insert(t, table.Table, table.Rows...)
		}
	}
	return store(t, dsn), insert
}

func store(t *testing.T, dsn string) source.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func begin(t *testing.T, dsn string) source.Snapshot {
	t.Helper()
	x, err := store(t, dsn).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func declared(c sourcetest.Column) string {
	switch {
	case c.Encoding == catalog.Unix, c.Encoding == catalog.UnixMS, c.Type == catalog.Integer, c.Type == catalog.BigInteger:
		return "bigint"
	case c.Type == catalog.Timestamp && c.Encoding == catalog.Native:
		return "timestamptz"
	case c.Type == catalog.Boolean:
		return "boolean"
	case c.Type == catalog.Decimal:
		return "numeric"
	case c.Type == catalog.Date:
		return "date"
	case c.Type == catalog.IPAddress:
		return "inet"
	case c.Type == catalog.Bytes:
		return "bytea"
	}
	return "text"
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case []byte:
		return `'\x` + hex.EncodeToString(v) + "'"
	case time.Time:
		return "'" + v.Format(time.RFC3339Nano) + "'"
	}
	return fmt.Sprint(v)
}

// value pulls the one value of an expression through a table.
func value(t *testing.T, dsn, expression string, typ catalog.Type, e catalog.Encoding) (string, error) {
	t.Helper()
	pgtest.Exec(t, dsn, "DROP TABLE IF EXISTS v; CREATE TABLE v AS SELECT 1 AS id, "+expression+" AS x")
	got, err := sourcetest.Lines(t.Context(), begin(t, dsn), source.Read{
		Dataset: "values", Table: catalog.Table{Name: "v"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"},
		Fields: []catalog.Field{{Name: "x", Column: "x", Type: typ, Encoding: e}},
	})
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimPrefix(got[0], `{"x":`), "}"), nil
}

// Each type of PostgreSQL that has a way to a type of the catalog.
func types(t *testing.T, dsn string) {
	pgtest.Exec(t, dsn, `CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('so "so"', 'fine'); CREATE DOMAIN email AS text CHECK (value LIKE '%@%');
		CREATE DOMAIN count AS int4 NOT NULL`)
	for _, tt := range []struct {
		expression string
		typ        catalog.Type
		enc        catalog.Encoding
		want       string
	}{
		{`'é"'::text`, catalog.Text, "", `"é\""`},
		{`'x'::varchar(9)`, catalog.Text, "", `"x"`},
		{`'x'::char(3)`, catalog.Text, "", `"x  "`},
		{`'x'::"char"`, catalog.Text, "", `"x"`},
		{`'x'::name`, catalog.Text, "", `"x"`},
		{`'A@b'::citext`, catalog.Text, "", `"A@b"`},
		{`'so "so"'::mood`, catalog.Text, "", `"so \"so\""`},
		{`'a@b'::email`, catalog.Text, "", `"a@b"`},
		{`'{"b": 1,"a":2}'::json`, catalog.Text, "", `"{\"b\": 1,\"a\":2}"`},
		{`'{"b": 1,"a":2}'::jsonb`, catalog.Text, "", `"{\"a\": 2, \"b\": 1}"`},
		{`'<a/>'::xml`, catalog.Text, "", `"<a/>"`},
		{`'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid`, catalog.Text, "", `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{`'08-00-2b-01-02-03'::macaddr`, catalog.Text, "", `"08:00:2b:01:02:03"`},
		{`'08:00:2b:01:02:03:04:05'::macaddr8`, catalog.Text, "", `"08:00:2b:01:02:03:04:05"`},
		{`'192.0.2.1'::inet`, catalog.Text, "", `"192.0.2.1"`},
		{`'192.0.2.1/24'::inet`, catalog.IPAddress, "", `"192.0.2.1/24"`},
		{`'2001:DB8::/32'::cidr`, catalog.IPAddress, "", `"2001:db8::/32"`},
		{`'192.0.2.1/32'::cidr`, catalog.IPAddress, "", `"192.0.2.1"`},
		{`'2001:db8:0::7'::varchar`, catalog.IPAddress, "", `"2001:db8::7"`},
		{`(-32768)::int2`, catalog.Integer, "", `-32768`},
		{`(-2147483648)::int4`, catalog.Integer, "", `-2147483648`},
		{`7::count`, catalog.Integer, "", `7`},
		{`9007199254740991`, catalog.Integer, "", `9007199254740991`},
		{`9223372036854775807`, catalog.BigInteger, "", `"9223372036854775807"`},
		{`7::int2`, catalog.BigInteger, "", `"7"`},
		{`123456789012345678901234567890::numeric`, catalog.BigInteger, "", `"123456789012345678901234567890"`},
		{`7::int4`, catalog.Decimal, "", `"7"`},
		{`0.1::float8`, catalog.Decimal, "", `"0.1"`},
		{`0.1::float4`, catalog.Decimal, "", `"0.1"`},
		{`false`, catalog.Boolean, "", `false`},
		{`'\x00ff'::bytea`, catalog.Bytes, "", `"AP8="`},
		{`'2024-02-29'::date`, catalog.Date, "", `"2024-02-29"`},
		{`'1969-12-31'::date`, catalog.Date, "", `"1969-12-31"`},
		{`'2024-02-29'::text`, catalog.Date, "", `"2024-02-29"`},
		{`'2026-03-29 02:30:00.000001+02'::timestamptz`, catalog.Timestamp, "", `"2026-03-29T00:30:00.000001Z"`},
		{`'1999-12-31 23:59:59.5'::timestamp`, catalog.Timestamp, "", `"1999-12-31T23:59:59.5Z"`},
		{`'0001-01-01 00:00:00'::timestamp`, catalog.Timestamp, "", `"0001-01-01T00:00:00Z"`},
		{`1772323200::int4`, catalog.Timestamp, catalog.Unix, `"2026-03-01T00:00:00Z"`},
		{`'2026-03-01T00:00:00+01:00'::text`, catalog.ZonedTimestamp, catalog.RFC3339, `{"original":"2026-03-01T00:00:00+01:00","utc":"2026-02-28T23:00:00Z"}`},
	} {
		t.Run(tt.expression, func(t *testing.T) {
			if got, err := value(t, dsn, tt.expression, tt.typ, tt.enc); err != nil || got != tt.want {
				t.Fatalf("got %s, %v; want %s", got, err, tt.want)
			}
		})
	}
}

// A column that has no way to the catalog's type is refused before a row is
// read; a value that has none is refused when it comes.
func typesRefused(t *testing.T, dsn string) {
	for _, tt := range []struct {
		expression string
		typ        catalog.Type
		enc        catalog.Encoding
		want       error
	}{
		{`'1 day'::interval`, catalog.Text, "", source.ErrSchema},
		{`7`, catalog.Text, "", source.ErrSchema},
		{`'12:00'::time`, catalog.Text, "", source.ErrSchema},
		{`ARRAY['a']`, catalog.Text, "", source.ErrSchema},
		{`12::money`, catalog.Decimal, "", source.ErrSchema},
		{`7::oid`, catalog.Integer, "", source.ErrSchema},
		{`now()`, catalog.Text, "", source.ErrSchema},
		{`now()`, catalog.Timestamp, catalog.RFC3339, source.ErrSchema},
		{`now()::text`, catalog.Timestamp, "", source.ErrSchema},
		{`'x'::text`, catalog.Bytes, "", source.ErrSchema},
		{`'x'::text`, "no-such-type", "", source.ErrSchema},
		{`9007199254740992`, catalog.Integer, "", source.ErrValue},
		{`1.5::numeric`, catalog.BigInteger, "", source.ErrValue},
		{`'NaN'::numeric`, catalog.Decimal, "", source.ErrValue},
		{`'Infinity'::numeric`, catalog.Decimal, "", source.ErrValue},
		{`'NaN'::float8`, catalog.Decimal, "", source.ErrValue},
		{`'-Infinity'::float4`, catalog.Decimal, "", source.ErrValue},
		{`'infinity'::timestamptz`, catalog.Timestamp, "", source.ErrValue},
		{`'-infinity'::timestamp`, catalog.Timestamp, "", source.ErrValue},
		{`'infinity'::date`, catalog.Date, "", source.ErrValue},
		{`'0002-01-01 BC'::date`, catalog.Date, "", source.ErrValue}, // the year -1
		{`'10000-01-01'::date`, catalog.Date, "", source.ErrValue},
		{`'10000-01-01'::timestamp`, catalog.Timestamp, "", source.ErrValue},
		{`'not an address'::text`, catalog.IPAddress, "", source.ErrValue},
	} {
		t.Run(tt.expression+" as "+string(tt.typ), func(t *testing.T) {
			if got, err := value(t, dsn, tt.expression, tt.typ, tt.enc); !errors.Is(err, tt.want) {
				t.Fatalf("got %s, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// A numeric reads as the server's own text has it.
func numeric(t *testing.T, dsn string) {
	numbers := []string{"0", "0.00", "1", "-1", "9999", "10000", "100000000", "1.5", "-0.0001", "0.00001", "123456789.987654321",
		"12345678901234567890123456789012345678", "1e100", "1e-100", "-4711.0000", "10000.00001", "0.1000", "99999999.9999"}
	for _, n := range numbers {
		pgtest.Exec(t, dsn, "CREATE TABLE IF NOT EXISTS n(id int, d numeric, s text); INSERT INTO n VALUES (1, '"+n+"', '"+n+"'::numeric::text)")
	}
	got, err := sourcetest.Lines(t.Context(), begin(t, dsn), source.Read{
		Dataset: "n", Table: catalog.Table{Name: "n"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"d", "s"},
		Fields: []catalog.Field{{Name: "d", Column: "d", Type: catalog.Decimal}, {Name: "s", Column: "s", Type: catalog.Text}},
	})
	if err != nil || len(got) != len(numbers) {
		t.Fatalf("%d numbers, %v", len(got), err)
	}
	for _, line := range got {
		d, s, _ := strings.Cut(strings.Trim(line, "{}"), ",")
		if strings.TrimPrefix(d, `"d":`) != strings.TrimPrefix(s, `"s":`) {
			t.Errorf("%s: not the same text", line)
		}
	}
}

// The database refuses writes in the transaction and outside it, so that a
// view with a function that writes is refused as well.
func readOnly(t *testing.T, dsn string) {
	pgtest.Exec(t, dsn, `CREATE TABLE t(id int, n int); INSERT INTO t VALUES (1, 1);
		CREATE FUNCTION f() RETURNS int LANGUAGE sql VOLATILE AS 'DELETE FROM t RETURNING 1';
		CREATE VIEW v AS SELECT id, f() AS n FROM t`)
	r := source.Read{Dataset: "d", Table: catalog.Table{Name: "v"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"},
		Fields: []catalog.Field{{Name: "n", Column: "n", Type: catalog.Integer}}}
	if _, err := sourcetest.Lines(t.Context(), begin(t, dsn), r); !errors.Is(err, source.ErrUnavailable) || !strings.Contains(err.Error(), "25006") {
		t.Fatalf("got %v, want the server's read_only_sql_transaction", err)
	}
}

// What the role may not read is refused, by column.
func grants(t *testing.T, c *pgtest.Cluster, dsn string) {
	pgtest.Exec(t, dsn, `CREATE TABLE t(id int, n int, secret text); INSERT INTO t VALUES (1, 1, 'needle-4711'); CREATE ROLE writ LOGIN; GRANT SELECT (id, n) ON t TO writ`)
	x := begin(t, strings.Replace(dsn, "user=postgres", "user=writ", 1)+" application_name=x")
	r := source.Read{Dataset: "d", Table: catalog.Table{Name: "t"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"},
		Fields: []catalog.Field{{Name: "n", Column: "n", Type: catalog.Integer}}}
	if got, err := sourcetest.Lines(t.Context(), x, r); err != nil || len(got) != 1 {
		t.Fatalf("granted columns: %v, %v", got, err)
	}
	r.Fields[0] = catalog.Field{Name: "s", Column: "secret", Type: catalog.Text}
	if _, err := sourcetest.Lines(t.Context(), x, r); !errors.Is(err, source.ErrSchema) || strings.Contains(err.Error(), "needle") {
		t.Fatalf("column without a grant: %v, want ErrSchema", err)
	}
}

// A table may name its schema; its name is quoted with it.
func schemas(t *testing.T, dsn string) {
	pgtest.Exec(t, dsn, `CREATE SCHEMA "My.Schema"; CREATE TABLE "My.Schema"."T"(id int, n int); INSERT INTO "My.Schema"."T" VALUES (1, 2)`)
	r := source.Read{Dataset: "d", Table: catalog.Table{Schema: "My.Schema", Name: "T"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"},
		Fields: []catalog.Field{{Name: "n", Column: "n", Type: catalog.Integer}}}
	if got, err := sourcetest.Lines(t.Context(), begin(t, dsn), r); err != nil || strings.Join(got, "") != `{"n":2}` {
		t.Fatalf("got %v, %v", got, err)
	}
	r.Table.Schema = ""
	if _, err := sourcetest.Lines(t.Context(), begin(t, dsn), r); !errors.Is(err, source.ErrSchema) {
		t.Fatalf("without its schema: %v, want ErrSchema", err)
	}
}

// A server that goes away in the middle of a pull is an error, not an end.
func lost(t *testing.T, dsn string) {
	pgtest.Exec(t, dsn, `CREATE TABLE t AS SELECT 1 AS id, i AS n, repeat('x', 500) AS s FROM generate_series(1, 100000) i`)
	r := source.Read{Dataset: "d", Table: catalog.Table{Name: "t"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"n"},
		Fields: []catalog.Field{{Name: "n", Column: "n", Type: catalog.Integer}, {Name: "s", Column: "s", Type: catalog.Text}}}
	x := begin(t, dsn)
	batches := 0
	var last error
	for b, err := range x.Pull(t.Context(), r, source.NewPool(2)) {
		if last = err; err != nil {
			break
		}
		b.Release()
		if batches++; batches == 1 {
			pgtest.Exec(t, dsn, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'writ'`)
		}
	}
	if !errors.Is(last, source.ErrUnavailable) {
		t.Fatalf("after %d batches: %v, want ErrUnavailable", batches, last)
	}
	if _, err := x.Estimate(t.Context(), r); !errors.Is(err, source.ErrUnavailable) {
		t.Fatalf("afterwards: %v, want ErrUnavailable", err)
	}
}

func unreachable(t *testing.T) {
	for _, dsn := range []string{"host=/nonexistent user=x password=needle-4711", "not a connection string needle-4711", "postgres://u:needle-4711@127.0.0.1:1/x?sslmode=disable"} {
		if _, err := postgres.Open(t.Context(), dsn); !errors.Is(err, source.ErrUnavailable) || strings.Contains(err.Error(), "needle") {
			t.Errorf("got %v, want ErrUnavailable and no password", err)
		}
	}
}

// BenchmarkPull reads sign-ins of one account, with its server on the same machine.
func BenchmarkPull(b *testing.B) {
	dsn := pgtest.Start(b).Create(b, "bench")
	pgtest.Exec(b, dsn, `CREATE TABLE logins AS SELECT i % 2 AS account, i::bigint AS id, '2026-03-01Z'::timestamptz + i * interval '1 s' AS at,
			('203.0.113.' || (i % 256))::inet AS address, 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0' AS agent, i % 7 > 0 AS ok
			FROM generate_series(0, 399999) i;
		CREATE INDEX ON logins(account, at, id); ANALYZE logins`)
	s, err := postgres.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	sourcetest.Bench(b, s, sourcetest.SignIns(catalog.Integer, catalog.Native, "1"))
}
