//go:build servers

package mytest

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"

	"writ/export/internal/daemon"
)

// A Server is a running server. Its account "root" needs no password.
type Server struct {
	Socket string
}

// Start starts a server that runs until t ends. Its settings are those that
// make an unsuspecting reader wrong: a session's time zone is not UTC, zero
// dates pass, rows are cut off after some, and text is compared by its letters
// alone.
func Start(t testing.TB) *Server {
	t.Helper()
	for _, program := range []string{"mariadbd", "mariadb-install-db", "mariadb"} {
		if find(program) == "" {
			t.Fatalf("no %s here; as root: apt-get install mariadb-server mariadb-client", program)
		}
	}
	dir, err := os.MkdirTemp("", "writ-my") // short: a socket's path is limited to 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	who, name := credential(t)
	if who != nil {
		if err := os.Chown(dir, int(who.Uid), int(who.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	s := &Server{Socket: filepath.Join(dir, "socket")}
	common := []string{"--no-defaults", "--user=" + name, "--datadir=" + filepath.Join(dir, "data"), "--innodb-log-file-size=8M"}
	if out, err := command(dir, nil, "mariadb-install-db", append(common, "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve")...).CombinedOutput(); err != nil {
		t.Fatalf("mariadb-install-db: %v\n%s", err, out)
	}
	server := command(dir, who, "mariadbd", append(common, "--socket="+s.Socket, "--skip-networking", "--skip-log-bin", "--pid-file="+filepath.Join(dir, "pid"),
		"--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-doublewrite=0", "--sync-frm=0", "--innodb-buffer-pool-size=32M", "--character-set-server=utf8mb4", "--collation-server=utf8mb4_general_ci",
		"--default-time-zone=-05:00", "--sql-mode=")...)
	daemon.Run(t, server, "ready for connections", syscall.SIGTERM)
	Exec(t, s.DSN("root", ""), "SET GLOBAL sql_select_limit = 3")
	return s
}

// Create makes an empty database and returns root's connection string to it.
func (s *Server) Create(t testing.TB, database string) string {
	t.Helper()
	Exec(t, s.DSN("root", ""), "CREATE DATABASE `"+database+"`")
	return s.DSN("root", database)
}

// DSN returns the connection string of an account without a password.
func (s *Server) DSN(account, database string) string {
	return account + "@unix(" + s.Socket + ")/" + database
}

// Client runs statements with the mariadb command-line client as an account,
// and returns what it wrote: rows without their heads, and errors.
func (s *Server) Client(t testing.TB, account, database, statements string) (string, error) {
	t.Helper()
	cmd := command("", nil, "mariadb", "--no-defaults", "--socket="+s.Socket, "--user="+account, "--batch", "--skip-column-names", "--default-character-set=utf8mb4", "--database="+database)
	cmd.Stdin = strings.NewReader(statements)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// Exec runs statements, separated by semicolons, on a connection of their own.
// Backslashes in texts mean themselves, double quotes quote names.
func Exec(t testing.TB, dsn, statements string) {
	t.Helper()
	config, err := mysql.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.MultiStatements = true
	config.Params = map[string]string{"sql_mode": "'NO_BACKSLASH_ESCAPES,ANSI_QUOTES'", "time_zone": "'+00:00'", "sql_select_limit": "18446744073709551615"}
	connector, err := mysql.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if _, err := db.ExecContext(context.Background(), statements); err != nil { // also for cleanups
		t.Fatalf("%.500s: %v", statements, err)
	}
}

func command(dir string, who *syscall.Credential, program string, args ...string) *exec.Cmd {
	cmd := exec.Command(find(program), args...)
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	return cmd
}

// find returns a program's path: a server is not on everybody's.
func find(program string) string {
	if p, err := exec.LookPath(program); err == nil {
		return p
	}
	p, _ := exec.LookPath(filepath.Join("/usr/sbin", program))
	return p
}

// credential returns whom the server runs as: for root the user "mysql", for
// others themselves.
func credential(t testing.TB) (*syscall.Credential, string) {
	t.Helper()
	u, err := user.Current()
	if os.Geteuid() == 0 {
		u, err = user.Lookup("mysql")
	}
	if err != nil {
		t.Fatalf("%v; as root: apt-get install mariadb-server", err)
	}
	var uid, gid uint32
	if _, err := fmt.Sscan(u.Uid+" "+u.Gid, &uid, &gid); err != nil {
		t.Fatalf("user %s has ids %q and %q", u.Username, u.Uid, u.Gid)
	}
	if os.Geteuid() != 0 {
		return nil, u.Username
	}
	return &syscall.Credential{Uid: uid, Gid: gid}, u.Username
}
