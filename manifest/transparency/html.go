package transparency

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"
	"sync"
	"time"
)

//go:embed report.html
var page string

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("report").Funcs(template.FuncMap{"label": label}).Parse(page))
})

const withheldMark = "–"

// HTML returns the report as one page without scripts, and without anything
// from elsewhere.
func (r *Report) HTML() ([]byte, error) {
	v := pageView{Report: r, Withheld: withheldMark, AsOf: r.AsOf.Format(time.DateOnly), Outcomes: outcomeChart(r.Periods)}
	for i := len(r.Periods) - 1; i >= 0; i-- {
		p := periodView{Period: r.Periods[i].Period}
		for j, g := range r.Periods[i].Groups {
			p.Groups = append(p.Groups, viewGroup(kinds[j], g))
		}
		v.Periods = append(v.Periods, p)
	}
	if n := len(r.Periods); n > 0 {
		last := r.Periods[n-1]
		v.Span = r.Periods[0].Period.String()
		if n > 1 {
			v.Span += " to " + last.Period.String()
		}
		v.Latest = &latestView{Period: last, Tiles: tiles(last.Groups[0].All)}
		v.Top = countryChart(last.Groups[0].Countries)
	}
	var b bytes.Buffer
	if err := pageTemplate().Execute(&b, v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReport, err)
	}
	return b.Bytes(), nil
}

type pageView struct {
	Report               *Report
	Withheld, AsOf, Span string
	Latest               *latestView
	Outcomes             stackedChart
	Top                  *barChart
	Periods              []periodView // the latest first
}

type latestView struct {
	Period Period
	Tiles  []tile
}

type tile struct{ Value, Label string }

type periodView struct {
	Period HalfYear
	Groups []groupView
}

type groupView struct {
	Title, Caption    string
	None              bool
	Head, Processes   []string
	Rows, ProcessRows []rowView
}

type rowView struct {
	Country string
	All     bool
	Cells   []cellView
}

type cellView struct{ Value, Percent string }

func tiles(all Row) []tile {
	percent := func(p Percent) string {
		if !p.known {
			return withheldMark
		}
		return p.String() + " %"
	}
	return []tile{
		{number(all.Requests), "orders in the latest half-year"},
		{number(all.Accounts), "accounts concerned"},
		{percent(Share(all.Outcomes.Of(string(Content)), all.Requests)), "led to content"},
		{percent(Share(all.Outcomes.Of(string(NonContent)), all.Requests)), "led to non-content records only"},
		{percent(all.NonDisclosurePercent), "under non-disclosure"},
		{duration(all.MedianMinutes), "median time to delivery"},
	}
}

func viewGroup(k kind, g Group) groupView {
	v := groupView{
		Title: map[string]string{Orders: "Orders", Enterprise: "Orders on enterprise accounts", Preservation: "Preservation"}[k.name],
		None:  g.All.Requests == Printed(0),
		Head:  []string{"Requests", "Accounts", "Identifiers"},
	}
	v.Caption = "By country and outcome, in percent of the requests"
	for _, name := range k.outcomes {
		v.Head = append(v.Head, label(name))
	}
	for _, m := range k.marks {
		v.Head = append(v.Head, "of which "+strings.ToLower(label(m.name)))
	}
	if k.timed != nil {
		v.Head = append(v.Head, "Median time", "90 % within")
	}
	for _, p := range g.All.Processes {
		v.Processes = append(v.Processes, p.Name)
	}
	if len(v.Processes) == 1 && v.Processes[0] == Other {
		v.Processes = nil
	}
	rows := append([]Row{g.All}, g.Countries...)
	if len(rows) == 2 && rows[1].Country == Other {
		rows = rows[:1] // the same once more
	}
	for _, r := range rows {
		row := rowView{Country: label(r.Country), All: r.Country == All}
		processes := row
		row.Cells = []cellView{{Value: number(r.Requests)}, {Value: number(r.Accounts)}, {Value: number(r.Identifiers)}}
		for _, c := range append(append(Counts{}, r.Outcomes...), r.OfWhich...) {
			row.Cells = append(row.Cells, cellView{number(c.Requests), Share(c.Requests, r.Requests).String()})
		}
		if k.timed != nil {
			row.Cells = append(row.Cells, cellView{Value: duration(r.MedianMinutes)}, cellView{Value: duration(r.P90Minutes)})
		}
		for _, c := range r.Processes {
			processes.Cells = append(processes.Cells, cellView{number(c.Requests), Share(c.Requests, r.Requests).String()})
		}
		v.Rows, v.ProcessRows = append(v.Rows, row), append(v.ProcessRows, processes)
	}
	return v
}

// number writes a count with its thousands apart.
func number(f Figure) string {
	n, ok := f.Value()
	if !ok {
		return withheldMark
	}
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func duration(minutes Figure) string {
	n, ok := minutes.Value()
	switch {
	case !ok:
		return withheldMark
	case n < 2*60:
		return fmt.Sprintf("%d min", n)
	case n < 2*24*60:
		return fmt.Sprintf("%.1f h", float64(n)/60)
	}
	return fmt.Sprintf("%.1f days", float64(n)/60/24)
}

// label writes a name of ours for a heading: "no-data" is "No data".
func label(name string) string {
	switch {
	case countries().MatchString(name) || name == "":
		return name
	case name == All || name == Other:
		name += map[string]string{Other: "s"}[name]
	case name == "null":
		name = withheldMark
	}
	name = strings.NewReplacer("non-", "non-", "p90_", "90 % ", "-", " ", "_", " ").Replace(name)
	return strings.ToUpper(name[:1]) + name[1:]
}
