// Package commit ties a manifest to each record of a bundle without revealing
// any: a record is the leaf SHA-256(0x00 ‖ salt ‖ record) of an RFC 6962 tree,
// whose root is in the manifest. The salts come from a seed that is only
// inside the encrypted bag, so nothing can be guessed from a root or a path;
// and one record can later be disclosed with its salt and path alone.
//
// The salt of record i of a dataset is bytes 16·i to 16·i+15 of the AES-256-CTR
// keystream (zero IV) under HKDF-SHA256(seed, no salt, "writ/salt/v1/" ‖ dataset).
package commit

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// SeedBytes and SaltBytes are the lengths of a seed and of a salt.
const (
	SeedBytes = 32
	SaltBytes = aes.BlockSize
)

// MaxRecordBytes bounds the canonical JSON of one record, without its newline.
const MaxRecordBytes = 64 << 20

// Algorithm says in a bag how its commitments are made, for readers without this code.
const Algorithm = "leaf i = SHA-256(0x00 || salt i || record i without its newline); node = SHA-256(0x01 || left || right), RFC 6962; " +
	`salt i = bytes 16i to 16i+15 of the AES-256-CTR keystream (zero IV) under HKDF-SHA256(seed, no salt, info "writ/salt/v1/" || dataset, 32 bytes)`

// Why commitments can't be made or read.
var (
	ErrSeed    = errors.New("seed unusable")
	ErrRecords = errors.New("records unusable")
	ErrGap     = errors.New("run does not begin where the tree ends")
)

// A Seed is the secret from which salts derive. It prints as "[seed]".
type Seed struct{ raw *[SeedBytes]byte }

// NewSeed returns a random seed.
func NewSeed() Seed {
	s := Seed{raw: new([SeedBytes]byte)}
	rand.Read(s.raw[:]) // never fails: see crypto/rand
	return s
}

// ParseSeed reads the form that [Seed.Reveal] writes.
func ParseSeed(s string) (Seed, error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != SeedBytes || base64.StdEncoding.EncodeToString(b) != s {
		return Seed{}, fmt.Errorf("%w: want the base64 of %d bytes", ErrSeed, SeedBytes)
	}
	return Seed{raw: (*[SeedBytes]byte)(b)}, nil
}

// Reveal returns the seed as base64, "" for the empty one. Only the bag's writer calls it.
func (s Seed) Reveal() string {
	if s.raw == nil {
		return ""
	}
	return base64.StdEncoding.EncodeToString(s.raw[:])
}

// Format hides the seed from package fmt.
func (Seed) Format(w fmt.State, _ rune) { io.WriteString(w, "[seed]") }

// MarshalJSON refuses: a seed leaves by Reveal or not at all.
func (Seed) MarshalJSON() ([]byte, error) {
	return nil, fmt.Errorf("%w: it is not JSON", ErrSeed)
}

// Salts derives the salts of one dataset. It may be used from several goroutines.
type Salts struct{ block cipher.Block }

// Salts returns the salts of a dataset.
func (s Seed) Salts(dataset string) (*Salts, error) {
	if s.raw == nil {
		return nil, fmt.Errorf("%w: it is empty", ErrSeed)
	}
	key, err := hkdf.Key(sha256.New, s.raw[:], nil, "writ/salt/v1/"+dataset, 32)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSeed, err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrSeed, err)
	}
	return &Salts{block: block}, nil
}

// fill overwrites dst with the salts of the records from begin on. A salt is
// one block of the keystream, so the IV that starts there is begin itself.
func (s *Salts) fill(dst []byte, begin uint64) {
	var iv [aes.BlockSize]byte
	binary.BigEndian.PutUint64(iv[8:], begin)
	clear(dst)
	cipher.NewCTR(s.block, iv[:]).XORKeyStream(dst, dst)
}
