package catalog

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// ErrIdentifier is returned for a target's value that is not of its type's
// form. It never holds the value.
var ErrIdentifier = errors.New("identifier not of its type's form")

// A Rule is how an identifier is normalised before it is compared.
type Rule string

// The rules. None is applied unless the catalog names it.
const (
	Lower           Rule = "lower"            // ASCII letters
	LowerDomain     Rule = "lower-domain"     // ASCII letters after the last @
	DropTag         Rule = "drop-tag"         // from the first + up to the last @
	DropDots        Rule = "drop-dots"        // dots before the last @
	StripSeparators Rule = "strip-separators" // spaces, dots, dashes, slashes and parentheses
	E164            Rule = "e164"             // spaces, dots, dashes and parentheses go; must be + and 8-15 digits then
)

var rules = []Rule{Lower, LowerDomain, DropTag, DropDots, StripSeparators, E164}

// Apply brings a target's value to the form that is compared: the identifier's
// rules, then the canonical form of its column's type. Errors wrap
// [ErrIdentifier].
func (i Identifier) Apply(value string) (string, error) {
	for _, r := range i.Normalize {
		var ok bool
		if value, ok = r.apply(value); !ok {
			return "", ErrIdentifier
		}
	}
	switch i.ColumnType {
	case Text:
		if value == "" || strings.ContainsRune(value, 0) {
			return "", ErrIdentifier
		}
		return value, nil
	case Integer:
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || strconv.FormatInt(n, 10) != value {
			return "", ErrIdentifier
		}
		return value, nil
	case IPAddress:
		a, err := netip.ParseAddr(value)
		if err != nil || a.Zone() != "" {
			return "", ErrIdentifier
		}
		return a.Unmap().String(), nil
	}
	return "", ErrIdentifier // the zero Identifier finds nobody
}

func (r Rule) apply(value string) (string, bool) {
	switch r {
	case Lower:
		return lower(value), true
	case LowerDomain, DropTag, DropDots:
		at := strings.LastIndexByte(value, '@')
		if at < 1 || at == len(value)-1 {
			return "", false
		}
		local, domain := value[:at], value[at:]
		switch r {
		case LowerDomain:
			domain = lower(domain)
		case DropTag:
			local, _, _ = strings.Cut(local, "+")
		case DropDots:
			local = strings.ReplaceAll(local, ".", "")
		}
		return local + domain, local != ""
	case StripSeparators:
		return strings.NewReplacer(" ", "", ".", "", "-", "", "/", "", "(", "", ")", "").Replace(value), true
	case E164:
		// "+41 (0)44 …" is dialled with or without the 0, never with both: whose
		// number it is, is not for a program to guess.
		if strings.Contains(value, "(0)") {
			return "", false
		}
		value = strings.NewReplacer(" ", "", ".", "", "-", "", "(", "", ")", "").Replace(value)
		digits, ok := strings.CutPrefix(value, "+")
		if !ok || len(digits) < 8 || len(digits) > 15 || strings.Trim(digits, "0123456789") != "" || digits[0] == '0' {
			return "", false
		}
		return value, true
	}
	return "", false
}

// lower changes ASCII letters only: what else is upper case is the store's to say.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
