package policy

import (
	"strings"
	"testing"
	"time"

	"writ/crypto/trust"
	"writ/export/catalog"
)

// An order counts in the rates of its process and in those of all.
func TestRatesOfAnOrder(t *testing.T) {
	p, c := defaultPolicy(t), everything(t)
	for process, want := range map[trust.Process]string{
		"subpoena":  "us.rate.agency.day us.rate.agency.month us.rate.provider.day us.rate.provider.month",
		"emergency": "us.rate.agency.day us.rate.agency.month us.rate.emergency.day us.rate.provider.day us.rate.provider.month",
	} {
		d := p.decide(plain("us", process, "identity.name"), c)
		var ids []string
		for i, r := range d.Rates() {
			ids = append(ids, r.ID)
			if got := d.Record().Rates[i]; got.Rule.ID != r.ID || int64(got.Hours)*int64(time.Hour) != int64(r.Within) || got.Orders != r.Orders || got.Accounts != r.Accounts {
				t.Errorf("%s is recorded as %+v", r.ID, got)
			}
		}
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("%s: %s, want %s", process, got, want)
		}
	}
	if d := p.decide(plain("xx", "subpoena", "identity.name"), c); len(d.Rates()) != 0 {
		t.Error("rates under a law that there is not")
	}
}

// The longest name that holds a category counts, also where it allows more.
func TestLongestNameCounts(t *testing.T) {
	l := Ceilings{Window: 100 * day, WindowDays: 100, Windows: []WindowCeiling{
		{"session", 20 * day, 20}, {"session.address", 40 * day, 40}, {"traffic", 10 * day, 10},
	}}
	for c, want := range map[catalog.Category]int{
		"session.address": 40, "session.time": 20, "session": 20, "traffic.call": 10, "identity.name": 100, "content": 100,
	} {
		if got := l.window(c); got.Days != want || got.Window != time.Duration(want)*day {
			t.Errorf("%s: %d days, want %d", c, got.Days, want)
		}
	}
}
