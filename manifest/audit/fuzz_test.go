package audit

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"writ/crypto/trust"
	"writ/manifest/ledger"
)

// pinnedInTestdata is what was pinned when the states in testdata were written.
func pinnedInTestdata(t testing.TB) (*Config, *pins) {
	t.Helper()
	b, err := os.ReadFile("testdata/ledger.pub")
	if err != nil {
		t.Fatal(err)
	}
	origin, public, err := ledger.Pin(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	c := &Config{Provider: &trust.Provider{
		Provider: "mail.example", Keys: []trust.ProviderKey{{Use: trust.UseLedger, Origin: origin, Key: trust.Key{PublicKey: public}}},
	}}
	keys, err := c.pinned()
	if err != nil {
		t.Fatal(err)
	}
	return c, keys
}

// A state that an earlier version wrote is read.
func TestStateInTestdata(t *testing.T) {
	c, keys := pinnedInTestdata(t)
	b, err := os.ReadFile("testdata/state/good.json")
	if err != nil {
		t.Fatal(err)
	}
	f := newFold(c)
	if err := f.load(b, keys); err != nil {
		t.Fatal(err)
	}
	exports := 0
	err = f.orders.each(every, func(o *order) error {
		exports += len(o.Exports)
		return nil
	})
	if err != nil || f.orders.n == 0 || exports == 0 || len(f.Found.List) == 0 || f.from != f.Size {
		t.Errorf("%d orders, %d exports, %d findings, from %d (%v)", f.orders.n, exports, len(f.Found.List), f.from, err)
	}
}

// A state that is read is written in the same bytes, and names no entry that
// its checkpoint does not commit to.
func FuzzState(f *testing.F) {
	c, keys := pinnedInTestdata(f)
	seeds, err := filepath.Glob("testdata/state/*.json")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fold := newFold(c)
		if err := fold.load(b, keys); err != nil {
			if !errors.Is(err, ErrInput) {
				t.Fatalf("load = %v", err)
			}
			return
		}
		fold.checkpoint, fold.complete = fold.kept[0], true
		err := fold.orders.each(every, func(o *order) error {
			for _, d := range o.Decisions {
				if d.Entry < 0 || d.Entry >= fold.Size {
					t.Fatalf("a decision in entry %d of %d", d.Entry, fold.Size)
				}
			}
			return nil
		})
		r, failed := fold.result()
		if err := errors.Join(err, failed, fold.asOf()); err != nil {
			t.Fatal(err)
		}
		r.finish(fold)
		if again, err := fold.save(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}
