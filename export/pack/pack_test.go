package pack_test

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"writ/crypto/digest"
	"writ/export/pack"
	"writ/export/source"
	"writ/manifest/bag"
	"writ/manifest/commit"
)

const name = "ex-2026-0001"

var created = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func config(t testing.TB, workers int) pack.Config {
	t.Helper()
	seed, err := commit.ParseSeed("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	return pack.Config{Name: name, Created: created, Seed: seed, MaxBytes: 1 << 30, Workers: workers}
}

func text(dst, raw []byte) ([]byte, error) {
	if string(raw) == "unreadable" {
		return nil, source.ErrValue
	}
	if raw == nil {
		return append(dst, "null"...), nil
	}
	return fmt.Appendf(dst, "%q", raw), nil
}

var columns = []source.Column{{Name: "at", Encode: text}, {Name: "ip", Encode: text}}

// record is record i as the store sends it.
func record(i int) (at, ip []byte) {
	return fmt.Appendf(nil, "2026-03-02T10:%02d:%02dZ", i/60%60, i%60), fmt.Appendf(nil, "2001:db8::%x", i)
}

// feed delivers n records in batches of at most per records.
func feed(ctx context.Context, p *source.Pool, n, per int) iter.Seq2[*source.Batch, error] {
	return func(yield func(*source.Batch, error) bool) {
		for i := 0; i < n; {
			b, err := p.Get(ctx, columns)
			if err != nil {
				yield(nil, err)
				return
			}
			for full := false; !full && i < n && b.Rows() < per; i++ {
				at, ip := record(i)
				b.Add(at)
				b.Add(ip)
				full = b.EndRecord()
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// lines is what n records are as NDJSON.
func lines(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		at, ip := record(i)
		fmt.Fprintf(&b, `{"at":"%s","ip":"%s"}`+"\n", at, ip)
	}
	return b.Bytes()
}

func noise(n int) []byte {
	b, rng := make([]byte, n), rand.NewChaCha8([32]byte{})
	rng.Read(b)
	return b
}

// sample packs two datasets, an empty one and other files.
func sample(t testing.TB, dst io.Writer, workers int) (pack.Sums, map[string]pack.Packed) {
	t.Helper()
	w, err := pack.New(dst, config(t, workers))
	if err != nil {
		t.Fatal(err)
	}
	ctx, pool := context.Background(), source.NewPool(3)
	done := map[string]pack.Packed{}
	for _, d := range []struct {
		name   string
		n, per int
	}{{"sign-ins", 400_000, 5000}, {"payments", 10, 3}, {"devices", 0, 1}} {
		if done[d.name], err = w.Dataset(ctx, d.name, feed(ctx, pool, d.n, d.per), int64(d.n)); err != nil {
			t.Fatal(err)
		}
	}
	objects := []pack.Object{
		{"mail/files/100%.eml", 5<<20 + 3, bytes.NewReader(noise(5<<20 + 3))},
		{"mail/files/empty.eml", 0, strings.NewReader("")},
		{"mail/files/short.eml", 3, strings.NewReader("eml")},
	}
	if err := w.Objects(ctx, each(objects)); err != nil {
		t.Fatal(err)
	}
	if err := w.File("order.dsse.json", []byte("{}")); err != nil {
		t.Fatal(err)
	}
	sums, err := w.Close()
	if err != nil {
		t.Fatal(err)
	}
	return sums, done
}

// unpack reads a bag as any zstd and any tar would.
func unpack(t testing.TB, b []byte) (names []string, files map[string][]byte) {
	t.Helper()
	z, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	files = map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		path, ok := strings.CutPrefix(h.Name, name+"/")
		if !ok || h.Typeflag != tar.TypeReg || h.Mode != 0o600 || h.Uid != 0 || h.Uname != "" || !h.ModTime.Equal(created) {
			t.Errorf("member %+v", h)
		}
		names = append(names, path)
		files[path] = content
	}
	// What follows the tar's end is nothing.
	if rest, err := io.ReadAll(z); err != nil || len(bytes.Trim(rest, "\x00")) != 0 {
		t.Errorf("%d bytes follow the tar, %v", len(rest), err)
	}
	return names, files
}

func TestBag(t *testing.T) {
	var b bytes.Buffer
	sums, done := sample(t, &b, 2)
	names, files := unpack(t, b.Bytes())
	want := []string{
		"data/commitments.json",
		"data/sign-ins/part-00000.ndjson", "data/sign-ins/part-00001.ndjson", "data/payments/part-00000.ndjson",
		"data/mail/files/100%.eml", "data/mail/files/empty.eml", "data/mail/files/short.eml", "data/order.dsse.json",
		"bagit.txt", "bag-info.txt", "manifest-sha256.txt", "tagmanifest-sha256.txt",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Fatalf("members:\n%s", diff)
	}
	records := slices.Concat(files[want[1]], files[want[2]])
	if !bytes.Equal(records, lines(400_000)) || !bytes.Equal(files[want[3]], lines(10)) {
		t.Error("records differ")
	}
	if n := len(files[want[1]]); n < pack.PartBytes || n > pack.PartBytes+2*source.BatchBytes {
		t.Errorf("the first part has %d bytes", n)
	}
	if !bytes.Equal(files[want[4]], noise(5<<20+3)) {
		t.Error("the stream differs")
	}
	payload, count := int64(0), 0
	var listed []bag.Entry
	for path, content := range files {
		if strings.HasPrefix(path, bag.Data) {
			payload += int64(len(content))
			count++
			listed = append(listed, bag.Entry{Path: path, SHA256: digest.Of(content)})
		}
	}
	got, err := bag.Parse(files[bag.Manifest])
	slices.SortFunc(listed, func(a, b bag.Entry) int { return strings.Compare(a.Path, b.Path) })
	if diff := cmp.Diff(listed, got); err != nil || diff != "" {
		t.Errorf("%s: %v\n%s", bag.Manifest, err, diff)
	}
	if want := (pack.Sums{TagManifest: digest.Of(files[bag.TagManifest]), PayloadBytes: payload, PayloadFiles: count}); sums != want {
		t.Errorf("Close = %+v, want %+v", sums, want)
	}
	info := fmt.Sprintf("Bag-Software-Agent: writ\nBagging-Date: 2026-03-02\nExternal-Identifier: %s\nPayload-Oxum: %d.%d\n", name, payload, count)
	if diff := cmp.Diff(info, string(files[bag.Info])); diff != "" {
		t.Error(diff)
	}
	tags, err := bag.Parse(files[bag.TagManifest])
	if err != nil || len(tags) != 3 {
		t.Fatalf("%d tag files, %v", len(tags), err)
	}
	for _, e := range tags {
		if digest.Of(files[e.Path]) != e.SHA256 {
			t.Errorf("%s differs from its digest", e.Path)
		}
	}
	seed, err := commit.ParseOpenings(files[bag.Commitments])
	if err != nil || seed.Reveal() != config(t, 1).Seed.Reveal() {
		t.Fatal(err)
	}
	for name, got := range done {
		salts, err := seed.Salts(name)
		if err != nil {
			t.Fatal(err)
		}
		all := map[string][]byte{"sign-ins": records, "payments": files[want[3]]}[name]
		var ends []int
		for i, c := range all {
			if c == '\n' {
				ends = append(ends, i+1)
			}
		}
		run, err := salts.Leaves(0, all, ends)
		if err != nil {
			t.Fatal(err)
		}
		tree := commit.NewTree()
		if err := tree.Append(run); err != nil {
			t.Fatal(err)
		}
		root, err := tree.Root()
		want := pack.Packed{Records: int64(len(ends)), Bytes: int64(len(all)), Root: root}
		if err != nil || got != want {
			t.Errorf("%s: packed %+v, want %+v", name, got, want)
		}
	}
}

func TestSameBytesWhateverWorkers(t *testing.T) {
	var one bytes.Buffer
	sample(t, &one, 1)
	for _, workers := range []int{2, 5} {
		var b bytes.Buffer
		if sample(t, &b, workers); !bytes.Equal(b.Bytes(), one.Bytes()) {
			t.Errorf("%d workers wrote other bytes than one", workers)
		}
	}
}

// limited fails after n bytes.
type limited struct{ left int }

var errDisk = errors.New("disk full")

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, errDisk
	}
	l.left -= len(p)
	return len(p), nil
}

// Each way to fail ends with its error, no goroutine left (the bubble would
// not end), every batch back in its pool, and a writer that stays failed.
func TestDatasetFails(t *testing.T) {
	died := errors.New("store died")
	then := func(seq iter.Seq2[*source.Batch, error], err error) iter.Seq2[*source.Batch, error] {
		return func(yield func(*source.Batch, error) bool) {
			for b, e := range seq {
				if !yield(b, e) {
					return
				}
			}
			if err != nil {
				yield(nil, err)
			}
		}
	}
	stopped := errors.New("stopped")
	for _, tt := range []struct {
		name   string
		change func(*pack.Config)
		seq    func(ctx context.Context, cancel context.CancelCauseFunc, p *source.Pool) iter.Seq2[*source.Batch, error]
		dst    io.Writer
		most   int64
		want   error
	}{
		{name: "store dies", want: died, seq: func(ctx context.Context, _ context.CancelCauseFunc, p *source.Pool) iter.Seq2[*source.Batch, error] {
			return then(feed(ctx, p, 1000, 10), died)
		}},
		{name: "cancelled", want: stopped, seq: func(ctx context.Context, cancel context.CancelCauseFunc, p *source.Pool) iter.Seq2[*source.Batch, error] {
			return func(yield func(*source.Batch, error) bool) {
				for b, err := range feed(ctx, p, 1000, 10) {
					cancel(stopped)
					if !yield(b, err) {
						return
					}
				}
			}
		}},
		{name: "cancelled after the last record", want: stopped, seq: func(ctx context.Context, cancel context.CancelCauseFunc, p *source.Pool) iter.Seq2[*source.Batch, error] {
			return func(yield func(*source.Batch, error) bool) {
				feed(ctx, p, 10, 10)(yield)
				cancel(stopped)
			}
		}},
		{name: "value unreadable", want: source.ErrValue, seq: func(ctx context.Context, _ context.CancelCauseFunc, p *source.Pool) iter.Seq2[*source.Batch, error] {
			return func(yield func(*source.Batch, error) bool) {
				for b, err := range feed(ctx, p, 1000, 10) {
					if err == nil {
						b.Add([]byte("unreadable"))
						b.Add(nil)
						b.EndRecord()
					}
					if !yield(b, err) {
						return
					}
				}
			}
		}},
		{name: "disk full", want: errDisk, dst: &limited{left: 1500}},
		{name: "too many records", want: pack.ErrTooMany, most: 999},
		{name: "too many bytes", want: pack.ErrTooLarge, change: func(c *pack.Config) { c.MaxBytes = int64(len(lines(1000))) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := config(t, 2)
				if tt.change != nil {
					tt.change(&c)
				}
				if tt.dst == nil {
					tt.dst = io.Discard
				}
				if tt.most == 0 {
					tt.most = 1000
				}
				w, err := pack.New(tt.dst, c)
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithCancelCause(context.Background())
				defer cancel(nil)
				pool := source.NewPool(3)
				seq := feed(ctx, pool, 1000, 10)
				if tt.seq != nil {
					seq = tt.seq(ctx, cancel, pool)
				}
				if _, err := w.Dataset(ctx, "sign-ins", seq, tt.most); !errors.Is(err, tt.want) {
					t.Fatalf("Dataset = %v, want %v", err, tt.want)
				}
				for range 3 {
					if _, err := pool.Get(context.Background(), columns); err != nil {
						t.Error(err)
					}
				}
				if _, err := w.Close(); !errors.Is(err, tt.want) {
					t.Errorf("Close = %v, want %v", err, tt.want)
				}
			})
		})
	}
}

