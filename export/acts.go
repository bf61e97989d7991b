package export

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"writ/export/order"
	"writ/export/plan"
	"writ/export/policy"
	"writ/export/source"
	"writ/manifest"
	"writ/manifest/act"
)

// codes say which code of the ledger a rejection has; the first that matches counts.
var codes = []struct {
	family error
	code   act.Code
}{
	{order.ErrOtherProvider, act.OtherProvider},
	{order.ErrTest, act.TestOrder},
	{order.ErrAuthority, act.Authority},
	{order.ErrAgency, act.Agency},
	{order.ErrRecipient, act.Recipient},
	{order.ErrNoThreshold, act.NoThreshold},
	{order.ErrUnsigned, act.Unsigned},
	{order.ErrEmergency, act.Emergency},
	{order.ErrNotYetInForce, act.NotYetInForce},
	{order.ErrExpired, act.Expired},
	{order.ErrNearDuplicate, act.NearDuplicate},
	{plan.ErrAmbiguous, act.TargetAmbiguous},
	{plan.ErrTarget, act.TargetUnusable},
	{plan.ErrCeiling, act.OverCeiling},
	{manifest.ErrTooLarge, act.OverSize},
}

// turnedAway records why an order was not answered, if the order is why, and
// returns that error. That the same was tried again, or that something failed,
// is no news of the order.
func (c *Config) turnedAway(ctx context.Context, s *session, why error) error {
	var err error
	i := slices.IndexFunc(codes, func(k struct {
		family error
		code   act.Code
	}) bool {
		return errors.Is(why, k.family)
	})
	rate, over := errors.AsType[*RateError](why)
	switch {
	case over:
		err = c.record(ctx, s, act.BecauseOf(act.OverRate, rate.Usage.Rate.Rule.ID))
	case errors.Is(why, ErrRefused):
		err = c.record(ctx, s, act.Rejection{})
	case i < 0 && s.verified != nil && s.history.ReceivedAt.IsZero() && (errors.Is(why, source.ErrUnavailable) || errors.Is(why, ErrEngineer)):
		// Its clocks run, whatever the stores do and whoever is here.
		err = c.append(ctx, c.received(s))
	case i < 0:
	case s.verified == nil:
		err = c.recordRejected(ctx, s, codes[i].code)
	default:
		err = c.record(ctx, s, act.Because(codes[i].code))
	}
	if err != nil {
		return errors.Join(why, fmt.Errorf("recording this: %w", err))
	}
	return why
}

// recordRejected says that verification turned the order away, once for each reason.
func (c *Config) recordRejected(ctx context.Context, s *session, code act.Code) error {
	if slices.Contains(s.history.Rejected, code) {
		return nil
	}
	signed, err := c.Ledger.Sign(act.Received{
		Head:       c.Ledger.Head(),
		ReceivedAt: s.received,
		Order:      act.Claimed(orderRef(s.signed.Order(), s.signed.Digest(), nil)),
		Rejected:   act.Because(code),
	})
	if err != nil {
		return err
	}
	_, err = c.Ledger.Append(ctx, signed)
	return err
}

// record appends, together and in this order, what the ledger does not say yet
// of a verified order.
func (c *Config) record(ctx context.Context, s *session, rejected act.Rejection) error {
	return c.recordDecided(ctx, s, c.decided(s, rejected))
}

func (c *Config) recordDecided(ctx context.Context, s *session, decided act.Decided) error {
	var acts []act.Act
	if received := c.received(s); !sameReceipt(s.history.Received, received) {
		// An auditor, who has no key to the bag, checks them there.
		for _, a := range s.verified.Approvals() {
			if err := c.Ledger.Keep(ctx, a.Envelope); err != nil {
				return err
			}
		}
		acts = append(acts, received)
		s.history.Received = &received
	}
	if released, ok := c.released(s, decided); ok {
		acts = append(acts, released)
	}
	if s.history.CarriedOut || !sameDecision(s.history.Decided, decided) {
		if decided.Result != act.Rejected {
			var err error
			if decided, err = c.requested(decided); err != nil {
				return err
			}
		}
		acts = append(acts, decided)
		s.history.Decided = &decided
	}
	err := c.append(ctx, acts...)
	if err == nil {
		s.history.ReceivedAt = s.received
	}
	return err
}

