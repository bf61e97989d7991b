package commit

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestParseOpenings(t *testing.T) {
	good, err := os.ReadFile("testdata/commitments.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		old, new string
		want     error
	}{
		{name: "as written"},
		{name: "other format", old: "commitments/v1", new: "commitments/v2", want: ErrOpenings},
		{name: "other algorithm", old: "0x00", new: "0x02", want: ErrOpenings},
		{name: "unknown member", old: `"format"`, new: `"extra":1,"format"`, want: ErrOpenings},
		{name: "member twice", old: `"format"`, new: `"seed":"","format"`, want: ErrOpenings},
		{name: "trailing bytes", old: "}\n", new: "}\n\n", want: ErrOpenings},
		{name: "no newline", old: "}\n", new: "}", want: ErrOpenings},
		{name: "white space", old: `"seed":`, new: `"seed": `, want: ErrOpenings},
		{name: "short seed", old: "AAEC", new: "", want: ErrSeed},
		{name: "no algorithm", old: `"algorithm"`, new: `"x"`, want: ErrOpenings},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.old != "" && !bytes.Contains(good, []byte(tt.old)) {
				t.Fatalf("the sample does not hold %q", tt.old)
			}
			in := bytes.Replace(good, []byte(tt.old), []byte(tt.new), 1)
			if _, err := ParseOpenings(in); !errors.Is(err, tt.want) {
				t.Errorf("ParseOpenings = %v, want %v", err, tt.want)
			}
		})
	}
	if _, err := ParseOpenings(make([]byte, MaxOpeningsBytes+1)); !errors.Is(err, ErrOpenings) {
		t.Errorf("too long: %v", err)
	}
}

// What is accepted is written again byte for byte.
func FuzzParseOpenings(f *testing.F) {
	seed, err := os.ReadFile("testdata/commitments.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := ParseOpenings(b)
		if err != nil {
			return
		}
		if again, err := o.Openings(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}

// A seed has one spelling.
func FuzzParseSeed(f *testing.F) {
	f.Add(fixed)
	f.Add(strings.TrimRight(fixed, "="))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		if seed, err := ParseSeed(s); err == nil && seed.Reveal() != s || err != nil && seed.Reveal() != "" {
			t.Fatalf("%q is read as another (%v)", s, err)
		}
	})
}
