//go:build servers

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"writ/crypto/digest"
	"writ/export/internal/pgtest"
	"writ/export/lockdown"
	"writ/export/lockdown/locktest"
	"writ/export/lockdown/postgres"
	"writ/export/source"
	store "writ/export/source/postgres"
)

const schema = `
CREATE TABLE radcheck (id serial PRIMARY KEY, username text NOT NULL, attribute text NOT NULL, op varchar(2) NOT NULL, value text NOT NULL);
CREATE TABLE radacct (radacctid bigserial PRIMARY KEY, acctsessionid text, username text, framedipaddress inet,
	acctstarttime timestamptz, acctstoptime timestamptz, acctsessiontime bigint, nasportid text, callingstationid text,
	acctinputoctets bigint, acctoutputoctets bigint, calledstationid text);
CREATE INDEX ON radacct (username, acctstarttime);
INSERT INTO radcheck (username, attribute, op, value) SELECT u, 'Cleartext-Password', ':=', 'hunter2'
	FROM unnest('{alice,bob,carol}'::text[]) AS u;
INSERT INTO radacct (acctsessionid, username, framedipaddress, acctstarttime, acctstoptime, acctsessiontime, nasportid, callingstationid, acctinputoctets, acctoutputoctets, calledstationid)
	SELECT u, u, ('198.51.100.' || n)::inet, '2026-03-10 12:00:00+00'::timestamptz, '2026-03-10 18:00:00+00', 21600, 'port', 'station', n, n, 'called'
	FROM unnest('{alice,bob,carol}'::text[]) WITH ORDINALITY AS t(u, n);
CREATE TABLE invoices (id int, username text);
GRANT ALL ON ALL TABLES IN SCHEMA public TO radiusd; GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO radiusd`

// A database is locked down, with a login for each role.
type database struct{ owner, export, approver, radiusd string } // connection strings

func lock(t *testing.T, c *pgtest.Cluster, name string) database {
	t.Helper()
	owner := c.Create(t, name)
	pgtest.Exec(t, owner, schema)
	sql, err := postgres.Kind{}.Script(locktest.Store, radius(t), locktest.Roles)
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, owner, sql)
	pgtest.Exec(t, owner, sql) // again: it changes nothing
	pgtest.Exec(t, owner, "ALTER ROLE writ_export LOGIN; ALTER ROLE writ_approver LOGIN")
	as := func(role string) string { return strings.Replace(owner, "user=postgres", "user="+role, 1) }
	return database{owner, as("writ_export"), as("writ_approver"), as("radiusd")}
}

func dial(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}

// denied runs each statement, which the server must refuse for want of a right,
// also in a session that may write.
func denied(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	conn := dial(t, dsn)
	if _, err := conn.Exec(t.Context(), "SET default_transaction_read_only = off"); err != nil {
		t.Fatal(err)
	}
	for _, sql := range statements {
		_, err := conn.Exec(t.Context(), sql)
		if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "42501" {
			t.Errorf("%s: %v; want insufficient_privilege", sql, err)
		}
	}
}

// texts returns the rows of a query of one column.
func texts(t *testing.T, dsn, sql string) []string {
	t.Helper()
	rows, err := dial(t, dsn).Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return out
}

var (
	first  = digest.Of([]byte("first order"))
	second = digest.Of([]byte("second order"))
)

func approve(t *testing.T, dsn string, order digest.Digest, keys ...string) {
	t.Helper()
	now := time.Now()
	a := lockdown.Approval{Order: order, ExpiresAt: now.Add(time.Hour), Accounts: map[string][]string{"subscriber": keys}}
	if err := lockdown.Approve(t.Context(), postgres.Kind{}, lockdown.Login{DSN: dsn}, a, now); err != nil {
		t.Fatal(err)
	}
}

