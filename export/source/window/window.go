// Package window writes the conditions of time that the SQL stores share: which
// records are in a read's window, and who held an identifier at an instant.
//
// Each store says how it quotes a name and how it binds an instant. Values are
// bound in the order in which they stand in the condition.
package window

import (
	"time"

	"writ/export/catalog"
	"writ/export/source"
)

// A SQL is a store's way to write SQL.
type SQL struct {
	Quote func(column string) string
	// Bind binds the first time that c can hold and that is not before t, and
	// returns its parameter: then "at or after t" is >= and "before t" is <,
	// whatever t's fraction.
	Bind func(c catalog.TimeColumn, t time.Time) (string, error)
}

// Records returns the condition, beginning with AND, that a record is in r's
// window: that its time is in [From, To), or that its interval [time, until)
// overlaps it. It is empty if the dataset knows no time.
func (s SQL) Records(r source.Read) (string, error) {
	if r.Time.Column == "" {
		return "", nil
	}
	at := s.Quote(r.Time.Column)
	if r.Until.Column == "" {
		return s.terms(term{" AND " + at + " >= ", r.Time, r.From}, term{" AND " + at + " < ", r.Time, r.To})
	}
	until := s.Quote(r.Until.Column)
	where, err := s.terms(term{" AND " + at + " < ", r.Time, r.To}, term{" AND (" + until + " IS NULL OR " + until + " >= ", r.Until, r.From.Add(1)},
		term{" OR " + at + " >= ", r.Time, r.From})
	return where + ")", err
}

// Held returns the condition, beginning with AND, that i was held at the
// instant at: from is in, to is out, NULL is still. It is empty if i never
// changes hands.
func (s SQL) Held(i catalog.Identifier, at time.Time) (string, error) {
	where := ""
	after := at.Add(1) // at < x is at+1 <= x
	if i.From.Column != "" {
		from, err := s.terms(term{" AND " + s.Quote(i.From.Column) + " < ", i.From, after})
		if err != nil {
			return "", err
		}
		where += from
	}
	if i.To.Column != "" {
		to := s.Quote(i.To.Column)
		until, err := s.terms(term{" AND (" + to + " IS NULL OR " + to + " >= ", i.To, after})
		if err != nil {
			return "", err
		}
		where += until + ")"
	}
	return where, nil
}

// A term is SQL and the instant that is bound after it.
type term struct {
	sql    string
	column catalog.TimeColumn
	at     time.Time
}

func (s SQL) terms(terms ...term) (string, error) {
	where := ""
	for _, t := range terms {
		p, err := s.Bind(t.column, t.at)
		if err != nil {
			return "", err
		}
		where += t.sql + p
	}
	return where, nil
}

// Ceil returns the first multiple of unit that is not before t.
func Ceil(t time.Time, unit time.Duration) time.Time {
	down := t.Truncate(unit)
	if down.Before(t) {
		return down.Add(unit)
	}
	return down
}
