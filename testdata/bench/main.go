// Command bench times whole exports beside what an administrator would type.
//
// It makes a PostgreSQL cluster of its own with a generated table, and runs
// writ export and pipelines of psql, zstd, age and sha256sum in turn. Wall time
// and processor time, on the client's and on the server's side, peak memory and
// size of the output are given as ratios of medians: writ's by the pipeline's.
//
//	go run ./testdata/bench            5 million rows, about ten minutes
//	go run ./testdata/bench --quick    a tenth of them
//	go run ./testdata/bench --write docs/benchmarks.md
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := bench(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	quick := flags.Bool("quick", false, "a tenth of the rows")
	rows := flags.Int("rows", 5_000_000, "`number` of rows in the table")
	rounds := flags.Int("rounds", 5, "`number` of runs of each command")
	write := flags.String("write", "", "`FILE` to write the report to as well")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || *rows < 1000 || *rounds < 1 {
		return fmt.Errorf("no arguments, at least 1000 rows and 1 round")
	}
	if *quick {
		*rows /= 10
	}
	work, err := os.MkdirTemp("", "writ-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	if err := os.Chmod(work, 0o755); err != nil { // the server may be another user
		return err
	}

	say("building writ and age")
	build := exec.CommandContext(ctx, "go", "build", "-o", work+"/", "./cmd/writ", "filippo.io/age/cmd/age")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building: %w\n%s", err, out)
	}
	say("starting PostgreSQL and generating %d rows", *rows)
	db, err := startServer(ctx, work)
	if err != nil {
		return err
	}
	defer db.stop()
	if err := db.load(ctx, *rows); err != nil {
		return err
	}
	commands, err := prepare(ctx, work, db)
	if err != nil {
		return err
	}
	for round := range *rounds {
		for _, c := range commands {
			if err := db.warm(ctx); err != nil {
				return err
			}
			run, err := measure(ctx, c.shell(round), filepath.Join(work, "out"), db)
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.runs = append(c.runs, run)
			say("round %d: %-12s %6.2f s, client %6.2f s, server %6.2f s, %4d MB, output %d MB", round+1, c.name,
				run.wall, run.client, run.server, run.peakBytes/1e6, run.outputBytes/1e6)
		}
	}
	text := report(*rows, *rounds, db.version, commands)
	fmt.Print("\n" + text)
	if *write != "" {
		return os.WriteFile(*write, []byte(text), 0o644)
	}
	return nil
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

// A command is one of those that are compared.
type command struct {
	name  string
	what  string             // as one would type it
	shell func(n int) string // of round n; writes into $OUT
	runs  []run
}

// prepare returns writ's export of account 1 in March, and its peers.
func prepare(ctx context.Context, work string, db *server) ([]*command, error) {
	dir, recipient, err := workspace(ctx, work, db)
	if err != nil {
		return nil, err
	}
	const query = "select at, ended, ip, port, device, agent, succeeded from signins where account = 1" +
		" and at >= '2026-03-01' and at < '2026-04-01' order by at, id"
	pipeline := func(copied string) func(int) string {
		return func(int) string {
			return fmt.Sprintf(`set -o pipefail; psql '%s' -qXc "\copy (%s" | zstd -q -3 | %s/age -r %s > "$OUT/export.zst.age" && sha256sum "$OUT/export.zst.age" > "$OUT/sum"`,
				db.dsn, copied, work, recipient)
		}
	}
	return []*command{
		{name: "writ", what: "`writ export`", shell: func(n int) string {
			return fmt.Sprintf(`%s/writ -w %s export --supplement "round %d" %s/order.json > /dev/null && mv %s/out/*/* "$OUT" && rmdir %s/out/*`,
				work, dir, n+1, dir, dir, dir)
		}},
		{name: "psql JSON", what: "`psql \\copy (select row_to_json …) \\| zstd -3 \\| age`, `sha256sum`",
			shell: pipeline("select row_to_json(r) from (" + query + ") r) to stdout")},
		{name: "psql CSV", what: "`psql \\copy (select …) csv \\| zstd -3 \\| age`, `sha256sum`",
			shell: pipeline(strings.TrimSpace(query) + ") to stdout csv header")},
	}, nil
}
