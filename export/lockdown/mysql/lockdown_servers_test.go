//go:build servers

package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/export/catalog"
	"writ/export/internal/mytest"
	"writ/export/lockdown"
	"writ/export/lockdown/locktest"
	"writ/export/lockdown/mysql"
	"writ/export/source"
	store "writ/export/source/mysql"
)

// Two accounts differ in nothing but case and a space at the end.
const schema = `
CREATE TABLE radcheck (id int AUTO_INCREMENT PRIMARY KEY, username varchar(64) NOT NULL, attribute varchar(64) NOT NULL, op char(2) NOT NULL, value varchar(253) NOT NULL, INDEX (username));
CREATE TABLE radacct (radacctid bigint AUTO_INCREMENT PRIMARY KEY, acctsessionid varchar(64), username varchar(64) NOT NULL, framedipaddress varchar(15),
	acctstarttime datetime, acctstoptime datetime, acctsessiontime int unsigned, nasportid varchar(32), callingstationid varchar(50),
	acctinputoctets bigint, acctoutputoctets bigint, calledstationid varchar(50), INDEX (username, acctstarttime));
INSERT INTO radcheck (username, attribute, op, value) VALUES ('alice', 'Cleartext-Password', ':=', 'hunter2'), ('bob', 'Cleartext-Password', ':=', 'hunter2'), ('carol', 'Cleartext-Password', ':=', 'hunter2');
INSERT INTO radacct (acctsessionid, username, framedipaddress, acctstarttime, acctstoptime, acctsessiontime, nasportid, callingstationid, acctinputoctets, acctoutputoctets, calledstationid)
	SELECT seq, elt(seq, 'alice', 'bob', 'carol', 'Alice', 'alice '), concat('198.51.100.', seq), '2026-03-10 12:00:00', '2026-03-10 18:00:00', 21600, 'port', 'station', seq, seq, 'called'
	FROM seq_1_to_5;
CREATE TABLE invoices (id int, username varchar(64))`

// A database is locked down, with a login for each role.
type database struct {
	*mytest.Server
	name             string
	owner            string // connection strings
	export, approver string
}

// lock locks down a server of the test's own: accounts are the server's.
func lock(t *testing.T) database {
	t.Helper()
	s := mytest.Start(t)
	db := database{s, "radius", s.Create(t, "radius"), s.DSN("writ_export", "writ_radius"), s.DSN("reviewer", "radius")}
	mytest.Exec(t, db.owner, schema)
	sql, err := mysql.Kind{}.Script(locktest.Store, radius(t), locktest.Roles)
	if err != nil {
		t.Fatal(err)
	}
	db.run(t, sql)
	db.run(t, sql) // again: it changes nothing
	db.run(t, "ALTER USER writ_export ACCOUNT UNLOCK; CREATE USER reviewer; GRANT writ_approver TO reviewer; SET DEFAULT ROLE writ_approver FOR reviewer; CREATE USER radiusd; GRANT ALL ON radius.* TO radiusd")
	return db
}

// run runs statements as root, with the server's own client.
func (db database) run(t *testing.T, statements string) string {
	t.Helper()
	return db.as(t, "root", db.name, statements)
}

// as runs statements as an account, with the server's own client.
func (db database) as(t *testing.T, account, database, statements string) string {
	t.Helper()
	out, err := db.Client(t, account, database, statements)
	if err != nil {
		t.Fatalf("%s: %v\n%s", account, err, out)
	}
	return out
}

// sees returns what the export account reads in one column.
func (db database) sees(t *testing.T, query string) []string {
	t.Helper()
	out := strings.TrimSuffix(db.as(t, "writ_export", "writ_radius", "SET sql_select_limit = DEFAULT; SET SESSION sql_select_limit = 1000; "+query), "\n")
	if out == "" {
		return nil
	}
	return strings.Split(out, "\n")
}

