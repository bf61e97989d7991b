package audit

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/note"

	"writ/crypto/trust"
	"writ/manifest/ledger"
)

// pins are the keys for a ledger that the provider file pins.
type pins struct {
	keys   []note.Verifier
	now    []bool // the key counts now
	policy ledger.Policy
}

func (c *Config) pinned() (*pins, error) {
	policy, err := ledger.PolicyFor(c.Provider.Witnesses)
	if err != nil {
		return nil, fmt.Errorf("%w: provider file: %w", ErrInput, err)
	}
	p := &pins{policy: policy}
	for _, k := range c.Provider.Keys {
		if k.Use != trust.UseLedger {
			continue
		}
		v, err := ledger.VerifierFor(k.Origin, k.PublicKey)
		if err != nil {
			return nil, fmt.Errorf("%w: provider file: %w", ErrInput, err)
		}
		p.keys, p.now = append(p.keys, v), append(p.now, k.At(c.Now) == nil)
	}
	if len(p.keys) == 0 {
		return nil, fmt.Errorf("%w: the provider file pins no ledger key; ask the provider for one that does", ErrInput)
	}
	return p, nil
}

// older opens a checkpoint that the auditor has from earlier: of any key that
// is pinned, and without asking for witnesses, who may have come later.
func (p *pins) older(text []byte) (*ledger.Checkpoint, error) {
	var all error
	for _, k := range p.keys {
		c, err := ledger.OpenCheckpoint(text, k, ledger.Policy{})
		if err == nil {
			return c, nil
		}
		all = errors.Join(all, err)
	}
	return nil, fmt.Errorf("it is not a checkpoint of this provider's ledger: %w", all)
}

// keep reads the checkpoint that the auditor kept.
func (c *Config) keep(f *fold, keys *pins) error {
	if c.Kept == nil {
		return nil
	}
	kept, err := keys.older(c.Kept)
	if err != nil {
		return fmt.Errorf("%w: kept checkpoint: %w", ErrInput, err)
	}
	f.kept = append(f.kept, kept)
	return nil
}

// open opens the ledger as of its published checkpoint, which must extend what
// was there before. If it is not to be believed, view stays nil.
func (f *fold) open(ctx context.Context, keys *pins) error {
	var refused error
	for i, key := range keys.keys {
		if !keys.now[i] {
			continue
		}
		reader := ledger.NewReader(f.c.Source, key, keys.policy)
		v, err := reader.View(ctx)
		switch {
		case err == nil:
			f.reader, f.checkpoint = reader, v.Checkpoint()
			return f.extends(ctx, v)
		case !errors.Is(err, ledger.ErrUntrusted):
			return fmt.Errorf("reading the ledger's checkpoint: %w", err)
		case refused == nil || errors.Is(refused, ledger.ErrSignature) || errors.Is(refused, ledger.ErrOrigin):
			refused = err // the key that comes furthest says what is wrong
		}
	}
	switch {
	case refused == nil:
		f.find(nowhere(CheckpointSignature), "no ledger key of the provider file counts at %s", stamp(f.c.Now))
	case errors.Is(refused, ledger.ErrOrigin):
		f.find(nowhere(CheckpointOrigin), "the checkpoint is of another ledger: %v", refused)
	case errors.Is(refused, ledger.ErrSignature):
		f.find(nowhere(CheckpointSignature), "the checkpoint is not signed by the ledger key that the provider file pins")
	case errors.Is(refused, ledger.ErrWitness):
		f.find(nowhere(CheckpointWitness), "the checkpoint lacks the witnesses that the provider file asks for: %v", refused)
	default:
		f.find(nowhere(CheckpointFormat), "the checkpoint can't be read: %v", refused)
	}
	return nil
}

func (f *fold) extends(ctx context.Context, v *ledger.View) error {
	for _, older := range f.kept {
		err := v.Extends(ctx, older)
		switch {
		case err == nil:
		case errors.Is(err, ledger.ErrOrigin):
			return fmt.Errorf("%w: the kept checkpoint is of another ledger: %w", ErrInput, err)
		case errors.Is(err, ledger.ErrRolledBack):
			f.find(nowhere(RolledBack), "entries were removed: the auditor holds a signed checkpoint of %d entries, and the ledger now has %d",
				older.Size(), v.Checkpoint().Size())
			return nil
		case errors.Is(err, ledger.ErrForked):
			f.find(nowhere(Forked), "the history was rewritten: the first %d entries are not those of the signed checkpoint that the auditor holds", older.Size())
			return nil
		case errors.Is(err, ledger.ErrUntrusted):
			f.content(0, err)
			return nil
		default:
			return fmt.Errorf("reading the ledger: %w", err)
		}
	}
	f.view = v
	return nil
}
