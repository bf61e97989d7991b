package ledger_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
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

func TestAppend(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	p, err := l.Append(t.Context(), entry(0))
	if err != nil {
		t.Fatal(err)
	}
	included, err := ledger.CheckProof(p.Bytes(), entry(0), cfg.Verifier, ledger.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	if included.Index != 0 || included.Checkpoint.Size() != 1 || included.Checkpoint.Origin() != origin {
		t.Errorf("proof is for entry %d of %d of %s", included.Index, included.Checkpoint.Size(), included.Checkpoint.Origin())
	}
	equal(t, read(t, cfg), entries(0, 1))
}

// The tree's shape changes at powers of 256, and partial tiles go then.
func TestAppendAll_sizes(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	n := 0
	for _, grow := range []int{1, 254, 1, 1, 255, 600, 1} {
		proofs := appendAll(t, l, entries(n, n+grow)...)
		for i, p := range proofs {
			if p.Index() != int64(n+i) {
				t.Fatalf("entry %d has index %d", n+i, p.Index())
			}
			if _, err := ledger.CheckProof(p.Bytes(), entry(n+i), cfg.Verifier, ledger.Policy{}); err != nil {
				t.Fatalf("proof of entry %d: %v", n+i, err)
			}
		}
		n += grow
		equal(t, read(t, cfg), entries(0, n))
	}
	for _, full := range []string{"tile/0/000", "tile/entries/000", "tile/0/003", "tile/entries/003"} {
		if _, err := os.Stat(filepath.Join(cfg.Dir, full)); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(cfg.Dir, full+".p")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("partial tiles of %s are still there: %v", full, err)
		}
	}
}

func TestAppend_again(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	appendAll(t, l, entry(0), entry(1), entry(0))
	p := appendAll(t, l, entry(1), entry(2), entry(1), entry(0))
	for i, want := range []int64{1, 2, 1, 0} {
		if p[i].Index() != want {
			t.Errorf("entry %d of the batch has index %d, want %d", i, p[i].Index(), want)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = open(t, cfg)
	appendAll(t, l, entry(2))
	equal(t, read(t, cfg), entries(0, 3))
}

func TestAppend_goroutines(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 5 {
				// The last one is everybody's.
				e := entry(g*100 + i)
				if i == 4 {
					e = entry(9999)
				}
				if _, err := l.Append(t.Context(), e); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	unique(t, read(t, cfg), 8*4+1)
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

func TestAppend_limits(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	for _, tt := range []struct {
		name  string
		bytes int
		want  error
	}{
		{name: "nothing", bytes: 0, want: ledger.ErrEntrySize},
		{name: "one byte", bytes: 1},
		{name: "the most", bytes: ledger.MaxEntryBytes},
		{name: "one too many", bytes: ledger.MaxEntryBytes + 1, want: ledger.ErrEntrySize},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := l.Append(t.Context(), make([]byte, tt.bytes)); !errors.Is(err, tt.want) {
				t.Fatalf("Append = %v, want %v", err, tt.want)
			}
		})
	}
	if all := read(t, cfg); len(all) != 2 {
		t.Errorf("ledger has %d entries, want 2", len(all))
	}
}

func TestFind(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	// More than stand beside the index, so that there is one.
	appendAll(t, l, entries(0, 3000)...)
	appendAll(t, l, entries(3000, 3010)...)
	for _, i := range []int{0, 255, 256, 2999, 3000, 3009} {
		if index, err := l.Find(t.Context(), ledger.Leaf(entry(i))); err != nil || index != int64(i) {
			t.Errorf("Find entry %d = %d, %v", i, index, err)
		}
	}
	if _, err := l.Find(t.Context(), ledger.Leaf(entry(3010))); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Find = %v, want not found", err)
	}
}

// The index can be lost, broken, or left from other days: it is made anew.
func TestFind_index(t *testing.T) {
	cfg := newConfig(t)
	l := open(t, cfg)
	appendAll(t, l, entries(0, 2000)...)
	index := filepath.Join(cfg.Dir, ".writ", "leaves")
	old, err := os.ReadFile(index)
	if err == nil {
		t.Fatal("there is an index before it is needed")
	}
	find := func(t *testing.T, n int) {
		t.Helper()
		for i := 0; i < n; i += 131 {
			if at, err := l.Find(t.Context(), ledger.Leaf(entry(i))); err != nil || at != int64(i) {
				t.Fatalf("Find entry %d = %d, %v", i, at, err)
			}
		}
		if _, err := l.Find(t.Context(), ledger.Leaf([]byte("never"))); !errors.Is(err, ledger.ErrNotFound) {
			t.Fatalf("Find = %v, want not found", err)
		}
	}
	find(t, 2000)
	if old, err = os.ReadFile(index); err != nil {
		t.Fatal(err)
	}
	appendAll(t, l, entries(2000, 4500)...)
	find(t, 4500)

	foreign := newConfig(t)
	other := open(t, foreign)
	appendAll(t, other, entries(5000, 7000)...)
	if _, err := other.Find(t.Context(), ledger.Leaf(entry(5000))); err != nil {
		t.Fatal(err)
	}
	alien, err := os.ReadFile(filepath.Join(foreign.Dir, ".writ", "leaves"))
	if err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(index)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		content []byte
	}{
		{"lost", nil},
		{"empty", []byte{}},
		{"from before", old},
		{"of another ledger", alien},
		{"cut", now[:len(now)/2]},
		{"header torn", append(bytes.Repeat([]byte{7}, 40), now[40:]...)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := os.Remove(index); err != nil {
				t.Fatal(err)
			}
			if tt.content != nil {
				if err := os.WriteFile(index, tt.content, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			find(t, 4500)
		})
	}
}

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