// denied runs each statement, which the server must refuse for want of a right.
func (db database) denied(t *testing.T, account, database string, statements ...string) {
	t.Helper()
	for _, sql := range statements {
		out, err := db.Client(t, account, database, sql)
		// ER_DBACCESS_DENIED, ACCESS_DENIED, TABLEACCESS, COLUMNACCESS, SPECIFIC_ACCESS, PROCACCESS, INVALID_ROLE.
		refused := slices.ContainsFunc([]string{"1044", "1045", "1142", "1143", "1227", "1370", "1959"}, func(code string) bool { return strings.Contains(out, "ERROR "+code) })
		if err == nil || !refused {
			t.Errorf("%s: %v %s; want a right to be missing", sql, err, out)
		}
	}
}

var (
	first  = digest.Of([]byte("first order"))
	second = digest.Of([]byte("second order"))
)

func (db database) approve(t *testing.T, order digest.Digest, kind string, keys ...string) {
	t.Helper()
	now := time.Now()
	a := lockdown.Approval{Order: order, ExpiresAt: now.Add(time.Hour), Accounts: map[string][]string{kind: keys}}
	if err := lockdown.Approve(t.Context(), mysql.Kind{}, lockdown.Login{Store: locktest.Store, DSN: db.approver}, a, now); err != nil {
		t.Fatal(err)
	}
}

// TestLockdown runs all that needs a server on one, from strict to spoilt.
func TestLockdown(t *testing.T) {
	db := lock(t)
	again := func(f func(*testing.T, database)) func(*testing.T) {
		return func(t *testing.T) {
			db.run(t, "DELETE FROM writ_radius.approved")
			f(t, db)
		}
	}
	t.Run("ExportAccount", again(exportAccount))
	t.Run("Approvals", again(approvals))
	t.Run("Conditions", again(conditions))
	t.Run("Approver", again(approver))
	t.Run("Open", again(opened))
	t.Run("Export", again(func(t *testing.T, db database) {
		locktest.Database{
			Kind: mysql.Kind{}, Catalog: radiusCatalog(t), File: "mysql_file", Export: db.export, Approver: db.approver,
			Open: func(ctx context.Context, dsn string) (source.Store, error) { return store.Open(ctx, dsn) },
		}.ExportThrough(t)
	}))
	t.Run("CommandLine", func(t *testing.T) { commandLine(t, db) })
	t.Run("Index", again(index))
	t.Run("OthersAsBefore", again(others))
	t.Run("OddNamesAndTypes", func(t *testing.T) { oddNamesAndTypes(t, db.Server) })
	t.Run("TwoOwners", func(t *testing.T) { twoOwners(t, db.Server) })
	t.Run("Excess", again(excess))
}

