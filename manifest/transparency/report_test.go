package transparency

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var figures = cmp.AllowUnexported(Figure{}, Percent{})

// Microsoft's report for 2012, the first of its kind: 75,378 requests on
// 137,424 accounts, of which 1,558 (2.1 %) led to content and 56,388 to
// non-content only. Here are its counts by a hundred.
func TestMicrosoft2012(t *testing.T) {
	const requests, accounts, content, nonContent = 754, 1374, 16, 564
	var cases []Case
	for n := range requests {
		cases = append(cases, order(n, func(c *Case) {
			c.ReceivedAt = time.Date(2012, 1, 1, 0, 0, n, 0, time.UTC)
			c.DeliveredAt = time.Time{}
			c.Accounts = accounts / requests
			if n < accounts%requests {
				c.Accounts++
			}
			switch {
			case n < content:
				c.Outcome = Content
			case n < content+nonContent:
				c.Outcome = NonContent
			case n%10 == 0:
				c.Outcome = Rejected
			default:
				c.Outcome = NoData
			}
			if n < content+nonContent {
				c.DeliveredAt = c.ReceivedAt.Add(time.Hour)
			}
		}))
	}
	// The enterprise orders as they were: 11, of which 7 were rejected or
	// redirected, and 4 answered with consent or under contract.
	for n := range 11 {
		cases = append(cases, order(requests+n, func(c *Case) {
			c.ReceivedAt, c.DeliveredAt = time.Date(2012, 2, 1, 0, 0, 0, 0, time.UTC), time.Time{}
			c.Enterprise, c.Outcome = true, Redirected
			switch {
			case n < 4:
				c.Outcome, c.Consent, c.DeliveredAt = NonContent, true, c.ReceivedAt.Add(time.Hour)
			case n < 6:
				c.Outcome = Rejected
			}
		}))
	}
	o := options()
	o.From, o.To, o.Threshold = HalfYear{2012, 1}, HalfYear{2012, 1}, 1
	r, err := Compute(cases, o)
	if err != nil {
		t.Fatal(err)
	}
	all, enterprise := r.Periods[0].Groups[0].All, r.Periods[0].Groups[1].All
	for _, tt := range []struct {
		name string
		got  fmt.Stringer
		want string
	}{
		{"requests", all.Requests, "754"},
		{"accounts", all.Accounts, "1374"},
		{"identifiers", all.Identifiers, "1508"},
		{"content", Share(all.Outcomes.Of("content"), all.Requests), "2.1"},
		{"non-content", Share(all.Outcomes.Of("non-content"), all.Requests), "74.8"},
		{"as published", Share(Printed(1558), Printed(75378)), "2.1"},
		{"as published, non-content", Share(Printed(56388), Printed(75378)), "74.8"},
		{"enterprise", enterprise.Requests, "11"},
		{"enterprise, redirected", enterprise.Outcomes.Of("redirected"), "5"},
		{"enterprise, rejected", enterprise.Outcomes.Of("rejected"), "2"},
		{"enterprise, with consent", enterprise.Outcomes.Of(WithConsent), "4"},
	} {
		if tt.got.String() != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestCounting(t *testing.T) {
	for _, tt := range []struct {
		name  string
		cases []Case
		group int
		want  Row // of all
	}{
		{"none at all", nil, 0, Row{Requests: Printed(0), Accounts: Printed(0), Identifiers: Printed(0)}},
		{
			"a preservation and the order after it count once each", []Case{
				order(1, func(c *Case) { c.Preservation, c.Outcome, c.DeliveredAt = true, Preserved, time.Time{} }),
				order(2, func(c *Case) { c.PreservedBy = orderDigest(1) }),
			}, 0, Row{Requests: Printed(1), Accounts: Printed(1), Identifiers: Printed(2), MedianMinutes: Printed(90), P90Minutes: Printed(90)},
		},
		{
			"a preservation is followed by an order", []Case{
				order(1, func(c *Case) { c.Preservation, c.Outcome, c.DeliveredAt = true, Preserved, time.Time{} }),
				order(2, func(c *Case) { c.PreservedBy = orderDigest(1) }),
			}, 2, Row{Requests: Printed(1), Accounts: Printed(1), Identifiers: Printed(2), OfWhich: Counts{{Followed, Printed(1)}, {NonDisclosure, Printed(0)}}},
		},
		{
			"what national-security process follows is not told", []Case{
				order(1, func(c *Case) { c.Preservation, c.Outcome, c.DeliveredAt = true, Preserved, time.Time{} }),
				order(2, func(c *Case) { c.PreservedBy, c.NationalSecurity = orderDigest(1), Letter }),
			}, 2, Row{Requests: Printed(1), Accounts: Printed(1), Identifiers: Printed(2), OfWhich: Counts{{Followed, Printed(0)}, {NonDisclosure, Printed(0)}}},
		},
		{
			"the last instant of a half-year is in it, the next one is not", []Case{
				order(1, func(c *Case) {
					c.ReceivedAt = time.Date(2026, 7, 1, 1, 59, 59, 0, time.FixedZone("CEST", 7200))
					c.DeliveredAt = c.ReceivedAt
				}),
				order(2, func(c *Case) {
					c.ReceivedAt = time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
					c.DeliveredAt = c.ReceivedAt
				}),
			}, 0, Row{Requests: Printed(1), Accounts: Printed(1), Identifiers: Printed(2), MedianMinutes: Printed(0), P90Minutes: Printed(0)},
		},
		{
			"times are of the nearest rank", []Case{
				order(1, func(c *Case) { c.DeliveredAt = spring.Add(1 * time.Hour) }),
				order(2, func(c *Case) { c.DeliveredAt = spring.Add(2 * time.Hour) }),
				order(3, func(c *Case) { c.DeliveredAt = spring.Add(9*time.Hour + 31*time.Second) }),
				order(4, func(c *Case) { c.DeliveredAt, c.Outcome = time.Time{}, Pending }),
				order(5, func(c *Case) { c.DeliveredAt, c.Outcome = spring.Add(99*time.Hour), NoData }), // not a disclosure
				order(6, func(c *Case) { c.DeliveredAt, c.Country = spring.Add(4*time.Hour), "DE" }),
			}, 0, Row{Requests: Printed(6), Accounts: Printed(6), Identifiers: Printed(12), MedianMinutes: Printed(120), P90Minutes: Printed(541)},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options()
			o.Threshold, o.From = 1, HalfYear{2026, 1}
			r, err := Compute(tt.cases, o)
			if err != nil {
				t.Fatal(err)
			}
			got := r.Periods[0].Groups[tt.group].All
			got.Country, got.Outcomes, got.Processes, got.NonDisclosurePercent = "", nil, nil, Percent{}
			if tt.want.OfWhich == nil {
				got.OfWhich = nil
			}
			if diff := cmp.Diff(tt.want, got, figures); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestComputeRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*Case, *Options)
		want error
	}{
		{"a good one", func(*Case, *Options) {}, nil},
		{"no digest", func(c *Case, _ *Options) { c.Order = [32]byte{} }, ErrCase},
		{"no time of receipt", func(c *Case, _ *Options) { c.ReceivedAt = time.Time{} }, ErrCase},
		{"received tomorrow", func(c *Case, _ *Options) { c.ReceivedAt = published.Add(24 * time.Hour) }, ErrCase},
		{"delivered before it was received", func(c *Case, _ *Options) { c.DeliveredAt = spring.Add(-1) }, ErrCase},
		{"disclosed, but not delivered", func(c *Case, _ *Options) { c.DeliveredAt = time.Time{} }, ErrCase},
		{"no country", func(c *Case, _ *Options) { c.Country = "" }, ErrCase},
		{"country in lower case", func(c *Case, _ *Options) { c.Country = "us" }, ErrCase},
		{"no process", func(c *Case, _ *Options) { c.Process = "" }, ErrCase},
		{"a process called other", func(c *Case, _ *Options) { c.Process = "other" }, ErrCase},
		{"no outcome", func(c *Case, _ *Options) { c.Outcome = "" }, ErrCase},
		{"a preservation that disclosed", func(c *Case, _ *Options) { c.Preservation = true }, ErrCase},
		{"a preservation of a preservation", func(c *Case, _ *Options) {
			c.Preservation, c.Outcome, c.PreservedBy = true, Preserved, orderDigest(7)
		}, ErrCase},
		{"preserved, but no preservation", func(c *Case, _ *Options) { c.Outcome = Preserved }, ErrCase},
		{"consent of a consumer's employer", func(c *Case, _ *Options) { c.Consent = true }, ErrCase},
		{"rejected and narrowed", func(c *Case, _ *Options) { c.Outcome, c.Narrowed = Rejected, true }, ErrCase},
		{"a negative count", func(c *Case, _ *Options) { c.Accounts = -1 }, ErrCase},
		{"unknown national-security process", func(c *Case, _ *Options) { c.NationalSecurity = "nsl" }, ErrCase},
		{"national-security process without anything else", func(c *Case, _ *Options) {
			*c = Case{Order: c.Order, ReceivedAt: c.ReceivedAt, NationalSecurity: Letter}
		}, nil},
		{"the same order twice", func(c *Case, _ *Options) { c.Order = orderDigest(0) }, ErrCase},
		{"no provider", func(_ *Case, o *Options) { o.Provider = "" }, ErrOptions},
		{"a provider that a spreadsheet would compute", func(_ *Case, o *Options) { o.Provider = "=1+1" }, ErrOptions},
		{"no checkpoint", func(_ *Case, o *Options) { o.Checkpoint = Checkpoint{} }, ErrOptions},
		{"no time", func(_ *Case, o *Options) { o.Now = time.Time{} }, ErrOptions},
		{"a half-year that has not ended", func(_ *Case, o *Options) { o.To = HalfYear{2026, 2} }, ErrOptions},
		{"a period that ends before it begins", func(_ *Case, o *Options) { o.From, o.To = HalfYear{2026, 1}, HalfYear{2025, 2} }, ErrOptions},
		{"a half-year that is none", func(_ *Case, o *Options) { o.From = HalfYear{2026, 3} }, ErrOptions},
		{"a negative threshold", func(_ *Case, o *Options) { o.Threshold = -1 }, ErrOptions},
		{"bands of another width", func(_ *Case, o *Options) { o.Bands.Structure = "50" }, ErrOptions},
		{"a delay without bands", func(_ *Case, o *Options) { o.Bands.DelayDays = 1 }, ErrOptions},
		{"a negative delay", func(_ *Case, o *Options) { o.Bands = Bands{Structure: Bands500, DelayDays: -1} }, ErrOptions},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, o := order(1, nil), options()
			tt.edit(&c, &o)
			r, err := Compute([]Case{order(0, nil), c}, o)
			if !errors.Is(err, tt.want) || (r == nil) != (err != nil) {
				t.Errorf("Compute = %v, %v; want %v", r, err, tt.want)
			}
		})
	}
}

