package record

import (
	"context"
	"fmt"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/act"
)

// Following returns the genuine orders that were received and say that they
// follow an earlier one, by the digest of that one. It reads the whole ledger.
func (r *Recorder) Following(ctx context.Context) (map[digest.Digest][]manifest.OrderRef, error) {
	v, err := r.c.Reader.View(ctx)
	if err != nil {
		return nil, err
	}
	following := make(map[digest.Digest][]manifest.OrderRef)
	for e, err := range v.Entries(ctx, 0, v.Checkpoint().Size()) {
		if err != nil {
			return nil, err
		}
		a, err := r.believe(e.Bytes, act.KindReceived)
		if err != nil {
			return nil, fmt.Errorf("ledger entry %d: %w", e.Index, err)
		}
		if x, ok := a.(act.Received); ok && !x.Follows.IsZero() {
			following[x.Follows] = append(following[x.Follows], x.Order)
		}
	}
	return following, nil
}
