package export_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"writ/crypto/digest"
	"writ/export"
	"writ/export/catalog"
	"writ/export/demo"
	"writ/export/order"
	"writ/export/outbox"
	"writ/export/source"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// The agency's side: what Run delivers, it can check and open.
func TestRunDeliversWhatTheAgencyOpens(t *testing.T) {
	w := newWorld(t)
	receipt, err := export.Run(t.Context(), w.config, w.request(t, demo.Warrant))
	if err != nil {
		t.Fatal(err)
	}
	verified, _ := w.open(t, receipt.Folder)
	if got := verified.Statement().Predicate.ExportID; got != receipt.ExportID {
		t.Errorf("opened export %s, want %s", got, receipt.ExportID)
	}
	for _, d := range verified.Statement().Predicate.Datasets {
		if d.Outcome != manifest.Complete || d.Records == 0 {
			t.Errorf("dataset %s: %s with %d records, want it complete", d.Name, d.Outcome, d.Records)
		}
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// What travels in the clear, and what Run says, holds no identifier, no name
// and no value of the person; and no plaintext is left anywhere.
func TestTheManifestNamesNobody(t *testing.T) {
	w := newWorld(t)
	receipt, err := export.Run(t.Context(), w.config, w.request(t, demo.Warrant))
	if err != nil {
		t.Fatal(err)
	}
	secrets := values(t, w, 1042)
	if len(secrets) < 20 {
		t.Fatalf("%d values to look for: the demo's database has changed", len(secrets))
	}
	search := func(name string, content []byte) {
		for _, s := range secrets {
			if bytes.Contains(content, []byte(s)) {
				t.Errorf("%s holds a value of the person", name)
			}
		}
	}
	search("the receipt", fmt.Appendf(nil, "%+v", receipt))
	for _, sub := range []string{"out", "ledger"} {
		root := filepath.Join(w.dir, sub)
		if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			search("the name "+d.Name(), []byte(path))
			if err == nil && d.Type().IsRegular() {
				b, err := os.ReadFile(path)
				search(d.Name(), b)
				return err
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	signed := must(manifest.Parse(must(os.ReadFile(filepath.Join(receipt.Folder, receipt.ExportID+".tar.zst.age.sigstore.json")))))
	search("the statement", fmt.Appendf(nil, "%+v", signed.Unverified()))
}

// values reads what the database holds of an account, as far as it is long
// enough not to stand anywhere by chance.
func values(t *testing.T, w *world, account int) []string {
	t.Helper()
	db := must(sqlite3.Open(filepath.Join(w.dir, "data", "mail.db")))
	defer db.Close()
	var out []string
	for _, query := range []string{
		"SELECT full_name, postal_address, phone, recovery_email FROM accounts WHERE id = ?",
		"SELECT address, address, address, address FROM addresses WHERE account_id = ?",
		"SELECT ip, device_id, user_agent, ip FROM logins WHERE account_id = ?",
		"SELECT from_address, to_address, subject, body FROM messages WHERE account_id = ?",
	} {
		s, _, err := db.Prepare(query)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.BindInt(1, account); err != nil {
			t.Fatal(err)
		}
		for s.Step() {
			for i := range 4 {
				if v := s.ColumnText(i); len(v) >= 8 {
					out = append(out, v)
				}
			}
		}
		if err := errors.Join(s.Err(), s.Close()); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// Each way to fail is an error of its family, and leaves nothing in the outbox or in staging.
func TestRunFailsWhole(t *testing.T) {
	gone := errors.New("connection reset")
	for _, tt := range []struct {
		name  string
		order string
		spoil func(*export.Config, *export.Request, context.CancelFunc)
		want  error
	}{
		{"a forged order", demo.Forged, func(*export.Config, *export.Request, context.CancelFunc) {}, order.ErrRejected},
		{"an enterprise account", demo.Enterprise, func(*export.Config, *export.Request, context.CancelFunc) {}, export.ErrRefused},
		{"received in the future", demo.Warrant, func(_ *export.Config, r *export.Request, _ context.CancelFunc) {
			r.ReceivedAt = time.Now().Add(time.Hour)
		}, export.ErrRequest},
		{"a plan that nobody looked at", demo.Warrant, func(_ *export.Config, r *export.Request, _ context.CancelFunc) {
			r.Plan = digest.Of([]byte("another"))
		}, export.ErrPlanChanged},
		{"a store that can't be opened", demo.Warrant, func(c *export.Config, _ *export.Request, _ context.CancelFunc) {
			c.Store = func(context.Context, catalog.StoreName) (source.Store, error) {
				return nil, fmt.Errorf("%w: %w", source.ErrUnavailable, gone)
			}
		}, source.ErrUnavailable},
		{"a store that dies in mid-pull", demo.Warrant, func(c *export.Config, _ *export.Request, _ context.CancelFunc) {
			c.Store = breaking(c.Store, func() error { return fmt.Errorf("%w: %w", source.ErrUnavailable, gone) })
		}, source.ErrUnavailable},
		{"cancelled in mid-pull", demo.Warrant, func(c *export.Config, _ *export.Request, cancel context.CancelFunc) {
			c.Store = breaking(c.Store, func() error { cancel(); return nil })
		}, context.Canceled},
		{"a clock that goes back", demo.Warrant, func(c *export.Config, _ *export.Request, _ context.CancelFunc) {
			calls := 0
			c.Now = func() time.Time {
				if calls++; calls > 4 {
					return time.Now().Add(-time.Minute)
				}
				return time.Now()
			}
		}, export.ErrClock},
		{"an outbox that can't be written", demo.Warrant, func(c *export.Config, _ *export.Request, _ context.CancelFunc) {
			c.Outbox = outbox.Open(os.DevNull)
		}, fs.ErrInvalid},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			config, request := w.config, w.request(t, tt.order)
			tt.spoil(&config, &request, cancel)
			receipt, err := export.Run(ctx, config, request)
			if err == nil || tt.want != fs.ErrInvalid && !errors.Is(err, tt.want) {
				t.Fatalf("Run = %v, want %v", err, tt.want)
			}
			if receipt != nil {
				t.Error("there is a receipt beside the error")
			}
			if delivered, staged := w.left(t); len(delivered)+len(staged) != 0 {
				t.Errorf("left behind: %v in the outbox, %v in staging", delivered, staged)
			}
			if strings.Contains(err.Error(), "kowalska") || strings.Contains(err.Error(), "vandenberg") {
				t.Error("the error names a target")
			}
			// What failed does not stand in the way of the next try.
			if tt.order == demo.Warrant {
				if _, err := export.Run(t.Context(), w.config, w.request(t, tt.order)); err != nil {
					t.Errorf("the next run: %v", err)
				}
			}
		})
	}
}

// breaking returns stores whose pulls call fault after their first batch, and end with its error.
func breaking(open func(context.Context, catalog.StoreName) (source.Store, error), fault func() error) func(context.Context, catalog.StoreName) (source.Store, error) {
	return func(ctx context.Context, name catalog.StoreName) (source.Store, error) {
		s, err := open(ctx, name)
		return breakingStore{s, fault}, err
	}
}

type breakingStore struct {
	source.Store
	fault func() error
}

func (s breakingStore) Begin(ctx context.Context) (source.Snapshot, error) {
	snapshot, err := s.Store.Begin(ctx)
	return breakingSnapshot{snapshot, s.fault}, err
}

type breakingSnapshot struct {
	source.Snapshot
	fault func() error
}

func (s breakingSnapshot) Pull(ctx context.Context, r source.Read, p *source.Pool) iter.Seq2[*source.Batch, error] {
	return func(yield func(*source.Batch, error) bool) {
		for b, err := range s.Snapshot.Pull(ctx, r, p) {
			if !yield(b, err) {
				return
			}
			if err := s.fault(); err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// Whatever step of whichever append fails, refused or done but reported failed:
// nothing is delivered that the ledger lacks, the next run finishes, and the
// ledger says everything once.
func TestRunFinishesWhatALedgerFaultLeft(t *testing.T) {
	disk := errors.New("disk")
	for _, step := range ledger.Steps() {
		for _, applied := range []bool{false, true} {
			for _, appends := range []int{1, 2} { // the decision's, the manifest's
				t.Run(fmt.Sprintf("%s applied=%v append=%d", step, applied, appends), func(t *testing.T) {
					w := newWorld(t)
					seen := 0
					w.fault = func(s ledger.Step) (bool, error) {
						if s != step {
							return false, nil
						}
						if seen++; seen != appends {
							return false, nil
						}
						return applied, disk
					}
					request := w.request(t, demo.Warrant)
					if _, err := export.Run(t.Context(), w.config, request); !errors.Is(err, disk) {
						t.Fatalf("Run = %v, want %v", err, disk)
					}
					if delivered, _ := w.left(t); len(delivered) != 0 {
						t.Fatalf("delivered without a proof: %v", delivered)
					}
					receipt, err := export.Run(t.Context(), w.config, request)
					if err != nil {
						t.Fatal(err)
					}
					if manifests := appends == 2; receipt.Resumed != manifests {
						t.Errorf("resumed = %v, want %v", receipt.Resumed, manifests)
					}
					acts, entries := w.said(t)
					if got, want := kinds(acts), "configured configured configured received decided:export exported"; got != want {
						t.Errorf("the ledger says %s, want %s", got, want)
					}
					delivered := must(os.ReadFile(filepath.Join(receipt.Folder, receipt.ExportID+".tar.zst.age.sigstore.json")))
					if !bytes.Equal(entries[len(entries)-1], delivered) {
						t.Error("what was delivered is not what was recorded")
					}
				})
			}
		}
	}
}

// What the ledger says of each way in which an order can end.
func TestEveryEndIsRecorded(t *testing.T) {
	w := newWorld(t)
	steps := []struct {
		order string
		spoil func(*export.Request)
		told  bool // the user, before
		want  error
		said  string // what is new in the ledger
	}{
		{order: demo.Forged, want: order.ErrUnsigned, said: "received"},
		{order: demo.Forged, want: order.ErrUnsigned}, // no news
		{order: demo.Enterprise, want: export.ErrRefused, said: "configured configured configured received decided:redirected"},
		{order: demo.Enterprise, want: export.ErrRefused},
		{order: demo.Subpoena, want: export.ErrRefused, said: "received decided:held"},
		{order: demo.Subpoena, want: export.ErrRefused},
		{order: demo.Subpoena, told: true, said: "notified decided:export exported"},
		{order: demo.Subpoena, want: order.ErrExportedBefore},
		{order: demo.Subpoena, spoil: func(r *export.Request) { r.Supplement = "the first was lost" }, said: "decided:export exported"},
		{order: demo.Warrant, spoil: func(r *export.Request) {
			r.Unavailable = map[order.Dataset]string{"logins": "restoring", "messages": "restoring", "subscriber": "restoring"}
		}, want: export.ErrRefused, said: "received decided:unavailable"},
		{order: demo.Warrant, said: "decided:export exported"},
	}
	before := 0
	for i, step := range steps {
		request := w.request(t, step.order)
		if step.spoil != nil {
			step.spoil(&request)
		}
		if step.told {
			w.told(t, request)
		}
		if _, err := export.Run(t.Context(), w.config, request); !errors.Is(err, step.want) {
			t.Fatalf("step %d: Run = %v, want %v", i, err, step.want)
		}
		acts, _ := w.said(t)
		if got := kinds(acts[before:]); got != step.said {
			t.Errorf("step %d: the ledger now says %q, want %q", i, got, step.said)
		}
		before = len(acts)
	}
}

// Nothing in a busy ledger names anyone, and each decision can be made again from it.
func TestTheLedgerNamesNobodyAndCanBeReplayed(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{demo.Warrant, demo.Subpoena, demo.Enterprise, demo.Forged} {
		if _, err := export.Run(t.Context(), w.config, w.request(t, name)); err != nil && !errors.Is(err, export.ErrRefused) && !errors.Is(err, order.ErrRejected) {
			t.Fatal(err)
		}
	}
	secrets := append(append(values(t, w, 1042), values(t, w, 2077)...), "ada.abebe17")
	facts := make(map[digest.Digest]act.Facts)
	replayed := 0
	acts, entries := w.said(t)
	for i, a := range acts {
		// The payload is base64 in the entry.
		plain := fmt.Appendf(nil, "%+v %s", a, payload(t, entries[i]))
		for _, s := range secrets {
			if bytes.Contains(plain, []byte(s)) {
				t.Errorf("entry %d (%s) holds a value of a person", i, a.Kind())
			}
		}
		switch a := a.(type) {
		case act.Received:
			facts[a.Order.Digest] = a.Facts
		case act.Decided:
			again, err := w.config.Policy.Replay(facts[a.Order], w.config.Catalog, a.DecidedAt)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(must(again.Record().Canonical()), must(a.Decision.Canonical())) {
				t.Errorf("entry %d: the decision made again is another", i)
			}
			replayed++
		}
	}
	if replayed != 3 {
		t.Errorf("%d decisions replayed, want 3", replayed)
	}
}

// payload is a statement's bytes, which stand in its bundle in base64.
func payload(t *testing.T, bundle []byte) []byte {
	t.Helper()
	var b struct {
		DSSEEnvelope struct {
			Payload []byte `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(bundle, &b); err != nil || len(b.DSSEEnvelope.Payload) == 0 {
		t.Fatalf("no payload: %v", err)
	}
	return b.DSSEEnvelope.Payload
}

// Two at once make one delivery.
func TestOneOrderTwiceAtOnce(t *testing.T) {
	w := newWorld(t)
	request := w.request(t, demo.Warrant)
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := export.Run(t.Context(), w.config, request)
			errs <- err
		}()
	}
	succeeded := 0
	for range 2 {
		switch err := <-errs; {
		case err == nil:
			succeeded++
		case errors.Is(err, outbox.ErrBusy), errors.Is(err, outbox.ErrDelivered), errors.Is(err, order.ErrExportedBefore):
		default:
			t.Error(err)
		}
	}
	if delivered, staged := w.left(t); succeeded != 1 || len(delivered) != 1 || len(staged) != 0 {
		t.Errorf("%d succeeded; %v delivered, %v staged; want one delivery", succeeded, delivered, staged)
	}
}
