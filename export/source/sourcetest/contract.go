package sourcetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"writ/export/catalog"
	"writ/export/source"
)

// Run holds a kind of store against the contract of [source.Store].
func Run(t *testing.T, h Harness) {
	for _, e := range h.Encodings {
		t.Run("times as "+cmpName(e), func(t *testing.T) {
			t.Run("Window", func(t *testing.T) { window(t, h, e) })
			t.Run("Interval", func(t *testing.T) { interval(t, h, e) })
			t.Run("Held", func(t *testing.T) { held(t, h, e) })
		})
	}
	for name, f := range map[string]func(*testing.T, Harness){
		"Order": inOrder, "Types": types, "WrongTypes": wrongTypes, "Accounts": accounts, "Exact": exact, "Alike": alike,
		"Tenants": tenants, "Unbound": unbound, "Schema": schema, "Names": names, "Cancelled": cancelled,
		"Snapshot": snapshot, "Batches": batches, "Estimate": estimate, "Describe": describe,
	} {
		t.Run(name, func(t *testing.T) { f(t, h) })
	}
}

func cmpName(e catalog.Encoding) string {
	if e == catalog.Native {
		return "native"
	}
	return string(e)
}

var (
	march = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
)

// begin opens the tables and a snapshot of them.
func begin(t *testing.T, h Harness, tables ...Table) source.Snapshot {
	t.Helper()
	s, _ := h.Open(t, tables...)
	x, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

func pull(t *testing.T, x source.Snapshot, r source.Read) []string {
	t.Helper()
	got, err := Lines(t.Context(), x, r)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func same(t *testing.T, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// logins is a table of account, id and times, and its read for the account "a".
func logins(e catalog.Encoding, rows ...Row) (Table, source.Read) {
	t := Table{
		Table: catalog.Table{Name: "logins"},
		Columns: []Column{
			{Name: "account", Type: catalog.Text},
			{Name: "id", Type: catalog.Integer},
			{Name: "at", Type: catalog.Timestamp, Encoding: e},
			{Name: "until", Type: catalog.Timestamp, Encoding: e},
		},
		Index: []string{"account", "at", "id"},
		Rows:  rows,
	}
	return t, source.Read{
		Dataset: "logins", Table: t.Table, AccountKey: "account", Accounts: []string{"a"}, Key: []string{"id"},
		Time: catalog.TimeColumn{Column: "at", Encoding: e}, From: march, To: april,
		Fields: []catalog.Field{{Name: "n", Column: "id", Type: catalog.Integer}},
	}
}
