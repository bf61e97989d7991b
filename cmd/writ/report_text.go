package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"writ/manifest/transparency"
)

// maxCountryColumns is how many countries a table for people shows; all are in
// the other forms.
const maxCountryColumns = 6

var groupTitles = map[string]string{
	transparency.Orders:       "orders",
	transparency.Enterprise:   "orders on accounts of organisations",
	transparency.Preservation: "preservations",
}

// span names the half-years of a report.
func span(r *transparency.Report) string {
	first, last := r.Periods[0].Period.String(), r.Periods[len(r.Periods)-1].Period.String()
	if first == last {
		return first
	}
	return first + " to " + last
}

// writeReport writes a report for people, the latest half-year first.
func writeReport(w io.Writer, r *transparency.Report) {
	label(w, "report", "%s, %s", r.Provider, span(r))
	label(w, "as of", "%s", utc(r.AsOf))
	label(w, "ledger", "%s, %d entries, root %s", r.Checkpoint.Origin, r.Checkpoint.Size, r.Checkpoint.Root)
	withheld := "times of too few disclosures"
	if r.Threshold > 1 {
		withheld = fmt.Sprintf("counts from 1 to %d, others from which they would follow, and %s", r.Threshold-1, withheld)
	}
	label(w, "withheld", "* stands for %s", withheld)
	for i := len(r.Periods) - 1; i >= 0; i-- {
		for _, g := range r.Periods[i].Groups {
			writeGroup(w, r.Periods[i].Period, g)
		}
	}
	if r.NationalSecurity != nil {
		writeBands(w, r.NationalSecurity)
	}
	if r.Restatement != nil {
		writeRestatement(w, r.Restatement)
	}
	now := transparency.HalfOf(r.AsOf)
	fmt.Fprintf(w, "\n%s is reported when it has ended, from %s on.\n", now, now.End().Format(time.DateOnly))
}

// figure returns f in digits, or a mark if it is withheld.
func figure(f fmt.Stringer) string { return cmp.Or(f.String(), "*") }

func writeGroup(w io.Writer, p transparency.HalfYear, g transparency.Group) {
	switch n, known := g.All.Requests.Value(); {
	case known && n == 0:
		fmt.Fprintf(w, "\n%s  %s: none\n", p, groupTitles[g.Group])
		return
	case !known:
		fmt.Fprintf(w, "\n%s  %s: *\n", p, groupTitles[g.Group])
		return
	}
	rows := append([]transparency.Row{g.All}, g.Countries[:min(len(g.Countries), maxCountryColumns)]...)
	head := []any{groupTitles[g.Group], transparency.All, "% of requests"}
	for _, row := range rows[1:] {
		head = append(head, row.Country)
	}
	t := newTable(head...)
	add := func(name string, share bool, of func(transparency.Row) fmt.Stringer) {
		line := table.Row{name, figure(of(g.All)), ""}
		if f, ok := of(g.All).(transparency.Figure); ok && share {
			line[2] = figure(transparency.Share(f, g.All.Requests))
		}
		for _, row := range rows[1:] {
			line = append(line, figure(of(row)))
		}
		t.AppendRow(line)
	}
	add("requests", false, func(r transparency.Row) fmt.Stringer { return r.Requests })
	add("accounts", false, func(r transparency.Row) fmt.Stringer { return r.Accounts })
	add("identifiers", false, func(r transparency.Row) fmt.Stringer { return r.Identifiers })
	for _, part := range []struct {
		said   string
		counts func(transparency.Row) transparency.Counts
	}{
		{"", func(r transparency.Row) transparency.Counts { return r.Outcomes }},
		{"by ", func(r transparency.Row) transparency.Counts { return r.Processes }},
		{"of which ", func(r transparency.Row) transparency.Counts { return r.OfWhich }},
	} {
		t.AppendSeparator()
		for _, c := range part.counts(g.All) {
			add(part.said+c.Name, true, func(r transparency.Row) fmt.Stringer { return part.counts(r).Of(c.Name) })
		}
	}
	if g.Group != transparency.Preservation {
		t.AppendSeparator()
		add("minutes to delivery, median", false, func(r transparency.Row) fmt.Stringer { return r.MedianMinutes })
		add("minutes to delivery, 90 %", false, func(r transparency.Row) fmt.Stringer { return r.P90Minutes })
	}
	fmt.Fprintf(w, "\n%s\n%s\n", p, t.Render())
	if more := len(g.Countries) - maxCountryColumns; more > 0 {
		fmt.Fprintf(w, "%d countries more are in --csv, --json and --html\n", more)
	}
}

func writeBands(w io.Writer, n *transparency.NationalSecurityReport) {
	t := newTable("period", "national-security process, "+n.Cite, "band")
	for i := len(n.Periods) - 1; i >= 0; i-- {
		for _, l := range n.Periods[i].Lines {
			band := l.Band
			if band == "" {
				band = "from " + l.NotBefore + " on"
			}
			t.AppendRow(table.Row{n.Periods[i].Period, strings.ReplaceAll(l.Line, "-", " "), band})
		}
	}
	fmt.Fprintf(w, "\n%s\n", t.Render())
}

func writeRestatement(w io.Writer, s *transparency.Restatement) {
	if len(s.Changes) == 0 {
		fmt.Fprintf(w, "\nNo figure of the earlier report, from %d entries, has changed.\n", s.Checkpoint.Size)
		return
	}
	t := newTable("changed since the earlier report", "group", "country", "figure", "was", "is")
	for _, c := range s.Changes {
		t.AppendRow(table.Row{c.Period, c.Group, c.Country, c.Figure, cmp.Or(c.Was, "*"), cmp.Or(c.Is, "*")})
	}
	fmt.Fprintf(w, "\n%s\n", t.Render())
}
