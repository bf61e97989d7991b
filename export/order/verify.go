package order

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/approval"
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
	ErrNearDuplicate  = fmt.Errorf("%w: near-duplicate", ErrRejected)
)

// Against is what an order is held against. Registry and ExportedAs are required.
type Against struct {
	Registry *trust.Registry
	// ExportedAs returns the id of the export that answered the order with
	// this digest, or "".
	ExportedAs func(digest.Digest) string

	// Now is when the order is answered: the agency and its recipient must
	// count then too. The zero time stands for the time of receipt.
	Now time.Time

	// NearTo says which other order for the same targets was answered before;
	// see [CheckNear].
	NearTo string

	// Approvals lift ceilings for this order.
	Approvals []*approval.Signed

	Supplement    string // why the same order, or one that is near to another, is exported
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
	approvals  []Approved
}

// An Approved is an approval that counts, and who signed it, by id.
type Approved struct {
	approval.Approval
	Signers  []manifest.Signer
	Envelope []byte
}

// Verify decides whether the order is genuine, for this provider, in force at
// the time of receipt at, and not exported before. An error wraps ErrRejected,
// or [approval.ErrApproval] if an approval does not count, unless a or at is incomplete. See [Status] for all that is wrong at once.
func Verify(s *Signed, a Against, at time.Time) (*Verified, error) {
	h, err := hold(s, a, at)
	if err != nil {
		return nil, err
	}
	for _, c := range checks {
		if err := c.run(h); err != nil {
			return nil, err
		}
	}
	v := &Verified{
		order:      s.order.clone(),
		envelope:   s.Marshal(),
		digest:     s.digest,
		receivedAt: h.at,
		signatures: h.counted(),
		authority:  h.authority,
		agency:     h.agency,
		recipient:  h.recipient,
	}
	if v.approvals, err = h.approved(); err != nil {
		return nil, err
	}
	if (h.before != "" || h.NearTo != "") && strings.TrimSpace(a.Supplement) != "" {
		v.supplement = a.Supplement
	}
	return v, nil
}

// Order returns a deep copy.
func (v *Verified) Order() Order { return v.order.clone() }

// Envelope returns the bytes of the signed order, for the bag.
func (v *Verified) Envelope() []byte { return bytes.Clone(v.envelope) }

// Digest is the order's digest; see [Signed.Digest].
func (v *Verified) Digest() digest.Digest { return v.digest }

// ReceivedAt is the time of receipt, in UTC.
func (v *Verified) ReceivedAt() time.Time { return v.receivedAt }

// Signatures returns those that counted, authority first.
func (v *Verified) Signatures() []Signature { return slices.Clone(v.signatures) }

// Authority returns the registry's entry of the issuer, at the time of receipt.
func (v *Verified) Authority() trust.Authority {
	a := v.authority
	a.Keys = slices.Clone(a.Keys)
	return a
}

// Agency returns the registry's entry of the receiver, at the time of receipt.
func (v *Verified) Agency() trust.Agency {
	a := v.agency
	a.Recipients = slices.Clone(a.Recipients)
	return a
}

// Recipient is to whom the bundle is encrypted: the agency's one recipient.
func (v *Verified) Recipient() seal.Recipient { return v.recipient }

// Approvals returns those that lift a ceiling for the order, by rule and bound.
func (v *Verified) Approvals() []Approved {
	out := slices.Clone(v.approvals)
	for i := range out {
		out[i].Signers, out[i].Envelope = slices.Clone(out[i].Signers), bytes.Clone(out[i].Envelope)
	}
	return out
}

// Supplement says why the order, or another for the same targets, is answered
// once more, or "" if this is the first time.
func (v *Verified) Supplement() string { return v.supplement }
