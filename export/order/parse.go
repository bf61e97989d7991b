package order

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"writ/crypto/digest"
	"writ/crypto/sign"
)

// A Signed is a parsed order with its signatures. Nothing in it is believed.
// The empty one is refused by [Verify].
type Signed struct {
	envelope *sign.Envelope
	order    Order
	digest   digest.Digest
}

// Parse reads an order's envelope strictly and checks its form: required
// members, bounds, times in order, no wildcard, no empty identifier. Errors wrap ErrMalformed.
func Parse(envelope []byte) (*Signed, error) {
	e, err := sign.ParseEnvelope(envelope, sign.ForOrder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return read(e)
}

// New wraps an order that nobody signed yet; it checks the same as [Parse]. An
// empty Format means this one, an empty Nonce that New takes 32 random bytes.
func New(o Order) (*Signed, error) {
	o = o.clone()
	if o.Format == "" {
		o.Format = Format
	}
	if len(o.Nonce) == 0 {
		o.Nonce = make([]byte, 32)
		rand.Read(o.Nonce) // never fails: see crypto/rand
	}
	payload, err := json.Marshal(o, jsontext.Multiline(true))
	if err != nil {
		return nil, fmt.Errorf("%w: %s", ErrMalformed, where(err))
	}
	return read(&sign.Envelope{Purpose: sign.ForOrder, Payload: payload})
}

// read parses the order from the very bytes that are signed.
func read(e *sign.Envelope) (*Signed, error) {
	o, err := parsePayload(e.Payload)
	if err != nil {
		return nil, err
	}
	return &Signed{envelope: e, order: o, digest: digest.Of(e.Payload)}, nil
}

func parsePayload(b []byte) (Order, error) {
	if len(b) > MaxBytes {
		return Order{}, fmt.Errorf("%w: the order has %d bytes, the limit is %d", ErrMalformed, len(b), MaxBytes)
	}
	var o Order
	if err := json.Unmarshal(b, &o, json.RejectUnknownMembers(true)); err != nil {
		return Order{}, fmt.Errorf("%w: %s", ErrMalformed, where(err))
	}
	if err := o.check(); err != nil {
		return Order{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if err := sameForm(b, o); err != nil {
		return Order{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return o, nil
}

// sameForm refuses a payload that says what o says in another form: a member
// that is null, a required one left out whose zero value passes, or an
// optional one spelt out empty. Apart from white space and the order of members, an order has one form.
func sameForm(payload []byte, o Order) error {
	again, err := json.Marshal(o)
	if err != nil {
		return errors.New(where(err))
	}
	got, want := jsontext.Value(bytes.Clone(payload)), jsontext.Value(again)
	if err := errors.Join(got.Canonicalize(), want.Canonicalize()); err != nil {
		return errors.New("it has no canonical form")
	}
	if bytes.Equal(got, want) {
		return nil
	}
	g, w := jsontext.NewDecoder(bytes.NewReader(got)), jsontext.NewDecoder(bytes.NewReader(want))
	for {
		gt, gerr := g.ReadToken()
		wt, werr := w.ReadToken()
		if gerr != nil || werr != nil || gt.Kind() != wt.Kind() || gt.String() != wt.String() {
			// Members are sorted, so the smaller pointer is the one that the
			// other lacks, unless the other has come to the object's end.
			at := min(g.StackPointer(), w.StackPointer())
			if gt.Kind() == '}' || wt.Kind() == '}' {
				at = max(g.StackPointer(), w.StackPointer())
			}
			return fmt.Errorf("%s is null, empty or left out; give it a value, or leave it out if it is optional", path(at))
		}
	}
}

// where says at which member JSON was refused and why, without the value:
// messages of the library may repeat it.
func where(err error) string {
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		switch {
		case errors.Is(err, json.ErrUnknownName):
			return fmt.Sprintf("%s has a member that this format does not know", path(e.JSONPointer.Parent()))
		case errors.Is(err, errInstant):
			return fmt.Sprintf("%s is %v", path(e.JSONPointer), errInstant)
		case errors.Is(err, digest.ErrFormat):
			return fmt.Sprintf("%s is %v", path(e.JSONPointer), digest.ErrFormat)
		}
		return fmt.Sprintf("%s has a value of the wrong type", path(e.JSONPointer))
	}
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(err, jsontext.ErrDuplicateName) {
			return fmt.Sprintf("%s is given twice", path(e.JSONPointer))
		}
		return fmt.Sprintf("not JSON, or not all of it, near byte %d", e.ByteOffset)
	}
	return "not JSON, or not all of it"
}

var (
	index  = form(`^[0-9]{1,9}$`)
	member = form(`^[a-z][a-z0-9_]{0,40}$`)
)

// path writes a JSON pointer as people read it: targets[2].value. It stops
// before anything that is not the name of a member.
func path(p jsontext.Pointer) string {
	var b strings.Builder
	for t := range p.Tokens() {
		switch {
		case index().MatchString(t):
			b.WriteString("[" + t + "]")
		case member().MatchString(t):
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(t)
		default:
			return cmp.Or(b.String(), "the order")
		}
	}
	return cmp.Or(b.String(), "the order")
}

// Order returns a deep copy of what the order says.
func (s *Signed) Order() Order { return s.order.clone() }

// Digest is the SHA-256 of the order's payload. The nonce makes it unguessable.
func (s *Signed) Digest() digest.Digest { return s.digest }

// Signatures returns the keys that are said to have signed. Nothing is checked.
func (s *Signed) Signatures() []sign.KeyID {
	if s.envelope == nil {
		return nil
	}
	ids := make([]sign.KeyID, len(s.envelope.Signatures))
	for i, g := range s.envelope.Signatures {
		ids[i] = g.KeyID
	}
	return ids
}

// Sign adds a signature, by an authority or by a reviewer who approves.
func (s *Signed) Sign(k sign.Signer) error {
	if s.envelope == nil {
		return errNoOrder
	}
	return s.envelope.Sign(k)
}

// Marshal returns the envelope's bytes.
func (s *Signed) Marshal() []byte {
	if s.envelope == nil {
		return nil
	}
	return s.envelope.Marshal()
}

var errNoOrder = fmt.Errorf("%w: there is no order; read one with Parse", ErrMalformed)
