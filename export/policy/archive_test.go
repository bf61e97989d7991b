package policy

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"writ/crypto/digest"
)

func TestArchive(t *testing.T) {
	p := defaultPolicy(t)
	a := p.Archive()
	if digest.Of(a) != p.Digest() {
		t.Errorf("the archive's digest is %v, the policy's %v", digest.Of(a), p.Digest())
	}
	q, err := LoadArchive(a)
	if err != nil {
		t.Fatal(err)
	}
	if q.Digest() != p.Digest() || !bytes.Equal(q.Archive(), a) || !reflect.DeepEqual(q.Jurisdictions(), p.Jurisdictions()) {
		t.Error("what was loaded is another policy")
	}
	for _, name := range p.Jurisdictions() {
		x, _ := p.Describe(name)
		if y, _ := q.Describe(name); !reflect.DeepEqual(x, y) {
			t.Errorf("%s is described differently", name)
		}
	}
	a[0] = 'x'
	if bytes.Equal(a, p.Archive()) {
		t.Error("Archive is no copy")
	}
}

func TestLoadArchiveRefuses(t *testing.T) {
	good := string(defaultPolicy(t).Archive())
	for _, tt := range []struct{ name, old, new string }{
		{"no newline at the end", "\"}\n", "\"}"},
		{"something after it", "\"}\n", "\"}\n\n"},
		{"white space", `{"files"`, `{ "files"`},
		{"another format", "archive/v1", "archive/v2"},
		{"unknown member", `{"files"`, `{"author":"","files"`},
		{"a file twice", `"eu.yaml":`, `"eu.yaml":"","eu.yaml":`},
		{"a file too few", `"eu.yaml":`, `"fr.yaml":`},
		{"a file that is none of a policy", `"eu.yaml":`, `"../eu.yaml":`},
		{"notes", `{"eu.cedar"`, `{"README.md":"","eu.cedar"`},
		{"a broken rule", "permit (", "permit ["},
		{"a letter escaped", "permit (", `\u0070ermit (`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := strings.Replace(good, tt.old, tt.new, 1)
			if b == good {
				t.Fatal("the case changes nothing")
			}
			if p, err := LoadArchive([]byte(b)); p != nil || !errors.Is(err, ErrPolicy) {
				t.Errorf("LoadArchive = %v, %v; want ErrPolicy", p, err)
			}
		})
	}
	for _, b := range [][]byte{nil, []byte("{}\n"), make([]byte, MaxArchiveBytes+1), []byte(`{"files":{},"format":"writ.policy-archive/v1"}` + "\n")} {
		if p, err := LoadArchive(b); p != nil || !errors.Is(err, ErrPolicy) {
			t.Errorf("LoadArchive of %d bytes = %v, %v", len(b), p, err)
		}
	}
}

// What is accepted is the archive that it gives back.
func FuzzLoadArchive(f *testing.F) {
	good := defaultPolicy(f).Archive()
	f.Add(good)
	f.Add([]byte(`{"files":{"us.cedar":"","us.yaml":""},"format":"writ.policy-archive/v1"}` + "\n"))
	f.Add([]byte("{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := LoadArchive(b)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Archive(), b) || p.Digest() != digest.Of(b) {
			t.Fatal("the archive is another")
		}
	})
}
