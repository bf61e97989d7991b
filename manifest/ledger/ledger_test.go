package ledger_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"writ/manifest/ledger"
)

const origin = "ledger.example/test"

// newKey returns a fresh key.
func newKey(t testing.TB) *ledger.Key {
	t.Helper()
	key, err := ledger.NewKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// config returns what a test appends with; the deadline only bounds a failure.
func config(dir string, key *ledger.Key) ledger.Config {
	return ledger.Config{Dir: dir, Signer: key.Signer(), Verifier: key.Verifier(), Deadline: time.Minute}
}

// newConfig makes an empty ledger.
func newConfig(t testing.TB) ledger.Config {
	t.Helper()
	cfg := config(filepath.Join(t.TempDir(), "ledger"), newKey(t))
	if err := ledger.Init(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	return cfg
}

func open(t testing.TB, cfg ledger.Config) *ledger.Log {
	t.Helper()
	l, err := ledger.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

func entry(i int) []byte { return fmt.Appendf(nil, "statement %d", i) }

func entries(from, to int) [][]byte {
	var all [][]byte
	for i := from; i < to; i++ {
		all = append(all, entry(i))
	}
	return all
}

func appendAll(t testing.TB, l *ledger.Log, entries ...[]byte) []ledger.Proof {
	t.Helper()
	proofs, err := l.AppendAll(t.Context(), entries...)
	if err != nil {
		t.Fatal(err)
	}
	return proofs
}

// read returns all that a stranger who pins the key reads in a ledger, after
// fsck: the oracle of every test that breaks something.
func read(t testing.TB, cfg ledger.Config) [][]byte {
	t.Helper()
	all, err := readAll(t.Context(), ledger.NewReader(ledger.Dir(cfg.Dir), cfg.Verifier, cfg.Policy))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func readAll(ctx context.Context, r *ledger.Reader) ([][]byte, error) {
	v, err := r.View(ctx)
	if err != nil {
		return nil, err
	}
	if err := v.Fsck(ctx); err != nil {
		return nil, err
	}
	var all [][]byte
	for e, err := range v.Entries(ctx, 0, v.Checkpoint().Size()) {
		if err != nil {
			return nil, err
		}
		if e.Index != int64(len(all)) {
			return nil, fmt.Errorf("entry %d after %d", e.Index, len(all)-1)
		}
		all = append(all, bytes.Clone(e.Bytes))
	}
	return all, nil
}

func equal(t testing.TB, got, want [][]byte) {
	t.Helper()
	if !slices.EqualFunc(got, want, bytes.Equal) {
		t.Fatalf("ledger has %d entries, want %d: %.300q", len(got), len(want), got)
	}
}

func unique(t testing.TB, all [][]byte, want int) {
	t.Helper()
	seen := make(map[string]bool)
	for _, e := range all {
		if seen[string(e)] {
			t.Errorf("%q is there twice", e)
		}
		seen[string(e)] = true
	}
	if len(seen) != want {
		t.Errorf("ledger has %d entries, want %d", len(seen), want)
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o644); err != nil {
		t.Fatal(err)
	}
}
