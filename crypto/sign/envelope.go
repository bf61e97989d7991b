package sign

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxEnvelopeBytes bounds an envelope before it is parsed: 4 MiB.
const MaxEnvelopeBytes = 4 << 20

// MaxSignatures bounds the signatures of one envelope.
const MaxSignatures = 64

// An Envelope is a payload with any number of signatures (DSSE). Nothing in it
// is believed: use [Envelope.SignedBy].
type Envelope struct {
	Purpose    Purpose
	Payload    []byte
	Signatures []Signature
}

// A Signature names the key that is said to have made it.
type Signature struct {
	KeyID KeyID // "" if the envelope does not say
	Sig   []byte
}

// The envelope as JSON. Pointers tell what is missing from what is empty.
type (
	envelopeJSON struct {
		Payload     *string          `json:"payload"`
		PayloadType *string          `json:"payloadType"`
		Signatures  *[]signatureJSON `json:"signatures"`
	}
	signatureJSON struct {
		KeyID string `json:"keyid,omitzero"`
		Sig   string `json:"sig"`
	}
)

// ParseEnvelope reads a DSSE envelope whose payload type is want. Unknown or
// duplicate members, trailing bytes and loose base64 are refused.
func ParseEnvelope(b []byte, want Purpose) (*Envelope, error) {
	if len(b) > MaxEnvelopeBytes {
		return nil, fmt.Errorf("%w: %d bytes, limit is %d", ErrEnvelope, len(b), MaxEnvelopeBytes)
	}
	var in envelopeJSON
	if err := json.Unmarshal(b, &in, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: %s", ErrEnvelope, misread(err))
	}
	switch {
	case in.Payload == nil, in.PayloadType == nil, in.Signatures == nil:
		return nil, fmt.Errorf("%w: payload, payloadType and signatures must be there", ErrEnvelope)
	case want == "", *in.PayloadType != string(want):
		return nil, fmt.Errorf("%w: payload type %q, want %q", ErrPurpose, *in.PayloadType, want)
	case len(*in.Signatures) > MaxSignatures:
		return nil, fmt.Errorf("%w: %d signatures, limit is %d", ErrEnvelope, len(*in.Signatures), MaxSignatures)
	}
	payload, err := strictBase64(*in.Payload)
	if err != nil {
		return nil, fmt.Errorf("%w: payload: %w", ErrEnvelope, err)
	}
	e := &Envelope{Purpose: want, Payload: payload}
	for i, s := range *in.Signatures {
		sig, err := strictBase64(s.Sig)
		if err != nil {
			return nil, fmt.Errorf("%w: signature %d: %w", ErrEnvelope, i+1, err)
		}
		id := KeyID(s.KeyID)
		switch {
		case id != "" && !id.valid():
			return nil, fmt.Errorf("%w: signature %d: keyid must be 64 lower-case hex digits", ErrEnvelope, i+1)
		case id != "" && slices.ContainsFunc(e.Signatures, func(o Signature) bool { return o.KeyID == id }):
			return nil, fmt.Errorf("%w: two signatures by key %s", ErrEnvelope, id)
		}
		e.Signatures = append(e.Signatures, Signature{KeyID: id, Sig: sig})
	}
	return e, nil
}

// misread says in words why JSON is no envelope.
func misread(err error) string {
	e, semantic := errors.AsType[*json.SemanticError](err)
	switch {
	case errors.Is(err, json.ErrUnknownName):
		return "it has a member that no envelope has"
	case errors.Is(err, jsontext.ErrDuplicateName):
		return "a member is given twice"
	case semantic && e.JSONPointer == "":
		return "it is not a JSON object"
	case semantic:
		return fmt.Sprintf("%s is of the wrong type", e.JSONPointer)
	}
	return "it is not JSON, or not all of it"
}

// strictBase64 reads standard base64 that is not empty and has no second
// spelling: no line breaks, and spare bits are zero.
func strictBase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, err
	}
	if len(b) == 0 || strings.ContainsAny(s, "\r\n") { // package base64 skips line breaks
		return nil, fmt.Errorf("empty, or broken into lines")
	}
	return b, nil
}

func (id KeyID) valid() bool {
	b, err := hex.DecodeString(string(id))
	return err == nil && len(b) == 32 && strings.ToLower(string(id)) == string(id)
}

// Marshal returns the envelope as JSON with a final newline.
func (e *Envelope) Marshal() []byte {
	payload, purpose := base64.StdEncoding.EncodeToString(e.Payload), string(e.Purpose)
	sigs := make([]signatureJSON, len(e.Signatures))
	for i, s := range e.Signatures {
		sigs[i] = signatureJSON{KeyID: string(s.KeyID), Sig: base64.StdEncoding.EncodeToString(s.Sig)}
	}
	b, err := json.Marshal(envelopeJSON{&payload, &purpose, &sigs}, jsontext.WithIndent("  "))
	if err != nil {
		// Only invalid UTF-8 can fail, and purposes and key ids are constants and hex.
		panic("sign: marshalling an envelope: " + err.Error())
	}
	return append(b, '\n')
}

// Sign adds s's signature. A second one by the same key replaces the first.
func (e *Envelope) Sign(s Signer) error {
	id := s.Public().ID()
	sig, err := s.Sign(e.Purpose, e.Payload)
	if err != nil {
		return err
	}
	rest := slices.DeleteFunc(slices.Clone(e.Signatures), func(o Signature) bool { return o.KeyID == id })
	if len(rest) == MaxSignatures {
		return fmt.Errorf("%w: already %d signatures, which is the limit", ErrEnvelope, MaxSignatures)
	}
	e.Signatures = append(rest, Signature{KeyID: id, Sig: sig})
	return nil
}

// SignedBy reports whether one of the envelope's signatures was made by k on
// the envelope's payload for the envelope's purpose.
func (e *Envelope) SignedBy(k PublicKey) bool {
	id := k.ID()
	return slices.ContainsFunc(e.Signatures, func(s Signature) bool {
		// The key id is a hint that saves work, and proves nothing by itself.
		return (s.KeyID == "" || s.KeyID == id) && k.Verify(e.Purpose, e.Payload, s.Sig) == nil
	})
}
