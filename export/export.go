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
	"writ/export/order"
	"writ/export/outbox"
	"writ/export/plan"
	"writ/export/policy"
	"writ/export/source"
	"writ/manifest"
)

// Why nothing was exported, besides the errors of the stages.
var (
	// ErrRefused says that nothing may leave now: all is refused, redirected or held.
	ErrRefused = errors.New("nothing to release")
	// ErrPlanChanged says that the plan is not the one that was looked at.
	ErrPlanChanged = errors.New("the plan is not the one given")
	// ErrClock says that the clock went back during the export.
	ErrClock = errors.New("the clock went back")
)

// A Ledger is what an export needs of an audit ledger. It must be safe for
// several processes.
type Ledger interface {
	// Answered returns the ids of the exports recorded for the order, oldest first.
	Answered(ctx context.Context, order digest.Digest) ([]string, error)
	// Record returns nil only once the signed manifest of the export called
	// id is durable. To record the same bytes again is no error and changes
	// nothing. The proof may be empty.
	Record(ctx context.Context, id string, order digest.Digest, signed []byte) (proof []byte, err error)
	// Recorded returns what was recorded for the export called id, or nil.
	Recorded(ctx context.Context, id string) (signed, proof []byte, err error)
}

// Config is what an export needs.
type Config struct {
	Registry *trust.Registry
	Catalog  *catalog.Catalog
	Policy   *policy.Policy
	// Store opens a store; Run closes it.
	Store  func(ctx context.Context, name catalog.StoreName) (source.Store, error)
	Signer sign.Signer    // of manifests; only Run needs it
	Ledger Ledger         // of exports
	Outbox *outbox.Outbox // for deliveries; only Run needs it
	Tool   manifest.Tool

	Now           func() time.Time // nil means time.Now
	Workers       int              // zero means GOMAXPROCS
	Progress      func(Progress)   // nil means quiet
	UnsafeTesting bool             // answer test orders, and only those
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
	Order      []byte    // the signed order's bytes
	ReceivedAt time.Time // zero means now
	Supplement string    // why an order is answered once more
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
	// Resumed says that an earlier process had recorded the export and this
	// one only delivered it.
	Resumed bool `json:"resumed"`
}

// Plan verifies the order, decides, and fixes the reads. It pulls nothing and
// needs neither signer nor outbox. The plan is also returned with ErrRefused.
func Plan(ctx context.Context, c Config, r Request) (*plan.Plan, error) {
	s, err := c.begin(ctx, r)
	if s != nil {
		defer s.close()
		return s.plan, err
	}
	return nil, err
}

// A session is one order under way: the plan and the snapshots that it was made on.
type session struct {
	plan      *plan.Plan
	stores    []source.Store
	snapshots map[catalog.StoreName]source.Snapshot
}

// begin verifies, decides and plans.
func (c *Config) begin(ctx context.Context, r Request) (*session, error) {
	verified, err := c.verify(ctx, r)
	if err != nil {
		return nil, err
	}
	decision := c.Policy.Decide(verified, c.Catalog, c.now())
	s := &session{snapshots: make(map[catalog.StoreName]source.Snapshot)}
	if err := c.plan(ctx, s, decision, r); err != nil {
		s.close()
		return nil, err
	}
	if !r.Plan.IsZero() && r.Plan != s.plan.Digest() {
		s.close()
		return nil, fmt.Errorf("%w: it is now %s; look at it with writ plan and decide again", ErrPlanChanged, s.plan.Digest())
	}
	if s.plan.Empty() {
		return s, fmt.Errorf("%w: %s", ErrRefused, outcomes(s.plan))
	}
	return s, nil
}

func (c *Config) verify(ctx context.Context, r Request) (*order.Verified, error) {
	signed, err := order.Parse(r.Order)
	if err != nil {
		return nil, err
	}
	answered, err := c.Ledger.Answered(ctx, signed.Digest())
	if err != nil {
		return nil, fmt.Errorf("reading the ledger: %w", err)
	}
	received := r.ReceivedAt
	if received.IsZero() {
		received = c.now()
	}
	if received.After(c.now()) {
		return nil, fmt.Errorf("%w: received at %s, which is still to come", order.ErrRejected, received.UTC().Format(time.RFC3339))
	}
	return order.Verify(signed, order.Against{
		Registry: c.Registry,
		ExportedAs: func(digest.Digest) string {
			if len(answered) == 0 {
				return ""
			}
			return answered[len(answered)-1]
		},
		Supplement:    r.Supplement,
		UnsafeTesting: c.UnsafeTesting,
	}, received)
}

func (c *Config) plan(ctx context.Context, s *session, d *policy.Decision, r Request) error {
	for _, name := range plan.Needs(d, c.Catalog, r.Unavailable) {
		store, err := c.Store(ctx, name)
		if err != nil {
			return err
		}
		s.stores = append(s.stores, store)
		if s.snapshots[name], err = store.Begin(ctx); err != nil {
			return fmt.Errorf("store %q: %w", name, err)
		}
	}
	var err error
	s.plan, err = plan.Make(ctx, d, c.Catalog, s.snapshots, r.Unavailable)
	return err
}

// close ends the snapshots and closes the stores. Nothing was written to them,
// so their errors say nothing about the export.
func (s *session) close() {
	for _, snapshot := range s.snapshots {
		if snapshot != nil {
			snapshot.Close()
		}
	}
	for _, store := range s.stores {
		store.Close()
	}
}

func (c *Config) now() time.Time {
	if c.Now != nil {
		return c.Now()
	}
	return time.Now()
}
