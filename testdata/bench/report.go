package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A report is what all sections measured, for people.
type report struct {
	options
	machine  machine
	programs []string
	notes    notes
	results  []*result
}

// write writes the page, and the plots beside it.
func (r *report) write(name string) error {
	plots := strings.TrimSuffix(name, filepath.Ext(name)) + ".svg"
	var b strings.Builder
	b.WriteString("# Benchmarks\n\n")
	r.introduction(&b)
	b.WriteString("\n## Targets\n\n" + r.words() + "\n" + r.table())
	r.explanations(&b)
	for _, s := range r.results {
		if len(s.tables) > 0 || len(s.stages) > 0 || s.failed != nil {
			s.page(&b, r.notes)
		}
	}
	if svg, ok := r.plots(); ok {
		if err := os.WriteFile(plots, []byte(svg), 0o644); err != nil {
			return err
		}
		r.growth(&b, filepath.Base(plots))
	}
	r.commands(&b)
	return os.WriteFile(name, []byte(b.String()), 0o644)
}

// summary is what is printed.
func (r *report) summary() string {
	var b strings.Builder
	b.WriteString(r.words() + "\n" + r.table())
	for _, s := range r.results {
		for _, d := range s.growth {
			b.WriteString("\n" + d.table())
		}
	}
	return b.String()
}

func (r *report) introduction(b *strings.Builder) {
	fmt.Fprintf(b, "Made by `go run ./testdata/bench%s`, which `make bench` runs without flags, on %s.\n\n", r.given, r.machine)
	fmt.Fprintf(b, "Programs: %s.\n\n", strings.Join(r.programs, "; "))
	fmt.Fprintf(b, `Whole commands, from the start of the process to the last byte on disk, on the same data and the same cores. The commands of a
table ran in turn, A B A B, %d rounds (%d where it takes milliseconds, one of what is largest); what they read was read once before each run. A figure is the
median, and in parentheses the least and the most. Processor time of the client and of the database server are apart; memory is
the sum of the peaks of a command's processes. The pipelines only move, encrypt and sign rows. writ also verifies the order,
decides field by field, commits to every record so that it can be disclosed alone, signs a manifest, records the export in a ledger,
and makes all of it durable.
`, r.rounds, 4*r.rounds)
	if r.quick {
		b.WriteString("\nThis was a quick run on little data: its figures show that the benchmark works, and not more.\n")
	}
}

// words says in a sentence or two what the table shows.
func (r *report) words() string {
	var met, missed, unmeasured []string
	for _, s := range r.results {
		for _, x := range s.rows {
			switch {
			case !x.targeted():
			case x.missing != "":
				unmeasured = append(unmeasured, x.key)
			case x.met():
				met = append(met, x.key)
			default:
				missed = append(missed, fmt.Sprintf("%s (%s, target %s)", x.key, x.figure(x.value), x.goal()))
			}
		}
	}
	text := fmt.Sprintf("%d of %d rows with a target meet it.", len(met), len(met)+len(missed)+len(unmeasured))
	if len(missed) > 0 {
		text += " Not met: " + strings.Join(missed, "; ") + "."
	}
	if len(unmeasured) > 0 {
		text += " Not measured: " + strings.Join(unmeasured, ", ") + "."
	}
	return text + "\n"
}

