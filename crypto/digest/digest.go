// Package digest names content by its SHA-256.
//
// A [Digest] prints and travels in JSON as "sha256:" and 64 lower-case hex
// digits; nothing else is accepted back.
package digest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// A Digest is the SHA-256 of some bytes. The zero Digest stands for "none".
type Digest [sha256.Size]byte

// ErrFormat is returned for text that is not a digest.
var ErrFormat = errors.New(`not a digest: want "sha256:" and 64 lower-case hex digits`)

// Of returns the digest of b.
func Of(b []byte) Digest { return sha256.Sum256(b) }

// Parse reads the form that [Digest.String] writes.
func Parse(s string) (d Digest, err error) {
	err = d.UnmarshalText([]byte(s))
	return d, err
}

// ParseHex reads 64 lower-case hex digits, as in-toto and sha256sum write them.
func ParseHex(s string) (Digest, error) { return parseHex([]byte(s)) }

func parseHex(digits []byte) (Digest, error) {
	var d Digest
	if len(digits) != 2*len(d) || bytes.ContainsAny(digits, "ABCDEF") {
		return Digest{}, ErrFormat
	}
	if _, err := hex.Decode(d[:], digits); err != nil {
		return Digest{}, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return d, nil
}

// Hex returns the 64 digits alone.
func (d Digest) Hex() string { return hex.EncodeToString(d[:]) }

// String returns "sha256:" and the digits.
func (d Digest) String() string { return "sha256:" + d.Hex() }

// IsZero reports whether d stands for "none".
func (d Digest) IsZero() bool { return d == Digest{} }

// AppendText implements [encoding.TextAppender].
func (d Digest) AppendText(b []byte) ([]byte, error) {
	return hex.AppendEncode(append(b, "sha256:"...), d[:]), nil
}

// MarshalText implements [encoding.TextMarshaler].
func (d Digest) MarshalText() ([]byte, error) { return d.AppendText(nil) }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (d *Digest) UnmarshalText(b []byte) error {
	digits, ok := bytes.CutPrefix(b, []byte("sha256:"))
	if !ok {
		digits = nil
	}
	v, err := parseHex(digits)
	*d = v
	return err
}
