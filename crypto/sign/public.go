package sign

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"

	"github.com/sigstore/sigstore/pkg/cryptoutils"
)

// MaxKeyBytes bounds a key file before it is parsed: 64 KiB.
const MaxKeyBytes = 64 << 10

// The lengths of RSA keys that are accepted, in bits.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// A PublicKey checks signatures. The zero PublicKey verifies nothing.
type PublicKey struct {
	key crypto.PublicKey
	der []byte
	id  KeyID
}

// ParsePublicKey reads one PKIX public key in PEM, and nothing before or after it.
func ParsePublicKey(text []byte) (PublicKey, error) {
	block, err := onlyBlock(text)
	if err != nil {
		return PublicKey{}, err
	}
	if block.Type != string(cryptoutils.PublicKeyPEMType) {
		return PublicKey{}, fmt.Errorf("%w: want a PEM block %q, found %q", ErrKey, cryptoutils.PublicKeyPEMType, block.Type)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: not a PKIX public key: %w", ErrKey, err)
	}
	k, err := newPublicKey(key)
	if err != nil {
		return PublicKey{}, err
	}
	// One key has one identifier: another encoding of it would have another.
	if !bytes.Equal(k.der, block.Bytes) {
		return PublicKey{}, fmt.Errorf("%w: the key is not in its one DER form", ErrKey)
	}
	return k, nil
}

// newPublicKey checks that key is of a kind that writ, cosign and openssl all verify.
func newPublicKey(key crypto.PublicKey) (PublicKey, error) {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
		default:
			return PublicKey{}, fmt.Errorf("%w: curve %s, want P-256, P-384 or P-521", ErrKey, k.Curve.Params().Name)
		}
	case ed25519.PublicKey:
	case *rsa.PublicKey:
		if n := k.N.BitLen(); n < minRSABits || n > maxRSABits {
			return PublicKey{}, fmt.Errorf("%w: RSA key of %d bits, want %d to %d", ErrKey, n, minRSABits, maxRSABits)
		}
	default:
		return PublicKey{}, fmt.Errorf("%w: a %T is neither ECDSA, Ed25519 nor RSA", ErrKey, key)
	}
	der, err := cryptoutils.MarshalPublicKeyToDER(key)
	if err != nil {
		return PublicKey{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	sum := sha256.Sum256(der)
	return PublicKey{key: key, der: der, id: KeyID(hex.EncodeToString(sum[:]))}, nil
}

// onlyBlock returns the one PEM block of text. Package pem skips what stands
// around a block; here that is an error, so that a key file says one thing.
func onlyBlock(text []byte) (*pem.Block, error) {
	if len(text) > MaxKeyBytes {
		return nil, fmt.Errorf("%w: %d bytes, limit is %d", ErrKey, len(text), MaxKeyBytes)
	}
	block, rest := pem.Decode(text)
	switch {
	case block == nil || !bytes.HasPrefix(text, []byte("-----BEGIN "+block.Type+"-----")):
		return nil, fmt.Errorf("%w: not a key in PEM", ErrKey)
	case len(bytes.TrimSpace(rest)) != 0:
		return nil, fmt.Errorf("%w: something follows the PEM block", ErrKey)
	case len(block.Headers) != 0:
		return nil, fmt.Errorf("%w: the PEM block has headers; convert the key to PKCS #8", ErrKey)
	}
	return block, nil
}

// ID returns the key's identifier, "" for the zero key.
func (k PublicKey) ID() KeyID { return k.id }

// Hint returns the identifier as a Sigstore bundle carries it: the standard
// base64 of the SHA-256 of the PKIX DER.
func (k PublicKey) Hint() string {
	if k.key == nil {
		return ""
	}
	sum := sha256.Sum256(k.der)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// PEM returns the key in the form that [ParsePublicKey] reads, nothing for the zero key.
func (k PublicKey) PEM() []byte {
	if k.key == nil {
		return nil
	}
	return cryptoutils.PEMEncode(cryptoutils.PublicKeyPEMType, k.der)
}

// Equal reports whether both are the same key.
func (k PublicKey) Equal(other PublicKey) bool { return bytes.Equal(k.der, other.der) }

// Algorithm describes the key for people, such as "ecdsa-p256".
func (k PublicKey) Algorithm() string {
	switch key := k.key.(type) {
	case *ecdsa.PublicKey:
		return "ecdsa-" + strings.ToLower(strings.ReplaceAll(key.Curve.Params().Name, "-", ""))
	case ed25519.PublicKey:
		return string(Ed25519)
	case *rsa.PublicKey:
		return fmt.Sprintf("rsa-%d", key.N.BitLen())
	}
	return "none"
}

// MarshalText and UnmarshalText carry the key as PEM, so that it can stand in
// a JSON document.
func (k PublicKey) MarshalText() ([]byte, error) {
	if k.key == nil {
		return nil, fmt.Errorf("%w: no public key", ErrKey)
	}
	return k.PEM(), nil
}

// UnmarshalText reads PEM; see [ParsePublicKey].
func (k *PublicKey) UnmarshalText(b []byte) error {
	v, err := ParsePublicKey(b)
	*k = v
	return err
}

// Verify returns nil if sig is the key's signature on payload for purpose p,
// and otherwise an error that wraps [ErrVerify].
func (k PublicKey) Verify(p Purpose, payload, sig []byte) error {
	if k.key == nil || p == "" {
		return fmt.Errorf("%w: no key or no purpose to verify with", ErrVerify)
	}
	// SHA-256 for every curve and RSA, since that is what cosign checks with a
	// key; Ed25519 signs the message itself.
	good := false
	switch key := k.key.(type) {
	case ed25519.PublicKey:
		good = ed25519.Verify(key, signed(p, payload), sig)
	case *ecdsa.PublicKey:
		if good = ecdsa.VerifyASN1(key, signedSum(p, payload), sig); good {
			break
		}
		var pair struct{ R, S *big.Int }
		if rest, err := asn1.Unmarshal(sig, &pair); err != nil || len(rest) != 0 {
			return fmt.Errorf("%w: key %s: an ECDSA signature must be ASN.1 DER", ErrVerify, k.ID())
		}
	case *rsa.PublicKey:
		good = rsa.VerifyPKCS1v15(key, crypto.SHA256, signedSum(p, payload), sig) == nil
	}
	if !good {
		return fmt.Errorf("%w: key %s: the signature is not its own, or not of this content", ErrVerify, k.ID())
	}
	return nil
}
