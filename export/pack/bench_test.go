package pack_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"writ/crypto/seal"
	"writ/export/pack"
	"writ/export/source"
)

// quickly delivers n records of about 222 bytes, in as many variants as they
// are. The store and the encoders cost next to nothing.
func quickly(ctx context.Context, n int) iter.Seq2[*source.Batch, error] {
	quick := func(dst, raw []byte) ([]byte, error) {
		return append(append(append(dst, '"'), raw...), '"'), nil
	}
	fields := []source.Column{{Name: "agent", Encode: quick}, {Name: "at", Encode: quick}, {Name: "ip", Encode: quick}}
	agent := []byte("Mozilla/5.0 (X11; Linux x86_64; rv:149.0) Gecko/20100101 Firefox/149.0 mail/2026.3.1 build 20260302 (stable, signed in by passkey)")
	ats, ips := make([][]byte, 4096), make([][]byte, 4096)
	for i := range ats {
		ats[i], ips[i] = record(i * 7919)
	}
	pool := source.NewPool(6)
	return func(yield func(*source.Batch, error) bool) {
		for i := 0; i < n; {
			batch, err := pool.Get(ctx, fields)
			for full := false; err == nil && !full && i < n; i++ {
				batch.Add(agent)
				batch.Add(ats[i%4093%len(ats)])
				batch.Add(ips[i%4079%len(ips)])
				full = batch.EndRecord()
			}
			if !yield(batch, err) {
				return
			}
		}
	}
}

// What is measured is hashing and compressing; in the second one, the whole
// pipe in memory, encryption and the ciphertext's digest too.
func BenchmarkDataset(b *testing.B) {
	_, to, err := seal.Generate(seal.X25519, nil)
	if err != nil {
		b.Fatal(err)
	}
	for name, open := range map[string]func() (io.WriteCloser, error){
		"bag":    func() (io.WriteCloser, error) { return nothing{}, nil },
		"sealed": func() (io.WriteCloser, error) { return seal.Seal(sha256.New(), to) },
	} {
		b.Run(name, func(b *testing.B) {
			const n = 500_000
			b.ReportAllocs()
			for b.Loop() {
				dst, err := open()
				if err != nil {
					b.Fatal(err)
				}
				w, err := pack.New(dst, config(b, 0))
				if err != nil {
					b.Fatal(err)
				}
				p, err := w.Dataset(b.Context(), "sign-ins", quickly(b.Context(), n), n)
				if err != nil {
					b.Fatal(err)
				}
				if err := dst.Close(); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(p.Bytes)
			}
		})
	}
}

type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }
func (nothing) Close() error                { return nil }

// A large dataset takes no more memory than what is in flight: garbage, which the
// collector would let grow to as much again, is kept small.
func TestMemoryIsBounded(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	var peak uint64
	c := config(t, 2)
	c.Progress = func(string, int64, int64) {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		peak = max(peak, m.HeapAlloc)
	}
	w, err := pack.New(io.Discard, c)
	if err != nil {
		t.Fatal(err)
	}
	const n = 400_000
	p, err := w.Dataset(t.Context(), "sign-ins", quickly(t.Context(), n), n)
	if err != nil {
		t.Fatal(err)
	}
	if p.Bytes < 64<<20 || peak > 48<<20 {
		t.Errorf("packing %d bytes took %d of memory, want at most 48 MiB", p.Bytes, peak)
	}
}

// A folder of mail is packed file by file, as a store of messages would be.
func BenchmarkObjects(b *testing.B) {
	for _, kind := range []struct {
		name    string
		content func(r *rand.ChaCha8) []byte
	}{
		{"mail", mail},
		{"archives", func(r *rand.ChaCha8) []byte { return random(r, 4<<20) }},
	} {
		b.Run(kind.name, func(b *testing.B) {
			dir, r := b.TempDir(), rand.NewChaCha8([32]byte{})
			for i := range 16 {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d", i)), kind.content(r), 0o600); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportAllocs()
			var out counter
			for b.Loop() {
				out = 0
				w, err := pack.New(&out, config(b, 0))
				if err != nil {
					b.Fatal(err)
				}
				if err := w.Objects(b.Context(), folder(dir)); err != nil {
					b.Fatal(err)
				}
				sums, err := w.Close()
				if err != nil {
					b.Fatal(err)
				}
				b.SetBytes(sums.PayloadBytes)
				b.ReportMetric(float64(out)/float64(sums.PayloadBytes), "output/input")
			}
		})
	}
}

// folder yields every file in dir.
func folder(dir string) iter.Seq2[pack.Object, error] {
	return func(yield func(pack.Object, error) bool) {
		one := func(name string) (more bool, err error) {
			f, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				return false, err
			}
			defer f.Close()
			info, err := f.Stat()
			if err != nil {
				return false, err
			}
			return yield(pack.Object{Path: "mail/files/" + name, SizeBytes: info.Size(), Content: f}, nil), nil
		}
		entries, err := os.ReadDir(dir)
		for i, more := 0, true; err == nil && more && i < len(entries); i++ {
			more, err = one(entries[i].Name())
		}
		if err != nil {
			yield(pack.Object{}, err)
		}
	}
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

// mail is words of which some are frequent, and an attachment in base64.
func mail(r *rand.ChaCha8) []byte {
	var text []byte
	words := rand.NewZipf(rand.New(r), 1.1, 8, 20_000)
	for len(text) < 1<<20 {
		text = fmt.Appendf(text, "%x ", (words.Uint64()+1)*2654435761%(1<<32))
	}
	for part := random(r, 2<<20); len(part) > 0; part = part[min(57, len(part)):] {
		text = append(base64.StdEncoding.AppendEncode(text, part[:min(57, len(part))]), "\r\n"...)
	}
	return text
}

func random(r *rand.ChaCha8, n int) []byte {
	b := make([]byte, n)
	io.ReadFull(r, b)
	return b
}
