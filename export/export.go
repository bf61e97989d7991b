// Package export answers one order from end to end. It holds no rule of its
// own: it lines up the stages, and the order of its effects is the safety
// argument (see [Run]).
package export

import (
	"context"
	"errors"
	"fmt"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/fingerprint"
	"writ/export/order"
	"writ/export/outbox"
	"writ/export/plan"
	"writ/export/policy"
	"writ/export/record"
	"writ/export/source"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/approval"
)

// Why nothing was exported, besides the errors of the stages.
var (
	// ErrRefused says that nothing may leave now: all is refused, redirected or held.
	ErrRefused = errors.New("nothing to release")
	// ErrRequest says that what was asked for does not fit the order.
	ErrRequest = errors.New("request does not fit the order")
	// ErrPlanChanged says that the plan is not the one that was looked at.
	ErrPlanChanged = fmt.Errorf("%w: the plan is not the one given", ErrRequest)
	// ErrClock says that the clock went back during the export.
	ErrClock = errors.New("the clock went back")
)

// Config is what an export needs.
type Config struct {
	Registry *trust.Registry
	Catalog  *catalog.Catalog
	Policy   *policy.Policy
	// Store opens a store; Run closes it.
	Store  func(ctx context.Context, name catalog.StoreName) (source.Store, error)
	Ledger *record.Recorder // Plan only reads it
	Tool   manifest.Tool

	// Only Run needs these.
	Signer   sign.Signer // of manifests
	Engineer sign.Signer // who asks for the export: registered, and none of those who signed the order
	Outbox   *outbox.Outbox

	Now           func() time.Time // nil means time.Now; called from several goroutines
	Workers       int              // zero means GOMAXPROCS, but at most 4
	Progress      func(Progress)   // nil means quiet
	UnsafeTesting bool             // answer test orders, and only those

	// Fingerprint recognises orders for the same targets; see [ErrFingerprint].
	Fingerprint *fingerprint.Key
}

// A Progress is how far the pull is.
type Progress struct {
	Dataset   string
	Records   int64
	Bytes     int64 // of JSON
	Estimated int64 // records of this dataset; 0 if unknown
}

// A Request is one order to answer.
type Request struct {
	Order []byte // the signed order's bytes
	// ReceivedAt is when the order arrived; zero means now. What the ledger
	// says of an order that it knows counts more.
	ReceivedAt time.Time
	Supplement string // why an order is answered once more
	// Approvals are the signed approvals that lift ceilings for the order.
	Approvals [][]byte
	// Plan, if set, must be the digest of the plan: what somebody looked at is what is done.
	Plan digest.Digest
	// Unavailable names datasets that are left out since their store can't be
	// read, each with the reason that the manifest states.
	Unavailable plan.Unavailable
}

// A Receipt says what was done.
type Receipt struct {
	ExportID  string             `json:"export_id"`
	Folder    string             `json:"folder"`
	Plan      digest.Digest      `json:"plan"`
	Statement manifest.Statement `json:"statement"`
	// Resumed says that an earlier process had made the delivery, and this
	// one only finished it.
	Resumed bool `json:"resumed"`
}

// Plan verifies the order, decides, and fixes the reads. It pulls nothing,
// records nothing, and needs neither signer nor outbox. Beside [ErrRefused],
// [ErrRate] and [manifest.ErrTooLarge] the plan is returned as well.
func Plan(ctx context.Context, c Config, r Request) (*plan.Plan, error) {
	s, err := c.begin(ctx, r)
	if err != nil {
		return nil, err
	}
	defer s.close()
	if err := c.near(ctx, s); err != nil {
		return nil, err
	}
	if err := c.verify(s, r); err != nil {
		return nil, err
	}
	if err := c.bind(ctx, s, r); err != nil {
		return s.plan, err
	}
	if err := c.fits(s.plan, exportID(s.signed.Digest(), len(s.history.Exports))); err != nil {
		return s.plan, err
	}
	return s.plan, c.rates(ctx, s, c.now())
}

// A session is one order under way, as far as it came.
type session struct {
	signed   *order.Signed
	history  *record.History
	received time.Time
	verified *order.Verified  // nil if it was rejected
	decision *policy.Decision // nil if it was rejected
	plan     *plan.Plan       // nil if there is none
	engineer string           // registry id of who runs the export

	near        string // the order for the same targets that was answered before
	fingerprint act.Fingerprint

	stores    []source.Store
	snapshots map[catalog.StoreName]source.Snapshot
}

