package order

import (
	"testing"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// What Unicode itself calls another form of ASCII characters looks like them;
// ASCII looks like nothing else, and what is at home elsewhere is not in the table.
func TestLooksASCII(t *testing.T) {
	n := 0
	for r := rune(0x80); r <= unicode.MaxRune; r++ {
		form := norm.NFKC.String(string(r))
		if !norm.NFC.IsNormalString(string(r)) || form == string(r) || !ascii(form) {
			continue
		}
		n++
		if !unicode.Is(looksASCII, r) {
			t.Errorf("%U is another form of %q, and is not in the table", r, form)
		}
	}
	if n < 1000 {
		t.Errorf("%d characters have another form in ASCII", n)
	}
	for r := rune(0); r < 0x80; r++ {
		if unicode.Is(looksASCII, r) {
			t.Errorf("%U is in the table", r)
		}
	}
	for _, r := range "\u00e9\u00df\u0436\u042f\u03a9\u05d0\u6771\uac00" {
		if unicode.Is(looksASCII, r) {
			t.Errorf("%U is in the table", r)
		}
	}
	for _, r := range "\u0430\u0435\u043e\u0440\u0441\u0131\u0391\u2010\u2024\u01c3" {
		if !unicode.Is(looksASCII, r) {
			t.Errorf("%U is not in the table", r)
		}
	}
}

// ascii reports whether s is nothing but what ASCII prints.
func ascii(s string) bool {
	for _, r := range s {
		if r <= ' ' || r >= 0x7f {
			return false
		}
	}
	return true
}
