// Package exhibit discloses one record of a bundle, and proves that it stood
// there: to a court, say, while the rest stays sealed.
//
// An exhibit is one small file: the record, its salt, its path to the root of
// its dataset, and the signed manifest that holds the root. [Verify] checks it
// with nothing but the provider file. It shows which place the record has in
// its dataset; of other records it shows hashes that are salted with what only
// the bag holds, so nobody can find out by guessing what they say. It discloses
// a whole record, never some of its fields: see docs/decisions/0008-whole-records.md.
package exhibit

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"writ/crypto/digest"
	"writ/manifest/commit"
)

// FormatVersion is the format of an exhibit.
const FormatVersion = "writ.exhibit/v1"

// MaxBytes bounds an exhibit before it is parsed: a record, of which JSON may
// need two bytes for one, and a manifest and a proof beside it.
const MaxBytes = 2*commit.MaxRecordBytes + 1<<20

// ErrFormat is what every error about an exhibit's form wraps.
var ErrFormat = errors.New("exhibit malformed")

// An Exhibit is a parsed one. Nothing in it is believed.
type Exhibit struct {
	dataset         string
	index           uint64
	record          []byte
	proof           commit.Proof
	manifest, entry []byte // entry is the proof of the manifest's place in the ledger, or nil
}

// fileJSON is the file. What is hashed or signed is text in it, so that every
// reader of JSON gets the very bytes.
type fileJSON struct {
	Dataset     string          `json:"dataset"`
	Format      string          `json:"format"`
	Index       uint64          `json:"index"`
	LedgerProof string          `json:"ledger_proof,omitzero"`
	Manifest    string          `json:"manifest"`
	Path        []digest.Digest `json:"path"`
	Record      string          `json:"record"`
	Salt        string          `json:"salt"`
}

// marshal returns the one form of the exhibit: canonical JSON (RFC 8785) with
// a final newline.
func (e *Exhibit) marshal() ([]byte, error) {
	b, err := json.Marshal(fileJSON{
		Dataset: e.dataset, Format: FormatVersion, Index: e.index, LedgerProof: string(e.entry), Manifest: string(e.manifest),
		Path: e.proof.Path, Record: string(e.record), Salt: hex.EncodeToString(e.proof.Salt[:]),
	})
	if err != nil {
		return nil, fmt.Errorf("%w: it can't be JSON", ErrFormat) // the words behind may repeat the record
	}
	v := jsontext.Value(b)
	if err := v.Canonicalize(); err != nil {
		return nil, fmt.Errorf("%w: it can't be canonical JSON", ErrFormat)
	}
	if len(v) >= MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrFormat, len(v)+1, MaxBytes)
	}
	return append(v, '\n'), nil
}

// Parse reads an exhibit strictly: a byte that differs from what [Make] would
// write is refused. Errors wrap [ErrFormat] and repeat nothing of the record.
func Parse(b []byte) (*Exhibit, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrFormat, len(b), MaxBytes)
	}
	var in fileJSON
	if err := json.Unmarshal(b, &in, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: not JSON of this format", ErrFormat)
	}
	salt, err := hex.DecodeString(in.Salt)
	if err != nil || len(salt) != commit.SaltBytes || len(in.Path) > commit.MaxPath {
		return nil, fmt.Errorf("%w: the salt is not %d bytes in hex, or the path has more than %d hashes", ErrFormat, commit.SaltBytes, commit.MaxPath)
	}
	e := &Exhibit{
		dataset: in.Dataset, index: in.Index, record: []byte(in.Record), manifest: []byte(in.Manifest),
		proof: commit.Proof{Salt: [commit.SaltBytes]byte(salt), Path: in.Path},
	}
	if in.LedgerProof != "" {
		e.entry = []byte(in.LedgerProof)
	}
	// One form only: it fixes the version, the order of members and every spelling.
	if again, err := e.marshal(); err != nil || !bytes.Equal(again, b) {
		return nil, fmt.Errorf("%w: not format %s in its canonical form", ErrFormat, FormatVersion)
	}
	return e, nil
}
