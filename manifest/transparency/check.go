package transparency

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// check says which of its own rules a report breaks.
func (r *Report) check() error {
	wrong := func(format string, a ...any) error {
		return fmt.Errorf("%w: "+format, append([]any{ErrFormat}, a...)...)
	}
	switch {
	case r.Format != Format:
		return wrong("format is not %s", Format)
	case !isText(r.Provider), !isText(r.Checkpoint.Origin), r.Checkpoint.Root.IsZero():
		return wrong("the provider or the checkpoint is not named")
	case r.AsOf.Location() != time.UTC, !r.AsOf.Equal(r.AsOf.Truncate(time.Second)), r.AsOf.Year() < 2:
		return wrong("as_of is not in whole seconds of UTC")
	case r.Threshold < 1:
		return wrong("no threshold")
	case len(r.Definitions) == 0, len(r.Periods) == 0:
		return wrong("no definitions, or no periods")
	}
	for i, p := range r.Periods {
		if i > 0 && r.Periods[i-1].Period.Next() != p.Period || p.Period.End().After(r.AsOf) {
			return wrong("period %s does not follow the one before it, or has not ended", p.Period)
		}
		if len(p.Groups) != len(kinds) {
			return wrong("period %s has %d groups, not %d", p.Period, len(p.Groups), len(kinds))
		}
		for j, g := range p.Groups {
			if err := kinds[j].check(g, r.Threshold); err != nil {
				return wrong("period %s: %s: %w", p.Period, kinds[j].name, err)
			}
		}
	}
	if r.NationalSecurity != nil {
		return r.NationalSecurity.check()
	}
	return nil
}

func (k kind) check(g Group, threshold int) error {
	if g.Group != k.name || g.All.Country != All {
		return fmt.Errorf("is named %.20q, its sum %.20q", g.Group, g.All.Country)
	}
	seen := make(map[string]bool)
	for i, row := range append([]Row{g.All}, g.Countries...) {
		if err := k.checkRow(row, threshold); err != nil {
			return fmt.Errorf("%.20q: %w", row.Country, err)
		}
		if seen[row.Country] {
			return fmt.Errorf("%.20q is there twice", row.Country)
		}
		seen[row.Country] = true
		switch {
		case i == 0:
		case row.Country == Other && i == len(g.Countries):
		case !countries().MatchString(row.Country):
			return fmt.Errorf("%.20q is not a country", row.Country)
		case i > 1 && (g.Countries[i-2].Requests.n < row.Requests.n || g.Countries[i-2].Requests == row.Requests && g.Countries[i-2].Country >= row.Country):
			return fmt.Errorf("%.20q is not in its place", row.Country)
		}
		if i > 0 && (!row.Requests.known || row.Requests.n < threshold) {
			return fmt.Errorf("%.20q should not stand alone", row.Country)
		}
	}
	return nil
}

func (k kind) checkRow(r Row, threshold int) error {
	var outcomes, marks []string
	figures := []Figure{r.Requests, r.Accounts, r.Identifiers}
	for _, c := range r.Outcomes {
		outcomes, figures = append(outcomes, c.Name), append(figures, c.Requests)
	}
	for _, c := range r.OfWhich {
		marks, figures = append(marks, c.Name), append(figures, c.Requests)
		if c.Requests.known {
			figures = append(figures, Printed(r.Requests.n-c.Requests.n))
		}
	}
	for _, c := range r.Processes {
		if figures = append(figures, c.Requests); !processes().MatchString(c.Name) {
			return fmt.Errorf("process %.20q is not lower-case words joined by hyphens", c.Name)
		}
	}
	var wanted []string
	for _, m := range k.marks {
		wanted = append(wanted, m.name)
	}
	switch {
	case !slices.Equal(outcomes, k.outcomes), !slices.Equal(marks, wanted):
		return fmt.Errorf("its outcomes or marks are not those of its group")
	case !addUp(r.Outcomes, r.Requests), len(r.Processes) > 0 && !addUp(r.Processes, r.Requests):
		return fmt.Errorf("outcomes or processes do not add up to the requests")
	case r.NonDisclosurePercent != Share(r.OfWhich.Of(NonDisclosure), r.Requests):
		return fmt.Errorf("the share under non-disclosure is another")
	}
	for _, f := range figures {
		if f.known && (f.n < 0 || 0 < f.n && f.n < threshold) {
			return fmt.Errorf("a count below the threshold is printed")
		}
	}
	return nil
}

// addUp reports whether the counts can sum to the whole.
func addUp(counts Counts, whole Figure) bool {
	sum, withheld := 0, false
	for _, c := range counts {
		sum += c.Requests.n
		withheld = withheld || !c.Requests.known
	}
	return !whole.known && withheld || whole.known && (sum == whole.n || withheld && sum < whole.n)
}

func (r *NationalSecurityReport) check() error {
	s, ok := structures[r.Structure]
	if !ok || r.Cite != s.cite {
		return fmt.Errorf("%w: national security: no such structure", ErrFormat)
	}
	for _, p := range r.Periods {
		if _, err := ParseHalfYear(p.Period + map[bool]string{true: "-H1"}[s.yearly]); err != nil {
			return err
		}
		if len(p.Lines) != len(s.lines) {
			return fmt.Errorf("%w: national security: %s has %d lines, not %d", ErrFormat, p.Period, len(p.Lines), len(s.lines))
		}
		for i, l := range p.Lines {
			if l.Line != s.lines[i].name || !l.held() && !s.onGrid(l.Band) {
				return fmt.Errorf("%w: national security: %s: line %d is not a band of %d", ErrFormat, p.Period, i+1, s.width)
			}
		}
	}
	return nil
}

// held reports whether l is a date instead of a band.
func (l BandLine) held() bool {
	_, err := time.Parse(time.DateOnly, l.NotBefore)
	return err == nil && l.Band == ""
}

func (s structure) onGrid(b string) bool {
	low, _, _ := strings.Cut(b, "-")
	n, err := strconv.ParseUint(low, 10, 31)
	return err == nil && b == band(int(n), s.width)
}
