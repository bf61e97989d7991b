// Package audit replays a ledger: whether all that left was mandated, decided
// as the rules then in force decide, and recorded in time.
//
// It needs the ledger, the provider file and no key to the evidence. What it
// can't see it does not claim: a delivery that was handed over before its
// statement was recorded looks like one that was not, and a decision is made
// again from the facts that the ledger states, not from the order itself. The
// package writes nothing; decisions are made again by the [Rules] that it is
// given, since the formats know no policy.
package audit

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"writ/crypto/trust"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// What [Run] and [Result.Err] return.
var (
	ErrAudit = errors.New("audit")
	// ErrFindings says that the ledger is not as it should be.
	ErrFindings = fmt.Errorf("%w: findings", ErrAudit)
	// ErrInput says that what the auditor brought can't be used: a state or a
	// checkpoint of another ledger, or a provider file without a ledger key.
	ErrInput = fmt.Errorf("%w: cannot be used", ErrAudit)
)

// Rules reads the texts of a policy and of a catalog, and returns what decides
// by them. It is called once for each pair.
type Rules func(policy, catalog []byte) (Decide, error)

// Decide makes the decision on an order at a time. Several goroutines call it.
type Decide func(f act.Facts, at time.Time) (act.Decision, error)

// Config says what to audit.
type Config struct {
	Source   ledger.Source
	Provider *trust.Provider
	Rules    Rules

	Kept       []byte // the last checkpoint that the auditor kept; nil: none
	State      []byte // what [Result.State] returned last time; nil: all is read
	Deliveries string // a folder of deliveries, or of manifests alone; "": none

	// FollowUp says, by jurisdiction, in which time an emergency order is expected
	// to be followed by legal process where the decision on it set no date; nil
	// means [DefaultFollowUp].
	FollowUp map[string]time.Duration
	// Tolerance is by how much clocks may differ, and NoticeGrace how long
	// after it is due a notice is still in time. Zero means the defaults.
	Tolerance   time.Duration
	NoticeGrace time.Duration

	Now       time.Time // as of when; zero means time.Now
	Workers   int       // zero means GOMAXPROCS
	MaxOrders int       // that the result lists, the latest; zero means all
	KeepState bool      // for [Result.State]

	keptOrders int // in memory; zero means the default
}

// What a Config does not say.
const (
	DefaultTolerance   = 10 * time.Minute
	DefaultNoticeGrace = 24 * time.Hour
	// decidedWithin is how long an order may wait for its decision.
	decidedWithin = 24 * time.Hour
)

// DefaultFollowUp expects legal process after what was given voluntarily, under
// 18 U.S.C. 2702(b)(8). An emergency order under other laws is one already.
func DefaultFollowUp() map[string]time.Duration {
	return map[string]time.Duration{"us": 30 * 24 * time.Hour}
}

func (c *Config) check() error {
	switch {
	case c.Source == nil:
		return fmt.Errorf("%w: no ledger", ErrInput)
	case c.Provider == nil:
		return fmt.Errorf("%w: no provider file", ErrInput)
	case c.Rules == nil:
		return fmt.Errorf("%w: no rules to decide by", ErrInput)
	case c.Tolerance < 0 || c.NoticeGrace < 0 || c.Workers < 0 || c.MaxOrders < 0:
		return fmt.Errorf("%w: a negative duration or number", ErrInput)
	}
	if c.FollowUp == nil {
		c.FollowUp = DefaultFollowUp()
	}
	if c.Tolerance == 0 {
		c.Tolerance = DefaultTolerance
	}
	if c.NoticeGrace == 0 {
		c.NoticeGrace = DefaultNoticeGrace
	}
	if c.Now.IsZero() {
		c.Now = time.Now()
	}
	c.Now = c.Now.UTC().Truncate(time.Second)
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	return nil
}

// Run audits. What is wrong with the ledger stands in the result: an error is
// about what the auditor brought ([ErrInput]), or says that the ledger could
// not be read.
func Run(ctx context.Context, c Config) (*Result, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	keys, err := c.pinned()
	if err != nil {
		return nil, err
	}
	f := newFold(&c)
	defer f.orders.close()
	if c.State != nil {
		if err := f.load(c.State, keys); err != nil {
			return nil, err
		}
	}
	if err := c.keep(f, keys); err != nil {
		return nil, err
	}
	if err := f.open(ctx, keys); err != nil {
		return nil, err
	}
	if f.view != nil {
		if err := f.read(ctx); err != nil {
			return nil, err
		}
	}
	r, err := f.result()
	if err != nil {
		return nil, err
	}
	if r.Complete {
		if err := f.asOf(); err != nil {
			return nil, err
		}
		if c.Deliveries != "" {
			if err := f.deliveries(ctx, r); err != nil {
				return nil, err
			}
		}
	}
	r.finish(f)
	if c.KeepState && r.Complete {
		if r.state, err = f.save(); err != nil {
			return nil, err
		}
	}
	return r, nil
}
