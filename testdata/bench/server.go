package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
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
func startServer(ctx context.Context, work string) (*server, error) {
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil || len(bins) == 0 {
		return nil, errors.New("no PostgreSQL below /usr/lib/postgresql: apt-get install postgresql")
	}
	slices.Sort(bins)
	s := &server{bin: bins[len(bins)-1], data: filepath.Join(work, "pg", "data")}
	if err := os.Mkdir(filepath.Join(work, "pg"), 0o755); err != nil {
		return nil, err
	}
	if os.Getuid() == 0 {
		if out, err := exec.Command("chown", "postgres", filepath.Join(work, "pg")).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("chown: %w\n%s", err, out)
		}
	}
	socket := filepath.Dir(s.data)
	s.dsn = fmt.Sprintf("postgresql:///bench?host=%s&user=postgres", socket)
	if err := s.command(ctx, "initdb", "-D", s.data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"); err != nil {
		return nil, err
	}
	options := "-c listen_addresses='' -c unix_socket_directories='" + socket + "' -c fsync=off -c shared_buffers=1GB -c max_wal_size=8GB -c autovacuum=off"
	if err := s.command(ctx, "pg_ctl", "-D", s.data, "-w", "-l", s.data+".log", "-o", options, "start"); err != nil {
		return nil, err
	}
	pid, err := os.ReadFile(filepath.Join(s.data, "postmaster.pid"))
	if err == nil {
		s.pid, err = strconv.Atoi(strings.SplitN(string(pid), "\n", 2)[0])
	}
	if err == nil {
		err = s.command(ctx, "createdb", "-h", socket, "-U", "postgres", "bench")
	}
	var out []byte
	if err == nil {
		out, err = exec.CommandContext(ctx, filepath.Join(s.bin, "postgres"), "--version").Output()
		s.version = strings.TrimSpace(string(out))
	}
	if err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
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

func (s *server) stop() {
	if err := s.command(context.Background(), "pg_ctl", "-D", s.data, "-w", "-m", "immediate", "stop"); err != nil {
		say("%v", err)
	}
}

// load generates the table.
func (s *server) load(ctx context.Context, rows int) error {
	return s.psql(ctx, "-v", "ON_ERROR_STOP=1", "-v", fmt.Sprintf("rows=%d", rows), "-f", "testdata/bench/schema.sql")
}

// warm reads the table once, so that no run measures the disk.
func (s *server) warm(ctx context.Context) error {
	return s.psql(ctx, "-c", "select sum(length(agent)) from signins")
}

func (s *server) psql(ctx context.Context, args ...string) error {
	if out, err := exec.CommandContext(ctx, "psql", append([]string{s.dsn, "-qX"}, args...)...).CombinedOutput(); err != nil {
		return fmt.Errorf("psql: %w\n%s", err, out)
	}
	return nil
}

// cpu returns the processor seconds of the connections that have ended: the
// postmaster is their parent.
func (s *server) cpu() (float64, error) {
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
