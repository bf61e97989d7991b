// Package bundle checks and opens a delivery: the ciphertext and the manifest
// beside it.
//
// [Verify] needs no decryption key; [Open] verifies first, then decrypts,
// checks the bag and every record, and only then is there anything to see: all
// or nothing. Nothing in a delivery is trusted: paths that escape, sizes that
// lie and members nobody announced are refused.
package bundle

import (
	"context"
	"errors"
	"fmt"

	"writ/crypto/seal"
	"writ/crypto/trust"
	"writ/manifest"
)

// ErrVerify is the family of everything that can be wrong with a delivery.
var ErrVerify = errors.New("verification failed")

// A Code names what is wrong, for machines: stable, documented in docs/formats.md.
type Code string

// A Finding is one way in which a delivery failed. It wraps ErrVerify.
type Finding struct {
	Code Code
	What string // a sentence for people: the thing, what was expected
}

func (f *Finding) Error() string { return fmt.Sprintf("%v: %s: %s", ErrVerify, f.Code, f.What) }

// Unwrap returns ErrVerify.
func (f *Finding) Unwrap() error { return ErrVerify }

// A Delivery is the paths of what was delivered.
type Delivery struct {
	Ciphertext string // *.tar.zst.age
	Manifest   string // *.sigstore.json
}

// Find locates the files of a delivery: path is its folder, its ciphertext or its manifest.
func Find(path string) (Delivery, error) { panic("unwritten") }

// Verify checks signature, signer, statement, ciphertext and age header. Each
// failure is a *[Finding].
func Verify(ctx context.Context, d Delivery, p *trust.Provider) (*manifest.Verified, error) {
	panic("unwritten")
}

// Options of [Open].
type Options struct {
	MaxBytes int64 // of all that is written; zero means what the manifest states
	Workers  int   // zero means GOMAXPROCS
	Progress func(written int64)
}

// Open verifies, decrypts and checks everything, and leaves the bag as
// dir, which must not exist yet. On any error dir does not exist either.
func Open(ctx context.Context, d Delivery, p *trust.Provider, id seal.Identity, dir string, o Options) (*manifest.Verified, error) {
	panic("unwritten")
}
