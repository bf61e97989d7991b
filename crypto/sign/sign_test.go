package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"testing"
)

// newSigner returns a signer for any key that crypto/x509 can write.
func newSigner(t *testing.T, key crypto.Signer) Signer {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s, err := LoadSigner(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func newEd25519() crypto.Signer {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	return must(key, err)
}

func TestSignatureIsBoundToPurposePayloadAndKey(t *testing.T) {
	for name, key := range map[string]crypto.Signer{
		"p256":    must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)),
		"p384":    must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader)),
		"p521":    must(ecdsa.GenerateKey(elliptic.P521(), rand.Reader)),
		"ed25519": newEd25519(),
		"rsa":     must(rsa.GenerateKey(rand.Reader, 2048)),
	} {
		t.Run(name, func(t *testing.T) {
			s, stranger := newSigner(t, key), newSigner(t, newEd25519())
			payload := []byte(`{"order":"7/2026"}`)
			sig, err := s.Sign(ForStatement, payload)
			if err != nil {
				t.Fatal(err)
			}
			for _, tt := range []struct {
				name    string
				key     PublicKey
				purpose Purpose
				payload []byte
				sig     []byte
				want    error
			}{
				{"what was signed", s.Public(), ForStatement, payload, sig, nil},
				{"a manifest's signature on an order", s.Public(), ForOrder, payload, sig, ErrVerify},
				{"no purpose", s.Public(), "", payload, sig, ErrVerify},
				{"another payload", s.Public(), ForStatement, payload[1:], sig, ErrVerify},
				{"another key", stranger.Public(), ForStatement, payload, sig, ErrVerify},
				{"the zero key", PublicKey{}, ForStatement, payload, sig, ErrVerify},
				{"no signature", s.Public(), ForStatement, payload, nil, ErrVerify},
				{"a signature cut short", s.Public(), ForStatement, payload, sig[:len(sig)-1], ErrVerify},
			} {
				if err := tt.key.Verify(tt.purpose, tt.payload, tt.sig); !errors.Is(err, tt.want) {
					t.Errorf("%s: Verify = %v, want %v", tt.name, err, tt.want)
				}
			}
			if _, err := s.Sign("", payload); !errors.Is(err, ErrPurpose) {
				t.Errorf("Sign without a purpose = %v, want %v", err, ErrPurpose)
			}
		})
	}
}

// The bytes under a signature are those that the DSSE specification prints,
// and Go's own cryptography agrees on the signature over them: no hash of the
// payload in between, SHA-256 for the larger curves too.
func TestSignedBytesAreTheSpecifications(t *testing.T) {
	want := read(t, "testdata/pae.bin")
	const purpose, payload = Purpose("http://example.com/HelloWorld"), "hello world"
	if got := signed(purpose, []byte(payload)); !bytes.Equal(got, want) {
		t.Fatalf("signed bytes = %q, want %q", got, want)
	}
	sum := sha256.Sum256(want)
	if got := signedSum(purpose, []byte(payload)); !bytes.Equal(got, sum[:]) {
		t.Fatalf("their SHA-256 = %x, want %x", got, sum)
	}
	for name, check := range map[string]func() bool{
		"p384": func() bool {
			key := must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
			return ecdsa.VerifyASN1(&key.PublicKey, sum[:], must(newSigner(t, key).Sign(purpose, []byte(payload))))
		},
		"ed25519": func() bool {
			key := newEd25519()
			return ed25519.Verify(key.Public().(ed25519.PublicKey), want, must(newSigner(t, key).Sign(purpose, []byte(payload))))
		},
		"rsa": func() bool {
			key := must(rsa.GenerateKey(rand.Reader, 2048))
			return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum[:], must(newSigner(t, key).Sign(purpose, []byte(payload)))) == nil
		},
	} {
		if !check() {
			t.Errorf("%s: Go's own verification refuses the signature", name)
		}
	}
}

// The DSSE specification's test vector: its key, its envelope. It carries the
// signature as two bare numbers, which openssl refuses and so do we; the same
// numbers in DER verify.
func TestSpecificationVectorVerifies(t *testing.T) {
	e, err := ParseEnvelope(read(t, "testdata/dsse-spec.json"), "http://example.com/HelloWorld")
	if err != nil {
		t.Fatal(err)
	}
	if string(e.Payload) != "hello world" {
		t.Errorf("payload = %q", e.Payload)
	}
	k := must(ParsePublicKey(read(t, "testdata/dsse-spec.pub")))
	raw := e.Signatures[0].Sig
	if e.SignedBy(k) {
		t.Errorf("a signature that is not DER verifies")
	}
	e.Signatures[0].Sig = must(asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:]),
	}))
	if !e.SignedBy(k) {
		t.Errorf("the specification's signature does not verify")
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
