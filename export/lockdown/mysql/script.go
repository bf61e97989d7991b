package mysql

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"writ/export/catalog"
	"writ/export/internal/mysqlconn"
	"writ/export/lockdown"
)

// The most characters of a name and of an account's.
// https://dev.mysql.com/doc/refman/8.0/en/identifier-length.html
const (
	maxName    = 64
	maxAccount = 32
)

// barrier ends each SELECT of a view. A view without it may be merged into the
// query that reads it, or take the query's conditions into itself: then the
// server evaluates them on rows that the view hides, and an error or a pause
// tells what is there. Neither is done to a SELECT with a limit, whatever the
// session's optimizer_switch says.
// https://mariadb.com/kb/en/condition-pushdown-into-derived-table-optimization/
// https://dev.mysql.com/doc/refman/8.0/en/derived-condition-pushdown-optimization.html
const barrier = "LIMIT 18446744073709551615"

// inForce is true of an approval that has not ended. SYSDATE is the clock: NOW
// is whatever the session says that it is.
const inForce = "expires_at > SYSDATE(6)"

// A script collects statements about one store.
type script struct {
	strings.Builder
	own, export, approver, definer string // quoted
}

func (s *script) say(format string, args ...any) { fmt.Fprintf(s, format+"\n", args...) }