// begin parses the order and finds what the ledger says of it.
func (c *Config) begin(ctx context.Context, r Request) (*session, error) {
	signed, err := order.Parse(r.Order)
	if err != nil {
		return nil, err
	}
	s := &session{signed: signed, received: r.ReceivedAt.UTC().Truncate(time.Second)}
	if s.history, err = c.Ledger.Order(ctx, signed.Digest()); err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	now := c.now()
	switch known := s.history.ReceivedAt; {
	case !known.IsZero() && !r.ReceivedAt.IsZero() && !known.Equal(s.received):
		return nil, fmt.Errorf("%w: the ledger says that it was received at %s", ErrRequest, known.Format(time.RFC3339))
	case !known.IsZero():
		s.received = known
	case r.ReceivedAt.IsZero():
		s.received = now
	case s.received.After(now):
		return nil, fmt.Errorf("%w: it can't have been received at %s, which is still to come", ErrRequest, s.received.Format(time.RFC3339))
	}
	return s, nil
}

// bind decides on a verified order, and plans. On an error s says how far it came.
func (c *Config) bind(ctx context.Context, s *session, r Request) error {
	s.decision = c.Policy.Decide(s.verified, c.Catalog, c.now())
	if err := s.decision.Misfit(); err != nil {
		return err
	}
	if err := order.CheckNear(s.signed.Order().ID, order.Against{NearTo: s.near, Supplement: s.verified.Supplement()}); err != nil {
		return err
	}
	if err := c.plan(ctx, s, r); err != nil {
		return err
	}
	switch {
	case !r.Plan.IsZero() && r.Plan != s.plan.Digest():
		return fmt.Errorf("%w: it is now %s; look at it with writ plan and decide again", ErrPlanChanged, s.plan.Digest())
	case s.plan.Untold():
		return fmt.Errorf("%w: %s; tell the user, record that (writ notify --how HOW ORDER), and run the command again", ErrRefused, outcomes(s.plan))
	case s.plan.Empty():
		return fmt.Errorf("%w: %s", ErrRefused, outcomes(s.plan))
	}
	return nil
}

func (c *Config) verify(s *session, r Request) (err error) {
	var approvals []*approval.Signed
	for i, b := range r.Approvals {
		a, err := approval.Parse(b)
		if err != nil {
			return fmt.Errorf("approval %d: %w", i+1, err)
		}
		approvals = append(approvals, a)
	}
	s.verified, err = order.Verify(s.signed, order.Against{
		Registry:      c.Registry,
		ExportedAs:    func(digest.Digest) string { return s.history.Last() },
		Now:           c.now(),
		NearTo:        s.near,
		Approvals:     approvals,
		Supplement:    r.Supplement,
		UnsafeTesting: c.UnsafeTesting,
	}, s.received)
	if err != nil {
		return err
	}
	return namesNobody(s.signed.Order(), r, approvals)
}

// plan opens what the decision needs, and fixes the reads.
func (c *Config) plan(ctx context.Context, s *session, r Request) (err error) {
	if err := c.open(ctx, s, plan.Needs(s.decision, c.Catalog, r.Unavailable)); err != nil {
		return err
	}
	s.plan, err = plan.Make(ctx, s.decision, s.history.NotifiedAt, c.Catalog, s.snapshots, r.Unavailable)
	return err
}

// open opens stores and begins a snapshot of each, which [session.close] ends.
func (c *Config) open(ctx context.Context, s *session, stores []catalog.StoreName) error {
	s.snapshots = make(map[catalog.StoreName]source.Snapshot)
	for _, name := range stores {
		store, err := c.Store(ctx, name)
		if err != nil {
			return fmt.Errorf("store %q: %w", name, err)
		}
		s.stores = append(s.stores, store)
		snapshot, err := store.Begin(ctx)
		if err != nil {
			return fmt.Errorf("store %q: %w", name, err)
		}
		s.snapshots[name] = snapshot
	}
	return nil
}

// close ends the snapshots and closes the stores. Nothing was written to them,
// so their errors say nothing about the export.
func (s *session) close() {
	for _, snapshot := range s.snapshots {
		snapshot.Close()
	}
	for _, store := range s.stores {
		store.Close()
	}
}

// now is the time, in the precision that statements have: a decision can be
// made again from what is recorded of it.
func (c *Config) now() time.Time {
	now := time.Now
	if c.Now != nil {
		now = c.Now
	}
	return now().UTC().Truncate(time.Second)
}
