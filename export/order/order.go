// Package order parses legal orders and decides whether they are genuine and in
// force.
//
// A [Verified] order is the only form that the rest of writ accepts, and
// [Verify] is the only way to get one. The package does no I/O and never reads
// the clock: the time of receipt is an argument.
package order

import (
	"slices"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
)

// Format is the order's format version.
const Format = "writ.order/v1"

// Bounds on one order.
const (
	MaxBytes     = 1 << 20 // of the payload
	MaxTargets   = 1000    // policy sets the ceiling; this bounds parsing
	MaxItems     = 200     // datasets mandated
	MaxFields    = 500     // of one dataset
	MaxDocuments = 100
	MaxText      = 4096 // bytes of any one string
	MaxName      = 256  // bytes of a string that names something
	MinNonce     = 16   // bytes
	MaxNonce     = 64   // bytes
	// MaxEnvelopeBytes bounds the signed order before it is parsed.
	MaxEnvelopeBytes = sign.MaxEnvelopeBytes
)

// EmergencyProcess is the process that needs an emergency record and two reviewers.
const EmergencyProcess trust.Process = "emergency"

// An ID is the issuer's identifier of the order, exactly as printed on it.
type ID string

// A Dataset and a Field are the provider's names, as its catalog has them.
type (
	Dataset string
	Field   string
)

// A TargetType is a kind of identifier, such as "email", "phone", "account-id" or "ip-address".
type TargetType string

// A Purpose is what the data is wanted for, where the law makes that matter.
type Purpose string

// The purposes.
const (
	Investigate  Purpose = "investigate"   // the usual one
	IdentifyUser Purpose = "identify-user" // for the sole purpose of identifying the user: Regulation (EU) 2023/1543, Art. 3(10)
)

// An Order is what a legal order says. Nothing in it is believed.
type Order struct {
	Format       string             `json:"format"`
	ID           ID                 `json:"id"`
	Nonce        []byte             `json:"nonce"` // random, so that the order's digest can't be guessed
	Provider     string             `json:"provider"`
	Authority    string             `json:"authority"` // registry id of the issuer
	Agency       string             `json:"agency"`    // registry id of the receiver
	Jurisdiction trust.Jurisdiction `json:"jurisdiction"`
	Process      trust.Process      `json:"process"`
	Purpose      Purpose            `json:"purpose"`
	LegalBasis   string             `json:"legal_basis"` // such as "18 U.S.C. 2703(d)"
	IssuedAt     Instant            `json:"issued_at"`
	NotBefore    Instant            `json:"not_before,omitzero"` // inclusive; in force from here
	ExpiresAt    Instant            `json:"expires_at"`          // exclusive
	DueAt        Instant            `json:"due_at,omitzero"`     // if the order sets one
	Targets      []Target           `json:"targets"`
	Mandate      []Item             `json:"mandate"`

	Offence       *Offence       `json:"offence,omitzero"`
	Emergency     *Emergency     `json:"emergency,omitzero"`
	Follows       digest.Digest  `json:"follows,omitzero"` // the emergency order that this is the later legal process of
	NonDisclosure *NonDisclosure `json:"non_disclosure,omitzero"`
	Notification  *Notification  `json:"notification,omitzero"`
	Consent       *Consent       `json:"consent,omitzero"`
	Enterprise    *Enterprise    `json:"enterprise,omitzero"`
	Certificate   string         `json:"certificate,omitzero"` // name of the document that is the Designated Authority's certificate
	Documents     []Document     `json:"documents,omitzero"`
	Test          bool           `json:"test,omitzero"`
}

// A Target names whose data is wanted, by an exact identifier.
type Target struct {
	Type  TargetType `json:"type"`
	Value string     `json:"value"`
	// At is when the identifier was held, for those that change hands (an IP
	// address); the catalog says which types need it.
	At Instant `json:"at,omitzero"`
	// Several says that the order wants every account that the identifier
	// finds. Without it, an identifier of more than one account finds none.
	Several bool `json:"several,omitzero"`
}

// An Item is what is wanted of one dataset. Every field is named: there is no wildcard.
type Item struct {
	Dataset Dataset `json:"dataset"`
	Fields  []Field `json:"fields"`
	From    Instant `json:"from,omitzero"` // inclusive
	To      Instant `json:"to,omitzero"`   // exclusive
}

// An Offence is what the order is about, where the law makes that matter.
type Offence struct {
	Description      string `json:"description"`
	MaxSentenceYears int    `json:"max_sentence_years"`
	Listed           bool   `json:"listed,omitzero"` // in a directive that the regulation lists
}

// An Emergency is the record that an emergency disclosure needs.
type Emergency struct {
	Basis    string    `json:"basis"` // name of the document with the written good-faith basis
	CallBack *CallBack `json:"call_back,omitzero"`
}

// A CallBack records that the authority was called on the registry's number.
type CallBack struct {
	Number string  `json:"number"`
	At     Instant `json:"at"`
	Role   string  `json:"role"` // of the person spoken to
}

// Secrecy is how long the user may not be told.
type Secrecy string

// The kinds of non-disclosure.
const (
	SecretUntil        Secrecy = "until"         // a date
	SecretFurtherOrder Secrecy = "further-order" // until further order
	SecretStatutory    Secrecy = "statutory"
)

// A NonDisclosure forbids telling the user.
type NonDisclosure struct {
	Kind     Secrecy `json:"kind"`
	Until    Instant `json:"until,omitzero"`
	Document string  `json:"document"` // name of the document that says so
}

// A Notification is the enforcing authority's part: Regulation (EU) 2023/1543, Art. 8.
type Notification struct {
	Authority string  `json:"authority"`
	ClearedAt Instant `json:"cleared_at,omitzero"` // it said that it raises no ground
}

// A Consent is the user's.
type Consent struct {
	Document string   `json:"document"`
	Covers   []string `json:"covers"` // categories
}

// An Enterprise says why an enterprise customer's data is not redirected.
type Enterprise struct {
	Ground   string `json:"ground"` // "consent" or "contract"
	Document string `json:"document"`
}

// A Document is an exhibit of the order, named by digest.
type Document struct {
	Name      string        `json:"name"`
	MediaType string        `json:"media_type"`
	SizeBytes int64         `json:"size_bytes"`
	SHA256    digest.Digest `json:"sha256"`
}

// clone returns a copy that shares nothing with o.
func (o Order) clone() Order {
	o.Nonce = slices.Clone(o.Nonce)
	o.Targets = slices.Clone(o.Targets)
	o.Mandate = slices.Clone(o.Mandate)
	for i := range o.Mandate {
		o.Mandate[i].Fields = slices.Clone(o.Mandate[i].Fields)
	}
	o.Offence = fresh(o.Offence)
	o.Emergency = fresh(o.Emergency)
	if o.Emergency != nil {
		o.Emergency.CallBack = fresh(o.Emergency.CallBack)
	}
	o.NonDisclosure = fresh(o.NonDisclosure)
	o.Notification = fresh(o.Notification)
	o.Consent = fresh(o.Consent)
	if o.Consent != nil {
		o.Consent.Covers = slices.Clone(o.Consent.Covers)
	}
	o.Enterprise = fresh(o.Enterprise)
	o.Documents = slices.Clone(o.Documents)
	return o
}

// fresh returns a pointer to a copy of what p points to, or nil.
func fresh[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
