package mysqlconn

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/go-sql-driver/mysql"

	"writ/export/source"
)

// A Code is the number of a server's error: what an error keeps of it, since
// its message could hold a value.
// https://mariadb.com/kb/en/mariadb-error-code-reference/
type Code uint16

// The codes that callers treat on their own.
const (
	NoDatabase    Code = 1049
	NoTable       Code = 1146
	DatabaseRight Code = 1044 // the account has no right on the database
	TableRight    Code = 1142
	ColumnRight   Code = 1143
	ViewRight     Code = 1345 // a view may not be explained without rights on its tables
)

const (
	lockTimeout   Code = 1205
	shutdown      Code = 1053
	killed        Code = 1927 // MariaDB
	statementLate Code = 1969 // MariaDB
	executionLate Code = 3024 // MySQL
)

func (c Code) Error() string { return fmt.Sprintf("the server says %d", uint16(c)) }

// class is the first two characters of a server's error state: "42" is "Syntax
// Error or Access Rule Violation", "22" is "Data Exception".
func class(e *mysql.MySQLError) string { return string(e.SQLState[:2]) }

// failure turns an error into the family of [source.ErrUnavailable].
func failure(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e, ok := errors.AsType[*mysql.MySQLError](err)
	switch {
	case errors.Is(err, driver.ErrBadConn):
		return fmt.Errorf("%w: the connection is lost", source.ErrUnavailable)
	case !ok:
		return fmt.Errorf("%w: %w", source.ErrUnavailable, err)
	}
	switch code := Code(e.Number); {
	case code == lockTimeout:
		return fmt.Errorf("%w: a table is locked; try again when the migration is done", source.ErrUnavailable)
	case code == statementLate || code == executionLate:
		return fmt.Errorf("%w: the server stopped a statement that took longer than %s", source.ErrUnavailable, statementTimeout)
	case code == shutdown || code == killed:
		return fmt.Errorf("%w: the server is shutting down or ended the connection: %w", source.ErrUnavailable, code)
	case class(e) == "22":
		return fmt.Errorf("%w: the server could not read a value as the column's type: %w", source.ErrValue, code)
	case class(e) == "42":
		return fmt.Errorf("%w: the server refuses the statement: %w", source.ErrSchema, code)
	default:
		return fmt.Errorf("%w: %w", source.ErrUnavailable, code)
	}
}
