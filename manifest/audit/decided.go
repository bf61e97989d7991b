package audit

import (
	"context"
	"slices"
	"time"

	"writ/manifest"
	"writ/manifest/act"
)

// decided takes a decision, and has it made again.
func (f *fold) decided(ctx context.Context, at finding, a act.Decided) error {
	o, ok, err := f.known(at, act.KindDecided)
	if err != nil {
		return err
	}
	f.inForceAs(at, a.InForce)
	if ok {
		x, err := f.recall(ctx, o.Received)
		if err != nil {
			return err
		}
		r, isReceived := x.(act.Received)
		if isReceived {
			key, asked, err := f.requested(ctx, at, a, r.Order.Signers)
			if err != nil {
				return err
			}
			if err := f.approved(ctx, at, r, a); err != nil {
				return err
			}
			decide, err := f.texts.decide(ctx, a.InForce.Policy, a.InForce.Catalog)
			if err != nil {
				return err
			}
			if decide != nil {
				f.replays.put(replay{at: at, facts: r.Facts, decided: a, decide: decide, asked: asked, key: key})
			}
		}
		if a.DecidedAt.Before(o.ReceivedAt) {
			times := at
			times.code = OrderTimes
			f.find(times, "decided at %s, before it was received at %s", stamp(a.DecidedAt), stamp(o.ReceivedAt))
		}
	}
	f.reach(at, o, a)
	if err := f.freed(ctx, at, o, a); err != nil {
		return err
	}
	if o.AnsweredAt.IsZero() && answers(a) {
		o.AnsweredAt = a.RecordedAt
		f.deadline(at, o, a.Decision.Clocks.Deadline)
	}
	o.Freed = nil
	now := decision{
		Entry: at.entry, Plan: a.InForce.Plan, Result: a.Result, DecidedAt: a.DecidedAt,
		Deadline: a.Decision.Clocks.Deadline, NotBefore: a.Decision.Clocks.NotBefore, FollowUp: a.Decision.FollowUp.By,
		RecordedAt: a.RecordedAt, Accounts: a.Accounts, Answer: a.Answer,
	}
	if err := f.rates(at, o, &a, now); err != nil {
		return err
	}
	o.Decisions = append(o.Decisions, now)
	return nil
}

// answers reports whether the decision is all the answer that there will be.
func answers(d act.Decided) bool {
	switch d.Rejected.Code {
	case act.OverRate, act.NearDuplicate: // until there is room, or a reason
		return false
	}
	return d.Result == act.Refused || d.Result == act.Redirected || d.Result == act.Rejected
}

// reach holds what is planned to the ceilings and to what the order names.
func (f *fold) reach(at finding, o *order, a act.Decided) {
	at.code = OverCeiling
	limit := a.Decision.Ceilings.Accounts
	if a.Accounts > limit {
		f.find(at, "data of %d accounts is to leave, and the ceiling is %d", a.Accounts, limit)
	}
	// A target finds one account, or as many as the ceiling lets if the order
	// wants several, or the order is turned away.
	most := 0
	for _, t := range o.Targets {
		most += t.Count - t.Several + t.Several*limit
	}
	if n := a.Accounts + a.Redirected; o.Received >= 0 && n > most {
		f.find(at, "%d accounts were found, and what the order names can find %d", n, most)
	}
}

// freed asks whether what the last decision held, and this one does not, was
// released in between.
func (f *fold) freed(ctx context.Context, at finding, o *order, a act.Decided) error {
	last := o.last()
	if last == nil || last.NotBefore.IsZero() || a.Result == act.Rejected {
		return nil
	}
	x, err := f.recall(ctx, last.Entry)
	if err != nil {
		return err
	}
	before, ok := x.(act.Decided)
	if !ok {
		return nil
	}
	at.code = HoldBroken
	for _, p := range a.Planned {
		if p.Outcome != manifest.Held && slices.Contains(before.OnHold(), p.Dataset) && !slices.Contains(o.Freed, p.Dataset) {
			f.find(at, "dataset %s was held by the decision in entry %d, is held no longer, and no release was recorded", p.Dataset, last.Entry)
		}
	}
	return nil
}

// deadline says so if the order was answered too late.
func (f *fold) deadline(at finding, o *order, deadline time.Time) {
	if !deadline.IsZero() && o.AnsweredAt.After(deadline) {
		at.code = DeadlineMissed
		f.find(at, "received at %s, to be answered by %s, and answered no earlier than %s", stamp(o.ReceivedAt), stamp(deadline), stamp(o.AnsweredAt))
	}
}
