package policy

import (
	"testing"
	"time"

	"writ/export/catalog"
)

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
