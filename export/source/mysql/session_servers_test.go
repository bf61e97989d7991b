//go:build servers

package mysql

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"writ/export/internal/mysqlconn"
	"writ/export/internal/mytest"
	"writ/export/source"
)

// Whatever the server's settings and the connection string's are, a snapshot's
// session reads only, in UTC, whole results, not for ever, one statement at a
// time, and sends no file.
func TestSession(t *testing.T) {
	dsn := mytest.Start(t).Create(t, "session")
	mytest.Exec(t, dsn, "CREATE TABLE t (x text); INSERT INTO t VALUES ('a'), ('b'), ('c'), ('d')")
	s, err := Open(t.Context(), dsn+"?autocommit=0&parseTime=true&columnsWithAlias=true&charset=latin1&time_zone=%27-05:00%27&max_sort_length=64")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	begun, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer begun.Close()
	conn := begun.(*snapshot).conn
	for query, want := range map[string]string{
		"SELECT @@time_zone":                                               "+00:00",
		"SELECT @@max_statement_time * 1":                                  "86400",
		"SELECT LEAST(@@net_write_timeout, @@wait_timeout)":                "86400",
		"SELECT @@tx_isolation":                                            "REPEATABLE-READ",
		"SELECT @@tx_read_only":                                            "1",
		"SELECT COUNT(*) FROM (SELECT * FROM t) AS x":                      "4",
		"SELECT @@sql_mode LIKE '%STRICT_ALL_TABLES%'":                     "1",
		"SELECT @@character_set_client = @@character_set_results":          "1",
		"SELECT @@character_set_connection":                                "utf8mb4",
		"SELECT @@autocommit":                                              "1",
		"SELECT @@max_sort_length":                                         "4096",
		"SELECT CAST('2026-03-01' AS DATETIME)":                            "2026-03-01 00:00:00",
		"SELECT @@lock_wait_timeout":                                       "5",
		"SELECT NOW() BETWEEN SYSDATE() - INTERVAL 1 MINUTE AND SYSDATE()": "1",
	} {
		if got, err := conn.Texts(t.Context(), query); err != nil || got[0][0] != want {
			t.Errorf("%s: %v, %v; want %s", query, got, err, want)
		}
	}
	if rows, err := conn.Texts(t.Context(), "SELECT x FROM t"); err != nil || len(rows) != 4 {
		t.Errorf("rows are cut off: %v, %v", rows, err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("needle-4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]mysqlconn.Code{
		"INSERT INTO t VALUES ('x')": 1792, // ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION
		"DROP TABLE t":               1792,
		"SELECT 1; SELECT 2":         1064, // ER_PARSE_ERROR
	} {
		if err := conn.Exec(t.Context(), sql); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %d", sql, err, want)
		}
	}
	err = conn.Exec(t.Context(), "LOAD DATA LOCAL INFILE '"+secret+"' INTO TABLE t")
	if !errors.Is(err, source.ErrUnavailable) || strings.Contains(err.Error(), "needle") {
		t.Errorf("LOAD DATA LOCAL: %v, want ErrUnavailable", err)
	}

	// Nobody waits for a migration, and nothing was written above.
	blocker, err := mysqlconn.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer blocker.Close()
	if rows, err := blocker.Texts(t.Context(), "SELECT x FROM t"); err != nil || len(rows) != 4 {
		t.Errorf("the table has %v, %v", rows, err)
	}
	if err := blocker.Exec(t.Context(), "LOCK TABLES t WRITE"); err != nil {
		t.Fatal(err)
	}
	x, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	if _, err := x.(*snapshot).conn.Texts(t.Context(), "SELECT x FROM t"); !errors.Is(err, source.ErrUnavailable) || !strings.Contains(err.Error(), "is locked") {
		t.Errorf("a table that is locked: %v", err)
	}
}
