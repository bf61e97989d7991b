package sourcetest

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"writ/export/catalog"
	"writ/export/source"
)

// Keys are text to writ, whatever they are in the store; only the accounts
// named are read, and a key is never a pattern or a piece of SQL.
func accounts(t *testing.T, h Harness) {
	table := Table{
		Table: catalog.Table{Name: "owned"},
		Columns: []Column{
			{Name: "text", Type: catalog.Text, CaseBlind: true}, {Name: "number", Type: catalog.Integer}, {Name: "id", Type: catalog.Integer},
		},
		Rows: []Row{
			{"alice", int64(7), int64(1)}, {"Alice", int64(70), int64(2)}, {"bob", int64(8), int64(3)}, {`we"ird\{},'; --`, int64(9), int64(4)},
			{"%", int64(10), int64(5)}, {nil, nil, int64(6)}, {"", int64(0), int64(7)}, {"alice", int64(7), int64(8)}, {"NULL", int64(11), int64(9)},
		},
	}
	x := begin(t, h, table)
	for _, tt := range []struct {
		key  string
		keys []string
		want string
	}{
		{"text", []string{"alice"}, "1 8"},
		{"text", []string{"Alice"}, "2"},
		{"text", []string{"ALICE"}, ""},
		{"text", []string{"%"}, "5"},
		{"text", []string{"NULL"}, "9"},
		{"text", []string{"alice", "bob"}, "1 3 8"},
		{"text", []string{"NULL", "nobody"}, "9"},
		{"text", []string{`we"ird\{},'; --`}, "4"},
		{"text", []string{`we"ird\{},'; --`, "bob"}, "3 4"},
		{"text", []string{"' OR ''='"}, ""},
		{"number", []string{"7"}, "1 8"},
		{"number", []string{"7", "8", "9"}, "1 3 4 8"},
	} {
		t.Run(strings.Join(append([]string{tt.key}, tt.keys...), " "), func(t *testing.T) {
			got := pull(t, x, source.Read{Dataset: "owned", Table: table.Table, AccountKey: tt.key, Accounts: tt.keys, Key: []string{"id"},
				Fields: []catalog.Field{{Name: "n", Column: "id", Type: catalog.Integer}}})
			for i := range got {
				got[i] = strings.TrimSuffix(strings.TrimPrefix(got[i], `{"n":`), "}")
			}
			same(t, strings.Join(got, " "), tt.want)
		})
	}
}

// An identifier is compared exactly, letter by letter, and what is empty is
// nobody's.
func exact(t *testing.T, h Harness) {
	table := Table{
		Table: catalog.Table{Name: "users"},
		Columns: []Column{
			{Name: "id", Type: catalog.Integer}, {Name: "email", Type: catalog.Text, CaseBlind: true}, {Name: "number", Type: catalog.BigInteger},
		},
		Rows: []Row{
			{int64(1), "alice@example.org", int64(100)}, {int64(2), "ALICE@example.org", int64(200)}, {int64(3), "", int64(300)}, {int64(4), nil, nil},
			{int64(5), "shared", int64(400)}, {int64(6), "shared", int64(400)}, {int64(7), "shared", int64(400)}, {nil, "orphan", int64(500)},
			{int64(5), "shared", int64(400)}, {int64(8), "%@example.org", int64(600)}, {int64(9), "alice@example.org ", int64(700)},
		},
	}
	x := begin(t, h, table)
	for _, tt := range []struct {
		column, value string
		limit         int
		want          []string
	}{
		{"email", "alice@example.org", 5, []string{"1"}},
		{"email", "Alice@example.org", 5, nil},
		{"email", "%@example.org", 5, []string{"8"}},
		{"email", "*@example.org", 5, nil},
		{"email", "alice@example", 5, nil},
		{"email", "orphan", 5, nil},
		{"email", "shared", 5, []string{"5", "6", "7"}},
		{"email", "shared", 1, []string{"5", "6"}}, // one more than the limit, no more
		{"number", "200", 5, []string{"2"}},
		{"number", "201", 5, nil},
	} {
		t.Run(tt.column+" "+tt.value, func(t *testing.T) {
			i := catalog.Identifier{Type: "email", Table: table.Table, Column: tt.column, ColumnType: catalog.Text, Key: "id"}
			if tt.column == "number" {
				i.ColumnType = catalog.Integer
			}
			found, err := x.Find(t.Context(), source.Lookup{Identifier: i, Value: tt.value}, tt.limit)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, a := range found {
				got = append(got, a.Key)
			}
			same(t, got, tt.want)
		})
	}
	_, err := x.Find(t.Context(), source.Lookup{Identifier: catalog.Identifier{Table: table.Table, Column: "email", Key: "id", ColumnType: catalog.Text}}, 5)
	if !errors.Is(err, source.ErrUnbound) {
		t.Errorf("an empty identifier: %v, want ErrUnbound", err)
	}
	_, err = x.Find(t.Context(), source.Lookup{Value: "needle-4711", Identifier: catalog.Identifier{Table: table.Table, Column: "number", Key: "id", ColumnType: catalog.Integer}}, 5)
	if !errors.Is(err, source.ErrUnavailable) || strings.Contains(err.Error(), "needle") {
		t.Errorf("an identifier that the column can't hold: %v, want ErrUnavailable without it", err)
	}
}

