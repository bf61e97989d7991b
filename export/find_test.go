package export_test

import (
	"context"
	"errors"
	"testing"

	"writ/export"
	"writ/export/catalog"
	"writ/export/demo"
	"writ/export/order"
	"writ/export/source"
)

// What an order finds is told without a record being read or written, an
// enterprise customer's account too; nothing is asked about an order that does
// not count.
func TestFind(t *testing.T) {
	w := newWorld(t)
	before, _ := w.said(t)
	for _, tt := range []struct {
		order string
		want  int // accounts
		err   error
	}{
		{demo.Warrant, 1, nil},
		{demo.Enterprise, 1, nil},
		{demo.Forged, 0, order.ErrRejected},
	} {
		opened := 0
		config := w.config
		config.Signer, config.Outbox = nil, nil
		config.Store = func(ctx context.Context, name catalog.StoreName) (source.Store, error) {
			opened++
			return w.config.Store(ctx, name)
		}
		found, err := export.Find(t.Context(), config, w.request(t, tt.order))
		if !errors.Is(err, tt.err) {
			t.Errorf("%s: %v, want %v", tt.order, err, tt.err)
			continue
		}
		if err != nil {
			if found != nil || opened > 0 {
				t.Errorf("%s: %d stores were opened for an order that does not count", tt.order, opened)
			}
			continue
		}
		if n := len(found.Accounts["mailbox"]); n != tt.want || len(found.Accounts) != 1 {
			t.Errorf("%s: %d accounts, want %d", tt.order, n, tt.want)
		}
	}
	if after, _ := w.said(t); len(after) != len(before) {
		t.Errorf("the ledger has %d entries, had %d", len(after), len(before))
	}
}
