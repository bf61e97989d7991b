package pack_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"writ/export/pack"
)

// A folder of mail is packed file by file, as a store of messages would be.
func BenchmarkStream(b *testing.B) {
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
				if err := folder(b.Context(), w, dir); err != nil {
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

// folder packs every file below dir.
func folder(ctx context.Context, w *pack.Writer, dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return w.Stream(ctx, "mail/files/"+e.Name(), info.Size(), f)
	})
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
