package manifest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest/internal/sigstore"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const golden = "testdata/export.sigstore.json"

func mustSign(t testing.TB, s Statement) []byte {
	t.Helper()
	b, err := Sign(s, signer(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Ed25519 signs the same statement to the same bytes, so all of it is golden.
func TestGolden(t *testing.T) {
	got := mustSign(t, sample())
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("differs from %s (%v):\n%s", golden, err, cmp.Diff(string(want), string(got)))
	}
}

func TestVerify(t *testing.T) {
	b := mustSign(t, sample())
	good := provider(signer(t, 1), trust.UseManifest, trust.Validity{From: at(8), Until: at(9)})
	elsewhere := *good
	elsewhere.Provider = "other.example"
	swapped := provider(signer(t, 1), trust.UseManifest, trust.Validity{})
	for _, tt := range []struct {
		name string
		p    *trust.Provider
		want error
	}{
		{name: "valid when signed", p: good},
		{name: "another key", p: provider(signer(t, 2), trust.UseManifest, trust.Validity{}), want: ErrSigner},
		{name: "for another use", p: provider(signer(t, 1), trust.UseLedger, trust.Validity{}), want: ErrSigner},
		{name: "not yet valid", p: provider(signer(t, 1), trust.UseManifest, trust.Validity{From: at(9)}), want: ErrSigner},
		{name: "valid no longer", p: provider(signer(t, 1), trust.UseManifest, trust.Validity{Until: at(8)}), want: ErrSigner},
		{name: "revoked", p: provider(signer(t, 1), trust.UseManifest, trust.Validity{RevokedAt: at(8)}), want: ErrSigner},
		{name: "another provider", p: &elsewhere, want: ErrSigner},
		{name: "no keys", p: &trust.Provider{Provider: "mail.example"}, want: ErrSigner},
		{name: "no provider", p: nil, want: ErrSigner},
		{name: "valid always", p: swapped},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			v, err := Verify(s, tt.p)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Verify = %v, want %v", err, tt.want)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(sample(), v.Statement(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("statement differs:\n%s", diff)
			}
			if v.Signer() != signer(t, 1).Public().ID() || v.Digest() != digest.Of(s.bundle.Payload) {
				t.Errorf("signer %s, digest %s", v.Signer(), v.Digest())
			}
			v.Statement().Predicate.Datasets[0].Withheld[0].Name = "changed"
			v.Statement().Subject[0].Digest["sha256"] = "changed"
			if diff := cmp.Diff(sample(), v.Statement(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("Statement is no copy:\n%s", diff)
			}
		})
	}
	if _, err := Verify(nil, good); !errors.Is(err, ErrSigner) {
		t.Errorf("Verify of nothing = %v, want %v", err, ErrSigner)
	}
}

// A bundle signed by one key and pointing at another doesn't verify.
func TestVerifyHintIsNoProof(t *testing.T) {
	s, err := Parse(mustSign(t, sample()))
	if err != nil {
		t.Fatal(err)
	}
	s.bundle.Hint = signer(t, 2).Public().Hint()
	if _, err := Verify(s, provider(signer(t, 2), trust.UseManifest, trust.Validity{})); !errors.Is(err, ErrSignature) {
		t.Errorf("Verify = %v, want %v", err, ErrSignature)
	}
}

