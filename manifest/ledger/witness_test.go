package ledger_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"writ/manifest/ledger"
)

// A witness is a test's own, written from the text of c2sp.org/tlog-witness
// and c2sp.org/tlog-cosignature. It shares no code with what asks it but for
// the arithmetic of package tlog.
type witness struct {
	name string
	seed ed25519.PrivateKey
	log  note.Verifier // the one log it knows

	mu     sync.Mutex
	size   int64 // of the latest checkpoint cosigned
	root   tlog.Hash
	asked  int
	status int  // if not zero, answer that to everything
	hang   bool // answer nothing
	forge  bool // sign with another key
}

func newWitness(t testing.TB, name string, log note.Verifier) (*witness, ledger.Witness) {
	t.Helper()
	_, seed, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{name: name, seed: seed, log: log}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	public, err := ledger.NewWitness(w.vkey(), server.URL+"/prefix/")
	if err != nil {
		t.Fatal(err)
	}
	return w, public
}

func (w *witness) keyID() []byte { return cosignerID(w.name, w.seed.Public().(ed25519.PublicKey)) }

func (w *witness) vkey() string {
	public := append([]byte{4}, w.seed.Public().(ed25519.PublicKey)...)
	return fmt.Sprintf("%s+%x+%s", w.name, w.keyID(), base64.StdEncoding.EncodeToString(public))
}

func (w *witness) ServeHTTP(rw http.ResponseWriter, req *http.Request) {
	w.mu.Lock()
	hang, status := w.hang, w.status
	w.asked++
	w.mu.Unlock()
	if status != 0 {
		rw.WriteHeader(status)
		return
	}
	if req.Method != http.MethodPost || req.URL.Path != "/prefix/add-checkpoint" {
		http.NotFound(rw, req)
		return
	}
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	if err != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	if hang {
		<-req.Context().Done()
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	code, answer := w.addCheckpoint(string(body))
	if code == http.StatusConflict && answer != "" {
		rw.Header().Set("Content-Type", "text/x.tlog.size")
	}
	rw.WriteHeader(code)
	io.WriteString(rw, answer)
}

func (w *witness) addCheckpoint(body string) (int, string) {
	// "The request body MUST be a sequence of an old size line, zero or more
	// consistency proof lines, and an empty line, followed by a checkpoint."
	head, checkpoint, ok := strings.Cut(body, "\n\n")
	lines := strings.Split(head, "\n")
	oldText, isOld := strings.CutPrefix(lines[0], "old ")
	old, err := strconv.ParseInt(oldText, 10, 64)
	if !ok || !isOld || err != nil || strconv.FormatInt(old, 10) != oldText || len(lines) > 64 {
		return http.StatusBadRequest, ""
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		h, err := tlog.ParseHash(line)
		if err != nil {
			return http.StatusBadRequest, ""
		}
		proof = append(proof, h)
	}
	// "If the checkpoint origin is unknown, 404. If none of the signatures
	// verify against a trusted public key, 403."
	text := strings.SplitN(checkpoint, "\n", 4)
	if text[0] != w.log.Name() {
		return http.StatusNotFound, ""
	}
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(w.log))
	if err != nil {
		return http.StatusForbidden, ""
	}
	size, err := strconv.ParseInt(text[1], 10, 64)
	root, err2 := tlog.ParseHash(text[2])
	// "The old size MUST be equal to or lower than the checkpoint size."
	if err != nil || err2 != nil || old > size {
		return http.StatusBadRequest, ""
	}
	// "The witness MUST check that the old size matches the size of the latest
	// checkpoint it cosigned for the checkpoint's origin."
	if old != w.size {
		return http.StatusConflict, fmt.Sprintf("%d\n", w.size)
	}
	// "If the old size matches the checkpoint size, the witness MUST check
	// that the root hashes are also identical."
	if old == size && old > 0 && root != w.root {
		return http.StatusConflict, ""
	}
	// "The proof MUST be empty if the old size is zero. If the Merkle
	// Consistency Proof doesn't verify, 422."
	switch {
	case old == 0 || old == size:
		if len(proof) != 0 {
			return http.StatusUnprocessableEntity, ""
		}
	case tlog.CheckTree(proof, size, root, old, w.root) != nil:
		return http.StatusUnprocessableEntity, ""
	}
	w.size, w.root = size, root
	key := w.seed
	if w.forge {
		_, key, _ = ed25519.GenerateKey(nil)
	}
	return http.StatusOK, cosign(w.name, key, w.keyID(), opened.Text, time.Now().Unix())
}

