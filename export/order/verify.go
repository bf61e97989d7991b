package order

import (
	"errors"
	"fmt"
	"time"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
)

// Why an order is turned away. Each wraps ErrRejected.
var (
	ErrRejected       = errors.New("order rejected")
	ErrMalformed      = fmt.Errorf("%w: malformed", ErrRejected)
	ErrOtherProvider  = fmt.Errorf("%w: addressed to another provider", ErrRejected)
	ErrAuthority      = fmt.Errorf("%w: authority", ErrRejected) // unknown, expired, revoked, of another jurisdiction
	ErrAgency         = fmt.Errorf("%w: agency", ErrRejected)
	ErrRecipient      = fmt.Errorf("%w: agency's recipient", ErrRejected)
	ErrNoThreshold    = fmt.Errorf("%w: process not accepted", ErrRejected)
	ErrUnsigned       = fmt.Errorf("%w: too few trusted signatures", ErrRejected)
	ErrNotYetInForce  = fmt.Errorf("%w: not in force yet", ErrRejected)
	ErrExpired        = fmt.Errorf("%w: expired", ErrRejected)
	ErrTest           = fmt.Errorf("%w: test order", ErrRejected)
	ErrEmergency      = fmt.Errorf("%w: emergency record incomplete", ErrRejected)
	ErrExportedBefore = fmt.Errorf("%w: exported before", ErrRejected)
)

// Against is what an order is held against. All but Supplement is required.
type Against struct {
	Registry *trust.Registry
	// ExportedAs returns the id of the export that answered the order with
	// this digest, or "".
	ExportedAs func(digest.Digest) string

	Supplement    string // why the same order is exported once more
	UnsafeTesting bool   // accept only test orders, as a test workspace does
}

// A Role is in which role somebody signed.
type Role string

// The roles.
const (
	AsAuthority Role = "authority"
	AsReviewer  Role = "reviewer"
)

// A Signature is one that counted.
type Signature struct {
	Role  Role
	ID    string // registry id
	KeyID sign.KeyID
}

// A Verified order is genuine and was in force when it was received. Only
// [Verify] fills one; the empty one asks for nothing and gets nothing.
type Verified struct {
	order      Order
	envelope   []byte
	digest     digest.Digest
	receivedAt time.Time
	signatures []Signature
	authority  trust.Authority
	agency     trust.Agency
	recipient  seal.Recipient
	supplement string
}

// Verify decides whether the order is genuine, for this provider, in force at
// the time of receipt at, and not exported before.
func Verify(s *Signed, a Against, at time.Time) (*Verified, error) { panic("unwritten") }

// Order returns a deep copy.
func (v *Verified) Order() Order { panic("unwritten") }

// Envelope returns the bytes of the signed order, for the bag.
func (v *Verified) Envelope() []byte { panic("unwritten") }

// Digest is the order's digest; see [Signed.Digest].
func (v *Verified) Digest() digest.Digest { return v.digest }

// ReceivedAt is the time of receipt, in UTC.
func (v *Verified) ReceivedAt() time.Time { return v.receivedAt }

// Signatures returns those that counted, authority first.
func (v *Verified) Signatures() []Signature { panic("unwritten") }

// Authority returns the registry's entry of the issuer, at the time of receipt.
func (v *Verified) Authority() trust.Authority { panic("unwritten") }

// Agency returns the registry's entry of the receiver, at the time of receipt.
func (v *Verified) Agency() trust.Agency { panic("unwritten") }

// Recipient is to whom the bundle is encrypted: the agency's one recipient.
func (v *Verified) Recipient() seal.Recipient { return v.recipient }

// Supplement says why the order is exported once more, or "".
func (v *Verified) Supplement() string { return v.supplement }