// Script implements [lockdown.Kind].
func (Kind) Script(store catalog.StoreName, tables []lockdown.Table, r lockdown.Roles) (string, error) {
	if err := checkNames(store, tables, r); err != nil {
		return "", err
	}
	name, host := account(r.Export)
	s := &script{
		own: mysqlconn.Quote(database(store)), export: mysqlconn.Quote(name) + "@" + mysqlconn.Quote(host),
		approver: mysqlconn.Quote(r.Approver), definer: mysqlconn.Quote(database(store)) + "@`localhost`",
	}
	s.say(`-- Lockdown of a MySQL 8 or MariaDB database for writ. Read it, then run it in the
-- database of the tables, as an administrator of the server, with a client that
-- stops at the first error:
--   mariadb --database=THE_TABLES < lockdown.sql
-- It may be run again at any time. It takes every right from the account and the
-- role below before it gives them those that they need: another store on this
-- server needs others (--role, --approver).
SET NAMES utf8mb4;
CREATE DATABASE IF NOT EXISTS %[1]s CHARACTER SET utf8mb4;

-- The account that writ exports with. It can't log in yet, which is yours to
-- decide: ALTER USER … IDENTIFIED … ACCOUNT UNLOCK. Its connection string names
-- the database %[1]s.
CREATE USER IF NOT EXISTS %[2]s ACCOUNT LOCK;
REVOKE ALL PRIVILEGES, GRANT OPTION FROM %[2]s;
ALTER USER %[2]s WITH MAX_USER_CONNECTIONS 50 /*M! MAX_STATEMENT_TIME 3600 */;
-- The role that reviewers approve with: a default role of each reviewer's own
-- account, as which writ approve connects to the database of the tables. Nobody
-- should have both.
CREATE ROLE IF NOT EXISTS %[3]s;
REVOKE ALL PRIVILEGES, GRANT OPTION FROM %[3]s;
-- The account whose rights the views have. Nobody ever logs in as it.
CREATE USER IF NOT EXISTS %[4]s ACCOUNT LOCK;
REVOKE ALL PRIVILEGES, GRANT OPTION FROM %[4]s;

-- What was approved, by whom, until when. The approver's role adds rows and can
-- neither read, change nor remove them; who approved is whoever connected. A row
-- without an account says that the order's targets were looked up, all of them.
-- To end an approval early, its rows are deleted, by the owner.
CREATE TABLE IF NOT EXISTS %[1]s.%[5]s (
	account_kind varchar(64) CHARACTER SET ascii COLLATE ascii_bin,
	account_key  varbinary(3072) CHECK (account_key <> ''),
	order_digest char(71) CHARACTER SET ascii COLLATE ascii_bin NOT NULL CHECK (order_digest REGEXP '^sha256:[0-9a-f]{64}$'),
	approved_by  varchar(288) NOT NULL DEFAULT (USER()),
	approved_at  timestamp(6) NOT NULL DEFAULT (SYSDATE(6)),
	expires_at   timestamp(6) NOT NULL,
	CHECK (expires_at > approved_at),
	CHECK ((account_kind IS NULL) = (account_key IS NULL)),
	INDEX (account_kind, expires_at)
) ENGINE = InnoDB;
GRANT INSERT (account_kind, account_key, order_digest, expires_at) ON %[1]s.%[5]s TO %[3]s;
GRANT SELECT ON %[1]s.%[5]s TO %[4]s;

-- Until when an order is approved: without it, writ could not tell accounts that
-- are not there from accounts that nobody approved.
CREATE OR REPLACE ALGORITHM = TEMPTABLE DEFINER = %[4]s SQL SECURITY DEFINER VIEW %[1]s.%[6]s AS
	SELECT order_digest, MAX(expires_at) AS approved_until FROM %[1]s.%[5]s WHERE account_key IS NULL AND %[7]s GROUP BY order_digest %[8]s;
GRANT SELECT ON %[1]s.%[6]s TO %[2]s;

-- How a column is compared with an approved key: by its index, in its own type,
-- character set and collation, and besides by its letters. A column of another
-- type has nothing here, and the script stops where it is needed.
CREATE TEMPORARY TABLE %[1]s.%[9]s AS SELECT
	CONVERT(TABLE_NAME USING utf8mb4) COLLATE utf8mb4_bin AS table_name,
	CONVERT(COLUMN_NAME USING utf8mb4) COLLATE utf8mb4_bin AS column_name,
	CONCAT('t.`+"`', REPLACE(COLUMN_NAME, '`', '``'), '`"+` = ', CASE
		WHEN COLLATION_NAME IS NOT NULL THEN CONCAT('CONVERT(CONVERT(a.account_key USING utf8mb4) USING ', CHARACTER_SET_NAME, ') COLLATE ', COLLATION_NAME)
		WHEN DATA_TYPE IN ('binary', 'varbinary') THEN 'a.account_key'
		WHEN DATA_TYPE IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint') THEN
			CONCAT('CAST(a.account_key AS ', IF(COLUMN_TYPE LIKE '%%unsigned%%', 'UNSIGNED', 'SIGNED'), ')')
		WHEN DATA_TYPE = 'decimal' AND NUMERIC_SCALE = 0 THEN 'CAST(a.account_key AS DECIMAL(65))'
		WHEN DATA_TYPE IN ('uuid', 'inet4', 'inet6') THEN CONCAT('CAST(CONVERT(a.account_key USING utf8mb4) AS ', DATA_TYPE, ')')
	END) AS by_index,
	CONCAT('CAST(CONVERT(t.`+"`', REPLACE(COLUMN_NAME, '`', '``'), '`"+`', IF(NUMERIC_SCALE IS NULL, '', ' + 0'), ' USING utf8mb4) AS BINARY)') AS letters
	FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE();`,
		s.own, s.export, s.approver, s.definer, mysqlconn.Quote(approvals), mysqlconn.Quote(orders), inForce, barrier, mysqlconn.Quote(matches))
	for _, t := range tables {
		s.table(t)
	}
	s.say("\nDROP TEMPORARY TABLE %s.%s;", s.own, mysqlconn.Quote(matches))
	return s.String(), nil
}

// matches is the temporary table of how columns are compared with keys.
const matches = "approved_matches"

