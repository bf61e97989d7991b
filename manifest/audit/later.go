package audit

import (
	"context"
	"slices"
	"time"

	"writ/manifest/act"
)

// notified takes that the user was told.
func (f *fold) notified(at finding, a act.Notified) error {
	o, ok, err := f.known(at, act.KindNotified)
	if !ok {
		return err
	}
	if a.NotifiedAt.Before(o.ReceivedAt) {
		at.code = OrderTimes
		f.find(at, "the user was told at %s, before the order was received at %s", stamp(a.NotifiedAt), stamp(o.ReceivedAt))
	}
	if a.NotifiedAt.Before(o.SecretUntil) {
		at.code = NoticeEarly
		f.find(at, "the user was told at %s, and the order was secret until %s", stamp(a.NotifiedAt), stamp(o.SecretUntil))
	}
	if o.NotifiedAt.IsZero() || a.NotifiedAt.Before(o.NotifiedAt) {
		o.NotifiedAt, o.Late = a.NotifiedAt, a.Late
	}
	return nil
}

// released takes that holds ended, which they do when their time is over or
// when the order says that nobody raises a ground any longer.
func (f *fold) released(ctx context.Context, at finding, a act.Released) error {
	o, ok, err := f.known(at, act.KindReleased)
	if !ok {
		return err
	}
	at.code = HoldBroken
	last := o.last()
	if last == nil {
		f.find(at, "a hold ended on an order on which nothing was decided")
		return nil
	}
	x, err := f.recall(ctx, last.Entry)
	if err != nil {
		return err
	}
	y, err := f.recall(ctx, o.Received)
	if err != nil {
		return err
	}
	decided, _ := x.(act.Decided)
	received, _ := y.(act.Received)
	cleared, err := time.Parse(time.RFC3339Nano, received.Facts.ClearedAt)
	ended := err == nil && !cleared.After(a.ReleasedAt)
	for _, name := range a.Datasets {
		if !slices.Contains(decided.OnHold(), name) {
			f.find(at, "dataset %s was released, and the decision in entry %d does not hold it", name, last.Entry)
			continue
		}
		for _, r := range decided.Decision.Datasets {
			if r.Dataset == name && a.ReleasedAt.Before(r.HeldUntil) && !ended {
				f.find(at, "dataset %s was released at %s, and is held until %s; nothing that was received ends that", name, stamp(a.ReleasedAt), stamp(r.HeldUntil))
			}
		}
	}
	o.Freed = append(o.Freed, a.Datasets...)
	return nil
}

// recalled takes that deliveries must not be relied upon.
func (f *fold) recalled(at finding, a act.Recalled) error {
	at.code = RecallUnknown
	for _, e := range a.Exports {
		at.export = e.ExportID
		switch x, err := f.orders.export(e.ExportID); {
		case err != nil:
			return err
		case x == nil:
			f.find(at, "the ledger has no export of that name")
		case x.Ciphertext != e.Ciphertext:
			f.find(at, "the export recorded in entry %d has another ciphertext", x.Entry)
		}
	}
	return nil
}
