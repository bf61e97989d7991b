package bundle

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/ledger"
)

// A Verified is the manifest of a delivery that was checked, and what the
// ledger says of it.
type Verified struct {
	*manifest.Verified
	Inclusion *ledger.Inclusion // nil: the provider file pins no ledger
}

// Verify checks signature, signer, statement, proof, ciphertext and age header.
// What is wrong with the delivery is a *[Finding]; other errors are the
// machine's.
func Verify(ctx context.Context, d Delivery, p *trust.Provider) (*Verified, error) {
	v, f, err := verify(ctx, d, p)
	if err != nil {
		return nil, err
	}
	return v, f.Close()
}

// verify also returns the ciphertext, open at its beginning, so that what is
// decrypted is the file that was checked.
func verify(ctx context.Context, d Delivery, p *trust.Provider) (*Verified, *os.File, error) {
	text, proof, err := d.Signed()
	if err != nil {
		return nil, nil, err
	}
	v, err := VerifyManifest(text, proof, p)
	if err != nil {
		return nil, nil, err
	}
	f, size, err := open(d.Ciphertext)
	if err != nil {
		return nil, nil, err
	}
	if err := verifyCiphertext(ctx, f, size, v.Statement().Predicate); err != nil {
		f.Close()
		return nil, nil, err
	}
	return v, f, nil
}

// Signed returns the manifest and the proof as they stand in their files,
// unverified; a proof that is not there is nil.
func (d Delivery) Signed() (text, proof []byte, err error) {
	if text, err = contents(d.Manifest, manifest.MaxBytes); err != nil {
		return nil, nil, err
	}
	if proof, err = contents(d.Proof, ledger.MaxProofBytes); errors.Is(err, ErrVerify) {
		return text, nil, nil
	}
	return text, proof, err
}

// VerifyManifest checks signature, signer, statement and proof: all of a
// delivery but its ciphertext. A nil proof is one that is not there.
func VerifyManifest(text, proof []byte, p *trust.Provider) (*Verified, error) {
	m, err := verifyManifest(text, p)
	if err != nil {
		return nil, err
	}
	// The entry is exactly the bytes of the file.
	in, err := verifyProof(proof, text, m.Statement().Predicate.Times.SignedAt, p)
	if err != nil {
		return nil, err
	}
	return &Verified{Verified: m, Inclusion: in}, nil
}

// open opens a regular file: a pipe or a device could keep us waiting.
func open(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, 0, found(Missing, err, "a file of the delivery is not there")
	}
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s: not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}

// contents returns a file; of one that is too long, one byte more than the limit.
func contents(path string, limit int64) ([]byte, error) {
	f, _, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, limit+1))
}

func verifyManifest(b []byte, p *trust.Provider) (*manifest.Verified, error) {
	s, err := manifest.Parse(b)
	if err != nil {
		return nil, found(ManifestFormat, err, "the manifest is not as this format writes it")
	}
	v, err := manifest.Verify(s, p)
	switch {
	case errors.Is(err, manifest.ErrSignature):
		return nil, found(ManifestSignature, err, "the manifest was not signed by the key that it names, or was changed since")
	case err != nil:
		return nil, found(ManifestSigner, err, "the provider file does not vouch for the manifest's signer at the time of signing")
	}
	return v, nil
}

// verifyCiphertext leaves f at its beginning.
func verifyCiphertext(ctx context.Context, f *os.File, size int64, e manifest.Export) error {
	if size != e.Ciphertext.SizeBytes {
		return found(CiphertextSize, nil, "the ciphertext has %d bytes, the manifest says %d", size, e.Ciphertext.SizeBytes)
	}
	h := sha256.New()
	if _, err := io.CopyBuffer(struct{ io.Writer }{h}, until(ctx, f), make([]byte, min(size+1, 1<<20))); err != nil {
		return err
	}
	if digest.Digest(h.Sum(nil)) != e.Ciphertext.SHA256 {
		return found(CiphertextDigest, nil, "the ciphertext's SHA-256 is not the manifest's: it was changed or damaged")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	kinds, err := seal.Inspect(f)
	if err != nil {
		return found(AgeHeader, err, "the ciphertext does not begin as an age file does")
	}
	// The manifest states exactly one: see package manifest.
	if want := e.Recipients[0].Kind; len(kinds) != 1 || string(kinds[0]) != want {
		return found(RecipientsDiffer, nil, "the ciphertext is for recipients of the kinds %v, the manifest says one of kind %s", kinds, want)
	}
	_, err = f.Seek(0, io.SeekStart)
	return err
}

// A readerFunc is an io.Reader.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// until returns a reader of r that stops when ctx does.
func until(ctx context.Context, r io.Reader) io.Reader {
	return readerFunc(func(p []byte) (int, error) {
		if err := context.Cause(ctx); err != nil {
			return 0, err
		}
		return r.Read(p)
	})
}
