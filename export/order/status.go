package order

import (
	"errors"
	"slices"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
)

// A Report says how an order stands: everything that [Verify] looks at, with
// what is wrong, so that people can see at once whom to ask for what.
type Report struct {
	Digest     digest.Digest
	At         time.Time // of receipt
	Checks     []Check   // in the order in which Verify makes them
	Signatures []Seen    // in the envelope's order
	Need       Need      // signatures that are still needed
	Err        error     // what Verify, or else CheckNear, returns
}

// Expired reports whether the order was no longer in force.
func (r *Report) Expired() bool {
	return slices.ContainsFunc(r.Checks, func(c Check) bool { return errors.Is(c.Err, ErrExpired) })
}

// A Check is one that Verify makes. A nil Err means that it passed.
type Check struct {
	Name string
	Err  error
}

// Seen is one signature of the envelope. ID and Role are empty if nobody
// registered has the key; Why is empty if it counts.
type Seen struct {
	KeyID  sign.KeyID
	Role   Role
	ID     string
	Counts bool
	Why    string
}

// Status reports how the order stands against a at the time of receipt at. It
// decides nothing: only [Verify] does.
func Status(s *Signed, a Against, at time.Time) Report {
	h, err := hold(s, a, at)
	if err != nil {
		return Report{At: at, Err: err}
	}
	r := Report{Digest: s.digest, At: h.at}
	for _, c := range checks {
		err := c.run(h)
		if r.Err == nil {
			r.Err = err
		}
		r.Checks = append(r.Checks, Check{c.name, err})
	}
	near := CheckNear(h.order.ID, a)
	if r.Err == nil {
		r.Err = near
	}
	r.Checks = append(r.Checks, Check{"near-duplicate", near})
	if rule, err := h.rule(); err == nil {
		r.Need = rule.needs(h.tally)
	}
	doc := a.Registry.Document()
	for _, g := range s.envelope.Signatures {
		r.Signatures = append(r.Signatures, h.see(g, &doc))
	}
	return r
}

// see says whose signature g is and whether, or why not, it counts.
func (h *held) see(g sign.Signature, doc *trust.Document) Seen {
	seen := Seen{KeyID: g.KeyID, Why: "nobody registered has this key"}
	e := h.signed.envelope
	var owner, key trust.Validity
	var public sign.PublicKey
	find := func(role Role, id string, v trust.Validity, keys []trust.Key) {
		for _, k := range keys {
			if g.KeyID == k.PublicKey.ID() || g.KeyID == "" && k.PublicKey.Verify(e.Purpose, e.Payload, g.Sig) == nil {
				seen.KeyID, seen.Role, seen.ID = k.PublicKey.ID(), role, id
				owner, key, public = v, k.Validity, k.PublicKey
			}
		}
	}
	for _, a := range doc.Authorities {
		find(AsAuthority, a.ID, a.Validity, a.Keys)
	}
	for _, r := range doc.Reviewers {
		find(AsReviewer, r.ID, r.Validity, r.Keys)
	}
	if seen.ID == "" {
		return seen
	}
	verifies := public.Verify(e.Purpose, e.Payload, g.Sig) == nil
	for _, c := range h.counted() {
		if verifies && c.KeyID == seen.KeyID {
			seen.Counts, seen.Why = true, ""
			return seen
		}
	}
	switch {
	case !verifies:
		seen.Why = "the signature does not verify: the order was changed, or it was made for something else"
	case owner.At(h.at) != nil:
		seen.Why = seen.ID + " is " + owner.At(h.at).Error()
	case key.At(h.at) != nil:
		seen.Why = "the key is " + key.At(h.at).Error()
	case seen.Role == AsAuthority && seen.ID != h.order.Authority:
		seen.Why = "the order is another authority's"
	default:
		seen.Why = "it counts once only: another key of the same person signed too"
	}
	return seen
}
