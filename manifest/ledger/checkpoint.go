package ledger

import (
	"errors"
	"fmt"
	"time"

	flog "github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Checkpoint commits to a ledger's first Size entries. Only [OpenCheckpoint]
// and what calls it make one, so its signatures have been verified.
type Checkpoint struct {
	origin    string
	size      int64
	root      Hash
	cosigned  []Cosignature
	note      []byte
	satisfied error
}

// A Cosignature says which witness of a policy has cosigned, and when.
type Cosignature struct {
	Witness string    `json:"witness"`
	At      time.Time `json:"at"`
}

// Origin returns the name of the ledger.
func (c *Checkpoint) Origin() string { return c.origin }

// Size returns how many entries it commits to.
func (c *Checkpoint) Size() int64 { return c.size }

// Root returns the root of the tree over them.
func (c *Checkpoint) Root() Hash { return c.root }

// Cosigned returns the verified cosignatures of the policy's witnesses.
func (c *Checkpoint) Cosigned() []Cosignature { return append([]Cosignature(nil), c.cosigned...) }

// Note returns the signed note itself.
func (c *Checkpoint) Note() []byte { return append([]byte(nil), c.note...) }

func (c *Checkpoint) tree() tlog.Tree { return tlog.Tree{N: c.size, Hash: c.root} }

// OpenCheckpoint verifies a checkpoint (c2sp.org/tlog-checkpoint): it is
// signed by the ledger's key and cosigned as the policy asks. The ledger's
// origin is the key's name. Extension lines are refused.
func OpenCheckpoint(text []byte, key note.Verifier, p Policy) (*Checkpoint, error) {
	c, err := openCheckpoint(text, key, p)
	if err != nil {
		return nil, err
	}
	if c.satisfied != nil {
		return nil, c.satisfied
	}
	return c, nil
}

// openCheckpoint leaves it to the caller to ask whether the policy is
// satisfied: a ledger that got witnesses only now has a checkpoint without.
func openCheckpoint(text []byte, key note.Verifier, p Policy) (*Checkpoint, error) {
	if len(text) > MaxCheckpointBytes {
		return nil, fmt.Errorf("%w: %d bytes, limit is %d", ErrCheckpoint, len(text), MaxCheckpointBytes)
	}
	n, err := note.Open(text, note.VerifierList(append(p.verifiers(), key)...))
	if unverified, ok := errors.AsType[*note.UnverifiedNoteError](err); ok {
		n = unverified.Note // to say below whose it is
	} else if invalid, ok := errors.AsType[*note.InvalidSignatureError](err); ok {
		if invalid.Name == key.Name() && invalid.Hash == key.KeyHash() {
			return nil, fmt.Errorf("%w: %w", ErrSignature, err)
		}
		return nil, fmt.Errorf("%w: %w", ErrWitness, err)
	} else if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}

	var parsed flog.Checkpoint
	rest, err := parsed.Unmarshal([]byte(n.Text))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	case len(rest) > 0 || string(parsed.Marshal()) != n.Text:
		return nil, fmt.Errorf("%w: want exactly the lines origin, size and root", ErrCheckpoint)
	case len(parsed.Hash) != tlog.HashSize:
		return nil, fmt.Errorf("%w: root of %d bytes", ErrCheckpoint, len(parsed.Hash))
	case parsed.Size > maxSize:
		return nil, fmt.Errorf("%w: size %d, limit is %d", ErrCheckpoint, parsed.Size, int64(maxSize))
	case parsed.Size == 0 && Hash(parsed.Hash) != emptyRoot:
		return nil, fmt.Errorf("%w: a ledger without entries has another root", ErrCheckpoint)
	case parsed.Origin != key.Name():
		return nil, fmt.Errorf("%w: %q, pinned is %q", ErrOrigin, parsed.Origin, key.Name())
	}

	c := &Checkpoint{origin: parsed.Origin, size: int64(parsed.Size), root: Hash(parsed.Hash), note: append([]byte(nil), text...)}
	signed := false
	for _, s := range n.Sigs {
		if s.Name == key.Name() && s.Hash == key.KeyHash() {
			signed = true
			continue
		}
		at, err := fnote.CoSigV1Timestamp(s)
		if err != nil {
			return nil, fmt.Errorf("%w: cosignature of %s: %w", ErrCheckpoint, s.Name, err)
		}
		c.cosigned = append(c.cosigned, Cosignature{Witness: s.Name, At: at.UTC()})
	}
	if !signed {
		return nil, ErrSignature
	}
	if len(c.cosigned) < p.quorum {
		c.satisfied = fmt.Errorf("%w: %d of %d, want %d", ErrWitness, len(c.cosigned), len(p.witnesses), p.quorum)
	}
	return c, nil
}
