package postgres

import (
	"context"
	"fmt"
	"strings"

	"writ/export/catalog"
	"writ/export/source"
)

// A column is what a query needs to know of a column's type; a domain counts as
// the type below it.
type column struct {
	oid        string
	typ        string // its name
	enum       bool
	collatable bool // text: it has an order of its own
	exact      bool // "=" compares letter by letter
	indexed    bool // an index finds all rows of a value
}

// A shape is a table's columns by name.
type shape map[string]column

const describeTable = `SELECT a.attname, b.oid::text, b.typname, b.typtype = 'e', a.attcollation <> 0,
	coalesce(c.collisdeterministic, true) AND b.typname <> 'citext',
	EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indisvalid
		AND i.indpred IS NULL AND pg_catalog.pg_index_has_property(i.indexrelid, 'index_scan'))
FROM pg_catalog.pg_attribute a
	JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
	JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
	LEFT JOIN pg_catalog.pg_collation c ON c.oid = a.attcollation
WHERE a.attrelid = pg_catalog.to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped`

// shape returns the columns of a table, which must be there.
func (x *snapshot) shape(ctx context.Context, t catalog.Table) (shape, error) {
	name := table(t)
	if s, ok := x.tables[name]; ok {
		return s, nil
	}
	rows := x.conn.ExecParams(ctx, describeTable, [][]byte{[]byte(name)}, nil, nil, nil)
	s := shape{}
	for rows.NextRow() {
		v := rows.Values()
		s[string(v[0])] = column{oid: string(v[1]), typ: string(v[2]), enum: string(v[3]) == "t", collatable: string(v[4]) == "t", exact: string(v[5]) == "t", indexed: string(v[6]) == "t"}
	}
	if _, err := rows.Close(); err != nil {
		return nil, failure(ctx, err)
	}
	if len(s) == 0 {
		return nil, fmt.Errorf("%w: there is no table %s that the role can see", source.ErrSchema, name)
	}
	x.tables[name] = s
	return s, nil
}

// column returns one of the columns, which must be there.
func (s shape) column(name string) (column, error) {
	c, ok := s[name]
	if !ok {
		return column{}, fmt.Errorf("%w: there is no column %s", source.ErrSchema, quote(name))
	}
	return c, nil
}

// ordering returns the term that sorts by a column: text by its bytes, whatever
// the database's collation, so that the order is the same everywhere.
func (c column) ordering(quoted string) string {
	switch {
	case !c.exact:
		return quoted + `::text COLLATE "C"`
	case c.collatable:
		return quoted + ` COLLATE "C"`
	}
	return quoted
}

func table(t catalog.Table) string {
	if t.Schema == "" {
		return quote(t.Name)
	}
	return quote(t.Schema) + "." + quote(t.Name)
}

// quote quotes a name. A NUL can't be sent, so it becomes a name that no table has.
func quote(s string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(s, "\x00", "\ufffd"), `"`, `""`) + `"`
}
