package audit

import (
	"context"
	"slices"

	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// exported takes that something left, and holds it to the order's decision.
func (f *fold) exported(ctx context.Context, at finding, e manifest.Export, leaf ledger.Hash) error {
	o, ok, err := f.known(at, act.KindExported)
	if err != nil {
		return err
	}
	x := &export{ID: e.ExportID, Entry: at.entry, Leaf: leaf, Ciphertext: e.Ciphertext.SHA256, SignedAt: e.Times.SignedAt, of: o}
	for _, d := range e.Datasets {
		x.Disclosed = x.Disclosed || d.Records > 0
	}
	if err := f.named(at, x); err != nil {
		return err
	}
	if len(o.Exports) > 0 && e.Order.Supplement == "" {
		at.code = ExportAgain
		f.find(at, "the order was answered before, by export %s, and nobody said why it was answered again", o.Exports[0].ID)
	}
	if ok {
		if err := f.asReceived(ctx, at, o, &e); err != nil {
			return err
		}
	}
	if len(o.Decisions) == 0 {
		at.code = NotDecided
		f.find(at, "nothing was decided on the order before this export")
	} else if err := f.asDecided(ctx, at, o, x, &e); err != nil {
		return err
	}
	f.orders.rekey(o, func() { o.Exports = append(o.Exports, x) })
	return nil
}

// named asks whether no other export has the id.
func (f *fold) named(at finding, x *export) error {
	before, err := f.orders.export(x.ID)
	if before != nil {
		at.code = ExportID
		f.find(at, "entry %d is an export of the same name", before.Entry)
	}
	return err
}

// asReceived holds what the manifest says of the order to its receipt, and who
// signed and gets it to the registry that the manifest names.
func (f *fold) asReceived(ctx context.Context, at finding, o *order, e *manifest.Export) error {
	a, err := f.recall(ctx, o.Received)
	if err != nil {
		return err
	}
	if r, ok := a.(act.Received); ok {
		at.code = ManifestDiffers
		was, is := r.Order, e.Order
		was.Signers, was.Supplement, was.Targets = nil, "", nil
		is.Signers, is.Supplement, is.Targets = nil, "", nil
		if !same(r.Order.Targets, e.Order.Targets) || !equalRefs(was, is) {
			f.find(at, "the order that the manifest describes is not the one received in entry %d", o.Received)
		}
		if !e.Times.ReceivedAt.Equal(r.ReceivedAt) {
			f.find(at, "the manifest says that the order was received at %s, and entry %d says %s", stamp(e.Times.ReceivedAt), o.Received, stamp(r.ReceivedAt))
		}
	}
	r, err := f.texts.registry(ctx, e.Decided.Registry)
	if err != nil || r == nil {
		return err
	}
	authority, reviewers := f.signed(at, r, &e.Order, o.ReceivedAt)
	f.threshold(at, r, &e.Order, authority, reviewers)
	at.code = Recipient
	// The manifest's form has exactly one recipient: the one when it was decided.
	switch kind, err := r.recipient(e.Order.Agency, e.Times.DecidedAt); {
	case err != nil:
		f.find(at, "the agency %s had no key to encrypt to at %s: %v", e.Order.Agency, stamp(e.Times.DecidedAt), err)
	case string(kind) != e.Recipients[0].Kind:
		f.find(at, "it is encrypted to a recipient of the kind %s, and the one pinned for %s is of kind %s", e.Recipients[0].Kind, e.Order.Agency, kind)
	}
	return nil
}

// equalRefs compares what is left of two orders without their lists.
func equalRefs(a, b manifest.OrderRef) bool {
	return a.Digest == b.Digest && a.Jurisdiction == b.Jurisdiction && a.Process == b.Process && a.Purpose == b.Purpose &&
		a.Authority == b.Authority && a.Agency == b.Agency && a.LegalBasis == b.LegalBasis && a.Emergency == b.Emergency &&
		a.Secrecy == b.Secrecy && a.Test == b.Test
}

// asDecided holds an export to the decision that planned it.
func (f *fold) asDecided(ctx context.Context, at finding, o *order, x *export, e *manifest.Export) error {
	d := o.last()
	if d.Plan != e.Decided.Plan {
		i := slices.IndexFunc(o.Decisions, func(d decision) bool { return d.Plan == e.Decided.Plan })
		at.code = PlanDiffers
		if i < 0 {
			f.find(at, "what was done is not what the decision in entry %d planned", d.Entry)
		} else {
			at.code = DecisionSuperseded
			f.find(at, "it carries out the decision in entry %d, which entry %d replaced", o.Decisions[i].Entry, d.Entry)
			d = &o.Decisions[i]
		}
	}
	if d.Exported {
		at.code = Request
		f.find(at, "the request for the decision in entry %d was carried out before, and nobody asked for this export", d.Entry)
	} else if n := len(o.Exports) + 1; max(d.Answer, 1) != n {
		at.code = PlanDiffers
		f.find(at, "it is answer %d to the order, and the decision in entry %d is on answer %d", n, d.Entry, max(d.Answer, 1))
	}
	d.Exported = true
	a, err := f.recall(ctx, d.Entry)
	if err != nil {
		return err
	}
	decided, ok := a.(act.Decided)
	if !ok {
		return nil
	}
	if d.Result != act.Export {
		at.code = NotGranted
		f.find(at, "the decision in entry %d is %s: nothing may leave", d.Entry, d.Result)
	}
	by := act.InForce{Policy: e.Decided.Policy, Catalog: e.Decided.Catalog, Registry: e.Decided.Registry, Plan: decided.InForce.Plan}
	if by != decided.InForce {
		at.code = NotInForce
		f.find(at, "the manifest names another policy, catalog or registry than the decision in entry %d", d.Entry)
	}
	if err := f.alone(ctx, at, o, e.Order.Supplement, d, decided); err != nil {
		return err
	}
	f.conforms(at, e, decided)
	f.within(at, e, decided)
	f.timely(at, o, e, decided)
	n := decided.Decision.Notice
	if x.NoticeDue, x.Before = n.After, n.Awaited(decided.DecidedAt); x.Before {
		x.NoticeDue, x.Untold = e.Times.SignedAt, o.NotifiedAt.IsZero()
	}
	return nil
}

// within holds an export to the ceilings of its decision.
func (f *fold) within(at finding, e *manifest.Export, d act.Decided) {
	at.code = OverCeiling
	c := d.Decision.Ceilings
	for _, x := range e.Datasets {
		if x.Records > c.Records {
			f.find(at, "dataset %s has %d records, and the ceiling is %d", x.Name, x.Records, c.Records)
		}
		if x.Accounts > c.Accounts {
			f.find(at, "dataset %s is of %d accounts, and the ceiling is %d", x.Name, x.Accounts, c.Accounts)
		}
	}
	if e.Bag.PayloadBytes > c.Bytes {
		f.find(at, "%d bytes left, and the ceiling is %d", e.Bag.PayloadBytes, c.Bytes)
	}
	targets := 0
	for _, t := range e.Order.Targets {
		targets += t.Count
	}
	if targets > c.Targets {
		f.find(at, "the order names %d identifiers, and the ceiling is %d", targets, c.Targets)
	}
}

// timely asks whether the times of an export fit those of the order, and
// whether it was answered by its deadline. When it was handed over the ledger
// can't say: it is no earlier than its record, which is no earlier than any
// statement before it.
func (f *fold) timely(at finding, o *order, e *manifest.Export, d act.Decided) {
	times := at
	times.code = OrderTimes
	switch t := e.Times; {
	case t.DecidedAt.Before(d.DecidedAt):
		f.find(times, "it says that the decision was made at %s, and it was at %s", stamp(t.DecidedAt), stamp(d.DecidedAt))
	case t.StartedAt.Before(d.RecordedAt.Add(-f.c.Tolerance)):
		f.find(times, "data was read at %s, before the decision was recorded at %s", stamp(t.StartedAt), stamp(d.RecordedAt))
	}
	if o.AnsweredAt.IsZero() {
		o.AnsweredAt = e.Times.SignedAt
		if f.Latest.After(o.AnsweredAt) {
			o.AnsweredAt = f.Latest
		}
		f.deadline(at, o, d.Decision.Clocks.Deadline)
	}
}
