// Package postgres reads records from PostgreSQL.
//
// A snapshot is one read-only, repeatable-read transaction on its own
// connection. Rows stream in the server's binary form, so the server formats
// nothing and the client holds no more than what is in flight. Every value is
// bound, as text that the server reads as the column's own type: an index on a
// number or a UUID serves a key that is text to writ.
//
// The role should own nothing and be granted SELECT on the catalog's columns
// alone: what it may not read, the server refuses. A column of a type that has
// no way to the catalog's is ErrSchema, before anything is read. A timestamp
// without time zone is taken as UTC. A record without a time is in no window.
package postgres

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"writ/export/source"
)

// begin opens the transaction. SET takes no snapshot, the last statement does.
// No statement has a time limit, since a large account takes its time, but none
// waits for a lock that a migration holds.
//
// The just-in-time compiler costs more than it saves here.
const begin = `BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL lock_timeout = '5s';
SET LOCAL jit = off; SET LOCAL TimeZone = 'UTC'; SET LOCAL IntervalStyle = 'iso_8601';
` + byIndex + `;
SELECT 1`

// A Store is one database.
type Store struct {
	config *pgconn.Config
	idle   chan *pgconn.PgConn // the connection that Open made, for the first snapshot
}

// Open connects to the database that dsn names, a connection string or URL as
// libpq has them; what dsn leaves out comes from the PG… variables.
func Open(ctx context.Context, dsn string) (*Store, error) {
	config, err := pgconn.ParseConfig(dsn)
	if err != nil {
		// Its message may repeat a password.
		return nil, fmt.Errorf("%w: the connection string is not one of libpq's", source.ErrUnavailable)
	}
	config.RuntimeParams["default_transaction_read_only"] = "on"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "writ"
	}
	config.MaxProtocolMessageBodyLen = 2 * source.MaxRecordBytes // one row
	// pgx reads 8 KiB at a time. A store that is ahead of us fills more.
	config.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		return pgproto3.NewFrontend(bufio.NewReaderSize(r, 256<<10), w)
	}
	s := &Store{config: config, idle: make(chan *pgconn.PgConn, 1)}
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	s.idle <- conn
	return s, nil
}

func (s *Store) connect(ctx context.Context) (*pgconn.PgConn, error) {
	select {
	case conn := <-s.idle:
		if !conn.IsClosed() {
			return conn, nil
		}
	default:
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	conn, err := pgconn.ConnectConfig(ctx, s.config)
	if err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, fmt.Errorf("%w: %w", source.ErrUnavailable, err) // host, user, database, no password
	}
	return conn, nil
}

// Ask calls f with a connection that no snapshot has, and keeps that for the
// next one: a database is only connected to once.
func (s *Store) Ask(ctx context.Context, f func(*pgconn.PgConn) error) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return err
	}
	err = f(conn)
	select {
	case s.idle <- conn:
		return err
	default:
		return errors.Join(err, closeConn(conn))
	}
}

// Begin implements [source.Store].
func (s *Store) Begin(ctx context.Context) (source.Snapshot, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, begin).ReadAll(); err != nil {
		closeConn(conn)
		return nil, compileFailure(ctx, err) // such as of a server without one of these settings
	}
	return &snapshot{conn: conn, tables: map[string]shape{}}, nil
}

// Close closes the connection that no snapshot took.
func (s *Store) Close() error {
	select {
	case conn := <-s.idle:
		return closeConn(conn)
	default:
		return nil
	}
}

// closeConn says goodbye, but not for long.
func closeConn(conn *pgconn.PgConn) error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	return conn.Close(ctx)
}

// compileFailure is [failure] for an error of compiling a query: no value is
// bound yet, so the message holds names only.
func compileFailure(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && ctx.Err() == nil {
		// https://www.postgresql.org/docs/current/errcodes-appendix.html:
		// class 42 is "Syntax Error or Access Rule Violation", 3F "Invalid Schema Name".
		if strings.HasPrefix(e.Code, "42") || strings.HasPrefix(e.Code, "3F") {
			return fmt.Errorf("%w: %s (%s)", source.ErrSchema, e.Message, e.Code)
		}
	}
	return failure(ctx, err)
}

// failure turns an error into the family of [source.ErrUnavailable]. Of the
// server's own it keeps the code and drops the message, which could hold a value.
func failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok:
		return fmt.Errorf("%w: %w", source.ErrUnavailable, err)
	case strings.HasPrefix(e.Code, "22"): // data exception
		return fmt.Errorf("%w: the server could not read a bound value as the column's type (%s)", source.ErrValue, e.Code)
	case strings.HasPrefix(e.Code, "42"):
		return fmt.Errorf("%w: the server refuses the query (%s)", source.ErrSchema, e.Code)
	case e.Code == "55P03":
		return fmt.Errorf("%w: a table is locked; try again when the migration is done", source.ErrUnavailable)
	case strings.HasPrefix(e.Code, "57P"):
		return fmt.Errorf("%w: the server is shutting down or starting (%s)", source.ErrUnavailable, e.Code)
	}
	return fmt.Errorf("%w: the server says %s", source.ErrUnavailable, e.Code)
}