// Whoever has the export account's connection gets no table, no other column,
// no write and no right to make anything, and can't reach the approvals.
func exportAccount(t *testing.T, db database) {
	if got := db.sees(t, "SELECT * FROM radacct; SELECT * FROM radcheck"); got != nil {
		t.Errorf("before anything is approved the export account sees %v", got)
	}
	db.approve(t, first, "subscriber", "alice")
	if got := db.sees(t, "SELECT * FROM radcheck"); !slices.Equal(got, []string{"1\talice"}) {
		t.Errorf("SELECT * shows %v", got)
	}
	for _, column := range []string{"value", "attribute"} {
		if out, err := db.Client(t, "writ_export", "writ_radius", "SELECT "+column+" FROM radcheck"); err == nil || !strings.Contains(out, "ERROR 1054") {
			t.Errorf("column %s: %v %s; want none", column, err, out)
		}
	}
	db.denied(t, "writ_export", "writ_radius",
		"SELECT * FROM radius.radacct", "SELECT username FROM radius.radcheck", "SELECT id FROM radius.invoices", "USE radius", "SELECT * FROM approved",
		"SELECT user FROM mysql.user", "INSERT INTO radcheck (username) VALUES ('x')", "UPDATE radacct SET username = 'x'", "DELETE FROM radacct",
		"INSERT INTO approved (account_kind, account_key, order_digest, expires_at) VALUES ('subscriber', 'bob', '"+first.String()+"', '2027-01-01')",
		"UPDATE approved SET account_key = 'bob'", "DELETE FROM approved", "TRUNCATE approved", "DROP VIEW radacct", "CREATE TABLE mine (x int)",
		"CREATE VIEW mine AS SELECT * FROM radacct", "SHOW CREATE VIEW radacct", "ALTER SQL SECURITY INVOKER VIEW radacct AS SELECT 1",
		"CREATE DATABASE mine", "CREATE FUNCTION f() RETURNS int RETURN 1", "SET ROLE writ_approver", "GRANT SELECT ON radacct TO radiusd",
		"SELECT * FROM radacct INTO OUTFILE '/tmp/writ-stolen'", "SET GLOBAL time_zone = '+00:00'", "EXPLAIN radius.radacct",
	)
	if got := db.sees(t, "SELECT LOAD_FILE('/etc/passwd')"); !slices.Equal(got, []string{"NULL"}) {
		t.Errorf("it reads files: %v", got)
	}
	if out, err := db.Client(t, "writ_radius", "writ_radius", "SELECT 1"); err == nil {
		t.Errorf("the views' own account logs in: %s", out)
	}
}

// Rows of accounts exist for the export account while an approval lasts,
// whatever it says about the time.
func approvals(t *testing.T, db database) {
	const accounts = "SELECT CONCAT('<', username, '>') FROM radacct UNION ALL SELECT CONCAT('<', username, '>') FROM radcheck ORDER BY 1"
	want := func(when string, names ...string) {
		t.Helper()
		for _, settings := range []string{"", "SET timestamp = 1;", "SET timestamp = 1, time_zone = '+13:00';", "SET time_zone = '-12:59';"} {
			if got := db.sees(t, settings+accounts); !slices.Equal(got, names) {
				t.Errorf("%s, %s: the export account sees %v, want %v", when, settings, got, names)
			}
		}
	}
	want("before anything is approved")
	db.approve(t, first, "subscriber", "alice", "nobody")
	want("with an approval", "<alice>", "<alice>")
	db.approve(t, second, "subscriber", "bob", "alice")
	want("with two", "<alice>", "<alice>", "<bob>", "<bob>")
	db.run(t, fmt.Sprintf("UPDATE writ_radius.approved SET approved_at = SYSDATE() - INTERVAL 2 HOUR, expires_at = SYSDATE() - INTERVAL 1 SECOND WHERE order_digest = '%s'", second))
	want("when the second has ended", "<alice>", "<alice>")
	db.run(t, "DELETE FROM writ_radius.approved")
	want("when the other was taken back")

	// Keys are compared letter by letter, and kinds of account are not mixed up.
	db.approve(t, first, "subscriber", "ALICE", "ali%", "bob ", "0")
	db.approve(t, first, "mailbox", "alice")
	want("with other accounts approved")
	db.approve(t, first, "subscriber", "alice ")
	want("with a space", "<alice >")

	// More accounts than can be bound to one statement: all of them, or nothing.
	many := make([]string, 20_000)
	for i := range many {
		many[i] = fmt.Sprintf("user%d", i)
	}
	count := "SELECT COUNT(*) FROM writ_radius.approved WHERE account_key LIKE 'user%'"
	db.approve(t, first, "subscriber", many...)
	if got := strings.TrimSpace(db.run(t, count)); got != "20000" {
		t.Errorf("%s accounts are approved, want 20000", got)
	}
	db.run(t, "DELETE FROM writ_radius.approved")
	many[len(many)-1] = "" // which the table refuses
	now := time.Now()
	a := lockdown.Approval{Order: first, ExpiresAt: now.Add(time.Hour), Accounts: map[string][]string{"subscriber": many}}
	if err := lockdown.Approve(t.Context(), mysql.Kind{}, lockdown.Login{Store: locktest.Store, DSN: db.approver}, a, now); err == nil {
		t.Error("an empty key was approved")
	}
	if got := strings.TrimSpace(db.run(t, "SELECT COUNT(*) FROM writ_radius.approved")); got != "0" {
		t.Errorf("after an error %s rows are left", got)
	}
}

