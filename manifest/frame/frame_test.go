package frame

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/klauspost/compress/zstd"
)

func encode(t testing.TB, k Kind, content []byte) []byte {
	t.Helper()
	e, err := NewEncoder(k, 2)
	if err != nil {
		t.Fatal(err)
	}
	return e.Append(nil, content)
}

func decode(t testing.TB, b []byte) ([]byte, error) {
	t.Helper()
	r, err := NewReader(context.Background(), bytes.NewReader(b), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	return io.ReadAll(r)
}

func noise(n int) []byte {
	b, rng := make([]byte, n), rand.NewChaCha8([32]byte{})
	rng.Read(b)
	return b
}

func TestRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 100, 255, 256, 1024, 1025, 4096, 200_000, MaxContent, MaxContent + 1, 3*MaxContent + 5} {
		for name, content := range map[string][]byte{"noise": noise(n), "zeros": make([]byte, n), "text": []byte(strings.Repeat("sign-in;", n/8+1))[:n]} {
			for _, k := range []Kind{Records, Objects} {
				t.Run(fmt.Sprintf("%s/%d/%d", name, n, k), func(t *testing.T) {
					got, err := decode(t, encode(t, k, content))
					if err != nil || !bytes.Equal(got, content) {
						t.Fatalf("%d bytes came back as %d, %v", n, len(got), err)
					}
				})
			}
		}
	}
}

func TestRefused(t *testing.T) {
	good := encode(t, Records, []byte(strings.Repeat("evidence ", 1000)))
	plain := func(content []byte, o ...zstd.EOption) []byte {
		z, err := zstd.NewWriter(nil, o...)
		if err != nil {
			t.Fatal(err)
		}
		return z.EncodeAll(content, nil)
	}
	var streamed bytes.Buffer
	z, err := zstd.NewWriter(&streamed)
	if err != nil {
		t.Fatal(err)
	}
	z.Write(noise(1000))
	z.Flush()
	z.Close()
	for _, tt := range []struct {
		name string
		in   []byte
		want error
	}{
		{name: "two frames", in: append(bytes.Clone(good), good...)},
		{name: "not zstd", in: []byte("not zstd, but long enough to look at"), want: ErrFrame},
		{name: "cut off", in: good[:len(good)-1], want: ErrFrame},
		{name: "only a magic number", in: good[:4], want: ErrFrame},
		{name: "trailing bytes", in: append(bytes.Clone(good), 0), want: ErrFrame},
		{name: "no checksum", in: plain(noise(1000), zstd.WithEncoderCRC(false)), want: ErrFrame},
		{name: "size not stated", in: streamed.Bytes(), want: ErrFrame},
		{name: "larger than allowed", in: plain(make([]byte, MaxContent+1)), want: ErrFrame},
		{name: "bomb", in: plain(make([]byte, 64<<20)), want: ErrFrame},
		{name: "skippable", in: append([]byte{0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4}, good...), want: ErrFrame},
		{name: "endless empty blocks", in: append(append(bytes.Clone(good[:8]), make([]byte, 3<<20)...), 1, 0, 0), want: ErrFrame},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := decode(t, tt.in); !errors.Is(err, tt.want) {
				t.Errorf("Read = %v, want %v", err, tt.want)
			}
		})
	}
	for i := range good {
		b := bytes.Clone(good)
		b[i] ^= 1
		if got, err := decode(t, b); err == nil && !bytes.Equal(got, []byte(strings.Repeat("evidence ", 1000))) {
			t.Errorf("byte %d changed: other content, and no error", i)
		}
	}
}

// A piece keeps its content while those behind it are read.
func TestPieces(t *testing.T) {
	content := noise(9*MaxContent + 77)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, workers := range []int{1, 3} {
		r, err := NewReader(t.Context(), bytes.NewReader(encode(t, Records, content)), workers)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		var got []byte
		var held []Piece
		for err == nil {
			n := 1 + rng.Int64N(MaxContent)
			var p Piece
			switch p, err = r.Next(n); {
			case err == nil && len(p.B) > 0 && int64(len(p.B)) <= n:
				held = append(held, p)
			case err != io.EOF:
				t.Fatalf("Next(%d) = %d bytes, %v", n, len(p.B), err)
			}
			for len(held) > 1 || err != nil && len(held) > 0 {
				got = append(got, held[0].B...)
				held[0].Free()
				held = held[1:]
			}
		}
		if !bytes.Equal(got, content) {
			t.Errorf("%d workers: %d bytes came back as %d others", workers, len(content), len(got))
		}
	}
}

