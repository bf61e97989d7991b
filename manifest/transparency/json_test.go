package transparency

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseReadsWhatJSONWrote(t *testing.T) {
	r := sampleReport(t)
	b, err := r.JSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(r, got, figures); diff != "" {
		t.Error(diff)
	}
}

func TestParseRefuses(t *testing.T) {
	good, err := os.ReadFile("testdata/report.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		old, new string // once
	}{
		{"an unknown member", `"threshold": 10`, `"threshold": 10, "more": 1`},
		{"a member twice", `"threshold": 10`, `"threshold": 10, "threshold": 10`},
		{"other white space", `"threshold": 10`, `"threshold":  10`},
		{"trailing bytes", "\n}\n", "\n}\n\n"},
		{"another format", "writ.report/v1", "writ.report/v2"},
		{"no threshold", `"threshold": 10`, `"threshold": 0`},
		{"no provider", `"provider": "Example Mail"`, `"provider": ""`},
		{"a time with a fraction", "2026-08-15T09:30:00Z", "2026-08-15T09:30:00.5Z"},
		{"another zone", "2026-08-15T09:30:00Z", "2026-08-15T09:30:00+00:00"},
		{"a half-year that had not ended", "2026-08-15T09:30:00Z", "2026-06-30T23:59:59Z"},
		{"a half-year in another place", `"period": "2024-H2"`, `"period": "2025-H2"`},
		{"a half-year that is none", `"period": "2024-H2"`, `"period": "2024-H3"`},
		{"a group of another name", `"group": "orders"`, `"group": "all-orders"`},
		{"a small count", `"accounts": 581`, `"accounts": 9`},
		{"a negative count", `"accounts": 581`, `"accounts": -1`},
		{"a count with a fraction", `"accounts": 581`, `"accounts": 58.1`},
		{"a count in letters", `"accounts": 581`, `"accounts": "581"`},
		{"outcomes that do not add up", `"rejected": 44`, `"rejected": 444`},
		{"an outcome that is none", `"rejected": 44`, `"refused": 44`},
		{"processes that do not add up", `"search-warrant": 133`, `"search-warrant": 134`},
		{"a process that is none", `"search-warrant": 133`, `"Search warrant": 133`},
		{"a mark whose absence is small", `"non-disclosure": 181`, `"non-disclosure": 570`},
		{"another share", `"non_disclosure_percent": 31.4`, `"non_disclosure_percent": 31.5`},
		{"a share without a decimal", `"non_disclosure_percent": 31.4`, `"non_disclosure_percent": 31`},
		{"a country that is none", `"country": "US"`, `"country": "usa"`},
		{"a country twice", `"country": "DE"`, `"country": "US"`},
		{"countries out of order", `"requests": 311`, `"requests": 31`},
		{"an exact number of national security", `"band": "0-499"`, `"band": "17-17"`},
		{"a band off the grid", `"band": "0-499"`, `"band": "100-599"`},
		{"a band and a date", `"band": "0-499"`, `"band": "0-499", "not_before": "2026-12-28"`},
		{"bands of another width", `"structure": "500"`, `"structure": "1000"`},
		{"a line that is none", `"line": "letters"`, `"line": "letters-of-love"`},
		{"a digest in capitals", "sha256:4", "SHA256:4"},
		{"not JSON", "{", "["},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if !bytes.Contains(good, []byte(tt.old)) {
				t.Fatalf("testdata/report.json has no %s", tt.old)
			}
			if r, err := Parse(bytes.Replace(good, []byte(tt.old), []byte(tt.new), 1)); !errors.Is(err, ErrFormat) || r != nil {
				t.Errorf("Parse = a report: %v, %v; want %v", r != nil, err, ErrFormat)
			}
		})
	}
	if _, err := Parse(append(good, make([]byte, MaxBytes)...)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "limit") {
		t.Errorf("too large: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("testdata/small-*.json")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata (%v)", err)
	}
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrReport) || r != nil {
				t.Fatalf("Parse = %v, %v", r, err)
			}
			return
		}
		if again, err := r.JSON(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("does not round-trip: %v", err)
		}
		if changes, err := Compare(r, r); err != nil || len(changes) != 0 {
			t.Fatalf("a report differs from itself: %v, %v", changes, err)
		}
		if _, err := r.CSV(); err != nil {
			t.Fatal(err)
		}
		page, err := r.HTML()
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(page, []byte("<script")) {
			t.Fatal("the page has a script")
		}
	})
}

func TestPageNeedsNothingFromElsewhere(t *testing.T) {
	r := sampleReport(t)
	r.Definitions[0].Means = `<script src="https://elsewhere.example/x.js"></script>`
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "<link", "<img", "<iframe", "<object", "@import", "url(", `src="`, `href="http`, "javascript:", "ZgotmplZ"} {
		if bytes.Contains(page, []byte(bad)) {
			t.Errorf("the page has %s", bad)
		}
	}
	for _, good := range []string{"default-src 'none'", "@media print", "prefers-color-scheme: dark", `name="viewport"`, "<svg", "&lt;script"} {
		if !bytes.Contains(page, []byte(good)) {
			t.Errorf("the page has no %s", good)
		}
	}
}

// A half-year has one spelling, and the next begins where it ends.
func FuzzParseHalfYear(f *testing.F) {
	for _, s := range []string{"2026-H1", "2026-H2", "0001-H1", "9999-H2", "2026-H3", "2026-h1", " 2026-H1", "+026-H1", "-001-H1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, err := ParseHalfYear(s)
		var text HalfYear
		if textErr := text.UnmarshalText([]byte(s)); (textErr == nil) != (err == nil) || text != h {
			t.Fatalf("as text, %q is %v (%v)", s, text, textErr)
		}
		if err != nil {
			if !errors.Is(err, ErrFormat) || !h.IsZero() {
				t.Fatalf("ParseHalfYear = %v, %v", h, err)
			}
			return
		}
		if h.String() != s || HalfOf(h.Start()) != h || !h.Next().Start().Equal(h.End()) && h.Year < 9999 {
			t.Fatalf("%q is %v", s, h)
		}
	})
}
