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

// A read without account keys, or without a window where there are times, is
// refused before anything is asked of the store.
func unbound(t *testing.T, h Harness) {
	table, r := logins(h.Encodings[0], Row{"a", int64(1), Stored(march, h.Encodings[0]), nil})
	x := begin(t, h, table)
	for name, change := range map[string]func(*source.Read){
		"no accounts": func(r *source.Read) { r.Accounts = nil },
		"empty key":   func(r *source.Read) { r.Accounts = []string{""} },
		"no window":   func(r *source.Read) { r.From, r.To = time.Time{}, time.Time{} },
		"twice":       func(r *source.Read) { r.Accounts = []string{"a", "a"} },
	} {
		t.Run(name, func(t *testing.T) {
			r := r
			change(&r)
			if _, err := Lines(t.Context(), x, r); !errors.Is(err, source.ErrUnbound) {
				t.Errorf("Pull: %v, want ErrUnbound", err)
			}
			if _, err := x.Estimate(t.Context(), r); !errors.Is(err, source.ErrUnbound) {
				t.Errorf("Estimate: %v, want ErrUnbound", err)
			}
		})
	}
	same(t, pull(t, x, r), []string{`{"n":1}`})
}

// A table or column that is not there is named; nothing else takes its place.
func schema(t *testing.T, h Harness) {
	e := h.Encodings[0]
	table, good := logins(e, Row{"a", int64(1), Stored(march, e), nil})
	s, _ := h.Open(t, table)
	for name, change := range map[string]func(*source.Read){
		"no-such-table":   func(r *source.Read) { r.Table.Name = "no-such-table" },
		"no-such-schema":  func(r *source.Read) { r.Table.Schema = "no-such-schema" },
		"no-such-account": func(r *source.Read) { r.AccountKey = "no-such-account" },
		"no-such-key":     func(r *source.Read) { r.Key = []string{"no-such-key"} },
		"no-such-time":    func(r *source.Read) { r.Time.Column = "no-such-time" },
		"no-such-until":   func(r *source.Read) { r.Until = catalog.TimeColumn{Column: "no-such-until", Encoding: e} },
		"no-such-field": func(r *source.Read) {
			r.Fields = []catalog.Field{{Name: "n", Column: "no-such-field", Type: catalog.Integer}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := s.Begin(t.Context()) // an error may end a transaction
			if err != nil {
				t.Fatal(err)
			}
			defer x.Close()
			r := good
			change(&r)
			if _, err := Lines(t.Context(), x, r); !errors.Is(err, source.ErrSchema) || !strings.Contains(err.Error(), name) {
				t.Fatalf("got %v, want ErrSchema that says %s", err, name)
			}
		})
	}
	x, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	bad := catalog.Identifier{Type: "email", Table: table.Table, Column: "no-such-column", ColumnType: catalog.Text, Key: "id"}
	if _, err := x.Find(t.Context(), source.Lookup{Identifier: bad, Value: "x"}, 1); !errors.Is(err, source.ErrSchema) {
		t.Fatalf("Find: %v, want ErrSchema", err)
	}
}

// A name is quoted, whatever is in it.
func names(t *testing.T, h Harness) {
	hostile := []string{`we"ird; drop table x--`, `a.b`, `select`, `$1?1:x`, `back\slash' OR 1=1`, `Größe`, "back`tick; drop table x -- /*! */ #"}
	table := Table{Table: catalog.Table{Name: `t"; drop table x--`}, Columns: []Column{{Name: `ac"count`, Type: catalog.Text}}}
	row := Row{"a"}
	r := source.Read{Dataset: "d", Table: table.Table, AccountKey: `ac"count`, Accounts: []string{"a"}, Key: []string{hostile[0]}}
	want := ""
	for i, n := range hostile {
		table.Columns = append(table.Columns, Column{Name: n, Type: catalog.Integer})
		r.Fields = append(r.Fields, catalog.Field{Name: order.Field(fmt.Sprint("n", i)), Column: n, Type: catalog.Integer})
		row = append(row, int64(i))
		want += fmt.Sprintf(`,"n%d":%d`, i, i)
	}
	table.Rows = []Row{row}
	same(t, pull(t, begin(t, h, table), r), []string{"{" + want[1:] + "}"})
}

// An estimate is about the number of records, and reads none of them.
func estimate(t *testing.T, h Harness) {
	e := h.Encodings[0]
	table, r := logins(e)
	for i := range 200 {
		table.Rows = append(table.Rows, Row{[]any{"a", "b"}[i%2], int64(i), Stored(march, e), nil})
	}
	x := begin(t, h, table)
	for _, accounts := range [][]string{{"a"}, {"a", "b"}} {
		r.Accounts = accounts
		n, err := x.Estimate(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if n < 1 || n > 1000 {
			t.Errorf("%d records estimated, there are 100 an account", n)
		}
	}
}

// A description is the query, with every name and without a value.
func describe(t *testing.T, h Harness) {
	table, r := logins(h.Encodings[0])
	x := begin(t, h, table)
	r.Accounts = []string{"needle-4711", "needle-4712"}
	q, err := x.Describe(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"logins", "account", "at", "id"} {
		if !strings.Contains(q, `"`+want+`"`) && !strings.Contains(q, "`"+want+"`") {
			t.Errorf("%s is not quoted in the query: %s", want, q)
		}
	}
	if !strings.Contains(q, "ORDER BY") {
		t.Errorf("the query has no order: %s", q)
	}
	if strings.Contains(q, "needle") || strings.Contains(q, "2026") || strings.Contains(q, fmt.Sprint(march.Unix())) {
		t.Errorf("a value is in the query: %s", q)
	}
	r.Accounts = nil
	if _, err := x.Describe(t.Context(), r); !errors.Is(err, source.ErrUnbound) {
		t.Errorf("without accounts: %v, want ErrUnbound", err)
	}
}
