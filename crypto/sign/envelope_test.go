package sign

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestEnvelopeSignedByWhoeverSigned(t *testing.T) {
	a, b, stranger := newSigner(t, newEd25519()), newSigner(t, newEd25519()), newSigner(t, newEd25519())
	e := &Envelope{Purpose: ForOrder, Payload: []byte(`{}`)}
	for _, s := range []Signer{a, b, a} {
		if err := e.Sign(s); err != nil {
			t.Fatal(err)
		}
	}
	if len(e.Signatures) != 2 {
		t.Errorf("%d signatures after a, b, a; want 2", len(e.Signatures))
	}
	back, err := ParseEnvelope(e.Marshal(), ForOrder)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Errorf("Marshal does not round-trip:\n%s", diff)
	}
	if !back.SignedBy(a.Public()) || !back.SignedBy(b.Public()) {
		t.Errorf("a signer's signature is not seen")
	}
	if back.SignedBy(stranger.Public()) || back.SignedBy(PublicKey{}) {
		t.Errorf("a stranger or nobody is taken for a signer")
	}
	back.Signatures[0].KeyID = stranger.Public().ID()
	if back.SignedBy(stranger.Public()) {
		t.Errorf("a key id is believed")
	}
	back.Signatures[1].KeyID = ""
	if !back.SignedBy(a.Public()) {
		t.Errorf("a signature without a key id is not tried")
	}
	// The same bytes under another purpose are another message.
	e.Purpose = ForRegistry
	if e.SignedBy(a.Public()) {
		t.Errorf("an order's signature counts on a registry")
	}
}

func TestEnvelopeSignLimit(t *testing.T) {
	e := &Envelope{Purpose: ForOrder, Payload: []byte(`{}`), Signatures: make([]Signature, MaxSignatures)}
	if err := e.Sign(newSigner(t, newEd25519())); !errors.Is(err, ErrEnvelope) || len(e.Signatures) != MaxSignatures {
		t.Errorf("signature %d = %v, want %v", MaxSignatures+1, err, ErrEnvelope)
	}
	if err := (&Envelope{Payload: []byte(`{}`)}).Sign(newSigner(t, newEd25519())); !errors.Is(err, ErrPurpose) {
		t.Errorf("Sign without a purpose = %v, want %v", err, ErrPurpose)
	}
}

func TestParseEnvelope(t *testing.T) {
	id := strings.Repeat("ab", 32)
	sig := func(members string) string {
		return `{"payload":"e30=","payloadType":"` + string(ForOrder) + `","signatures":[` + members + `]}`
	}
	with := func(payload string) string {
		return `{"payload":` + payload + `,"payloadType":"` + string(ForOrder) + `","signatures":[]}`
	}
	one := `{"keyid":"` + id + `","sig":"AA=="}`
	for _, tt := range []struct {
		name string
		text string
		want error
	}{
		{"one signature", sig(one), nil},
		{"none yet", sig(""), nil},
		{"no key id", sig(`{"sig":"AA=="}`), nil},
		{"another purpose", strings.Replace(sig(one), "order", "registry", 1), ErrPurpose},
		{"payload empty", with(`""`), ErrEnvelope},
		{"payload null", with(`null`), ErrEnvelope},
		{"payload URL base64", with(`"_-8="`), ErrEnvelope},
		{"payload with a line break", with(`"e3\n0="`), ErrEnvelope},
		{"payload with spare bits", with(`"e31="`), ErrEnvelope},
		{"payload without padding", with(`"e30"`), ErrEnvelope},
		{"no payload", `{"payloadType":"` + string(ForOrder) + `","signatures":[]}`, ErrEnvelope},
		{"no signatures", `{"payload":"e30=","payloadType":"` + string(ForOrder) + `"}`, ErrEnvelope},
		{"signatures null", strings.Replace(sig(""), "[]", "null", 1), ErrEnvelope},
		{"signature null", sig("null"), ErrEnvelope},
		{"signature empty", sig(`{"keyid":"` + id + `","sig":""}`), ErrEnvelope},
		{"key id in capitals", sig(strings.Replace(one, "ab", "AB", 1)), ErrEnvelope},
		{"key id of another length", sig(strings.Replace(one, "abab", "ab", 1)), ErrEnvelope},
		{"the same key twice", sig(one + "," + one), ErrEnvelope},
		{"unknown member", strings.Replace(sig(one), `{`, `{"x":1,`, 1), ErrEnvelope},
		{"unknown member of a signature", sig(strings.Replace(one, `{`, `{"cert":"",`, 1)), ErrEnvelope},
		{"member twice", strings.Replace(sig(one), `{`, `{"payload":"e30=",`, 1), ErrEnvelope},
		{"member in other case", strings.Replace(sig(one), "payloadType", "PayloadType", 1), ErrEnvelope},
		{"trailing bytes", sig(one) + "{}", ErrEnvelope},
		{"not JSON", "x", ErrEnvelope},
		{"invalid UTF-8", strings.Replace(sig(one), "order", "\xff", 1), ErrEnvelope},
		{"too many signatures", sig(manySignatures(MaxSignatures + 1)), ErrEnvelope},
		{"as many as may be", sig(manySignatures(MaxSignatures)), nil},
		{"too large", strings.Repeat(" ", MaxEnvelopeBytes) + sig(one), ErrEnvelope},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, err := ParseEnvelope([]byte(tt.text), ForOrder)
			if !errors.Is(err, tt.want) {
				t.Fatalf("ParseEnvelope = %v, want %v", err, tt.want)
			}
			if (e == nil) != (err != nil) {
				t.Errorf("envelope %v with error %v", e, err)
			}
		})
	}
	if _, err := ParseEnvelope([]byte(strings.Replace(sig(one), string(ForOrder), "", 1)), ""); !errors.Is(err, ErrPurpose) {
		t.Errorf("no purpose wanted: %v, want %v", err, ErrPurpose)
	}
}

func manySignatures(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"keyid":"%064x","sig":"AA=="}`, i))
	}
	return strings.Join(list, ",")
}

func FuzzParseEnvelope(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.json")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata (%v)", err)
	}
	for _, name := range seeds {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, p := range []Purpose{ForOrder, "http://example.com/HelloWorld"} {
			e, err := ParseEnvelope(text, p)
			if err != nil {
				continue
			}
			back, err := ParseEnvelope(e.Marshal(), p)
			if err != nil || !cmp.Equal(e, back, cmpopts.EquateEmpty()) {
				t.Fatalf("does not round-trip: %v", err)
			}
		}
	})
}
