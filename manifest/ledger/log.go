package ledger

import (
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// A Config says which ledger to append to, and how.
type Config struct {
	Dir      string        // the ledger's folder, on a local disk
	Signer   note.Signer   // of checkpoints; its name is the ledger's origin
	Verifier note.Verifier // of what Signer signs

	Policy   Policy        // whose cosignatures an entry needs; zero means nobody's
	Deadline time.Duration // of each thing an append waits for; zero means 10 s
	Logger   *slog.Logger  // nil discards

	// Fault is asked before each step of an append. If it returns an error,
	// the append ends with it: before the step, or, if applied, after it. For
	// tests of what comes after a failure; nil means none.
	Fault func(Step) (applied bool, err error)
}

// A Step of an append has effects that the next one builds on.
type Step string

// The steps, in their order.
const (
	StepLock    Step = "lock"    // no other process appends
	StepAdd     Step = "add"     // the entry is durable and in the tree
	StepPublish Step = "publish" // a checkpoint commits to it
	StepProve   Step = "prove"   // the proof is made
)

// Steps returns all steps in their order.
func Steps() []Step { return []Step{StepLock, StepAdd, StepPublish, StepProve} }

func (cfg *Config) check() error {
	switch {
	case cfg.Dir == "":
		return fmt.Errorf("%w: Config.Dir is missing", ErrLedger)
	case cfg.Signer == nil || cfg.Verifier == nil:
		return fmt.Errorf("%w: Config.Signer or Verifier is missing", ErrKey)
	case cfg.Signer.Name() != cfg.Verifier.Name() || cfg.Signer.KeyHash() != cfg.Verifier.KeyHash():
		return fmt.Errorf("%w: Config.Signer and Verifier are of two keys", ErrKey)
	case cfg.Deadline < 0:
		return fmt.Errorf("%w: Config.Deadline is negative", ErrLedger)
	}
	if err := checkOrigin(cfg.Signer.Name()); err != nil {
		return err
	}
	for _, w := range cfg.Policy.witnesses {
		if w.url == "" {
			return fmt.Errorf("%w: witness %s has no address", ErrPolicy, w.Name())
		}
	}
	if cfg.Deadline == 0 {
		cfg.Deadline = 10 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}
