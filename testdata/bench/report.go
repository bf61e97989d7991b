package main

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// report is a page for people: writ's medians by each peer's.
func report(rows, rounds int, postgres string, commands []*command) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# Benchmarks

Made by `+"`make bench BENCHFLAGS='--write docs/benchmarks.md'`"+`, on a machine with %d cores: %s, %s.
Whole commands, from process start to the last byte on disk, on a table of %d generated sign-ins of which one account has
four fifths; that account's are exported, in order, for one month. %d rounds, each command in turn; the table is read
once before each. The figures are ratios of medians: below 1.00, writ took less.

The pipelines only move and encrypt rows. writ also verifies the order, decides field by field, commits to every record
so that it can be disclosed alone, signs a manifest, and records the export.

| writ by | wall | client CPU | server CPU | client peak memory | output |
|---|---|---|---|---|---|
`, runtime.NumCPU(), runtime.Version(), postgres, rows, rounds)
	ours := commands[0]
	for _, peer := range commands[1:] {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", peer.what,
			ratio(ours, peer, func(r run) float64 { return r.wall }),
			ratio(ours, peer, func(r run) float64 { return r.client }),
			ratio(ours, peer, func(r run) float64 { return r.server }),
			ratio(ours, peer, func(r run) float64 { return float64(r.peakBytes) }),
			ratio(ours, peer, func(r run) float64 { return float64(r.outputBytes) }))
	}
	return b.String()
}

func ratio(ours, peer *command, of func(run) float64) string {
	return fmt.Sprintf("%.2f", median(ours.runs, of)/median(peer.runs, of))
}

func median(runs []run, of func(run) float64) float64 {
	var values []float64
	for _, r := range runs {
		values = append(values, of(r))
	}
	slices.Sort(values)
	if n := len(values); n%2 == 0 {
		return (values[n/2-1] + values[n/2]) / 2
	}
	return values[len(values)/2]
}
