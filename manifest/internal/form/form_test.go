package form

import (
	"regexp"
	"testing"
)

// What each form is, as one line says it.
var forms = []struct {
	name string
	is   func(string) bool
	want *regexp.Regexp
}{
	{"export id", isExportID, regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)},
	{"word", isWord, regexp.MustCompile(`^[a-z][a-z0-9_]*([.-][a-z0-9_]+)*$`)},
	{"key id", isKeyID, regexp.MustCompile(`^[0-9a-f]{64}$`)},
	{"instant", isInstant, regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$`)},
}

func FuzzForms(f *testing.F) {
	for _, s := range []string{
		"", "a", "Z", "0", "-", "a-", "-a", "a--b", "a-b", "a.b", "a..b", "a_b", "_a", "0a", "A-b", "é", "a\n", "a b",
		"sign-ins", "session.address", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08",
		"2026-03-01T00:00:00Z", "2026-03-01T00:00:00", "2026-03-01T00:00:00z", "2026-03-01t00:00:00Z", "2026-03-01 00:00:00Z",
		"2026-03-01T00:00:00.5Z", "2026-03-01T00:00:00.Z", "2026-03-01T00:00:00.123456789Z", "2026-03-01T00:00:00.1234567890Z", "2026-03-01T00:00:00,5Z",
		"2026-03-01T00:00:00+01:00", "2026-03-01T00:00:00-00:00", "2026-03-01T00:00:00+0100", "2026-03-01T00:00:00+01:0", "2026-03-01T00:00:00+01:000",
		"20a6-03-01T00:00:00Z", "2026-03-01T00:00:00ZZ", "2026-03-01T00:00:00.5+01:00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, form := range forms {
			if got, want := form.is(s), form.want.MatchString(s); got != want {
				t.Errorf("%s: %q is %v, want %v", form.name, s, got, want)
			}
		}
	})
}