// The server evaluates nothing of a reader's on rows that are hidden: an error
// or a pause would tell of them.
func conditions(t *testing.T, db database) {
	db.approve(t, first, "subscriber", "alice")
	queries := []string{
		"SELECT username FROM radacct WHERE IF(username = 'bob', (SELECT 1 UNION SELECT 2), 1)",
		"SELECT username FROM radacct WHERE username = 'bob' AND IF(framedipaddress = '198.51.100.2', (SELECT 1 UNION SELECT 2), 1) UNION SELECT username FROM radacct",
		"SELECT username FROM radacct WHERE EXP(IF(username = 'bob', 1000, 1)) > 0",
		"SELECT username FROM radacct HAVING EXP(IF(username = 'bob', 1000, 1)) > 0",
		"SELECT username FROM radacct GROUP BY username HAVING EXP(IF(username = 'bob', 1000, 1)) > 0",
		"SELECT username FROM (SELECT username FROM radacct WHERE EXP(IF(username = 'bob', 1000, 1)) > 0) AS x",
		"SELECT radacct.username FROM radacct JOIN radcheck ON radcheck.username = radacct.username AND EXP(IF(radcheck.username = 'bob', 1000, 1)) > 0",
		"SELECT username FROM radacct ORDER BY EXP(IF(username = 'bob', 1000, 1))",
	}
	for _, switches := range []string{"", "SET optimizer_switch = 'derived_merge=on,condition_pushdown_for_derived=on,condition_pushdown_for_subquery=on,split_materialized=on';"} {
		for _, query := range append(queries, "SELECT username FROM radacct WHERE SLEEP(IF(username = 'bob', 3600, 0)) = 0") {
			if got := db.sees(t, switches+query); !slices.Equal(got, []string{"alice"}) {
				t.Errorf("%s%s: %v, want alice", switches, query, got)
			}
		}
	}
	// The same view without its barrier tells: these queries are the right ones.
	db.run(t, "CREATE VIEW writ_radius.merged AS SELECT t.* FROM radacct t WHERE EXISTS (SELECT 1 FROM writ_radius.approved a WHERE a.account_key = CAST(CONVERT(t.username USING utf8mb4) AS BINARY)); GRANT SELECT ON writ_radius.merged TO writ_export")
	if !slices.ContainsFunc(queries, func(query string) bool {
		out, err := db.Client(t, "writ_export", "writ_radius", strings.ReplaceAll(query, "radacct", "merged"))
		return err != nil && (strings.Contains(out, "ERROR 1690") || strings.Contains(out, "ERROR 1242"))
	}) {
		t.Error("no query tells of what a view without the barrier hides")
	}
	db.run(t, "REVOKE SELECT ON writ_radius.merged FROM writ_export; DROP VIEW writ_radius.merged")
}