// Values that a collation, a pattern, a conversion or the eye could take for one
// another are different ones: each finds its own account and no other.
func alike(t *testing.T, h Harness) {
	values := []string{
		"mirela@x.org", "Mirela@x.org", "MIRELA@X.ORG", "mirela@x.org ", "mirela@x.org  ", " mirela@x.org", "mirela @x.org", "mirela@x.org\t", "mirela@x.org\n", "mirela@x.or",
		"mirela@x.org.", "mirela+a@x.org", "m.irela@x.org",
		"mir\u00e9la", "mire\u0301la", "mirela", "mirel\u0430", "\uff4direla", "mire\u200bla", "mirela\u00a0", "m\u0131rela", "m\u0130rela", "M\u0130RELA", "mirela\ufe0f",
		"stra\u00dfe", "strasse", "STRASSE", "\u00c5ngstrom", "\u212bngstrom", "A\u030angstrom", "\ufb01x", "fix", "\u03c3\u03c2", "\u03c3\u03c3",
		"%", "_", "mirela%", "mirel_", "mirela\\%", "*", "?", "$1", "?1", ":key", "NULL", "null", "''", "'", `"`, "`", `\`, "0", "00", "1", "01", "+1", "1.0", "1e0", "true", "t", "TRUE",
	}
	table := Table{
		Table:   catalog.Table{Name: "users"},
		Columns: []Column{{Name: "id", Type: catalog.Integer}, {Name: "email", Type: catalog.Text, CaseBlind: true}, {Name: "plain", Type: catalog.Text}},
		Rows:    []Row{{int64(1000), nil, nil}, {int64(1001), "", ""}, {nil, "mirela@x.org", "mirela@x.org"}},
	}
	for i, v := range values {
		table.Rows = append(table.Rows, Row{int64(i + 1), v, v})
	}
	x := begin(t, h, table)
	for _, column := range []string{"email", "plain"} {
		find := func(value string) (keys []string) {
			t.Helper()
			i := catalog.Identifier{Type: "email", Table: table.Table, Column: column, ColumnType: catalog.Text, Key: "id"}
			found, err := x.Find(t.Context(), source.Lookup{Identifier: i, Value: value}, 5)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range found {
				keys = append(keys, a.Key)
			}
			return keys
		}
		for i, v := range values {
			if got := find(v); len(got) != 1 || got[0] != strconv.Itoa(i+1) {
				t.Errorf("%s: %q finds %v, want %d alone", column, v, got, i+1)
			}
		}
		for _, v := range []string{" ", "mirela@x", "irela@x.org", "mirela@x.org\r", "mirela@%", "mirela_x.org", "mIrela@x.org", "stra\u1e9ee", "\u0660", "NUL"} {
			if got := find(v); len(got) != 0 {
				t.Errorf("%s: %q finds %v, want nobody", column, v, got)
			}
		}
	}
}

// A tenant stands in the account's table; where that is not the identifier's,
// an account that it does not have is an error, not a consumer.
func tenants(t *testing.T, h Harness) {
	mails := Table{
		Table:   catalog.Table{Name: "mail addresses"},
		Columns: []Column{{Name: "address", Type: catalog.Text}, {Name: "user", Type: catalog.Integer}},
		Rows:    []Row{{"alice", int64(1)}, {"bob", int64(2)}, {"carol", int64(3)}, {"ghost", int64(4)}},
	}
	users := Table{
		Table:   catalog.Table{Name: "users"},
		Columns: []Column{{Name: "id", Type: catalog.Integer}, {Name: "customer", Type: catalog.Text}},
		Rows:    []Row{{int64(1), nil}, {int64(2), ""}, {int64(3), "acme"}},
	}
	x := begin(t, h, mails, users)
	l := source.Lookup{
		Identifier: catalog.Identifier{Type: "email", Store: "s", Table: mails.Table, Column: "address", ColumnType: catalog.Text, Key: "user"},
		Account:    catalog.Account{Name: "user", Store: "s", Table: users.Table, Key: "id", Tenant: "customer"},
	}
	for value, want := range map[string][]source.Account{
		"alice": {{Key: "1"}}, "bob": {{Key: "2"}}, "carol": {{Key: "3", Tenant: "acme"}}, "nobody": nil,
	} {
		l.Value = value
		got, err := x.Find(t.Context(), l, 2)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, want)
	}
	l.Value = "ghost"
	if _, err := x.Find(t.Context(), l, 2); !errors.Is(err, source.ErrValue) {
		t.Errorf("an account without a tenant's row: %v, want ErrValue", err)
	}
	l.Account.Store = "another"
	if _, err := x.Find(t.Context(), l, 2); !errors.Is(err, source.ErrSchema) {
		t.Errorf("tenants on another store: %v, want ErrSchema", err)
	}
	l = source.Lookup{
		Identifier: catalog.Identifier{Type: "account-id", Table: users.Table, Column: "id", ColumnType: catalog.Integer, Key: "id"},
		Account:    catalog.Account{Table: users.Table, Key: "id", Tenant: "customer"},
		Value:      "3",
	}
	got, err := x.Find(t.Context(), l, 2)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, []source.Account{{Key: "3", Tenant: "acme"}})
}
