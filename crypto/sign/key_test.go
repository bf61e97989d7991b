package sign

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/secure-systems-lab/go-securesystemslib/encrypted"
)

func password(s string) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(s), nil }
}

// What Generate writes is what cosign's own steps open: the PEM type, then the
// password, then PKCS #8.
func TestGeneratedKeyIsInCosignsForm(t *testing.T) {
	for _, a := range []Algorithm{ECDSAP256, Ed25519} {
		t.Run(string(a), func(t *testing.T) {
			private, public, err := Generate(a, []byte("correct horse"))
			if err != nil {
				t.Fatal(err)
			}
			block, rest := pem.Decode(private)
			if block == nil || block.Type != "ENCRYPTED SIGSTORE PRIVATE KEY" || len(rest) != 0 {
				t.Fatalf("not cosign's PEM: %.60s", private)
			}
			if !bytes.Contains(block.Bytes, []byte(`"kdf":{"name":"scrypt","params":{"N":65536,"r":8,"p":1}`)) {
				t.Errorf("unexpected key derivation in %s", block.Bytes)
			}
			der, err := encrypted.Decrypt(block.Bytes, []byte("correct horse"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := x509.ParsePKCS8PrivateKey(der); err != nil {
				t.Fatal(err)
			}
			s, err := LoadSigner(private, password("correct horse"))
			if err != nil {
				t.Fatal(err)
			}
			if k := must(ParsePublicKey(public)); !k.Equal(s.Public()) || k.Algorithm() != string(a) {
				t.Errorf("public half is %s %s, want the private one's", k.Algorithm(), k.ID())
			}
		})
	}
}

func TestGenerateRefuses(t *testing.T) {
	if _, _, err := Generate(ECDSAP256, nil); !errors.Is(err, ErrPassword) {
		t.Errorf("no password: %v, want %v", err, ErrPassword)
	}
	if _, _, err := Generate("dsa", []byte("x")); !errors.Is(err, ErrKey) {
		t.Errorf("unknown algorithm: %v, want %v", err, ErrKey)
	}
}

func TestLoadSigner(t *testing.T) {
	file := func(name string) []byte { return read(t, "testdata/"+name) }
	for _, tt := range []struct {
		name     string
		text     []byte
		password func() ([]byte, error)
		want     error
	}{
		{"openssl's encrypted PKCS #8", file("openssl-encrypted.pem"), password("openssl-test"), nil},
		{"openssl's encrypted Ed25519", file("openssl-ed25519-encrypted.pem"), password("openssl-test"), nil},
		{"plain PKCS #8 asks nothing", file("openssl-pkcs8.pem"), nil, nil},
		{"SEC 1", file("openssl-sec1.pem"), nil, nil},
		{"wrong password", file("openssl-encrypted.pem"), password("openssl"), ErrPassword},
		{"empty password", file("openssl-encrypted.pem"), password(""), ErrPassword},
		{"nobody to ask", file("openssl-encrypted.pem"), nil, ErrPassword},
		{"asking goes wrong", file("openssl-encrypted.pem"), func() ([]byte, error) { return nil, errors.New("no terminal") }, ErrPassword},
		{"encrypted by PEM headers", file("bad-dek-info.pem"), password("x"), ErrKey},
		{"a public key", file("openssl.pub"), nil, ErrKey},
		{"two keys", append(file("openssl-pkcs8.pem"), file("openssl-sec1.pem")...), nil, ErrKey},
		{"something before", append([]byte("key:\n"), file("openssl-pkcs8.pem")...), nil, ErrKey},
		{"nothing", nil, nil, ErrKey},
		{"too large", make([]byte, MaxKeyBytes+1), nil, ErrKey},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, err := LoadSigner(tt.text, tt.password)
			if !errors.Is(err, tt.want) {
				t.Fatalf("LoadSigner = %v, want %v", err, tt.want)
			}
			if err != nil {
				return
			}
			sig, err := s.Sign(ForOrder, []byte("x"))
			if err != nil || s.Public().Verify(ForOrder, []byte("x"), sig) != nil {
				t.Errorf("the loaded key does not sign: %v", err)
			}
		})
	}
}

