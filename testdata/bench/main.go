// Command bench times writ beside what an administrator, an agency or an
// auditor would type, and says which of its targets it meets.
//
// It makes a PostgreSQL cluster of its own with a generated table, and runs
// writ's commands and pipelines of psql, zstd, age, openssl and cosign in turn.
// Nothing of it is left when it ends, however that comes about.
//
//	go run ./testdata/bench                          everything, about 20 minutes on 2 quiet cores; writes docs/benchmarks.md
//	go run ./testdata/bench --quick                  everything on less data, within 3 minutes; prints
//	go run ./testdata/bench --only export,open       some sections; prints
//	go run ./testdata/bench --huge                   10 GB as well, for which 40 GB of disk must be free
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	err := execute(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func execute(ctx context.Context, args []string) error {
	if len(args) == 2 && args[0] == "pack" { // what the section files times
		return packFiles(ctx, args[1], os.Stdout)
	}
	return bench(ctx, args)
}

// options are what the command line says.
type options struct {
	quick, huge bool
	rows        int // of the large export
	rounds      int
	entries     int64 // of the largest ledger
	only        []string
	write       string
	cosign      string
	given       string // the flags that say what is measured
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.BoolVar(&o.quick, "quick", false, "less data and fewer rounds")
	flags.BoolVar(&o.huge, "huge", false, "10 GB as well")
	flags.IntVar(&o.rows, "rows", 0, "`number` of rows of the large export; default: 5,000,000, with --quick 100,000")
	flags.IntVar(&o.rounds, "rounds", 0, "`number` of runs of each command; default: 5, with --quick 3")
	flags.Int64Var(&o.entries, "entries", 0, "`number` of entries of the largest ledger; default: 1,000,000, with --quick 10,000")
	only := flags.String("only", "", "`sections` to run, separated by commas, of "+strings.Join(names(), ","))
	flags.StringVar(&o.write, "write", "", "`FILE` for the report; default: docs/benchmarks.md for a whole run, none with --quick or --only")
	flags.StringVar(&o.cosign, "cosign", "", "`FILE` of cosign; default: in PATH, or where make interop builds it")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	flags.Visit(func(f *flag.Flag) {
		if f.Name != "write" && f.Name != "cosign" {
			o.given += " --" + f.Name + "=" + f.Value.String()
		}
	})
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, name := range o.only {
		if !slices.Contains(names(), name) {
			return o, fmt.Errorf("--only: no section %q; there are %s", name, strings.Join(names(), ", "))
		}
	}
	if o.rows == 0 {
		o.rows = pick(o.quick, 100_000, 5_000_000)
	}
	if o.rounds == 0 {
		o.rounds = pick(o.quick, 3, 5)
	}
	if o.entries == 0 {
		o.entries = pick(o.quick, int64(10_000), 1_000_000)
	}
	if o.rows < 10_000 || o.rounds < 1 || o.entries < 100 {
		return o, fmt.Errorf("want at least 10,000 rows, 1 round and 100 entries")
	}
	if o.write == "" && !o.quick && len(o.only) == 0 {
		o.write = "docs/benchmarks.md"
	}
	return o, nil
}

func pick[T any](quick bool, less, more T) T {
	if quick {
		return less
	}
	return more
}

func bench(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	notes, err := readNotes("testdata/bench/notes.md")
	if err != nil {
		return err
	}
	h, err := newHarness(ctx, o)
	if err != nil {
		return err
	}
	defer h.close()
	r := &report{options: o, notes: notes}
	for _, s := range sections {
		if len(o.only) > 0 && !slices.Contains(o.only, s.name) {
			continue
		}
		say("== %s", s.name)
		result := &result{section: s}
		result.failed = s.run(h, ctx, result)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if result.failed != nil {
			say("%s: %v", s.name, result.failed)
		}
		r.results = append(r.results, result)
	}
	r.machine, r.programs = h.machine, h.programs.versions()
	if h.db != nil {
		r.programs = append(r.programs, h.db.version)
	}
	fmt.Print("\n" + r.summary())
	if o.write != "" {
		err = r.write(o.write)
	}
	for _, s := range r.results {
		if s.failed != nil && err == nil {
			err = fmt.Errorf("section %s did not end: %w", s.name, s.failed)
		}
	}
	return err
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