// each yields objects, and no error.
func each(objects []pack.Object) iter.Seq2[pack.Object, error] {
	return func(yield func(pack.Object, error) bool) {
		for _, o := range objects {
			if !yield(o, nil) {
				return
			}
		}
	}
}

func TestObjectsFail(t *testing.T) {
	broken := errors.New("broken")
	for _, tt := range []struct {
		name string
		size int64
		r    io.Reader
		dst  io.Writer
		want error
	}{
		{name: "too short", size: 5, r: strings.NewReader("four"), want: pack.ErrSize},
		{name: "too long", size: 3, r: strings.NewReader("four"), want: pack.ErrSize},
		{name: "empty, but not", size: 0, r: strings.NewReader("x"), want: pack.ErrSize},
		{name: "negative", size: -1, r: strings.NewReader(""), want: pack.ErrSize},
		{name: "broken", size: 5, r: iotest.ErrReader(broken), want: broken},
		{name: "broken at the end", size: 4, r: io.MultiReader(strings.NewReader("four"), iotest.ErrReader(broken)), want: broken},
		{name: "disk full", size: 4 << 20, r: bytes.NewReader(noise(4 << 20)), dst: &limited{left: 2 << 20}, want: errDisk},
		{name: "over the ceiling", size: 1<<30 + 1, r: strings.NewReader(""), want: pack.ErrTooLarge},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if tt.dst == nil {
					tt.dst = io.Discard
				}
				w, err := pack.New(tt.dst, config(t, 2))
				if err != nil {
					t.Fatal(err)
				}
				// One before it does not hide what is wrong.
				objects := []pack.Object{{"files/w", 1, strings.NewReader("w")}, {"files/x", tt.size, tt.r}, {"files/y", 0, strings.NewReader("")}}
				if err := w.Objects(t.Context(), each(objects)); !errors.Is(err, tt.want) {
					t.Errorf("Objects = %v, want %v", err, tt.want)
				}
				if err := w.File("y", nil); !errors.Is(err, tt.want) {
					t.Errorf("File afterwards = %v, want %v", err, tt.want)
				}
			})
		})
	}
}

