package export

import (
	"context"
	"errors"
	"slices"

	"writ/export/outbox"
	"writ/export/record"
)

// A Fate is what [Recover] found of a delivery in staging, and did with it.
type Fate string

// The fates.
const (
	Finished Fate = "finished" // it was recorded, and is delivered now
	Waiting  Fate = "waiting"  // complete, but not recorded: export its order again, which decides anew
	Removed  Fate = "removed"  // it was never complete
	Busy     Fate = "busy"     // a process is at it
)

// A Leftover is a delivery that a process left in staging.
type Leftover struct {
	ExportID string `json:"export_id"`
	Fate     Fate   `json:"fate"`
	Folder   string `json:"folder,omitzero"` // of a finished one
}

// Recover finishes or clears what processes that died left behind: entries of
// the ledger that no checkpoint commits to yet, and deliveries in staging. It
// needs Ledger and Outbox, and no signer.
func Recover(ctx context.Context, c Config) ([]Leftover, error) {
	if err := c.Ledger.Settle(ctx); err != nil {
		return nil, err
	}
	ids, err := c.Outbox.Staged()
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	var found []Leftover
	for _, id := range ids {
		l, err := c.recover(ctx, id)
		if err != nil {
			return found, err
		}
		found = append(found, l)
	}
	return found, nil
}

func (c *Config) recover(ctx context.Context, id string) (Leftover, error) {
	stage, err := c.Outbox.Stage(id)
	if errors.Is(err, outbox.ErrBusy) {
		return Leftover{id, Busy, ""}, nil
	}
	if err != nil {
		return Leftover{}, err
	}
	defer stage.Close()
	statement := staged(stage, id)
	if statement == nil {
		return Leftover{id, Removed, ""}, stage.Discard()
	}
	history, err := c.Ledger.Order(ctx, statement.Predicate.Order.Digest)
	if err != nil {
		return Leftover{}, err
	}
	if !slices.ContainsFunc(history.Exports, func(x record.Exported) bool { return x.ID == id }) {
		return Leftover{id, Waiting, ""}, nil
	}
	receipt, err := c.release(ctx, stage, &Receipt{ExportID: id, Statement: *statement})
	if err != nil {
		return Leftover{}, err
	}
	return Leftover{id, Finished, receipt.Folder}, nil
}
