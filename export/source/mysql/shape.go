package mysql

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"writ/export/catalog"
	"writ/export/internal/mysqlconn"
	"writ/export/source"
)

// A kind is what a query needs to know of a column's type.
type kind uint8

const (
	other  kind = iota // nothing is compared with it
	text               // has a character set and a collation
	bytes              // has none
	whole              // an integer
	fixed              // a decimal
	uuid               // MariaDB
	inet               // MariaDB
	moment             // DATETIME or TIMESTAMP
)

var kinds = map[string]kind{
	"char": text, "varchar": text, "tinytext": text, "text": text, "mediumtext": text, "longtext": text, "enum": text, "set": text,
	"binary": bytes, "varbinary": bytes, "tinyblob": bytes, "blob": bytes, "mediumblob": bytes, "longblob": bytes,
	"tinyint": whole, "smallint": whole, "mediumint": whole, "int": whole, "bigint": whole,
	"decimal": fixed, "uuid": uuid, "inet4": inet, "inet6": inet, "datetime": moment, "timestamp": moment,
}

// A column is one column of a table.
type column struct {
	name      string // quoted
	typ       string // the server's name of its type
	full      string // the same with its length
	kind      kind
	charset   string
	collation string
	length    int // most characters of a text, most bytes of bytes
	scale     int // digits after the point
}

// A shape is a table's columns by name.
type shape map[string]column

const describeTable = `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, CHARACTER_MAXIMUM_LENGTH, NUMERIC_SCALE
FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?`

const describeEngine = `SELECT t.ENGINE, e.TRANSACTIONS FROM information_schema.TABLES t LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ? AND t.TABLE_TYPE = 'BASE TABLE'`

// shape returns the columns of a table, which must be there and be able to
// stand still.
func (x *snapshot) shape(ctx context.Context, t catalog.Table) (shape, error) {
	name := table(t)
	if s, ok := x.tables[name]; ok {
		return s, nil
	}
	schema := t.Schema
	if schema == "" {
		schema = x.conn.Database
	}
	rows, err := x.conn.Texts(ctx, describeTable, schema, t.Name)
	if err != nil {
		return nil, err
	}
	s := shape{}
	for _, r := range rows {
		if r[0] != schema || r[1] != t.Name {
			continue // the comparison took no notice of case
		}
		c := column{name: mysqlconn.Quote(r[2]), typ: r[3], full: r[4], kind: kinds[r[3]], charset: r[5], collation: r[6]}
		c.length, _ = strconv.Atoi(r[7]) // what has none is not sorted by
		c.scale, _ = strconv.Atoi(r[8])
		if c.kind == text && !(plain(c.charset) && plain(c.collation)) {
			c.kind = other
		}
		s[r[2]] = c
	}
	if len(s) == 0 {
		return nil, fmt.Errorf("%w: there is no table %s that the account can see", source.ErrSchema, name)
	}
	engines, err := x.conn.Texts(ctx, describeEngine, schema, t.Name)
	if err != nil {
		return nil, err
	}
	for _, e := range engines {
		if e[1] != "YES" {
			return nil, fmt.Errorf("%w: table %s is of engine %s, which can't be read as of one moment; convert it to InnoDB", source.ErrSchema, name, e[0])
		}
	}
	x.tables[name] = s
	return s, nil
}

// plain reports whether a name of the server's own can stand in a statement as
// it is.
func plain(name string) bool {
	return name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// column returns one of the columns, which must be there.
func (s shape) column(name string) (column, error) {
	c, ok := s[name]
	if !ok {
		return column{}, fmt.Errorf("%w: there is no column %s", source.ErrSchema, mysqlconn.Quote(name))
	}
	return c, nil
}

// exact reports whether "=" and the sorting of the column are those of the
// bytes of its UTF-8, so that an index on it serves both.
func (c column) exact() bool {
	switch c.collation {
	case "utf8mb4_nopad_bin", "utf8mb3_nopad_bin", "ascii_nopad_bin", "utf8mb4_0900_bin":
		return c.typ == "varchar"
	}
	return false
}

// value returns the expression that sorts and tells apart by a column: text by
// the bytes of its UTF-8, whatever its collation.
func (c column) value() string {
	if c.kind == text && !c.exact() {
		return "CAST(CONVERT(" + c.name + " USING utf8mb4) AS BINARY)"
	}
	return c.name
}

// ordering is value for a column that records are sorted by.
func (c column) ordering() (string, error) {
	most := mysqlconn.SortBytes
	if c.kind == text {
		most /= 4 // bytes of a character
	}
	if c.length > most || c.typ == "json" {
		return "", fmt.Errorf("%w: column %s is too long to sort by: %s", source.ErrSchema, c.name, c.full)
	}
	return c.value(), nil
}

func table(t catalog.Table) string {
	if t.Schema == "" {
		return mysqlconn.Quote(t.Name)
	}
	return mysqlconn.Quote(t.Schema) + "." + mysqlconn.Quote(t.Name)
}
