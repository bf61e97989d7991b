package manifest

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"writ/crypto/sign"
)

// The Sigstore bundle as JSON: exactly what a bundle with a key and a DSSE
// envelope needs. cosign refuses members that it does not know, and more than
// one signature; so do we.
type (
	sigstoreJSON struct {
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

// canonical returns v as RFC 8785 has it.
func canonical(v any) ([]byte, error) {
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

// marshal returns the one form that a signed statement has on disk.
func marshal(payload, sig []byte, hint string) ([]byte, error) {
	out := sigstoreJSON{MediaType: BundleMedia, DSSEEnvelope: envelopeJSON{
		Payload: payload, PayloadType: string(sign.ForStatement), Signatures: []signatureJSON{{Sig: sig}},
	}}
	out.Material.PublicKey.Hint = hint
	b, err := canonical(out)
	return append(b, '\n'), err
}

// Sign checks that the statement is complete, and returns it signed in a
// Sigstore bundle: canonical JSON with a final newline. Times are cut to the
// second, and put in UTC.
func Sign(s Statement, k sign.Signer) ([]byte, error) {
	s = s.clone()
	for _, t := range s.times() {
		*t = t.UTC().Truncate(time.Second)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	payload, err := canonical(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	sig, err := k.Sign(sign.ForStatement, payload)
	if err != nil {
		return nil, fmt.Errorf("%w: signing: %w", ErrManifest, err)
	}
	b, err := marshal(payload, sig, k.Public().Hint())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrFormat, len(b), MaxBytes)
	}
	return b, nil
}

// A Signed is a parsed Sigstore bundle with a statement of ours. Nothing in it is believed.
type Signed struct {
	statement Statement
	payload   []byte
	sig       []byte
	hint      string
}

// Parse reads a Sigstore bundle strictly: a byte that differs from what [Sign]
// would write is refused, even where no signature covers it. Errors wrap ErrFormat.
func Parse(bundle []byte) (*Signed, error) {
	if len(bundle) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrFormat, len(bundle), MaxBytes)
	}
	var in sigstoreJSON
	if err := json.Unmarshal(bundle, &in, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: not a Sigstore bundle of this form: %w", ErrFormat, err)
	}
	e := in.DSSEEnvelope
	switch {
	case in.MediaType != BundleMedia:
		return nil, fmt.Errorf("%w: media type is not %s", ErrFormat, BundleMedia)
	case e.PayloadType != string(sign.ForStatement):
		return nil, fmt.Errorf("%w: payload type is not %s", ErrFormat, sign.ForStatement)
	case len(e.Signatures) != 1:
		return nil, fmt.Errorf("%w: %d signatures, want one", ErrFormat, len(e.Signatures))
	}
	out := &Signed{payload: e.Payload, sig: e.Signatures[0].Sig, hint: in.Material.PublicKey.Hint}
	if again, err := marshal(out.payload, out.sig, out.hint); err != nil || !bytes.Equal(again, bundle) {
		return nil, fmt.Errorf("%w: the bundle is not canonical JSON with one final newline", ErrFormat)
	}
	// The statement is decoded from the very bytes that were signed.
	if err := json.Unmarshal(out.payload, &out.statement, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: statement: %w", ErrFormat, err)
	}
	if again, err := canonical(out.statement); err != nil || !bytes.Equal(again, out.payload) {
		return nil, fmt.Errorf("%w: the statement is not canonical JSON, or lacks a member", ErrFormat)
	}
	if err := out.statement.check(); err != nil {
		return nil, err
	}
	return out, nil
}

// keyID returns the key that the bundle names, "" if it is no key's hint.
func (s *Signed) keyID() sign.KeyID {
	b, err := base64.StdEncoding.Strict().DecodeString(s.hint)
	if err != nil || len(b) != 32 {
		return ""
	}
	return sign.KeyID(fmt.Sprintf("%x", b))
}

// Unverified returns a deep copy of what the statement says. Nothing of it is
// believed: it is for finding one's own files again.
func (s *Signed) Unverified() Statement { return s.statement.clone() }
