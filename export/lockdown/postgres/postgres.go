// Package postgres locks PostgreSQL 14 and later down with column grants and
// row-level security.
package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"writ/crypto/digest"
	"writ/export/lockdown"
	"writ/export/source"
	"writ/export/source/postgres"
)

// Kind implements [lockdown.Kind].
type Kind struct{}

// Approve implements [lockdown.Kind].
func (Kind) Approve(ctx context.Context, reviewer lockdown.Login, a lockdown.Approval) error {
	kinds, keys := []*string{nil}, []*string{nil} // the order itself
	for kind, of := range a.Accounts {
		for _, key := range of {
			kinds, keys = append(kinds, &kind), append(keys, &key)
		}
	}
	conn, err := connect(ctx, reviewer.DSN)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, `INSERT INTO writ.approved (account_kind, account_key, order_digest, expires_at)
		SELECT t.kind, t.key, $1, $2 FROM unnest($3::text[], $4::text[]) AS t(kind, key)`,
		a.Order.String(), a.ExpiresAt.UTC(), kinds, keys)
	return failure(ctx, err)
}

// Open implements [lockdown.Kind].
func (Kind) Open(ctx context.Context, export lockdown.Login, order digest.Digest) (source.Store, error) {
	s, err := postgres.Open(ctx, export.DSN)
	if err != nil {
		return nil, err
	}
	if err := s.Ask(ctx, func(conn *pgconn.PgConn) error { return check(ctx, conn, order) }); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// check asks, as the export role, whether the order is approved.
func check(ctx context.Context, conn *pgconn.PgConn, order digest.Digest) error {
	// Whether row-level security hides anything from this role.
	locked, err := yes(ctx, conn, `SELECT EXISTS (SELECT FROM pg_catalog.pg_policy p, pg_catalog.pg_roles r
		WHERE p.polname = 'writ_export_only' AND r.oid = ANY (p.polroles) AND pg_catalog.pg_has_role(r.oid, 'USAGE'))
		AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user)`)
	if err != nil || !locked {
		return err
	}
	soon := fmt.Sprint(lockdown.Soon.Microseconds(), " microseconds")
	approved, err := yes(ctx, conn, "SELECT coalesce(writ.approved_until($1) > now() + $2::interval, false)", order.String(), soon)
	if err == nil && !approved {
		err = lockdown.NotApproved(order)
	}
	return err
}

// yes asks a question of one truth value.
func yes(ctx context.Context, conn *pgconn.PgConn, sql string, args ...string) (bool, error) {
	var values [][]byte
	for _, a := range args {
		values = append(values, []byte(a))
	}
	said := conn.ExecParams(ctx, sql, values, nil, nil, nil).Read()
	if said.Err != nil {
		return false, failure(ctx, said.Err)
	}
	return len(said.Rows) == 1 && string(said.Rows[0][0]) == "t", nil
}

func connect(ctx context.Context, dsn string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// Its message may repeat a password.
		return nil, fmt.Errorf("%w: the connection string is not one of libpq's", source.ErrUnavailable)
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "writ"
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	return conn, failure(ctx, err)
}

// failure drops the server's message, which could hold an account's key.
func failure(ctx context.Context, err error) error {
	switch e, ok := errors.AsType[*pgconn.PgError](err); {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case ok && (e.Code == "42501" || e.Code == "25006"): // the export role's sessions are read-only
		return fmt.Errorf("%w: the role lacks a right (%s); writ lockdown prints the SQL that grants it", source.ErrUnavailable, e.Code)
	case ok && (e.Code == "42P01" || e.Code == "3F000" || e.Code == "42883"):
		return fmt.Errorf("%w: the database is not locked down (%s); writ lockdown prints the SQL that does it", source.ErrUnavailable, e.Code)
	case ok:
		return fmt.Errorf("%w: the server says %s", source.ErrUnavailable, e.Code)
	}
	return fmt.Errorf("%w: %w", source.ErrUnavailable, err) // host, user, database, no password
}
