package transparency

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"time"
)

// A line is one figure with its place, as all renderings but JSON have it.
type line struct {
	period, group, country, figure string
	value, percent                 string // empty: withheld
}

// key is l without what it says.
func (l line) key() line {
	return line{period: l.period, group: l.group, country: l.country, figure: l.figure}
}

// lines returns the figures, in the order in which they are printed.
func (r *Report) lines() []line {
	var all []line
	for _, p := range r.Periods {
		for _, g := range p.Groups {
			for _, row := range append([]Row{g.All}, g.Countries...) {
				at := line{period: p.Period.String(), group: g.Group, country: row.Country}
				add := func(figure string, f Figure, percent Percent) {
					l := at
					l.figure, l.value, l.percent = figure, f.String(), percent.String()
					all = append(all, l)
				}
				add("requests", row.Requests, Percent{})
				add("accounts", row.Accounts, Percent{})
				add("identifiers", row.Identifiers, Percent{})
				for _, part := range []struct {
					of     string
					counts Counts
				}{{"outcome", row.Outcomes}, {"process", row.Processes}, {"of-which", row.OfWhich}} {
					for _, c := range part.counts {
						add(part.of+":"+c.Name, c.Requests, Share(c.Requests, row.Requests))
					}
				}
				add("median-minutes", row.MedianMinutes, Percent{})
				add("p90-minutes", row.P90Minutes, Percent{})
			}
		}
	}
	if r.NationalSecurity != nil {
		for _, p := range r.NationalSecurity.Periods {
			for _, l := range p.Lines {
				all = append(all, line{period: p.Period, group: nationalSecurity, figure: l.Line, value: l.Band})
			}
		}
	}
	return all
}

// CSV returns one figure a line, for a spreadsheet: its place, the value, and
// which percentage of the requests it is. What is withheld is empty. The first
// lines say of what it is the report.
func (r *Report) CSV() ([]byte, error) {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	all := [][]string{
		{"period", "group", "country", "figure", "value", "percent_of_requests"},
		{"", "report", "", "provider", r.Provider, ""},
		{"", "report", "", "as-of", r.AsOf.Format(time.RFC3339), ""},
		{"", "report", "", "ledger-origin", r.Checkpoint.Origin, ""},
		{"", "report", "", "ledger-size", strconv.FormatUint(r.Checkpoint.Size, 10), ""},
		{"", "report", "", "ledger-root", r.Checkpoint.Root.String(), ""},
		{"", "report", "", "threshold", strconv.Itoa(r.Threshold), ""},
	}
	for _, l := range r.lines() {
		all = append(all, []string{l.period, l.group, l.country, l.figure, l.value, l.percent})
	}
	if err := w.WriteAll(all); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