func (r *report) table() string {
	var b strings.Builder
	b.WriteString("| row | what | writ | peer | peer took | writ/peer | target | met |\n|---|---|---|---|---|---|---|---|\n")
	for _, s := range r.results {
		for _, x := range s.rows {
			value := x.figure(x.value)
			if x.missing != "" {
				value = "–"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s | %s | %s |\n", x.key, x.what, x.ours, dash(x.peer), dash(x.theirs), value, x.goal(), x.verdict())
		}
	}
	return b.String()
}

// explanations are the notes on rows, and the place for those that lack one.
func (r *report) explanations(b *strings.Builder) {
	used := make(map[string]bool)
	for _, s := range r.results {
		for _, x := range s.rows {
			note := r.notes[x.key]
			used[x.key] = true
			switch {
			case note != "":
				fmt.Fprintf(b, "\n**%s**: %s\n", x.key, note)
			case x.missing != "":
				fmt.Fprintf(b, "\n**%s**: %s.\n", x.key, x.missing)
			case x.targeted() && !x.met():
				fmt.Fprintf(b, "\n**%s**: misses its target, and `testdata/bench/notes.md` does not say why.\n", x.key)
			}
		}
		used[s.name] = true
	}
	for _, key := range slices.Sorted(maps.Keys(r.notes)) {
		if !used[key] && len(r.only) == 0 {
			fmt.Fprintf(b, "\n`testdata/bench/notes.md` has a note on %s, of which there is no row.\n", key)
		}
	}
}

func (s *result) page(b *strings.Builder, n notes) {
	fmt.Fprintf(b, "\n## %s\n", s.title)
	if s.failed != nil {
		b.WriteString("\nThis section did not end.\n")
	}
	if note := n[s.name]; note != "" {
		b.WriteString("\n" + note + "\n")
	}
	for _, t := range s.tables {
		fmt.Fprintf(b, "\n%s:\n\n| command | wall | client CPU | server CPU | peak memory | output |\n|---|---|---|---|---|---|\n", t.title)
		for _, c := range t.commands {
			fmt.Fprintf(b, "| %s | %s | %.2f s | %.2f s | %s | %s |\n", c.name, c.wall().seconds(), c.client().median, c.server().median,
				megabytes(c.peak().median), megabytes(c.output().median))
		}
	}
	if len(s.stages) > 0 {
		b.WriteString("\n`go test -bench . -benchmem`, in memory:\n\n| package | stage | MB/s | an operation | allocations |\n|---|---|---|---|---|\n")
		for _, x := range s.stages {
			rate := ""
			if x.mbps > 0 {
				rate = fmt.Sprintf("%.0f", x.mbps)
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s | %s |\n", x.pkg, x.name, dash(rate), x.perOp, dash(x.allocs))
		}
	}
}

// growth shows the plots and what was fitted.
func (r *report) growth(b *strings.Builder, plots string) {
	fmt.Fprintf(b, "\n## Growth\n\n![Time and memory against what grows](%s)\n\nBoth axes are logarithmic. The slope is of a line through the upper half of the points: 1 is linear, 0 flat. In the plots it stands beside the name.\n", plots)
	if note := r.notes["growth"]; note != "" {
		b.WriteString("\n" + note + "\n")
	}
	for _, s := range r.results {
		for _, d := range s.growth {
			b.WriteString("\n" + d.table())
		}
	}
}

func (d dimension) table() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n\n| figure | expected | slope | |\n|---|---|---|---|\n", d.title)
	for _, f := range []struct {
		of     string
		series []series
	}{{"time", d.time}, {"memory", d.memory}} {
		for _, s := range f.series {
			verdict := "as expected"
			if s.worse() {
				verdict = "**worse**"
			}
			fmt.Fprintf(&b, "| %s of %s | %s | %.2f | %s |\n", f.of, s.name, s.expect, s.slope(), verdict)
		}
	}
	return b.String()
}

// commands lists what was run, word for word.
func (r *report) commands(b *strings.Builder) {
	b.WriteString("\n## Commands\n\nEach ran in `bash -o pipefail -e`; `$OUT` is an empty folder, `$DSN` names the database, `$AGENCY` is the agency's age recipient, `$F` a delivery's ciphertext.\n")
	seen := make(map[string]bool)
	for _, s := range r.results {
		for _, t := range s.tables {
			for _, c := range t.commands {
				if c.shell == "" || seen[c.text()] {
					continue
				}
				seen[c.text()] = true
				fmt.Fprintf(b, "\n%s:\n\n```sh\n%s\n```\n", c.name, c.text())
			}
		}
	}
}

// text is what was run, without the name of one delivery.
func (c *command) text() string {
	first, rest, more := strings.Cut(c.shell, "\n")
	if more && strings.HasPrefix(first, "F=") {
		return rest
	}
	return c.shell
}

func dash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}
