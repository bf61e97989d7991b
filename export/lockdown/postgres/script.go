package postgres

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"writ/export/catalog"
	"writ/export/lockdown"
)

// maxName is the most bytes of a name that PostgreSQL keeps.
// https://www.postgresql.org/docs/current/sql-syntax-lexical.html: "the maximum
// identifier length is 63 bytes"; a longer one is cut, and names something else.
const maxName = 63

// Script implements [lockdown.Kind].
func (Kind) Script(_ catalog.StoreName, tables []lockdown.Table, r lockdown.Roles) (string, error) {
	if err := r.Check(); err != nil {
		return "", err
	}
	if err := checkNames(names(tables, r)); err != nil {
		return "", err
	}
	export, approver := quote(r.Export), quote(r.Approver)
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }

	say(`-- Lockdown of a PostgreSQL database for writ. Read it, then run it as the owner
-- of the tables with the right to create roles. It may be run again at any time.
BEGIN;

-- The role that writ exports with. It can't log in yet, which is yours to
-- decide: ALTER ROLE … LOGIN, or a member of it for each person or host; the
-- settings further below do not reach members. A role of this name that could
-- pass by row-level security is not touched: the script stops.
%s
-- The role that reviewers approve with, and whose members writ approve connects
-- as. Nobody should have both roles.
%s`, createRole(r.Export), createRole(r.Approver))

	say(`-- Defaults of the export role's sessions. A session can change them; what it
-- can't change are the rights below.
ALTER ROLE %[1]s SET default_transaction_read_only = on;
ALTER ROLE %[1]s SET statement_timeout = '15min';
ALTER ROLE %[1]s SET idle_in_transaction_session_timeout = '15min';
ALTER ROLE %[1]s SET lock_timeout = '5s';
`, export)

	say(`-- Nobody makes tables or functions in a schema by being anybody, and the two
-- roles have no right in it that is not given below.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;`)
	for _, schema := range schemas(tables) {
		s := quote(schema)
		say(`REVOKE ALL ON SCHEMA %[1]s FROM %[2]s, %[3]s;
REVOKE ALL ON ALL TABLES IN SCHEMA %[1]s FROM %[2]s, %[3]s;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA %[1]s FROM %[2]s, %[3]s;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %[1]s FROM %[2]s, %[3]s;
GRANT USAGE ON SCHEMA %[1]s TO %[2]s, %[3]s;`, s, export, approver)
	}

	say(`
-- What was approved, by whom, until when. The approver's role adds rows and can
-- neither read, change nor remove them; who approved is whoever connected. A row
-- without an account says that the order's targets were looked up, all of them.
-- To end an approval early, its rows are deleted, by the owner.
CREATE SCHEMA IF NOT EXISTS writ;
REVOKE ALL ON SCHEMA writ FROM PUBLIC, %[1]s, %[2]s;
GRANT USAGE ON SCHEMA writ TO %[1]s, %[2]s;
CREATE TABLE IF NOT EXISTS writ.approved (
	account_kind text COLLATE "C",
	account_key  text COLLATE "C" CHECK (account_key <> ''),
	order_digest text COLLATE "C" NOT NULL CHECK (order_digest ~ '^sha256:[0-9a-f]{64}$'),
	approved_by  text NOT NULL DEFAULT session_user,
	approved_at  timestamptz NOT NULL DEFAULT now(),
	expires_at   timestamptz NOT NULL CHECK (isfinite(expires_at) AND expires_at > approved_at),
	CHECK ((account_kind IS NULL) = (account_key IS NULL))
);
CREATE INDEX IF NOT EXISTS approved_expires_at ON writ.approved (expires_at);
REVOKE ALL ON writ.approved FROM PUBLIC, %[1]s, %[2]s;
GRANT INSERT (account_kind, account_key, order_digest, expires_at) ON writ.approved TO %[2]s;

-- The accounts of a kind that are approved now, for the policies below. The
-- export role can't read the table itself: this tells it only what it sees in
-- the rows anyway. The time is that of the transaction's start, so that an export
-- sees one state from its first read to its last.
CREATE OR REPLACE FUNCTION writ.approved_keys(kind text) RETURNS SETOF text
	LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	AS 'SELECT a.account_key FROM writ.approved a WHERE a.account_kind = kind COLLATE "C" AND a.expires_at > now()';
REVOKE ALL ON FUNCTION writ.approved_keys(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION writ.approved_keys(text) TO %[1]s;

-- Until when an order is approved: without it, writ could not tell accounts that
-- are not there from accounts that nobody approved.
CREATE OR REPLACE FUNCTION writ.approved_until(digest text) RETURNS timestamptz
	LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	AS 'SELECT max(a.expires_at) FROM writ.approved a WHERE a.account_key IS NULL AND a.order_digest = digest COLLATE "C" AND a.expires_at > now()';
REVOKE ALL ON FUNCTION writ.approved_until(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION writ.approved_until(text) TO %[1]s;`, export, approver)

	for _, t := range tables {
		b.WriteString(tableScript(t, export, approver))
	}
	say("\nCOMMIT;")
	return b.String(), nil
}

