package workspace

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"writ/crypto/trust"
	"writ/export/fingerprint"
	"writ/manifest/ledger"
)

// maxKeyBytes bounds a key of one line before it is parsed.
const maxKeyBytes = 4096

// Ledger opens the ledger to append to. The caller closes it. A ledger that is
// not there is not made: writ ledger init does.
func (w *Workspace) Ledger(ctx context.Context) (*ledger.Log, error) {
	cfg, err := w.LedgerConfig(time.Now())
	if err != nil {
		return nil, err
	}
	l, err := ledger.Open(ctx, cfg)
	if errors.Is(err, ledger.ErrMissing) {
		return nil, fmt.Errorf("%w: %w; writ ledger init makes it", ErrConfig, err)
	}
	return l, err
}

// LedgerConfig returns what the ledger is opened or made with at a time: the
// folder, the key, and the witnesses that the registry names. The key must be
// one that the registry pins for a ledger and that counts then: what nobody
// could verify is not signed.
func (w *Workspace) LedgerConfig(at time.Time) (ledger.Config, error) {
	k, err := w.ledgerKey()
	if err != nil {
		return ledger.Config{}, err
	}
	policy, err := ledger.PolicyFor(w.Registry.Witnesses())
	if err != nil {
		return ledger.Config{}, fmt.Errorf("%w: %s: %w", ErrConfig, RegistryFile, err)
	}
	for _, pinned := range w.Registry.LedgerKeys(at) {
		if public, err := ledger.PublicFor(pinned.Origin, pinned.PublicKey); err == nil && public == k.Public() {
			return ledger.Config{Dir: w.LedgerDir(), Signer: k.Signer(), Verifier: k.Verifier(), Policy: policy}, nil
		}
	}
	return ledger.Config{}, fmt.Errorf("%w: the registry in force does not have the ledger's key %s; writ trust add key --use ledger adds it, and writ trust sign puts it in force",
		ErrConfig, k.Public())
}

func (w *Workspace) ledgerKey() (*ledger.Key, error) {
	c := w.Config.Ledger
	if c.Key == "" && c.KeyEnv == "" {
		return nil, fmt.Errorf("%w: %s: ledger.key is missing; writ key new --type ledger makes one, and writ ledger init the ledger", ErrConfig, ConfigFile)
	}
	return secretOf(w, "ledger", c.Key, c.KeyEnv, ledger.ParseKey)
}

// Fingerprint returns the secret of fingerprints, nil if none is configured.
func (w *Workspace) Fingerprint() (*fingerprint.Key, error) {
	c := w.Config.Fingerprint
	if c.Key == "" && c.KeyEnv == "" {
		return nil, nil
	}
	return secretOf(w, "fingerprint", c.Key, c.KeyEnv, fingerprint.Parse)
}

// secretOf reads a secret of one line, of a type of writ key new, from a file or
// from an environment variable.
func secretOf[K any](w *Workspace, kind, file, env string, parse func(string) (K, error)) (K, error) {
	var none K
	text, from := w.getenv(env), "environment variable "+env
	switch {
	case file != "":
		b, err := w.read(file, maxKeyBytes)
		if err != nil {
			return none, fmt.Errorf("%w; writ key new --type %s makes a key", err, kind)
		}
		text, from = string(b), file
	case text == "":
		return none, fmt.Errorf("%w: the environment variable %s is empty; set it to the %s's key", ErrConfig, env, kind)
	}
	k, err := parse(strings.TrimRight(text, "\r\n"))
	if err != nil {
		return none, fmt.Errorf("%w: %s: %w", ErrConfig, from, err)
	}
	return k, nil
}

// LedgerDir is the ledger's folder.
func (w *Workspace) LedgerDir() string {
	if w.Config.Ledger.Dir == "" {
		return w.path("ledger")
	}
	return w.path(w.Config.Ledger.Dir)
}

// LedgerReader returns a reader of the ledger, which needs no secret: the key
// is the one that the registry in force pins; while one takes over from another,
// the newer.
func (w *Workspace) LedgerReader() (*ledger.Reader, error) {
	var newest trust.ProviderKey
	for _, k := range w.Registry.LedgerKeys(time.Now()) {
		if newest.Origin == "" || k.From.After(newest.From) {
			newest = k
		}
	}
	if newest.Origin == "" {
		return nil, fmt.Errorf("%w: the registry in force has no key of a ledger; writ trust add key --use ledger adds it", ErrConfig)
	}
	key, err := ledger.VerifierFor(newest.Origin, newest.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrConfig, RegistryFile, err)
	}
	policy, err := ledger.PolicyFor(w.Registry.Witnesses())
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrConfig, RegistryFile, err)
	}
	return ledger.NewReader(ledger.Dir(w.LedgerDir()), key, policy), nil
}
