package manifest

import (
	"fmt"
	"maps"
	"slices"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest/internal/sigstore"
)

// A Verified is a statement that the provider signed with a key that counted
// at the time it states. Only [Verify] fills one.
type Verified struct {
	statement Statement
	digest    digest.Digest
	signer    sign.KeyID
}

// Verify checks the signature with the provider's pinned keys.
func Verify(s *Signed, p *trust.Provider) (*Verified, error) {
	if s == nil || p == nil {
		return nil, fmt.Errorf("%w: no manifest, or no provider to verify it with", ErrSigner)
	}
	e := &s.statement.Predicate
	signer, err := s.bundle.Verify(p, e.Provider, e.Times.SignedAt, sigstore.Errors{Signature: ErrSignature, Signer: ErrSigner})
	if err != nil {
		return nil, err
	}
	return &Verified{statement: s.statement.clone(), digest: digest.Of(s.bundle.Payload), signer: signer}, nil
}

// Statement returns a deep copy.
func (v *Verified) Statement() Statement { return v.statement.clone() }

// Signer returns the key that signed.
func (v *Verified) Signer() sign.KeyID { return v.signer }

// Digest is the SHA-256 of the statement's signed bytes.
func (v *Verified) Digest() digest.Digest { return v.digest }

// clone returns a copy that shares nothing with s.
func (s Statement) clone() Statement {
	s.Predicate.Approvals = slices.Clone(s.Predicate.Approvals)
	s.Subject = slices.Clone(s.Subject)
	for i := range s.Subject {
		s.Subject[i].Digest = maps.Clone(s.Subject[i].Digest)
	}
	e := &s.Predicate
	e.Order.Targets = slices.Clone(e.Order.Targets)
	e.Order.Signers = slices.Clone(e.Order.Signers)
	e.Recipients = slices.Clone(e.Recipients)
	e.Datasets = slices.Clone(e.Datasets)
	for i := range e.Datasets {
		e.Datasets[i].Fields = slices.Clone(e.Datasets[i].Fields)
		e.Datasets[i].Withheld = slices.Clone(e.Datasets[i].Withheld)
	}
	return s
}