// TestLockdown runs all that needs a server on one.
func TestLockdown(t *testing.T) {
	c := pgtest.Start(t)
	pgtest.Exec(t, c.DSN("postgres"), "CREATE ROLE radiusd LOGIN")
	t.Run("ExportRole", func(t *testing.T) { exportRole(t, lock(t, c, "role")) })
	t.Run("Approvals", func(t *testing.T) { approvals(t, lock(t, c, "approvals")) })
	t.Run("ApproverRole", func(t *testing.T) { approverRole(t, lock(t, c, "approver")) })
	t.Run("OthersAsBefore", func(t *testing.T) { others(t, lock(t, c, "others")) })
	t.Run("OwnPolicies", func(t *testing.T) { ownPolicies(t, lock(t, c, "own")) })
	t.Run("Check", func(t *testing.T) { check(t, c, lock(t, c, "checked")) })
	t.Run("Excess", func(t *testing.T) { excess(t, lock(t, c, "excess")) })
	t.Run("OddNames", func(t *testing.T) { oddNames(t, c) })
	t.Run("PowerfulRole", func(t *testing.T) { powerfulRole(t, c) })
	t.Run("Export", func(t *testing.T) {
		db := lock(t, c, "exported")
		locktest.Database{
			Kind: postgres.Kind{}, Catalog: locktest.Radius(t), File: "postgres_file", Export: db.export, Approver: db.approver,
			Open: func(ctx context.Context, dsn string) (source.Store, error) { return store.Open(ctx, dsn) },
		}.ExportThrough(t)
	})
	t.Run("CommandLine", func(t *testing.T) {
		owner := c.Create(t, "mail")
		as := func(role string) string { return strings.Replace(owner, "user=postgres", "user="+role, 1) }
		locktest.Server{
			Variable: "postgres_env", Types: strings.NewReplacer(" STRICT", "", "succeeded INTEGER", "succeeded BOOLEAN", "birth_date TEXT", "birth_date DATE"),
			Run:    func(t *testing.T, statements string) { t.Helper(); pgtest.Exec(t, owner, statements) },
			Roles:  locktest.Roles,
			Export: as("writ_export"), Approver: as("writ_approver"), Login: "ALTER ROLE writ_export LOGIN; ALTER ROLE writ_approver LOGIN",
		}.CommandLine(t)
	})
}

// Whoever has the export role's connection gets no other column, no write and
// no right to make anything, and can't reach the approvals.
func exportRole(t *testing.T, db database) {
	approve(t, db.approver, first, "alice")
	denied(t, db.export,
		"SELECT * FROM radacct", "SELECT * FROM radcheck", "SELECT value FROM radcheck", "SELECT calledstationid FROM radacct",
		"SELECT radacct FROM radacct", "SELECT count(value) FROM radcheck", "SELECT username FROM radcheck WHERE value = 'hunter2'",
		"COPY radacct TO STDOUT", "SELECT id FROM invoices", "TABLE writ.approved", "SELECT account_key FROM writ.approved",
		"INSERT INTO radcheck (username) VALUES ('x')",
		"UPDATE radacct SET username = 'x'", "DELETE FROM radacct", "TRUNCATE radacct", "SELECT username FROM radcheck FOR UPDATE",
		"INSERT INTO writ.approved (account_kind, account_key, order_digest, expires_at) VALUES ('subscriber', 'bob', '"+first.String()+"', 'tomorrow')",
		"UPDATE writ.approved SET account_key = 'bob'", "DELETE FROM writ.approved", "ALTER TABLE writ.approved DISABLE TRIGGER ALL",
		"CREATE TABLE public.mine (x int)", "CREATE SCHEMA mine", "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
		"CREATE FUNCTION writ.approved_keys(kind text) RETURNS SETOF text LANGUAGE sql AS 'SELECT 1'",
		"SET ROLE writ_approver", "SET ROLE postgres", "SELECT pg_read_file('/etc/passwd')",
	)
	conn := dial(t, db.export)
	// Without row-level security there is an error, not more rows.
	if _, err := conn.Exec(t.Context(), "SET row_security = off; SELECT username FROM radacct"); err == nil {
		t.Error("row-level security can be put off")
	}
	for _, sql := range []string{"ALTER TABLE radacct DISABLE ROW LEVEL SECURITY", "DROP POLICY writ_export_only ON radacct"} {
		if _, err := conn.Exec(t.Context(), sql); err == nil {
			t.Errorf("%s succeeded", sql)
		}
	}
	if got := texts(t, db.export, "SHOW default_transaction_read_only"); got[0] != "on" {
		t.Errorf("sessions begin with default_transaction_read_only = %s", got[0])
	}
	if got := texts(t, db.export, "SHOW statement_timeout"); got[0] != "15min" {
		t.Errorf("sessions begin with statement_timeout = %s", got[0])
	}
}

