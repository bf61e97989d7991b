package sigstore

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
)

const golden = "../../testdata/export.sigstore.json"

func seed(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecode(t *testing.T) {
	type inner struct {
		Names []string `json:"names"`
		N     int      `json:"n,omitzero"`
	}
	for _, tt := range []struct {
		name, payload string
		ok            bool
	}{
		{"canonical", `{"n":1,"names":[]}`, true},
		{"without an optional member", `{"names":["a"]}`, true},
		{"unknown member", `{"m":1,"names":[]}`, false},
		{"missing member", `{"n":1}`, false},
		{"null for a list", `{"names":null}`, false},
		{"zero spelt out", `{"n":0,"names":[]}`, false},
		{"member twice", `{"n":1,"n":1,"names":[]}`, false},
		{"other order", `{"names":[],"n":1}`, false},
		{"white space", `{"names":[] }`, false},
		{"trailing bytes", `{"names":[]}{}`, false},
		{"escaped letter", `{"names":["\u0061"]}`, false},
		{"invalid UTF-8", "{\"names\":[\"\xff\"]}", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var v inner
			if err := Decode([]byte(tt.payload), &v); (err == nil) != tt.ok {
				t.Errorf("Decode = %v, want accepted %v", err, tt.ok)
			}
		})
	}
}

// A provider without keys, and a nil one, believe nothing.
func TestVerifyNeedsAKey(t *testing.T) {
	is := Errors{Signature: errors.New("signature"), Signer: errors.New("signer")}
	b, err := Parse(seed(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*trust.Provider{nil, {Provider: "mail.example", Registry: digest.Of(nil)}} {
		if id, err := b.Verify(p, "mail.example", time.Date(2026, 3, 2, 10, 8, 0, 0, time.UTC), is); !errors.Is(err, is.Signer) || id != "" {
			t.Errorf("Verify = %q, %v, want %v", id, err, is.Signer)
		}
	}
}

func TestKeyID(t *testing.T) {
	b, err := Parse(seed(t))
	if err != nil {
		t.Fatal(err)
	}
	if len(b.KeyID()) != 64 {
		t.Errorf("key id %q", b.KeyID())
	}
	for _, hint := range []string{"", "x", "AAAA", strings.Repeat("A", 43), strings.Repeat("A", 42) + "B="} {
		b.Hint = hint
		if id := b.KeyID(); id != sign.KeyID("") {
			t.Errorf("hint %q is key %q, want none", hint, id)
		}
	}
}

// What is accepted is what Marshal writes.
func FuzzParse(f *testing.F) {
	b := seed(f)
	f.Add(b)
	f.Add(bytes.TrimSuffix(b, []byte("\n")))
	f.Add(bytes.Replace(b, []byte("v0.3"), []byte("v0.2"), 1))
	f.Add([]byte(`{"dsseEnvelope":{"payload":"","payloadType":"application/vnd.in-toto+json","signatures":[{"sig":""}]},"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{"publicKey":{"hint":""}}}` + "\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := Parse(b)
		before := []byte("before")
		if into, bad := ParseInto(before, b); (bad == nil) != (err == nil) || !reflect.DeepEqual(into, p) || string(before) != "before" {
			t.Fatalf("into a buffer it is %v (%v), and %v (%v) without", into, bad, p, err)
		}
		if err != nil {
			return
		}
		if again, err := p.Marshal(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}

// FuzzCut takes a bundle apart in one way only: what it takes, [Bundle.Marshal]
// writes.
func FuzzCut(f *testing.F) {
	good := seed(f)
	b, ok := cut(nil, good)
	if !ok || b.Hint == "" || len(b.Sig) == 0 || len(b.Payload) == 0 {
		f.Fatal("a bundle is not taken")
	}
	f.Add(good)
	for _, change := range [][2]string{
		{"\n", ""}, {"\n", "\n\n"}, {`{"dsse`, ` {"dsse`}, {`"payload":"`, `"payload":""`}, {`"payload":"`, `"payload":"` + "\r\n"},
		{`"sig":"`, `"sig":"A`}, {`"hint":"`, `"hint":"\u0041`}, {`=="`, `="`}, {`="`, `"`}, {`"mediaType"`, `"MediaType"`}, {"}}}", "}},\"x\":1}"},
	} {
		f.Add(bytes.Replace(good, []byte(change[0]), []byte(change[1]), 1))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		b, ok := cut([]byte("before")[:6:6], text)
		if !ok {
			return
		}
		if again, err := b.Marshal(); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q is taken, and written as %q (%v)", text, again, err)
		}
	})
}
