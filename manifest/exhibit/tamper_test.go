//go:build unix

package exhibit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"writ/crypto/trust"
	"writ/manifest/bundle"
	"writ/manifest/ledger"
)

// recorded returns an exhibit of a provider that keeps a ledger, and that provider.
func recorded(t testing.TB) ([]byte, *trust.Provider) {
	t.Helper()
	k, err := ledger.NewKey("mail.example/ledger")
	if err != nil {
		t.Fatal(err)
	}
	cfg := ledger.Config{Dir: filepath.Join(t.TempDir(), "ledger"), Signer: k.Signer(), Verifier: k.Verifier()}
	if err := ledger.Init(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	d, dir := opened(t)
	proofs, err := l.AppendAll(t.Context(), []byte("another statement"), read(t, d.Manifest))
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	d.Proof = filepath.Join(t.TempDir(), "x.tlog-proof")
	if err := os.WriteFile(d.Proof, proofs[1].Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	origin, public, err := ledger.Pin(k.Public())
	if err != nil {
		t.Fatal(err)
	}
	p := provider(t)
	p.Keys = append(p.Keys, trust.ProviderKey{Use: trust.UseLedger, Origin: origin, Key: trust.Key{PublicKey: public}})
	b, err := Make(t.Context(), d, os.DirFS(dir), p, "sign-ins", Record(17))
	if err != nil {
		t.Fatal(err)
	}
	return b, p
}

// Every single byte of an exhibit matters: flipped, cut or followed by another,
// it is refused.
func TestTamper(t *testing.T) {
	good, p := recorded(t)
	v, err := Verify(good, p)
	if err != nil || v.Inclusion == nil || v.Inclusion.Index != 1 {
		t.Fatalf("Verify = %+v, %v", v, err)
	}
	refused := func(what string, at int, b []byte) {
		t.Helper()
		v, err := Verify(b, p)
		if _, ok := errors.AsType[*bundle.Finding](err); !ok || v != nil {
			t.Errorf("byte %d %s: Verify = %v", at, what, err)
		}
	}
	for i := range good {
		bent := bytes.Clone(good)
		bent[i] ^= 1 << (i % 8)
		refused("flipped", i, bent)
		refused("is the first cut", i, good[:i])
		refused("is gone", i, append(bytes.Clone(good[:i]), good[i+1:]...))
	}
	for _, more := range []string{"\n", " ", "\x00", string(good)} {
		refused("is followed by more", len(good)-1, append(bytes.Clone(good), more...))
	}
}

// A provider that keeps a ledger is nothing without its proof.
func TestLedgerProof(t *testing.T) {
	good, p := recorded(t)
	e, err := Parse(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name  string
		entry []byte
		want  bundle.Code
	}{
		{"none", nil, bundle.ProofMissing},
		{"one that is none", []byte("x\n"), bundle.ProofFormat},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e.entry = tt.entry
			b, err := e.marshal()
			if err != nil {
				t.Fatal(err)
			}
			_, err = Verify(b, p)
			if f, ok := errors.AsType[*bundle.Finding](err); !ok || f.Code != tt.want {
				t.Errorf("Verify = %v, want %s", err, tt.want)
			}
		})
	}
	d, dir := opened(t)
	if _, err := Make(t.Context(), d, os.DirFS(dir), p, "sign-ins", Record(17)); !errors.Is(err, bundle.ErrVerify) {
		t.Errorf("Make without a proof = %v", err)
	}
}
