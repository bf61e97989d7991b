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
	"writ/crypto/digest"
)

// SeedBytes and SaltBytes are the lengths of a seed and of a salt.
const (
	SeedBytes = 32
	SaltBytes = 16
)

// A Seed is the secret from which salts derive. It prints as "[seed]".
type Seed struct{ raw *[SeedBytes]byte }

// NewSeed returns a random seed.
func NewSeed() Seed { panic("unwritten") }

// ParseSeed reads the form that [Seed.Reveal] writes.
func ParseSeed(s string) (Seed, error) { panic("unwritten") }

// Reveal returns the seed as base64. Only the bag's writer calls it.
func (s Seed) Reveal() string { panic("unwritten") }

// Salts derives the salts of one dataset. It may be used from several goroutines.
type Salts struct{}

// Salts returns the salts of a dataset.
func (s Seed) Salts(dataset string) (*Salts, error) { panic("unwritten") }

// A Run is the tree over the consecutive records [begin, end), ready to be
// joined with its neighbours.
type Run struct{}

// Leaves hashes consecutive records, of which the first has index begin.
// records holds them back to back, each with a final newline that is not
// hashed, and ends the offset after each newline.
func (s *Salts) Leaves(begin uint64, records []byte, ends []int) (*Run, error) { panic("unwritten") }

// A Tree joins runs in order.
type Tree struct{}

// NewTree returns the empty tree.
func NewTree() *Tree { panic("unwritten") }

// Append joins the next run, which must begin where the tree ends.
func (t *Tree) Append(r *Run) error { panic("unwritten") }

// Size returns the number of records.
func (t *Tree) Size() uint64 { panic("unwritten") }

// Root returns the tree's root.
func (t *Tree) Root() (digest.Digest, error) { panic("unwritten") }
