package mysql

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"writ/export/catalog"
	"writ/export/source"
	"writ/export/source/window"
)

// maxAccounts bounds the accounts of one read: a server lets 65535 values be
// bound to a statement, and text is compared twice.
const maxAccounts = 30_000

// A query is a statement and what is bound to it, in the order in which the
// parameters stand there.
type query struct {
	sql  string
	args []any // int64, uint64, string
	// times are where in a row the times stand that select it.
	times []int
}

// bind adds a value and returns its parameter.
func (q *query) bind(v any) string {
	q.args = append(q.args, v)
	return "?"
}

// pull is the query of r's records.
func pull(r source.Read, s shape) (query, error) {
	var q query
	if len(r.Accounts) > maxAccounts {
		return q, fmt.Errorf("%w: %d accounts to read; a MySQL store reads at most %d at once; ask the authority for orders of fewer targets each, or set the policy's ceiling of accounts to that", source.ErrUnavailable, len(r.Accounts), maxAccounts)
	}
	var selected, ordered []string
	for _, f := range r.Fields {
		c, err := s.column(f.Column)
		if err != nil {
			return q, err
		}
		selected = append(selected, c.name)
	}
	for _, t := range []catalog.TimeColumn{r.Time, r.Until} {
		if t.Column == "" || t.Encoding != catalog.Native {
			continue
		}
		c, err := s.column(t.Column)
		if err != nil {
			return q, err
		}
		at := slices.Index(selected, c.name)
		if at < 0 {
			at, selected = len(selected), append(selected, c.name)
		}
		q.times = append(q.times, at)
	}
	if r.Time.Column != "" {
		c, err := s.column(r.Time.Column)
		if err != nil {
			return q, err
		}
		ordered = append(ordered, c.name)
	}
	by := r.Key
	if len(r.Accounts) > 1 {
		by = append(by[:len(by):len(by)], r.AccountKey)
	}
	for _, k := range by {
		c, err := s.column(k)
		if err != nil {
			return q, err
		}
		term, err := c.ordering()
		if err != nil {
			return q, err
		}
		ordered = append(ordered, term)
	}
	where, err := q.where(r, s)
	if err != nil {
		return q, err
	}
	q.sql = "SELECT " + strings.Join(selected, ", ") + " FROM " + table(r.Table) + " WHERE " + where + " ORDER BY " + strings.Join(ordered, ", ")
	return q, nil
}

// count is the query of how many records r has.
func count(r source.Read, s shape) (query, error) {
	var q query
	where, err := q.where(r, s)
	q.sql = "SELECT COUNT(*) FROM " + table(r.Table) + " WHERE " + where
	return q, err
}

// where is the condition that a record is one of r's accounts' and in its window.
func (q *query) where(r source.Read, s shape) (string, error) {
	account, err := s.column(r.AccountKey)
	if err != nil {
		return "", err
	}
	where, err := q.equal(account, r.Accounts)
	if err != nil {
		return "", err
	}
	in, err := q.window(s).Records(r)
	return where + in, err
}

// misplaced is the query that finds a time of r's accounts whose month or day
// is zero and which the window passes over, although it could be in it: without
// it such a record would be absent in silence. No time that exists is between
// the last microsecond of a month and the next month, but such ones are. Those
// that the window does not pass over are seen when they come.
func misplaced(r source.Read, s shape, t catalog.TimeColumn) (query, error) {
	var q query
	account, err := s.column(r.AccountKey)
	if err != nil {
		return q, err
	}
	c, err := s.column(t.Column)
	if err != nil {
		return q, err
	}
	where, err := q.equal(account, r.Accounts)
	if err != nil {
		return q, err
	}
	wrong := c.name + " < CAST('0001-01-01' AS DATETIME(6))"
	from := r.From.UTC()
	for _, start := range []time.Time{
		time.Date(from.Year(), 1, 1, 0, 0, 0, 0, time.UTC), time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC),
	} {
		wrong += " OR " + c.name + " > " + q.datetime(start.Add(-time.Microsecond)) + " AND " + c.name + " < " + q.datetime(start)
	}
	q.sql = "SELECT 1 FROM " + table(r.Table) + " WHERE " + where + " AND (" + wrong + ") LIMIT 1"
	return q, nil
}

// find is the query of the accounts that l names, with their tenants where
// these stand in the same table.
func find(l source.Lookup, limit int, s shape) (query, error) {
	var q query
	i := l.Identifier
	key, err := s.column(i.Key)
	if err != nil {
		return q, err
	}
	tenant := "NULL"
	if l.Account.Tenant != "" && !l.Joined() {
		c, err := s.column(l.Account.Tenant)
		if err != nil {
			return q, err
		}
		tenant = c.value()
	}
	where, err := q.identified(l, s)
	if err != nil {
		return q, err
	}
	held, err := q.window(s).Held(i, l.At)
	if err != nil {
		return q, err
	}
	where += " AND " + key.name + " IS NOT NULL"
	if key.kind == text || key.kind == bytes {
		where += " AND " + key.value() + " <> ''"
	}
	q.sql = "SELECT DISTINCT " + key.value() + ", " + tenant + " FROM " + table(i.Table) + " WHERE " + where + held + " ORDER BY 1, 2 LIMIT " + strconv.Itoa(limit+1)
	return q, nil
}

