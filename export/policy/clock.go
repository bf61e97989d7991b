package policy

import (
	"strings"
	"time"
)

// A day is one of 24 hours, as in every duration of a policy.
const day = 24 * time.Hour

// A moment is a time that depends on the order: a while after its receipt, the
// end of a day (the day of receipt is day 0; days are UTC's), or the date that
// the order sets. The zero moment is never.
type moment struct {
	after    time.Duration
	endOfDay int
	orders   bool
}

// moment reads 8h, 10d, "end of day 10" or order.
func (l line) moment(key string) moment {
	n, ok := l.Get(key)
	if !ok {
		return moment{}
	}
	s := l.Text(key)
	if s == "order" && key == "deadline" {
		return moment{orders: true}
	}
	if day, ok := strings.CutPrefix(s, "end of day "); ok {
		if v, ok := count(day, 36_500); ok {
			return moment{endOfDay: int(v)}
		}
	}
	d, ok := parseDuration(s)
	if !ok {
		l.Fail(n.Errorf(`want hours or days such as 8h or 10d, "end of day 10", or for a deadline "order"`))
	}
	return moment{after: d}
}

// at returns the moment for an order received at received and due at due; zero
// if it never comes.
func (m moment) at(received, due time.Time) time.Time {
	switch received = received.UTC(); {
	case m.orders:
		return due
	case m.endOfDay > 0:
		y, mo, d := received.Date()
		return time.Date(y, mo, d+m.endOfDay+1, 0, 0, 0, 0, time.UTC)
	case m.after > 0:
		return received.Add(m.after)
	}
	return time.Time{}
}

// earlier returns the earlier of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
