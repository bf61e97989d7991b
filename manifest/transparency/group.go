package transparency

import (
	"slices"

	"writ/crypto/digest"
)

// The groups. An order is in exactly one.
const (
	Orders       = "orders"       // on consumer accounts
	Enterprise   = "enterprise"   // on accounts of customers that are organisations
	Preservation = "preservation" // keeps data; what is disclosed later is an order of its own
)

// Names beside those of countries, processes and outcomes.
const (
	All           = "all"            // the sum of the countries
	Other         = "other"          // the countries, or processes, that are too rare to stand alone
	WithConsent   = "with-consent"   // an enterprise outcome: disclosed by the customer's consent or under its contract
	Narrowed      = "narrowed"       // of which
	NonDisclosure = "non-disclosure" // of which
	Followed      = "followed"       // of which: an order for the preserved data came
	emergency     = "emergency"      // a process
)

// A Group is one population in one half-year.
type Group struct {
	Group     string `json:"group"`
	All       Row    `json:"all"`
	Countries []Row  `json:"countries"` // most requests first, "other" last
}

// A Row is one country's figures, or those of all.
type Row struct {
	Country              string  `json:"country"` // ISO 3166-1 alpha-2, "other", or "all"
	Requests             Figure  `json:"requests"`
	Accounts             Figure  `json:"accounts"`
	Identifiers          Figure  `json:"identifiers"`
	Outcomes             Counts  `json:"outcomes"`  // they add up to the requests
	Processes            Counts  `json:"processes"` // they add up to the requests; by name, "other" last
	OfWhich              Counts  `json:"of_which"`
	NonDisclosurePercent Percent `json:"non_disclosure_percent"`
	MedianMinutes        Figure  `json:"median_minutes"`
	P90Minutes           Figure  `json:"p90_minutes"`
}

// A kind is what the groups of one name have in common.
type kind struct {
	name     string
	outcomes []string
	column   func(Case) string // which of the outcomes; "" for none
	marks    []mark
	timed    []string // outcomes whose times are told
}

// A mark is what some of the requests have besides.
type mark struct {
	name string
	has  func(Case, map[digest.Digest]bool) bool
	// Only requests with one of these outcomes have it. Then it says something
	// about them, and falls silent where one of them is withheld.
	within []string
}

var (
	narrowed      = mark{Narrowed, func(c Case, _ map[digest.Digest]bool) bool { return c.Narrowed }, []string{WithConsent, string(Content), string(NonContent)}}
	nonDisclosure = mark{NonDisclosure, func(c Case, _ map[digest.Digest]bool) bool { return c.NonDisclosure }, nil}
	followedLater = mark{Followed, func(c Case, later map[digest.Digest]bool) bool { return later[c.Order] }, []string{string(Preserved)}}
)

var kinds = []kind{
	{
		name:     Orders,
		outcomes: []string{string(Content), string(NonContent), string(NoData), string(Rejected), string(Redirected), string(Pending)},
		column:   func(c Case) string { return string(c.Outcome) },
		marks:    []mark{narrowed, nonDisclosure},
		timed:    []string{string(Content), string(NonContent)},
	}, {
		name:     Enterprise,
		outcomes: []string{WithConsent, string(Content), string(NonContent), string(NoData), string(Rejected), string(Redirected), string(Pending)},
		column: func(c Case) string {
			if c.Consent {
				return WithConsent
			}
			return string(c.Outcome)
		},
		marks: []mark{narrowed, nonDisclosure},
		timed: []string{WithConsent, string(Content), string(NonContent)},
	}, {
		name:     Preservation,
		outcomes: []string{string(Preserved), string(NoData), string(Rejected), string(Redirected), string(Pending)},
		column:   func(c Case) string { return string(c.Outcome) },
		marks:    []mark{followedLater, nonDisclosure},
	},
}

// group returns the kind of group that counts c.
func (c Case) group() kind {
	switch {
	case c.Preservation:
		return kinds[2]
	case c.Enterprise:
		return kinds[1]
	}
	return kinds[0]
}

// outcome returns the column of c in its group, or "" if the group has none.
func (k kind) outcome(c Case) string {
	if name := k.column(c); slices.Contains(k.outcomes, name) {
		return name
	}
	return ""
}

// process returns what c is counted as. An emergency order is one whatever else
// it is, so that no process can be had from the emergencies.
func (c Case) process() string {
	if c.Emergency {
		return emergency
	}
	return c.Process
}

// count returns the group of those cases.
func (k kind) count(cases []Case, followed map[digest.Digest]bool, threshold int) Group {
	g := Group{Group: k.name, All: k.blank(All), Countries: []Row{}}
	if n := len(cases); n > 0 && n < threshold {
		return g
	}
	names, country := split(cases, func(c Case) string { return c.Country }, threshold)
	in := make([][]Case, len(names)+1) // by row
	for _, c := range cases {
		r := slices.Index(names, country[c.Country])
		in[r] = append(in[r], c)
	}
	in[len(names)] = cases

	rows := make([]Row, len(in))
	for r, name := range append(names, All) {
		rows[r] = k.blank(name)
		rows[r].Requests = Printed(len(in[r]))
	}
	fillSums(rows, in, threshold)
	k.fillOutcomes(rows, in, threshold)
	fillProcesses(rows, in, threshold)
	k.fillMarks(rows, in, followed, threshold)
	for r := range rows {
		rows[r].NonDisclosurePercent = Share(rows[r].OfWhich.Of(NonDisclosure), rows[r].Requests)
		k.fillTimes(&rows[r], in[r], threshold)
	}
	g.All, g.Countries = rows[len(names)], rows[:len(names)]
	return g
}

// blank is a row of which nothing is printed.
func (k kind) blank(country string) Row {
	r := Row{Country: country, Outcomes: Counts{}, Processes: Counts{}, OfWhich: Counts{}}
	for _, name := range k.outcomes {
		r.Outcomes = append(r.Outcomes, Count{Name: name})
	}
	for _, m := range k.marks {
		r.OfWhich = append(r.OfWhich, Count{Name: m.name})
	}
	return r
}
