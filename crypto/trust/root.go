package trust

import (
	"fmt"

	"writ/crypto/sign"
)

// MaxRootKeys bounds the keys of a root.
const MaxRootKeys = sign.MaxSignatures

// A Root is the pin outside the registry: whose signatures make it the registry.
type Root struct {
	Threshold  int              `json:"threshold"`
	Keys       []sign.PublicKey `json:"keys"`
	MinVersion int              `json:"min_version,omitzero"`
}

// ParseRoot reads a root strictly: 1 <= threshold <= number of distinct keys.
func ParseRoot(b []byte) (Root, error) {
	var r Root
	if err := decode(b, &r); err != nil {
		return Root{}, err
	}
	if err := r.check(); err != nil {
		return Root{}, err
	}
	return r, nil
}

// Marshal returns the root as indented JSON.
func (r Root) Marshal() ([]byte, error) { return encode(r) }

func (r Root) check() error {
	ids := map[sign.KeyID]int{}
	for i, k := range r.Keys {
		id := k.ID()
		if id == "" {
			return fmt.Errorf("%w: root: key %d is missing", ErrFormat, i+1)
		}
		if first := ids[id]; first != 0 {
			return fmt.Errorf("%w: root: key %d is key %d again", ErrFormat, i+1, first)
		}
		ids[id] = i + 1
	}
	switch {
	case len(r.Keys) > MaxRootKeys:
		return fmt.Errorf("%w: root: %d keys, limit is %d", ErrFormat, len(r.Keys), MaxRootKeys)
	case r.Threshold < 1 || r.Threshold > len(r.Keys):
		return fmt.Errorf("%w: root: threshold %d, want 1 to %d, the number of keys", ErrFormat, r.Threshold, len(r.Keys))
	case r.MinVersion < 0 || r.MinVersion > maxVersion:
		return fmt.Errorf("%w: root: min_version %d, want 0 to %d", ErrFormat, r.MinVersion, maxVersion)
	}
	return nil
}

// Signers returns which of the root's keys signed the envelope, each once.
func (r Root) Signers(e *sign.Envelope) []sign.KeyID {
	var ids []sign.KeyID
	for _, k := range r.Keys {
		if e.Purpose == sign.ForRegistry && e.SignedBy(k) {
			ids = append(ids, k.ID())
		}
	}
	return ids
}