// unheld is the query that finds a record of l's identifier of which nobody
// knows when it was held, because a month or day is zero.
func unheld(l source.Lookup, s shape) (query, error) {
	var q query
	where, err := q.identified(l, s)
	if err != nil {
		return q, err
	}
	var wrong []string
	for _, t := range []catalog.TimeColumn{l.Identifier.From, l.Identifier.To} {
		if c, ok := s[t.Column]; ok && t.Encoding == catalog.Native {
			wrong = append(wrong, "MONTH("+c.name+") = 0", "DAYOFMONTH("+c.name+") = 0")
		}
	}
	if wrong == nil {
		return query{}, nil
	}
	q.sql = "SELECT 1 FROM " + table(l.Identifier.Table) + " WHERE " + where + " AND (" + strings.Join(wrong, " OR ") + ") LIMIT 1"
	return q, nil
}

// identified is the condition that a record is of l's identifier.
func (q *query) identified(l source.Lookup, s shape) (string, error) {
	c, err := s.column(l.Identifier.Column)
	if err != nil {
		return "", err
	}
	if l.Identifier.ColumnType == catalog.IPAddress && c.kind == bytes { // INET6_ATON
		a, err := netip.ParseAddr(l.Value)
		if err != nil || a.Zone() != "" {
			return "", mismatch(c)
		}
		return c.name + " = UNHEX(" + q.bind(hex.EncodeToString(a.AsSlice())) + ")", nil
	}
	return q.equal(c, []string{l.Value})
}

// tenants is the query of the tenants of one account.
func tenants(a catalog.Account, key string, limit int, s shape) (query, error) {
	var q query
	c, err := s.column(a.Key)
	if err != nil {
		return q, err
	}
	tenant, err := s.column(a.Tenant)
	if err != nil {
		return q, err
	}
	where, err := q.equal(c, []string{key})
	q.sql = "SELECT DISTINCT " + tenant.value() + " FROM " + table(a.Table) + " WHERE " + where + " ORDER BY 1 LIMIT " + strconv.Itoa(limit+1)
	return q, err
}

// equal returns the condition that a column's value is one of values, letter by
// letter. Where the column's "=" takes different letters as equal, or passes
// over spaces, the bytes are compared as well, and the plain comparison is left
// to the index: each value is turned into the column's own character set and
// collation, so that the server turns nothing of the column's. Of a letter that
// the character set lacks that makes a "?", so only one that has all letters
// goes without the bytes.
func (q *query) equal(c column, values []string) (string, error) {
	parameter, args := "?", make([]any, len(values))
	for i, v := range values {
		var ok bool
		switch c.kind {
		case text:
			parameter, args[i], ok = "CONVERT(? USING "+c.charset+") COLLATE "+c.collation, v, true
		case bytes:
			parameter, args[i], ok = "CAST(? AS BINARY)", v, true
		case whole:
			args[i], ok = integer(v)
		case fixed:
			parameter, args[i], ok = "CAST(? AS DECIMAL(65))", v, c.scale == 0 && digits().MatchString(v)
		case uuid:
			args[i], ok = v, hyphenated().MatchString(v)
		case inet:
			a, err := netip.ParseAddr(v)
			args[i], ok = v, err == nil && a.Zone() == "" && (a.Is6() == (c.typ == "inet6"))
		default:
			return "", fmt.Errorf("%w: column %s is of type %s, which can't be compared letter by letter", source.ErrSchema, c.name, c.full)
		}
		if !ok {
			return "", mismatch(c)
		}
	}
	where := q.oneOf(c.name, parameter, args)
	if c.kind == text && !(c.exact() && c.charset == "utf8mb4") {
		where += " AND " + q.oneOf(c.value(), "CAST(? AS BINARY)", args)
	}
	return where, nil
}

var (
	digits     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(0|-?[1-9][0-9]{0,64})$`) })
	hyphenated = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`) })
)

// integer reads v as the server would write it.
func integer(v string) (any, bool) {
	if !digits().MatchString(v) {
		return nil, false
	}
	if n, err := strconv.ParseInt(v, 10, 64); err == nil {
		return n, true
	}
	n, err := strconv.ParseUint(v, 10, 64)
	return n, err == nil
}

func mismatch(c column) error {
	return fmt.Errorf("%w: column %s is of type %s, and a key or identifier to find in it is not written as one", source.ErrValue, c.name, c.full)
}

// oneOf returns the condition that an expression is one of values, each bound
// to a parameter of its own.
func (q *query) oneOf(expression, parameter string, values []any) string {
	for _, v := range values {
		q.bind(v)
	}
	if len(values) == 1 {
		return expression + " = " + parameter
	}
	return expression + " IN (" + strings.Repeat(parameter+", ", len(values)-1) + parameter + ")"
}

// window writes conditions on the columns of s.
func (q *query) window(s shape) window.SQL {
	return window.SQL{
		Quote: func(name string) string { return s[name].name },
		Bind:  func(t catalog.TimeColumn, at time.Time) (string, error) { return q.instant(t, s, at) },
	}
}

// instant binds the first time that t can hold and that is not before at.
func (q *query) instant(t catalog.TimeColumn, s shape, at time.Time) (string, error) {
	c, err := s.column(t.Column)
	if err != nil {
		return "", err
	}
	switch {
	case t.Encoding == catalog.Native && c.kind == moment:
		return q.datetime(window.Ceil(at, time.Microsecond)), nil
	case t.Encoding == catalog.Unix && c.kind == whole:
		return q.bind(window.Ceil(at, time.Second).Unix()), nil
	case t.Encoding == catalog.UnixMS && c.kind == whole:
		return q.bind(window.Ceil(at, time.Millisecond).UnixMilli()), nil
	}
	return "", fmt.Errorf("%w: column %s is of type %s, which can't select by time in the encoding %q", source.ErrSchema, c.name, c.full, t.Encoding)
}

// datetime binds a time in UTC, which is the session's zone.
func (q *query) datetime(t time.Time) string {
	return "CAST(" + q.bind(t.UTC().Format("2006-01-02 15:04:05.000000")) + " AS DATETIME(6))"
}
