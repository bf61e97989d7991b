package export

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"writ/export/outbox"
	"writ/export/plan"
	"writ/export/record"
	"writ/manifest/act"
)

// ErrRate says that more was answered in a time than the policy lets be.
var ErrRate = errors.New("over a rate of the policy")

// A RateError says which rate an answer would not fit. It wraps [ErrRate].
type RateError struct {
	Usage    record.Usage
	Accounts int // of the answer
}

func (e *RateError) Error() string {
	u := e.Usage
	said := fmt.Sprintf("%v: %s; accounts of this order: %d", ErrRate, u, e.Accounts)
	if u.Never {
		said += "; it never fits"
	} else {
		said += "; there is room from " + u.RoomAt.Format(time.RFC3339) + ": run the command again then"
	}
	return said + "; or " + plan.LiftHint(u.Rate.Rule.ID, u.Over(e.Accounts))
}

// Unwrap is the family.
func (e *RateError) Unwrap() error { return ErrRate }

// counted reports whether a decision is one that the rates of now count: they
// are those by which it was made, and none has let go of it.
func counted(before *act.Decided, now act.Decided) bool {
	return sameJSON(before.Decision.Rates, now.Decision.Rates) && !slices.ContainsFunc(now.Decision.Rates, func(q act.Rate) bool {
		return !before.RecordedAt.After(now.RecordedAt.Add(-time.Duration(q.Hours) * time.Hour))
	})
}

// rates asks whether the answer, decided on at a time, fits every rate that the
// decision names. One that is counted already fits.
func (c *Config) rates(ctx context.Context, s *session, at time.Time) error {
	d := act.Decided{Head: act.Head{RecordedAt: at}, Order: s.signed.Digest(), Answer: s.answer(), Decision: act.Decision{Rates: s.decision.Record().Rates}}
	for _, p := range s.plan.Datasets() {
		d.Accounts = max(d.Accounts, p.Accounts)
	}
	if last := s.history.Decided; last != nil && last.Result == act.Export && last.InForce.Plan == s.plan.Digest() && last.Answer == d.Answer && counted(last, d) {
		return nil
	}
	used, err := c.Ledger.Usage(ctx, d, orderRef(s.signed.Order(), d.Order, nil))
	if err != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	for _, u := range used {
		if u.Full() {
			return &RateError{Usage: u, Accounts: d.Accounts}
		}
	}
	return nil
}

// answer is which answer to the order this is, as a decision has it.
func (s *session) answer() int {
	if n := len(s.history.Exports); n > 0 {
		return n + 1
	}
	return 0
}

// recordDecision puts into the ledger what it does not say yet: what is in
// force, that the order was received, and what was decided. Nobody else's
// decision comes between the look at the ledger and this one. It reports whether
// w, a delivery that waits for its record, is what was decided.
func (c *Config) recordDecision(ctx context.Context, s *session, w *waiting, id, supplement string) (resumed bool, err error) {
	err = c.Ledger.Exclusively(ctx, func() error {
		now, err := c.Ledger.Order(ctx, s.signed.Digest())
		switch {
		case err != nil:
			return fmt.Errorf("reading the ledger: %w", err)
		case len(now.Exports) != len(s.history.Exports):
			return outbox.ErrDelivered
		case !now.ReceivedAt.IsZero() && !now.ReceivedAt.Equal(s.received):
			return errMeanwhile
		}
		s.history = now
		if err := c.stillAlone(ctx, s, supplement); err != nil {
			return err
		}
		decided := c.decided(s, act.Rejection{})
		if resumed = w != nil && c.answers(s, w, decided); !resumed {
			if err := c.fits(s.plan, id); err != nil {
				return err
			}
		}
		if err := c.rates(ctx, s, decided.RecordedAt); err != nil {
			return err
		}
		return c.recordDecided(ctx, s, decided)
	})
	return resumed, err
}

// answers reports whether a delivery that waits for its record was made by the
// decision that the ledger has, which is made again now: by the same rules,
// ceilings and approvals, for the same engineer, plan, recipient and reason.
func (c *Config) answers(s *session, w *waiting, now act.Decided) bool {
	p := w.statement.Predicate
	return !s.history.CarriedOut && sameDecision(s.history.Decided, now) && p.Decided.Plan == s.plan.Digest() &&
		p.Order.Supplement == s.verified.Supplement() && slices.Equal(p.Approvals, approvals(s.verified))
}
