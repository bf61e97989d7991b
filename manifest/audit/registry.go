package audit

import (
	"errors"
	"fmt"
	"time"

	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
)

// emergency is the process that two people must approve.
const emergency = "emergency"

// A registry is a document that the ledger says was in force. Its root
// signatures are not beside the ledger: the provider vouches for it.
type registry struct {
	doc         *trust.Document
	authorities map[string]*trust.Authority
	reviewers   map[string]*trust.Reviewer
	agencies    map[string]*trust.Agency
	thresholds  map[[2]string]trust.Threshold
	kinds       map[string]seal.Kind // of recipients that were looked at
}

func newRegistry(payload []byte) (*registry, error) {
	doc, err := trust.ParseDocument(payload)
	if err != nil {
		return nil, err
	}
	r := &registry{
		doc: doc, authorities: make(map[string]*trust.Authority), reviewers: make(map[string]*trust.Reviewer),
		agencies: make(map[string]*trust.Agency), thresholds: make(map[[2]string]trust.Threshold),
		kinds: make(map[string]seal.Kind),
	}
	for i := range doc.Authorities {
		r.authorities[doc.Authorities[i].ID] = &doc.Authorities[i]
	}
	for i := range doc.Reviewers {
		r.reviewers[doc.Reviewers[i].ID] = &doc.Reviewers[i]
	}
	for i := range doc.Agencies {
		r.agencies[doc.Agencies[i].ID] = &doc.Agencies[i]
	}
	for _, t := range doc.Thresholds {
		r.thresholds[[2]string{string(t.Jurisdiction), string(t.Process)}] = t
	}
	return r, nil
}

// authority returns the order's authority if it counted at t for that law.
func (r *registry) authority(o *manifest.OrderRef, t time.Time) (*trust.Authority, error) {
	a := r.authorities[o.Authority]
	if a == nil {
		return nil, trust.ErrUnknown
	}
	if err := a.At(t); err != nil {
		return nil, err
	}
	if string(a.Jurisdiction) != o.Jurisdiction {
		return nil, fmt.Errorf("registered under the law of %s only", a.Jurisdiction)
	}
	return a, nil
}

// recipient returns the kind of the agency's one recipient at t.
func (r *registry) recipient(agency string, t time.Time) (seal.Kind, error) {
	a := r.agencies[agency]
	if a == nil {
		return "", trust.ErrUnknown
	}
	if err := a.At(t); err != nil {
		return "", err
	}
	var kinds []seal.Kind
	for _, x := range a.Recipients {
		if x.At(t) != nil {
			continue
		}
		kind, known := r.kinds[x.Recipient]
		if !known {
			parsed, err := seal.ParseRecipient(x.Recipient, r.doc.AllowKinds...)
			if err != nil {
				return "", err
			}
			kind = parsed.Kind()
			r.kinds[x.Recipient] = kind
		}
		kinds = append(kinds, kind)
	}
	if len(kinds) != 1 {
		return "", fmt.Errorf("%d recipients counted then, and there must be one", len(kinds))
	}
	return kinds[0], nil
}

var errNoKey = errors.New("the key is not registered for them")

// signer asks whether a signer was registered with that key, and counted, at t.
func (r *registry) signer(o *manifest.OrderRef, s manifest.Signer, t time.Time) error {
	var keys []trust.Key
	switch a, v := r.authorities[s.ID], r.reviewers[s.ID]; {
	case s.Role == "authority" && s.ID != o.Authority:
		return errors.New("it is not the authority of the order")
	case s.Role == "authority" && a != nil:
		if err := a.At(t); err != nil {
			return err
		}
		keys = a.Keys
	case s.Role == "reviewer" && v != nil:
		if err := v.At(t); err != nil {
			return err
		}
		keys = v.Keys
	default:
		return trust.ErrUnknown
	}
	for _, k := range keys {
		if k.PublicKey.ID() == sign.KeyID(s.KeyID) {
			return k.At(t)
		}
	}
	return errNoKey
}

// signed counts whose signatures counted: the authority's, and different reviewers'.
func (f *fold) signed(at finding, r *registry, o *manifest.OrderRef, t time.Time) (authority bool, reviewers int) {
	at.code = OrderSigner
	people := make(map[string]bool)
	for _, s := range o.Signers {
		switch err := r.signer(o, s, t); {
		case err != nil:
			f.find(at, "%s %s is named as a signer, and did not count at %s: %v", s.Role, s.ID, stamp(t), err)
		case s.Role == "authority":
			authority = true
		case s.ID != o.Authority:
			people[s.ID] = true
		}
	}
	return authority, len(people)
}

// threshold holds those who signed to what the registry asks for.
func (f *fold) threshold(at finding, r *registry, o *manifest.OrderRef, authority bool, reviewers int) {
	if (o.Emergency || o.Process == emergency) && reviewers < 2 {
		at.code = EmergencyReviewers
		f.find(at, "an emergency order was approved by %d registered people, and two must have", reviewers)
	}
	at.code = OrderThreshold
	t, ok := r.thresholds[[2]string{o.Jurisdiction, o.Process}]
	if !ok {
		f.find(at, "the registry in force takes no orders of the process %s under the law of %s", o.Process, o.Jurisdiction)
		return
	}
	need := t.Reviewers
	if o.Process == emergency {
		need = max(need, 2)
	}
	switch {
	case t.Authority == trust.Required && !authority, t.Authority == trust.Suffices && !authority && need < 1:
		f.find(at, "the signature of the authority %s is missing", o.Authority)
	case t.Authority == trust.Suffices && authority && o.Process != emergency:
	case o.Process == emergency && reviewers < 2: // said above
	case reviewers < need:
		f.find(at, "%d registered reviewers signed, and %d must have", reviewers, need)
	}
}
