package commit

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// OpeningsFormat is the format version of what opens a bag's commitments.
const OpeningsFormat = "writ.commitments/v1"

// MaxOpeningsBytes bounds that file before it is parsed.
const MaxOpeningsBytes = 64 << 10

// ErrOpenings is what every error about that file wraps.
var ErrOpenings = errors.New("commitments malformed")

type openingsJSON struct {
	Format    string `json:"format"`
	Algorithm string `json:"algorithm"`
	Seed      string `json:"seed"`
}

// Openings returns the file that opens what a manifest commits to: canonical
// JSON (RFC 8785) with a final newline. It is for the inside of the encrypted
// bag; the roots and counts that it opens stand in the manifest.
func (s Seed) Openings() ([]byte, error) {
	b, err := json.Marshal(openingsJSON{OpeningsFormat, Algorithm, s.Reveal()})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOpenings, err)
	}
	v := jsontext.Value(b)
	if err := v.Canonicalize(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrOpenings, err)
	}
	return append(v, '\n'), nil
}

// ParseOpenings reads what [Seed.Openings] writes, and nothing else.
func ParseOpenings(b []byte) (Seed, error) {
	if len(b) > MaxOpeningsBytes {
		return Seed{}, fmt.Errorf("%w: %d bytes, the limit is %d", ErrOpenings, len(b), MaxOpeningsBytes)
	}
	var in openingsJSON
	if err := json.Unmarshal(b, &in, json.RejectUnknownMembers(true)); err != nil {
		return Seed{}, fmt.Errorf("%w: not JSON of this format", ErrOpenings) // its words may repeat the seed
	}
	s, err := ParseSeed(in.Seed)
	if err != nil {
		return Seed{}, fmt.Errorf("%w: %w", ErrOpenings, err)
	}
	// One form only: it fixes format and algorithm too.
	if again, err := s.Openings(); err != nil || !bytes.Equal(again, b) {
		return Seed{}, fmt.Errorf("%w: not format %s in its canonical form", ErrOpenings, OpeningsFormat)
	}
	return s, nil
}