// createRole makes a role that is not there, and stops at one that is too powerful.
func createRole(role string) string {
	return do(fmt.Sprintf(`BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %[1]s) THEN
		CREATE ROLE %[2]s NOLOGIN;
	END IF;
	IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = %[1]s AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)) THEN
		RAISE EXCEPTION 'the role has rights that no lockdown can take away';
	END IF;
END`, literal(role), quote(role)))
}

func tableScript(t lockdown.Table, export, approver string) string {
	var b strings.Builder
	name := tableName(t.Name)
	fmt.Fprintf(&b, "\n-- %s: the columns that some rule could grant, and those by which records are\n-- found and sorted.\n", name)
	fmt.Fprintf(&b, "GRANT SELECT (%s) ON %s TO %s;\n", columns(t.Export), name, export)
	if len(t.Approve) > 0 {
		fmt.Fprintf(&b, "GRANT SELECT (%s) ON %s TO %s;\n", columns(t.Approve), name, approver)
	}
	var approved []string
	for _, o := range t.Owners {
		approved = append(approved, fmt.Sprintf(`%s::text COLLATE "C" IN (SELECT writ.approved_keys(%s))`, quote(o.Column), literal(o.Account)))
	}
	where := strings.Join(approved, " OR ")
	fmt.Fprintf(&b, `-- Row-level security. Where it was off, whoever could use the table still can;
-- the export role sees rows of approved accounts, whatever else is permitted.
%s
DROP POLICY IF EXISTS writ_export ON %[2]s;
CREATE POLICY writ_export ON %[2]s FOR SELECT TO %[3]s USING (%[4]s);
DROP POLICY IF EXISTS writ_export_only ON %[2]s;
CREATE POLICY writ_export_only ON %[2]s AS RESTRICTIVE TO %[3]s USING (%[4]s);
DROP POLICY IF EXISTS writ_approver ON %[2]s;
`, do(fmt.Sprintf(`BEGIN
	IF NOT (SELECT relrowsecurity FROM pg_catalog.pg_class WHERE oid = %[1]s::regclass) THEN
		ALTER TABLE %[2]s ENABLE ROW LEVEL SECURITY;
		DROP POLICY IF EXISTS writ_others ON %[2]s;
		CREATE POLICY writ_others ON %[2]s USING (true) WITH CHECK (true);
	END IF;
END`, literal(name), name)), name, export, where)
	if len(t.Approve) > 0 {
		fmt.Fprintf(&b, "CREATE POLICY writ_approver ON %s FOR SELECT TO %s USING (true);\n", name, approver)
	}
	return b.String()
}

// schemas returns the tables' schemas, sorted. A name without one is in public.
func schemas(tables []lockdown.Table) []string {
	var out []string
	for _, t := range tables {
		out = append(out, schema(t.Name))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func schema(t catalog.Table) string {
	if t.Schema == "" {
		return "public"
	}
	return t.Schema
}

func names(tables []lockdown.Table, r lockdown.Roles) []string {
	out := []string{r.Export, r.Approver}
	for _, t := range tables {
		out = append(append(append(out, schema(t.Name), t.Name.Name), t.Export...), t.Approve...)
	}
	return out
}

func checkNames(names []string) error {
	if err := lockdown.CheckNames("PostgreSQL", maxName, func(s string) int { return len(s) }, names...); err != nil {
		return err
	}
	for _, s := range names {
		if strings.HasPrefix(s, "pg_") {
			return fmt.Errorf("%w: name %q begins with pg_, which is the server's own", lockdown.ErrUnusable, s)
		}
	}
	return nil
}

func quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func tableName(t catalog.Table) string { return pgx.Identifier{schema(t), t.Name}.Sanitize() }

func columns(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = quote(n)
	}
	return strings.Join(out, ", ")
}

// literal quotes a text, whatever standard_conforming_strings says.
func literal(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	if strings.Contains(s, `\`) {
		return "E'" + strings.ReplaceAll(s, `\`, `\\`) + "'"
	}
	return "'" + s + "'"
}

// do wraps a block in a dollar quote that the block does not hold.
func do(block string) string {
	tag := "$writ$"
	for strings.Contains(block, tag) {
		tag = tag[:len(tag)-1] + "_$"
	}
	return "DO " + tag + "\n" + block + "\n" + tag + ";"
}
