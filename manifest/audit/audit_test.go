package audit_test

import (
	"errors"
	"path/filepath"
	"reflect"
	"testing"

	"writ/manifest/audit"
)

func TestGoodLedger(t *testing.T) {
	w := goodWorld(t)
	dir, out := filepath.Join(t.TempDir(), "ledger"), t.TempDir()
	w.write(dir, w.ledger)
	w.deliver(out, dir)
	c := config(w, dir)
	c.Deliveries = out
	r := run(t, c)
	for _, f := range r.Findings {
		t.Errorf("%s, entry %d: %s", f.Code, f.Entry, f.What)
	}
	if err := r.Err(); err != nil || !r.Complete {
		t.Errorf("Err = %v, complete: %v", err, r.Complete)
	}
	n := r.Counts
	if n.Received != 8 || n.Decided != 9 || n.Exported != 6 || n.Notified != 2 || n.Released != 1 || n.Recalled != 1 || n.Configured != 4 ||
		n.Replayed != 9 || n.Orders != 8 || n.Deliveries != 6 || n.Unread != 0 {
		t.Errorf("counts %+v", n)
	}
	if r.To != int64(len(w.acts)) || r.Ledger.Size != r.To || r.Ledger.Origin != origin || len(r.Texts) != 3 {
		t.Errorf("audited to %d of %+v, texts %v", r.To, r.Ledger, r.Texts)
	}
	if errors.Is(r.Err(), audit.ErrFindings) {
		t.Error("findings")
	}

	// Fewer orders may be listed: the latest, and all are counted.
	c.MaxOrders = 3
	few := run(t, c)
	if few.Counts != n || !reflect.DeepEqual(few.Orders, r.Orders[5:]) {
		t.Errorf("counts %+v, orders %+v; want the last three of %+v", few.Counts, few.Orders, r.Orders)
	}
}
