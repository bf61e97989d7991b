package audit_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"writ/crypto/trust"
	"writ/manifest/act"
	"writ/manifest/audit"
	"writ/manifest/ledger"
)

// Audited in two parts, wherever it is cut, a ledger gives what it gives at
// once; and the second part reads only what is new.
func TestIncremental(t *testing.T) {
	for _, change := range []struct {
		name string
		do   func(*world)
	}{
		{"good", func(*world) {}},
		{"with findings", func(w *world) {
			w.remove(act.KindNotified, "warrant", 0)
			w.remove(act.KindDecided, "subpoena", 0)
			w.acts[w.find(act.KindDecided, "refused", 0)].signer = w.foreign
		}},
	} {
		w := goodWorld(t)
		change.do(w)
		dir := filepath.Join(t.TempDir(), "ledger")
		w.write(dir, w.ledger)
		whole := run(t, config(w, dir))
		for _, cut := range []int{1, 5, 11, len(w.acts) - 1, len(w.acts)} {
			t.Run(fmt.Sprintf("%s, cut at %d", change.name, cut), func(t *testing.T) {
				part := filepath.Join(t.TempDir(), "part")
				writeLedger(t, part, w.ledger, w.texts, w.entries()[:cut])
				first := run(t, config(w, part))
				state, err := first.State()
				if err != nil {
					t.Fatal(err)
				}
				c := config(w, dir)
				counting := &counting{Source: c.Source}
				c.State, c.Source = state, counting
				second := run(t, c)
				if diff := cmp.Diff(whole, second, cmpopts.IgnoreUnexported(audit.Result{}), cmpopts.IgnoreFields(audit.Result{}, "From", "Ledger")); diff != "" {
					t.Errorf("differs from an audit at once:\n%s", diff)
				}
				if second.From != int64(cut) || !slices.Equal(second.Ledger.Extends, []int64{int64(cut)}) {
					t.Errorf("from %d, extends %v", second.From, second.Ledger.Extends)
				}
				if cut == len(w.acts) && counting.entries > 0 && change.name == "good" {
					t.Errorf("%d files of entries read, though none is new", counting.entries)
				}
				again, err := second.State()
				if err != nil {
					t.Fatal(err)
				}
				if at, err := whole.State(); err != nil || !bytes.Equal(again, at) {
					t.Errorf("the state differs from that of an audit at once (%v)", err)
				}
			})
		}
	}
}

// What orders wait in files changes nothing of what is found.
func TestKeptOrders(t *testing.T) {
	w := goodWorld(t)
	w.remove(act.KindNotified, "warrant", 0)
	dir := filepath.Join(t.TempDir(), "ledger")
	w.write(dir, w.ledger)
	few := run(t, config(w, dir).Keeping(1))
	all := run(t, config(w, dir).Keeping(1000))
	if diff := cmp.Diff(all, few, cmpopts.IgnoreUnexported(audit.Result{})); diff != "" {
		t.Errorf("differs from an audit that keeps all in memory:\n%s", diff)
	}
	a, errA := all.State()
	b, errB := few.State()
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		t.Errorf("the states differ (%v, %v)", errA, errB)
	}
	for most := range len(all.Orders) {
		c := config(w, dir)
		c.MaxOrders = most + 1
		if diff := cmp.Diff(all.Orders[len(all.Orders)-most-1:], run(t, c).Orders); diff != "" {
			t.Errorf("of the latest %d orders:\n%s", most+1, diff)
		}
	}
}

// counting counts how many bundles of entries are read.
type counting struct {
	ledger.Source
	entries int
}

func (c *counting) Read(ctx context.Context, path string, limit int64) ([]byte, error) {
	if ok, _ := filepath.Match("tile/entries/*", path); ok {
		c.entries++
	}
	if ok, _ := filepath.Match("tile/entries/*/*", path); ok {
		c.entries++
	}
	return c.Source.Read(ctx, path, limit)
}

// A state vouches for what was there: a ledger that lost or changed it is found
// out, by the signed checkpoint in the state.
func TestStateFindsRewriting(t *testing.T) {
	w := goodWorld(t)
	dir := filepath.Join(t.TempDir(), "ledger")
	w.write(dir, w.ledger)
	state, err := run(t, config(w, dir)).State()
	if err != nil {
		t.Fatal(err)
	}
	shorter, other := filepath.Join(t.TempDir(), "shorter"), filepath.Join(t.TempDir(), "other")
	writeLedger(t, shorter, w.ledger, w.texts, w.entries()[:9])
	again := goodWorld(t)
	again.write(other, w.ledger)
	for dir, want := range map[string]audit.Code{shorter: audit.RolledBack, other: audit.Forked} {
		c := config(w, dir)
		c.State = state
		r := run(t, c)
		if !slices.Equal(codesOf(r), []audit.Code{want}) || r.Complete {
			t.Errorf("found %v, want %v", codesOf(r), want)
		}
		if _, err := r.State(); !errors.Is(err, audit.ErrIncomplete) {
			t.Errorf("State = %v, want %v", err, audit.ErrIncomplete)
		}
	}
}

