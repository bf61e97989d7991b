// Package approval is the form in which reviewers lift one ceiling for one
// order: what an approval names, who signed it, and whether it counts.
//
// An approval names its ceiling exactly, by rule, bound and value, so that one
// made before the policy changed lifts nothing afterwards. It is signed as a
// DSSE envelope with a purpose of its own and holds no identifier of a target:
// it travels in the bag beside the order, and stands beside the ledger. Nothing
// in a parsed one is believed until [Signed.Check] has returned its signers. The
// package does no I/O and reads no clock.
package approval

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/internal/form"
	"writ/manifest/internal/sigstore"
)

// Format is the approval's format version.
const Format = "writ.approval/v1"

// Bounds on one approval.
const (
	MaxBytes   = 64 << 10           // of the envelope
	MaxValid   = 7 * 24 * time.Hour // from issue to expiry
	MinSigners = 2                  // whatever the registry asks for
	Max        = 16                 // of one order
	maxReason  = 1024
	maxPayload = 8 << 10
)

// Why an approval is turned away. Each wraps ErrApproval.
var (
	ErrApproval = errors.New("approval")
	ErrFormat   = fmt.Errorf("%w: malformed", ErrApproval)
	ErrOrder    = fmt.Errorf("%w: of another order", ErrApproval)
	ErrTime     = fmt.Errorf("%w: not at that time", ErrApproval)
	ErrUnsigned = fmt.Errorf("%w: too few reviewers have signed", ErrApproval)
	ErrCeiling  = fmt.Errorf("%w: of another ceiling", ErrApproval)
)

// An Approval is what reviewers sign.
type Approval struct {
	Format    string        `json:"format"`
	Order     digest.Digest `json:"order"`
	Rule      string        `json:"rule"`    // id of the rule that sets the ceiling
	Bound     string        `json:"bound"`   // such as accounts, or window.content
	Ceiling   int64         `json:"ceiling"` // as it is
	Limit     int64         `json:"limit"`   // that stands instead
	Reason    string        `json:"reason"`  // public: no address, no long number
	IssuedAt  time.Time     `json:"issued_at"`
	ExpiresAt time.Time     `json:"expires_at"` // exclusive
}

// A Signed is a parsed approval with its signatures. Nothing in it is believed.
type Signed struct {
	approval Approval
	envelope *sign.Envelope
}

// New wraps an approval that nobody signed yet; it checks the same as [Parse].
// Times are cut to the second.
func New(a Approval) (*Signed, error) {
	a.Format = Format
	a.IssuedAt, a.ExpiresAt = a.IssuedAt.UTC().Truncate(time.Second), a.ExpiresAt.UTC().Truncate(time.Second)
	payload, err := sigstore.Canonical(a)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return read(&sign.Envelope{Purpose: sign.ForApproval, Payload: payload})
}

// Parse reads an approval's envelope strictly: its payload has one form.
func Parse(envelope []byte) (*Signed, error) {
	if len(envelope) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrFormat, len(envelope), MaxBytes)
	}
	e, err := sign.ParseEnvelope(envelope, sign.ForApproval)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return read(e)
}

func read(e *sign.Envelope) (*Signed, error) {
	if len(e.Payload) > maxPayload {
		return nil, fmt.Errorf("%w: a payload of %d bytes, the limit is %d", ErrFormat, len(e.Payload), maxPayload)
	}
	s := &Signed{envelope: e}
	if err := sigstore.Decode(e.Payload, &s.approval); err != nil {
		return nil, fmt.Errorf("%w: not the canonical JSON of an approval", ErrFormat)
	}
	if err := s.approval.check(); err != nil {
		return nil, err
	}
	return s, nil
}

func (a *Approval) check() error {
	c := &form.Checker{Family: ErrFormat}
	c.Need(a.Format == Format, "format", "is not %s", Format)
	c.Need(!a.Order.IsZero(), "order", "is missing")
	c.Word("rule", a.Rule)
	c.Word("bound", a.Bound)
	c.Count("ceiling", a.Ceiling, 1)
	c.Count("limit", a.Limit, 1)
	c.Need(a.Limit > a.Ceiling, "limit", "is not above the ceiling")
	c.Prose("reason", a.Reason, maxReason, false)
	c.Need(strings.TrimSpace(a.Reason) == a.Reason, "reason", "begins or ends with a space")
	c.UTC("issued_at", a.IssuedAt)
	c.UTC("expires_at", a.ExpiresAt)
	c.Need(!a.IssuedAt.IsZero(), "issued_at", "is missing")
	c.Need(a.ExpiresAt.After(a.IssuedAt), "expires_at", "is not after issued_at")
	c.Need(!a.ExpiresAt.After(a.IssuedAt.Add(MaxValid)), "expires_at", "is more than %d days after issued_at", int(MaxValid/(24*time.Hour)))
	return c.Err
}

// Approval returns what is approved.
func (s *Signed) Approval() Approval { return s.approval }

// Sign adds a reviewer's signature.
func (s *Signed) Sign(k sign.Signer) error { return s.envelope.Sign(k) }

// Marshal returns the envelope's bytes, in the one form that is kept.
func (s *Signed) Marshal() []byte { return s.envelope.Marshal() }

// Envelope is the digest of the bytes that [Signed.Marshal] returns.
func (s *Signed) Envelope() digest.Digest { return digest.Of(s.Marshal()) }

// SignedBy reports whether k signed.
func (s *Signed) SignedBy(k sign.PublicKey) bool { return s.envelope.SignedBy(k) }

// Signers returns who of the reviewers signed, by id: everybody once, and no key
// for two.
func (s *Signed) Signers(reviewers []trust.Reviewer) []manifest.Signer {
	var out []manifest.Signer
	people, used := map[string]bool{}, map[sign.KeyID]bool{}
	for _, r := range reviewers {
		for _, k := range r.Keys {
			if id := k.PublicKey.ID(); !people[r.ID] && !used[id] && s.SignedBy(k.PublicKey) {
				people[r.ID], used[id] = true, true
				out = append(out, manifest.Signer{Role: "reviewer", ID: r.ID, KeyID: string(id)})
			}
		}
	}
	slices.SortFunc(out, func(a, b manifest.Signer) int { return strings.Compare(a.ID, b.ID) })
	return out
}

// Check returns who signed, if the approval counts for the order at a time: not
// before it was issued, before it expires, and signed by at least need of the
// reviewers who count then, and by two whatever need says.
func (s *Signed) Check(order digest.Digest, reviewers []trust.Reviewer, need int, at time.Time) ([]manifest.Signer, error) {
	a := &s.approval
	switch {
	case a.Order != order:
		return nil, fmt.Errorf("%w: it lifts %s of %s for order %s, and this is %s", ErrOrder, a.Bound, a.Rule, a.Order, order)
	case at.Before(a.IssuedAt):
		return nil, fmt.Errorf("%w: it is dated %s, which is still to come", ErrTime, a.IssuedAt.Format(time.RFC3339))
	case !at.Before(a.ExpiresAt):
		return nil, fmt.Errorf("%w: it expired at %s; have a fresh one signed", ErrTime, a.ExpiresAt.Format(time.RFC3339))
	}
	signers := s.Signers(reviewers)
	if need = max(need, MinSigners); len(signers) < need {
		return nil, fmt.Errorf("%w: %d registered reviewers have, and %d must; writ order lift adds a signature", ErrUnsigned, len(signers), need)
	}
	return signers, nil
}
