package transparency

import (
	"fmt"
	"slices"
	"time"
)

// A Structure is one of the four in which 50 USC 1874(a) lets a person publish
// how much national-security process reached it. There is no fifth, and no two
// of them may be had together.
type Structure string

// The structures, by the width of their bands.
const (
	Bands1000 Structure = "1000" // (a)(1): half-yearly, six lines
	Bands500  Structure = "500"  // (a)(2): half-yearly, six lines
	Bands250  Structure = "250"  // (a)(3): half-yearly, two lines
	Bands100  Structure = "100"  // (a)(4): yearly, two lines
)

// Bands say in which structure national-security process is published, and how
// long after the end of a period. The zero Bands publish nothing about it.
//
// The statute holds back longer, 540 days, what concerns a service that never
// received such an order before; a ledger doesn't know services, so counsel
// sets the days for that.
type Bands struct {
	Structure       Structure
	LetterDelayDays int // of letters that stand alone; zero means none: "the previous 180 days"
	DelayDays       int // of the rest; zero means 180 for 1000 and 500, none for 250, 365 for 100
}

const nationalSecurity = "national-security" // beside the names of the groups

// A structure is what the statute says of one.
type structure struct {
	width     int
	yearly    bool
	delayDays int
	cite      string
	lines     []bandLine
}

// A bandLine is one figure: process of those kinds, or the selectors that they target.
type bandLine struct {
	name      string
	kinds     []NationalSecurity
	selectors bool
}

var (
	apart = []bandLine{
		{"letters", []NationalSecurity{Letter}, false},
		{"letters-selectors", []NationalSecurity{Letter}, true},
		{"content-orders", []NationalSecurity{ContentOrder}, false},
		{"content-orders-selectors", []NationalSecurity{ContentOrder}, true},
		{"non-content-orders", []NationalSecurity{NonContentOrder}, false},
		{"non-content-orders-selectors", []NationalSecurity{NonContentOrder}, true},
	}
	combined = []bandLine{
		{"all-process", []NationalSecurity{Letter, ContentOrder, NonContentOrder}, false},
		{"all-process-selectors", []NationalSecurity{Letter, ContentOrder, NonContentOrder}, true},
	}
	structures = map[Structure]structure{
		Bands1000: {1000, false, 180, "50 USC 1874(a)(1)", apart},
		Bands500:  {500, false, 180, "50 USC 1874(a)(2)", apart},
		Bands250:  {250, false, 0, "50 USC 1874(a)(3)", combined},
		Bands100:  {100, true, 365, "50 USC 1874(a)(4)", combined},
	}
)

// A NationalSecurityReport is all that is published of national-security process.
type NationalSecurityReport struct {
	Structure Structure    `json:"structure"`
	Cite      string       `json:"cite"`
	Periods   []BandPeriod `json:"periods"`
}

// A BandPeriod is a half-year or a year of receipt.
type BandPeriod struct {
	Period string     `json:"period"` // "2026-H1", or "2026"
	Lines  []BandLine `json:"lines"`
}

// A BandLine is one figure, as a band or as the day before which there is none.
type BandLine struct {
	Line      string `json:"line"`
	Band      string `json:"band,omitzero"`       // such as "0-499"
	NotBefore string `json:"not_before,omitzero"` // a date
}

func (b Bands) check() error {
	switch _, ok := structures[b.Structure]; {
	case b.LetterDelayDays < 0 || b.DelayDays < 0:
		return fmt.Errorf("%w: a delay of publication is negative", ErrOptions)
	case !ok && b != Bands{}:
		return fmt.Errorf("%w: bands of %q: want one of 1000, 500, 250, 100", ErrOptions, b.Structure)
	}
	return nil
}

func (b Bands) delayDays(l bandLine) int {
	switch s := structures[b.Structure]; {
	case slices.Equal(l.kinds, []NationalSecurity{Letter}):
		return b.LetterDelayDays
	case b.DelayDays != 0:
		return b.DelayDays
	default:
		return s.delayDays
	}
}

// report counts into bands. Nothing in it depends on the cases but the bands.
func (b Bands) report(cases []Case, o Options) *NationalSecurityReport {
	s, ok := structures[b.Structure]
	if !ok {
		return nil
	}
	r := &NationalSecurityReport{Structure: b.Structure, Cite: s.cite, Periods: []BandPeriod{}}
	add := func(name string, from, to time.Time) {
		p := BandPeriod{Period: name}
		for _, l := range s.lines {
			line := BandLine{Line: l.name}
			if due := to.AddDate(0, 0, b.delayDays(l)); due.After(o.Now) {
				line.NotBefore = due.Format(time.DateOnly)
			} else {
				line.Band = band(l.count(cases, from, to), s.width)
			}
			p.Lines = append(p.Lines, line)
		}
		r.Periods = append(r.Periods, p)
	}
	for h := o.From; !h.Start().After(o.To.Start()); h = h.Next() {
		switch {
		case !s.yearly:
			add(h.String(), h.Start(), h.End())
		case h.Half == 2:
			// A year is told whole, even if the report begins in its midst.
			add(fmt.Sprintf("%04d", h.Year), HalfYear{h.Year, 1}.Start(), h.End())
		}
	}
	return r
}

func (l bandLine) count(cases []Case, from, to time.Time) int {
	n := 0
	for _, c := range cases {
		switch {
		case !slices.Contains(l.kinds, c.NationalSecurity), c.ReceivedAt.Before(from), !c.ReceivedAt.Before(to):
		case l.selectors:
			n += c.Identifiers
		default:
			n++
		}
	}
	return n
}

// band returns the one that n lies in. Bands are fixed to their grid; none at
// all is reported as the first, since "0" would be exact.
func band(n, width int) string {
	low := n / width * width
	return fmt.Sprintf("%d-%d", low, low+width-1)
}
