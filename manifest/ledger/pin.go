package ledger

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"

	"writ/crypto/sign"
	"writ/crypto/trust"
)

// VerifierFor returns what verifies a ledger's checkpoints from how it is
// pinned in a registry or provider file: the origin, and the key.
func VerifierFor(origin string, k sign.PublicKey) (note.Verifier, error) {
	public, err := PublicFor(origin, k)
	if err != nil {
		return nil, err
	}
	return ParseVerifier(public)
}

// PublicFor returns the same as text, as [Key.Public] writes it.
func PublicFor(origin string, k sign.PublicKey) (string, error) {
	if err := checkOrigin(origin); err != nil {
		return "", err
	}
	block, _ := pem.Decode(k.PEM())
	if block == nil {
		return "", fmt.Errorf("%w: there is none for %s", ErrKey, origin)
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrKey, err)
	}
	raw, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return "", fmt.Errorf("%w: that of %s is %s, want %s", ErrKey, origin, k.Algorithm(), sign.Ed25519)
	}
	public, err := note.NewEd25519VerifierKey(origin, raw)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrKey, err)
	}
	return public, nil
}

// Pin is the other way round: how a ledger's public key is pinned.
func Pin(public string) (origin string, k sign.PublicKey, err error) {
	v, err := ParseVerifier(public)
	if err != nil {
		return "", sign.PublicKey{}, err
	}
	_, encoded, _ := strings.Cut(public[len(v.Name())+1:], "+")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize {
		return "", sign.PublicKey{}, fmt.Errorf("%w: public key of %s is not %s", ErrKey, v.Name(), sign.Ed25519)
	}
	der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(raw[1:]))
	if err != nil {
		return "", sign.PublicKey{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	k, err = sign.ParsePublicKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	if err != nil {
		return "", sign.PublicKey{}, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return v.Name(), k, nil
}

// PolicyFor returns the policy that a registry or provider file pins; nil is
// the zero Policy.
func PolicyFor(w *trust.Witnesses) (Policy, error) {
	if w == nil {
		return Policy{}, nil
	}
	var list []Witness
	for _, one := range w.List {
		x, err := NewWitness(one.Key, one.URL)
		if err != nil {
			return Policy{}, err
		}
		list = append(list, x)
	}
	return NewPolicy(w.Threshold, list...)
}
