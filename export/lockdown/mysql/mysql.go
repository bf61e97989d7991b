// Package mysql locks MySQL 8 and MariaDB 10.6 and later down with views.
//
// These servers have no row-level security. So the export account has no right
// on any table, but on views in a database of the lockdown's own, which have
// the tables' names: writ's connection string names that database, and the
// catalog stays as it is. A view shows the columns that some rule could grant,
// and the rows of accounts that are approved and not yet ended. The server must
// not evaluate a reader's conditions before the view's own, where their errors
// and their time would tell of rows that are hidden: see script.go.
package mysql

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/crypto/digest"
	"writ/export/catalog"
	"writ/export/internal/mysqlconn"
	"writ/export/lockdown"
	"writ/export/source"
	"writ/export/source/mysql"
)

// Kind implements [lockdown.Kind].
type Kind struct{}

// database is the lockdown's own.
func database(store catalog.StoreName) string { return "writ_" + string(store) }

// What the lockdown's database holds besides views of the tables' names.
const (
	approvals = "approved"        // the table of approvals
	orders    = "approved_orders" // the view of approved orders, for [Kind.Open]
)

// rowsAtOnce is how many rows are inserted by one statement, to which a server
// lets 65535 values be bound.
const rowsAtOnce = 1000

// Approve implements [lockdown.Kind].
func (Kind) Approve(ctx context.Context, reviewer lockdown.Login, a lockdown.Approval) error {
	conn, err := mysqlconn.Connect(ctx, reviewer.DSN)
	if err != nil {
		return err
	}
	defer conn.Close()
	order, until := a.Order.String(), a.ExpiresAt.UTC().Format("2006-01-02 15:04:05.000000")
	rows := [][]any{{nil, nil, order, until}} // the order itself
	for kind, keys := range a.Accounts {
		for _, key := range keys {
			rows = append(rows, []any{kind, key, order, until})
		}
	}
	if err := conn.Exec(ctx, "START TRANSACTION"); err != nil {
		return failure(err)
	}
	insert := "INSERT INTO " + mysqlconn.Quote(database(reviewer.Store)) + "." + mysqlconn.Quote(approvals) + " (account_kind, account_key, order_digest, expires_at) VALUES (?, ?, ?, ?)"
	for some := range slices.Chunk(rows, rowsAtOnce) {
		if _, err := conn.Texts(ctx, insert+strings.Repeat(", (?, ?, ?, ?)", len(some)-1), slices.Concat(some...)...); err != nil {
			return failure(err) // and nothing is approved: the connection ends before the transaction does
		}
	}
	return failure(conn.Exec(ctx, "COMMIT"))
}

// Open implements [lockdown.Kind]. The views go by the clock, not by the
// transaction: so what was read is only good if the order is still approved
// after it.
func (Kind) Open(ctx context.Context, export lockdown.Login, order digest.Digest) (source.Store, error) {
	conn, err := mysqlconn.Connect(ctx, export.DSN)
	if err != nil {
		return nil, err
	}
	locked := conn.Database == database(export.Store)
	conn.Close()
	if locked {
		if err := check(ctx, export.DSN, order, lockdown.Soon); err != nil {
			return nil, err
		}
	}
	s, err := mysql.Open(ctx, export.DSN)
	if err != nil || !locked {
		return s, err
	}
	return watched{s, func(ctx context.Context) error { return check(ctx, export.DSN, order, 0) }}, nil
}

// check asks, as the export account, whether the order is approved for that
// long from now.
func check(ctx context.Context, dsn string, order digest.Digest, long time.Duration) error {
	conn, err := mysqlconn.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close()
	found, err := conn.Texts(ctx, "SELECT 1 FROM "+mysqlconn.Quote(orders)+" WHERE order_digest = ? AND approved_until > SYSDATE(6) + INTERVAL ? SECOND",
		order.String(), int64(long.Seconds()))
	if err != nil {
		return failure(err)
	}
	if len(found) == 0 {
		return lockdown.NotApproved(order)
	}
	return nil
}

// failure says what is to be done about a right or a database that is missing.
func failure(err error) error {
	switch code, _ := errors.AsType[mysqlconn.Code](err); code {
	case mysqlconn.DatabaseRight, mysqlconn.TableRight, mysqlconn.ColumnRight:
		return fmt.Errorf("%w: the account lacks a right (%d); writ lockdown prints the SQL that grants it", source.ErrUnavailable, code)
	case mysqlconn.NoDatabase, mysqlconn.NoTable:
		return fmt.Errorf("%w: the database is not locked down (%d); writ lockdown prints the SQL that does it", source.ErrUnavailable, code)
	}
	return err
}
