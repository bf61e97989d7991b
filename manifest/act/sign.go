package act

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/internal/form"
	"writ/manifest/internal/sigstore"
)

// A statement is the in-toto Statement v1 with a predicate of ours.
type statement[P any] struct {
	Type          string             `json:"_type"`
	Subject       []manifest.Subject `json:"subject"`
	PredicateType string             `json:"predicateType"`
	Predicate     P                  `json:"predicate"`
}

// Sign checks that what is said is complete and agrees with itself, and returns
// it signed, as [manifest.Sign] does: an entry of the ledger. Times are cut to
// the second. What is too long for an entry is refused with [ErrTooLarge].
func Sign(a Act, k sign.Signer) ([]byte, error) {
	if a == nil {
		return nil, fmt.Errorf("%w: nothing to sign", ErrFormat)
	}
	if e, ok := a.(Exported); ok {
		b, err := manifest.Sign(e.Statement, k)
		return b, ours(err)
	}
	a = a.copy()
	if err := check(a); err != nil {
		return nil, err
	}
	payload, err := sigstore.Canonical(statement[Act]{manifest.StatementType, subjects(a), a.Kind().PredicateType(), a})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	bundle, err := sigstore.Sign(payload, k)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAct, err)
	}
	b, err := bundle.Marshal()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%w: %s: %d bytes signed, and the limit is %d", ErrTooLarge, a.Kind(), len(b), MaxBytes)
	}
	return b, nil
}

func check(a Act) error {
	c := &form.Checker{Family: ErrFormat}
	a.check(c)
	return c.Err
}

// ours puts an error of package manifest into this package's family.
func ours(err error) error {
	for _, f := range [...]struct{ theirs, ours error }{
		{manifest.ErrFormat, ErrFormat}, {manifest.ErrTooLarge, ErrTooLarge},
		{manifest.ErrSignature, ErrSignature}, {manifest.ErrSigner, ErrSigner}, {manifest.ErrManifest, ErrAct},
	} {
		if errors.Is(err, f.theirs) {
			return fmt.Errorf("%w: %w", f.ours, err)
		}
	}
	return err
}

// A Signed is a parsed statement. Nothing in it is believed.
type Signed struct {
	act      Act
	bundle   sigstore.Bundle
	manifest *manifest.Signed // of an export
}

// Parse reads a signed statement of any kind, strictly: a byte that differs
// from what [Sign] would write is refused. Errors wrap [ErrFormat].
func Parse(entry []byte) (*Signed, error) {
	b, predicate, err := parseBundle(nil, entry)
	if err != nil {
		return nil, err
	}
	if predicate == manifest.ExportType {
		m, err := manifest.ParseBundle(b)
		if err != nil {
			return nil, ours(err)
		}
		return &Signed{act: Exported{m.Unverified()}, bundle: b, manifest: m}, nil
	}
	a, err := readers[predicate](b.Payload, sigstore.Decode)
	if err != nil {
		return nil, err
	}
	return &Signed{act: a, bundle: b}, nil
}