// Rows of accounts exist for the export role while an approval lasts.
func approvals(t *testing.T, db database) {
	const accounts = "SELECT username FROM radacct UNION ALL SELECT username FROM radcheck ORDER BY 1"
	want := func(when string, names ...string) {
		t.Helper()
		if got := texts(t, db.export, accounts); !slices.Equal(got, names) {
			t.Errorf("%s: the export role sees %v, want %v", when, got, names)
		}
	}
	want("before anything is approved")
	approve(t, db.approver, first, "alice", "nobody")
	want("with an approval", "alice", "alice")
	approve(t, db.approver, second, "bob")
	want("with two", "alice", "alice", "bob", "bob")
	pgtest.Exec(t, db.owner, fmt.Sprintf("UPDATE writ.approved SET approved_at = now() - interval '2 hours', expires_at = now() - interval '1 second' WHERE order_digest = '%s'", first))
	want("when the first has ended", "bob", "bob")
	pgtest.Exec(t, db.owner, "DELETE FROM writ.approved")
	want("when the other was taken back")

	// Keys are compared letter by letter, and kinds of account are not mixed up.
	approve(t, db.approver, first, "Alice", "ali%", "alice ")
	now := time.Now()
	other := lockdown.Approval{Order: first, ExpiresAt: now.Add(time.Hour), Accounts: map[string][]string{"mailbox": {"alice"}}}
	if err := lockdown.Approve(t.Context(), postgres.Kind{}, lockdown.Login{DSN: db.approver}, other, now); err != nil {
		t.Fatal(err)
	}
	want("with other accounts approved")
}

// A reviewer adds approvals in their own name and reads what finds accounts.
func approverRole(t *testing.T, db database) {
	if got := texts(t, db.approver, "SELECT username FROM radacct WHERE framedipaddress = '198.51.100.2'"); !slices.Equal(got, []string{"bob"}) {
		t.Errorf("the approver finds %v", got)
	}
	if got := texts(t, db.approver, "SELECT username FROM radcheck ORDER BY 1"); len(got) != 3 {
		t.Errorf("the approver finds %v", got)
	}
	denied(t, db.approver,
		"SELECT * FROM radacct", "SELECT callingstationid FROM radacct", "SELECT acctinputoctets FROM radacct", "SELECT value FROM radcheck",
		"SELECT id FROM invoices", "TABLE writ.approved", "DELETE FROM writ.approved", "UPDATE writ.approved SET expires_at = 'tomorrow'",
		"INSERT INTO writ.approved (account_kind, account_key, order_digest, expires_at, approved_by) VALUES ('subscriber', 'bob', '"+first.String()+"', 'tomorrow', 'somebody else')",
		"INSERT INTO radcheck (username) VALUES ('x')", "DELETE FROM radacct", "SELECT writ.approved_keys('subscriber')", "SET ROLE writ_export",
	)
	approve(t, db.approver, first, "alice")
	got := texts(t, db.owner, "SELECT concat_ws(' ', account_kind, account_key, order_digest, approved_by) FROM writ.approved ORDER BY account_kind NULLS FIRST")
	if want := []string{first.String() + " writ_approver", "subscriber alice " + first.String() + " writ_approver"}; !slices.Equal(got, want) {
		t.Errorf("recorded is %v, want %v", got, want)
	}

	// An order that has ended is not approved, and a form that is none of ours neither.
	err := lockdown.Approve(t.Context(), postgres.Kind{}, lockdown.Login{DSN: db.approver}, lockdown.Approval{Order: first, ExpiresAt: time.Now()}, time.Now())
	if !errors.Is(err, lockdown.ErrNotApproved) {
		t.Errorf("an order that has ended: %v", err)
	}
	conn := dial(t, db.approver)
	for _, values := range []string{
		"'subscriber', 'bob', 'x', 'tomorrow'", "'subscriber', 'bob', '" + first.String() + "', 'infinity'", "'subscriber', 'bob', '" + first.String() + "', 'yesterday'",
		"'subscriber', '', '" + first.String() + "', 'tomorrow'", "'subscriber', NULL, '" + first.String() + "', 'tomorrow'",
	} {
		_, err := conn.Exec(t.Context(), "INSERT INTO writ.approved (account_kind, account_key, order_digest, expires_at) VALUES ("+values+")")
		if e, ok := errors.AsType[*pgconn.PgError](err); !ok || e.Code != "23514" {
			t.Errorf("%s: %v; want a check_violation", values, err)
		}
	}
	// The server's message would hold the key; ours does not.
	err = lockdown.Approve(t.Context(), postgres.Kind{}, lockdown.Login{DSN: db.export}, lockdown.Approval{Order: first, ExpiresAt: time.Now().Add(time.Hour),
		Accounts: map[string][]string{"subscriber": {"marker"}}}, time.Now())
	if err == nil || strings.Contains(err.Error(), "marker") {
		t.Errorf("approving as the export role: %v", err)
	}
}

