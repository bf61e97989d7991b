package postgres

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"writ/export/catalog"
	"writ/export/source"
	"writ/export/source/window"
)

// A query is a statement and what is bound to it, as text.
type query struct {
	sql  string
	args [][]byte
}

// bind adds a value and returns its parameter.
func (q *query) bind(v string) string {
	q.args = append(q.args, []byte(v))
	return "$" + strconv.Itoa(len(q.args))
}

// pull is the query of r's records.
func pull(r source.Read, s shape) (query, error) {
	var q query
	account, err := s.column(r.AccountKey)
	if err != nil {
		return q, err
	}
	var selected, ordered []string
	for _, f := range r.Fields {
		if _, err := s.column(f.Column); err != nil {
			return q, err
		}
		selected = append(selected, quote(f.Column))
	}
	if r.Time.Column != "" {
		ordered = append(ordered, quote(r.Time.Column))
	}
	for _, k := range r.Key {
		c, err := s.column(k)
		if err != nil {
			return q, err
		}
		ordered = append(ordered, c.ordering(quote(k)))
	}
	if len(r.Accounts) > 1 {
		ordered = append(ordered, account.ordering(quote(r.AccountKey)))
	}
	where := q.accounts(r, account)
	in, err := q.times(s, quote).Records(r)
	if err != nil {
		return q, err
	}
	q.sql = "SELECT " + strings.Join(selected, ", ") + " FROM " + table(r.Table) +
		" WHERE " + where + in + " ORDER BY " + strings.Join(ordered, ", ")
	return q, nil
}

// accounts returns the condition that a record is of one of r's accounts. Where
// the column's "=" takes different letters as equal, they are compared by their
// bytes as well, and the plain comparison is left to the index.
func (q *query) accounts(r source.Read, c column) string {
	key := quote(r.AccountKey)
	if len(r.Accounts) == 1 {
		where := key + " = " + q.bind(r.Accounts[0])
		if !c.exact {
			where += " AND " + key + `::text COLLATE "C" = ` + q.bind(r.Accounts[0])
		}
		return where
	}
	where := key + " = ANY (" + q.bind(array(r.Accounts)) + ")"
	if !c.exact {
		where += " AND " + key + `::text COLLATE "C" = ANY (` + q.bind(array(r.Accounts)) + ")"
	}
	return where
}

// array writes an array's literal; the server reads its elements as the column's type.
func array(values []string) string {
	escape := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	var b strings.Builder
	for i, v := range values {
		b.WriteString(map[bool]string{true: `{"`, false: `,"`}[i == 0])
		escape.WriteString(&b, v)
		b.WriteByte('"')
	}
	b.WriteByte('}')
	return b.String()
}

// find is the query of the accounts that l names: key, tenant, and whether the
// account's table has the key.
func find(l source.Lookup, limit int, ids, accounts shape) (query, error) {
	i, a := l.Identifier, l.Account
	var q query
	c, err := ids.column(i.Column)
	if err != nil {
		return q, err
	}
	k, err := ids.column(i.Key)
	if err != nil {
		return q, err
	}
	key, tenant, known, from := "i."+quote(i.Key), "NULL", "true", table(i.Table)+" AS i"
	switch {
	case l.Joined():
		for _, name := range []string{a.Key, a.Tenant} {
			if _, err := accounts.column(name); err != nil {
				return q, err
			}
		}
		tenant, known = "a."+quote(a.Tenant)+"::text", "a."+quote(a.Key)+" IS NOT NULL"
		from += " LEFT JOIN " + table(a.Table) + " AS a ON a." + quote(a.Key) + " = " + key
	case a.Tenant != "":
		if _, err := ids.column(a.Tenant); err != nil {
			return q, err
		}
		tenant = "i." + quote(a.Tenant) + "::text"
	}
	where := "i." + quote(i.Column) + " = " + q.bind(l.Value)
	if !c.exact {
		where += " AND i." + quote(i.Column) + `::text COLLATE "C" = ` + q.bind(l.Value)
	}
	where += " AND " + key + "::text <> ''"
	held, err := q.times(ids, func(column string) string { return "i." + quote(column) }).Held(i, l.At)
	if err != nil {
		return q, err
	}
	q.sql = "SELECT DISTINCT " + k.ordering(key+"::text") + ", " + tenant + ", " + known + " FROM " + from + " WHERE " + where + held +
		" ORDER BY 1 LIMIT " + strconv.Itoa(limit+1)
	return q, nil
}

// times writes conditions on the columns of s.
func (q *query) times(s shape, quote func(string) string) window.SQL {
	return window.SQL{Quote: quote, Bind: func(c catalog.TimeColumn, t time.Time) (string, error) { return q.instant(c, s, t) }}
}

// instant binds the first time that t can hold and that is not before at.
func (q *query) instant(t catalog.TimeColumn, s shape, at time.Time) (string, error) {
	c, err := s.column(t.Column)
	if err != nil {
		return "", err
	}
	integer := c.oid == oidInt2 || c.oid == oidInt4 || c.oid == oidInt8
	switch {
	case t.Encoding == catalog.Native && (c.oid == oidTimestamptz || c.oid == oidTimestamp):
		// To a column without a zone, the server reads this as the same digits: UTC.
		return q.bind(window.Ceil(at, time.Microsecond).UTC().Format("2006-01-02 15:04:05.999999+00")), nil
	case t.Encoding == catalog.Unix && integer:
		return q.bind(strconv.FormatInt(window.Ceil(at, time.Second).Unix(), 10)), nil
	case t.Encoding == catalog.UnixMS && integer:
		return q.bind(strconv.FormatInt(window.Ceil(at, time.Millisecond).UnixMilli(), 10)), nil
	}
	return "", fmt.Errorf("%w: column %s is of type %s, which can't select by time in the encoding %q", source.ErrSchema, quote(t.Column), c.typ, t.Encoding)
}
