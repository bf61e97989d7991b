package transparency

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestBandsAreFixedToTheirGrid(t *testing.T) {
	for _, tt := range []struct {
		n, width int
		want     string
	}{
		{0, 500, "0-499"}, {1, 500, "0-499"}, {499, 500, "0-499"}, {500, 500, "500-999"},
		{0, 1000, "0-999"}, {1000, 1000, "1000-1999"}, {249, 250, "0-249"}, {250, 250, "250-499"}, {100, 100, "100-199"},
	} {
		if got := band(tt.n, tt.width); got != tt.want {
			t.Errorf("band(%d, %d) = %s, want %s", tt.n, tt.width, got, tt.want)
		}
	}
}

func TestBandsAreAllThatIsSaidOfNationalSecurity(t *testing.T) {
	without := sample()
	with := append(sample(), order(1<<20, func(c *Case) {
		// The earliest of all: not even the first half-year may come from it.
		c.ReceivedAt = time.Date(2019, 1, 1, 0, 0, 0, 0, time.UTC)
		c.NationalSecurity = ContentOrder
	}))
	for n := range 300 {
		with = append(with, order(1<<20+1+n, func(c *Case) {
			c.NationalSecurity = []NationalSecurity{Letter, ContentOrder, NonContentOrder}[n%3]
			c.Country, c.Process, c.NonDisclosure, c.Emergency = "ZZ", "nsl", true, true
		}))
	}
	o := options()
	a, err := Compute(without, o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Compute(with, o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b, figures); diff != "" {
		t.Errorf("without bands, 301 cases show:\n%s", diff)
	}
	o.Bands = Bands{Structure: Bands500}
	if a, err = Compute(without, o); err != nil {
		t.Fatal(err)
	}
	if b, err = Compute(with, o); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a, b, figures); diff != "" {
		t.Errorf("inside one band, 301 cases show:\n%s", diff)
	}
}

func TestStructures(t *testing.T) {
	var cases []Case
	for n := range 260 {
		cases = append(cases, order(n, func(c *Case) {
			c.NationalSecurity = Letter
			if n >= 240 {
				c.NationalSecurity = ContentOrder
			}
			c.ReceivedAt, c.DeliveredAt = time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC), time.Time{}
		}))
	}
	for _, tt := range []struct {
		name  string
		bands Bands
		want  []string
	}{
		{"none", Bands{}, nil},
		{"six lines, orders half a year later", Bands{Structure: Bands500}, []string{
			"2025-H2 0-499 0-499 0-499 0-499 0-499 0-499",
			"2026-H1 0-499 0-499 2026-12-28 2026-12-28 2026-12-28 2026-12-28",
		}},
		{"wider ones", Bands{Structure: Bands1000, LetterDelayDays: 60, DelayDays: 30}, []string{
			"2025-H2 0-999 0-999 0-999 0-999 0-999 0-999",
			"2026-H1 2026-08-30 2026-08-30 0-999 0-999 0-999 0-999",
		}},
		{"two lines, at once", Bands{Structure: Bands250}, []string{"2025-H2 250-499 500-749", "2026-H1 0-249 0-249"}},
		{"a year, a year later", Bands{Structure: Bands100}, []string{"2025 2027-01-01 2027-01-01"}},
		{"a year that is due", Bands{Structure: Bands100, DelayDays: 90}, []string{"2025 200-299 500-599"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options()
			o.From, o.Bands = HalfYear{2025, 2}, tt.bands
			r, err := Compute(cases, o)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			if r.NationalSecurity != nil {
				for _, p := range r.NationalSecurity.Periods {
					words := []string{p.Period}
					for _, l := range p.Lines {
						words = append(words, l.Band+l.NotBefore)
					}
					got = append(got, strings.Join(words, " "))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
