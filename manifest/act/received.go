package act

import (
	"regexp"
	"slices"
	"sync"
	"time"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/internal/form"
)

// A Received says that an order came in, and all that a decision on it looks
// at; or that it was turned away, and why.
type Received struct {
	Head
	ReceivedAt time.Time `json:"received_at"`
	Country    string    `json:"country,omitzero"` // of the authority: ISO 3166-1 alpha-2
	// Order of a rejected order is what it claims: see [Claimed].
	Order       manifest.OrderRef `json:"order"`
	Fingerprint Fingerprint       `json:"fingerprint,omitzero"` // of the targets; not of a rejected one
	Facts       Facts             `json:"facts,omitzero"`       // not of a rejected one
	Rejected    Rejection         `json:"rejected,omitzero"`    // by verification
	// Follows is the earlier order, such as an emergency's, of which this one
	// says that it is the later legal process. Not of a rejected one.
	Follows digest.Digest `json:"follows,omitzero"`
}

// Kind is [KindReceived].
func (Received) Kind() Kind { return KindReceived }

// About is the order's digest.
func (r Received) About() digest.Digest { return r.Order.Digest }

func (r Received) subjects() []subject { return ofOrder(r.Order.Digest) }

func (r Received) copy() Act {
	r.cut()
	r.ReceivedAt, r.Facts.ReceivedAt = second(r.ReceivedAt), second(r.Facts.ReceivedAt)
	r.Order.Targets, r.Order.Signers = slices.Clone(r.Order.Targets), slices.Clone(r.Order.Signers)
	r.Facts.Consent, r.Facts.Mandate = slices.Clone(r.Facts.Consent), slices.Clone(r.Facts.Mandate)
	r.Facts.Approvals = copyApprovals(r.Facts.Approvals)
	for i := range r.Facts.Mandate {
		r.Facts.Mandate[i].Fields = slices.Clone(r.Facts.Mandate[i].Fields)
	}
	return r
}

var country = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z]{2}$`) })

func (r Received) check(c *form.Checker) {
	r.Head.check(c)
	r.past(c, "received_at", r.ReceivedAt)
	c.Need(r.Country == "" || country().MatchString(r.Country), "country", "is not two capital letters")
	if r.Rejected != (Rejection{}) {
		r.Rejected.check(c, verification)
		checkClaimed(c, r.Order)
		c.Need(r.Follows.IsZero(), "follows", "is given, but the order was rejected")
		c.Need(r.Facts.none(), "facts", "are given, but the order was rejected")
		c.Need(r.Fingerprint == Fingerprint{}, "fingerprint", "is given, but the order was rejected")
		return
	}
	err := r.Order.Check()
	c.Need(err == nil, "order", "is incomplete: %v", err)
	r.Facts.check(c)
	r.Fingerprint.check(c)
	c.Need(r.Follows.IsZero() || r.Follows != r.Order.Digest, "follows", "is the order itself")
	f, o, targets := &r.Facts, &r.Order, 0
	for _, t := range o.Targets {
		targets += t.Count
	}
	c.Need(f.Jurisdiction == o.Jurisdiction && f.Process == o.Process && f.Purpose == o.Purpose && f.Emergency == o.Emergency &&
		f.Secrecy == o.Secrecy && f.Targets == targets && f.ReceivedAt.Equal(r.ReceivedAt), "facts", "do not agree with the order")
}

// registryID is the form of ids in a registry: nothing that somebody made up.
var registryID = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`) })

// Claimed returns what a statement may repeat of an order that nobody vouches
// for: no sentence of it, and no name that is not of the form of a registry's ids.
func Claimed(o manifest.OrderRef) manifest.OrderRef {
	o.LegalBasis, o.Supplement = "", ""
	if !registryID().MatchString(o.Authority) {
		o.Authority = ""
	}
	if !registryID().MatchString(o.Agency) {
		o.Agency = ""
	}
	return o
}

func checkClaimed(c *form.Checker, o manifest.OrderRef) {
	again := Claimed(o)
	c.Need(again.LegalBasis == o.LegalBasis && again.Supplement == o.Supplement && again.Authority == o.Authority && again.Agency == o.Agency,
		"order", "repeats free text of an order that was rejected")
	// The rest is held to the form of any other order.
	const given = "given"
	o.LegalBasis = given
	if o.Authority == "" {
		o.Authority = given
	}
	if o.Agency == "" {
		o.Agency = given
	}
	if len(o.Signers) == 0 {
		o.Signers = []manifest.Signer{{Role: "authority", ID: given, KeyID: digest.Of(nil).Hex()}}
	}
	err := o.Check()
	c.Need(err == nil, "order", "is incomplete: %v", err)
}