// cosign returns a signature line as c2sp.org/tlog-cosignature has it.
func cosign(name string, key ed25519.PrivateKey, id []byte, text string, at int64) string {
	sig := ed25519.Sign(key, fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text))
	line := binary.BigEndian.AppendUint64(append([]byte(nil), id...), uint64(at))
	return "— " + name + " " + base64.StdEncoding.EncodeToString(append(line, sig...)) + "\n"
}

func (w *witness) set(change func(*witness)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change(w)
}

func policy(t testing.TB, quorum int, ws ...ledger.Witness) ledger.Policy {
	t.Helper()
	p, err := ledger.NewPolicy(quorum, ws...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAppend_witnessed(t *testing.T) {
	cfg := newConfig(t)
	w1, one := newWitness(t, "witness.example/1", cfg.Verifier)
	_, two := newWitness(t, "witness.example/2", cfg.Verifier)
	cfg.Policy = policy(t, 2, one, two)
	l := open(t, cfg)
	p, err := l.Append(t.Context(), entry(0))
	if err != nil {
		t.Fatal(err)
	}
	included, err := ledger.CheckProof(p.Bytes(), entry(0), cfg.Verifier, cfg.Policy)
	if err != nil {
		t.Fatal(err)
	}
	cosigned := included.Checkpoint.Cosigned()
	if len(cosigned) != 2 || time.Since(cosigned[0].At) > time.Hour {
		t.Errorf("cosignatures: %v", cosigned)
	}
	// The second time, witnesses are asked from where they were.
	appendAll(t, l, entries(1, 300)...)
	equal(t, read(t, cfg), entries(0, 300))
	if w1.size != 300 {
		t.Errorf("witness has cosigned %d entries", w1.size)
	}

	_, three := newWitness(t, "witness.example/3", cfg.Verifier)
	for name, p2 := range map[string]ledger.Policy{"one more": policy(t, 3, one, two, three), "another": policy(t, 1, three)} {
		if _, err := ledger.CheckProof(p.Bytes(), entry(0), cfg.Verifier, p2); !errors.Is(err, ledger.ErrWitness) {
			t.Errorf("%s: CheckProof = %v, want %v", name, err, ledger.ErrWitness)
		}
	}
}

// One of three may fail, in any way; with two the entry waits, and a later
// append of it, when they are back, finds it.
func TestAppend_unwitnessed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spoil func(*witness)
		words string
	}{
		{"down", func(w *witness) { w.status = http.StatusBadGateway }, "status 502"},
		{"knows no such log", func(w *witness) { w.status = http.StatusNotFound }, "origin"},
		{"knows no such key", func(w *witness) { w.status = http.StatusForbidden }, "key"},
		{"signs with another key", func(w *witness) { w.forge = true }, "has answered"},
		{"hangs", func(w *witness) { w.hang = true }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := newConfig(t)
			w1, one := newWitness(t, "witness.example/1", cfg.Verifier)
			w2, two := newWitness(t, "witness.example/2", cfg.Verifier)
			_, three := newWitness(t, "witness.example/3", cfg.Verifier)
			cfg.Policy = policy(t, 2, one, two, three)
			w1.set(tt.spoil)
			appendOne(t, cfg, entry(0))

			w2.set(tt.spoil)
			failing := cfg
			failing.Deadline = 5 * time.Second // of which witnesses have half, also on a busy machine
			l, err := ledger.Open(t.Context(), failing)
			if err != nil {
				t.Fatal(err)
			}
			_, err = l.Append(t.Context(), entry(1))
			if !errors.Is(err, ledger.ErrUnwitnessed) || !errors.Is(err, ledger.ErrDeadline) || !strings.Contains(err.Error(), tt.words) {
				t.Fatalf("Append = %v, want %v", err, ledger.ErrUnwitnessed)
			}
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			equal(t, read(t, cfg), entries(0, 1))

			w2.set(func(w *witness) { w.status, w.forge, w.hang = 0, false, false })
			appendOne(t, cfg, entry(1))
			equal(t, read(t, cfg), entries(0, 2))
		})
	}
}

// appendOne does what a command does: open, append, close.
func appendOne(t *testing.T, cfg ledger.Config, e []byte) {
	t.Helper()
	l, err := ledger.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	p, err := l.Append(t.Context(), e)
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := ledger.CheckProof(p.Bytes(), e, cfg.Verifier, cfg.Policy); err != nil {
		t.Fatal(err)
	}
}

