// Package form checks the form of what a statement says: its words, lines,
// numbers and times. It keeps the first thing that is wrong, and names it by
// its path, never by its value.
package form

import (
	"fmt"
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

func digit(c byte) bool { return '0' <= c && c <= '9' }

func lower(c byte) bool { return 'a' <= c && c <= 'z' }

// joined reports whether s is parts of ok bytes with one of joints between two.
func joined(s string, ok func(c byte) bool, joints string) bool {
	open := true
	for i := range len(s) {
		switch c := s[i]; {
		case ok(c):
			open = false
		case !open && strings.IndexByte(joints, c) >= 0:
			open = true
		default:
			return false
		}
	}
	return !open
}

func isWord(s string) bool {
	return s != "" && lower(s[0]) && joined(s, func(c byte) bool { return lower(c) || digit(c) || c == '_' }, ".-")
}

func isExportID(s string) bool {
	return joined(s, func(c byte) bool { return lower(c) || digit(c) || 'A' <= c && c <= 'Z' }, "-")
}

func isKeyID(s string) bool {
	return len(s) == 64 && joined(s, func(c byte) bool { return digit(c) || 'a' <= c && c <= 'f' }, "")
}

// isInstant reports whether s has the form of RFC 3339, in capitals and with at
// most nine digits of a second.
func isInstant(s string) bool {
	like := func(s, shape string) bool {
		for i := range len(shape) {
			if c := shape[i]; i >= len(s) || s[i] != c && (c != '0' || !digit(s[i])) {
				return false
			}
		}
		return true
	}
	const second = "0000-00-00T00:00:00"
	if !like(s, second) {
		return false
	}
	s = s[len(second):]
	if fraction, ok := strings.CutPrefix(s, "."); ok {
		s = strings.TrimLeft(fraction, "0123456789")
		if n := len(fraction) - len(s); n < 1 || n > 9 {
			return false
		}
	}
	return s == "Z" || len(s) == len("+00:00") && (like(s, "+00:00") || like(s, "-00:00"))
}

// A Checker keeps the first thing that is wrong. Its error wraps Family, and
// puts Where before the path.
type Checker struct {
	Family error
	Where  string
	Err    error
}

// Need asks that ok holds.
func (c *Checker) Need(ok bool, path, format string, a ...any) {
	if !ok && c.Err == nil {
		c.Err = fmt.Errorf("%w: %s%s %s", c.Family, c.Where, path, fmt.Sprintf(format, a...))
	}
}

// Text asks for one readable line; optional lets it be empty.
func (c *Checker) Text(path, s string, limit int, optional bool) {
	c.text(path, "", s, limit, optional)
}

// text is [Checker.Text] of a member of what is at the path.
func (c *Checker) text(path, member, s string, limit int, optional bool) {
	// Nothing is put together for what is as it should be.
	switch {
	case !optional && s == "":
		c.Need(false, path+member, "is empty")
	case len(s) > limit:
		c.Need(false, path+member, "is longer than %d bytes", limit)
	case strings.ContainsFunc(s, unicode.IsControl):
		c.Need(false, path+member, "holds a control character")
	}
}

// longNumber reports whether s has seven digits in a row: identifiers do, and
// reasons need none.
func longNumber(s string) bool {
	run := 0
	for i := range len(s) {
		if run++; !digit(s[i]) {
			run = 0
		} else if run == 7 {
			return true
		}
	}
	return false
}

// MayName reports whether prose may name a target: it holds an address or a long number.
func MayName(s string) bool { return strings.Contains(s, "@") || longNumber(s) }

// Prose asks for a line that people may have typed, and that does not [MayName].
func (c *Checker) Prose(path, s string, limit int, optional bool) {
	c.Text(path, s, limit, optional)
	c.Need(!MayName(s), path, "holds an address or a long number; a statement names no target")
}

// Word asks for a name that machines compare.
func (c *Checker) Word(path, s string) {
	c.Need(len(s) <= MaxName && isWord(s), path, "is not a name such as sign-ins or session.address")
}

// Rule asks for a rule with its citation; optional lets both be empty.
func (c *Checker) Rule(path, id, cite string, optional bool) {
	optional = optional && id == "" && cite == ""
	c.text(path, ".id", id, MaxName, optional)
	c.text(path, ".cite", cite, MaxText, optional)
}

// ExportID asks for the id of an export, which is also a file's name.
func (c *Checker) ExportID(path, s string) {
	c.Need(len(s) <= 64 && isExportID(s), path, "is not letters, digits and single hyphens")
}

// KeyID asks for the id of a key.
func (c *Checker) KeyID(path, s string) {
	c.Need(isKeyID(s), path, "is not 64 hex digits")
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
	if !b.IsZero() && b.Before(a) {
		c.Need(false, path, "is before %s", than)
	}
}

// Instant asks for RFC 3339 as an order writes it, and returns the time.
func (c *Checker) Instant(path, s string) time.Time { return c.instant(path, "", s) }

func (c *Checker) instant(path, member, s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || !isInstant(s) {
		c.Need(false, path+member, "is not a time of RFC 3339")
	}
	return t
}

// Window asks for both ends or none, in order. They stand as the order wrote them.
func (c *Checker) Window(path, from, to string) {
	if from == "" && to == "" {
		return
	}
	a, b := c.instant(path, ".from", from), c.instant(path, ".to", to)
	c.Need(a.Before(b), path, "ends before it begins")
}
