package export

import (
	"context"
	"fmt"
	"time"

	"writ/manifest/act"
)

// Receive verifies an order and records that it was received, which starts its
// clocks; or that it was turned away, and why. It returns the time of receipt,
// which the ledger may have known already. It reads no store and decides nothing.
func Receive(ctx context.Context, c Config, r Request) (time.Time, error) {
	if err := c.Ledger.Settle(ctx); err != nil {
		return time.Time{}, fmt.Errorf("opening the ledger: %w", err)
	}
	s, err := c.begin(ctx, r)
	if err != nil {
		return time.Time{}, err
	}
	if err := c.near(ctx, s); err != nil {
		return time.Time{}, err
	}
	s.near = "" // whatever was answered before, this one came in
	if err := c.verify(s, r); err != nil {
		return time.Time{}, c.turnedAway(ctx, s, err)
	}
	received := c.received(s)
	if sameReceipt(s.history.Received, received) {
		return s.received, nil
	}
	return s.received, c.append(ctx, received)
}

// append signs acts and puts them into the ledger, behind what it needs so that
// it says what is in force.
func (c *Config) append(ctx context.Context, acts ...act.Act) error {
	news, err := c.Ledger.Configured(ctx, map[act.What][]byte{
		act.Policy: c.Policy.Archive(), act.Catalog: c.Catalog.Text(), act.Registry: c.Registry.Payload(),
	})
	if err != nil {
		return err
	}
	for _, a := range acts {
		signed, err := c.Ledger.Sign(a)
		if err != nil {
			return err
		}
		news = append(news, signed)
	}
	_, err = c.Ledger.Append(ctx, news...)
	return err
}
