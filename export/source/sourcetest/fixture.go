// Package sourcetest is the contract of [source.Store] as a test that every
// store runs: see [Run].
package sourcetest

import (
	"context"
	"testing"
	"time"

	"writ/export/catalog"
	"writ/export/source"
)

// A Harness lets the contract's tests run on one kind of store.
type Harness struct {
	// Open makes tables with rows and returns a store of them. insert adds rows
	// to a table afterwards. Both are undone when t ends.
	Open func(t *testing.T, tables ...Table) (s source.Store, insert func(t *testing.T, table catalog.Table, rows ...Row))
	// Encodings are those in which the store can hold a time that selects.
	Encodings []catalog.Encoding
}

// A Table is one table of a fixture.
type Table struct {
	catalog.Table
	Columns []Column
	Index   []string // columns, in order
	Rows    []Row
}

// A Column has the type that its store has for the catalog's. Encoding says
// which, for times. CaseBlind asks for a collation in which "a" equals "A".
type Column struct {
	Name      string
	Type      catalog.Type
	Encoding  catalog.Encoding
	CaseBlind bool
}

// A Row has one value a column: nil, string, int64, bool, []byte or time.Time.
type Row []any

// Stored gives a time as a column of that encoding holds it. Native is the
// harness's own business.
func Stored(t time.Time, e catalog.Encoding) any {
	switch e {
	case catalog.Unix:
		return t.Unix()
	case catalog.UnixMS:
		return t.UnixMilli()
	case catalog.SQLiteUTC:
		return t.UTC().Format("2006-01-02 15:04:05.000")
	case catalog.RFC3339:
		return t.Format(time.RFC3339Nano)
	}
	return t
}

// Lines pulls r and returns its records' JSON, each without its newline.
func Lines(ctx context.Context, x source.Snapshot, r source.Read) ([]string, error) {
	p := source.NewPool(1) // each batch must come back before the next
	var lines []string
	var out []byte
	var ends []int
	for b, err := range x.Pull(ctx, r, p) {
		if err != nil {
			return nil, err
		}
		out, ends, err = b.Encode(out[:0], ends[:0])
		b.Release()
		if err != nil {
			return nil, err
		}
		start := 0
		for _, end := range ends {
			lines = append(lines, string(out[start:end-1]))
			start = end
		}
	}
	// Whatever happened, the store must have given back what it took.
	b, err := p.Get(ctx, []source.Column{{Name: "x"}})
	if err != nil {
		return nil, err
	}
	b.Release()
	return lines, nil
}
