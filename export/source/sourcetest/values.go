package sourcetest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"writ/export/catalog"
	"writ/export/order"
	"writ/export/source"
)

// every is a table of one row of every type and one of NULLs.
func every(e catalog.Encoding) (Table, source.Read) {
	table := Table{Table: catalog.Table{Name: "every"}, Columns: []Column{{Name: "id", Type: catalog.Integer}}}
	r := source.Read{Dataset: "every", Table: table.Table, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"}}
	row, null := Row{int64(1)}, Row{int64(2)}
	for i, v := range []struct {
		t     catalog.Type
		e     catalog.Encoding
		value any
	}{
		{catalog.Text, "", "a\"b\n\x01é😀"},
		{catalog.Text, "", ""},
		{catalog.Integer, "", int64(-(1<<53 - 1))},
		{catalog.BigInteger, "", int64(-1 << 63)},
		{catalog.Decimal, "", "1234567890.12345"},
		{catalog.Boolean, "", true},
		{catalog.Timestamp, e, Stored(march.Add(time.Hour), e)},
		{catalog.Timestamp, catalog.Unix, int64(0)},
		{catalog.Timestamp, catalog.UnixMS, int64(1)},
		{catalog.Timestamp, catalog.RFC3339, "2026-03-01T00:00:00+01:00"},
		{catalog.Timestamp, catalog.SQLiteUTC, "2026-03-01 00:00:00.5"},
		{catalog.ZonedTimestamp, catalog.RFC3339, "2026-03-01T00:00:00+01:00"},
		{catalog.Date, "", "2024-02-29"},
		{catalog.IPAddress, "", "2001:db8:0:0::1"},
		{catalog.Bytes, "", []byte{0, 0xff}},
		{catalog.Bytes, "", []byte{}},
		{catalog.Boolean, "", false},
	} {
		name := fmt.Sprintf("c%02d", i)
		table.Columns = append(table.Columns, Column{Name: name, Type: v.t, Encoding: v.e})
		r.Fields = append(r.Fields, catalog.Field{Name: order.Field(name), Column: name, Type: v.t, Encoding: v.e})
		row, null = append(row, v.value), append(null, nil)
	}
	table.Rows = []Row{row, null}
	return table, r
}

// Every type has one JSON form, and every type may be NULL.
func types(t *testing.T, h Harness) {
	table, r := every(h.Encodings[0])
	x := begin(t, h, table)
	same(t, pull(t, x, r), []string{
		`{"c00":"a\"b\n\u0001é😀","c01":"","c02":-9007199254740991,"c03":"-9223372036854775808","c04":"1234567890.12345","c05":true,` +
			`"c06":"2026-03-01T01:00:00Z","c07":"1970-01-01T00:00:00Z","c08":"1970-01-01T00:00:00.001Z","c09":"2026-02-28T23:00:00Z",` +
			`"c10":"2026-03-01T00:00:00.5Z","c11":{"original":"2026-03-01T00:00:00+01:00","utc":"2026-02-28T23:00:00Z"},"c12":"2024-02-29",` +
			`"c13":"2001:db8::1","c14":"AP8=","c15":"","c16":false}`,
	})
	r.Accounts = []string{"2"}
	nulls := strings.Builder{}
	for _, f := range r.Fields {
		fmt.Fprintf(&nulls, `,"%s":null`, f.Name)
	}
	same(t, pull(t, x, r), []string{"{" + nulls.String()[1:] + "}"})
}

// A value that is not of the catalog's type is never guessed at: the store
// refuses the column or the value, and never says what it is.
func wrongTypes(t *testing.T, h Harness) {
	const needle = "needle-4711"
	table := Table{
		Table:   catalog.Table{Name: "mixed"},
		Columns: []Column{{Name: "id", Type: catalog.Integer}, {Name: "text", Type: catalog.Text}, {Name: "big", Type: catalog.BigInteger}, {Name: "raw", Type: catalog.Bytes}},
		Rows:    []Row{{int64(1), needle, int64(1 << 53), []byte(needle)}},
	}
	x := begin(t, h, table)
	for _, f := range []catalog.Field{
		{Column: "text", Type: catalog.Integer}, {Column: "text", Type: catalog.BigInteger}, {Column: "text", Type: catalog.Decimal},
		{Column: "text", Type: catalog.Boolean}, {Column: "text", Type: catalog.Date}, {Column: "text", Type: catalog.IPAddress},
		{Column: "text", Type: catalog.Bytes}, {Column: "text", Type: catalog.ZonedTimestamp}, {Column: "text", Type: catalog.Timestamp, Encoding: catalog.RFC3339},
		{Column: "text", Type: catalog.Timestamp, Encoding: catalog.SQLiteUTC}, {Column: "text", Type: catalog.Timestamp, Encoding: catalog.Unix},
		{Column: "big", Type: catalog.Integer}, {Column: "big", Type: catalog.Text}, {Column: "big", Type: catalog.Boolean}, {Column: "big", Type: catalog.Bytes},
		{Column: "raw", Type: catalog.Text}, {Column: "raw", Type: catalog.Integer}, {Column: "raw", Type: "no-such-type"},
	} {
		t.Run(fmt.Sprintf("%s as %s %s", f.Column, f.Type, f.Encoding), func(t *testing.T) {
			f.Name = "field-name"
			_, err := Lines(t.Context(), x, source.Read{
				Dataset: "mixed", Table: table.Table, AccountKey: "id", Accounts: []string{"1"}, Key: []string{"id"}, Fields: []catalog.Field{f}})
			if !errors.Is(err, source.ErrValue) && !errors.Is(err, source.ErrSchema) {
				t.Fatalf("got %v, want ErrValue or ErrSchema", err)
			}
			if strings.Contains(err.Error(), needle) || strings.Contains(err.Error(), "9007199254740992") ||
				!strings.Contains(err.Error(), "field-name") || !strings.Contains(err.Error(), "mixed") {
				t.Errorf("the message must name dataset and field, not the value: %v", err)
			}
		})
	}
}