// A reviewer adds approvals in their own name and reads what finds accounts.
func approver(t *testing.T, db database) {
	if got := db.as(t, "reviewer", "radius", "SELECT username FROM radacct WHERE framedipaddress = '198.51.100.2'"); got != "bob\n" {
		t.Errorf("the approver finds %q", got)
	}
	db.denied(t, "reviewer", "radius",
		"SELECT * FROM radacct", "SELECT callingstationid FROM radacct", "SELECT acctinputoctets FROM radacct", "SELECT value FROM radcheck",
		"SELECT id FROM invoices", "SELECT * FROM writ_radius.approved", "SELECT account_key FROM writ_radius.approved", "DELETE FROM writ_radius.approved",
		"UPDATE writ_radius.approved SET expires_at = '2027-01-01'", "REPLACE INTO writ_radius.approved (order_digest) VALUES ('x')",
		"INSERT INTO writ_radius.approved (account_kind, account_key, order_digest, expires_at, approved_by) VALUES ('subscriber', 'bob', '"+first.String()+"', '2027-01-01', 'somebody else')",
		"INSERT INTO radcheck (username) VALUES ('x')", "DELETE FROM radacct", "SELECT * FROM writ_radius.radacct", "DROP TABLE writ_radius.approved",
	)
	db.as(t, "reviewer", "radius", "SET timestamp = 1; INSERT INTO writ_radius.approved (account_kind, account_key, order_digest, expires_at) VALUES ('subscriber', 'bob', '"+first.String()+"', SYSDATE() + INTERVAL 1 HOUR)")
	if got := db.run(t, "SELECT CONCAT_WS(' ', account_kind, account_key, order_digest, approved_by, approved_at > SYSDATE() - INTERVAL 1 MINUTE) FROM writ_radius.approved"); got != "subscriber bob "+first.String()+" reviewer@localhost 1\n" {
		t.Errorf("recorded is %q", got)
	}

	// An order that has ended is not approved, and a form that is none of ours neither.
	login := lockdown.Login{Store: locktest.Store, DSN: db.approver}
	if err := lockdown.Approve(t.Context(), mysql.Kind{}, login, lockdown.Approval{Order: first, ExpiresAt: time.Now()}, time.Now()); !errors.Is(err, lockdown.ErrNotApproved) {
		t.Errorf("an order that has ended: %v", err)
	}
	for _, values := range []string{
		"'subscriber', 'bob', 'x', '2027-01-01'", "'subscriber', 'bob', '" + first.String() + "', '2020-01-01'", "'subscriber', '', '" + first.String() + "', '2027-01-01'",
		"'subscriber', NULL, '" + first.String() + "', '2027-01-01'", "NULL, 'bob', '" + first.String() + "', '2027-01-01'",
	} {
		out, err := db.Client(t, "reviewer", "radius", "INSERT INTO writ_radius.approved (account_kind, account_key, order_digest, expires_at) VALUES ("+values+")")
		if err == nil || !strings.Contains(out, "ERROR 4025") {
			t.Errorf("%s: %v %s; want a constraint to fail", values, err, out)
		}
	}
	// The server's message would hold the key; ours does not.
	for dsn, want := range map[string]string{db.export: "lacks a right", db.owner + "x": "Unknown database", db.DSN("nobody", ""): "denied"} {
		err := mysql.Kind{}.Approve(t.Context(), lockdown.Login{Store: locktest.Store, DSN: dsn}, lockdown.Approval{Order: first, ExpiresAt: time.Now().Add(time.Hour),
			Accounts: map[string][]string{"subscriber": {"marker"}}})
		if !errors.Is(err, source.ErrUnavailable) || strings.Contains(err.Error(), "marker") || !strings.Contains(err.Error(), want) {
			t.Errorf("approving as the wrong one: %v, want %q", err, want)
		}
	}
	err := mysql.Kind{}.Approve(t.Context(), lockdown.Login{Store: "another", DSN: db.owner}, lockdown.Approval{Order: first, ExpiresAt: time.Now().Add(time.Hour)})
	if !errors.Is(err, source.ErrUnavailable) || !strings.Contains(err.Error(), "not locked down") {
		t.Errorf("approving on a store that is not locked down: %v", err)
	}
}

