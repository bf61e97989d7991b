package order

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Doubt is what somebody should look at twice before an order is answered:
// a target's value that may not be the one on the paper. It changes nothing:
// what is looked up is the value as it stands.
type Doubt struct {
	Target int // its place in the order
	Kind   DoubtKind
}

// A DoubtKind is why a value is doubted.
type DoubtKind string

// The doubts.
const (
	MixedScripts DoubtKind = "mixed-scripts" // letters or digits of more than one script
	LookAlike    DoubtKind = "look-alike"    // characters that look like ASCII ones and are others
)

// Why says in words what the doubt is, without the value.
func (k DoubtKind) Why() string {
	switch k {
	case MixedScripts:
		return "its letters or digits are of more than one script"
	case LookAlike:
		return "it has characters that look like ASCII letters, digits or signs, and are others"
	}
	return "unknown"
}

// Doubts returns what to look at twice in the order's targets, in their order.
func (o Order) Doubts() []Doubt {
	var doubts []Doubt
	for i, t := range o.Targets {
		if mixesScripts(t.Value) {
			doubts = append(doubts, Doubt{i, MixedScripts})
		}
		if looksAlike(t.Value) {
			doubts = append(doubts, Doubt{i, LookAlike})
		}
	}
	return doubts
}

// looksAlike reports whether s has characters that could be taken for ASCII
// ones. In a word that is wholly of another script they are at home ("Москва"),
// unless the whole could be taken for one in ASCII ("сосо").
func looksAlike(s string) bool {
	alike, others, latin := false, false, false
	for _, r := range s {
		switch {
		case unicode.Is(looksASCII, r):
			alike = true
		case r >= utf8.RuneSelf:
			others = true
		}
		latin = latin || unicode.Is(unicode.Latin, r)
	}
	return alike && (latin || !others)
}

// mixesScripts reports whether the letters and digits of s are of more than one
// script, by what UTS 39, section 5.1, calls a resolved script set; Japanese,
// Korean and Bopomofo are each one with their Han characters.
func mixesScripts(s string) bool {
	scripts := make(map[string]bool)
	ascii, other := false, false // digits
	for _, r := range s {
		if unicode.Is(unicode.Nd, r) {
			ascii, other = ascii || r < utf8.RuneSelf, other || r >= utf8.RuneSelf
		}
		scripts[script(r, scripts)] = true
	}
	delete(scripts, "Common")
	delete(scripts, "Inherited")
	if ascii && other {
		return true
	}
	for _, one := range writings {
		rest := len(scripts)
		for _, name := range strings.Fields(one) {
			if scripts[name] {
				rest--
			}
		}
		if rest == 0 {
			return false
		}
	}
	return len(scripts) > 1
}

// writings are those that use several scripts together.
var writings = []string{"Han Hiragana Katakana", "Han Hangul", "Han Bopomofo"}

// script returns the script of r, or Common or Inherited for what belongs to
// all. It is looked for among the likely ones first.
func script(r rune, likely map[string]bool) string {
	for name := range likely {
		if unicode.Is(unicode.Scripts[name], r) {
			return name
		}
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return "Common" // not assigned: an order has none
}
