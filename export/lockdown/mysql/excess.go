package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"writ/export/internal/mysqlconn"
	"writ/export/lockdown"
)

// Excess implements [lockdown.Kind]. Of an account that has rights on the whole
// server, it says only that.
func (Kind) Excess(ctx context.Context, export lockdown.Login, tables []lockdown.Table) ([]string, error) {
	conn, err := mysqlconn.Connect(ctx, export.DSN)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	x := examiner{conn: conn, own: database(export.Store), known: map[[3]string]bool{}}
	for _, t := range tables {
		schema := t.Name.Schema
		if schema == "" {
			schema = conn.Database
		}
		for _, c := range t.Export {
			x.known[[3]string{schema, t.Name.Name, c}] = true
		}
	}
	x.known[[3]string{x.own, orders, "order_digest"}] = true
	x.known[[3]string{x.own, orders, "approved_until"}] = true

	user, err := conn.Texts(ctx, "SELECT CURRENT_USER()")
	if err != nil {
		return nil, err
	}
	at := strings.LastIndexByte(user[0][0], '@')
	x.me = "'" + user[0][0][:at] + "'@'" + user[0][0][at+1:] + "'"

	said, err := x.whole(ctx)
	if err != nil || len(said) > 0 {
		return said, err
	}
	for _, ask := range []func(context.Context) ([]string, error){x.others, x.rights, x.columns, x.rows} {
		more, err := ask(ctx)
		if err != nil {
			return nil, err
		}
		said = append(said, more...)
	}
	slices.Sort(said)
	return said, nil
}

// An examiner asks for an account's rights, as the account.
type examiner struct {
	conn  *mysqlconn.Conn
	me    string             // the account, as information_schema writes it
	own   string             // the lockdown's database
	known map[[3]string]bool // schema, table, column
}

// list returns what say makes of each row of a query, sorted and once each. A
// row of which it makes nothing is left out.
func (x *examiner) list(ctx context.Context, say func(row []string) string, sql string, args ...any) ([]string, error) {
	rows, err := x.conn.Texts(ctx, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("asking for the account's rights: %w", err)
	}
	var out []string
	for _, r := range rows {
		if s := say(r); s != "" {
			out = append(out, s)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// whole says what rights it has on the whole server.
func (x *examiner) whole(ctx context.Context) ([]string, error) {
	rights, err := x.list(ctx, func(r []string) string { return r[0] },
		"SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = ? AND PRIVILEGE_TYPE <> 'USAGE'", x.me)
	if err != nil || len(rights) == 0 {
		return nil, err
	}
	return []string{"the account has rights on the whole server: " + strings.Join(rights, ", ")}, nil
}

// others says whom it can act as, and what it can run.
func (x *examiner) others(ctx context.Context) ([]string, error) {
	roles, err := x.list(ctx, func(r []string) string { return "it can become the role " + mysqlconn.Quote(r[0]) },
		"SELECT ROLE_NAME FROM information_schema.APPLICABLE_ROLES WHERE ROLE_NAME <> 'PUBLIC'")
	if err != nil {
		return nil, err
	}
	routines, err := x.list(ctx, func(r []string) string {
		return "it runs the routine " + mysqlconn.Quote(r[0]) + "." + mysqlconn.Quote(r[1]) + ", with whatever rights that has"
	}, "SELECT ROUTINE_SCHEMA, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA NOT IN ('sys', 'mysql')")
	if err != nil {
		return nil, err
	}
	proxies, err := x.list(ctx, func(r []string) string {
		if strings.HasPrefix(r[0], "GRANT PROXY ") {
			return "it can act as another account"
		}
		return ""
	}, "SHOW GRANTS")
	return slices.Concat(roles, routines, proxies), err
}

// rights says what grants on databases and tables give beyond reading columns.
func (x *examiner) rights(ctx context.Context) ([]string, error) {
	databases, err := x.list(ctx, func(r []string) string {
		return "it has the right " + r[1] + " on everything in the database " + mysqlconn.Quote(r[0])
	}, "SELECT TABLE_SCHEMA, PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE GRANTEE = ?", x.me)
	if err != nil {
		return nil, err
	}
	tables, err := x.list(ctx, func(r []string) string {
		if r[3] == "YES" {
			return "it can give others its rights on " + mysqlconn.Quote(r[0]) + "." + mysqlconn.Quote(r[1])
		}
		if r[2] == "SELECT" || r[2] == "INSERT" || r[2] == "UPDATE" { // told by column
			return ""
		}
		return "it has the right " + r[2] + " on " + mysqlconn.Quote(r[0]) + "." + mysqlconn.Quote(r[1])
	}, "SELECT TABLE_SCHEMA, TABLE_NAME, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.TABLE_PRIVILEGES WHERE GRANTEE = ?", x.me)
	return slices.Concat(databases, tables), err
}

// columns says which columns it reads that are not known, and which it writes:
// by whatever way it has the right.
func (x *examiner) columns(ctx context.Context) ([]string, error) {
	rows, err := x.conn.Texts(ctx, `SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, PRIVILEGES FROM information_schema.COLUMNS
		WHERE TABLE_SCHEMA NOT IN ('information_schema', 'performance_schema', 'sys') ORDER BY 1, 2, 3`)
	if err != nil {
		return nil, fmt.Errorf("asking for the account's columns: %w", err)
	}
	reads, writes := map[string][]string{}, map[string]bool{}
	for _, r := range rows {
		table := mysqlconn.Quote(r[0]) + "." + mysqlconn.Quote(r[1])
		for right := range strings.SplitSeq(r[3], ",") {
			switch right {
			case "select":
				if !x.known[[3]string{r[0], r[1], r[2]}] {
					reads[table] = append(reads[table], mysqlconn.Quote(r[2]))
				}
			case "insert", "update":
				writes[table] = true
			}
		}
	}
	var said []string
	for table, columns := range reads {
		said = append(said, "it reads columns of "+table+" that the catalog does not name, or that no rule could grant: "+strings.Join(columns, ", "))
	}
	for table := range writes {
		said = append(said, "it writes to "+table)
	}
	return said, nil
}

// rows says where it sees rows that nobody approved, if there is a lockdown.
func (x *examiner) rows(ctx context.Context) ([]string, error) {
	if x.conn.Database != x.own {
		return nil, nil
	}
	said, err := x.list(ctx, func(r []string) string {
		if r[0] == approvals {
			return "" // told by column
		}
		return "it sees every row of " + mysqlconn.Quote(x.own) + "." + mysqlconn.Quote(r[0]) + ": that is a table, and no view of the lockdown's"
	}, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE <> 'VIEW'", x.own)
	if err != nil {
		return nil, err
	}
	// A server with --sysdate-is-now lets the session say what time it is.
	if err := x.conn.Exec(ctx, "SET SESSION timestamp = 86400"); err != nil {
		return nil, err
	}
	clock, err := x.list(ctx, func(r []string) string { return r[0] }, "SELECT YEAR(SYSDATE())")
	if err == nil && slices.Equal(clock, []string{"1970"}) {
		said = append(said, "it says itself when approvals end: the server runs with sysdate_is_now")
	}
	return said, err
}
