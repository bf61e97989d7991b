package catalog

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"writ/export/internal/strictyaml"
)

const (
	maxName   = 64   // of what becomes a path or a JSON member
	maxColumn = 128  // bytes; stores stop at 63 to 128
	maxProse  = 2000 // of a description
)

// Names of accounts, identifiers, datasets and fields: they become paths in the
// bag and members of JSON, on every system.
var nameForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9]*([-_][a-z0-9]+)*$`) })

// Names that Windows takes for devices, with any extension.
var reservedForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])$`) })

func validName(s string) bool {
	return len(s) <= maxName && nameForm().MatchString(s) && !reservedForm().MatchString(s)
}

// sqlName checks a name that a store will quote: quoting is the store's job,
// but what no store can hold is a mistake here.
func sqlName(n strictyaml.Node, s string) error {
	switch {
	case s == "":
		return n.Errorf("empty name")
	case len(s) > maxColumn:
		return n.Errorf("name of %d bytes, limit is %d", len(s), maxColumn)
	case strings.ContainsFunc(s, unicode.IsControl):
		return n.Errorf("name with a control character")
	case strings.TrimSpace(s) != s:
		return n.Errorf("name with a space at its end")
	}
	return nil
}

// column reads the name of a column.
func column(m *strictyaml.Map, key string, needed bool) string {
	if needed {
		m.Need(key)
	}
	n, ok := m.Get(key)
	if !ok {
		return ""
	}
	s := m.Text(key)
	m.Fail(sqlName(n, s))
	return s
}

// columns reads a list of columns that must be there and not be empty.
func columns(m *strictyaml.Map, key string) []string {
	n, _ := m.Need(key)
	out := m.Texts(key)
	for _, s := range out {
		m.Fail(sqlName(n, s))
	}
	return out
}

// table reads NAME or SCHEMA.NAME.
func table(m *strictyaml.Map) Table {
	n, ok := m.Need("table")
	if !ok {
		return Table{}
	}
	s := m.Text("table")
	schema, name, dotted := strings.Cut(s, ".")
	if !dotted {
		schema, name = "", s
	} else {
		m.Fail(sqlName(n, schema))
	}
	m.Fail(sqlName(n, name))
	if strings.Contains(name, ".") {
		m.Fail(n.Errorf("want NAME or SCHEMA.NAME, not %q", s))
	}
	return Table{Schema: schema, Name: name}
}

// store reads the name of a store; without one it is the account's.
func store(m *strictyaml.Map, account StoreName) StoreName {
	if account == "" {
		m.Need("store")
	}
	n, ok := m.Get("store")
	if !ok {
		return account
	}
	s := m.Text("store")
	if !validName(s) {
		m.Fail(n.Errorf("want a name of lower-case letters, digits, - and _, at most %d", maxName))
	}
	return StoreName(s)
}

// timeColumn reads COLUMN or {column: COLUMN, encoding: ENCODING}: a column
// that records are selected by.
func timeColumn(m *strictyaml.Map, key string) TimeColumn {
	n, ok := m.Get(key)
	if !ok {
		return TimeColumn{}
	}
	if n.IsText() {
		return TimeColumn{Column: column(m, key, true)}
	}
	sub := n.In("time", key).Map()
	t := TimeColumn{
		Column:   column(sub, "column", true),
		Encoding: oneOf(sub, "encoding", Unix, UnixMS, RFC3339, SQLiteUTC),
	}
	if e, ok := sub.Get("encoding"); ok && t.Encoding == RFC3339 {
		// Text with zones does not sort by time, so no store can cut a
		// window out of it.
		sub.Fail(e.Errorf("times in %s cannot select by window: use another column or a view", RFC3339))
	}
	m.Fail(sub.Done())
	return t
}

// oneOf reads an optional word out of those that there are.
func oneOf[T ~string](m *strictyaml.Map, key string, words ...T) T {
	n, ok := m.Get(key)
	if !ok {
		return ""
	}
	w := T(m.Text(key))
	if !slices.Contains(words, w) {
		m.Fail(n.Errorf("want one of %s; not %q", list(words), string(w)))
	}
	return w
}

// prose reads a description: one line or several, without control characters.
func prose(m *strictyaml.Map, key string) string {
	n, ok := m.Get(key)
	s := strings.TrimSpace(m.Text(key))
	if ok && len(s) > maxProse {
		m.Fail(n.Errorf("%d bytes, limit is %d", len(s), maxProse))
	}
	return s
}

func list[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
