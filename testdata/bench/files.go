package main

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"writ/crypto/seal"
	"writ/export/pack"
	"writ/manifest/commit"
)

// files times the packer on folders of files beside tar, zstd and age. No store
// delivers files yet, so this program packs and seals them as an export would.
func (h *harness) files(ctx context.Context, r *result) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := os.Symlink(self, filepath.Join(h.programs.bin, "bench")); err != nil {
		return err
	}
	for _, kind := range []struct {
		name    string
		content func(*rand.ChaCha8) []byte
		target  target
	}{{"mail", mail, atMost(1 / 1.5)}, {"archives", archive, atMost(1 / 1.5)}} {
		dir := filepath.Join(h.work, "files", kind.name)
		size, err := fill(dir, pick[int64](h.quick, 64<<20, 1<<30), kind.content)
		if err != nil {
			return err
		}
		ours := &command{name: "writ's packer", dir: dir, shell: `bench pack $AGENCY > "$OUT/bag.tar.zst.age"`}
		peer := &command{name: "tar, zstd -T0 -3, age, openssl dgst", dir: dir, shell: `tar -cf - . | zstd -q -T0 -3 | age -r $AGENCY > "$OUT/bag.tar.zst.age" &&
openssl dgst -sha256 "$OUT/bag.tar.zst.age"`}
		warm := func(ctx context.Context) error { return h.shell(ctx, dir, "cat * > /dev/null").Run() }
		if err := h.compare(ctx, h.rounds, warm, ours, peer); err != nil {
			return err
		}
		what := "files, " + kind.name + ", " + count(size>>20) + " MiB"
		r.tables = append(r.tables, comparison{what, []*command{ours, peer}})
		r.rows = append(r.rows, ratio("files-"+kind.name, what, ours, peer, kind.target),
			row{key: "files-" + kind.name + "-size", what: what + ": output", peer: peer.name, ours: megabytes(ours.output().median), theirs: megabytes(peer.output().median),
				value: ours.output().median / peer.output().median, target: target{}})
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

// fill makes files in dir, the same in every run, until they have size bytes.
func fill(dir string, size int64, content func(*rand.ChaCha8) []byte) (n int64, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	source := rand.NewChaCha8([32]byte{})
	for i := 0; n < size; i++ {
		b := content(source)
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%05d", i)), b, 0o600); err != nil {
			return n, err
		}
		n += int64(len(b))
	}
	return n, nil
}

// mail is words of which some are frequent, and an attachment in base64.
func mail(source *rand.ChaCha8) []byte {
	r := rand.New(source)
	words := rand.NewZipf(r, 1.1, 8, 20_000)
	var text []byte
	for len(text) < 1<<20 {
		text = fmt.Appendf(text, "%x ", (words.Uint64()+1)*2654435761%(1<<32))
	}
	attached := archive(source)[:1<<20]
	for i := 0; i < len(attached); i += 57 {
		text = append(base64.StdEncoding.AppendEncode(text, attached[i:min(i+57, len(attached))]), "\r\n"...)
	}
	return text
}

// archive is what no compressor makes smaller.
func archive(source *rand.ChaCha8) []byte {
	b := make([]byte, 4<<20)
	source.Read(b)
	return b
}

// packFiles packs the files of the folder in which it runs, sealed to a recipient.
func packFiles(ctx context.Context, recipient string, out *os.File) error {
	to, err := seal.ParseRecipient(recipient)
	if err != nil {
		return err
	}
	sum := sha256.New()
	sealed, err := seal.Seal(io.MultiWriter(out, sum), to)
	if err != nil {
		return err
	}
	w, err := pack.New(sealed, pack.Config{Name: "bench", Created: time.Now(), Seed: commit.NewSeed(), MaxBytes: 1 << 40})
	if err != nil {
		return err
	}
	if err := w.Objects(ctx, folder(".")); err != nil {
		return err
	}
	_, err = w.Close()
	// Durable it need not be: the peer's is not either.
	return errors.Join(err, sealed.Close())
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
