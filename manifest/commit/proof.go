package commit

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"

	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"golang.org/x/mod/sumdb/tlog"

	"writ/crypto/digest"
)

// ErrProof is what [Proof.Check] returns for a record that is not under a root.
var ErrProof = errors.New("record is not the one that was committed to")

// MaxPath is the most hashes that a path can have.
const MaxPath = 63

// A Proof ties one record to a root: its salt, and the hashes beside its way
// up, lowest first (RFC 6962, section 2.1.1). Those are salted too, so they say
// nothing of other records.
type Proof struct {
	Salt [SaltBytes]byte
	Path []digest.Digest
}

// Check returns nil if record, without a newline, is the one at index of the
// size records that root commits to.
func (p Proof) Check(record []byte, index, size uint64, root digest.Digest) error {
	if size > math.MaxInt64 || index >= size || len(p.Path) > MaxPath {
		return fmt.Errorf("%w: index %d of %d, %d hashes", ErrProof, index, size, len(p.Path))
	}
	path := make(tlog.RecordProof, len(p.Path))
	for i, h := range p.Path {
		path[i] = tlog.Hash(h)
	}
	if err := tlog.CheckRecord(path, int64(size), tlog.Hash(root), int64(index), p.leaf(record)); err != nil {
		return fmt.Errorf("%w: index %d of %d", ErrProof, index, size) // its words add nothing
	}
	return nil
}

func (p Proof) leaf(record []byte) (h tlog.Hash) {
	leaf := sha256.New()
	leaf.Write([]byte{leafPrefix})
	leaf.Write(p.Salt[:])
	leaf.Write(record)
	leaf.Sum(h[:0])
	return h
}

// A Prover makes the proof of one record while all of its dataset pass by.
type Prover struct {
	salts       *Salts
	index, size uint64
	tree        *compact.Range
	want        proof.Nodes
	have        map[compact.NodeID][]byte
	proof       Proof
}

// Prove returns a prover for the record at index, of size.
func (s *Salts) Prove(index, size uint64) (*Prover, error) {
	want, err := proof.Inclusion(index, size)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecords, err)
	}
	p := &Prover{salts: s, index: index, size: size, tree: trees.NewEmptyRange(0), want: want, have: map[compact.NodeID][]byte{}}
	for _, id := range want.IDs {
		p.have[id] = nil
	}
	return p, nil
}

// Add takes the next record, without its newline.
func (p *Prover) Add(record []byte) error {
	at := p.tree.End()
	var salted Proof
	p.salts.fill(salted.Salt[:], at)
	if at == p.index {
		p.proof.Salt = salted.Salt
	}
	leaf := salted.leaf(record)
	err := p.tree.Append(leaf[:], func(id compact.NodeID, hash []byte) {
		if _, ok := p.have[id]; ok {
			p.have[id] = hash
		}
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRecords, err)
	}
	return nil
}

// Proof returns the proof once all records have passed by, and the root that
// it leads to.
func (p *Prover) Proof() (Proof, digest.Digest, error) {
	if p.tree.End() != p.size {
		return Proof{}, digest.Digest{}, fmt.Errorf("%w: %d of %d were seen", ErrRecords, p.tree.End(), p.size)
	}
	root, err := p.tree.GetRootHash(nil)
	if err != nil {
		return Proof{}, digest.Digest{}, fmt.Errorf("%w: %w", ErrRecords, err)
	}
	beside := make([][]byte, len(p.want.IDs))
	for i, id := range p.want.IDs {
		beside[i] = p.have[id]
	}
	path, err := p.want.Rehash(beside, trees.Hash)
	if err != nil {
		return Proof{}, digest.Digest{}, fmt.Errorf("%w: %w", ErrRecords, err)
	}
	out := Proof{Salt: p.proof.Salt, Path: make([]digest.Digest, len(path))}
	for i, h := range path {
		out.Path[i] = digest.Digest(h)
	}
	return out, digest.Digest(root), nil
}