// The provider's own programs don't notice.
func others(t *testing.T, db database) {
	pgtest.Exec(t, db.radiusd, "INSERT INTO radacct (username) VALUES ('dave'); UPDATE radacct SET nasportid = 'x' WHERE username = 'dave'; DELETE FROM radacct WHERE username = 'carol'")
	if got := texts(t, db.radiusd, "SELECT username FROM radacct ORDER BY 1"); !slices.Equal(got, []string{"alice", "bob", "dave"}) {
		t.Errorf("another role sees %v", got)
	}
	denied(t, db.radiusd, "TABLE writ.approved", "SELECT writ.approved_keys('subscriber')")
}

// Another policy can't widen what the export role sees, and the script does not
// open a table that the provider had closed.
func ownPolicies(t *testing.T, db database) {
	pgtest.Exec(t, db.owner, "DROP POLICY writ_others ON radacct; CREATE POLICY own ON radacct USING (username <> 'carol')")
	sql, err := postgres.Kind{}.Script(locktest.Store, radius(t), locktest.Roles)
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, db.owner, sql)
	approve(t, db.approver, first, "alice")
	if got := texts(t, db.export, "SELECT username FROM radacct"); !slices.Equal(got, []string{"alice"}) {
		t.Errorf("the export role sees %v", got)
	}
	if got := texts(t, db.radiusd, "SELECT username FROM radacct ORDER BY 1"); !slices.Equal(got, []string{"alice", "bob"}) {
		t.Errorf("another role sees %v", got)
	}
}

// An order that nobody approved is told apart from accounts that don't exist.
func check(t *testing.T, c *pgtest.Cluster, db database) {
	want := func(dsn string, order digest.Digest, want error) {
		t.Helper()
		s, err := postgres.Kind{}.Open(t.Context(), lockdown.Login{DSN: dsn}, order)
		if !errors.Is(err, want) {
			t.Errorf("Open: %v, want %v", err, want)
		}
		if err == nil {
			s.Close()
		}
	}
	want(db.export, first, lockdown.ErrNotApproved)
	approve(t, db.approver, first) // its targets find nobody
	want(db.export, first, nil)
	want(db.export, second, lockdown.ErrNotApproved)
	pgtest.Exec(t, db.owner, "UPDATE writ.approved SET expires_at = now() + interval '30 seconds'")
	want(db.export, first, lockdown.ErrNotApproved)
	want(db.owner, second, nil) // sees all rows
	want(c.Create(t, "plain"), second, nil)
}

