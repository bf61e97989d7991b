package sign

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"runtime/debug"

	"github.com/sigstore/sigstore/pkg/cryptoutils"
)

// An Algorithm is a kind of key that writ makes.
type Algorithm string

// The algorithms of new keys.
const (
	ECDSAP256 Algorithm = "ecdsa-p256"
	Ed25519   Algorithm = "ed25519"
)

// The PEM types of encrypted private keys: cosign's, its older name, openssl's.
const (
	pemSigstore  = string(cryptoutils.EncryptedSigstorePrivateKeyPEMType)
	pemCosign    = "ENCRYPTED COSIGN PRIVATE KEY"
	pemEncrypted = "ENCRYPTED PRIVATE KEY"
)

// Generate makes a key pair. The private half is a PEM that cosign reads,
// encrypted under password; an empty password is refused.
func Generate(a Algorithm, password []byte) (private, public []byte, err error) {
	if len(password) == 0 {
		return nil, nil, fmt.Errorf("%w: a private key is never written without one", ErrPassword)
	}
	var key crypto.Signer
	switch a {
	case ECDSAP256:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case Ed25519:
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		return nil, nil, fmt.Errorf("%w: algorithm %q, want %s or %s", ErrKey, a, ECDSAP256, Ed25519)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	k, err := newPublicKey(key.Public())
	if err != nil {
		return nil, nil, err
	}
	der, err := cryptoutils.MarshalPrivateKeyToEncryptedDER(key, cryptoutils.StaticPasswordFunc(password))
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return cryptoutils.PEMEncode(cryptoutils.EncryptedSigstorePrivateKeyPEMType, der), k.PEM(), nil
}

// Encrypted reports whether text is a private key in PEM that needs a
// password, or an error if it is no private key that [LoadSigner] reads.
func Encrypted(text []byte) (bool, error) {
	block, err := onlyBlock(text)
	if err != nil {
		return false, err
	}
	switch block.Type {
	case pemSigstore, pemCosign, pemEncrypted:
		return true, nil
	case string(cryptoutils.PrivateKeyPEMType), string(cryptoutils.ECPrivateKeyPEMType):
		return false, nil
	}
	return false, fmt.Errorf("%w: a PEM block %q is no private key in PKCS #8 or SEC 1", ErrKey, block.Type)
}

// LoadSigner opens a private key in PEM: cosign's encrypted form, openssl's
// encrypted PKCS #8, plain PKCS #8 or SEC 1. It asks password only if the key
// is encrypted; a nil password func means there is none to ask.
func LoadSigner(text []byte, password func() ([]byte, error)) (Signer, error) {
	encrypted, err := Encrypted(text)
	if err != nil {
		return nil, err
	}
	var pass cryptoutils.PassFunc
	if encrypted {
		if password == nil {
			return nil, fmt.Errorf("%w: the key is encrypted", ErrPassword)
		}
		given, err := password()
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPassword, err)
		}
		// Not nil: sigstore takes nil for "not encrypted". An empty password is
		// one that cosign writes.
		pass = cryptoutils.StaticPasswordFunc(append([]byte{}, given...))
		// cosign's scrypt takes 64 MiB, which shall not come on top of what the
		// caller goes on to take.
		defer debug.FreeOSMemory()
	}
	key, err := cryptoutils.UnmarshalPEMToPrivateKey(text, pass)
	switch {
	case err != nil && encrypted:
		return nil, ErrPassword // the library's words about a key's inside stay inside
	case err != nil:
		return nil, fmt.Errorf("%w: not a private key", ErrKey)
	}
	private, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%w: a %T cannot sign", ErrKey, key)
	}
	public, err := newPublicKey(private.Public())
	if err != nil {
		return nil, err
	}
	return &keySigner{public, private}, nil
}