func (c *Config) received(s *session) act.Received {
	return act.Received{
		Head:        c.Ledger.Head(),
		ReceivedAt:  s.received,
		Country:     s.verified.Authority().Country,
		Order:       orderRef(s.signed.Order(), s.signed.Digest(), s.verified),
		Facts:       policy.FactsOf(s.verified),
		Follows:     s.signed.Order().Follows,
		Fingerprint: s.fingerprint,
	}
}

// decided says what was decided, and what is planned unless that was rejected.
func (c *Config) decided(s *session, rejected act.Rejection) act.Decided {
	d := act.Decided{
		Head:      c.Ledger.Head(),
		Order:     s.signed.Digest(),
		DecidedAt: s.decision.DecidedAt(),
		InForce:   act.InForce{Policy: s.decision.Policy(), Catalog: s.decision.Catalog(), Registry: c.Registry.Digest()},
		Decision:  s.decision.Record(),
		Planned:   []act.Planned{},
		Answer:    s.answer(),
	}
	if rejected != (act.Rejection{}) {
		d.Result, d.Rejected = act.Rejected, rejected
		return d
	}
	d.InForce.Plan, d.Request = s.plan.Digest(), c.asks(s)
	for _, p := range s.plan.Datasets() {
		d.Planned = append(d.Planned, act.Planned{
			Dataset: string(p.Decision.Dataset), Outcome: cmp.Or(p.Outcome, act.Pull), Why: p.Why, Accounts: p.Accounts, Redirected: p.Redirected,
		})
		d.Accounts, d.Redirected = max(d.Accounts, p.Accounts), max(d.Redirected, p.Redirected)
	}
	d.Result = act.ResultOf(d.Planned)
	return d
}

// released says that datasets which the last decision held are held no longer.
func (c *Config) released(s *session, now act.Decided) (act.Released, bool) {
	if s.history.Decided == nil {
		return act.Released{}, false
	}
	still := now.OnHold()
	free := slices.DeleteFunc(s.history.Decided.OnHold(), func(name string) bool { return slices.Contains(still, name) })
	r := act.Released{Head: c.Ledger.Head(), Order: now.Order, ReleasedAt: now.DecidedAt, Because: act.HoldLapsed, Datasets: free}
	if now.DecidedAt.Before(s.history.Decided.Decision.Clocks.NotBefore) {
		r.Because = act.HoldCleared
	}
	return r, len(free) > 0
}

// sameReceipt reports whether nothing but the time of recording differs, and
// why the order is answered once more. Another reviewer may have approved since.
func sameReceipt(before *act.Received, now act.Received) bool {
	if before == nil {
		return false
	}
	b := *before
	b.Head, b.Order.Supplement = now.Head, now.Order.Supplement
	return sameJSON(b, now)
}

// sameDecision reports whether nothing but the time differs, and the rates still
// count it: the same engineer asks for the same, and need not sign again.
func sameDecision(before *act.Decided, now act.Decided) bool {
	if before == nil || !counted(before, now) {
		return false
	}
	b := *before
	b.Head, b.DecidedAt = now.Head, now.DecidedAt
	b.Request.RequestedAt, b.Request.Sig = now.Request.RequestedAt, now.Request.Sig
	return sameJSON(b, now)
}

func sameJSON(a, b any) bool {
	was, err1 := json.Marshal(a, json.Deterministic(true))
	is, err2 := json.Marshal(b, json.Deterministic(true))
	return errors.Join(err1, err2) == nil && bytes.Equal(was, is)
}
