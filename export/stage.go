package export

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	"writ/crypto/digest"
	"writ/export/outbox"
	"writ/export/record"
	"writ/manifest"
)

// ErrDamaged says that an export is recorded, but that what stands in staging
// is not what was recorded.
var ErrDamaged = errors.New("the delivery in staging is not the one that was recorded")

// trustedRoot is a Sigstore TrustedRoot without a timestamp authority: cosign
// 2.x wants the file even where it needs nothing from it.
const trustedRoot = `{"mediaType":"application/vnd.dev.sigstore.trustedroot+json;version=0.1"}` + "\n"

//go:embed VERIFY.txt
var verifyText string

func ciphertextName(id string) string { return id + manifest.CiphertextSuffix }

func manifestName(id string) string { return ciphertextName(id) + manifest.ManifestSuffix }

// exportID names an export by its order, so that the same order is the same
// export whoever runs it, and by how often the order was answered before.
func exportID(order digest.Digest, before int) string {
	id := order.Hex()[:32]
	if before > 0 {
		id += fmt.Sprintf("-%d", before+1)
	}
	return id
}

// A waiting delivery stands complete in staging: its manifest is one of ours,
// of this export, and its ciphertext the one that was signed.
type waiting struct {
	statement manifest.Statement
	signed    []byte
}

// inspect returns the delivery that waits in staging, or nil if what stands
// there is none. Only what can't be read is an error.
func (c *Config) inspect(stage *outbox.Staging, id string) (*waiting, error) {
	signed, err := stage.Read(manifestName(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	parsed, err := manifest.Parse(signed)
	if err != nil {
		return nil, nil
	}
	provider := c.Registry.Publish()
	verified, err := manifest.Verify(parsed, &provider)
	if err != nil {
		return nil, nil
	}
	statement := verified.Statement()
	if x := statement.Predicate; x.ExportID != id || !strings.HasPrefix(id, exportID(x.Order.Digest, 0)) {
		return nil, nil
	}
	sum, err := digestFile(stage.Path(ciphertextName(id)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if sum != statement.Predicate.Ciphertext.SHA256 {
		return nil, nil
	}
	return &waiting{statement, signed}, nil
}

func digestFile(path string) (digest.Digest, error) {
	f, err := os.Open(path)
	if err != nil {
		return digest.Digest{}, err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return digest.Digest{}, err
	}
	return digest.Digest(h.Sum(nil)), nil
}

// release records a complete delivery, and only then lets it be picked up.
func (c *Config) release(ctx context.Context, stage *outbox.Staging, w *waiting) (*Receipt, error) {
	id := w.statement.Predicate.ExportID
	proof, err := c.Ledger.Append(ctx, w.signed)
	if err != nil {
		return nil, fmt.Errorf("recording export %s (it waits in staging; run the same command again to finish it): %w", id, err)
	}
	files := []struct {
		name    string
		content []byte
	}{
		{id + manifest.ProofSuffix, proof},
		{"trusted_root.json", []byte(trustedRoot)},
		{"VERIFY.txt", []byte(strings.ReplaceAll(verifyText, "EXPORT_ID", id))},
	}
	all := []string{ciphertextName(id), manifestName(id)}
	for _, f := range files {
		if err := stage.Put(f.name, f.content); err != nil {
			return nil, err
		}
		all = append(all, f.name)
	}
	folder, err := stage.Deliver(all...)
	if err != nil {
		return nil, fmt.Errorf("delivering export %s: %w", id, err)
	}
	return &Receipt{ExportID: id, Folder: folder, Plan: w.statement.Predicate.Decided.Plan, Statement: w.statement}, nil
}

// resume delivers an export that was recorded and is still in staging. It
// returns nil, nil if there is no such thing.
func (c *Config) resume(ctx context.Context, x record.Exported) (*Receipt, error) {
	stage, err := c.Outbox.Stage(x.ID)
	if errors.Is(err, outbox.ErrDelivered) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer stage.Close()
	if empty, err := stage.Empty(); err != nil || empty { // it was delivered, and picked up
		return nil, errors.Join(err, stage.Discard())
	}
	return c.finish(ctx, stage, x)
}

// finish delivers what stands in staging, if it is what was recorded.
func (c *Config) finish(ctx context.Context, stage *outbox.Staging, x record.Exported) (*Receipt, error) {
	w, err := c.inspect(stage, x.ID)
	if err != nil {
		return nil, err
	}
	if w == nil || !bytes.Equal(w.signed, x.Signed) {
		return nil, fmt.Errorf("%w: export %s; recall it (writ recall) and answer the order once more (--supplement)", ErrDamaged, x.ID)
	}
	receipt, err := c.release(ctx, stage, w)
	if err == nil {
		receipt.Resumed = true
	}
	return receipt, err
}

// A Fate is what [Recover] found of a delivery in staging, and did with it.
type Fate string

// The fates.
const (
	Finished  Fate = "finished"  // it was recorded, and is delivered now
	Waiting   Fate = "waiting"   // complete, but not recorded: export its order again, which decides anew
	Removed   Fate = "removed"   // it was never complete, and not recorded
	Busy      Fate = "busy"      // a process is at it
	Damaged   Fate = "damaged"   // recorded, but not what was recorded: see [ErrDamaged]
	Delivered Fate = "delivered" // it stands in the outbox as well
	Foreign   Fate = "foreign"   // its name is no export's; nothing was done with it
)

// A Leftover is a delivery that a process left in staging.
type Leftover struct {
	ExportID string `json:"export_id"`
	Fate     Fate   `json:"fate"`
	Folder   string `json:"folder,omitzero"` // of a finished one
}

// Recover finishes or clears what processes that died left behind: entries of
// the ledger that no checkpoint commits to yet, and deliveries in staging. It
// needs Registry, Ledger and Outbox, and no signer. What it found is returned
// beside the errors; that something is damaged is one of them.
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
	var failed error
	for _, id := range ids {
		l, err := c.recover(ctx, id)
		if l.Fate != "" {
			found = append(found, l)
		}
		failed = errors.Join(failed, err)
	}
	return found, failed
}

func (c *Config) recover(ctx context.Context, id string) (Leftover, error) {
	stage, err := c.Outbox.Stage(id)
	switch {
	case errors.Is(err, outbox.ErrBusy):
		return Leftover{id, Busy, ""}, nil
	case errors.Is(err, outbox.ErrDelivered):
		return Leftover{id, Delivered, ""}, nil
	case errors.Is(err, outbox.ErrID):
		return Leftover{id, Foreign, ""}, nil
	case err != nil:
		return Leftover{}, fmt.Errorf("export %s: %w", id, err)
	}
	defer stage.Close()
	x, err := c.Ledger.Export(ctx, id)
	if err != nil {
		return Leftover{}, fmt.Errorf("export %s: %w", id, err)
	}
	if x != nil {
		receipt, err := c.finish(ctx, stage, *x)
		if errors.Is(err, ErrDamaged) {
			return Leftover{id, Damaged, ""}, err
		}
		if err != nil {
			return Leftover{}, err
		}
		return Leftover{id, Finished, receipt.Folder}, nil
	}
	w, err := c.inspect(stage, id)
	switch {
	case err != nil:
		return Leftover{}, fmt.Errorf("export %s: %w", id, err)
	case w == nil:
		return Leftover{id, Removed, ""}, stage.Discard()
	}
	return Leftover{id, Waiting, ""}, nil
}
