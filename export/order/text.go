package order

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The forms of words that machines compare. None can hold a wildcard.
var (
	dashed    = form(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)               // search-warrant
	dotted    = form(`^[a-z][a-z0-9_]*([.-][a-z0-9_]+)*$`)          // sign-ins, session.address
	fileName  = form(`^[^./\\:*?"<>|][^/\\:*?"<>|]*$`)              // order.pdf
	mediaType = form(`^[a-z0-9][a-z0-9.+-]*/[a-z0-9][a-z0-9.+-]*$`) // application/pdf
)

// form compiles an expression when it is first asked for: most commands read no order.
func form(expression string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expression) })
}

func (c *checker) word(path, s string, form func() *regexp.Regexp) {
	if c.text(path, s, MaxName); !form().MatchString(s) {
		c.fail(path, "is not of the form %s", strings.Trim(form().String(), "^$"))
	}
}

// name checks a string that names one thing exactly.
func (c *checker) name(path, s string) { c.text(path, s, MaxName) }

// text refuses what two people, or a person and a machine, could read as two
// different strings.
func (c *checker) text(path, s string, most int) {
	switch {
	case s == "":
		c.fail(path, "is missing or empty")
	case len(s) > most:
		c.fail(path, "has %d bytes; the limit is %d", len(s), most)
	case !utf8.ValidString(s):
		c.fail(path, "is not valid UTF-8")
	case strings.TrimSpace(s) != s:
		c.fail(path, "begins or ends with white space, or has nothing else")
	case strings.ContainsFunc(s, invisible):
		c.fail(path, "has a control character or an invisible one, or what is no character; type it again instead of pasting it")
	case !norm.NFC.IsNormalString(s):
		c.fail(path, "is not in Unicode's normal form C; type it again instead of pasting it")
	}
}

// invisible reports what nobody sees on paper or on a screen: control
// characters, line and paragraph separators, format characters such as
// zero-width and right-to-left marks, variation selectors, fillers and other
// characters that are not drawn, private use, what is no character at all or
// not one yet, and every space but the plain one.
func invisible(r rune) bool {
	return r != ' ' && unicode.Is(unicode.Zs, r) || r == brailleBlank ||
		unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cn,
			unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)
}

const brailleBlank = '\u2800' // a pattern of no dots

// pattern reports whether a target looks like one for many accounts. It would
// match none, since identifiers are compared exactly; but "no such account" is
// the wrong answer to "*@example.com".
func pattern(s string) bool {
	return strings.Contains(s, "*") || strings.HasPrefix(s, "%") || strings.HasSuffix(s, "%")
}