// Noise is told from what only looks like it.
func TestNoisy(t *testing.T) {
	base64 := []byte(base64.StdEncoding.EncodeToString(noise(1 << 20)))
	sevenBits := noise(1 << 20)
	for i := range sevenBits {
		sevenBits[i] &= 0x7f
	}
	for name, tt := range map[string]struct {
		content []byte
		want    bool
	}{
		"noise": {noise(1 << 20), true}, "little noise": {noise(9000), true}, "too little": {noise(8191), false},
		"base64": {base64, false}, "seven bits": {sevenBits, false}, "zeros": {make([]byte, 1<<20), false}, "nothing": {nil, false},
	} {
		if got := noisy(tt.content); got != tt.want {
			t.Errorf("%s: noisy = %v, want %v", name, got, tt.want)
		}
	}
	if n := len(encode(t, Objects, base64)); n > len(base64)*4/5 {
		t.Errorf("base64 of %d bytes is compressed to %d, want at most four fifths", len(base64), n)
	}
}

func TestSourceFails(t *testing.T) {
	broken := errors.New("broken")
	r, err := NewReader(context.Background(), io.MultiReader(bytes.NewReader(encode(t, Records, noise(5*MaxContent))), iotest.ErrReader(broken)), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if b, err := io.ReadAll(r); !errors.Is(err, broken) || len(b) != 5*MaxContent {
		t.Errorf("read %d bytes, %v, want %v", len(b), err, broken)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err := NewReader(ctx, bytes.NewReader(encode(t, Records, noise(100))), 2)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); !errors.Is(err, context.Canceled) {
		t.Errorf("Read = %v, want %v", err, context.Canceled)
	}
}

// A frame that this reader accepts, another decompressor reads as the same bytes.
func FuzzReader(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.zst")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata (%v)", err)
	}
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decode(t, b)
		if err != nil {
			return
		}
		z, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1))
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		if want, err := io.ReadAll(z); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("another reader has %d bytes and %v, this one %d", len(want), err, len(got))
		}
	})
}

// lines are records as a store of sign-ins has them.
func lines(n int) []byte {
	r, agents := rand.New(rand.NewPCG(1, 2)), []string{"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Thunderbird/140.2"}
	var b []byte
	for i := 0; len(b) < n; i++ {
		b = fmt.Appendf(b, `{"agent":%q,"at":"2026-03-%02dT%02d:%02d:%02d.%06dZ","ip":"198.18.%d.%d","port":%d}`+"\n",
			agents[r.IntN(2)], 1+i>>16%28, i>>12%24, i>>6%60, i%60, r.IntN(1e6), r.IntN(256), r.IntN(256), r.IntN(1<<16))
	}
	return b[:n]
}

func BenchmarkAppend(b *testing.B) {
	content := lines(16 << 20)
	e, err := NewEncoder(Records, 1)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	var out []byte
	for b.Loop() {
		out = e.Append(out[:0], content)
	}
	b.ReportMetric(float64(len(out))/float64(len(content)), "output/input")
}

func BenchmarkRead(b *testing.B) {
	content := lines(64 << 20)
	frames := encode(b, Records, content)
	for name, read := range map[string]func(*Reader) (int64, error){
		"copied": func(r *Reader) (int64, error) { return io.Copy(io.Discard, r) },
		"pieces": func(r *Reader) (n int64, err error) {
			for {
				p, err := r.Next(MaxContent)
				if err != nil {
					return n, err
				}
				n += int64(len(p.B))
				p.Free()
			}
		},
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := NewReader(b.Context(), bytes.NewReader(frames), 2)
				if err != nil {
					b.Fatal(err)
				}
				if n, err := read(r); n != int64(len(content)) || err != nil && err != io.EOF {
					b.Fatal(n, err)
				}
				r.Close()
			}
		})
	}
}

// Once its buffers have grown, an encoder allocates nothing.
func TestAppendDoesNotAllocate(t *testing.T) {
	e, err := NewEncoder(Records, 1)
	if err != nil {
		t.Fatal(err)
	}
	content := lines(MaxContent)
	var out []byte
	if n := testing.AllocsPerRun(5, func() { out = e.Append(out[:0], content) }); n > 1 {
		t.Errorf("%v allocations a frame, want at most one", n)
	}
}
