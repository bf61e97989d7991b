package sourcetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"writ/export/catalog"
	"writ/export/source"
)

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
