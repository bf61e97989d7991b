package digest

import (
	"errors"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	for _, tt := range []struct {
		name, text string
		want       error
	}{
		{"the digest of nothing", "sha256:" + empty, nil},
		{"without the algorithm", empty, ErrFormat},
		{"another algorithm", "sha512:" + empty, ErrFormat},
		{"capitals", "sha256:" + strings.ToUpper(empty), ErrFormat},
		{"a digit short", "sha256:" + empty[1:], ErrFormat},
		{"a digit more", "sha256:" + empty + "0", ErrFormat},
		{"not hex", "sha256:" + strings.Replace(empty, "e", "g", 1), ErrFormat},
		{"nothing", "", ErrFormat},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d Digest
			if err := d.UnmarshalText([]byte(tt.text)); !errors.Is(err, tt.want) {
				t.Fatalf("UnmarshalText = %v, want %v", err, tt.want)
			} else if err != nil {
				if !d.IsZero() {
					t.Errorf("a digest came with the error: %s", d)
				}
				return
			}
			if d != Of(nil) || d.String() != tt.text {
				t.Errorf("read %s, want %s", d, tt.text)
			}
		})
	}
	if _, err := ParseHex(strings.ToUpper(empty)); !errors.Is(err, ErrFormat) {
		t.Errorf("ParseHex takes capitals: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(Of(nil).String())
	f.Add("sha256:")
	f.Add("sha256:" + strings.Repeat("A", 64))
	f.Fuzz(func(t *testing.T, s string) {
		d, err := Parse(s)
		if err == nil && d.String() != s {
			t.Fatalf("%q has a second spelling, %q", s, d)
		}
		var text Digest
		if textErr := text.UnmarshalText([]byte(s)); (textErr == nil) != (err == nil) || text != d {
			t.Fatalf("as text, %q is %v (%v)", s, text, textErr)
		}
		bare, ok := strings.CutPrefix(s, "sha256:")
		if hex, hexErr := ParseHex(bare); ok && ((hexErr == nil) != (err == nil) || hex != d) {
			t.Fatalf("in hex, %q is %v (%v)", bare, hex, hexErr)
		}
	})
}
