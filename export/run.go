package export

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"writ/export/outbox"
)

// Run answers one order. The order of its effects is the safety argument:
//
//  1. What was received and decided is in the ledger before anything is pulled,
//     also if nothing may leave. From the look at what was answered before,
//     lately and for the same targets, until then nobody else decides.
//  2. The ciphertext is durable in staging, and the signed manifest beside it.
//     Plaintext is never on a disk.
//  3. The manifest is in the ledger, and the proof of it in staging.
//  4. One rename puts the delivery into the outbox.
//
// A crash before 3 leaves a staging folder that the next run completes or
// starts anew; a crash between 3 and 4 leaves a record of a delivery that did
// not happen yet, and the next run of the same order makes it happen. The
// other order could leave a delivery that nobody can account for.
//
// On an error nothing is in the outbox; staging keeps only what is, or may be,
// recorded.
func Run(ctx context.Context, c Config, r Request) (*Receipt, error) {
	receipt, err := c.run(ctx, r)
	if errors.Is(err, errMeanwhile) {
		return c.run(ctx, r)
	}
	return receipt, err
}

func (c *Config) run(ctx context.Context, r Request) (*Receipt, error) {
	// What an earlier process left in the tree is news as well.
	if err := c.Ledger.Settle(ctx); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	s, err := c.begin(ctx, r)
	if err != nil {
		return nil, err
	}
	defer s.close()
	for _, x := range s.history.Exports {
		receipt, err := c.resume(ctx, x)
		if receipt != nil || err != nil && !(errors.Is(err, ErrDamaged) && r.Supplement != "") {
			return receipt, err
		}
	}
	if err := c.near(ctx, s); err != nil {
		return nil, err
	}
	if err := c.ask(ctx, s, r); err != nil {
		return nil, c.turnedAway(ctx, s, err)
	}
	id := exportID(s.signed.Digest(), len(s.history.Exports))
	stage, err := c.Outbox.Stage(id)
	if err != nil {
		return nil, err
	}
	defer stage.Close()
	// Now that nobody else can make this delivery: has somebody made it meanwhile?
	if now, err := c.Ledger.Order(ctx, s.signed.Digest()); err != nil || len(now.Exports) != len(s.history.Exports) {
		return nil, errors.Join(err, outbox.ErrDelivered, stage.Discard())
	}
	// A complete delivery may wait for its record.
	w, err := c.inspect(stage, id)
	if err != nil {
		return nil, err
	}
	resumed, err := c.recordDecision(ctx, s, w, id, strings.TrimSpace(r.Supplement))
	if err != nil {
		if !resumed {
			err = errors.Join(err, stage.Discard())
		}
		return nil, c.turnedAway(ctx, s, err)
	}
	if !resumed {
		if w, err = c.fill(ctx, s, stage, id); err != nil {
			return nil, c.turnedAway(ctx, s, errors.Join(err, stage.Discard()))
		}
	}
	receipt, err := c.release(ctx, stage, w)
	if err == nil {
		receipt.Resumed = resumed
	}
	return receipt, err
}

// ask verifies the order, finds who runs the export, decides and plans. On an
// error s says how far it came.
func (c *Config) ask(ctx context.Context, s *session, r Request) error {
	if err := c.verify(s, r); err != nil {
		return err
	}
	if err := c.identify(s); err != nil {
		return err
	}
	return c.bind(ctx, s, r)
}
