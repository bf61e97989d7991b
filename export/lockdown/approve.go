package lockdown

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"writ/crypto/digest"
	"writ/export/source"
)

// An Approval says which accounts a verified order found.
type Approval struct {
	Order     digest.Digest
	ExpiresAt time.Time           // with the order
	Accounts  map[string][]string // keys, by kind of account
}

// Approve records a at the time now, in one statement: all of it or nothing.
// dsn is the reviewer's own. An order that has ended is ErrNotApproved.
func Approve(ctx context.Context, dsn string, a Approval, now time.Time) error {
	if !a.ExpiresAt.After(now) {
		return fmt.Errorf("%w: it ended %s, and an approval ends with it", ErrNotApproved, a.ExpiresAt.UTC().Format(time.RFC3339))
	}
	kinds, keys := []*string{nil}, []*string{nil} // the order itself
	for kind, of := range a.Accounts {
		for _, key := range of {
			kinds, keys = append(kinds, &kind), append(keys, &key)
		}
	}
	conn, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	_, err = conn.Exec(ctx, `INSERT INTO writ.approved (account_kind, account_key, order_digest, expires_at)
		SELECT t.kind, t.key, $1, $2 FROM unnest($3::text[], $4::text[]) AS t(kind, key)`,
		a.Order.String(), a.ExpiresAt.UTC(), kinds, keys)
	return failure(ctx, err)
}

// soon is what must be left of an approval for an export to begin.
const soon = time.Minute

// Check asks, as the export role, whether the order is approved in the store,
// and for a minute more. It is nil where there is no lockdown: nothing is hidden
// there. Without it, accounts that nobody approved would look like accounts that
// do not exist, and that would be told to the authority.
func Check(ctx context.Context, dsn string, order digest.Digest) error {
	conn, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	locked, err := locked(ctx, conn)
	if err != nil || !locked {
		return err
	}
	var approved bool
	err = conn.QueryRow(ctx, "SELECT coalesce(writ.approved_until($1) > now() + $2::interval, false)", order.String(), soon).Scan(&approved)
	if err != nil {
		return failure(ctx, err)
	}
	if !approved {
		return fmt.Errorf("%w: order %s; a reviewer does it with writ approve", ErrNotApproved, order)
	}
	return nil
}

// locked reports whether row-level security hides anything from this role.
func locked(ctx context.Context, conn *pgx.Conn) (yes bool, err error) {
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_policy p, pg_catalog.pg_roles r
		WHERE p.polname = 'writ_export_only' AND r.oid = ANY (p.polroles) AND pg_catalog.pg_has_role(r.oid, 'USAGE'))
		AND NOT (SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user)`).Scan(&yes)
	return yes, failure(ctx, err)
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