func TestCountriesAndProcessesBelowTheThresholdStandTogether(t *testing.T) {
	for _, tt := range []struct {
		name    string
		numbers map[string]int
		want    []string
	}{
		{"all alone", map[string]int{"US": 30, "DE": 10}, []string{"US 30", "DE 10"}},
		{"the same number, by name", map[string]int{"US": 12, "DE": 12}, []string{"DE 12", "US 12"}},
		{"two together", map[string]int{"US": 30, "DE": 9, "FR": 1}, []string{"US 30", "other 10"}},
		{"one takes another with it", map[string]int{"US": 30, "DE": 12, "FR": 1}, []string{"US 30", "other 13"}},
		{"all together", map[string]int{"US": 9, "DE": 9}, []string{"other 18"}},
		{"too few for anything", map[string]int{"US": 5, "DE": 4}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var cases []Case
			for name, n := range tt.numbers {
				for range n {
					cases = append(cases, order(len(cases), func(c *Case) { c.Country = name }))
				}
			}
			r, err := Compute(cases, options())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range r.Periods[0].Groups[0].Countries {
				got = append(got, row.Country+" "+row.Requests.String())
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%q, want %q", got, tt.want)
			}
			if all := r.Periods[0].Groups[0].All; tt.want == nil && !reflect.DeepEqual(all, kinds[0].blank(All)) {
				t.Errorf("%+v, want nothing", all)
			}
		})
	}
}

