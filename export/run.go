package export

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"writ/crypto/digest"
	"writ/export/outbox"
	"writ/manifest"
)

// ProofSuffix follows the export's id in the name of the ledger's proof.
const ProofSuffix = ".tlog-proof"

// Run answers one order. The order of its effects is the safety argument:
//
//  1. What was received and decided is in the ledger before anything is pulled,
//     also if nothing may leave.
//  2. The ciphertext is durable in staging, and the signed manifest beside it.
//     Plaintext is never on a disk.
//  3. The manifest is in the ledger, and the proof of it in staging.
//  4. One rename puts the delivery into the outbox.
//
// A crash before 3 leaves a staging folder that the next run completes or
// starts anew; a crash between 3 and 4 leaves a record of a delivery that did
// not happen yet, and the next run of the same order makes it happen. The
// other order could leave a delivery that nobody can account for.
//
// On an error nothing is in the outbox; staging keeps only what is, or may be,
// recorded.
func Run(ctx context.Context, c Config, r Request) (*Receipt, error) {
	// What an earlier process left in the tree is news as well.
	if err := c.Ledger.Settle(ctx); err != nil {
		return nil, fmt.Errorf("opening the ledger: %w", err)
	}
	s, err := c.begin(ctx, r)
	if err != nil {
		return nil, err
	}
	defer s.close()
	for _, x := range s.history.Exports {
		if receipt, err := c.resume(ctx, x.ID); receipt != nil || err != nil {
			return receipt, err
		}
	}
	if err := c.bind(ctx, s, r); err != nil {
		return nil, c.turnedAway(ctx, s, err)
	}
	id := exportID(s.signed.Digest(), len(s.history.Exports))
	stage, err := c.Outbox.Stage(id)
	if err != nil {
		return nil, err
	}
	defer stage.Close()
	// A complete delivery of the same plan waits for its record.
	if statement := staged(stage, id); statement != nil && statement.Predicate.Decided.Plan == s.plan.Digest() {
		return c.release(ctx, stage, &Receipt{ExportID: id, Plan: s.plan.Digest(), Statement: *statement, Resumed: true})
	}
	// What the ledger could not take is not pulled.
	statement := c.statement(s.plan, id, &pulled{})
	if err := statement.Fits(); err != nil {
		return nil, c.turnedAway(ctx, s, errors.Join(err, stage.Discard()))
	}
	if err := c.recordDecision(ctx, s); err != nil {
		return nil, errors.Join(err, stage.Discard())
	}
	done, err := c.fill(ctx, s, stage, id)
	if err != nil {
		return nil, c.turnedAway(ctx, s, errors.Join(err, stage.Discard()))
	}
	return c.release(ctx, stage, &Receipt{ExportID: id, Plan: s.plan.Digest(), Statement: *done})
}

// release records a complete delivery, and only then lets it be picked up.
func (c *Config) release(ctx context.Context, stage *outbox.Staging, receipt *Receipt) (*Receipt, error) {
	id := receipt.ExportID
	signed, err := stage.Read(manifestName(id))
	if err != nil {
		return nil, err
	}
	proof, err := c.Ledger.Append(ctx, signed)
	if err != nil {
		return nil, fmt.Errorf("recording export %s (it waits in staging; run the same command again to finish it): %w", id, err)
	}
	if err := stage.Write(id+ProofSuffix, proof); err != nil {
		return nil, err
	}
	if receipt.Folder, err = stage.Deliver(); err != nil {
		return nil, fmt.Errorf("delivering export %s: %w", id, err)
	}
	return receipt, nil
}

// resume delivers an export that was recorded and is still in staging. It
// returns nil, nil if there is no such thing.
func (c *Config) resume(ctx context.Context, id string) (*Receipt, error) {
	stage, err := c.Outbox.Stage(id)
	if errors.Is(err, outbox.ErrDelivered) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer stage.Close()
	statement := staged(stage, id)
	if statement == nil {
		return nil, stage.Discard()
	}
	return c.release(ctx, stage, &Receipt{ExportID: id, Plan: statement.Predicate.Decided.Plan, Statement: *statement, Resumed: true})
}

// staged returns the statement of the complete delivery that stands in staging,
// or nil if none does: every file there, and the ciphertext the one that was signed.
func staged(stage *outbox.Staging, id string) *manifest.Statement {
	b, err := stage.Read(manifestName(id))
	if err != nil {
		return nil
	}
	signed, err := manifest.Parse(b)
	if err != nil {
		return nil
	}
	statement := signed.Unverified()
	sum, err := digestFile(stage.Path(ciphertextName(id)))
	if err != nil || sum != statement.Predicate.Ciphertext.SHA256 {
		return nil
	}
	return &statement
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

// exportID names an export by its order, so that the same order is the same
// export whoever runs it, and by how often the order was answered before.
func exportID(order digest.Digest, before int) string {
	id := order.Hex()[:20]
	if before > 0 {
		id += fmt.Sprintf("-%d", before+1)
	}
	return id
}

func ciphertextName(id string) string { return id + manifest.CiphertextSuffix }

func manifestName(id string) string { return ciphertextName(id) + manifest.ManifestSuffix }
