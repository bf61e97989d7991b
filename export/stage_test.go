package export_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export"
	"writ/export/demo"
	"writ/export/order"
	"writ/export/workspace"
)

// namesIn returns the names in a folder, with the export's id taken off.
func namesIn(t *testing.T, folder string) (names []string) {
	t.Helper()
	for _, e := range must(os.ReadDir(folder)) {
		names = append(names, strings.TrimPrefix(e.Name(), filepath.Base(folder)))
	}
	slices.Sort(names)
	return names
}

var delivered = []string{".tar.zst.age", ".tar.zst.age.sigstore.json", ".tlog-proof", "VERIFY.txt", "trusted_root.json"}

// back puts a delivery back into staging under an id, as if its process had
// died before the rename.
func back(t *testing.T, w *world, r *export.Receipt, id string) string {
	t.Helper()
	staging := filepath.Join(w.dir, "out", ".staging", id)
	if err := os.Rename(r.Folder, staging); err != nil {
		t.Fatal(err)
	}
	for _, name := range namesIn(t, staging) {
		if old, ok := strings.CutPrefix(name, r.ExportID); ok && id != r.ExportID {
			if err := os.Rename(filepath.Join(staging, name), filepath.Join(staging, id+old)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return staging
}

// Another order's delivery in staging is not taken for this order's.
func TestStagingIsNotBelieved(t *testing.T) {
	w := newWorld(t)
	w.told(t, w.request(t, demo.Subpoena))
	foreign, err := export.Run(t.Context(), w.config, w.request(t, demo.Subpoena))
	if err != nil {
		t.Fatal(err)
	}
	id := must(order.Parse(w.request(t, demo.Warrant).Order)).Digest().Hex()[:32]
	back(t, w, foreign, id)
	receipt, err := export.Run(t.Context(), w.config, w.request(t, demo.Warrant))
	if err != nil {
		t.Fatal(err)
	}
	if receipt.Resumed || receipt.ExportID != id || receipt.Statement.Predicate.Order.Process != "search-warrant" {
		t.Errorf("delivered %s of a %s, resumed %v; want a new one for the warrant", receipt.ExportID, receipt.Statement.Predicate.Order.Process, receipt.Resumed)
	}
}

// What a dead process left is delivered whole, without what else it left; and
// what is recorded but damaged is neither delivered nor thrown away.
func TestWhatIsRecordedIsDeliveredWholeOrNamed(t *testing.T) {
	w := newWorld(t)
	request := w.request(t, demo.Warrant)
	first, err := export.Run(t.Context(), w.config, request)
	if err != nil {
		t.Fatal(err)
	}
	if got := namesIn(t, first.Folder); !slices.Equal(got, delivered) {
		t.Fatalf("delivered %v, want %v", got, delivered)
	}
	staging := back(t, w, first, first.ExportID)
	for _, gone := range []string{"VERIFY.txt", "trusted_root.json", first.ExportID + ".tlog-proof"} {
		if err := os.Remove(filepath.Join(staging, gone)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(staging, ".VERIFY.txt.123"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	again, err := export.Run(t.Context(), w.config, request)
	if err != nil || !again.Resumed {
		t.Fatalf("Run = %+v, %v; want it resumed", again, err)
	}
	if got := namesIn(t, again.Folder); !slices.Equal(got, delivered) {
		t.Errorf("delivered %v, want %v", got, delivered)
	}

	staging = back(t, w, again, first.ExportID)
	ciphertext := filepath.Join(staging, first.ExportID+".tar.zst.age")
	if err := os.Truncate(ciphertext, must(os.Stat(ciphertext)).Size()-1); err != nil {
		t.Fatal(err)
	}
	if _, err := export.Run(t.Context(), w.config, request); !errors.Is(err, export.ErrDamaged) {
		t.Errorf("Run = %v, want %v", err, export.ErrDamaged)
	}
	left, err := export.Recover(t.Context(), w.config)
	if !errors.Is(err, export.ErrDamaged) || len(left) != 1 || left[0].Fate != export.Damaged {
		t.Errorf("Recover = %v, %v; want it damaged", left, err)
	}
	if _, err := os.Stat(ciphertext); err != nil {
		t.Errorf("what was damaged is gone: %v", err)
	}
	request.Supplement = "the first was damaged"
	if _, err := export.Run(t.Context(), w.config, request); err != nil {
		t.Errorf("with a supplement: %v", err)
	}
}

// A recipient that was revoked after the order came in gets nothing, whatever
// time of receipt is said.
func TestARevokedRecipientGetsNothing(t *testing.T) {
	w := newWorld(t)
	now := time.Now().UTC().Truncate(time.Second)
	d := w.config.Registry.Document()
	d.Version++
	d.Agencies[0].Recipients[0].RevokedAt, d.Agencies[0].Recipients[0].Reason = now, "stolen"
	e := &sign.Envelope{Purpose: sign.ForRegistry, Payload: must(d.Marshal())}
	for _, name := range []string{"root-1", "root-2"} {
		k := must(sign.LoadSigner(must(os.ReadFile(filepath.Join(w.dir, "keys", name+".pem"))), func() ([]byte, error) { return []byte("demo"), nil }))
		if err := e.Sign(k); err != nil {
			t.Fatal(err)
		}
	}
	w.config.Registry = must(trust.Open(e.Marshal(), must(trust.ParseRoot(must(os.ReadFile(filepath.Join(w.dir, workspace.RootFile)))))))
	request := w.request(t, demo.Warrant)
	request.ReceivedAt = now.Add(-30 * time.Minute)
	if _, err := export.Run(t.Context(), w.config, request); !errors.Is(err, order.ErrRecipient) {
		t.Fatalf("Run = %v, want %v", err, order.ErrRecipient)
	}
}

// Nobody can type a target's identifier into a manifest.
func TestAReasonNamesNobody(t *testing.T) {
	w := newWorld(t)
	request := w.request(t, demo.Warrant)
	if _, err := export.Run(t.Context(), w.config, request); err != nil {
		t.Fatal(err)
	}
	request.Supplement = "mirela.kowalska@example.com asked"
	if _, err := export.Run(t.Context(), w.config, request); !errors.Is(err, export.ErrRequest) {
		t.Fatalf("Run = %v, want %v", err, export.ErrRequest)
	}
}
