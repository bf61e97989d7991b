package ledger_test

import (
	"errors"
	"strings"
	"testing"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest/ledger"
)

func TestPin(t *testing.T) {
	key := newKey(t)
	origin, k, err := ledger.Pin(key.Public())
	if err != nil || origin != key.Origin() || k.Algorithm() != string(sign.Ed25519) {
		t.Fatalf("Pin = %s, %s, %v", origin, k.Algorithm(), err)
	}
	if public, err := ledger.PublicFor(origin, k); err != nil || public != key.Public() {
		t.Errorf("PublicFor = %s, %v, want %s", public, err, key.Public())
	}
	v, err := ledger.VerifierFor(origin, k)
	if err != nil || v.Name() != key.Verifier().Name() || v.KeyHash() != key.Verifier().KeyHash() {
		t.Fatalf("VerifierFor = %v, %v", v, err)
	}
	signed, err := key.Signer().Sign([]byte("text"))
	if err != nil || !v.Verify([]byte("text"), signed) {
		t.Errorf("it does not verify what the key signs (%v)", err)
	}

	_, public, err := sign.Generate(sign.ECDSAP256, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	other, err := sign.ParsePublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		origin string
		key    sign.PublicKey
	}{"no key": {origin, sign.PublicKey{}}, "another algorithm": {origin, other}, "no origin": {"", k}, "an origin with a space": {"a b", k}} {
		if v, err := ledger.VerifierFor(tt.origin, tt.key); v != nil || !errors.Is(err, ledger.ErrKey) {
			t.Errorf("%s: VerifierFor = %v, want %v", name, err, ledger.ErrKey)
		}
	}
	for _, bad := range []string{"", "PEM", key.Public() + "\n", key.Private(), strings.Replace(key.Public(), "+", "+0", 1)} {
		if _, k, err := ledger.Pin(bad); !errors.Is(err, ledger.ErrKey) || k.ID() != "" {
			t.Errorf("Pin = %v, want %v", err, ledger.ErrKey)
		}
	}
}

func TestPolicyFor(t *testing.T) {
	key := newKey(t)
	w1, _ := newWitness(t, "witness.example/1", key.Verifier())
	w2, _ := newWitness(t, "witness.example/2", key.Verifier())
	list := []trust.Witness{{Key: w1.vkey(), URL: "https://witness.example/1/"}, {Key: w2.vkey()}}
	for _, tt := range []struct {
		name   string
		pinned *trust.Witnesses
		quorum int
		want   error
	}{
		{name: "none"},
		{name: "both", pinned: &trust.Witnesses{Threshold: 2, List: list}, quorum: 2},
		{name: "three of two", pinned: &trust.Witnesses{Threshold: 3, List: list}, want: ledger.ErrPolicy},
		{name: "a ledger's key", pinned: &trust.Witnesses{Threshold: 1, List: []trust.Witness{{Key: key.Public()}}}, want: ledger.ErrPolicy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, err := ledger.PolicyFor(tt.pinned)
			if !errors.Is(err, tt.want) || p.Quorum() != tt.quorum {
				t.Errorf("PolicyFor = %d, %v, want %d, %v", p.Quorum(), err, tt.quorum, tt.want)
			}
		})
	}
}