// parseBundle reads an entry up to what its payload says, of which it says by
// which reader it is to be read. Payload and signature are appended to a buffer.
func parseBundle(to, entry []byte) (b sigstore.Bundle, predicate string, err error) {
	if len(entry) > MaxBytes {
		return b, "", fmt.Errorf("%w: %d bytes, the limit is %d", ErrFormat, len(entry), MaxBytes)
	}
	if b, err = sigstore.ParseInto(to, entry); err != nil {
		return b, "", fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if predicate, err = predicateType(b.Payload); err != nil {
		return b, "", err
	}
	if _, ok := readers[predicate]; !ok && predicate != manifest.ExportType {
		return b, "", fmt.Errorf("%w: predicateType is none of ours", ErrFormat)
	}
	return b, predicate, nil
}

// predicateType says by which reader a payload is to be read, which then sees
// whether it is. In canonical JSON only the subject stands behind it, and a
// string can't hold the name between bare quotes.
func predicateType(payload []byte) (string, error) {
	const name = `,"predicateType":"`
	if i := bytes.LastIndex(payload, []byte(name)); i >= 0 {
		value, _, _ := bytes.Cut(payload[i+len(name):], []byte(`"`))
		if _, ok := readers[string(value)]; ok || string(value) == manifest.ExportType {
			return string(value), nil
		}
	}
	var peek struct {
		PredicateType string `json:"predicateType"`
	}
	if err := json.Unmarshal(payload, &peek); err != nil {
		return "", fmt.Errorf("%w: statement: %w", ErrFormat, err)
	}
	return peek.PredicateType, nil
}

// readers read a payload, by its predicateType.
var readers = map[string]func(payload []byte, decode decoder) (Act, error){
	KindReceived.PredicateType():   read[Received],
	KindDecided.PredicateType():    read[Decided],
	KindNotified.PredicateType():   read[Notified],
	KindReleased.PredicateType():   read[Released],
	KindRecalled.PredicateType():   read[Recalled],
	KindConfigured.PredicateType(): read[Configured],
}

// A decoder is [sigstore.Decode] or [sigstore.DecodeShared].
type decoder func(payload []byte, v any) error

func read[A Act](payload []byte, decode decoder) (Act, error) {
	var s statement[A]
	if err := decode(payload, &s); err != nil {
		return nil, fmt.Errorf("%w: statement: %w", ErrFormat, err)
	}
	switch {
	case s.Type != manifest.StatementType:
		return nil, fmt.Errorf("%w: _type is not %s", ErrFormat, manifest.StatementType)
	case s.PredicateType != s.Predicate.Kind().PredicateType():
		return nil, fmt.Errorf("%w: predicateType is none of ours", ErrFormat)
	}
	a := Act(s.Predicate)
	if err := check(a); err != nil {
		return nil, err
	}
	if !slices.EqualFunc(s.Subject, a.subjects(), func(s manifest.Subject, want subject) bool { return s.Is(want.name, want.digest) }) {
		return nil, fmt.Errorf("%w: subject does not agree with the predicate", ErrFormat)
	}
	return a, nil
}

// Kind is what the statement is about.
func (s *Signed) Kind() Kind { return s.act.Kind() }

// Unverified returns a copy of what the statement says. Nothing of it is believed.
func (s *Signed) Unverified() Act { return s.copied() }

// Manifest returns the manifest of an export, nil of any other statement.
func (s *Signed) Manifest() *manifest.Signed { return s.manifest }

// copied returns a copy of the act that shares nothing with s.
func (s *Signed) copied() Act {
	if s.manifest != nil {
		return Exported{s.manifest.Unverified()}
	}
	return s.act.copy()
}

// A Verified is a statement that the provider signed with a key that counted
// when it was recorded. Only [Verify] fills one.
type Verified struct {
	signed *Signed
	signer sign.KeyID
}

var verifyErrors = sigstore.Errors{Signature: ErrSignature, Signer: ErrSigner}

// Verify checks the signature with the provider's pinned manifest keys.
func Verify(s *Signed, p *trust.Provider) (*Verified, error) {
	if s == nil || s.act == nil {
		return nil, fmt.Errorf("%w: no statement", ErrSigner)
	}
	id, err := s.bundle.Verify(p, s.act.By(), s.act.At(), verifyErrors)
	if err != nil {
		return nil, err
	}
	return &Verified{signed: s, signer: id}, nil
}

// Act returns a copy of what the statement says.
func (v *Verified) Act() Act { return v.signed.copied() }

// Signer returns the key that signed.
func (v *Verified) Signer() sign.KeyID { return v.signer }

// Digest is the SHA-256 of the statement's signed bytes.
func (v *Verified) Digest() digest.Digest { return digest.Of(v.signed.bundle.Payload) }

// Canonical returns the one form of a decision, for comparing two.
func (d Decision) Canonical() ([]byte, error) { return sigstore.Canonical(d.copy()) }
