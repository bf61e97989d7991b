package act

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest/internal/sigstore"
)

const vectorsDir = "testdata/vectors"

// outcomes names what a vector can expect, for readers in other languages.
var outcomes = map[string]error{
	"accepted":  nil,
	"malformed": ErrFormat,
	"signature": ErrSignature,
	"signer":    ErrSigner,
}

// A vector is one file: lines of "key: value", an empty line, the entry.
type vector struct {
	expect, comment string
	entry           []byte
}

func (v vector) String() string {
	return fmt.Sprintf("expect: %s\ncomment: %s\n\n%s", v.expect, v.comment, v.entry)
}

func parseVector(t *testing.T, b []byte) (v vector) {
	t.Helper()
	head, entry, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		t.Fatal("no empty line before the entry")
	}
	v.entry = entry
	for line := range strings.Lines(string(head)) {
		switch key, s, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); key {
		case "expect":
			v.expect = s
		case "comment":
			v.comment = s
		default:
			t.Fatalf("unknown key %q", key)
		}
	}
	return v
}

// vectors returns what the tables of cases come to, as files.
func vectors(t *testing.T) map[string]vector {
	out := map[string]vector{}
	add := func(expect, comment string, entry []byte) {
		name := strings.NewReplacer(" ", "-", ",", "").Replace(comment) + ".txt"
		if _, twice := out[name]; twice {
			t.Fatalf("two vectors are called %s", name)
		}
		out[name] = vector{expect, comment, entry}
	}
	for name, a := range samples(t) {
		add("accepted", "good "+name, mustSign(t, a))
	}
	for _, b := range brokens(t) {
		add("malformed", b.name, unchecked(t, b.act))
	}
	good := string(payload(t, received()))
	for _, f := range forms {
		add("malformed", f.name, resigned(t, strings.Replace(good, f.old, f.new, 1)))
	}
	entry := mustSign(t, received())
	add("malformed", "no final newline", bytes.TrimSuffix(entry, []byte("\n")))
	add("malformed", "two bundles", append(bytes.Clone(entry), entry...))
	add("malformed", "older bundle", bytes.Replace(entry, []byte("v0.3"), []byte("v0.2"), 1))
	add("malformed", "nothing", nil)
	add("malformed", "too long", append(bytes.Repeat([]byte(" "), MaxBytes), entry...))

	s, err := Parse(entry)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(*sigstore.Bundle)) []byte {
		b := s.bundle
		change(&b)
		m, err := b.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	foreign, err := Sign(received(), signer(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	other, err := Parse(mustSign(t, decided()))
	if err != nil {
		t.Fatal(err)
	}
	order, err := signer(t, 1).Sign(sign.ForOrder, s.bundle.Payload)
	if err != nil {
		t.Fatal(err)
	}
	late, elsewhere := received(), received()
	late.RecordedAt = at(59)
	elsewhere.Provider = "other.example"
	add("signature", "signature of another statement", changed(func(b *sigstore.Bundle) { b.Sig = other.bundle.Sig }))
	add("signature", "signature of an order", changed(func(b *sigstore.Bundle) { b.Sig = order }))
	add("signature", "no signature", changed(func(b *sigstore.Bundle) { b.Sig = []byte{} }))
	add("signer", "key that nobody pinned", foreign)
	add("signer", "no key named", changed(func(b *sigstore.Bundle) { b.Hint = "" }))
	add("signer", "key no longer valid", mustSign(t, late))
	add("signer", "statement of another provider", mustSign(t, elsewhere))
	return out
}

// pinned is the provider in testdata, whose key is valid from 10:00 to 10:30.
func pinned(t *testing.T) *trust.Provider {
	t.Helper()
	const file = "testdata/provider.json"
	p := provider(signer(t, 1), trust.UseManifest, trust.Validity{From: at(0), Until: at(30)})
	want, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("%s is not the provider (%v)", file, err)
	}
	if p, err = trust.ParseProvider(got); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestVectors(t *testing.T) {
	p, all := pinned(t), vectors(t)
	if *update {
		if err := os.RemoveAll(vectorsDir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(vectorsDir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, v := range all {
			if err := os.WriteFile(filepath.Join(vectorsDir, name), []byte(v.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(vectorsDir + "/*.txt")
	if err != nil || len(files) != len(all) || len(files) == 0 {
		t.Fatalf("%d vectors, want %d (%v)", len(files), len(all), err)
	}
	seen := map[string]bool{}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if want := all[filepath.Base(file)]; want.String() != string(b) {
				t.Error("differs from the table of cases")
			}
			v := parseVector(t, b)
			want, known := outcomes[v.expect]
			if !known {
				t.Fatalf("unknown outcome %q", v.expect)
			}
			seen[v.expect] = true
			s, err := Parse(v.entry)
			if err == nil {
				_, err = Verify(s, p)
			}
			if !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		})
	}
	for name := range outcomes {
		if !seen[name] {
			t.Errorf("no vector expects %q", name)
		}
	}
}
