//go:build servers

package export_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// debianRADIUS is where Debian keeps FreeRADIUS's configuration.
const debianRADIUS = "/etc/freeradius/3.0"

const radiusSecret = "testing123"

// A radius is a FreeRADIUS server that does its accounting in PostgreSQL.
type radius struct {
	raddb   string // its configuration
	address string // of its accounting port
	db      *pgx.Conn
}

// startRADIUS starts a server on loopback, on a free port, that uses the
// database at dsn with FreeRADIUS's own schema. It ends with the test.
func startRADIUS(t *testing.T, dsn string) *radius {
	t.Helper()
	db, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close(context.Background()) })
	const sql = "mods-config/sql/main/postgresql/"
	if _, err := db.Exec(t.Context(), string(debian(t, sql+"schema.sql"))); err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	ours, err := os.ReadFile("../testdata/radius/radiusd.conf")
	if err != nil {
		t.Fatal(err)
	}
	put(t, dir, "radiusd.conf", ours)
	for _, name := range []string{"dictionary", "policy.d/accounting", sql + "queries.conf"} {
		put(t, dir, name, debian(t, name))
	}
	put(t, dir, "mods-enabled/expr", debian(t, "mods-available/expr"))
	put(t, dir, "mods-enabled/sql", configured(t, debian(t, "mods-available/sql")))

	c := db.Config()
	connection := fmt.Sprintf("host=%s port=%d user=%s password='%s' dbname=%s", c.Host, c.Port, c.User, c.Password, c.Database)
	return &radius{dir, serve(t, dir, connection), db}
}

// debian reads one of the package's files: root and the group freerad may, others by sudo.
func debian(t *testing.T, name string) []byte {
	t.Helper()
	name = filepath.Join(debianRADIUS, name)
	b, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrPermission) {
		b, err = exec.Command("sudo", "-n", "cat", name).Output()
	}
	if err != nil {
		t.Fatalf("%v: is freeradius-postgresql installed?", err)
	}
	return b
}

func put(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	name = filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// configured sets in Debian's sql module what its comments tell an operator to set.
func configured(t *testing.T, module []byte) []byte {
	t.Helper()
	for key, value := range map[string]string{
		"dialect":   `"postgresql"`,
		"driver":    `"rlm_sql_postgresql"`,
		"radius_db": `"$$ENV{RADIUS_DB}"`,
	} {
		line := regexp.MustCompile(`(?m)^(\s*` + key + ` = ).*$`)
		if len(line.FindAll(module, -1)) != 1 {
			t.Fatalf("the sql module does not set %s once: has Debian changed it?", key)
		}
		module = line.ReplaceAll(module, []byte("${1}"+value))
	}
	return module
}

// serve runs the server and returns the address of its accounting port, once
// it says that it is ready.
func serve(t *testing.T, raddb, connection string) string {
	t.Helper()
	free, err := net.ListenPacket("udp4", "127.0.0.1:0") // the server can't choose a port by itself
	if err != nil {
		t.Fatal(err)
	}
	address := free.LocalAddr().String()
	free.Close()
	_, port, _ := net.SplitHostPort(address)

	c := exec.CommandContext(t.Context(), "/usr/sbin/freeradius", "-f", "-l", "stdout", "-d", raddb, "-n", "radiusd")
	c.Env = append(os.Environ(), "RADDB="+raddb, "RADIUS_PORT="+port, "RADIUS_DB="+connection)
	c.Cancel = func() error { return c.Process.Signal(os.Interrupt) }
	c.WaitDelay = time.Minute
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan bool, 1)
	done := make(chan []string)
	go func() { // reads until the server ends: a full pipe would stop it
		var log []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			log = append(log, lines.Text())
			if strings.Contains(lines.Text(), "Ready to process requests") {
				ready <- true
			}
		}
		close(ready)
		done <- log
	}()
	t.Cleanup(func() { // the test's context is cancelled by now
		log := <-done
		c.Wait()
		if t.Failed() {
			t.Logf("freeradius:\n%s", strings.Join(log, "\n"))
		}
	})
	if !<-ready {
		t.Fatal("freeradius did not start")
	}
	return address
}

// account sends the packets of all sessions in the order of their times, each
// after the answer to the one before.
func (r *radius) account(t *testing.T, sessions []session) {
	t.Helper()
	var all []packet
	for i, s := range sessions {
		all = append(all, s.packets(fmt.Sprintf("%08X", i))...)
	}
	slices.SortStableFunc(all, func(a, b packet) int { return a.at.Compare(b.at) })
	var text []string
	for _, p := range all {
		text = append(text, p.text)
	}
	c := exec.CommandContext(t.Context(), "radclient", "-d", r.raddb, "-p", "1", "-t", "10", "-s", "-f", "-", r.address, "acct", radiusSecret)
	c.Stdin = strings.NewReader(strings.Join(text, "\n"))
	out, err := c.CombinedOutput()
	if answers := strings.Count(string(out), "Received Accounting-Response"); err != nil || answers != len(all) {
		t.Fatalf("radclient: %v, %d answers to %d packets\n%s", err, answers, len(all), out)
	}
}