func TestPaths(t *testing.T) {
	for _, path := range []string{"", "../x", "a/../../x", "/x", `a\b`, "a\nb", "a", "A", "a/b", "commitments.json/x", "commitments.json"} {
		w, err := pack.New(io.Discard, config(t, 1))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.File("a", nil); err != nil {
			t.Fatal(err)
		}
		err = w.File(path, nil)
		if err == nil {
			_, err = w.Close()
		}
		if !errors.Is(err, pack.ErrPath) {
			t.Errorf("%q: %v, want %v", path, err, pack.ErrPath)
		}
	}
	w, err := pack.New(io.Discard, config(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	none := func(func(*source.Batch, error) bool) {}
	if _, err := w.Dataset(context.Background(), "a", none, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Dataset(context.Background(), "a", none, 0); !errors.Is(err, pack.ErrPath) {
		t.Errorf("the same dataset twice: %v", err)
	}
}

func TestConfig(t *testing.T) {
	for name, change := range map[string]func(*pack.Config){
		"no name":       func(c *pack.Config) { c.Name = "" },
		"a path":        func(c *pack.Config) { c.Name = "a/b" },
		"parent":        func(c *pack.Config) { c.Name = ".." },
		"no time":       func(c *pack.Config) { c.Created = time.Time{} },
		"no seed":       func(c *pack.Config) { c.Seed = commit.Seed{} },
		"no ceiling":    func(c *pack.Config) { c.MaxBytes = 0 },
		"minus workers": func(c *pack.Config) { c.Workers = -1 },
	} {
		c := config(t, 1)
		change(&c)
		if _, err := pack.New(io.Discard, c); !errors.Is(err, pack.ErrConfig) {
			t.Errorf("%s: New = %v, want %v", name, err, pack.ErrConfig)
		}
	}
	w, err := pack.New(io.Discard, config(t, 0))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Close(); !errors.Is(err, pack.ErrClosed) {
		t.Errorf("second Close = %v, want %v", err, pack.ErrClosed)
	}
}
