package order

import (
	"errors"
	"time"
)

// An Instant is a time that also remembers how it was written: RFC 3339 with
// its zone. It marshals as it was written.
type Instant struct {
	t       time.Time
	written string
}

var errInstant = errors.New("not a time: write it as 2026-03-01T00:00:00Z or 2026-03-01T00:00:00+01:00, between 1970 and 9999")

// RFC 3339, section 4.3: "-00:00" says that the zone is not known, so it is
// refused: an hour of doubt is enough to hand over the wrong session.
var rfc3339 = form(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|\+([01][0-9]|2[0-3]):[0-5][0-9]|-(0[1-9]|1[0-9]|2[0-3]):[0-5][0-9]|-00:(0[1-9]|[1-5][0-9]))$`)

// At returns the instant t, written in UTC. The zero time gives the zero
// Instant; a year that RFC 3339 can't write gives one that [New] refuses.
func At(t time.Time) Instant {
	if t.IsZero() {
		return Instant{}
	}
	t = t.Round(0).UTC() // without the monotonic clock
	return Instant{t: t, written: t.Format(time.RFC3339Nano)}
}

// ParseInstant reads RFC 3339 with a zone, to at most a nanosecond.
func ParseInstant(s string) (Instant, error) {
	if !rfc3339().MatchString(s) {
		return Instant{}, errInstant
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil { // its message repeats s
		return Instant{}, errInstant
	}
	t = t.UTC()
	if y := t.Year(); y < 1970 || y > 9999 {
		return Instant{}, errInstant
	}
	return Instant{t: t, written: s}, nil
}

// UTC returns the time in UTC.
func (i Instant) UTC() time.Time { return i.t }

// String returns the instant as it was written.
func (i Instant) String() string { return i.written }

// IsZero reports whether i was not given.
func (i Instant) IsZero() bool { return i.written == "" }

// MarshalText implements [encoding.TextMarshaler].
func (i Instant) MarshalText() ([]byte, error) { return []byte(i.written), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (i *Instant) UnmarshalText(b []byte) error {
	v, err := ParseInstant(string(b))
	if err != nil {
		return err
	}
	*i = v
	return nil
}
