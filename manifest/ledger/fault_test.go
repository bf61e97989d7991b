package ledger_test

import (
	"errors"
	"testing"

	"writ/manifest/ledger"
)

var errDisk = errors.New("disk")

// Each step fails once, before and after its effect. Whatever happened, the
// ledger is whole, and appending the same again puts the entry there once.
func TestAppend_faults(t *testing.T) {
	for _, step := range ledger.Steps() {
		for _, applied := range []bool{false, true} {
			name := string(step) + " refused"
			if applied {
				name = string(step) + " done but reported failed"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				cfg := newConfig(t)
				failing := false
				cfg.Fault = func(s ledger.Step) (bool, error) {
					if failing && s == step {
						return applied, errDisk
					}
					return false, nil
				}
				l := open(t, cfg)
				appendAll(t, l, entry(0))

				failing = true
				p, err := l.Append(t.Context(), entry(1))
				if !errors.Is(err, errDisk) || len(p.Bytes()) != 0 {
					t.Fatalf("Append = %q, %v; want no proof and %v", p.Bytes(), err, errDisk)
				}
				there := len(read(t, cfg))
				if done := step != ledger.StepLock && (step != ledger.StepAdd || applied); there == 2 && !done {
					t.Error("entry is there before it was added")
				}

				failing = false
				// In this process or the next.
				if applied {
					if err := l.Close(); err != nil {
						t.Fatal(err)
					}
					l = open(t, cfg)
				}
				again, err := l.Append(t.Context(), entry(1))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := ledger.CheckProof(again.Bytes(), entry(1), cfg.Verifier, cfg.Policy); err != nil {
					t.Error(err)
				}
				appendAll(t, l, entry(2))
				equal(t, read(t, cfg), entries(0, 3))
			})
		}
	}
}

// What a process that died left in the tree, the next one publishes.
func TestSettle(t *testing.T) {
	cfg := newConfig(t)
	appendOne(t, cfg, entry(0))
	dying := cfg
	dying.Fault = func(s ledger.Step) (bool, error) {
		if s == ledger.StepPublish {
			return false, errDisk
		}
		return false, nil
	}
	l, err := ledger.Open(t.Context(), dying)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), entry(1)); !errors.Is(err, errDisk) {
		t.Fatalf("Append = %v, want %v", err, errDisk)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := open(t, cfg).Settle(t.Context()); err != nil || c.Size() != 2 {
		t.Fatalf("Settle = %v, %v", c, err)
	}
	equal(t, read(t, cfg), entries(0, 2))
}
