package sourcetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"writ/export/catalog"
	"writ/export/order"
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
		"Order": inOrder, "Types": types, "WrongTypes": wrongTypes, "Accounts": accounts, "Exact": exact,
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

// A record is in [From, To): the first instant is in, the last is out.
func window(t *testing.T, h Harness, e catalog.Encoding) {
	at := func(t time.Time) any { return Stored(t, e) }
	second := time.Second
	table, r := logins(e,
		Row{"a", int64(1), at(march.Add(-second)), nil},
		Row{"a", int64(2), at(march), nil},
		Row{"a", int64(3), at(march.Add(second)), nil},
		Row{"a", int64(4), at(april.Add(-second)), nil},
		Row{"a", int64(5), at(april), nil},
		Row{"a", int64(6), nil, nil},
		Row{"b", int64(7), at(march), nil},
	)
	x := begin(t, h, table)
	same(t, pull(t, x, r), []string{`{"n":2}`, `{"n":3}`, `{"n":4}`})

	// A bound between two values that the store can hold is not rounded into another record.
	r.From, r.To = march.Add(1), april.Add(1)
	same(t, pull(t, x, r), []string{`{"n":3}`, `{"n":4}`, `{"n":5}`})
	r.From, r.To = march.Add(-1), april.Add(-1)
	same(t, pull(t, x, r), []string{`{"n":2}`, `{"n":3}`, `{"n":4}`})

	// Zones change nothing: an instant is an instant.
	r.From, r.To = march.In(time.FixedZone("", 5400)), april.In(time.FixedZone("", -3600))
	same(t, pull(t, x, r), []string{`{"n":2}`, `{"n":3}`, `{"n":4}`})
}

// A record with an end is in if [time, until) overlaps [From, To); one without
// an end is still open; one that has no length is an instant.
func interval(t *testing.T, h Harness, e catalog.Encoding) {
	at := func(t time.Time) any { return Stored(t, e) }
	day := 24 * time.Hour
	table, r := logins(e,
		Row{"a", int64(1), at(march.Add(-day)), at(march.Add(-1 * time.Second))},
		Row{"a", int64(2), at(march.Add(-day)), at(march)},                       // ended as the window begins
		Row{"a", int64(3), at(march.Add(-day)), at(march.Add(time.Second))},      // overlaps its beginning
		Row{"a", int64(4), at(march.Add(-2 * day)), nil},                         // open, began before
		Row{"a", int64(5), at(march), at(march)},                                 // an instant, the first one
		Row{"a", int64(6), at(march.Add(day)), at(april.Add(day))},               // overlaps its end
		Row{"a", int64(7), at(march.Add(-3 * day)), at(april.Add(day))},          // covers it
		Row{"a", int64(8), at(april), at(april.Add(day))},                        // begins as it ends
		Row{"a", int64(9), at(april.Add(day)), nil},                              // open, begins after
		Row{"b", int64(10), at(march.Add(day)), nil},                             // somebody else's
		Row{"a", int64(11), at(april.Add(-time.Second)), at(april.Add(3 * day))}, // its last second
	)
	r.Until = catalog.TimeColumn{Column: "until", Encoding: e}
	same(t, pull(t, begin(t, h, table), r),
		[]string{`{"n":7}`, `{"n":4}`, `{"n":3}`, `{"n":5}`, `{"n":6}`, `{"n":11}`})
}