// A ledger that is put back to an old copy and goes on otherwise is refused,
// whether or not it has grown past what the witness has seen.
func TestAppend_rolledBack(t *testing.T) {
	for _, tt := range []struct {
		name string
		grow int
		want error
	}{
		{"smaller", 1, ledger.ErrRolledBack},
		{"of the same size", 4, ledger.ErrForked},
		{"larger", 9, ledger.ErrForked},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := newConfig(t)
			_, one := newWitness(t, "witness.example/1", cfg.Verifier)
			cfg.Policy = policy(t, 1, one)
			appendOne(t, cfg, entry(0))
			copied := filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(copied, os.DirFS(cfg.Dir)); err != nil {
				t.Fatal(err)
			}
			l := open(t, cfg)
			appendAll(t, l, entries(1, 5)...)

			cfg.Dir, cfg.Deadline = copied, time.Second
			l = open(t, cfg)
			_, err := l.AppendAll(t.Context(), entries(100, 100+tt.grow)...)
			if !errors.Is(err, ledger.ErrUnwitnessed) || !errors.Is(err, tt.want) {
				t.Fatalf("Append = %v, want %v", err, tt.want)
			}
			equal(t, read(t, cfg), entries(0, 1))
		})
	}
}

// A ledger may get witnesses when it has entries already.
func TestAppend_witnessesLater(t *testing.T) {
	cfg := newConfig(t)
	appendOne(t, cfg, entry(0))
	_, one := newWitness(t, "witness.example/1", cfg.Verifier)
	cfg.Policy = policy(t, 1, one)
	if _, err := ledger.NewReader(ledger.Dir(cfg.Dir), cfg.Verifier, cfg.Policy).View(t.Context()); !errors.Is(err, ledger.ErrWitness) {
		t.Fatalf("View = %v, want %v", err, ledger.ErrWitness)
	}
	appendOne(t, cfg, entry(0))
	equal(t, read(t, cfg), entries(0, 1))
}

func TestNewPolicy(t *testing.T) {
	key := newKey(t)
	_, one := newWitness(t, "witness.example/1", key.Verifier())
	_, twin := newWitness(t, "witness.example/1", key.Verifier())
	_, two := newWitness(t, "witness.example/2", key.Verifier())
	for _, tt := range []struct {
		name   string
		quorum int
		of     []ledger.Witness
		want   error
	}{
		{name: "one of two", quorum: 1, of: []ledger.Witness{one, two}},
		{name: "all", quorum: 2, of: []ledger.Witness{one, two}},
		{name: "none", quorum: 0, of: []ledger.Witness{one}, want: ledger.ErrPolicy},
		{name: "more than there are", quorum: 3, of: []ledger.Witness{one, two}, want: ledger.ErrPolicy},
		{name: "the same twice", quorum: 2, of: []ledger.Witness{one, one}, want: ledger.ErrPolicy},
		{name: "two of one name", quorum: 2, of: []ledger.Witness{one, twin}, want: ledger.ErrPolicy},
		{name: "an empty one", quorum: 1, of: []ledger.Witness{{}}, want: ledger.ErrPolicy},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := ledger.NewPolicy(tt.quorum, tt.of...); !errors.Is(err, tt.want) {
				t.Fatalf("NewPolicy = %v, want %v", err, tt.want)
			}
		})
	}
	for _, address := range []string{"ftp://x/", "http://", "//x", "https://x/?a", "https://x/#a", "::"} {
		w := &witness{name: "witness.example/1", seed: ed25519.NewKeyFromSeed(make([]byte, 32))}
		if _, err := ledger.NewWitness(w.vkey(), address); !errors.Is(err, ledger.ErrPolicy) {
			t.Errorf("NewWitness at %q = %v, want %v", address, err, ledger.ErrPolicy)
		}
	}
	w := &witness{name: "witness.example/1", seed: ed25519.NewKeyFromSeed(make([]byte, 32))}
	for _, bad := range []string{
		"", "witness", w.vkey() + "\n", strings.Replace(w.vkey(), "/1+", "/2+", 1),
		key.Public(), // signs notes, not cosignatures
		strings.Repeat("a", 5000),
	} {
		if _, err := ledger.NewWitness(bad, ""); !errors.Is(err, ledger.ErrPolicy) {
			t.Errorf("NewWitness %.60q = %v, want %v", bad, err, ledger.ErrPolicy)
		}
	}
}
