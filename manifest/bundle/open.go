package bundle

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/frame"
)

// Options of [Open].
type Options struct {
	MaxBytes int64 // of all that is written; zero means what the manifest states
	Workers  int   // zero means GOMAXPROCS, but at most 4
	Progress func(written int64)
}

// Page is the readable page that [Open] writes beside the bag.
const Page = "index.html"

// Open verifies, decrypts and checks everything, and leaves the bag and a
// readable page as dir/<export-id>/ and dir/index.html. dir must not exist
// yet; on any error it does not exist either.
func Open(ctx context.Context, d Delivery, p *trust.Provider, id seal.Identity, dir string, o Options) (*Verified, error) {
	if o.Workers <= 0 {
		// As fast as one goroutine writes and hashes files. More would only take memory.
		o.Workers = min(runtime.GOMAXPROCS(0), 4)
	}
	dir = filepath.Clean(dir)
	switch _, err := os.Lstat(dir); {
	case err == nil:
		return nil, ErrExists
	case !errors.Is(err, os.ErrNotExist):
		return nil, err
	}
	// Nobody's bytes are decrypted or unpacked before the provider's signature
	// on their digest has been checked.
	v, f, err := verify(ctx, d, p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// What is not checked to the end stands under a name that says so, in a
	// folder that only its owner can enter.
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".writ-open-")
	if err != nil {
		return nil, err
	}
	if err := unpack(ctx, v.Statement(), f, id, tmp, o); err != nil {
		return nil, errors.Join(err, os.RemoveAll(tmp))
	}
	if err := os.Rename(tmp, dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(tmp))
	}
	return v, nil
}

// unpack decrypts f into the folder tmp and checks all of it.
func unpack(ctx context.Context, s manifest.Statement, f *os.File, id seal.Identity, tmp string, o Options) error {
	root, err := os.OpenRoot(tmp)
	if err != nil {
		return err
	}
	defer root.Close()
	// The digest is computed once more: the file may have changed since.
	h := sha256.New()
	plain, err := seal.Open(io.TeeReader(until(ctx, f), h), id)
	switch {
	case errors.Is(err, seal.ErrNotForYou):
		return found(NotForYou, err, "the ciphertext can't be opened with this identity")
	case errors.Is(err, seal.ErrSealed), errors.Is(err, seal.ErrHeader):
		return found(CiphertextDamaged, err, "the ciphertext can't be decrypted")
	case err != nil:
		return err
	}
	content, err := frame.NewReader(ctx, plain, o.Workers)
	if err != nil {
		return err
	}
	defer content.Close()
	u := newUnpacker(s, root, o)
	if err := u.all(ctx, content); err != nil {
		return named(err)
	}
	if digest.Digest(h.Sum(nil)) != s.Predicate.Ciphertext.SHA256 {
		return found(CiphertextDigest, nil, "the ciphertext changed while it was read")
	}
	return u.page()
}

// named turns an error of a layer below into a finding, and leaves the machine's as they are.
func named(err error) error {
	switch {
	case errors.Is(err, ErrVerify):
		return err
	case errors.Is(err, seal.ErrSealed):
		return found(CiphertextDamaged, err, "the ciphertext can't be decrypted to its end")
	case errors.Is(err, frame.ErrFrame):
		return found(PayloadFrames, err, "the payload can't be decompressed")
	}
	return fmt.Errorf("opening the bundle: %w", err)
}
