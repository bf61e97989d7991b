package bag

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"writ/crypto/digest"
)

func TestCheckPath(t *testing.T) {
	for _, tt := range []struct {
		path string
		want error
	}{
		{"bagit.txt", nil},
		{"data/sign-ins/part-00000.ndjson", nil},
		{"data/mail/files/100 % über.eml", nil},
		{Part("schema", 0), nil},
		{"", ErrPath},
		{"/etc/passwd", ErrPath},
		{"../x", ErrPath},
		{"data/../x", ErrPath},
		{"data/./x", ErrPath},
		{"data//x", ErrPath},
		{"data/", ErrPath},
		{`data\x`, ErrPath},
		{`C:/x`, ErrPath},
		{"data/x:stream", ErrPath},
		{"data/.hidden", ErrPath},
		{"data/x.", ErrPath},
		{"data/x ", ErrPath},
		{"data/NUL", ErrPath},
		{"data/com1.txt", ErrPath},
		{"data/a\nb", ErrPath},
		{"data/a\x00b", ErrPath},
		{"data/a\u202eb", ErrPath},
		{"data/\xff", ErrPath},
		{"data/" + strings.Repeat("x", 201), ErrPath},
		{strings.Repeat("x/", 512) + "x", ErrPath},
	} {
		if err := CheckPath(tt.path); !errors.Is(err, tt.want) {
			t.Errorf("CheckPath(%q) = %v, want %v", tt.path, err, tt.want)
		}
	}
}

func TestPaths(t *testing.T) {
	var p Paths
	for _, tt := range []struct {
		path string
		want error
	}{
		{"data/a/b", nil},
		{"data/a/b", ErrPath},
		{"data/A/B", ErrPath},
		{"data/a", ErrPath},
		{"data/a/b/c", ErrPath},
		{"data/a/bb", nil},
		{"bagit.txt", nil},
		{"data/../x", ErrPath},
	} {
		if err := p.Add(tt.path); !errors.Is(err, tt.want) {
			t.Errorf("Add(%q) = %v, want %v", tt.path, err, tt.want)
		}
	}
}

func TestParse(t *testing.T) {
	a, b := digest.Of([]byte("a")), digest.Of([]byte("b"))
	entries := []Entry{{"data/b%25", b}, {"bagit.txt", a}}
	text := Marshal(entries)
	want := a.Hex() + "  bagit.txt\n" + b.Hex() + "  data/b%2525\n"
	if string(text) != want {
		t.Fatalf("Marshal = %q, want %q", text, want)
	}
	back, err := Parse(text)
	if err != nil || !cmp.Equal(back, []Entry{entries[1], entries[0]}) {
		t.Fatalf("Parse = %v, %v", back, err)
	}
	for name, s := range map[string]string{
		"no last newline": strings.TrimSuffix(want, "\n"),
		"one space":       a.Hex() + " bagit.txt\n",
		"upper case":      strings.ToUpper(a.Hex()) + "  bagit.txt\n",
		"short digest":    a.Hex()[1:] + "  bagit.txt\n",
		"empty line":      "\n" + want,
		"carriage return": a.Hex() + "  bagit.txt\r\n",
		"twice":           a.Hex() + "  x\n" + a.Hex() + "  x\n",
		"unsorted":        a.Hex() + "  y\n" + a.Hex() + "  x\n",
		"other escape":    a.Hex() + "  data/%41\n",
		"lower escape":    a.Hex() + "  data/%0a\n",
		"bare percent":    a.Hex() + "  data/%\n",
		"escaping path":   a.Hex() + "  ../x\n",
		"star":            a.Hex() + " *bagit.txt\n",
	} {
		if got, err := Parse([]byte(s)); !errors.Is(err, ErrList) || got != nil {
			t.Errorf("%s: Parse = %v, %v, want %v", name, got, err, ErrList)
		}
	}
}

// What is accepted is written again byte for byte.
func FuzzParse(f *testing.F) {
	seed, err := os.ReadFile("testdata/manifest-sha256.txt")
	if err != nil || len(seed) == 0 {
		f.Fatalf("no seed (%v)", err)
	}
	f.Add(seed)
	f.Fuzz(func(t *testing.T, b []byte) {
		entries, err := Parse(b)
		if err != nil {
			return
		}
		if !bytes.Equal(Marshal(entries), b) {
			t.Fatalf("%q does not round-trip", b)
		}
	})
}

// A path that is accepted stays in its folder, and is written in a list as it is.
func FuzzCheckPath(f *testing.F) {
	for _, s := range []string{"data/a", "../a", "/a", "a//b", "con", "a/NUL.txt", "a\\b", "a:b", "\u00e4/%", "a ", ".a", "a\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, path string) {
		if CheckPath(path) != nil {
			return
		}
		if !fs.ValidPath(path) || !filepath.IsLocal(path) || strings.ContainsAny(path, "\\:\x00") {
			t.Fatalf("%q is accepted", path)
		}
		if back, err := Parse(Marshal([]Entry{{Path: path}})); err != nil || len(back) != 1 || back[0].Path != path {
			t.Fatalf("%q comes back as %v (%v)", path, back, err)
		}
	})
}
