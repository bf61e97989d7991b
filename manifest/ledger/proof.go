package ledger

import (
	"bytes"
	"fmt"

	"github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Proof shows that an entry stands in a ledger. It is text that belongs
// beside the entry (c2sp.org/tlog-proof, extension .tlog-proof). One that was
// read from outside says nothing until [CheckProof] has said so.
type Proof struct {
	index int64
	text  []byte
}

// Index returns where the entry stands, counted from zero.
func (p Proof) Index() int64 { return p.index }

// Bytes returns the text.
func (p Proof) Bytes() []byte { return append([]byte(nil), p.text...) }

// An Inclusion is what a checked proof says.
type Inclusion struct {
	Index      int64
	Checkpoint *Checkpoint // the earliest known to hold the entry
}

// CheckProof verifies, offline, that entry stands in the ledger whose key is
// pinned, under a checkpoint that is cosigned as the policy asks. The proof
// must be exactly what [Log.Append] writes: the format's extra line is refused.
func CheckProof(text, entry []byte, key note.Verifier, p Policy) (*Inclusion, error) {
	if err := checkEntry(entry); err != nil {
		return nil, err
	}
	parsed, err := parseProof(text)
	if err != nil {
		return nil, err
	}
	c, err := OpenCheckpoint(parsed.Checkpoint, key, p)
	if err != nil {
		return nil, err
	}
	if parsed.Index >= uint64(c.size) {
		return nil, fmt.Errorf("%w: index %d of %d", ErrInclusion, parsed.Index, c.size)
	}
	hashes := make(tlog.RecordProof, len(parsed.Hashes))
	for i, h := range parsed.Hashes {
		hashes[i] = h
	}
	index := int64(parsed.Index)
	if err := tlog.CheckRecord(hashes, c.size, c.root, index, Leaf(entry)); err != nil {
		return nil, fmt.Errorf("%w: index %d of %d", ErrInclusion, index, c.size)
	}
	return &Inclusion{Index: index, Checkpoint: c}, nil
}

// parseProof reads the text strictly. Nothing in it is believed yet.
func parseProof(text []byte) (*proof.TLogProof, error) {
	if len(text) > MaxProofBytes {
		return nil, fmt.Errorf("%w: %d bytes, limit is %d", ErrProof, len(text), MaxProofBytes)
	}
	var p proof.TLogProof
	if err := p.Unmarshal(text); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrProof, err)
	}
	switch {
	case p.ExtraData != nil:
		return nil, fmt.Errorf("%w: has an extra line", ErrProof)
	case len(p.Hashes) > 63:
		return nil, fmt.Errorf("%w: %d hashes", ErrProof, len(p.Hashes))
	// Unmarshal takes other line ends, an unfinished last line, leading zeros
	// and loose base64: one proof has one text.
	case !bytes.Equal(p.Marshal(), text):
		return nil, fmt.Errorf("%w: not in its canonical form", ErrProof)
	}
	return &p, nil
}

func newProof(index int64, hashes tlog.RecordProof, c *Checkpoint) Proof {
	p := proof.TLogProof{Index: uint64(index), Checkpoint: c.note}
	for _, h := range hashes {
		p.Hashes = append(p.Hashes, h)
	}
	return Proof{index: index, text: p.Marshal()}
}
