package ledger

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
)

// A bundle that is read says what its bytes say.
func FuzzParseBundle(f *testing.F) {
	f.Add([]byte{}, 1)
	f.Add([]byte{0, 1, 'a'}, 1)
	f.Add([]byte{0, 1, 'a', 0, 2, 'b', 'c'}, 2)
	f.Add([]byte{0, 1, 'a', 0, 2, 'b'}, 2)
	f.Add([]byte{0, 1, 'a', 0}, 1)
	f.Add(bytes.Repeat([]byte{0, 1, 'a'}, 256), 256)
	f.Add(bytes.Repeat([]byte{0, 1, 'a'}, 256), 7)
	f.Add(bytes.Repeat([]byte{0, 1, 'a'}, 257), 256)
	f.Fuzz(func(t *testing.T, b []byte, width int) {
		if width < 1 || width > tileWidth {
			return
		}
		entries, err := parseBundle(b, 0, width)
		if err != nil {
			if entries != nil || !errors.Is(err, ErrCorrupt) {
				t.Fatalf("%d entries, %v", len(entries), err)
			}
			return
		}
		var back []byte
		for _, e := range entries {
			back = append(binary.BigEndian.AppendUint16(back, uint16(len(e))), e...)
		}
		if len(entries) != width || !bytes.HasPrefix(b, back) || (len(back) != len(b) && bytes.Count(b, nil) < tileWidth) {
			t.Fatalf("%d entries of %d bytes", len(entries), len(b))
		}
	})
}