// What is in the report is checked, not what the package thinks that it withheld.
func TestPrintedReportsGiveNoCellAway(t *testing.T) {
	random := rand.New(rand.NewPCG(2012, 75378))
	outcomes := []Outcome{NonContent, Rejected, Content}
	for range 300 {
		o := options()
		o.Threshold = 2 + random.IntN(3)
		var cases []Case
		for i, country := range []string{"US", "DE", "FR"} {
			for range random.IntN(9 - 2*i) {
				cases = append(cases, order(len(cases), func(c *Case) {
					c.Country = country
					c.Outcome = outcomes[min(random.IntN(3), random.IntN(3))]
					c.NonDisclosure = random.IntN(4) == 0
					c.Process = []string{"subpoena", "search-warrant"}[random.IntN(2)]
				}))
			}
		}
		r, err := Compute(cases, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Periods) == 0 || len(r.Periods[0].Groups[0].Countries) == 0 {
			continue
		}
		g := r.Periods[0].Groups[0]
		plain := o
		plain.Threshold = 1
		under := make(map[string]bool)
		for _, row := range g.Countries {
			under[row.Country] = true
		}
		grouped := slices.Clone(cases)
		for i := range grouped {
			if !under[grouped[i].Country] {
				grouped[i].Country = "ZZ" // stands for other
			}
			if p := grouped[i].Process; !slices.ContainsFunc(g.All.Processes, func(c Count) bool { return c.Name == p }) {
				grouped[i].Process = "zz"
			}
		}
		truth, err := Compute(grouped, plain)
		if err != nil {
			t.Fatal(err)
		}
		full := make(map[string]Row)
		for _, row := range append(truth.Periods[0].Groups[0].Countries, truth.Periods[0].Groups[0].All) {
			full[row.Country] = row
		}
		for name, counts := range map[string]func(Row) []Figure{
			"outcomes": func(r Row) []Figure {
				return []Figure{r.Outcomes.Of("content"), r.Outcomes.Of("non-content"), r.Outcomes.Of("rejected")}
			},
			"processes": func(r Row) []Figure {
				var all []Figure
				for _, c := range r.Processes {
					all = append(all, c.Requests)
				}
				return all
			},
			"marks": func(r Row) []Figure {
				f := r.OfWhich.Of(NonDisclosure)
				return []Figure{f, {r.Requests.n - f.n, f.known}}
			},
		} {
			var cells [][]int
			var hidden [][]bool
			for _, row := range append(slices.Clone(g.Countries), g.All) {
				country := row.Country
				if country == Other {
					country = "ZZ"
				}
				var numbers []int
				var withheld []bool
				for i, f := range counts(row) {
					numbers = append(numbers, counts(full[country])[i].n)
					withheld = append(withheld, !f.known)
					if f.known && f.n != numbers[i] {
						t.Fatalf("%s: prints %d instead of %d", name, f.n, numbers[i])
					}
				}
				cells, hidden = append(cells, numbers), append(hidden, withheld)
			}
			checkTable(t, cells, hidden, o.Threshold)
			if t.Failed() {
				t.Fatalf("%s, threshold %d", name, o.Threshold)
			}
		}
	}
}
