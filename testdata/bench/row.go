package main

import "fmt"

// A row is one comparison with a target, or without one.
type row struct {
	key        string // names the row's notes in notes.md
	what, peer string // which is measured, and by what
	ours       string // as measured
	theirs     string
	value      float64
	unit       string // "" for a ratio
	target     target
	missing    string // why it was not measured
}

// A target is a bound on a row's value. The zero target is none.
type target struct {
	bound bound
	limit float64
}

type bound int

const (
	none bound = iota
	most
	least
)

func atMost(limit float64) target  { return target{most, limit} }
func atLeast(limit float64) target { return target{least, limit} }

func (t target) met(value float64) bool {
	return t.bound == most && value <= t.limit || t.bound == least && value >= t.limit
}

func (r row) targeted() bool { return r.target.bound != none }

func (r row) met() bool { return r.missing == "" && r.target.met(r.value) }

func (r row) figure(v float64) string {
	switch r.unit {
	case "":
		return fmt.Sprintf("%.3g", v)
	case "%":
		return fmt.Sprintf("%.0f %%", 100*v)
	}
	return fmt.Sprintf("%.3g %s", v, r.unit)
}

func (r row) goal() string {
	switch {
	case !r.targeted():
		return "none"
	case r.target.bound == least:
		return "≥ " + r.figure(r.target.limit)
	}
	return "≤ " + r.figure(r.target.limit)
}

func (r row) verdict() string {
	switch {
	case r.missing != "":
		return "not measured"
	case !r.targeted():
		return "–"
	case r.met():
		return "yes"
	}
	return "**no**"
}

// ratio compares the medians of two commands' times.
func ratio(key, what string, ours, theirs *command, t target) row {
	a, b := ours.wall(), theirs.wall()
	return row{key: key, what: what, peer: theirs.name, ours: a.seconds(), theirs: b.seconds(), value: a.median / b.median, target: t}
}
