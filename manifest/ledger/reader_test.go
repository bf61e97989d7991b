package ledger_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/manifest/ledger"
)

// closed makes a ledger of n entries that nobody has open.
func closed(t testing.TB, n int) ledger.Config {
	t.Helper()
	cfg := newConfig(t)
	l, err := ledger.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.AppendAll(t.Context(), entries(0, n)...)
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return cfg
}

// edit changes a file of a ledger.
func edit(path string, change func([]byte) []byte) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		path := filepath.Join(dir, path)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, change(b), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever is done to a copy of a ledger, who pins its key sees it.
func TestView_tampered(t *testing.T) {
	good := closed(t, 600)
	flipAt := func(n int) func([]byte) []byte {
		return func(b []byte) []byte { b[(n+len(b))%len(b)] ^= 1; return b }
	}
	remove := func(path string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, path)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, tt := range []struct {
		name string
		do   func(*testing.T, string)
		want error
	}{
		{"nothing", func(*testing.T, string) {}, nil},
		{"leaf tile", edit("tile/0/001", flipAt(100)), ledger.ErrCorrupt},
		{"last byte of a leaf tile", edit("tile/0/000", flipAt(-1)), ledger.ErrCorrupt},
		{"inner tile", edit("tile/1/000.p/2", flipAt(0)), ledger.ErrCorrupt},
		{"partial tile", edit("tile/0/002.p/88", flipAt(-1)), ledger.ErrCorrupt},
		{"entry", edit("tile/entries/001", flipAt(500)), ledger.ErrCorrupt},
		{"last entry", edit("tile/entries/002.p/88", flipAt(-1)), ledger.ErrCorrupt},
		{"length of an entry", edit("tile/entries/000", flipAt(1)), ledger.ErrCorrupt},
		{"two entries swapped", edit("tile/entries/000", func(b []byte) []byte {
			n := 2 + int(binary.BigEndian.Uint16(b))
			copy(b, append(bytes.Clone(b[n:2*n]), b[:n]...))
			return b
		}), ledger.ErrCorrupt},
		{"an entry more", edit("tile/entries/002.p/88", func(b []byte) []byte { return append(b, 0, 1, 'x') }), ledger.ErrCorrupt},
		{"an entry fewer", edit("tile/entries/002.p/88", func(b []byte) []byte { return b[:len(b)-2-len(entry(599))] }), ledger.ErrCorrupt},
		{"half an entry", edit("tile/entries/002.p/88", func(b []byte) []byte { return b[:len(b)-3] }), ledger.ErrCorrupt},
		{"no entries", edit("tile/entries/001", func([]byte) []byte { return nil }), ledger.ErrCorrupt},
		{"tile cut", edit("tile/0/001", func(b []byte) []byte { return b[:len(b)-32] }), ledger.ErrCorrupt},
		{"tile removed", remove("tile/0/000"), ledger.ErrCorrupt},
		{"partial tile removed", remove("tile/0/002.p/88"), ledger.ErrCorrupt},
		{"partial bundle removed", remove("tile/entries/002.p/88"), ledger.ErrCorrupt},
		{"bundle huge", edit("tile/entries/001", func([]byte) []byte { return make([]byte, 17<<20) }), ledger.ErrFetch},
		{"tile huge", edit("tile/0/001", func([]byte) []byte { return make([]byte, 8193) }), ledger.ErrFetch},
		{"checkpoint's signature", edit("checkpoint", func(b []byte) []byte {
			// Another signature, still in base64.
			c := &b[len(b)-12]
			if *c++; *c-1 != 'A' {
				*c = 'A'
			}
			return b
		}), ledger.ErrSignature},
		{"checkpoint's size", edit("checkpoint", func(b []byte) []byte { return bytes.Replace(b, []byte("600"), []byte("512"), 1) }), ledger.ErrSignature},
		{"checkpoint empty", edit("checkpoint", func([]byte) []byte { return nil }), ledger.ErrCheckpoint},
		{"checkpoint huge", edit("checkpoint", func(b []byte) []byte { return bytes.Repeat(b, 1000) }), ledger.ErrFetch},
		{"checkpoint removed", remove("checkpoint"), ledger.ErrMissing},
		{"checkpoint of another ledger", func(t *testing.T, dir string) {
			key, err := ledger.NewKey("ledger.example/other")
			if err != nil {
				t.Fatal(err)
			}
			other := config(filepath.Join(t.TempDir(), "other"), key)
			if err := ledger.Init(t.Context(), other); err != nil {
				t.Fatal(err)
			}
			copyFile(t, filepath.Join(other.Dir, "checkpoint"), filepath.Join(dir, "checkpoint"))
		}, ledger.ErrOrigin},
		{"a link out", func(t *testing.T, dir string) {
			remove("tile/0/001")(t, dir)
			if err := os.Symlink(filepath.Join(good.Dir, "tile/0/001"), filepath.Join(dir, "tile/0/001")); err != nil {
				t.Fatal(err)
			}
		}, ledger.ErrFetch},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "copy")
			if err := os.CopyFS(dir, os.DirFS(good.Dir)); err != nil {
				t.Fatal(err)
			}
			tt.do(t, dir)
			if _, err := readAll(t.Context(), ledger.NewReader(ledger.Dir(dir), good.Verifier, good.Policy)); !errors.Is(err, tt.want) {
				t.Fatalf("reading = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestView_ranges(t *testing.T) {
	cfg := closed(t, 600)
	v, err := ledger.NewReader(ledger.Dir(cfg.Dir), cfg.Verifier, cfg.Policy).View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name     string
		from, to int64
		want     error
	}{
		{name: "all", from: 0, to: 600},
		{name: "none", from: 600, to: 600},
		{name: "over a border", from: 250, to: 520},
		{name: "one", from: 511, to: 512},
		{name: "too far", from: 0, to: 601, want: ledger.ErrRange},
		{name: "backwards", from: 5, to: 4, want: ledger.ErrRange},
		{name: "negative", from: -1, to: 4, want: ledger.ErrRange},
	} {
		t.Run(tt.name, func(t *testing.T) {
			next := tt.from
			for e, err := range v.Entries(t.Context(), tt.from, tt.to) {
				if !errors.Is(err, tt.want) {
					t.Fatalf("Entries = %v, want %v", err, tt.want)
				}
				if err == nil && (e.Index != next || !bytes.Equal(e.Bytes, entry(int(next)))) {
					t.Fatalf("entry %d is %d %q", next, e.Index, e.Bytes)
				}
				next++
			}
			if tt.want == nil && next != tt.to {
				t.Errorf("ended at %d", next)
			}
		})
	}
	for _, index := range []int64{-1, 600} {
		if _, err := v.Prove(t.Context(), index); !errors.Is(err, ledger.ErrRange) {
			t.Errorf("Prove %d = %v, want %v", index, err, ledger.ErrRange)
		}
		if _, err := v.Entry(t.Context(), index); !errors.Is(err, ledger.ErrRange) {
			t.Errorf("Entry %d = %v, want %v", index, err, ledger.ErrRange)
		}
	}
	for index := int64(0); index < 600; index += 37 {
		p, err := v.Prove(t.Context(), index)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ledger.CheckProof(p.Bytes(), entry(int(index)), cfg.Verifier, cfg.Policy); err != nil {
			t.Errorf("proof of entry %d: %v", index, err)
		}
	}
}

// counted counts what is read of bundles.
type counted struct {
	ledger.Source
	bundles int
}

func (c *counted) Read(ctx context.Context, path string, limit int64) ([]byte, error) {
	if strings.Contains(path, "entries") {
		c.bundles++
	}
	return c.Source.Read(ctx, path, limit)
}

// Entries that stand together are read together, and verified one by one.
func TestView_Entry(t *testing.T) {
	cfg := closed(t, 600)
	v, err := ledger.NewReader(ledger.Dir(cfg.Dir), cfg.Verifier, cfg.Policy).View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	src := &counted{Source: ledger.Dir(cfg.Dir)}
	one := ledger.NewReader(src, cfg.Verifier, cfg.Policy).At(v.Checkpoint())
	for i := range int64(600) {
		for _, index := range []int64{i, 599 - i} {
			if e, err := one.Entry(t.Context(), index); err != nil || e.Index != index || e.Leaf != ledger.Leaf(e.Bytes) || !bytes.Equal(e.Bytes, entry(int(index))) {
				t.Fatalf("entry %d is %d %q (%v)", index, e.Index, e.Bytes, err)
			}
		}
	}
	if src.bundles != 3 {
		t.Errorf("%d bundles were read, and there are 3", src.bundles)
	}
	var b ledger.Buffer
	for range 2 {
		for e, err := range v.EntriesInto(t.Context(), 0, 600, &b) {
			if err != nil || !bytes.Equal(e.Bytes, entry(int(e.Index))) {
				t.Fatalf("into a buffer, entry %d is %q (%v)", e.Index, e.Bytes, err)
			}
		}
	}
	edit("tile/entries/001", func(b []byte) []byte { return bytes.Replace(b, entry(300), []byte("statement 666"), 1) })(t, cfg.Dir)
	again := ledger.NewReader(src, cfg.Verifier, cfg.Policy).At(v.Checkpoint())
	for _, index := range []int64{300, 301, 300} {
		if _, err := again.Entry(t.Context(), index); errors.Is(err, ledger.ErrCorrupt) != (index == 300) {
			t.Errorf("entry %d, where entry 300 was changed: %v", index, err)
		}
	}
	edit("tile/entries/001", func(b []byte) []byte { return bytes.Replace(b, []byte("statement 666"), entry(300), 1) })(t, cfg.Dir)
	if _, err := again.Entry(t.Context(), 300); err != nil {
		t.Errorf("entry 300, which is whole again: %v", err)
	}
}

// An auditor who kept a checkpoint sees whether the ledger still holds to it.
func TestView_Extends(t *testing.T) {
	cfg := closed(t, 300)
	reader := ledger.NewReader(ledger.Dir(cfg.Dir), cfg.Verifier, cfg.Policy)
	kept, err := reader.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	grow := func(t *testing.T, dir string, from, to int) *ledger.View {
		cfg := cfg
		cfg.Dir = dir
		l := open(t, cfg)
		appendAll(t, l, entries(from, to)...)
		v, err := l.View(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	fork := filepath.Join(t.TempDir(), "fork")
	if err := os.CopyFS(fork, os.DirFS(cfg.Dir)); err != nil {
		t.Fatal(err)
	}
	long := grow(t, cfg.Dir, 300, 700)
	if err := long.Extends(t.Context(), kept); err != nil {
		t.Errorf("grown ledger: %v", err)
	}
	// What it committed to can still be read, though its partial tiles went.
	if err := reader.At(kept).Fsck(t.Context()); err != nil {
		t.Errorf("fsck as of the kept checkpoint: %v", err)
	}
	if err := reader.At(kept).Extends(t.Context(), long.Checkpoint()); !errors.Is(err, ledger.ErrRolledBack) {
		t.Errorf("Extends = %v, want %v", err, ledger.ErrRolledBack)
	}
	if err := grow(t, fork, 1300, 1750).Extends(t.Context(), long.Checkpoint()); !errors.Is(err, ledger.ErrForked) {
		t.Errorf("Extends = %v, want %v", err, ledger.ErrForked)
	}
	key, err := ledger.NewKey("ledger.example/other")
	if err != nil {
		t.Fatal(err)
	}
	other := config(filepath.Join(t.TempDir(), "other"), key)
	if err := ledger.Init(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	foreign, err := ledger.NewReader(ledger.Dir(other.Dir), other.Verifier, other.Policy).Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := long.Extends(t.Context(), foreign); !errors.Is(err, ledger.ErrOrigin) {
		t.Errorf("Extends = %v, want %v", err, ledger.ErrOrigin)
	}
}

func TestHTTP(t *testing.T) {
	cfg := closed(t, 600)
	served := httptest.NewServer(http.StripPrefix("/a/ledger", ledger.NewReader(ledger.Dir(cfg.Dir), cfg.Verifier, cfg.Policy).Handler()))
	defer served.Close()
	for _, place := range []string{served.URL + "/a/ledger", served.URL + "/a/ledger/", cfg.Dir} {
		src, err := ledger.Locate(place)
		if err != nil {
			t.Fatal(err)
		}
		all, err := readAll(t.Context(), ledger.NewReader(src, cfg.Verifier, cfg.Policy))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, all, entries(0, 600))
	}
	for _, place := range []string{"http://", "https://x/?q", "https://x/#f", "http://%zz"} {
		if _, err := ledger.Locate(place); !errors.Is(err, ledger.ErrFetch) {
			t.Errorf("Locate %q = %v, want %v", place, err, ledger.ErrFetch)
		}
	}
}

// A server that answers badly, or not at all, is an error in bounded time and
// memory.
func TestHTTP_bad(t *testing.T) {
	for _, tt := range []struct {
		name  string
		serve http.HandlerFunc
		want  error
	}{
		{"nothing there", http.NotFound, ledger.ErrMissing},
		{"broken", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }, ledger.ErrFetch},
		{"another place", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/else", http.StatusFound) }, ledger.ErrFetch},
		{"endless", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<16)); err != nil {
					return
				}
			}
		}, ledger.ErrFetch},
		{"a web page", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>\n\n</html>\n")) }, ledger.ErrCheckpoint},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, ledger.ErrDeadline},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(tt.serve)
			defer server.Close()
			src, err := ledger.NewHTTP(server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			if _, err := ledger.NewReader(src, newKey(t).Verifier(), ledger.Policy{}).View(ctx); !errors.Is(err, tt.want) {
				t.Fatalf("View = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestHandler(t *testing.T) {
	cfg := closed(t, 300)
	l := open(t, cfg)
	text := []byte("permit (principal, action, resource);\n")
	d, err := l.PutText(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.PutText(t.Context(), text); err != nil {
		t.Fatal(err)
	}
	if _, err := l.PutText(t.Context(), make([]byte, ledger.MaxTextBytes+1)); !errors.Is(err, ledger.ErrLedger) {
		t.Errorf("PutText = %v, want an error", err)
	}
	handler := l.Handler()
	const forever = "public, max-age=31536000, immutable"
	for _, tt := range []struct {
		method, path string
		code         int
		media, cache string
	}{
		{"GET", "/checkpoint", 200, "text/plain; charset=utf-8", "no-cache"},
		{"HEAD", "/checkpoint", 200, "text/plain; charset=utf-8", "no-cache"},
		{"GET", "/tile/0/000", 200, "application/octet-stream", forever},
		{"GET", "/tile/0/001.p/44", 200, "application/octet-stream", forever},
		{"GET", "/tile/1/000.p/1", 200, "application/octet-stream", forever},
		{"GET", "/tile/entries/000", 200, "application/octet-stream", forever},
		{"GET", "/tile/entries/001.p/44", 200, "application/octet-stream", forever},
		{"GET", "/text/sha256/" + d.Hex(), 200, "text/plain; charset=utf-8", forever},
		{"GET", "/text/sha256/" + strings.Repeat("0", 64), 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/text/sha256/" + strings.ToUpper(d.Hex()), 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/tile/0/001", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/tile/0/001.p/45", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/.state/treeState", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/tile/0/../../.writ/leaves", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/", 404, "text/plain; charset=utf-8", "no-store"},
		{"POST", "/checkpoint", 405, "text/plain; charset=utf-8", ""},
		{"DELETE", "/tile/0/000", 405, "text/plain; charset=utf-8", ""},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			req := httptest.NewRequest(tt.method, "/", nil)
			req.URL.Path = tt.path
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, req)
			head := rec.Result().Header
			if rec.Code != tt.code || head.Get("Content-Type") != tt.media || head.Get("Cache-Control") != tt.cache {
				t.Errorf("%d, %q, %q; want %d, %q, %q", rec.Code, head.Get("Content-Type"), head.Get("Cache-Control"), tt.code, tt.media, tt.cache)
			}
			if tt.method == "HEAD" && rec.Body.Len() != 0 {
				t.Errorf("HEAD has a body of %d bytes", rec.Body.Len())
			}
		})
	}
	// What is on the disk but under no checkpoint yet is not served.
	if err := os.MkdirAll(filepath.Join(cfg.Dir, "tile/entries/001.p"), 0o755); err != nil {
		t.Fatal(err)
	}
	copyFile(t, filepath.Join(cfg.Dir, "tile/entries/001.p/44"), filepath.Join(cfg.Dir, "tile/entries/001.p/45"))
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, httptest.NewRequest("GET", "/tile/entries/001.p/45", nil))
	if rec.Code != 404 {
		t.Errorf("unpublished bundle: status %d", rec.Code)
	}

	edit("text/sha256/"+d.Hex(), func(b []byte) []byte { return append(b, ' ') })(t, cfg.Dir)
	if _, err := l.Text(t.Context(), d); !errors.Is(err, ledger.ErrCorrupt) {
		t.Errorf("Text = %v, want %v", err, ledger.ErrCorrupt)
	}
	if _, err := l.Text(t.Context(), digest.Of(nil)); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Text = %v, want %v", err, ledger.ErrNotFound)
	}
	if again, err := l.PutText(t.Context(), text); err != nil || again != d {
		t.Errorf("PutText over a broken one = %v, %v", again, err)
	}
	if back, err := l.Text(t.Context(), d); err != nil || !bytes.Equal(back, text) {
		t.Errorf("Text = %q, %v", back, err)
	}
}
