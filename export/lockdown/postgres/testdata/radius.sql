-- Lockdown of a PostgreSQL database for writ. Read it, then run it as the owner
-- of the tables with the right to create roles. It may be run again at any time.
BEGIN;

-- The role that writ exports with. It can't log in yet, which is yours to
-- decide: ALTER ROLE … LOGIN, or a member of it for each person or host; the
-- settings further below do not reach members. A role of this name that could
-- pass by row-level security is not touched: the script stops.
DO $writ$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'writ_export') THEN
		CREATE ROLE "writ_export" NOLOGIN;
	END IF;
	IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'writ_export' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)) THEN
		RAISE EXCEPTION 'the role has rights that no lockdown can take away';
	END IF;
END
$writ$;
-- The role that reviewers approve with, and whose members writ approve connects
-- as. Nobody should have both roles.
DO $writ$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'writ_approver') THEN
		CREATE ROLE "writ_approver" NOLOGIN;
	END IF;
	IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'writ_approver' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication)) THEN
		RAISE EXCEPTION 'the role has rights that no lockdown can take away';
	END IF;
END
$writ$;
-- Defaults of the export role's sessions. A session can change them; what it
-- can't change are the rights below.
ALTER ROLE "writ_export" SET default_transaction_read_only = on;
ALTER ROLE "writ_export" SET statement_timeout = '15min';
ALTER ROLE "writ_export" SET idle_in_transaction_session_timeout = '15min';
ALTER ROLE "writ_export" SET lock_timeout = '5s';

-- Nobody makes tables or functions in a schema by being anybody, and the two
-- roles have no right in it that is not given below.
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA "public" FROM "writ_export", "writ_approver";
REVOKE ALL ON ALL TABLES IN SCHEMA "public" FROM "writ_export", "writ_approver";
REVOKE ALL ON ALL SEQUENCES IN SCHEMA "public" FROM "writ_export", "writ_approver";
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA "public" FROM "writ_export", "writ_approver";
GRANT USAGE ON SCHEMA "public" TO "writ_export", "writ_approver";

-- What was approved, by whom, until when. The approver's role adds rows and can
-- neither read, change nor remove them; who approved is whoever connected. A row
-- without an account says that the order's targets were looked up, all of them.
-- To end an approval early, its rows are deleted, by the owner.
CREATE SCHEMA IF NOT EXISTS writ;
REVOKE ALL ON SCHEMA writ FROM PUBLIC, "writ_export", "writ_approver";
GRANT USAGE ON SCHEMA writ TO "writ_export", "writ_approver";
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
REVOKE ALL ON writ.approved FROM PUBLIC, "writ_export", "writ_approver";
GRANT INSERT (account_kind, account_key, order_digest, expires_at) ON writ.approved TO "writ_approver";

-- The accounts of a kind that are approved now, for the policies below. The
-- export role can't read the table itself: this tells it only what it sees in
-- the rows anyway. The time is that of the transaction's start, so that an export
-- sees one state from its first read to its last.
CREATE OR REPLACE FUNCTION writ.approved_keys(kind text) RETURNS SETOF text
	LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	AS 'SELECT a.account_key FROM writ.approved a WHERE a.account_kind = kind COLLATE "C" AND a.expires_at > now()';
REVOKE ALL ON FUNCTION writ.approved_keys(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION writ.approved_keys(text) TO "writ_export";

-- Until when an order is approved: without it, writ could not tell accounts that
-- are not there from accounts that nobody approved.
CREATE OR REPLACE FUNCTION writ.approved_until(digest text) RETURNS timestamptz
	LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
	AS 'SELECT max(a.expires_at) FROM writ.approved a WHERE a.account_key IS NULL AND a.order_digest = digest COLLATE "C" AND a.expires_at > now()';
REVOKE ALL ON FUNCTION writ.approved_until(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION writ.approved_until(text) TO "writ_export";

-- "public"."radacct": the columns that some rule could grant, and those by which records are
-- found and sorted.
GRANT SELECT ("acctinputoctets", "acctoutputoctets", "acctsessiontime", "acctstarttime", "acctstoptime", "callingstationid", "framedipaddress", "nasportid", "radacctid", "username") ON "public"."radacct" TO "writ_export";
GRANT SELECT ("acctstarttime", "acctstoptime", "framedipaddress", "username") ON "public"."radacct" TO "writ_approver";
-- Row-level security. Where it was off, whoever could use the table still can;
-- the export role sees rows of approved accounts, whatever else is permitted.
DO $writ$
BEGIN
	IF NOT (SELECT relrowsecurity FROM pg_catalog.pg_class WHERE oid = '"public"."radacct"'::regclass) THEN
		ALTER TABLE "public"."radacct" ENABLE ROW LEVEL SECURITY;
		DROP POLICY IF EXISTS writ_others ON "public"."radacct";
		CREATE POLICY writ_others ON "public"."radacct" USING (true) WITH CHECK (true);
	END IF;
END
$writ$;
DROP POLICY IF EXISTS writ_export ON "public"."radacct";
CREATE POLICY writ_export ON "public"."radacct" FOR SELECT TO "writ_export" USING ("username"::text COLLATE "C" IN (SELECT writ.approved_keys('subscriber')));
DROP POLICY IF EXISTS writ_export_only ON "public"."radacct";
CREATE POLICY writ_export_only ON "public"."radacct" AS RESTRICTIVE TO "writ_export" USING ("username"::text COLLATE "C" IN (SELECT writ.approved_keys('subscriber')));
DROP POLICY IF EXISTS writ_approver ON "public"."radacct";
CREATE POLICY writ_approver ON "public"."radacct" FOR SELECT TO "writ_approver" USING (true);

-- "public"."radcheck": the columns that some rule could grant, and those by which records are
-- found and sorted.
GRANT SELECT ("id", "username") ON "public"."radcheck" TO "writ_export";
GRANT SELECT ("username") ON "public"."radcheck" TO "writ_approver";
-- Row-level security. Where it was off, whoever could use the table still can;
-- the export role sees rows of approved accounts, whatever else is permitted.
DO $writ$
BEGIN
	IF NOT (SELECT relrowsecurity FROM pg_catalog.pg_class WHERE oid = '"public"."radcheck"'::regclass) THEN
		ALTER TABLE "public"."radcheck" ENABLE ROW LEVEL SECURITY;
		DROP POLICY IF EXISTS writ_others ON "public"."radcheck";
		CREATE POLICY writ_others ON "public"."radcheck" USING (true) WITH CHECK (true);
	END IF;
END
$writ$;
DROP POLICY IF EXISTS writ_export ON "public"."radcheck";
CREATE POLICY writ_export ON "public"."radcheck" FOR SELECT TO "writ_export" USING ("username"::text COLLATE "C" IN (SELECT writ.approved_keys('subscriber')));
DROP POLICY IF EXISTS writ_export_only ON "public"."radcheck";
CREATE POLICY writ_export_only ON "public"."radcheck" AS RESTRICTIVE TO "writ_export" USING ("username"::text COLLATE "C" IN (SELECT writ.approved_keys('subscriber')));
DROP POLICY IF EXISTS writ_approver ON "public"."radcheck";
CREATE POLICY writ_approver ON "public"."radcheck" FOR SELECT TO "writ_approver" USING (true);

COMMIT;