// Who held an identifier at an instant: from is in, to is out, NULL is still.
func held(t *testing.T, h Harness, e catalog.Encoding) {
	at := func(t time.Time) any { return Stored(t, e) }
	table := Table{
		Table: catalog.Table{Name: "leases"},
		Columns: []Column{
			{Name: "address", Type: catalog.IPAddress}, {Name: "account", Type: catalog.Text},
			{Name: "since", Type: catalog.Timestamp, Encoding: e}, {Name: "until", Type: catalog.Timestamp, Encoding: e},
		},
		Rows: []Row{
			{"203.0.113.7", "first", at(march), at(march.Add(time.Hour))},
			{"203.0.113.7", "second", at(march.Add(time.Hour)), at(march.Add(2 * time.Hour))},
			{"203.0.113.7", "third", at(march.Add(3 * time.Hour)), nil},
			{"203.0.113.8", "other", at(march), nil},
			{"203.0.113.7", "unknown", nil, nil},
		},
	}
	x := begin(t, h, table)
	l := source.Lookup{
		Identifier: catalog.Identifier{
			Type: "ip-address", Table: table.Table, Column: "address", ColumnType: catalog.IPAddress, Key: "account",
			From: catalog.TimeColumn{Column: "since", Encoding: e}, To: catalog.TimeColumn{Column: "until", Encoding: e},
		},
		Value: "203.0.113.7",
	}
	for _, tt := range []struct {
		name string
		at   time.Time
		want string
	}{
		{"before the first", march.Add(-1), ""},
		{"first instant", march, "first"},
		{"last instant", march.Add(time.Hour - 1), "first"},
		{"end is exclusive", march.Add(time.Hour), "second"},
		{"held by nobody", march.Add(2 * time.Hour), ""},
		{"still held", april, "third"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l.At = tt.at
			var want []source.Account
			if tt.want != "" {
				want = []source.Account{{Key: tt.want}}
			}
			got, err := x.Find(t.Context(), l, 3)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, want)
		})
	}
	l.At = time.Time{}
	if _, err := x.Find(t.Context(), l, 3); !errors.Is(err, source.ErrUnbound) {
		t.Errorf("without a time: %v, want ErrUnbound", err)
	}
}

// Records come by time, then by key, text by its bytes, whatever the accounts,
// and the same each time.
func inOrder(t *testing.T, h Harness) {
	e := h.Encodings[0]
	at := func(s int) any { return Stored(march.Add(time.Duration(s)*time.Second), e) }
	table := Table{
		Table: catalog.Table{Schema: "", Name: "mails"},
		Columns: []Column{
			{Name: "owner", Type: catalog.Text}, {Name: "at", Type: catalog.Timestamp, Encoding: e},
			{Name: "folder", Type: catalog.Text, CaseBlind: true}, {Name: "n", Type: catalog.Integer},
		},
		Rows: []Row{
			{"b", at(2), "a", int64(1)}, {"a", at(2), "B", int64(2)}, {"a", at(2), "é", int64(3)}, {"b", at(1), "z", int64(4)},
			{"a", at(3), "_", int64(5)}, {"b", at(2), "B", int64(1)}, {"c", at(1), "a", int64(9)}, {"a", at(2), "ab", int64(7)}, {"b", at(2), "B", int64(2)},
		},
	}
	r := source.Read{
		Dataset: "mails", Table: table.Table, AccountKey: "owner", Accounts: []string{"a", "b"}, Key: []string{"folder", "n"},
		Time: catalog.TimeColumn{Column: "at", Encoding: e}, From: march, To: april,
		Fields: []catalog.Field{{Name: "f", Column: "folder", Type: catalog.Text}, {Name: "n", Column: "n", Type: catalog.Integer}, {Name: "o", Column: "owner", Type: catalog.Text}},
	}
	want := []string{
		`{"f":"z","n":4,"o":"b"}`,
		`{"f":"B","n":1,"o":"b"}`, `{"f":"B","n":2,"o":"a"}`, `{"f":"B","n":2,"o":"b"}`,
		`{"f":"a","n":1,"o":"b"}`, `{"f":"ab","n":7,"o":"a"}`, `{"f":"é","n":3,"o":"a"}`,
		`{"f":"_","n":5,"o":"a"}`,
	}
	x := begin(t, h, table)
	same(t, pull(t, x, r), want)
	r.Accounts = []string{"b", "a"}
	same(t, pull(t, x, r), want)

	// A dataset that knows no time is ordered by its key.
	r.Time, r.From, r.To, r.Accounts = catalog.TimeColumn{}, time.Time{}, time.Time{}, []string{"a"}
	same(t, pull(t, x, r), []string{`{"f":"B","n":2,"o":"a"}`, `{"f":"_","n":5,"o":"a"}`, `{"f":"ab","n":7,"o":"a"}`, `{"f":"é","n":3,"o":"a"}`})
}

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
	hostile := []string{`we"ird; drop table x--`, `a.b`, `select`, `$1?1:x`, `back\slash' OR 1=1`, `Größe`}
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

