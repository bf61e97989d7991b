package ledger_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	flog "github.com/transparency-dev/formats/log"
	fproof "github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"

	"writ/manifest/ledger"
)

// vectors returns all of testdata/proof.
func vectors(f *testing.F) []vector {
	f.Helper()
	files, err := filepath.Glob("testdata/proof/*.txt")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds in testdata/proof (%v)", err)
	}
	var all []vector
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		v, err := parseVector(b)
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// A proof that we accept, other people's code accepts too.
func FuzzCheckProof(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.proof, []byte(v.entry))
	}
	key := fixedKey(f, 1).Verifier()
	f.Fuzz(func(t *testing.T, text, entry []byte) {
		got, err := ledger.CheckProof(text, entry, key, ledger.Policy{})
		if err != nil {
			if got != nil {
				t.Fatal("something beside an error")
			}
			return
		}
		var p fproof.TLogProof
		if err := p.Unmarshal(text); err != nil {
			t.Fatal(err)
		}
		c, _, _, err := flog.ParseCheckpoint(p.Checkpoint, origin, key)
		if err != nil {
			t.Fatal(err)
		}
		var hashes [][]byte
		for _, h := range p.Hashes {
			hashes = append(hashes, h[:])
		}
		if err := proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, c.Size, rfc6962.DefaultHasher.HashLeaf(entry), hashes, c.Hash); err != nil {
			t.Fatal(err)
		}
		if uint64(got.Index) != p.Index || !bytes.Equal(p.Marshal(), text) {
			t.Fatalf("index %d of %q", got.Index, text)
		}
	})
}

// A checkpoint that is accepted says the same to other people's code, and is
// accepted again from its own bytes.
func FuzzOpenCheckpoint(f *testing.F) {
	for _, v := range vectors(f) {
		if _, checkpoint, ok := bytes.Cut(v.proof, []byte("\n\n")); ok {
			f.Add(checkpoint)
		}
	}
	key := fixedKey(f, 1).Verifier()
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := ledger.OpenCheckpoint(text, key, ledger.Policy{})
		if err != nil {
			if c != nil {
				t.Fatal("something beside an error")
			}
			return
		}
		other, _, _, err := flog.ParseCheckpoint(text, origin, key)
		if err != nil {
			t.Fatal(err)
		}
		root := c.Root()
		if other.Size != uint64(c.Size()) || !bytes.Equal(other.Hash, root[:]) || !bytes.Equal(c.Note(), text) {
			t.Fatalf("%q is read as %d %v", text, c.Size(), root)
		}
		if _, err := ledger.OpenCheckpoint(c.Note(), key, ledger.Policy{}); err != nil {
			t.Fatal(err)
		}
	})
}

// Whatever is asked for, only what the checkpoint commits to is served, and
// from nowhere else.
func FuzzHandler(f *testing.F) {
	cfg := newConfig(f)
	appendAll(f, open(f, cfg), entries(0, 300)...)
	served := make(map[string]bool)
	for _, path := range []string{"checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/0/001.p/44", "tile/entries/000", "tile/entries/001.p/44"} {
		served[path] = true
		f.Add("/" + path)
	}
	for _, path := range []string{
		"/", "/tile", "/tile/0/../../.state/treeState", "/.state/treeState", "/tile/entries/001", "/tile/0/001.p/45", "/tile/0/0", "/tile/0/00",
		"/tile/0/x000/000", "/tile/00/000", "/tile/8/000", "/tile/-1/000", "/tile/0/000.p/0", "/tile/0/000.p/256", "/tile/0/.p/", "/tile/0/000/", "//checkpoint",
		"/text/sha256/", "/text/sha256/" + strings.Repeat("0", 64), "/text/sha256/../../checkpoint", "/tile/entries/x999/x999/x999/x999/x999/x999/999",
	} {
		f.Add(path)
	}
	handler := ledger.NewReader(ledger.Dir(cfg.Dir), cfg.Verifier, cfg.Policy).Handler()
	f.Fuzz(func(t *testing.T, path string) {
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.URL.Path = path
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, req)
		name := strings.TrimPrefix(path, "/")
		switch rec.Code {
		case http.StatusOK:
			// A partial tile of an earlier checkpoint may still be there.
			if !served[name] && !strings.HasPrefix(name, "tile/0/00") && !strings.HasPrefix(name, "tile/entries/00") {
				t.Fatalf("%q was served", path)
			}
			want, err := os.ReadFile(filepath.Join(cfg.Dir, name))
			if err != nil || !bytes.Equal(rec.Body.Bytes(), want) {
				t.Fatalf("%q was served as something else (%v)", path, err)
			}
		case http.StatusNotFound:
			if served[name] {
				t.Fatalf("%q was not served", path)
			}
		default:
			t.Fatalf("%q: status %d", path, rec.Code)
		}
	})
}

// A key has one spelling, private and public, and keeps its private one.
func FuzzParseKey(f *testing.F) {
	k := fixedKey(f, 1)
	f.Add(k.Private())
	f.Add(k.Public())
	f.Add("PRIVATE+KEY+a+00000000+")
	f.Add("a+00000000+AQ==")
	f.Fuzz(func(t *testing.T, s string) {
		if v, err := ledger.ParseVerifier(s); err == nil {
			origin, public, err := ledger.Pin(s)
			if err != nil || origin != v.Name() || public.ID() == "" {
				t.Fatalf("a key that is read can't be pinned: %v", err)
			}
		} else if !errors.Is(err, ledger.ErrKey) {
			t.Fatalf("ParseVerifier = %v", err)
		}
		k, err := ledger.ParseKey(s)
		if err != nil {
			if !errors.Is(err, ledger.ErrKey) || strings.Contains(s, "+") && len(s) > 60 && strings.Contains(err.Error(), s[len(s)-40:]) {
				t.Fatalf("ParseKey = %v", err)
			}
			return
		}
		if k.Private() != s {
			t.Fatal("a private key has a second spelling")
		}
		if _, err := ledger.ParseVerifier(k.Public()); err != nil {
			t.Fatal(err)
		}
	})
}
