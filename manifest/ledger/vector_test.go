package ledger_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"writ/manifest/ledger"
)

var update = flag.Bool("update", false, "write testdata anew")

// outcomes are the names that vectors use, for readers in any language.
var outcomes = map[string]error{
	"ok":                   nil,
	"entry size":           ledger.ErrEntrySize,
	"proof malformed":      ledger.ErrProof,
	"checkpoint malformed": ledger.ErrCheckpoint,
	"another ledger":       ledger.ErrOrigin,
	"not signed":           ledger.ErrSignature,
	"too few witnesses":    ledger.ErrWitness,
	"not included":         ledger.ErrInclusion,
}

// A vector is a proof and how checking it ends. The file has lines "name:
// value", an empty line, and the proof's bytes as they are.
type vector struct {
	expect, key, entry, comment string
	quorum                      int
	witnesses                   []string
	proof                       []byte
}

func parseVector(b []byte) (v vector, err error) {
	head, body, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		return v, errors.New("no empty line")
	}
	v.proof = body
	for line := range strings.Lines(string(head) + "\n") {
		name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		if !ok {
			return v, fmt.Errorf("line %q", line)
		}
		switch name {
		case "expect":
			v.expect = value
		case "key":
			v.key = value
		case "entry":
			v.entry = value
		case "quorum":
			if v.quorum, err = strconv.Atoi(value); err != nil {
				return v, err
			}
		case "witness":
			v.witnesses = append(v.witnesses, value)
		case "comment":
			v.comment = value
		default:
			return v, fmt.Errorf("unknown name %q", name)
		}
	}
	if _, ok := outcomes[v.expect]; !ok {
		return v, fmt.Errorf("unknown outcome %q", v.expect)
	}
	return v, nil
}

func (v vector) marshal() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "expect: %s\ncomment: %s\nkey: %s\nentry: %s\n", v.expect, v.comment, v.key, v.entry)
	if v.quorum > 0 {
		fmt.Fprintf(&b, "quorum: %d\n", v.quorum)
	}
	for _, w := range v.witnesses {
		fmt.Fprintf(&b, "witness: %s\n", w)
	}
	b.WriteString("\n")
	b.Write(v.proof)
	return b.Bytes()
}

func (v vector) check(t testing.TB) error {
	t.Helper()
	key, err := ledger.ParseVerifier(v.key)
	if err != nil {
		t.Fatal(err)
	}
	var p ledger.Policy
	if v.quorum > 0 {
		var ws []ledger.Witness
		for _, text := range v.witnesses {
			w, err := ledger.NewWitness(text, "")
			if err != nil {
				t.Fatal(err)
			}
			ws = append(ws, w)
		}
		p = policy(t, v.quorum, ws...)
	}
	_, err = ledger.CheckProof(v.proof, []byte(v.entry), key, p)
	return err
}

func TestCheckProof_vectors(t *testing.T) {
	const dir = "testdata/proof"
	if *update {
		writeVectors(t, dir)
	}
	files, err := filepath.Glob(dir + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s (%v)", dir, err)
	}
	used := make(map[string]bool)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			v, err := parseVector(b)
			if err != nil {
				t.Fatal(err)
			}
			used[v.expect] = true
			if err := v.check(t); !errors.Is(err, outcomes[v.expect]) {
				t.Fatalf("CheckProof = %v, want %s: %s", err, v.expect, v.comment)
			}
		})
	}
	for name := range outcomes {
		if !used[name] && name != "entry size" {
			t.Errorf("no vector ends in %q", name)
		}
	}
}

// A fixture is a ledger of twelve entries with keys that everybody knows.
type fixture struct {
	log, stranger *ledger.Key
	witness       [2]ed25519.PrivateKey
}

func newFixture(t testing.TB) *fixture {
	t.Helper()
	return &fixture{
		log: fixedKey(t, 1), stranger: fixedKey(t, 2),
		witness: [2]ed25519.PrivateKey{fixedSeed(3), fixedSeed(4)},
	}
}

func fixedSeed(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func fixedKey(t testing.TB, n byte) *ledger.Key {
	t.Helper()
	seed := fixedSeed(n)
	public := append([]byte{1}, seed.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256(append([]byte(origin+"\n"), public...))
	key, err := ledger.ParseKey(fmt.Sprintf("PRIVATE+KEY+%s+%x+%s", origin, id[:4],
		base64.StdEncoding.EncodeToString(append([]byte{1}, seed.Seed()...))))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (f *fixture) witnessKey(n int) string {
	w := witness{name: fmt.Sprintf("witness.example/%d", n), seed: f.witness[n]}
	return w.vkey()
}

// root is MTH(D[from:to]) of RFC 6962, section 2.1.
func (f *fixture) root(from, to int) [32]byte {
	if to-from == 1 {
		return sha256.Sum256(append([]byte{0}, entry(from)...))
	}
	k := from + split(to-from)
	left, right := f.root(from, k), f.root(k, to)
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}

// path is PATH(m, D[from:to]) of RFC 6962, section 2.1.1.
func (f *fixture) path(m, from, to int) [][32]byte {
	if to-from == 1 {
		return nil
	}
	if k := from + split(to-from); m < k {
		return append(f.path(m, from, k), f.root(k, to))
	} else {
		return append(f.path(m, k, to), f.root(from, k))
	}
}

// split is the largest power of two below n.
func split(n int) int {
	k := 1
	for 2*k < n {
		k *= 2
	}
	return k
}

// text is the body of the checkpoint of the first size entries.
func (f *fixture) text(size int) string {
	root := f.root(0, size)
	return fmt.Sprintf("%s\n%d\n%s\n", origin, size, base64.StdEncoding.EncodeToString(root[:]))
}

// sign returns a checkpoint with the signature of a key and cosignatures.
func (f *fixture) sign(t testing.TB, text string, key *ledger.Key, cosigners ...int) string {
	t.Helper()
	b, err := note.Sign(&note.Note{Text: text}, key.Signer())
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range cosigners {
		name := fmt.Sprintf("witness.example/%d", n)
		id := cosignerID(name, f.witness[n].Public().(ed25519.PublicKey))
		b = append(b, cosign(name, f.witness[n], id, text, 1767225600)...)
	}
	return string(b)
}

func proofText(index string, path [][32]byte, checkpoint string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "c2sp.org/tlog-proof@v1\nindex %s\n", index)
	for _, h := range path {
		fmt.Fprintf(&b, "%s\n", base64.StdEncoding.EncodeToString(h[:]))
	}
	return b.String() + "\n" + checkpoint
}
