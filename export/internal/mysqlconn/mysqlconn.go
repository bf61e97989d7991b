// Package mysqlconn is one connection to MySQL or MariaDB, set up so that no
// session setting of the server's changes what a statement means.
//
// Values are bound by the server, never written into a statement; one statement
// is sent at a time, and no file of this machine is ever sent. Names are quoted
// by [Quote]. The driver logs nothing. Errors are of the family of
// [source.ErrUnavailable] and hold no value.
package mysqlconn

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"writ/export/source"
)

// A Conn is a connection for one goroutine. A context that ends while a
// statement runs ends the connection.
type Conn struct {
	Database string // selected; "" if none
	MariaDB  bool   // MySQL otherwise

	conn driver.Conn
}

// SortBytes is how much of a value counts where rows are sorted: more than an
// index of InnoDB can hold.
const SortBytes = 4096

// setup makes the session's settings ours. Whatever the server's are, rows are
// not cut off, zero dates are errors where they are written, and a slow reader
// is waited for; but nothing waits for a lock that a migration holds.
const setup = `SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
	SESSION time_zone = '+00:00', SESSION sql_select_limit = 18446744073709551615, SESSION sql_big_selects = 1, SESSION sql_auto_is_null = 0,
	SESSION autocommit = 1, SESSION max_sort_length = 4096, SESSION lock_wait_timeout = 5, SESSION net_write_timeout = 86400, SESSION wait_timeout = 86400`

// statementTimeout is how long one statement may take. The server counts the time
// in which its records wait for those of other stores to be packed.
const statementTimeout = 24 * time.Hour

// Connect connects to the database that dsn names, in the form of go-sql-driver:
// user:password@tcp(host:3306)/database?tls=true.
func Connect(ctx context.Context, dsn string) (*Conn, error) {
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		// Its message may repeat a password.
		return nil, fmt.Errorf("%w: the connection string is not of the form user:password@tcp(host:3306)/database?tls=true", source.ErrUnavailable)
	}
	if err := check(config); err != nil {
		return nil, fmt.Errorf("%w: the connection string %w", source.ErrUnavailable, err)
	}
	config.Logger = &mysql.NopLogger{}
	config.ParseTime, config.ColumnsWithAlias = false, false // rows are read as the server has them
	config.ConnectionAttributes = "program_name:writ"
	connector, err := mysql.NewConnector(config)
	if err != nil {
		return nil, fmt.Errorf("%w: the connection string asks for what the driver can't do", source.ErrUnavailable)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	conn, err := connector.Connect(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("%w: %w", source.ErrUnavailable, err) // host, user, database, no password
	}
	c := &Conn{conn: conn}
	if err := c.begin(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// check refuses what would change how statements are sent or files are read,
// and a way over the network whose encryption nobody decided.
func check(c *mysql.Config) error {
	switch host, _, _ := net.SplitHostPort(c.Addr); {
	case c.MultiStatements:
		return errors.New("sets multiStatements: one statement is sent at a time")
	case c.AllowAllFiles:
		return errors.New("sets allowAllFiles: no file is ever sent")
	case c.InterpolateParams:
		return errors.New("sets interpolateParams: values are bound by the server")
	case c.AllowOldPasswords:
		return errors.New("sets allowOldPasswords: they can be read off the network")
	case c.TLS == nil && c.TLSConfig == "" && c.Net != "unix" && host != "localhost" && !net.ParseIP(host).IsLoopback():
		return errors.New("says nothing of TLS: add tls=true, or tls=false where nobody else is on the network")
	}
	return nil
}

func (c *Conn) begin(ctx context.Context) error {
	for _, sql := range []string{"SET NAMES utf8mb4", setup} {
		if err := c.Exec(ctx, sql); err != nil {
			return err
		}
	}
	rows, err := c.Texts(ctx, "SELECT VERSION(), DATABASE()")
	if err != nil {
		return err
	}
	c.MariaDB, c.Database = strings.Contains(rows[0][0], "MariaDB"), rows[0][1]
	limit := fmt.Sprintf("SET SESSION max_execution_time = %d", statementTimeout.Milliseconds())
	if c.MariaDB {
		limit = fmt.Sprintf("SET SESSION max_statement_time = %d", int(statementTimeout.Seconds()))
	}
	return c.Exec(ctx, limit)
}

// Close says goodbye.
func (c *Conn) Close() error { return c.conn.Close() }

// Exec runs a statement to which nothing is bound.
func (c *Conn) Exec(ctx context.Context, sql string) error {
	_, err := c.conn.(driver.ExecerContext).ExecContext(ctx, sql, nil)
	return failure(ctx, err)
}

// Query compiles a statement and runs it with what is bound to it: int64,
// uint64, string and nil.
func (c *Conn) Query(ctx context.Context, sql string, args ...any) (*Rows, error) {
	s, err := c.conn.(driver.ConnPrepareContext).PrepareContext(ctx, sql)
	if err != nil {
		// No value is bound yet, so the message holds names only.
		if e, ok := errors.AsType[*mysql.MySQLError](err); ok && ctx.Err() == nil && class(e) == "42" {
			return nil, fmt.Errorf("%w: %s: %w", source.ErrSchema, e.Message, Code(e.Number))
		}
		return nil, failure(ctx, err)
	}
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: a}
	}
	rows, err := s.(driver.StmtQueryContext).QueryContext(ctx, named)
	if err != nil {
		s.Close()
		return nil, failure(ctx, err)
	}
	return &Rows{stmt: s, rows: rows, values: make([]driver.Value, len(rows.Columns()))}, nil
}

// Rows are a statement's rows, as they come.
type Rows struct {
	stmt   driver.Stmt
	rows   driver.Rows
	values []driver.Value
}

// Columns returns the columns' names.
func (r *Rows) Columns() []string { return r.rows.Columns() }

// Next returns the next row, or nil after the last. It is good until the next
// call; a value is nil, int64, float32, float64 or []byte. The context is the
// statement's.
func (r *Rows) Next(ctx context.Context) ([]driver.Value, error) {
	switch err := r.rows.Next(r.values); err {
	case nil:
		return r.values, nil
	case io.EOF:
		return nil, nil
	default:
		return nil, failure(ctx, err)
	}
}

// Close ends the statement. Rows that are left are read and dropped: who does
// not want that ends the context first, and the connection with it.
func (r *Rows) Close() { r.rows.Close(); r.stmt.Close() }

// Texts returns all rows of a query as text; NULL is "".
func (c *Conn) Texts(ctx context.Context, sql string, args ...any) ([][]string, error) {
	rows, err := c.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out [][]string
	for {
		row, err := rows.Next(ctx)
		if row == nil || err != nil {
			return out, err
		}
		texts := make([]string, len(row))
		for i, v := range row {
			texts[i] = Text(v)
		}
		out = append(out, texts)
	}
}

// Text is a value as text; NULL is "".
func Text(v driver.Value) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}

// Quote quotes a name. A NUL can't be in one, so it becomes a name that nothing
// has. Back quotes mean a name whatever the sql_mode says.
func Quote(name string) string {
	return "`" + strings.ReplaceAll(strings.ReplaceAll(name, "\x00", "\ufffd"), "`", "``") + "`"
}
