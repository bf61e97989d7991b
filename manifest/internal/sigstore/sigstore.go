// Package sigstore writes and reads the one form that a signed statement of
// ours has on disk and in a ledger: canonical JSON in a DSSE envelope in a
// Sigstore bundle (v0.3), itself canonical JSON with one final newline.
//
// A byte that differs from that form is refused, even where no signature covers
// it: two readers never see two statements, and a statement is one entry. The
// package knows bytes, keys and times; what a statement says is its callers'.
package sigstore

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest/internal/canon"
)

// MediaType is the bundle's.
const MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"

// Errors are a caller's sentinels: what its errors of [Bundle.Verify] wrap.
type Errors struct {
	Signature error // it does not verify
	Signer    error // not the provider's, or not at that time
}

// A Bundle is a payload with its signature and the key that it names. Nothing
// in it is believed.
type Bundle struct {
	Payload []byte // canonical JSON
	Sig     []byte
	Hint    string // names the key; see [sign.PublicKey.Hint]
}

// The bundle as JSON: exactly what one with a key and a DSSE envelope needs.
// cosign refuses members that it does not know, and more than one signature;
// so do we.
type (
	bundleJSON struct {
		MediaType    string       `json:"mediaType"`
		Material     materialJSON `json:"verificationMaterial"`
		DSSEEnvelope envelopeJSON `json:"dsseEnvelope"`
	}
	materialJSON struct {
		PublicKey struct {
			Hint string `json:"hint"`
		} `json:"publicKey"`
	}
	envelopeJSON struct {
		Payload     []byte          `json:"payload"`
		PayloadType string          `json:"payloadType"`
		Signatures  []signatureJSON `json:"signatures"`
	}
	signatureJSON struct {
		Sig []byte `json:"sig"`
	}
)

// Canonical returns v as RFC 8785 has it.
func Canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	c := jsontext.Value(b)
	if err := c.Canonicalize(); err != nil {
		return nil, err
	}
	return c, nil
}

// Decode reads a payload into the zero struct that v points to. Unknown, missing
// and repeated members are refused, and all that is not canonical.
func Decode(payload []byte, v any) error { return decode(payload, v, canon.Decode) }

// DecodeShared is [Decode] for many payloads. What v points to shares lists
// with what others were read into: it is to be read, and nothing of it changed.
func DecodeShared(payload []byte, v any) error { return decode(payload, v, canon.DecodeShared) }

func decode(payload []byte, v any, quick func([]byte, any) bool) error {
	if quick(payload, v) {
		return nil
	}
	reflect.ValueOf(v).Elem().SetZero()
	if err := json.Unmarshal(payload, v, json.RejectUnknownMembers(true)); err != nil {
		return err
	}
	if again, err := Canonical(v); err != nil || !bytes.Equal(again, payload) {
		return errors.New("it is not canonical JSON, or lacks a member")
	}
	return nil
}

// Sign signs a payload.
func Sign(payload []byte, k sign.Signer) (Bundle, error) {
	sig, err := k.Sign(sign.ForStatement, payload)
	if err != nil {
		return Bundle{}, fmt.Errorf("signing: %w", err)
	}
	return Bundle{Payload: payload, Sig: sig, Hint: k.Public().Hint()}, nil
}

// The bundle's one form: these, around the payload, the signature and the hint.
const (
	beforePayload = `{"dsseEnvelope":{"payload":"`
	beforeSig     = `","payloadType":"` + string(sign.ForStatement) + `","signatures":[{"sig":"`
	beforeHint    = `"}]},"mediaType":"` + MediaType + `","verificationMaterial":{"publicKey":{"hint":"`
	afterHint     = `"}}}` + "\n"
)

// Marshal returns the one form that the bundle has.
func (b Bundle) Marshal() ([]byte, error) {
	out := bundleJSON{MediaType: MediaType, DSSEEnvelope: envelopeJSON{
		Payload: b.Payload, PayloadType: string(sign.ForStatement), Signatures: []signatureJSON{{Sig: b.Sig}},
	}}
	out.Material.PublicKey.Hint = b.Hint
	c, err := Canonical(out)
	if err != nil {
		return nil, err
	}
	return append(c, '\n'), nil
}

