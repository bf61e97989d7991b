package act

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/internal/sigstore"
)

var update = flag.Bool("update", false, "rewrite the golden files and the vectors")

func mustSign(t testing.TB, a Act) []byte {
	t.Helper()
	b, err := Sign(a, signer(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Ed25519 signs the same statement to the same bytes, so all of it is golden.
func TestGolden(t *testing.T) {
	p := provider(signer(t, 1), trust.UseManifest, trust.Validity{})
	for name, a := range samples(t) {
		t.Run(name, func(t *testing.T) {
			got := mustSign(t, a)
			golden := filepath.Join("testdata", name+".sigstore.json")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("differs from %s (%v):\n%s", golden, err, cmp.Diff(string(want), string(got)))
			}
			s, err := Parse(want)
			if err != nil {
				t.Fatal(err)
			}
			v, err := Verify(s, p)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(a, v.Act(), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("what is read differs:\n%s", diff)
			}
			if s.Kind() != a.Kind() || v.Act().At() != a.At() || v.Act().About() != a.About() || v.Act().By() != "mail.example" {
				t.Errorf("kind %s, at %v, about %v, by %q", s.Kind(), v.Act().At(), v.Act().About(), v.Act().By())
			}
			if v.Signer() != signer(t, 1).Public().ID() || v.Digest() != digest.Of(s.bundle.Payload) {
				t.Errorf("signer %s, digest %s", v.Signer(), v.Digest())
			}
			if (s.Manifest() != nil) != (a.Kind() == KindExported) {
				t.Errorf("%s has manifest %v", a.Kind(), s.Manifest())
			}
		})
	}
}

// What an engineer signed is this order, by this plan, at this time, in their name.
func TestVerifyRequest(t *testing.T) {
	k := signer(t, 3).Public()
	signed := func(p sign.Purpose, payload string) []byte {
		sig, err := signer(t, 3).Sign(p, []byte(payload))
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	// As another program makes it, from the statement alone.
	payload := `{"engineer":"kim","format":"writ.request/v1","order":"` + theOrder.String() + `","plan":"` + digest.Of([]byte("plan")).String() + `","requested_at":"2026-03-02T10:02:00Z"}`
	for _, tt := range []struct {
		name   string
		change func(*Decided)
		want   error
	}{
		{"as it was signed", func(*Decided) {}, nil},
		{"as another program signs it", func(d *Decided) { d.Request.Sig = signed(sign.ForRequest, payload) }, nil},
		{"signed as an order", func(d *Decided) { d.Request.Sig = signed(sign.ForOrder, payload) }, ErrRequest},
		{"signed as a statement", func(d *Decided) { d.Request.Sig = signed(sign.ForStatement, payload) }, ErrRequest},
		{"of another order", func(d *Decided) { d.Order = digest.Of([]byte("another")) }, ErrRequest},
		{"by another plan", func(d *Decided) { d.InForce.Plan = digest.Of([]byte("another")) }, ErrRequest},
		{"in another's name", func(d *Decided) { d.Request.Engineer = "lee" }, ErrRequest},
		{"at another time", func(d *Decided) { d.Request.RequestedAt = at(3) }, ErrRequest},
		{"with another signature", func(d *Decided) { d.Request.Sig[0] ^= 1 }, ErrRequest},
		{"with none", func(d *Decided) { d.Request = Request{} }, ErrRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := decided()
			tt.change(&d)
			if err := d.VerifyRequest(k); !errors.Is(err, tt.want) {
				t.Errorf("VerifyRequest = %v, want %v", err, tt.want)
			}
		})
	}
	if err := decided().VerifyRequest(signer(t, 1).Public()); !errors.Is(err, ErrRequest) {
		t.Errorf("with another's key: %v", err)
	}
}

// Every kind is read, and each type says which it is.
func TestKinds(t *testing.T) {
	seen := map[Kind]bool{}
	for _, a := range samples(t) {
		seen[a.Kind()] = true
	}
	for _, k := range []Kind{KindReceived, KindDecided, KindExported, KindNotified, KindReleased, KindRecalled, KindConfigured} {
		if !seen[k] {
			t.Errorf("no sample is %s", k)
		}
		if _, ok := readers[k.PredicateType()]; ok == (k == KindExported) {
			t.Errorf("%s: read here: %v", k, ok)
		}
	}
	if len(seen) != 7 || len(readers) != 6 {
		t.Errorf("%d kinds, %d readers", len(seen), len(readers))
	}
}

func TestVerify(t *testing.T) {
	elsewhere := provider(signer(t, 1), trust.UseManifest, trust.Validity{})
	elsewhere.Provider = "other.example"
	for name, a := range samples(t) {
		when := a.At()
		for _, tt := range []struct {
			name string
			p    *trust.Provider
			want error
		}{
			{"valid when recorded", provider(signer(t, 1), trust.UseManifest, trust.Validity{From: when, Until: when.Add(time.Second)}), nil},
			{"another key", provider(signer(t, 2), trust.UseManifest, trust.Validity{}), ErrSigner},
			{"for another use", provider(signer(t, 1), trust.UseLedger, trust.Validity{}), ErrSigner},
			{"not yet valid", provider(signer(t, 1), trust.UseManifest, trust.Validity{From: when.Add(time.Second)}), ErrSigner},
			{"valid no longer", provider(signer(t, 1), trust.UseManifest, trust.Validity{Until: when}), ErrSigner},
			{"revoked", provider(signer(t, 1), trust.UseManifest, trust.Validity{RevokedAt: when}), ErrSigner},
			{"another provider", elsewhere, ErrSigner},
			{"no provider", nil, ErrSigner},
		} {
			t.Run(name+", "+tt.name, func(t *testing.T) {
				s, err := Parse(mustSign(t, a))
				if err != nil {
					t.Fatal(err)
				}
				if v, err := Verify(s, tt.p); !errors.Is(err, tt.want) || (v == nil) != (err != nil) {
					t.Errorf("Verify = %v, want %v", err, tt.want)
				}
			})
		}
	}
	s, err := Parse(mustSign(t, received()))
	if err != nil {
		t.Fatal(err)
	}
	s.bundle.Hint = signer(t, 2).Public().Hint()
	if _, err := Verify(s, provider(signer(t, 2), trust.UseManifest, trust.Validity{})); !errors.Is(err, ErrSignature) {
		t.Errorf("signed by another key than it names: %v, want %v", err, ErrSignature)
	}
	for _, s := range []*Signed{nil, {}} {
		if _, err := Verify(s, elsewhere); !errors.Is(err, ErrSigner) {
			t.Errorf("Verify of nothing = %v, want %v", err, ErrSigner)
		}
	}
}

// Every byte of an entry matters.
func TestEveryByteFlipped(t *testing.T) {
	p := provider(signer(t, 1), trust.UseManifest, trust.Validity{})
	for name, a := range samples(t) {
		b := mustSign(t, a)
		refused := func(what string, b []byte) {
			s, err := Parse(b)
			if err == nil {
				_, err = Verify(s, p)
			}
			if !errors.Is(err, ErrAct) {
				t.Errorf("%s: %s: %v", name, what, err)
			}
		}
		for i := 0; i < len(b); i += 3 {
			c := bytes.Clone(b)
			c[i] ^= 1 << (i % 8)
			refused(fmt.Sprintf("byte %d flipped", i), c)
			refused(fmt.Sprintf("cut to %d bytes", i), b[:i])
		}
		refused("appended newline", append(bytes.Clone(b), '\n'))
	}
}

// What is returned shares nothing with what was parsed or given.
func TestCopies(t *testing.T) {
	in := decided()
	in.DecidedAt = in.DecidedAt.Add(time.Millisecond).In(time.FixedZone("", 3600))
	b := mustSign(t, in)
	if !bytes.Equal(b, mustSign(t, decided())) {
		t.Error("times are not cut")
	}
	if in.DecidedAt.Nanosecond() == 0 {
		t.Error("the caller's statement was changed")
	}
	s, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	d := s.Unverified().(Decided)
	d.Decision.Datasets[4].Granted[0].Fields[0], d.Planned[0].Why = "changed", "changed"
	if diff := cmp.Diff(Act(decided()), s.Unverified(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Unverified is no copy:\n%s", diff)
	}
	s, err = Parse(mustSign(t, received()))
	if err != nil {
		t.Fatal(err)
	}
	r := s.Unverified().(Received)
	r.Facts.Mandate[0].Fields[0], r.Order.Targets[0].Type = "changed", "changed"
	if diff := cmp.Diff(Act(received()), s.Unverified(), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("Unverified is no copy:\n%s", diff)
	}
}

// What no ledger takes is refused before it is signed.
func TestSignTooLarge(t *testing.T) {
	r := received()
	for i := range 4 {
		m := Item{Dataset: fmt.Sprintf("more-%d", i)}
		for j := range MaxFields {
			m.Fields = append(m.Fields, fmt.Sprintf("a_field_with_a_long_name_%03d", j))
		}
		r.Facts.Mandate = append(r.Facts.Mandate, m)
	}
	if b, err := Sign(r, signer(t, 1)); b != nil || !errors.Is(err, ErrTooLarge) {
		t.Errorf("Sign = %d bytes, %v; want %v", len(b), err, ErrTooLarge)
	}
	e := Exported{exported(t).Unverified()}
	for i := range e.Predicate.Datasets {
		e.Predicate.Datasets[i].Query = strings.Repeat("select ", 1500)
	}
	if b, err := Sign(e, signer(t, 1)); b != nil || !errors.Is(err, ErrTooLarge) || !errors.Is(err, manifest.ErrTooLarge) {
		t.Errorf("Sign = %d bytes, %v; want %v", len(b), err, ErrTooLarge)
	}
	if _, err := Parse(make([]byte, MaxBytes+1)); !errors.Is(err, ErrFormat) {
		t.Errorf("Parse = %v, want %v", err, ErrFormat)
	}
}

// An order of the most usual size fits many times over: what the fields share
// is said once.
func TestManyFieldsFit(t *testing.T) {
	d := decided()
	r := &d.Decision.Datasets[1]
	for i := range 300 {
		r.Withheld[0].Fields = append(r.Withheld[0].Fields, fmt.Sprintf("serial_%03d", i))
	}
	if b := mustSign(t, d); len(b) > MaxBytes/3 {
		t.Errorf("%d bytes", len(b))
	}
}

func payload(t testing.TB, a Act) []byte {
	t.Helper()
	s, err := Parse(mustSign(t, a))
	if err != nil {
		t.Fatal(err)
	}
	return s.bundle.Payload
}

// What is accepted has one form: writing it again gives the same bytes.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.sigstore.json")
	if err != nil || len(seeds) < 8 {
		f.Fatalf("%d seeds (%v)", len(seeds), err)
	}
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	p := provider(signer(f, 1), trust.UseManifest, trust.Validity{})
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Parse(b)
		_, verified := Verify(s, p)
		a, read := NewReader(p).Read(b)
		if (read == nil) != (err == nil && verified == nil) || read == nil && !reflect.DeepEqual(a, s.Unverified()) {
			t.Fatalf("Read = %v, %v, and Parse and Verify = %v, %v", a, read, err, verified)
		}
		if err != nil {
			if !errors.Is(err, ErrFormat) || s != nil {
				t.Fatalf("Parse = %v, %v", s, err)
			}
			return
		}
		if again, err := s.bundle.Marshal(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}

// The payload alone, so that the fuzzer need not find its way through base64.
func FuzzStatement(f *testing.F) {
	for _, a := range samples(f) {
		f.Add(payload(f, a))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		b, err := sigstore.Bundle{Payload: payload, Sig: []byte("sig")}.Marshal()
		if err != nil || len(b) > MaxBytes-200 { // which leaves room for a signature
			return
		}
		s, err := Parse(b)
		var shared Act
		if bundle, predicate, bad := parseBundle(nil, b); bad == nil {
			shared, bad = readShared(bundle, predicate)
			if (bad == nil) != (err == nil) {
				t.Fatalf("where lists are shared: %v, and where not: %v", bad, err)
			}
		}
		if err != nil {
			return
		}
		if !reflect.DeepEqual(shared, s.Unverified()) {
			t.Fatalf("where lists are shared, it reads as %v", shared)
		}
		again, err := Sign(s.Unverified(), signer(t, 1))
		if err != nil {
			t.Fatalf("parsed, but can't be signed: %v", err)
		}
		back, err := Parse(again)
		if err != nil || !bytes.Equal(back.bundle.Payload, payload) {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}
