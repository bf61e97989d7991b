package ledger_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"writ/manifest/ledger"
)

func TestOpen_once(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(cfg.Dir, link); err != nil {
		t.Fatal(err)
	}
	again := cfg
	again.Dir = link
	if _, err := ledger.Open(t.Context(), again); !errors.Is(err, ledger.ErrOpen) {
		t.Fatalf("Open beside an open one = %v, want %v", err, ledger.ErrOpen)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(t.Context(), entry(0)); !errors.Is(err, ledger.ErrClosed) {
		t.Errorf("Append after Close = %v, want %v", err, ledger.ErrClosed)
	}
	open(t, again)
}

func TestInit(t *testing.T) {
	cfg := newConfig(t)
	if err := ledger.Init(t.Context(), cfg); !errors.Is(err, ledger.ErrExists) {
		t.Errorf("Init over a ledger = %v, want %v", err, ledger.ErrExists)
	}
	full := cfg
	full.Dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(full.Dir, "notes.txt"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Init(t.Context(), full); !errors.Is(err, ledger.ErrExists) {
		t.Errorf("Init over files = %v, want %v", err, ledger.ErrExists)
	}
	// An Init that died before it published is done again.
	if err := os.Remove(filepath.Join(cfg.Dir, "checkpoint")); err != nil {
		t.Fatal(err)
	}
	if err := ledger.Init(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	appendAll(t, open(t, cfg), entry(0))
}

func TestOpen_refuses(t *testing.T) {
	good := newConfig(t)
	l := open(t, good)
	appendAll(t, l, entries(0, 3)...)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	remove := func(path string) func(*testing.T, *ledger.Config) {
		return func(t *testing.T, cfg *ledger.Config) {
			if err := os.RemoveAll(filepath.Join(cfg.Dir, path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name string
		do   func(*testing.T, *ledger.Config)
		want error
	}{
		{name: "nothing wrong", do: func(*testing.T, *ledger.Config) {}},
		{name: "no folder", do: remove("."), want: ledger.ErrMissing},
		{name: "no checkpoint", do: remove("checkpoint"), want: ledger.ErrMissing},
		{name: "a mirror without state", do: remove(".state"), want: ledger.ErrMissing},
		{name: "state rolled back", do: func(t *testing.T, cfg *ledger.Config) {
			empty := newConfig(t)
			copyFile(t, filepath.Join(empty.Dir, ".state/treeState"), filepath.Join(cfg.Dir, ".state/treeState"))
		}, want: ledger.ErrRolledBack},
		{name: "state of another ledger", do: func(t *testing.T, cfg *ledger.Config) {
			other := newConfig(t)
			l := open(t, other)
			appendAll(t, l, entries(10, 13)...)
			copyFile(t, filepath.Join(other.Dir, ".state/treeState"), filepath.Join(cfg.Dir, ".state/treeState"))
		}, want: ledger.ErrForked},
		{name: "key of another", do: func(t *testing.T, cfg *ledger.Config) {
			key := newKey(t)
			cfg.Signer, cfg.Verifier = key.Signer(), key.Verifier()
		}, want: ledger.ErrSignature},
		{name: "no key", do: func(t *testing.T, cfg *ledger.Config) { cfg.Signer = nil }, want: ledger.ErrKey},
		{name: "two keys", do: func(t *testing.T, cfg *ledger.Config) { cfg.Signer = newKey(t).Signer() }, want: ledger.ErrKey},
		{name: "no dir", do: func(t *testing.T, cfg *ledger.Config) { cfg.Dir = "" }, want: ledger.ErrLedger},
	} {
		t.Run(tt.name, func(t *testing.T) {
			cfg := good
			cfg.Dir = filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(cfg.Dir, os.DirFS(good.Dir)); err != nil {
				t.Fatal(err)
			}
			tt.do(t, &cfg)
			l, err := ledger.Open(t.Context(), cfg)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Open = %v, want %v", err, tt.want)
			}
			if l != nil {
				if err := l.Close(); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
