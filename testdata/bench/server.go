package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A server is a PostgreSQL cluster of the bench's own, on a socket in its folder.
type server struct {
	dsn     string
	version string
	data    string
	bin     string
	pid     int
}

// startServer makes and starts a cluster below work. PostgreSQL refuses to run
// as root, so there it runs as the user postgres.
func startServer(ctx context.Context, work string, memory int64) (*server, error) {
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(bins) == 0 {
		return nil, errors.New("no PostgreSQL below /usr/lib/postgresql: apt-get install postgresql")
	}
	slices.Sort(bins)
	socket := filepath.Join(work, "pg")
	s := &server{bin: bins[len(bins)-1], data: filepath.Join(socket, "data")}
	if err := os.Mkdir(socket, 0o755); err != nil {
		return nil, err
	}
	if os.Getuid() == 0 {
		if out, err := exec.Command("chown", "postgres", socket).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("chown: %w\n%s", err, out)
		}
	}
	s.dsn = fmt.Sprintf("postgresql:///bench?host=%s&user=postgres", socket)
	if err := s.command(ctx, "initdb", "-D", s.data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"); err != nil {
		return nil, err
	}
	options := "-c listen_addresses='' -c unix_socket_directories='" + socket + "' -c fsync=off -c max_wal_size=8GB -c autovacuum=off" +
		fmt.Sprintf(" -c shared_buffers=%dMB -c maintenance_work_mem=%dMB", memory/5>>20, memory/20>>20)
	if err := s.command(ctx, "pg_ctl", "-D", s.data, "-w", "-l", s.data+".log", "-o", options, "start"); err != nil {
		s.stop()
		return nil, err
	}
	if err := s.begin(ctx, socket); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// begin makes the database in a cluster that has just started.
func (s *server) begin(ctx context.Context, socket string) error {
	pid, err := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	if err != nil {
		return err
	}
	if s.pid, err = strconv.Atoi(strings.SplitN(string(pid), "\n", 2)[0]); err != nil {
		return err
	}
	if err := s.command(ctx, "createdb", "-h", socket, "-U", "postgres", "bench"); err != nil {
		return err
	}
	out, err := exec.CommandContext(ctx, filepath.Join(s.bin, "postgres"), "--version").Output()
	s.version = strings.TrimSpace(string(out))
	return err
}

// command runs one of PostgreSQL's programs as the cluster's owner.
func (s *server) command(ctx context.Context, name string, args ...string) error {
	args = append([]string{filepath.Join(s.bin, name)}, args...)
	if os.Getuid() == 0 {
		args = append([]string{"runuser", "-u", "postgres", "--"}, args...)
	}
	c := exec.CommandContext(ctx, args[0], args[1:]...)
	c.Dir = "/"
	// Not a pipe: the server inherits it and would hold it open.
	log, err := os.CreateTemp("", "writ-bench-log-")
	if err != nil {
		return err
	}
	defer os.Remove(log.Name())
	defer log.Close()
	c.Stdout, c.Stderr = log, log
	if err := c.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		return fmt.Errorf("%s: %w\n%s", name, err, said)
	}
	return nil
}

// stop stops the cluster, if it runs.
func (s *server) stop() {
	if _, err := os.Stat(filepath.Join(s.data, "postmaster.pid")); err != nil {
		return
	}
	if err := s.command(context.Background(), "pg_ctl", "-D", s.data, "-w", "-m", "immediate", "stop"); err != nil {
		say("%v", err)
	}
}

// script runs SQL in psql, with variables such as "rows=10".
func (s *server) script(ctx context.Context, sql string, variables ...string) error {
	args := []string{s.dsn, "-qX", "-v", "ON_ERROR_STOP=1"}
	for _, v := range variables {
		args = append(args, "-v", v)
	}
	c := exec.CommandContext(ctx, "psql", append(args, "-f", "-")...)
	c.Stdin = strings.NewReader(sql)
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("psql: %w\n%s", err, out)
	}
	return nil
}

// cpu returns the processor seconds of the connections, once they have ended:
// the postmaster is their parent.
func (s *server) cpu() (float64, error) {
	for begin := time.Now(); s.connected(); time.Sleep(time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			return 0, errors.New("a connection to the server does not end")
		}
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid))
	if err != nil {
		return 0, err
	}
	// proc(5): the name, in parentheses, is the second field; cutime and cstime
	// are the 16th and 17th, in ticks of 1/100 s.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	user, err1 := strconv.ParseFloat(fields[13], 64)
	system, err2 := strconv.ParseFloat(fields[14], 64)
	return (user + system) / 100, errors.Join(err1, err2)
}

// connected reports whether there is a process that serves a connection, which
// bears the name of the database, or one that has ended and is not counted yet,
// which bears none.
func (s *server) connected() bool {
	for _, pid := range descendants(s.pid)[1:] {
		name, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if err == nil && (len(name) == 0 || bytes.Contains(name, []byte(" bench [local] "))) {
			return true
		}
	}
	return false
}
