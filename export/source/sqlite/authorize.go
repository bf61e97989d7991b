package sqlite

import (
	"strings"

	"github.com/ncruces/go-sqlite3"
)

// A name is a column of a table, in the form in which SQLite compares names.
type name struct{ table, column string }

// names is what the statement at hand may read.
type names map[name]bool

func (n names) add(table string, columns ...string) {
	n[name{fold(table), ""}] = true
	for _, c := range columns {
		n[name{fold(table), fold(c)}] = true
	}
}

// authorize is asked by SQLite about each thing that a statement would do while
// it is compiled. What is not listed here is denied.
//
// https://sqlite.org/c3ref/c_alter_table.html. inner is "the name of the
// inner-most trigger or view that is responsible for the access attempt": a
// view that the catalog names may read what its definition says.
func (x *snapshot) authorize(action sqlite3.AuthorizerActionCode, arg1, arg2, schema, inner string) sqlite3.AuthorizerReturnCode {
	inView := inner != "" && x.may[name{fold(inner), ""}]
	ok := false
	switch action {
	case sqlite3.AUTH_SELECT:
		ok = len(x.may) > 0 && (inner == "" || inView)
	case sqlite3.AUTH_READ:
		// "If a table is referenced but no column values are extracted", the column is empty.
		ok = schema == "main" && (inView || inner == "" && x.may[name{fold(arg1), fold(arg2)}]) && !internal(arg1)
	case sqlite3.AUTH_FUNCTION:
		ok = inView || x.counting && inner == "" && arg2 == "count"
	case sqlite3.AUTH_RECURSIVE:
		ok = inView
	}
	if !ok {
		return sqlite3.AUTH_DENY
	}
	return sqlite3.AUTH_OK
}

// internal reports whether a table is SQLite's own.
func internal(table string) bool { return strings.HasPrefix(fold(table), "sqlite_") }

// fold gives the form in which SQLite compares names: ASCII letters are equal in both cases.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