func TestParsePublicKey(t *testing.T) {
	good := read(t, "testdata/openssl.pub")
	block, _ := pem.Decode(good)
	crlf := bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n"))
	for _, tt := range []struct {
		name string
		text []byte
		want error
	}{
		{"openssl's", good, nil},
		{"with CRLF", crlf, nil},
		{"PKCS #1", read(t, "testdata/bad-pkcs1.pub"), ErrKey},
		{"RSA of 1024 bits", read(t, "testdata/bad-rsa1024.pub"), ErrKey},
		{"P-224", read(t, "testdata/bad-p224.pub"), ErrKey},
		{"X25519", read(t, "testdata/bad-x25519.pub"), ErrKey},
		{"a private key", read(t, "testdata/openssl-pkcs8.pem"), ErrKey},
		{"two", append(bytes.Clone(good), good...), ErrKey},
		{"with headers", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: block.Bytes, Headers: map[string]string{"A": "b"}}), ErrKey},
		{"bytes after the DER", pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: append(bytes.Clone(block.Bytes), 0)}), ErrKey},
		{"a certificate", []byte(strings.ReplaceAll(string(good), "PUBLIC KEY", "CERTIFICATE")), ErrKey},
	} {
		t.Run(tt.name, func(t *testing.T) {
			k, err := ParsePublicKey(tt.text)
			if !errors.Is(err, tt.want) {
				t.Fatalf("ParsePublicKey = %v, want %v", err, tt.want)
			}
			if err == nil && !bytes.Equal(k.PEM(), good) {
				t.Errorf("PEM = %s, want openssl's bytes", k.PEM())
			}
		})
	}
}

func TestPublicKeyNames(t *testing.T) {
	good := read(t, "testdata/openssl.pub")
	block, _ := pem.Decode(good)
	sum := sha256.Sum256(block.Bytes)
	k := must(ParsePublicKey(good))
	if got, want := k.ID(), KeyID(hex.EncodeToString(sum[:])); got != want {
		t.Errorf("ID = %s, want %s", got, want)
	}
	if got, want := k.Hint(), base64.StdEncoding.EncodeToString(sum[:]); got != want {
		t.Errorf("Hint = %s, want %s", got, want)
	}
	zero := PublicKey{}
	if zero.ID() != "" || zero.Hint() != "" || zero.PEM() != nil || zero.Algorithm() != "none" {
		t.Errorf("the zero key has a name: %q %q", zero.ID(), zero.Hint())
	}
	if _, err := zero.MarshalText(); !errors.Is(err, ErrKey) {
		t.Errorf("the zero key marshals: %v", err)
	}
}

func FuzzParsePublicKey(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.pub")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata (%v)", err)
	}
	for _, name := range seeds {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		k, err := ParsePublicKey(text)
		var same PublicKey
		if textErr := same.UnmarshalText(text); (textErr == nil) != (err == nil) || !same.Equal(k) && err == nil {
			t.Fatalf("as text: %v, want %v", textErr, err)
		}
		if err != nil {
			if k.ID() != "" {
				t.Fatalf("a key came with the error %v", err)
			}
			return
		}
		if back, err := ParsePublicKey(k.PEM()); err != nil || !back.Equal(k) {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}

// LoadSigner has no password here: deriving keys is not the parser's work.
func FuzzLoadSigner(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.pem")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata (%v)", err)
	}
	for _, name := range seeds {
		f.Add(read(f, name))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := LoadSigner(text, nil)
		if err != nil {
			return
		}
		sig, err := s.Sign(ForOrder, []byte("x"))
		if err != nil || s.Public().Verify(ForOrder, []byte("x"), sig) != nil {
			t.Fatalf("an accepted key does not sign: %v", err)
		}
	})
}