// Parse reads what [Bundle.Marshal] writes, and nothing else. The caller bounds
// its length.
func Parse(b []byte) (Bundle, error) { return ParseInto(nil, b) }

// ParseInto is [Parse], and appends payload and signature to a buffer, which
// the caller may use again when it is done with the bundle.
func ParseInto(to, b []byte) (Bundle, error) {
	if out, ok := cut(to, b); ok {
		return out, nil
	}
	var in bundleJSON
	if err := json.Unmarshal(b, &in, json.RejectUnknownMembers(true)); err != nil {
		return Bundle{}, fmt.Errorf("not a Sigstore bundle of this form: %w", err)
	}
	e := in.DSSEEnvelope
	switch {
	case in.MediaType != MediaType:
		return Bundle{}, fmt.Errorf("media type is not %s", MediaType)
	case e.PayloadType != string(sign.ForStatement):
		return Bundle{}, fmt.Errorf("payload type is not %s", sign.ForStatement)
	case len(e.Signatures) != 1:
		return Bundle{}, fmt.Errorf("%d signatures, want one", len(e.Signatures))
	}
	out := Bundle{Payload: e.Payload, Sig: e.Signatures[0].Sig, Hint: in.Material.PublicKey.Hint}
	if again, err := out.Marshal(); err != nil || !bytes.Equal(again, b) {
		return Bundle{}, errors.New("the bundle is not canonical JSON with one final newline")
	}
	return out, nil
}

// cut takes a bundle apart, if it is of the one form. What it does not take
// may be of that form, too: a hint that is no key's.
func cut(to, b []byte) (Bundle, bool) {
	rest, ok := bytes.CutPrefix(b, []byte(beforePayload))
	payload, rest, ok1 := bytes.Cut(rest, []byte(beforeSig))
	sig, rest, ok2 := bytes.Cut(rest, []byte(beforeHint))
	hint, rest, ok3 := bytes.Cut(rest, []byte(afterHint))
	if !ok || !ok1 || !ok2 || !ok3 || len(rest) > 0 {
		return Bundle{}, false
	}
	var id [32]byte
	_, ok = canon.Base64(id[:0], hint)
	with, ok1 := canon.Base64(slices.Grow(to, len(b)), payload) // more than all needs
	all, ok2 := canon.Base64(with, sig)
	if !ok || !ok1 || !ok2 {
		return Bundle{}, false
	}
	return Bundle{Payload: with[len(to):len(with):len(with)], Sig: all[len(with):], Hint: string(hint)}, true
}

// KeyID returns the key that the bundle names, "" if the hint is no key's.
func (b Bundle) KeyID() sign.KeyID {
	var space [36]byte
	id, ok := canon.Base64(space[:0], []byte(b.Hint))
	if !ok || len(id) != 32 {
		return ""
	}
	return sign.KeyID(hex.EncodeToString(id))
}

// Verify checks the signature with the provider's pinned manifest keys, and
// that the key counted at the time at, which the payload states. provider is
// for whom the payload says that it speaks.
func (b Bundle) Verify(p *trust.Provider, provider string, at time.Time, is Errors) (sign.KeyID, error) {
	if p == nil {
		return "", fmt.Errorf("%w: no provider to verify it with", is.Signer)
	}
	id := b.KeyID()
	key, err := p.Key(trust.UseManifest, id)
	if err != nil {
		return "", fmt.Errorf("%w: key %s: %w", is.Signer, id, err)
	}
	if err := key.PublicKey.Verify(sign.ForStatement, b.Payload, b.Sig); err != nil {
		return "", fmt.Errorf("%w: %w", is.Signature, err)
	}
	// Only now is the payload known to be the key's, and its time with it.
	if err := key.At(at); err != nil {
		return "", fmt.Errorf("%w: key %s: %w", is.Signer, id, err)
	}
	if provider != p.Provider {
		return "", fmt.Errorf("%w: it speaks for another provider than the pinned one", is.Signer)
	}
	return key.PublicKey.ID(), nil
}
