//go:build servers

package mysql_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"writ/export/catalog"
	"writ/export/internal/mytest"
	"writ/export/source"
	"writ/export/source/mysql"
	"writ/export/source/sourcetest"
)

// TestMariaDB runs all that needs a server on one.
func TestMariaDB(t *testing.T) {
	s := mytest.Start(t)
	databases := 0
	create := func(t *testing.T) string {
		databases++
		return s.Create(t, fmt.Sprintf("test%d", databases))
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
	t.Run("Keys", func(t *testing.T) { keys(t, create(t)) })
	t.Run("ZeroDates", func(t *testing.T) { zeroDates(t, create(t)) })
	t.Run("ReadOnly", func(t *testing.T) { readOnly(t, create(t)) })
	t.Run("Grants", func(t *testing.T) { grants(t, s, create(t)) })
	t.Run("Schemas", func(t *testing.T) { schemas(t, s, create(t)) })
	t.Run("Engines", func(t *testing.T) { engines(t, create(t)) })
	t.Run("Lost", func(t *testing.T) { lost(t, create(t)) })
}

// open makes the tables with statements of its own.
func open(t *testing.T, dsn string, tables []sourcetest.Table) (source.Store, func(*testing.T, catalog.Table, ...sourcetest.Row)) {
	t.Helper()
	insert := func(t *testing.T, table catalog.Table, rows ...sourcetest.Row) {
		t.Helper()
		for part := range slices.Chunk(rows, 1000) {
			var sql strings.Builder
			for i, row := range part {
				sql.WriteString(map[bool]string{true: "INSERT INTO " + quote(table.Name) + " VALUES ", false: ","}[i == 0])
				for j, v := range row {
					sql.WriteString(map[bool]string{true: "(", false: ","}[j == 0] + literal(v))
				}
				sql.WriteByte(')')
			}
			mytest.Exec(t, dsn, sql.String())
		}
	}
	for _, table := range tables {
		var defs, index []string
		for _, col := range table.Columns {
			defs = append(defs, quote(col.Name)+" "+declared(col)+" NULL")
		}
		for _, col := range table.Index {
			index = append(index, quote(col))
		}
		if index != nil {
			defs = append(defs, "INDEX ("+strings.Join(index, ", ")+")")
		}
		mytest.Exec(t, dsn, "CREATE TABLE "+quote(table.Name)+"("+strings.Join(defs, ", ")+")")
		insert(t, table.Table, table.Rows...)
	}
	return store(t, dsn), insert
}

func store(t *testing.T, dsn string) source.Store {
	t.Helper()
	s, err := mysql.Open(t.Context(), dsn)
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

func quote(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

func declared(c sourcetest.Column) string {
	switch {
	case c.Encoding == catalog.Unix, c.Encoding == catalog.UnixMS, c.Type == catalog.Integer, c.Type == catalog.BigInteger:
		return "bigint"
	case c.Type == catalog.Timestamp && c.Encoding == catalog.Native:
		return "datetime(6)"
	case c.Type == catalog.Boolean:
		return "boolean"
	case c.Type == catalog.Decimal:
		return "decimal(30,5)"
	case c.Type == catalog.Date:
		return "date"
	case c.Type == catalog.Bytes:
		return "varbinary(255)"
	case c.CaseBlind:
		return "varchar(255) COLLATE utf8mb4_general_ci"
	}
	return "varchar(255) COLLATE utf8mb4_bin"
}

func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "NULL"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case []byte:
		return `X'` + hex.EncodeToString(v) + "'"
	case time.Time:
		return "'" + v.UTC().Format("2006-01-02 15:04:05.999999") + "'"
	}
	return fmt.Sprint(v)
}

// value pulls the one value of a literal through a column of a type.
func value(t *testing.T, dsn, column, literal string, typ catalog.Type, e catalog.Encoding) (string, error) {
	t.Helper()
	mytest.Exec(t, dsn, "DROP TABLE IF EXISTS v; CREATE TABLE v (id int, x "+column+"); INSERT INTO v VALUES (1, "+literal+")")
	got, err := sourcetest.Lines(t.Context(), begin(t, dsn), source.Read{
		Dataset: "values", Table: catalog.Table{Name: "v"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"},
		Fields: []catalog.Field{{Name: "x", Column: "x", Type: typ, Encoding: e}},
	})
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(strings.TrimPrefix(got[0], `{"x":`), "}"), nil
}

// Each type of the server that has a way to a type of the catalog.
func types(t *testing.T, dsn string) {
	for _, tt := range []struct {
		column, literal string
		typ             catalog.Type
		enc             catalog.Encoding
		want            string
	}{
		{"varchar(9) CHARACTER SET latin1", `'é"'`, catalog.Text, "", `"é\""`},
		{"varchar(9) CHARACTER SET utf16", `'é😀'`, catalog.Text, "", `"é😀"`},
		{"char(3)", `'x  '`, catalog.Text, "", `"x"`},
		{"longtext", `'x'`, catalog.Text, "", `"x"`},
		{"enum('so \"so\"', 'fine')", `'so "so"'`, catalog.Text, "", `"so \"so\""`},
		{"set('a','b')", `'b,a'`, catalog.Text, "", `"a,b"`},
		{"json", `'{"b": 1,"a":2}'`, catalog.Text, "", `"{\"b\": 1,\"a\":2}"`},
		{"uuid", `'A0EEBC99-9c0b-4ef8-bb6d-6bb9bd380a11'`, catalog.Text, "", `"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"`},
		{"inet4", `'192.0.2.1'`, catalog.Text, "", `"192.0.2.1"`},
		{"inet4", `'192.0.2.1'`, catalog.IPAddress, "", `"192.0.2.1"`},
		{"inet6", `'2001:DB8::7'`, catalog.IPAddress, "", `"2001:db8::7"`},
		{"varbinary(16)", `INET6_ATON('192.0.2.1')`, catalog.IPAddress, "", `"192.0.2.1"`},
		{"binary(16)", `INET6_ATON('2001:db8::7')`, catalog.IPAddress, "", `"2001:db8::7"`},
		{"varchar(45)", `'2001:db8:0::7'`, catalog.IPAddress, "", `"2001:db8::7"`},
		{"tinyint", `-128`, catalog.Integer, "", `-128`},
		{"tinyint unsigned", `255`, catalog.Integer, "", `255`},
		{"smallint", `-32768`, catalog.Integer, "", `-32768`},
		{"mediumint unsigned", `16777215`, catalog.Integer, "", `16777215`},
		{"int(9) zerofill", `7`, catalog.Integer, "", `7`},
		{"bigint", `9007199254740991`, catalog.Integer, "", `9007199254740991`},
		{"year", `2026`, catalog.Integer, "", `2026`},
		{"bigint", `-9223372036854775808`, catalog.BigInteger, "", `"-9223372036854775808"`},
		{"bigint unsigned", `18446744073709551615`, catalog.BigInteger, "", `"18446744073709551615"`},
		{"decimal(30)", `123456789012345678901234567890`, catalog.BigInteger, "", `"123456789012345678901234567890"`},
		{"decimal(9,4)", `-1.5`, catalog.Decimal, "", `"-1.5000"`},
		{"int", `7`, catalog.Decimal, "", `"7"`},
		{"double", `0.1`, catalog.Decimal, "", `"0.1"`},
		{"float", `0.1`, catalog.Decimal, "", `"0.1"`},
		{"boolean", `false`, catalog.Boolean, "", `false`},
		{"bit(1)", `b'1'`, catalog.Boolean, "", `true`},
		{"mediumblob", `x'00ff'`, catalog.Bytes, "", `"AP8="`},
		{"date", `'2024-02-29'`, catalog.Date, "", `"2024-02-29"`},
		{"varchar(10)", `'2024-02-29'`, catalog.Date, "", `"2024-02-29"`},
		{"timestamp(6)", `'2026-03-29 00:30:00.000001'`, catalog.Timestamp, "", `"2026-03-29T00:30:00.000001Z"`},
		{"datetime", `'1000-01-01 00:00:00'`, catalog.Timestamp, "", `"1000-01-01T00:00:00Z"`},
		{"datetime(3)", `'9999-12-31 23:59:59.5'`, catalog.Timestamp, "", `"9999-12-31T23:59:59.5Z"`},
		{"int unsigned", `1772323200`, catalog.Timestamp, catalog.Unix, `"2026-03-01T00:00:00Z"`},
		{"varchar(30)", `'2026-03-01T00:00:00+01:00'`, catalog.ZonedTimestamp, catalog.RFC3339, `{"original":"2026-03-01T00:00:00+01:00","utc":"2026-02-28T23:00:00Z"}`},
	} {
		t.Run(tt.column+" "+tt.literal, func(t *testing.T) {
			if got, err := value(t, dsn, tt.column, tt.literal, tt.typ, tt.enc); err != nil || got != tt.want {
				t.Fatalf("got %s, %v; want %s", got, err, tt.want)
			}
		})
	}
}

// A column that has no way to the catalog's type is refused before a row is
// read; a value that has none is refused when it comes.
func typesRefused(t *testing.T, dsn string) {
	for _, tt := range []struct {
		column, literal string
		typ             catalog.Type
		enc             catalog.Encoding
		want            error
	}{
		{"time", `'12:00'`, catalog.Text, "", source.ErrSchema},
		{"int", `7`, catalog.Text, "", source.ErrSchema},
		{"point", `Point(1, 2)`, catalog.Text, "", source.ErrSchema},
		{"bit(8)", `b'1'`, catalog.Boolean, "", source.ErrSchema},
		{"double", `1`, catalog.Integer, "", source.ErrSchema},
		{"decimal(9,1)", `1.5`, catalog.BigInteger, "", source.ErrSchema},
		{"datetime", `'2026-03-01'`, catalog.Text, "", source.ErrSchema},
		{"datetime", `'2026-03-01'`, catalog.Timestamp, catalog.RFC3339, source.ErrSchema},
		{"date", `'2026-03-01'`, catalog.Timestamp, "", source.ErrSchema},
		{"varchar(30)", `'2026-03-01 00:00:00'`, catalog.Timestamp, "", source.ErrSchema},
		{"varchar(9)", `'x'`, catalog.Bytes, "", source.ErrSchema},
		{"varchar(9)", `'x'`, "no-such-type", "", source.ErrSchema},
		{"bigint", `9007199254740992`, catalog.Integer, "", source.ErrValue},
		{"bigint unsigned", `18446744073709551615`, catalog.Integer, "", source.ErrValue},
		{"bigint unsigned", `18446744073709551615`, catalog.Timestamp, catalog.Unix, source.ErrValue},
		{"tinyint", `2`, catalog.Boolean, "", source.ErrValue},
		{"date", `'0000-00-00'`, catalog.Date, "", source.ErrValue},
		{"date", `'2026-03-00'`, catalog.Date, "", source.ErrValue},
		{"datetime", `'0000-00-00'`, catalog.Timestamp, "", source.ErrValue},
		{"timestamp(3)", `0`, catalog.Timestamp, "", source.ErrValue},
		{"varbinary(16)", `x'0102'`, catalog.IPAddress, "", source.ErrValue},
		{"varchar(20)", `'not an address'`, catalog.IPAddress, "", source.ErrValue},
	} {
		t.Run(tt.column+" as "+string(tt.typ), func(t *testing.T) {
			if got, err := value(t, dsn, tt.column, tt.literal, tt.typ, tt.enc); !errors.Is(err, tt.want) {
				t.Fatalf("got %s, %v; want %v", got, err, tt.want)
			}
		})
	}
}

// What the server would take as equal is not: other letters, other spaces, and
// a text that it would read as a number.
func keys(t *testing.T, dsn string) {
	for _, tt := range []struct {
		column, literal string
		same, others    []string
	}{
		{"varchar(40) COLLATE utf8mb4_general_ci", `'Straße '`, []string{"Straße "}, []string{"Straße", "straße ", "Strasse ", "0"}},
		{"varchar(40) COLLATE utf8mb4_unicode_ci", `'abc'`, []string{"abc"}, []string{"ABC", "abc ", "äbc", "abc\u200b", "abc\x00"}},
		{"varchar(40) COLLATE utf8mb4_bin", `'abc'`, []string{"abc"}, []string{"abc ", "ABC"}},
		{"varchar(40) COLLATE utf8mb4_nopad_bin", `'abc'`, []string{"abc"}, []string{"abc ", "ABC"}},
		{"varchar(40) CHARACTER SET utf8mb3 COLLATE utf8mb3_nopad_bin", `'é?'`, []string{"é?"}, []string{"é😀", "é? ", "É?"}},
		{"varchar(40) CHARACTER SET ascii COLLATE ascii_nopad_bin", `'b?'`, []string{"b?"}, []string{"bé", "b? ", "B?"}},
		{"varchar(40) CHARACTER SET latin1", `'é?'`, []string{"é?"}, []string{"e?", "é😀", "é?  "}},
		{"char(40) CHARACTER SET ascii", `'a?'`, []string{"a?"}, []string{"aé", "A?"}},
		{"varchar(40) CHARACTER SET utf16 COLLATE utf16_general_ci", `'a😀'`, []string{"a😀"}, []string{"A😀", "a?"}},
		{"enum('a','b')", `'a'`, []string{"a"}, []string{"A", "1"}},
		{"varbinary(40)", `'abc'`, []string{"abc"}, []string{"ABC", "abc "}},
		{"bigint", `0`, []string{"0"}, []string{"7"}},
		{"bigint unsigned", `18446744073709551615`, []string{"18446744073709551615"}, []string{"18446744073709551614", "-1"}},
		{"int(9) zerofill", `7`, []string{"7"}, []string{"70"}},
		{"decimal(40)", `1234567890123456789012345678901234567890`, []string{"1234567890123456789012345678901234567890"}, []string{"1234567890123456789012345678901234567891"}},
		{"uuid", `'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'`, []string{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, []string{"b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}},
		{"inet6", `'2001:db8::7'`, []string{"2001:db8::7"}, []string{"2001:db8::8"}},
		{"inet4", `'192.0.2.7'`, []string{"192.0.2.7"}, []string{"192.0.2.8"}},
	} {
		t.Run(tt.column, func(t *testing.T) {
			mytest.Exec(t, dsn, "DROP TABLE IF EXISTS k; CREATE TABLE k (k "+tt.column+", n int, INDEX (k)); INSERT INTO k VALUES ("+tt.literal+", 1), (NULL, 2)")
			x := begin(t, dsn)
			for _, key := range append(tt.same, tt.others...) {
				want := 0
				if slices.Contains(tt.same, key) {
					want = 1
				}
				for _, accounts := range [][]string{{key}, {key, tt.others[0] + "0"}} {
					r := source.Read{Dataset: "d", Table: catalog.Table{Name: "k"}, AccountKey: "k", Accounts: accounts, Key: []string{"n"},
						Fields: []catalog.Field{{Name: "n", Column: "n", Type: catalog.Integer}}}
					got, err := sourcetest.Lines(t.Context(), x, r)
					if len(accounts) > 1 && errors.Is(err, source.ErrValue) {
						continue // the other is none of the column's type
					}
					if err != nil || len(got) != want {
						t.Errorf("%d accounts, %q: %v, %v; want %d records", len(accounts), key, got, err, want)
					}
				}
				l := source.Lookup{Identifier: catalog.Identifier{Table: catalog.Table{Name: "k"}, Column: "k", Key: "k", ColumnType: catalog.Text}, Value: key}
				found, err := x.Find(t.Context(), l, 5)
				if err != nil || len(found) != want || want == 1 && found[0].Key != key {
					t.Errorf("identifier %q: %v, %v; want %d", key, found, err, want)
				}
			}
		})
	}
	for column, value := range map[string]string{"int": "abc", "bigint": "0x7", "smallint": "7.0", "int unsigned": "07", "mediumint": " 7", "decimal(9)": "1e1", "uuid": "a0eebc99", "inet6": "::1%1", "inet4": "::1"} {
		mytest.Exec(t, dsn, "DROP TABLE IF EXISTS k; CREATE TABLE k (k "+column+")")
		l := source.Lookup{Identifier: catalog.Identifier{Table: catalog.Table{Name: "k"}, Column: "k", Key: "k", ColumnType: catalog.Text}, Value: value}
		if _, err := begin(t, dsn).Find(t.Context(), l, 5); !errors.Is(err, source.ErrValue) || strings.Contains(err.Error(), value) {
			t.Errorf("%s %q: %v, want ErrValue without the value", column, value, err)
		}
	}
	for _, column := range []string{"double", "date", "bit(8)", "time", "json"} {
		mytest.Exec(t, dsn, "DROP TABLE IF EXISTS k; CREATE TABLE k (k "+column+", n int)")
		r := source.Read{Dataset: "d", Table: catalog.Table{Name: "k"}, AccountKey: "k", Accounts: []string{"7"}, Key: []string{"k"},
			Fields: []catalog.Field{{Name: "n", Column: "n", Type: catalog.Integer}}}
		if _, err := sourcetest.Lines(t.Context(), begin(t, dsn), r); !errors.Is(err, source.ErrSchema) {
			t.Errorf("a key of type %s: %v, want ErrSchema", column, err)
		}
	}
}

// A time that is zero in part may be in any window: it is refused where it
// could be in this one, and never passed over.
func zeroDates(t *testing.T, dsn string) {
	march := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		at, until string
		want      error
	}{
		{"'2026-03-11'", "NULL", nil},
		{"'2025-12-31 23:59:59.999999'", "NULL", nil},
		{"'2026-03-01'", "NULL", nil},
		{"NULL", "NULL", nil},
		{"'0000-00-00'", "NULL", source.ErrValue},
		{"'2026-03-00'", "NULL", source.ErrValue},
		{"'2026-00-00'", "NULL", source.ErrValue},
		{"'2026-00-11'", "NULL", source.ErrValue},
		{"'2026-04-00'", "NULL", source.ErrValue},
		{"'2025-03-00'", "'2025-05-01'", nil}, // long before the window
		{"'2025-03-00'", "NULL", source.ErrValue},
		{"'2026-03-01'", "'0000-00-00'", source.ErrValue},
		{"'2026-03-01'", "'2026-03-00'", source.ErrValue},
		{"'2026-03-11'", "'2026-04-00'", source.ErrValue},
	} {
		t.Run(tt.at+" "+tt.until, func(t *testing.T) {
			mytest.Exec(t, dsn, "DROP TABLE IF EXISTS z; CREATE TABLE z (id int, at datetime(6), until datetime(6)); INSERT INTO z VALUES (1, "+tt.at+", "+tt.until+")")
			r := source.Read{Dataset: "d", Table: catalog.Table{Name: "z"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"},
				Time: catalog.TimeColumn{Column: "at"}, Until: catalog.TimeColumn{Column: "until"}, From: march, To: march.AddDate(0, 1, 0),
				Fields: []catalog.Field{{Name: "n", Column: "id", Type: catalog.Integer}}}
			if _, err := sourcetest.Lines(t.Context(), begin(t, dsn), r); !errors.Is(err, tt.want) {
				t.Errorf("Pull: %v, want %v", err, tt.want)
			}
			if tt.until == "'2025-05-01'" {
				return // a look-up does not read the window
			}
			l := source.Lookup{Identifier: catalog.Identifier{Table: r.Table, Column: "id", Key: "id", ColumnType: catalog.Integer, From: r.Time, To: r.Until}, Value: "1", At: march}
			if _, err := begin(t, dsn).Find(t.Context(), l, 1); !errors.Is(err, tt.want) {
				t.Errorf("Find: %v, want %v", err, tt.want)
			}
		})
	}
}

// The server refuses writes, so that a view with a function that writes is
// refused as well.
func readOnly(t *testing.T, dsn string) {
	mytest.Exec(t, dsn, `CREATE TABLE t(id int, n int); INSERT INTO t VALUES (1, 1);
		CREATE FUNCTION f() RETURNS int MODIFIES SQL DATA BEGIN DELETE FROM t; RETURN 1; END;
		CREATE VIEW v AS SELECT id, f() AS n FROM (SELECT 1 AS id) AS x`)
	r := source.Read{Dataset: "d", Table: catalog.Table{Name: "v"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"},
		Fields: []catalog.Field{{Name: "n", Column: "n", Type: catalog.Integer}}}
	if got, err := sourcetest.Lines(t.Context(), begin(t, dsn), r); !errors.Is(err, source.ErrUnavailable) {
		t.Fatalf("got %v, %v; want ErrUnavailable", got, err)
	}
	r.Table.Name = "t"
	if got, err := sourcetest.Lines(t.Context(), begin(t, dsn), r); err != nil || len(got) != 1 {
		t.Fatalf("afterwards: %v, %v; want the row", got, err)
	}
}

// What the account may not read is refused, by column.
func grants(t *testing.T, s *mytest.Server, dsn string) {
	mytest.Exec(t, dsn, `CREATE TABLE t(id int, n int, secret text); INSERT INTO t VALUES (1, 1, 'needle-4711'); CREATE USER writ; GRANT SELECT (id, n), INSERT (secret) ON t TO writ`)
	x := begin(t, strings.Replace(dsn, "root@", "writ@", 1))
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

// A table may name its database; names are told apart by case, as the server's
// tables are and its columns are not.
func schemas(t *testing.T, s *mytest.Server, dsn string) {
	s.Create(t, "my-schema")
	mytest.Exec(t, dsn, "CREATE TABLE `my-schema`.`T`(id int, n int); INSERT INTO `my-schema`.`T` VALUES (1, 2)")
	good := source.Read{Dataset: "d", Table: catalog.Table{Schema: "my-schema", Name: "T"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"},
		Fields: []catalog.Field{{Name: "n", Column: "n", Type: catalog.Integer}}}
	if got, err := sourcetest.Lines(t.Context(), begin(t, dsn), good); err != nil || strings.Join(got, "") != `{"n":2}` {
		t.Fatalf("got %v, %v", got, err)
	}
	for name, change := range map[string]func(*source.Read){
		"without its schema": func(r *source.Read) { r.Table.Schema = "" },
		"another case":       func(r *source.Read) { r.Table.Name = "t" },
		"a column's case":    func(r *source.Read) { r.AccountKey = "ID" },
	} {
		r := good
		change(&r)
		if _, err := sourcetest.Lines(t.Context(), begin(t, dsn), r); !errors.Is(err, source.ErrSchema) {
			t.Errorf("%s: %v, want ErrSchema", name, err)
		}
	}
	good.Table.Schema = ""
	if _, err := sourcetest.Lines(t.Context(), begin(t, s.DSN("root", "")), good); !errors.Is(err, source.ErrSchema) {
		t.Errorf("no database at all: %v, want ErrSchema", err)
	}
}

// A table that can't be read as of one moment, or not be sorted whole, is refused.
func engines(t *testing.T, dsn string) {
	mytest.Exec(t, dsn, "CREATE TABLE m(id int, n int) ENGINE = MyISAM; CREATE TABLE l(id int, n int, k varchar(2000), x text)")
	r := source.Read{Dataset: "d", Table: catalog.Table{Name: "m"}, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"},
		Fields: []catalog.Field{{Name: "n", Column: "n", Type: catalog.Integer}}}
	if _, err := sourcetest.Lines(t.Context(), begin(t, dsn), r); !errors.Is(err, source.ErrSchema) || !strings.Contains(err.Error(), "MyISAM") {
		t.Errorf("MyISAM: %v, want ErrSchema", err)
	}
	r.Table.Name = "l"
	for _, r.Key = range [][]string{{"k"}, {"x"}} {
		if _, err := sourcetest.Lines(t.Context(), begin(t, dsn), r); !errors.Is(err, source.ErrSchema) {
			t.Errorf("sorted by %v: %v, want ErrSchema", r.Key, err)
		}
	}
}

// A server that goes away in the middle of a pull is an error, not an end.
func lost(t *testing.T, dsn string) {
	mytest.Exec(t, dsn, `CREATE TABLE t AS SELECT 1 AS id, seq AS n, repeat('x', 500) AS s FROM seq_1_to_100000`)
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
			mytest.Exec(t, dsn, "BEGIN NOT ATOMIC FOR p IN (SELECT id FROM information_schema.PROCESSLIST WHERE id <> CONNECTION_ID() AND db = DATABASE()) DO KILL p.id; END FOR; END")
		}
	}
	if !errors.Is(last, source.ErrUnavailable) {
		t.Fatalf("after %d batches: %v, want ErrUnavailable", batches, last)
	}
	if _, err := x.Estimate(t.Context(), r); !errors.Is(err, source.ErrUnavailable) {
		t.Fatalf("afterwards: %v, want ErrUnavailable", err)
	}
}

// BenchmarkPull reads sign-ins of one account, with its server on the same machine.
func BenchmarkPull(b *testing.B) {
	dsn := mytest.Start(b).Create(b, "bench")
	mytest.Exec(b, dsn, `CREATE TABLE logins (account int, id bigint, at datetime(6), address varchar(45), agent varchar(200), ok boolean, INDEX (account, at, id));
		INSERT INTO logins SELECT seq % 2, seq, '2026-03-01' + INTERVAL seq SECOND, concat('203.0.113.', seq % 256), 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0', seq % 7 > 0
			FROM seq_0_to_399999; ANALYZE TABLE logins`)
	s, err := mysql.Open(b.Context(), dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	sourcetest.Bench(b, s, sourcetest.SignIns(catalog.Integer, catalog.Native, "1"))
}
