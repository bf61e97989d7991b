package sqlite

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ncruces/go-sqlite3"

	"writ/export/catalog"
	"writ/export/source"
	"writ/export/source/window"
)

// MaxAccounts bounds the accounts of one read: they are merged in order, and
// SQLite merges no more.
const MaxAccounts = 500

// A query is a statement, what is bound to it, and what it may read.
type query struct {
	sql  string
	args []any // string, int64
	may  names

	counting bool // it counts as well
}

// bind adds a value and returns its parameter.
func (q *query) bind(v any) string {
	q.args = append(q.args, v)
	return "?" + strconv.Itoa(len(q.args))
}

// pull is the query of r's records. Each account is read by itself, in order,
// and the accounts are merged: so an index on account key, time and key is
// enough to sort nothing.
func pull(r source.Read) (query, error) {
	if len(r.Accounts) > MaxAccounts {
		return query{}, fmt.Errorf("%w: dataset %s has %d accounts to read; a SQLite store reads at most %d at once", source.ErrUnavailable, r.Dataset, len(r.Accounts), MaxAccounts)
	}
	q := query{may: names{}}
	q.may.add(r.Table.Name, r.AccountKey)
	var selected []string
	for _, f := range r.Fields {
		selected = append(selected, quote(f.Column))
		q.may.add(r.Table.Name, f.Column)
	}
	ordered := r.Key
	if len(r.Accounts) > 1 {
		ordered = append(ordered[:len(ordered):len(ordered)], r.AccountKey)
	}
	if r.Time.Column != "" {
		ordered = append([]string{r.Time.Column}, ordered...)
	}
	var by []string
	for i, c := range ordered {
		q.may.add(r.Table.Name, c)
		term := quote(c)
		if len(r.Accounts) > 1 { // the terms of a merge are columns of its result
			selected = append(selected, term)
			term = strconv.Itoa(len(r.Fields) + i + 1)
		}
		by = append(by, term+" COLLATE BINARY")
	}
	var accounts []string
	for _, a := range r.Accounts {
		accounts = append(accounts, q.bind(a))
	}
	in, err := q.window(r)
	if err != nil {
		return query{}, err
	}
	var each []string
	for _, a := range accounts {
		each = append(each, "SELECT "+strings.Join(selected, ", ")+" FROM "+table(r.Table)+
			" WHERE "+quote(r.AccountKey)+" = "+a+" COLLATE BINARY"+in)
	}
	q.sql = strings.Join(each, " UNION ALL ") + " ORDER BY " + strings.Join(by, ", ")
	return q, nil
}

// count is the query of how many records one of r's accounts has.
func count(r source.Read, account string) (query, error) {
	q := query{may: names{}}
	q.may.add(r.Table.Name, r.AccountKey)
	a := q.bind(account)
	in, err := q.window(r)
	if err != nil {
		return query{}, err
	}
	q.sql = "SELECT count(*) FROM " + table(r.Table) + " WHERE " + quote(r.AccountKey) + " = " + a + " COLLATE BINARY" + in
	return q, nil
}

// window returns the condition that a record is in r's window.
func (q *query) window(r source.Read) (string, error) {
	q.may.add(r.Table.Name, r.Time.Column, r.Until.Column)
	where, err := window.SQL{Quote: quote, Bind: q.instant}.Records(r)
	if err != nil {
		return "", fmt.Errorf("dataset %s: %w", r.Dataset, err)
	}
	return where, nil
}

// misplaced is the query that finds a time of one of r's accounts that SQLite
// can't compare with the window, because it is not of the encoding's type:
// without it such a record would be absent in silence.
func misplaced(r source.Read, account string, c catalog.TimeColumn) query {
	q := query{may: names{}}
	q.may.add(r.Table.Name, r.AccountKey, c.Column)
	// https://sqlite.org/datatype3.html#comparisons: numbers are less than any
	// text, and text is less than any blob.
	wrong := quote(c.Column) + " >= ''"
	if c.Encoding == catalog.SQLiteUTC {
		wrong = "(" + quote(c.Column) + " < '' OR " + quote(c.Column) + " >= x'')"
	}
	q.sql = "SELECT 1 FROM " + table(r.Table) + " WHERE " + quote(r.AccountKey) + " = " + q.bind(account) + " COLLATE BINARY AND " + wrong + " LIMIT 1"
	return q
}

// find is the query of the accounts that l names: key, tenant, and whether the
// account's table has the key.
func find(l source.Lookup, limit int) (query, error) {
	i, a := l.Identifier, l.Account
	q := query{may: names{}}
	q.may.add(i.Table.Name, i.Column, i.Key)
	key, tenant, known, from := "i."+quote(i.Key), "NULL", "1", table(i.Table)+" AS i"
	switch {
	case l.Joined():
		q.may.add(a.Table.Name, a.Key, a.Tenant)
		tenant, known = "a."+quote(a.Tenant), "a."+quote(a.Key)
		from += " LEFT JOIN " + table(a.Table) + " AS a ON a." + quote(a.Key) + " = " + key + " COLLATE BINARY"
	case a.Tenant != "":
		q.may.add(i.Table.Name, a.Tenant)
		tenant = "i." + quote(a.Tenant)
	}
	var value any = l.Value
	if i.ColumnType == catalog.Integer {
		n, err := strconv.ParseInt(l.Value, 10, 64)
		if err != nil {
			return query{}, fmt.Errorf("%w: identifier %s is kept as an integer, and the target's is none", source.ErrValue, i.Type)
		}
		value = n
	}
	where := "i." + quote(i.Column) + " = " + q.bind(value) + " COLLATE BINARY AND " + key + " <> ''"
	q.may.add(i.Table.Name, i.From.Column, i.To.Column)
	held, err := window.SQL{Quote: func(column string) string { return "i." + quote(column) }, Bind: q.instant}.Held(i, l.At)
	if err != nil {
		return query{}, fmt.Errorf("identifier %s: %w", i.Type, err)
	}
	q.sql = "SELECT DISTINCT " + key + ", " + tenant + ", " + known + " FROM " + from + " WHERE " + where + held +
		" ORDER BY 1 COLLATE BINARY LIMIT " + strconv.Itoa(limit+1)
	return q, nil
}

// instant binds the first time in c's encoding that is not before t.
func (q *query) instant(c catalog.TimeColumn, t time.Time) (string, error) {
	switch c.Encoding {
	case catalog.Unix:
		return q.bind(window.Ceil(t, time.Second).Unix()), nil
	case catalog.UnixMS:
		return q.bind(window.Ceil(t, time.Millisecond).UnixMilli()), nil
	case catalog.SQLiteUTC:
		// As text, a time with fewer digits is a prefix of, and so less than, the same time with more.
		return q.bind(t.UTC().Format("2006-01-02 15:04:05.999999999")), nil
	}
	return "", fmt.Errorf("%w: a time column of SQLite can't select in the encoding %q; it must be %q, %q or %q",
		source.ErrSchema, c.Encoding, catalog.Unix, catalog.UnixMS, catalog.SQLiteUTC)
}

func table(t catalog.Table) string {
	schema := t.Schema
	if schema == "" {
		schema = "main"
	}
	return quote(schema) + "." + quote(t.Name)
}

// quote quotes a name. A NUL would end the statement there, so it becomes a
// name that no table has.
func quote(s string) string {
	return sqlite3.QuoteIdentifier(strings.ReplaceAll(s, "\x00", "\ufffd"))
}
