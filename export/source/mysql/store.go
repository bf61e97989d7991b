// Package mysql reads records from MySQL 8 and MariaDB 10.6 and later.
//
// A snapshot is one read-only transaction with a consistent snapshot on its own
// connection: tables of an engine without transactions are refused. Rows stream
// in the server's binary form. Every value is bound, and compared letter by
// letter whatever the column's collation: with the index, and by its bytes
// besides. Text is never compared with a number, which the server would guess
// at: it becomes a number here first, or is ErrValue.
//
// The account should own nothing and be granted SELECT on the catalog's columns
// alone: what it may not read, the server refuses. A column of a type that has
// no way to the catalog's is ErrSchema, before anything is read. A DATETIME is
// taken as UTC. A record without a time is in no window; one whose time has a
// zero for its month or day is ErrValue, since nobody knows whether it is.
package mysql

import (
	"context"

	"writ/export/internal/mysqlconn"
	"writ/export/source"
)

// begin opens the transaction. "The WITH CONSISTENT SNAPSHOT modifier starts a
// consistent read for storage engines that are capable of it", and only at this
// level of isolation.
// https://dev.mysql.com/doc/refman/8.0/en/commit.html
var begin = []string{
	"SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
	"START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
}

// A Store is one server, as one account sees it.
type Store struct {
	dsn  string
	idle chan *mysqlconn.Conn // the connection that Open made, for the first snapshot
}

// Open connects to the server and database that dsn names, as go-sql-driver has
// them. A catalog's table without a schema is in that database.
func Open(ctx context.Context, dsn string) (*Store, error) {
	conn, err := mysqlconn.Connect(ctx, dsn)
	if err != nil {
		return nil, err
	}
	s := &Store{dsn: dsn, idle: make(chan *mysqlconn.Conn, 1)}
	s.idle <- conn
	return s, nil
}

// Begin implements [source.Store].
func (s *Store) Begin(ctx context.Context) (source.Snapshot, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	var conn *mysqlconn.Conn
	select {
	case conn = <-s.idle:
	default:
		var err error
		if conn, err = mysqlconn.Connect(ctx, s.dsn); err != nil {
			return nil, err
		}
	}
	for _, sql := range begin {
		if err := conn.Exec(ctx, sql); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return &snapshot{conn: conn, tables: map[string]shape{}}, nil
}

// Close closes the connection that no snapshot took.
func (s *Store) Close() error {
	select {
	case conn := <-s.idle:
		return conn.Close()
	default:
		return nil
	}
}
