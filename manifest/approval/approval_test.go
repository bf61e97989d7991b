package approval_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest/approval"
	"writ/manifest/internal/schematest"
)

var update = flag.Bool("update", false, "rewrite the vectors")

var (
	issued   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	theOrder = digest.Of([]byte("order"))
)

// signer is an Ed25519 key from a fixed seed.
func signer(t testing.TB, seed byte) sign.Signer {
	t.Helper()
	raw := make([]byte, ed25519.SeedSize)
	raw[0] = seed
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(raw))
	if err != nil {
		t.Fatal(err)
	}
	k, err := sign.LoadSigner(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func good() approval.Approval {
	return approval.Approval{
		Order: theOrder, Rule: "us.ceiling", Bound: "accounts", Ceiling: 100, Limit: 250, Reason: "a list of the operator's",
		IssuedAt: issued, ExpiresAt: issued.Add(24 * time.Hour),
	}
}

func signed(t testing.TB, by ...byte) *approval.Signed {
	t.Helper()
	s, err := approval.New(good())
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range by {
		if err := s.Sign(signer(t, k)); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// Each rule of the form is one that New keeps.
func TestNewRefuses(t *testing.T) {
	for name, change := range map[string]func(*approval.Approval){
		"no order":            func(a *approval.Approval) { a.Order = digest.Digest{} },
		"no rule":             func(a *approval.Approval) { a.Rule = "" },
		"a bound in capitals": func(a *approval.Approval) { a.Bound = "Accounts" },
		"a ceiling of none":   func(a *approval.Approval) { a.Ceiling = 0 },
		"a limit that is it":  func(a *approval.Approval) { a.Limit = a.Ceiling },
		"no reason":           func(a *approval.Approval) { a.Reason = "" },
		"an address":          func(a *approval.Approval) { a.Reason = "for anna@mail.example" },
		"a long number":       func(a *approval.Approval) { a.Reason = "for 15550100" },
		"two lines":           func(a *approval.Approval) { a.Reason = "a\nb" },
		"no time":             func(a *approval.Approval) { a.IssuedAt = time.Time{} },
		"an end before":       func(a *approval.Approval) { a.ExpiresAt = a.IssuedAt },
		"eight days":          func(a *approval.Approval) { a.ExpiresAt = a.IssuedAt.Add(approval.MaxValid + time.Second) },
	} {
		a := good()
		change(&a)
		if s, err := approval.New(a); s != nil || !errors.Is(err, approval.ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Who signed counts once, with one key, and only for this order in its time.
func TestCheck(t *testing.T) {
	key := func(b byte) trust.Key { return trust.Key{PublicKey: signer(t, b).Public()} }
	reviewers := []trust.Reviewer{{ID: "lopez", Keys: []trust.Key{key(1), key(4)}}, {ID: "chen", Keys: []trust.Key{key(2)}}, {ID: "twin", Keys: []trust.Key{key(1)}}}
	for _, tt := range []struct {
		name  string
		by    []byte
		order digest.Digest
		need  int
		at    time.Time
		want  error
	}{
		{"two", []byte{1, 2}, theOrder, 0, issued, nil},
		{"to the last second", []byte{1, 2}, theOrder, 2, issued.Add(24*time.Hour - 1), nil},
		{"one", []byte{1}, theOrder, 0, issued, approval.ErrUnsigned},
		{"one with two keys", []byte{1, 4}, theOrder, 0, issued, approval.ErrUnsigned},
		{"one and a stranger", []byte{1, 3}, theOrder, 0, issued, approval.ErrUnsigned},
		{"two of three", []byte{1, 2}, theOrder, 3, issued, approval.ErrUnsigned},
		{"another order", []byte{1, 2}, digest.Of(nil), 0, issued, approval.ErrOrder},
		{"too early", []byte{1, 2}, theOrder, 0, issued.Add(-1), approval.ErrTime},
		{"too late", []byte{1, 2}, theOrder, 0, issued.Add(24 * time.Hour), approval.ErrTime},
	} {
		if by, err := signed(t, tt.by...).Check(tt.order, reviewers, tt.need, tt.at); !errors.Is(err, tt.want) || err == nil && (len(by) != 2 || by[0].ID != "chen" || by[1].ID != "lopez") {
			t.Errorf("%s: %v, %v; want %v", tt.name, by, err, tt.want)
		}
	}
}

// vectors are files, one way to fail each, for readers in other languages.
func vectors(t testing.TB) map[string][]byte {
	envelope := signed(t, 1, 2).Marshal()
	payload := func(old, new string) []byte {
		e, err := sign.ParseEnvelope(envelope, sign.ForApproval)
		if err != nil {
			t.Fatal(err)
		}
		changed := bytes.Replace(e.Payload, []byte(old), []byte(new), 1)
		if bytes.Equal(changed, e.Payload) {
			t.Fatalf("%s changes nothing", old)
		}
		out := &sign.Envelope{Purpose: sign.ForApproval, Payload: changed}
		if err := out.Sign(signer(t, 1)); err != nil {
			t.Fatal(err)
		}
		return out.Marshal()
	}
	order := &sign.Envelope{Purpose: sign.ForOrder, Payload: []byte("{}")}
	return map[string][]byte{
		"good.json":                    envelope,
		"malformed-unknown.json":       payload(`{"bound"`, `{"all":true,"bound"`),
		"malformed-twice.json":         payload(`"limit":250`, `"limit":250,"limit":900`),
		"malformed-white-space.json":   payload(`"limit":250`, `"limit": 250`),
		"malformed-null.json":          payload(`"limit":250`, `"limit":null`),
		"malformed-fraction.json":      payload(`"limit":250`, `"limit":250.5`),
		"malformed-format.json":        payload(`approval/v1`, `approval/v2`),
		"malformed-eight-days.json":    payload(`2026-03-03T09`, `2026-03-10T10`),
		"malformed-zone.json":          payload(`2026-03-02T09:00:00Z`, `2026-03-02T10:00:00+01:00`),
		"malformed-address.json":       payload(`a list`, `anna@mail.example`),
		"malformed-other-purpose.json": order.Marshal(),
		"malformed-trailing.json":      append(bytes.Clone(envelope), '{'),
		"malformed-empty.json":         nil,
	}
}

func TestVectors(t *testing.T) {
	for name, b := range vectors(t) {
		path := filepath.Join("testdata/vectors", name)
		if *update {
			if err := os.WriteFile(path, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		file, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(file, b) {
			t.Errorf("%s differs from the table of cases (%v)", name, err)
		}
		if _, err := approval.Parse(file); errors.Is(err, approval.ErrFormat) != strings.HasPrefix(name, "malformed") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSchema(t *testing.T) {
	validate := schematest.Compile(t, "../../docs/schema/approval.schema.json")
	for name, wrong := range map[string]bool{"good.json": false, "malformed-unknown.json": true, "malformed-format.json": true, "malformed-address.json": true, "malformed-zone.json": true} {
		e, err := sign.ParseEnvelope(vectors(t)[name], sign.ForApproval)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(e.Payload); (err != nil) != wrong {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is read is written in the same bytes, and read again.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("testdata/vectors/*.json")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := approval.Parse(b)
		if err != nil {
			return
		}
		again, err := approval.Parse(s.Marshal())
		if err != nil || again.Approval() != s.Approval() || again.Envelope() != s.Envelope() {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}