// What the auditor brought and can't be used is an error, not a finding.
func TestInput(t *testing.T) {
	w := goodWorld(t)
	dir := filepath.Join(t.TempDir(), "ledger")
	w.write(dir, w.ledger)
	good := run(t, config(w, dir))
	state, err := good.State()
	if err != nil {
		t.Fatal(err)
	}
	checkpoint, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	// Another provider's ledger, and what an audit of it keeps.
	elsewhere := filepath.Join(t.TempDir(), "elsewhere")
	writeLedger(t, elsewhere, w.otherLedger, w.texts, w.entries()[:3])
	p := w.provider
	p.Keys = slices.Clone(p.Keys)
	_, public, err := ledger.Pin(w.otherLedger.Public())
	if err != nil {
		t.Fatal(err)
	}
	p.Keys[2] = trust.ProviderKey{Use: trust.UseLedger, Origin: w.otherLedger.Origin(), Key: trust.Key{PublicKey: public}}
	c := config(w, elsewhere)
	c.Provider = &p
	other := run(t, c)
	otherState, err := other.State()
	if err != nil {
		t.Fatal(err)
	}
	otherCheckpoint, err := os.ReadFile(filepath.Join(elsewhere, "checkpoint"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		change func(*audit.Config)
		want   error
	}{
		{"as it should be", func(c *audit.Config) { c.State, c.Kept = state, checkpoint }, nil},
		{"no ledger", func(c *audit.Config) { c.Source = nil }, audit.ErrInput},
		{"no provider", func(c *audit.Config) { c.Provider = nil }, audit.ErrInput},
		{"no rules", func(c *audit.Config) { c.Rules = nil }, audit.ErrInput},
		{"a negative tolerance", func(c *audit.Config) { c.Tolerance = -1 }, audit.ErrInput},
		{"a provider without a ledger", func(c *audit.Config) {
			p := *c.Provider
			p.Keys = p.Keys[:2]
			c.Provider = &p
		}, audit.ErrInput},
		{"the state of another ledger", func(c *audit.Config) { c.State = otherState }, audit.ErrInput},
		{"the checkpoint of another ledger", func(c *audit.Config) { c.Kept = otherCheckpoint }, audit.ErrInput},
		{"a checkpoint that is none", func(c *audit.Config) { c.Kept = []byte("x") }, audit.ErrInput},
		{"an empty state", func(c *audit.Config) { c.State = []byte{} }, audit.ErrInput},
		{"a state with an unknown member", func(c *audit.Config) {
			c.State = bytes.Replace(state, []byte(`{"format"`), []byte(`{"x":1,"format"`), 1)
		}, audit.ErrInput},
		{"a state with two members of a name", func(c *audit.Config) {
			c.State = bytes.Replace(state, []byte(`"test":0`), []byte(`"test":0,"test":0`), 1)
		}, audit.ErrInput},
		{"a state with something behind", func(c *audit.Config) { c.State = append(bytes.Clone(state), '\n') }, audit.ErrInput},
		{"a state of another version", func(c *audit.Config) {
			c.State = bytes.Replace(state, []byte("audit-state/v1"), []byte("audit-state/v2"), 1)
		}, audit.ErrInput},
		{"a state of another provider", func(c *audit.Config) {
			c.State = bytes.Replace(state, []byte(`"mail.example"`), []byte(`"mall.example"`), 1)
		}, audit.ErrInput},
		{"a state that says more than its checkpoint", func(c *audit.Config) {
			c.State = bytes.Replace(state, fmt.Appendf(nil, `"size":%d`, good.To), fmt.Appendf(nil, `"size":%d`, good.To+1), 1)
		}, audit.ErrInput},
		{"no folder of deliveries", func(c *audit.Config) { c.Deliveries = filepath.Join(dir, "nowhere") }, audit.ErrInput},
		{"no ledger there", func(c *audit.Config) { c.Source = ledger.Dir(t.TempDir()) }, ledger.ErrMissing},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := config(w, dir)
			tt.change(&c)
			r, err := audit.Run(t.Context(), c)
			if !errors.Is(err, tt.want) || (r == nil) != (err != nil) {
				t.Errorf("Run = %v, want %v", err, tt.want)
			}
		})
	}
	// A ledger of another provider is a finding: nothing says whose mistake it is.
	if r := run(t, config(w, elsewhere)); !slices.Equal(codesOf(r), []audit.Code{audit.CheckpointOrigin}) {
		t.Errorf("found %v", codesOf(r))
	}
}

// A server that accepts and then says nothing is given up.
func TestServerThatHangs(t *testing.T) {
	w := goodWorld(t)
	dir := filepath.Join(t.TempDir(), "ledger")
	w.write(dir, w.ledger)
	for _, silent := range []string{"checkpoint", "tile"} {
		over := make(chan struct{})
		files := http.FileServer(http.Dir(dir))
		server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path[1:min(len(r.URL.Path), len(silent)+1)] == silent {
				select {
				case <-over:
				case <-r.Context().Done():
				}
				return
			}
			files.ServeHTTP(rw, r)
		}))
		source, err := ledger.NewHTTP(server.URL, &http.Client{Timeout: 50 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		c := config(w, dir)
		c.Source = source
		if r, err := audit.Run(t.Context(), c); r != nil || !errors.Is(err, ledger.ErrFetch) {
			t.Errorf("%s: Run = %v, want %v", silent, err, ledger.ErrFetch)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if r, err := audit.Run(ctx, c); r != nil || !errors.Is(err, context.Canceled) {
			t.Errorf("%s: Run = %v, want %v", silent, err, context.Canceled)
		}
		close(over)
		server.Close()
	}
}