// table makes the view of one table. Its text is put together by the server,
// which alone knows the columns' types.
func (s *script) table(t lockdown.Table) {
	name := mysqlconn.Quote(t.Name.Name)
	read := slices.Clone(t.Export)
	for _, o := range t.Owners {
		read = append(read, o.Column)
	}
	slices.Sort(read)
	s.say("\n-- %s: the columns that some rule could grant, and those by which records are\n-- found and sorted; of rows of approved accounts, whoever asks.", name)
	s.say("GRANT SELECT (%s) ON %s TO %s;", columns("", slices.Compact(read)), name, s.definer)
	if len(t.Approve) > 0 {
		s.say("GRANT SELECT (%s) ON %s TO %s;", columns("", t.Approve), name, s.approver)
	}
	view := "SET @view = CONCAT('CREATE OR REPLACE ALGORITHM = TEMPTABLE DEFINER = " + text(s.definer) + " SQL SECURITY DEFINER VIEW " + text(s.own+"."+name) + " AS "
	for i, o := range t.Owners {
		for _, term := range []string{"by_index", "letters"} {
			s.say("SET @%[1]s%[2]d = (SELECT %[1]s FROM %[3]s.%[4]s WHERE table_name = '%[5]s' AND column_name = '%[6]s');",
				term, i, s.own, mysqlconn.Quote(matches), text(t.Name.Name), text(o.Column))
		}
		if i > 0 {
			view += " UNION ALL "
		}
		view += "(SELECT " + text(columns("t.", t.Export)) + " FROM (SELECT DISTINCT account_key FROM " + text(s.approved(o)) + ") a STRAIGHT_JOIN `', REPLACE(DATABASE(), '`', '``'), '`." +
			text(name) + fmt.Sprintf(" t ON ', @by_index%[1]d, ' AND ', @letters%[1]d, ' = a.account_key", i)
		for j, before := range t.Owners[:i] {
			// Such a row was shown already. It is not EXISTS with the row's column in
			// it: MariaDB remembers the answer for what the column's collation takes
			// as the same (https://mariadb.com/kb/en/subquery-cache/).
			view += fmt.Sprintf(" AND IFNULL(', @letters%d, ', '''') NOT IN (SELECT account_key FROM ", j) + text(s.approved(before)) + ")"
		}
		view += " " + barrier + ")"
	}
	s.say("%s');\nPREPARE make_view FROM @view;\nEXECUTE make_view;\nDEALLOCATE PREPARE make_view;", view)
	s.say("GRANT SELECT ON %s.%s TO %s;", s.own, name, s.export)
}

// approved is the approvals in force of a kind of account.
func (s *script) approved(o lockdown.Owner) string {
	return s.own + "." + mysqlconn.Quote(approvals) + " WHERE account_kind = '" + text(o.Account) + "' AND " + inForce
}

// account splits NAME or NAME@HOST.
func account(role string) (name, host string) {
	if i := strings.LastIndexByte(role, '@'); i >= 0 {
		return role[:i], role[i+1:]
	}
	return role, "%"
}

func checkNames(store catalog.StoreName, tables []lockdown.Table, r lockdown.Roles) error {
	if err := r.Check(); err != nil {
		return err
	}
	name, host := account(r.Export)
	names := []string{host}
	for _, t := range tables {
		switch n := t.Name.Name; {
		case t.Name.Schema != "":
			return fmt.Errorf("%w: table %s.%s names a database: leave that to the connection string, since the views are in another", lockdown.ErrUnusable, t.Name.Schema, n)
		case strings.EqualFold(n, approvals), strings.EqualFold(n, orders), strings.EqualFold(n, matches):
			return fmt.Errorf("%w: table %s has a name that the lockdown itself needs", lockdown.ErrUnusable, n)
		}
		names = append(append(append(names, t.Name.Name), t.Export...), t.Approve...)
	}
	chars := utf8.RuneCountInString
	if err := lockdown.CheckNames("MySQL", maxAccount, chars, name, r.Approver, database(store)); err != nil {
		return err
	}
	if err := lockdown.CheckNames("MySQL", maxName, chars, names...); err != nil {
		return err
	}
	for _, n := range append(names, name, r.Approver) {
		// Whether it is one character in a text or half of one is the session's to say.
		if strings.Contains(n, `\`) {
			return fmt.Errorf(`%w: name %q has a backslash`, lockdown.ErrUnusable, n)
		}
	}
	return nil
}

func columns(prefix string, names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = prefix + mysqlconn.Quote(n)
	}
	return strings.Join(out, ", ")
}

// text is what stands between the single quotes of a text: no backslash is in it.
func text(s string) string { return strings.ReplaceAll(s, "'", "''") }
