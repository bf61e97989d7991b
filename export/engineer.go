package export

import (
	"errors"
	"fmt"
	"slices"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/order"
	"writ/manifest"
	"writ/manifest/act"
)

// ErrEngineer says that whoever runs the export may not run this one. Another
// engineer may.
var ErrEngineer = fmt.Errorf("%w: who runs the export", ErrRequest)

// identify finds who runs the export: an engineer who counts now, and who has
// not signed the order in another role.
func (c *Config) identify(s *session) error {
	if c.Engineer == nil {
		return fmt.Errorf("%w: nobody asks for this export; name the key of an engineer, with engineer in writ.yaml or with --engineer-key", ErrEngineer)
	}
	id, _, err := c.Registry.Engineer(c.Engineer.Public().ID(), c.now())
	switch {
	case errors.Is(err, trust.ErrUnknown):
		return fmt.Errorf("%w: %w; whoever keeps the registry can register an engineer's key of their own: writ trust add engineer", ErrEngineer, err)
	case err != nil:
		return fmt.Errorf("%w: %w", ErrEngineer, err)
	}
	if slices.ContainsFunc(s.verified.Approvals(), func(a order.Approved) bool {
		return slices.ContainsFunc(a.Signers, func(g manifest.Signer) bool { return g.ID == id })
	}) {
		return fmt.Errorf("%w: %s has signed an approval, and who lifts a ceiling does not carry it out; let another engineer run the export", ErrEngineer, id)
	}
	if c.signedBy(s, id) {
		return fmt.Errorf("%w: %s has signed the order, and who signs an order does not carry it out; let another engineer run the export", ErrEngineer, id)
	}
	s.engineer = id
	return nil
}

// signedBy reports whether the order is that person's: issued by them, or signed
// with one of their keys as a reviewer, whether that counts or not.
func (c *Config) signedBy(s *session, id string) bool {
	envelope, err := sign.ParseEnvelope(s.verified.Envelope(), sign.ForOrder)
	if err != nil || id == s.verified.Authority().ID {
		return true
	}
	d := c.Registry.Document()
	r := d.FindReviewer(id)
	return r != nil && slices.ContainsFunc(r.Keys, func(k trust.Key) bool { return envelope.SignedBy(k.PublicKey) })
}

// asks is who asks for what was decided, not signed yet.
func (c *Config) asks(s *session) act.Request {
	return act.Request{Engineer: s.engineer, KeyID: string(c.Engineer.Public().ID())}
}

// requested returns the decision with the engineer's signature on its request.
func (c *Config) requested(d act.Decided) (act.Decided, error) {
	var err error
	d.Request, err = act.NewRequest(d.Order, d.InForce.Plan, d.Request.Engineer, d.RecordedAt, c.Engineer)
	return d, err
}
