// Package form checks the form of what a statement says: its words, lines,
// numbers and times. It keeps the first thing that is wrong, and names it by
// its path, never by its value.
package form

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// MaxText and MaxName bound a statement's strings, in bytes.
const (
	MaxText = 4096
	MaxName = 256
)

// MaxSafe is the largest integer that every JSON reader keeps exactly.
const MaxSafe = 1<<53 - 1

var (
	exportID  = regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)
	word      = regexp.MustCompile(`^[a-z][a-z0-9_]*([.-][a-z0-9_]+)*$`)
	keyDigits = regexp.MustCompile(`^[0-9a-f]{64}$`)
	// RFC 3339, section 4.3: "-00:00" says that the zone is not known.
	instant = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$`)
)

// A Checker keeps the first thing that is wrong. Its error wraps Family.
type Checker struct {
	Family error
	Err    error
}

// Need asks that ok holds.
func (c *Checker) Need(ok bool, path, format string, a ...any) {
	if !ok && c.Err == nil {
		c.Err = fmt.Errorf("%w: %s %s", c.Family, path, fmt.Sprintf(format, a...))
	}
}

// Text asks for one readable line; optional lets it be empty.
func (c *Checker) Text(path, s string, limit int, optional bool) {
	c.Need(optional || s != "", path, "is empty")
	c.Need(len(s) <= limit, path, "is longer than %d bytes", limit)
	c.Need(!strings.ContainsFunc(s, unicode.IsControl), path, "holds a control character")
}

// Word asks for a name that machines compare.
func (c *Checker) Word(path, s string) {
	c.Need(len(s) <= MaxName && word.MatchString(s), path, "is not a name such as sign-ins or session.address")
}

// Rule asks for a rule with its citation; optional lets both be empty.
func (c *Checker) Rule(path, id, cite string, optional bool) {
	optional = optional && id == "" && cite == ""
	c.Text(path+".id", id, MaxName, optional)
	c.Text(path+".cite", cite, MaxText, optional)
}

// ExportID asks for the id of an export, which is also a file's name.
func (c *Checker) ExportID(path, s string) {
	c.Need(len(s) <= 64 && exportID.MatchString(s), path, "is not letters, digits and single hyphens")
}

// KeyID asks for the id of a key.
func (c *Checker) KeyID(path, s string) {
	c.Need(keyDigits.MatchString(s), path, "is not 64 hex digits")
}

// Count asks for an integer from least that every JSON reader keeps.
func (c *Checker) Count(path string, n, least int64) {
	c.Need(n >= least && n <= MaxSafe, path, "is out of range")
}

// UTC asks for a time in UTC, to the second; zero is not there.
func (c *Checker) UTC(path string, t time.Time) {
	_, offset := t.Zone()
	c.Need(offset == 0 && t.Nanosecond() == 0 && (t.IsZero() || t.Year() >= 1970 && t.Year() <= 9999), path, "is not UTC to the second")
}

// After asks that b is not before a; a zero time is not there.
func (c *Checker) After(path string, b time.Time, than string, a time.Time) {
	c.Need(b.IsZero() || !b.Before(a), path, "is before %s", than)
}

// Instant asks for RFC 3339 as an order writes it, and returns the time.
func (c *Checker) Instant(path, s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	c.Need(err == nil && instant.MatchString(s), path, "is not a time of RFC 3339")
	return t
}

// Window asks for both ends or none, in order. They stand as the order wrote them.
func (c *Checker) Window(path, from, to string) {
	if from == "" && to == "" {
		return
	}
	a, b := c.Instant(path+".from", from), c.Instant(path+".to", to)
	c.Need(a.Before(b), path, "ends before it begins")
}