// A context that ended ends everything, with its cause.
func cancelled(t *testing.T, h Harness) {
	table, r := logins(h.Encodings[0])
	for i := range 3 * source.BatchRecords {
		table.Rows = append(table.Rows, Row{"a", int64(i), Stored(march, h.Encodings[0]), nil})
	}
	s, _ := h.Open(t, table)
	stop := errors.New("the operator stopped it")
	ended, cancel := context.WithCancelCause(context.Background())
	cancel(stop)
	if _, err := s.Begin(ended); !errors.Is(err, stop) {
		t.Errorf("Begin: %v", err)
	}
	for name, f := range map[string]func(x source.Snapshot) error{
		"Find": func(x source.Snapshot) error {
			_, err := x.Find(ended, source.Lookup{Identifier: catalog.Identifier{Table: table.Table, Column: "account", ColumnType: catalog.Text, Key: "id"}, Value: "a"}, 1)
			return err
		},
		"Estimate": func(x source.Snapshot) error { _, err := x.Estimate(ended, r); return err },
		"Pull":     func(x source.Snapshot) error { _, err := Lines(ended, x, r); return err },
		"in the middle": func(x source.Snapshot) error {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			for b, err := range x.Pull(ctx, r, source.NewPool(1)) {
				if err != nil {
					return err
				}
				b.Release()
				cancel(stop)
			}
			return nil
		},
		"waiting for a batch": func(x source.Snapshot) error {
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			for _, err := range x.Pull(ctx, r, source.NewPool(1)) {
				if err != nil {
					return err
				}
				go cancel(stop) // and the batch is never released
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := s.Begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			defer x.Close()
			if err := f(x); !errors.Is(err, stop) {
				t.Errorf("got %v, want the cause", err)
			}
		})
	}
}

// A snapshot is of one moment: what is written afterwards is another's.
func snapshot(t *testing.T, h Harness) {
	e := h.Encodings[0]
	table, r := logins(e, Row{"a", int64(1), Stored(march, e), nil})
	s, insert := h.Open(t, table)
	before, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	insert(t, table.Table, Row{"a", int64(2), Stored(march, e), nil})
	after, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	same(t, pull(t, before, r), []string{`{"n":1}`})
	same(t, pull(t, after, r), []string{`{"n":1}`, `{"n":2}`})
	insert(t, table.Table, Row{"a", int64(3), Stored(march, e), nil})
	same(t, pull(t, before, r), []string{`{"n":1}`})
	same(t, pull(t, after, r), []string{`{"n":1}`, `{"n":2}`})
}

// Many batches come in order and whole, from a pool of one; a consumer that
// stops early is obeyed, and what was not ranged over was not read.
func batches(t *testing.T, h Harness) {
	e := h.Encodings[0]
	table, r := logins(e)
	const n = 2*source.BatchRecords + 10
	for i := range n {
		table.Rows = append(table.Rows, Row{"a", int64(n - i), Stored(march.Add(time.Duration(i%100)*time.Second), e), nil})
	}
	s, _ := h.Open(t, table)
	x, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	x.Pull(t.Context(), r, source.NewPool(1)) // not ranged over: nothing happens

	var sizes []int
	p := source.NewPool(1)
	for b, err := range x.Pull(t.Context(), r, p) {
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, b.Rows())
		b.Release()
	}
	same(t, sizes, []int{source.BatchRecords, source.BatchRecords, 10})

	first := pull(t, x, r)
	same(t, len(first), n)
	sorted := slices.Clone(first)
	slices.Sort(sorted)
	same(t, len(slices.Compact(sorted)), n)
	r.Accounts = []string{"nobody"}
	same(t, pull(t, x, r), []string(nil))

	r.Accounts = []string{"a"}
	for b, err := range x.Pull(t.Context(), r, p) { // last: a store may end its snapshot here
		if err != nil {
			t.Fatal(err)
		}
		b.Release()
		break
	}
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
	for _, want := range []string{`"logins"`, `"account"`, `"at"`, `"id"`, "ORDER BY"} {
		if !strings.Contains(q, want) {
			t.Errorf("%s is not in the query: %s", want, q)
		}
	}
	if strings.Contains(q, "needle") || strings.Contains(q, "2026") || strings.Contains(q, fmt.Sprint(march.Unix())) {
		t.Errorf("a value is in the query: %s", q)
	}
	r.Accounts = nil
	if _, err := x.Describe(t.Context(), r); !errors.Is(err, source.ErrUnbound) {
		t.Errorf("without accounts: %v, want ErrUnbound", err)
	}
}
