package audit

import (
	"context"
	"reflect"
	"slices"
	"time"

	"writ/manifest/act"
)

// received takes that an order came in.
func (f *fold) received(ctx context.Context, at finding, a act.Received) error {
	o, err := f.order(at.order)
	if err != nil {
		return err
	}
	these, others := &f.Real, f.Test
	if a.Order.Test {
		these, others = &f.Test, f.Real
	}
	if *these++; *these == 1 && others > 0 {
		mixed := at
		mixed.code = TestMixed
		f.find(mixed, "the order's test flag is %v, and other orders in the ledger have the other one", a.Order.Test)
	}
	if a.Rejected != (act.Rejection{}) {
		if o.Received < 0 {
			o.claims(a)
			o.Rejected = a.Rejected.Code
		}
		return nil
	}
	if o.Received >= 0 {
		if err := f.again(ctx, at, o, a); err != nil {
			return err
		}
	}
	o.claims(a)
	f.orders.rekey(o, func() { o.Fingerprint, o.Follows = a.Fingerprint.Value, a.Follows })
	o.Received, o.Rejected = at.entry, ""
	if a.Facts.SecretUntil != "" {
		o.SecretUntil, _ = time.Parse(time.RFC3339Nano, a.Facts.SecretUntil) // its form was checked
	}
	now, ok := f.InForce[act.Registry]
	if !ok {
		at.code = NotInForce
		f.find(at, "the order was received before any registry was recorded as in force")
		return nil
	}
	r, err := f.texts.registry(ctx, now.Digest)
	if err != nil || r == nil {
		return err
	}
	f.issued(at, r, a)
	authority, reviewers := f.signed(at, r, &a.Order, a.ReceivedAt)
	f.threshold(at, r, &a.Order, authority, reviewers)
	if reviewers != a.Facts.Reviewers {
		at.code = OrderThreshold
		f.find(at, "the decision was to count %d reviewers, and %d registered ones signed", a.Facts.Reviewers, reviewers)
	}
	return nil
}

// claims keeps what a report shows of an order.
func (o *order) claims(a act.Received) {
	o.Jurisdiction, o.Process, o.Authority, o.Country = a.Order.Jurisdiction, a.Order.Process, a.Order.Authority, a.Country
	o.Agency, o.Emergency, o.Targets, o.ReceivedAt = a.Order.Agency, a.Order.Emergency, slices.Clone(a.Order.Targets), a.ReceivedAt
}

// again compares with an earlier record of the same order. Who has signed, and
// with which key the agency is sent the answer, may have changed since; what the order says, and when it came, may not.
func (f *fold) again(ctx context.Context, at finding, o *order, a act.Received) error {
	before, err := f.recall(ctx, o.Received)
	if err != nil {
		return err
	}
	b, ok := before.(act.Received)
	if !ok {
		return nil
	}
	at.code = ReceivedAgain
	if !b.ReceivedAt.Equal(a.ReceivedAt) {
		f.find(at, "entry %d says that the order was received at %s, this one says %s", o.Received, stamp(b.ReceivedAt), stamp(a.ReceivedAt))
		return nil
	}
	b.Order.Signers, b.Facts.Reviewers, b.Facts.Issuer = a.Order.Signers, a.Facts.Reviewers, a.Facts.Issuer
	b.Facts.Recipient = a.Facts.Recipient // an agency may have changed its key
	b.Order.Supplement, b.Facts.Approvals = a.Order.Supplement, a.Facts.Approvals
	if b.Follows != a.Follows || !reflect.DeepEqual(b.Order, a.Order) || !reflect.DeepEqual(b.Facts, a.Facts) {
		f.find(at, "what the order is said to ask for is not what entry %d says", o.Received)
	}
	return nil
}

// issued holds authority and agency to the registry.
func (f *fold) issued(at finding, r *registry, a act.Received) {
	at.code = Authority
	switch who, err := r.authority(&a.Order, a.ReceivedAt); {
	case err != nil:
		f.find(at, "the authority %s did not count at %s: %v", a.Order.Authority, stamp(a.ReceivedAt), err)
	case string(who.Kind) != a.Facts.Issuer:
		f.find(at, "the authority %s is recorded as %s, and registered as %s", a.Order.Authority, a.Facts.Issuer, who.Kind)
	case who.Country != a.Country:
		f.find(at, "the authority %s is recorded as of country %q, and registered as of %q", a.Order.Authority, a.Country, who.Country)
	}
	at.code = Agency
	switch kind, err := r.recipient(a.Order.Agency, a.RecordedAt); {
	case err != nil:
		f.find(at, "the agency %s could not be sent anything at %s: %v", a.Order.Agency, stamp(a.RecordedAt), err)
	case a.Facts.Recipient != "" && a.Facts.Recipient != string(kind):
		f.find(at, "the agency %s is recorded with a key of the kind %s, and registered with one of the kind %s", a.Order.Agency, a.Facts.Recipient, kind)
	}
}
