package trust

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// decode reads b into v. A document says each thing in one way: what writing v
// again would spell differently, white space and order aside, is refused. So
// null, a missing list, the year 1 for "no time" and a key in another PEM all
// fail, and no two readers can take different things from one signature.
func decode(b []byte, v any) error {
	if len(b) > MaxBytes {
		return fmt.Errorf("%w: %d bytes, limit is %d", ErrFormat, len(b), MaxBytes)
	}
	if err := json.Unmarshal(b, v, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	again, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	was, is := jsontext.Value(bytes.Clone(b)), jsontext.Value(again)
	if err := was.Canonicalize(); err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if err := is.Canonicalize(); err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if !bytes.Equal(was, is) {
		return fmt.Errorf("%w: %s is missing, empty, null or not in its one form (times end in Z, keys are PEM as writ key show prints them)",
			ErrFormat, firstDifference(was, is))
	}
	return nil
}

// firstDifference returns where two canonical forms part.
func firstDifference(a, b []byte) jsontext.Pointer {
	da, db := jsontext.NewDecoder(bytes.NewReader(a)), jsontext.NewDecoder(bytes.NewReader(b))
	for {
		ta, errA := da.ReadToken()
		tb, errB := db.ReadToken()
		if errA != nil || errB != nil {
			return ""
		}
		if ta.Kind() == tb.Kind() && ta.String() == tb.String() {
			continue
		}
		pa, pb := da.StackPointer(), db.StackPointer()
		switch {
		case ta.Kind() == '}' || ta.Kind() == ']':
			return pb // b goes on
		case tb.Kind() == '}' || tb.Kind() == ']':
			return pa
		}
		return min(pa, pb) // members are sorted: the lesser name is the one that the other lacks
	}
}
