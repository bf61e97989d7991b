package commit

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"writ/crypto/digest"
)

// OpeningsFormat is the format version of a bag's commitments.
const OpeningsFormat = "writ.commitments/v1"

// MaxOpeningsBytes bounds a bag's commitments before they are parsed.
const MaxOpeningsBytes = 1 << 20

// ErrOpenings is what every error about a bag's commitments wraps.
var ErrOpenings = errors.New("commitments malformed")

// Openings open what a manifest commits to. They stand only inside the encrypted bag.
type Openings struct {
	Seed     Seed
	Datasets []Opening // by name; those that were pulled
}

// An Opening is the root of one dataset's records, and over how many.
type Opening struct {
	Name    string        `json:"name"`
	Records int64         `json:"records"`
	Root    digest.Digest `json:"root"`
}

type openingsJSON struct {
	Format    string    `json:"format"`
	Algorithm string    `json:"algorithm"`
	Seed      string    `json:"seed"`
	Datasets  []Opening `json:"datasets"`
}

// Marshal returns the file's bytes: canonical JSON (RFC 8785) with a final newline.
func (o Openings) Marshal() ([]byte, error) {
	b, err := json.Marshal(openingsJSON{OpeningsFormat, Algorithm, o.Seed.Reveal(), o.Datasets})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOpenings, err)
	}
	v := jsontext.Value(b)
	if err := v.Canonicalize(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOpenings, err)
	}
	return append(v, '\n'), nil
}

// ParseOpenings reads what [Openings.Marshal] writes, and nothing else.
func ParseOpenings(b []byte) (Openings, error) {
	if len(b) > MaxOpeningsBytes {
		return Openings{}, fmt.Errorf("%w: %d bytes, the limit is %d", ErrOpenings, len(b), MaxOpeningsBytes)
	}
	var in openingsJSON
	if err := json.Unmarshal(b, &in, json.RejectUnknownMembers(true)); err != nil {
		return Openings{}, fmt.Errorf("%w: not JSON of this format", ErrOpenings) // its words may repeat the seed
	}
	seed, err := ParseSeed(in.Seed)
	if err != nil {
		return Openings{}, fmt.Errorf("%w: %w", ErrOpenings, err)
	}
	for i, d := range in.Datasets {
		if d.Name == "" || d.Records < 0 || d.Root.IsZero() || i > 0 && d.Name <= in.Datasets[i-1].Name {
			return Openings{}, fmt.Errorf("%w: datasets must be named, counted, rooted and sorted", ErrOpenings)
		}
	}
	o := Openings{Seed: seed, Datasets: in.Datasets}
	// One form only: it fixes format and algorithm too.
	if again, err := o.Marshal(); err != nil || !bytes.Equal(again, b) {
		return Openings{}, fmt.Errorf("%w: not format %s in its canonical form", ErrOpenings, OpeningsFormat)
	}
	return o, nil
}