// An order that nobody approved is told apart from accounts that don't exist,
// also if its approval ends while it is read.
func opened(t *testing.T, db database) {
	open := func(dsn string, order digest.Digest, want error) source.Store {
		t.Helper()
		s, err := mysql.Kind{}.Open(t.Context(), lockdown.Login{Store: locktest.Store, DSN: dsn}, order)
		if !errors.Is(err, want) {
			t.Errorf("Open: %v, want %v", err, want)
		}
		if err == nil {
			t.Cleanup(func() { s.Close() })
		}
		return s
	}
	open(db.export, first, lockdown.ErrNotApproved)
	db.approve(t, first, "subscriber") // its targets find nobody
	s := open(db.export, first, nil)
	open(db.export, second, lockdown.ErrNotApproved)
	open(db.owner, second, nil) // sees all rows

	x, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	l := source.Lookup{Value: "alice"}
	l.Identifier.Table.Name, l.Identifier.Column, l.Identifier.Key = "radcheck", "username", "username"
	if found, err := x.Find(t.Context(), l, 1); err != nil || found != nil {
		t.Errorf("Find = %v, %v", found, err)
	}
	db.run(t, "UPDATE writ_radius.approved SET expires_at = SYSDATE() + INTERVAL 30 SECOND")
	open(db.export, first, lockdown.ErrNotApproved) // too soon to begin
	if _, err := x.Find(t.Context(), l, 1); err != nil {
		t.Errorf("Find while the approval lasts: %v", err)
	}
	db.run(t, "DELETE FROM writ_radius.approved")
	if _, err := x.Find(t.Context(), l, 1); !errors.Is(err, lockdown.ErrNotApproved) {
		t.Errorf("Find after the approval: %v", err)
	}
	r := source.Read{Dataset: "d", AccountKey: "username", Accounts: []string{"alice"}, Key: []string{"id"}, Fields: []catalog.Field{{Name: "n", Column: "id", Type: catalog.Integer}}}
	r.Table.Name = "radcheck"
	var last error
	for b, err := range x.Pull(t.Context(), r, source.NewPool(1)) {
		if last = err; err == nil {
			b.Release()
		}
	}
	if !errors.Is(last, lockdown.ErrNotApproved) {
		t.Errorf("Pull after the approval: %v", last)
	}
	db.run(t, "REVOKE SELECT ON writ_radius.approved_orders FROM writ_export")
	if _, err := (mysql.Kind{}).Open(t.Context(), lockdown.Login{Store: locktest.Store, DSN: db.export}, first); !errors.Is(err, source.ErrUnavailable) {
		t.Errorf("Open without a right to ask: %v", err)
	}
	db.run(t, "GRANT SELECT ON writ_radius.approved_orders TO writ_export")
}

// A second store on the server has roles of its own.
func commandLine(t *testing.T, db database) {
	db.Create(t, "mail")
	locktest.Server{
		Variable: "mysql_env", Run: func(t *testing.T, statements string) { t.Helper(); db.as(t, "root", "mail", statements) },
		Types: strings.NewReplacer(" STRICT", "", "TEXT PRIMARY KEY", "varchar(99) PRIMARY KEY", "tenant_id TEXT", "tenant_id varchar(99)", "birth_date TEXT", "birth_date DATE"),
		Roles: lockdown.Roles{Export: "mail_export", Approver: "mail_approver"}, Export: db.DSN("mail_export", "writ_mail"), Approver: db.DSN("mail_reviewer", "mail"),
		Login: "ALTER USER mail_export ACCOUNT UNLOCK; CREATE USER mail_reviewer; GRANT mail_approver TO mail_reviewer; SET DEFAULT ROLE mail_approver FOR mail_reviewer",
	}.CommandLine(t)
}

// The rows of approved accounts are found by the tables' own index.
func index(t *testing.T, db database) {
	db.run(t, "INSERT INTO radacct (username) SELECT CONCAT('user', seq) FROM seq_1_to_5000; ANALYZE TABLE radacct")
	db.approve(t, first, "subscriber", "user7")
	plan := db.run(t, "EXPLAIN SELECT username FROM writ_radius.radacct WHERE username = 'user7'")
	if !strings.Contains(plan, "\tt\tref\tusername") {
		t.Errorf("the view reads the table whole:\n%s", plan)
	}
	db.run(t, "DELETE FROM radacct WHERE username LIKE 'user%'")
}

