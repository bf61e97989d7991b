// Package sqlite reads records from a SQLite database file.
//
// A snapshot is one read transaction on its own connection: rows that still
// stand in the write-ahead log are seen, rows that are written later are not,
// and nothing can be written. While a statement is compiled, an authorizer
// denies every column that the statement does not name, and everything else but
// reading them. A table may be a view of tables; a view of views is denied. In
// memory, a connection is bounded to 256 MiB; on disk it puts no record. A
// database in write-ahead mode has two files beside it, -wal and -shm: where
// they are missing SQLite makes empty ones, so its folder must be writable then.
//
// SQLite's values have types of their own: one that does not fit the catalog's
// type is refused, never converted. A record without a time is in no window.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/ncruces/go-sqlite3"

	"writ/export/source"
)

// busyTimeout is how long a reader waits while a writer holds the file.
const busyTimeout = 5 * time.Second

// A Store is one database file.
type Store struct{ uri string }

// Open returns a store of the database at path, which must be there. It
// creates no file.
func Open(path string) (*Store, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", source.ErrUnavailable, err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: %s is not a file", source.ErrUnavailable, path)
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", source.ErrUnavailable, err)
	}
	path = filepath.ToSlash(path)
	if path[0] != '/' {
		path = "/" + path // a drive's letter is not a host
	}
	// https://sqlite.org/uri.html: "?" and "#" in the path must be escaped.
	// Never immutable=1: it loses the rows that stand in the write-ahead log.
	u := url.URL{Scheme: "file", Path: path, RawQuery: "mode=ro"}
	return &Store{uri: u.String()}, nil
}

// Close has nothing to do: each snapshot has its own connection.
func (s *Store) Close() error { return nil }

// Begin implements [source.Store].
func (s *Store) Begin(ctx context.Context) (source.Snapshot, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	conn, err := sqlite3.OpenFlags(s.uri, sqlite3.OPEN_READONLY|sqlite3.OPEN_URI)
	if err != nil {
		return nil, failure(ctx, err)
	}
	x := &snapshot{conn: conn}
	conn.SetInterrupt(ctx)
	err = errors.Join(
		conn.BusyTimeout(busyTimeout),
		// A table that the catalog names must not be a way to run or write anything.
		config(conn, sqlite3.DBCONFIG_DEFENSIVE, true),
		config(conn, sqlite3.DBCONFIG_TRUSTED_SCHEMA, false),
		// "A double-quoted string that does not match any identifier is a string
		// literal": a missing column must be an error, not its own name.
		config(conn, sqlite3.DBCONFIG_DQS_DML, false),
		conn.Exec(`PRAGMA query_only = 1`),
		conn.Exec(`PRAGMA temp_store = memory`), // no evidence in a temporary file
		conn.Exec(`BEGIN`),
		conn.Exec(`SELECT 1 FROM sqlite_schema`), // the snapshot is of now, not of the first read
		conn.SetAuthorizer(x.authorize),
	)
	if err != nil {
		conn.SetInterrupt(context.Background())
		conn.Close()
		return nil, failure(ctx, err)
	}
	return x, nil
}

func config(c *sqlite3.Conn, option sqlite3.DBConfig, on bool) error {
	switch got, err := c.Config(option, on); {
	case err != nil:
		return err
	case got != on:
		return sqlite3.MISUSE
	}
	return nil
}

// failure turns SQLite's errors into the family of [source.ErrUnavailable]. It
// keeps the code and drops the message, which could hold what was read.
func failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	code, ok := errors.AsType[sqlite3.ErrorCode](err)
	if !ok {
		if e, is := errors.AsType[*sqlite3.Error](err); is {
			code, ok = e.Code(), true
		}
	}
	switch {
	case !ok:
		return fmt.Errorf("%w: %w", source.ErrUnavailable, err)
	case code == sqlite3.BUSY || code == sqlite3.LOCKED:
		return fmt.Errorf("%w: another program is writing to the database; try again", source.ErrUnavailable)
	case code == sqlite3.NOMEM || code == sqlite3.FULL:
		return fmt.Errorf("%w: the records must be sorted and don't fit into memory; give the table an index on account key, time and key, in that order", source.ErrUnavailable)
	case code == sqlite3.CANTOPEN:
		return fmt.Errorf("%w: the database or its write-ahead log can't be opened", source.ErrUnavailable)
	case code == sqlite3.NOTADB:
		return fmt.Errorf("%w: the file is not a SQLite database", source.ErrUnavailable)
	}
	return fmt.Errorf("%w: SQLite says %w", source.ErrUnavailable, code)
}