// Every byte of the file matters: what the signature doesn't cover, the one form does.
func TestEveryByteFlipped(t *testing.T) {
	small := sample()
	small.Predicate.Datasets, small.Predicate.Narrowed = small.Predicate.Datasets[5:6], false
	b := mustSign(t, small)
	p := provider(signer(t, 1), trust.UseManifest, trust.Validity{})
	refused := func(what string, b []byte) {
		t.Helper()
		s, err := Parse(b)
		if err == nil {
			_, err = Verify(s, p)
		}
		if !errors.Is(err, ErrManifest) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for i := range b {
		c := bytes.Clone(b)
		c[i] ^= 1 << (i % 8)
		refused(fmt.Sprintf("byte %d flipped", i), c)
	}
	for n := 0; n < len(b); n += 1 + n/16 {
		refused(fmt.Sprintf("cut to %d bytes", n), b[:n])
	}
	refused("cut by one byte", b[:len(b)-1])
	refused("appended newline", append(bytes.Clone(b), '\n'))
	refused("appended space", append(bytes.Clone(b), ' '))
	refused("byte order mark", append([]byte("\xef\xbb\xbf"), b...))
}

func TestParseForm(t *testing.T) {
	b := string(mustSign(t, sample()))
	for _, tt := range []struct{ name, old, new string }{
		{"key id beside the signature", `{"sig":`, `{"keyid":"","sig":`},
		{"second signature", `"signatures":[`, `"signatures":[{"sig":"AAAA"},`},
		{"no signature", b[strings.Index(b, `[{"sig"`) : strings.Index(b, `}]}`)+2], `[]`},
		{"stamps", `"verificationMaterial":{`, `"verificationMaterial":{"timestampVerificationData":{"rfc3161Timestamps":[]},`},
		{"log entries", `"verificationMaterial":{`, `"verificationMaterial":{"tlogEntries":[],`},
		{"older media type", "v0.3+json", "v0.2+json"},
		{"other payload type", "in-toto+json", "in-toto"},
		{"indented", `{"dsseEnvelope"`, "{\n  \"dsseEnvelope\""},
		{"member twice", `{"dsseEnvelope"`, `{"mediaType":"","dsseEnvelope"`},
		{"null", `"hint":"`, `"hint":null,"_":"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := strings.Replace(b, tt.old, tt.new, 1)
			if c == b {
				t.Fatal("nothing was changed")
			}
			if s, err := Parse([]byte(c)); !errors.Is(err, ErrFormat) || s != nil {
				t.Errorf("Parse = %v, %v, want %v", s, err, ErrFormat)
			}
		})
	}
	if _, err := Parse(make([]byte, MaxBytes+1)); !errors.Is(err, ErrFormat) {
		t.Errorf("too long: %v", err)
	}
}

// A validly signed statement in another form is refused as well.
func TestParseStatementForm(t *testing.T) {
	payload, err := sigstore.Canonical(sample())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new string }{
		{"as it is", "", ""},
		{"unknown member of the predicate", `"predicate":{`, `"predicate":{"aaa":1,`},
		{"unknown member of a subject", `"subject":[{`, `"subject":[{"annotations":{},`},
		{"missing member", `"narrowed":true,`, ``},
		{"null list", `"withheld":[]`, `"withheld":null`},
		{"zero spelt out", `"outcome":"refused"`, `"outcome":"refused","pulled_at":"0001-01-01T00:00:00Z"`},
		{"white space", `,"narrowed"`, `, "narrowed"`},
		{"other zone", `10:08:00Z`, `10:08:00+00:00`},
		{"fraction", `10:08:00Z`, `10:08:00.5Z`},
		{"upper-case digest", `"digest":{"sha256":"`, `"digest":{"sha256":"A`},
		{"trailing newline", `"subject"`, "\n\"subject\""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := bytes.Replace(payload, []byte(tt.old), []byte(tt.new), 1)
			want := ErrFormat
			if tt.old == "" {
				want = nil
			} else if bytes.Equal(c, payload) {
				t.Fatal("nothing was changed")
			}
			sig, err := signer(t, 1).Sign(sign.ForStatement, c)
			if err != nil {
				t.Fatal(err)
			}
			b, err := sigstore.Bundle{Payload: c, Sig: sig, Hint: signer(t, 1).Public().Hint()}.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Parse(b); !errors.Is(err, want) {
				t.Errorf("Parse = %v, want %v", err, want)
			}
		})
	}
}

// A statement that no ledger takes is refused before it is signed, and Fits
// foresees it.
func TestSignTooLarge(t *testing.T) {
	s := sample()
	if err := s.Fits(); err != nil {
		t.Fatalf("Fits = %v", err)
	}
	d := &s.Predicate.Datasets[5]
	for len(d.Withheld) < 100 {
		w := d.Withheld[0]
		w.Why = strings.Repeat("why ", 250)
		w.Name = fmt.Sprintf("password_%03d", len(d.Withheld))
		d.Withheld = append(d.Withheld, w)
		_, err := Sign(s, signer(t, 1))
		if fits := s.Fits(); fits == nil && err != nil {
			t.Fatalf("%d withheld fields: Fits, but Sign = %v", len(d.Withheld), err)
		}
		if errors.Is(err, ErrTooLarge) {
			return
		}
	}
	t.Error("100 long withheld fields were signed")
}

// Times are cut and moved to UTC, in the copy that is signed.
func TestSignNormalisesTimes(t *testing.T) {
	s := sample()
	zone := time.FixedZone("", 3600)
	s.Predicate.Times.SignedAt = at(8).Add(time.Millisecond).In(zone)
	s.Predicate.Datasets[5].PulledAt = at(6).Add(999 * time.Millisecond).In(zone)
	if got := mustSign(t, s); !bytes.Equal(got, mustSign(t, sample())) {
		t.Error("the bytes differ")
	}
	if s.Predicate.Times.SignedAt.Location() != zone {
		t.Error("the caller's statement was changed")
	}
}

// What is accepted has one form: writing it again gives the same bytes.
func FuzzParse(f *testing.F) {
	b, err := os.ReadFile(golden)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(strings.Replace(string(b), "v0.3", "v0.2", 1)))
	p := provider(signer(f, 1), trust.UseManifest, trust.Validity{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) || s != nil {
				t.Fatalf("Parse = %v, %v", s, err)
			}
			return
		}
		if again, err := s.bundle.Marshal(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("bundle does not round-trip: %v", err)
		}
		if again, err := sigstore.Canonical(s.statement); err != nil || !bytes.Equal(again, s.bundle.Payload) {
			t.Fatalf("statement does not round-trip: %v", err)
		}
		if v, err := Verify(s, p); err == nil && v.Digest() != digest.Of(s.bundle.Payload) {
			t.Fatal("verified something else")
		}
	})
}

// The payload alone, so that the fuzzer need not find its way through base64.
func FuzzStatement(f *testing.F) {
	payload, err := sigstore.Canonical(sample())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(payload)
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := sigstore.Bundle{Payload: payload, Sig: []byte("sig"), Hint: longestHint}.Marshal()
		if err != nil {
			return
		}
		s, err := Parse(b)
		if err != nil {
			return
		}
		again, err := Sign(s.statement, signer(t, 1))
		if errors.Is(err, ErrTooLarge) {
			return
		}
		if err != nil {
			t.Fatalf("parsed, but can't be signed: %v", err)
		}
		if back, err := Parse(again); err != nil || !cmp.Equal(back.statement, s.statement) {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}