func excess(t *testing.T, db database) {
	want := func(dsn string, sentences ...string) {
		t.Helper()
		got, err := postgres.Kind{}.Excess(t.Context(), lockdown.Login{DSN: dsn}, radius(t))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, sentences) {
			t.Errorf("Excess is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(sentences, "\n"))
		}
	}
	want(db.export)
	want(db.owner, "the role is a superuser")
	pgtest.Exec(t, db.owner, `GRANT SELECT (value) ON radcheck TO PUBLIC; GRANT SELECT ON invoices TO writ_export; GRANT UPDATE (op) ON radcheck TO writ_export;
		ALTER TABLE radacct DISABLE ROW LEVEL SECURITY; GRANT CREATE ON SCHEMA public TO writ_export; GRANT writ_approver TO writ_export`)
	want(db.export,
		"it makes things in the schema public",
		"it reads columns of public.invoices that the catalog does not name, or that no rule could grant: id, username",
		"it reads columns of public.radcheck that the catalog does not name, or that no rule could grant: value",
		"it sees every row of public.radacct: no row-level security holds it to approved accounts",
		"it writes to public.radcheck",
		"it writes to writ.approved")
	pgtest.Exec(t, db.owner, "REVOKE SELECT (value) ON radcheck FROM PUBLIC; REVOKE writ_approver FROM writ_export; ALTER TABLE radacct ENABLE ROW LEVEL SECURITY")
	sql, err := postgres.Kind{}.Script(locktest.Store, radius(t), locktest.Roles)
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, db.owner, sql) // takes back what the roles were given
	want(db.export)
	pgtest.Exec(t, db.owner, "ALTER TABLE invoices OWNER TO writ_export; GRANT pg_read_all_data TO writ_export")
	want(db.export, "the role can become one that reads all data")
	pgtest.Exec(t, db.owner, "REVOKE pg_read_all_data FROM writ_export")
	want(db.export,
		"it owns public.invoices",
		"it reads columns of public.invoices that the catalog does not name, or that no rule could grant: id, username",
		"it writes to public.invoices")
}

// What a catalog calls a table, a column or an account stays a name.
func oddNames(t *testing.T, c *pgtest.Cluster) {
	owner := c.Create(t, "odd")
	table, column := `we"ird $writ$; DROP TABLE x; --`, `co'l\umn $writ_$`
	pgtest.Exec(t, owner, "CREATE TABLE "+pgx.Identifier{table}.Sanitize()+" ("+pgx.Identifier{column}.Sanitize()+" text, id text); CREATE TABLE x ()")
	text := strings.NewReplacer("people", "'"+strings.ReplaceAll(table, "'", "''")+"'", "column: name", "column: '"+strings.ReplaceAll(column, "'", "''")+"'").Replace(locktest.Head)
	tables, err := locktest.Tables(t, text)
	if err != nil {
		t.Fatal(err)
	}
	sql, err := postgres.Kind{}.Script(locktest.Store, tables, lockdown.Roles{Export: `ex"port '\ $writ$`, Approver: `Approver'; DROP TABLE x; --`})
	if err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, owner, sql)
	got := texts(t, owner, "SELECT relname || ' ' || relrowsecurity FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1")
	if want := []string{table + " true", "x false"}; !slices.Equal(got, want) {
		t.Errorf("tables are %v, want %v", got, want)
	}
}

// A role that row-level security does not hold is no export role.
func powerfulRole(t *testing.T, c *pgtest.Cluster) {
	owner := c.Create(t, "powerful")
	pgtest.Exec(t, owner, "CREATE ROLE powerful BYPASSRLS")
	sql, err := postgres.Kind{}.Script(locktest.Store, radius(t), lockdown.Roles{Export: "powerful", Approver: "writ_approver"})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgconn.Connect(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql).ReadAll(); err == nil || !strings.Contains(err.Error(), "no lockdown can take away") {
		t.Errorf("the script ran: %v", err)
	}
}