// The provider's own programs don't notice.
func others(t *testing.T, db database) {
	db.as(t, "radiusd", "radius", "INSERT INTO radacct (username) VALUES ('dave'); UPDATE radacct SET nasportid = 'x' WHERE username = 'dave'; DELETE FROM radacct WHERE username = 'dave'")
	if got := db.as(t, "radiusd", "radius", "SET sql_select_limit = 9; SELECT username FROM radcheck ORDER BY 1"); got != "alice\nbob\ncarol\n" {
		t.Errorf("another account sees %q", got)
	}
	db.denied(t, "radiusd", "radius", "SELECT * FROM writ_radius.approved", "SELECT * FROM writ_radius.radacct")
}

func excess(t *testing.T, db database) {
	want := func(dsn string, sentences ...string) {
		t.Helper()
		got, err := mysql.Kind{}.Excess(t.Context(), lockdown.Login{Store: locktest.Store, DSN: dsn}, radius(t))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, sentences) {
			t.Errorf("Excess is\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(sentences, "\n"))
		}
	}
	want(db.export)
	db.run(t, "GRANT FILE, PROCESS ON *.* TO writ_export")
	want(db.export, "the account has rights on the whole server: FILE, PROCESS")
	db.run(t, "REVOKE FILE, PROCESS ON *.* FROM writ_export")
	db.run(t, `GRANT SELECT (value) ON radcheck TO PUBLIC; GRANT SELECT ON invoices TO writ_export; GRANT UPDATE (op) ON radcheck TO writ_export; GRANT DELETE ON radacct TO writ_export;
		GRANT CREATE ON writ_radius.* TO writ_export; GRANT SELECT ON writ_radius.radacct TO writ_export WITH GRANT OPTION; GRANT writ_approver TO writ_export; GRANT PROXY ON radiusd TO writ_export;
		CREATE FUNCTION everything() RETURNS text RETURN (SELECT GROUP_CONCAT(value) FROM radcheck); GRANT EXECUTE ON FUNCTION everything TO writ_export`)
	want(db.export,
		"it can act as another account",
		"it can become the role `writ_approver`",
		"it can give others its rights on `writ_radius`.`radacct`",
		"it has the right CREATE on everything in the database `writ_radius`",
		"it has the right DELETE on `radius`.`radacct`",
		"it reads columns of `radius`.`invoices` that the catalog does not name, or that no rule could grant: `id`, `username`",
		"it reads columns of `radius`.`radcheck` that the catalog does not name, or that no rule could grant: `value`",
		"it runs the routine `radius`.`everything`, with whatever rights that has",
		"it writes to `radius`.`radcheck`")
	db.run(t, "REVOKE SELECT (value) ON radcheck FROM PUBLIC; REVOKE writ_approver FROM writ_export; REVOKE PROXY ON radiusd FROM writ_export; DROP FUNCTION everything")
	sql, err := mysql.Kind{}.Script(locktest.Store, radius(t), locktest.Roles)
	if err != nil {
		t.Fatal(err)
	}
	db.run(t, sql) // takes back what the account was given
	want(db.export)
	db.run(t, "DROP VIEW writ_radius.radcheck; CREATE TABLE writ_radius.radcheck AS SELECT id, username FROM radcheck")
	want(db.export, "it sees every row of `writ_radius`.`radcheck`: that is a table, and no view of the lockdown's")
	db.run(t, "CREATE USER plain; GRANT SELECT ON radius.* TO plain")
	want(db.DSN("plain", "radius"),
		"it has the right SELECT on everything in the database `radius`",
		"it reads columns of `radius`.`invoices` that the catalog does not name, or that no rule could grant: `id`, `username`",
		"it reads columns of `radius`.`radacct` that the catalog does not name, or that no rule could grant: `acctsessionid`, `calledstationid`",
		"it reads columns of `radius`.`radcheck` that the catalog does not name, or that no rule could grant: `attribute`, `op`, `value`")
}
