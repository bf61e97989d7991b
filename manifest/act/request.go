package act

import (
	"fmt"
	"slices"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/manifest/internal/form"
)

// RequestFormat is the format version of what an engineer signs.
const RequestFormat = "writ.request/v1"

// ErrRequest says that nobody signed that an order be carried out by a plan.
var ErrRequest = fmt.Errorf("%w: request", ErrAct)

// maxSig bounds a signature: one of RSA with 8192 bits has 1024 bytes.
const maxSig = 1024

// A Request says which engineer asked that the order be carried out by its plan,
// and bears their signature. What they signed is not repeated: it is made of
// the statement in which the request stands, so it can't contradict it.
type Request struct {
	Engineer    string    `json:"engineer"` // registry id
	KeyID       string    `json:"key_id"`
	RequestedAt time.Time `json:"requested_at"`
	Sig         []byte    `json:"sig"` // for [sign.ForRequest], over the payload
}

// payload returns what an engineer signs, as RFC 8785 has it.
func (r Request) payload(order, plan digest.Digest) ([]byte, error) {
	if !registryID().MatchString(r.Engineer) { // which JSON writes as they are
		return nil, fmt.Errorf("%q is not an id of a registry", r.Engineer)
	}
	b := make([]byte, 0, 384)
	b = append(append(b, `{"engineer":"`...), r.Engineer...)
	b = append(b, `","format":"`+RequestFormat+`","order":"`...)
	b, _ = order.AppendText(b) // a digest always has a text
	b, _ = plan.AppendText(append(b, `","plan":"`...))
	b = append(b, `","requested_at":"`...)
	return append(second(r.RequestedAt).AppendFormat(b, time.RFC3339), `"}`...), nil
}

// NewRequest signs, as the engineer with that registry id, that the order be
// carried out by the plan.
func NewRequest(order, plan digest.Digest, engineer string, at time.Time, k sign.Signer) (Request, error) {
	r := Request{Engineer: engineer, KeyID: string(k.Public().ID()), RequestedAt: second(at)}
	payload, err := r.payload(order, plan)
	if err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if r.Sig, err = k.Sign(sign.ForRequest, payload); err != nil {
		return Request{}, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	return r, nil
}

// VerifyRequest checks that the holder of k asked for exactly this: this
// order, by this plan.
func (d Decided) VerifyRequest(k sign.PublicKey) error {
	payload, err := d.Request.payload(d.Order, d.InForce.Plan)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRequest, err)
	}
	if err := k.Verify(sign.ForRequest, payload, d.Request.Sig); err != nil {
		return fmt.Errorf("%w: %w", ErrRequest, err)
	}
	return nil
}

func (r Request) none() bool {
	return r.Engineer == "" && r.KeyID == "" && r.RequestedAt.IsZero() && r.Sig == nil
}

func (r Request) copy() Request {
	r.RequestedAt, r.Sig = second(r.RequestedAt), slices.Clone(r.Sig)
	return r
}

func (r Request) check(c *form.Checker, decidedAt, recordedAt time.Time) {
	c.Text("request.engineer", r.Engineer, form.MaxName, false)
	c.Need(registryID().MatchString(r.Engineer), "request.engineer", "is not an id of a registry")
	c.KeyID("request.key_id", r.KeyID)
	c.Need(!r.RequestedAt.IsZero(), "request.requested_at", "is missing")
	c.UTC("request.requested_at", r.RequestedAt)
	c.After("request.requested_at", r.RequestedAt, "decided_at", decidedAt)
	c.After("recorded_at", recordedAt, "request.requested_at", r.RequestedAt)
	c.Need(len(r.Sig) >= 1 && len(r.Sig) <= maxSig, "request.sig", "is not 1 to %d bytes", maxSig)
}
