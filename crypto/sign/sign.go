// Package sign makes and checks signatures for one stated purpose at a time.
//
// Every signature is over a DSSE pre-authentication encoding, whose payload
// type is the [Purpose]: a signature made for a manifest never verifies as one
// on an order. Keys are ECDSA (P-256, P-384, P-521, always with SHA-256),
// Ed25519 (pure) or RSA (2048 bits and up, PKCS #1 v1.5 with SHA-256), the
// forms that cosign and openssl check as well. The package does no I/O.
//
// Spec: https://github.com/secure-systems-lab/dsse
package sign

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"strconv"

	"github.com/secure-systems-lab/go-securesystemslib/dsse"
)

// A Purpose is what a signature is for: the payload type of its envelope.
type Purpose string

// The purposes that writ knows.
const (
	ForOrder     Purpose = "application/vnd.writ.order+json"
	ForRegistry  Purpose = "application/vnd.writ.registry+json"
	ForStatement Purpose = "application/vnd.in-toto+json"
	ForApproval  Purpose = "application/vnd.writ.approval+json"
	ForRequest   Purpose = "application/vnd.writ.request+json"
)

// A KeyID is the SHA-256 of a public key's PKIX DER form, in lower-case hex.
type KeyID string

// Why a signature or a key is turned away.
var (
	ErrEnvelope = errors.New("envelope malformed")
	ErrPurpose  = errors.New("signed for another purpose")
	ErrKey      = errors.New("key unusable")
	ErrPassword = fmt.Errorf("%w: password wrong or missing", ErrKey)
	ErrVerify   = errors.New("signature does not verify")
)

// A Signer signs payloads. Implementations may be used from several goroutines.
type Signer interface {
	// Public returns the key that verifies what Sign makes.
	Public() PublicKey
	// Sign returns the raw signature on payload for purpose p: ASN.1 DER for
	// ECDSA, 64 bytes for Ed25519.
	Sign(p Purpose, payload []byte) ([]byte, error)
}

// keySigner signs with a private key in memory.
type keySigner struct {
	public  PublicKey
	private crypto.Signer
}

func (s *keySigner) Public() PublicKey { return s.public }

func (s *keySigner) Sign(p Purpose, payload []byte) ([]byte, error) {
	if p == "" {
		return nil, fmt.Errorf("%w: a signature needs a purpose", ErrPurpose)
	}
	message, hash := signedSum(p, payload), crypto.SHA256
	if _, pure := s.private.Public().(ed25519.PublicKey); pure {
		message, hash = signed(p, payload), 0
	}
	sig, err := s.private.Sign(rand.Reader, message, hash)
	if err != nil {
		return nil, fmt.Errorf("%w: signing with key %s: %w", ErrKey, s.public.ID(), err)
	}
	return sig, nil
}

// signed returns the bytes that a signature covers: the DSSE pre-authentication
// encoding, in which the purpose cannot be mistaken for the payload.
func signed(p Purpose, payload []byte) []byte { return dsse.PAE(string(p), payload) }

// signedSum is the SHA-256 of [signed], without a copy of the payload.
func signedSum(p Purpose, payload []byte) []byte {
	var space [128]byte
	head := append(space[:0], "DSSEv1 "...)
	head = append(strconv.AppendInt(head, int64(len(p)), 10), ' ')
	head = append(append(head, p...), ' ')
	head = append(strconv.AppendInt(head, int64(len(payload)), 10), ' ')
	h := sha256.New()
	h.Write(head)
	h.Write(payload)
	return h.Sum(space[:0])
}
