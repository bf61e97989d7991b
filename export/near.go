package export

import (
	"context"
	"errors"
	"fmt"
	"time"

	"writ/export/catalog"
	"writ/export/fingerprint"
	"writ/export/order"
	"writ/export/record"
	"writ/manifest/act"
)

// ErrFingerprint says that there is no secret by which near-duplicates could
// be recognised: nothing is answered without.
var ErrFingerprint = errors.New("no secret for fingerprints")

// Near says which order for the same targets was answered before s, for an
// overlapping dataset and window, as [order.Against] takes it; "" if none was.
// The order that this one follows up is not news, if its decision asked to be
// followed up.
func Near(ctx context.Context, r *record.Recorder, k *fingerprint.Key, c *catalog.Catalog, s *order.Signed) (string, act.Fingerprint, error) {
	if k == nil {
		return "", act.Fingerprint{}, fmt.Errorf("%w; writ key new --type fingerprint makes one, and fingerprint.key in writ.yaml names it", ErrFingerprint)
	}
	o := s.Order()
	f := k.Of(o.Targets, c)
	d, err := r.Same(ctx, f, s.Digest(), func(d act.Decided) bool {
		followed := d.Order == o.Follows && !d.Decision.FollowUp.By.IsZero()
		return !followed && overlaps(o.Mandate, d)
	})
	if d == nil || err != nil {
		return "", f, err
	}
	said := fmt.Sprintf("order %s, decided on at %s", d.Order, d.RecordedAt.Format(time.RFC3339))
	h, err := r.Order(ctx, d.Order)
	if id := h.Last(); id != "" {
		said += " and answered by export " + id
	}
	return said, f, err
}

// overlaps reports whether a mandate asks for what a decision let be pulled: the
// same dataset in a window that overlaps. Without a window all of it is asked.
func overlaps(mandate []order.Item, d act.Decided) bool {
	for i, p := range d.Planned {
		if p.Outcome != act.Pull {
			continue
		}
		from, to := d.Decision.Datasets[i].From, d.Decision.Datasets[i].To
		for _, item := range mandate {
			if string(item.Dataset) != p.Dataset {
				continue
			}
			if from == "" || item.From.IsZero() || instant(from).Before(item.To.UTC()) && item.From.UTC().Before(instant(to)) {
				return true
			}
		}
	}
	return false
}

// instant reads a time of a statement, whose form was checked.
func instant(s string) time.Time {
	i, err := order.ParseInstant(s)
	if err != nil {
		return time.Time{}
	}
	return i.UTC()
}

// near finds out whether the order is a near-duplicate.
func (c *Config) near(ctx context.Context, s *session) (err error) {
	if s.near, s.fingerprint, err = Near(ctx, c.Ledger, c.Fingerprint, c.Catalog, s.signed); err != nil && c.Fingerprint != nil {
		return fmt.Errorf("reading the ledger: %w", err)
	}
	return err
}

// stillAlone asks once more whether nobody answered an order for the same
// targets, now that no other decision can be recorded in between.
func (c *Config) stillAlone(ctx context.Context, s *session, supplement string) error {
	if s.verified.Supplement() != "" {
		return nil
	}
	if err := c.near(ctx, s); err != nil {
		return err
	}
	if s.near != "" && supplement != "" {
		return errMeanwhile
	}
	return order.CheckNear(s.signed.Order().ID, order.Against{NearTo: s.near})
}

// errMeanwhile says that the ledger says something of this order, or of its
// targets, that it did not say when the order was verified: that is done anew.
var errMeanwhile = errors.New("the ledger says something else of the order meanwhile; run the same command again")
