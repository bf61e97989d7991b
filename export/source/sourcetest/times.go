package sourcetest

import (
	"errors"
	"testing"
	"time"

	"writ/export/catalog"
	"writ/export/source"
)

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
	for name, blind := range map[string]bool{"text": false, "case-blind text": true} {
		t.Run(name, func(t *testing.T) { inOrderBy(t, h, blind) })
	}
}

func inOrderBy(t *testing.T, h Harness, blind bool) {
	e := h.Encodings[0]
	at := func(s int) any { return Stored(march.Add(time.Duration(s)*time.Second), e) }
	table := Table{
		Table: catalog.Table{Schema: "", Name: "mails"},
		Columns: []Column{
			{Name: "owner", Type: catalog.Text}, {Name: "at", Type: catalog.Timestamp, Encoding: e},
			{Name: "folder", Type: catalog.Text, CaseBlind: blind}, {Name: "n", Type: catalog.Integer},
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
