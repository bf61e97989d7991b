package trust

import (
	"errors"
	"time"
)

// A Validity is the time in which an entry counts: [From, Until), and never at
// or after RevokedAt. A zero time leaves that end open.
type Validity struct {
	From      time.Time `json:"valid_from,omitzero"`
	Until     time.Time `json:"valid_until,omitzero"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	Reason    string    `json:"revocation_reason,omitzero"`
}

// At returns nil if the entry counts at t, or ErrNotYet, ErrExpired, ErrRevoked.
//
// The zero time is no time: nothing counts then.
func (v Validity) At(t time.Time) error {
	switch {
	case !v.RevokedAt.IsZero() && !t.Before(v.RevokedAt):
		return ErrRevoked
	case t.IsZero() || t.Before(v.From):
		return ErrNotYet
	case !v.Until.IsZero() && !t.Before(v.Until):
		return ErrExpired
	}
	return nil
}

// AtOrAfter returns nil if the entry counts at t or at some time after it.
func (v Validity) AtOrAfter(t time.Time) error {
	if !t.IsZero() && t.Before(v.From) {
		t = v.From
	}
	return v.At(t)
}

// check reports what is wrong with the interval itself.
func (v Validity) check() error {
	for _, t := range []time.Time{v.From, v.Until, v.RevokedAt} {
		if _, offset := t.Zone(); offset != 0 {
			return errors.New("times must be in UTC, with a Z at the end")
		}
	}
	switch {
	case !v.Until.IsZero() && !v.From.Before(v.Until):
		return errors.New("valid_until must be later than valid_from")
	case !v.RevokedAt.IsZero() && v.RevokedAt.Before(v.From):
		return errors.New("revoked_at is earlier than valid_from; to revoke from the start, make them equal")
	case v.RevokedAt.IsZero() && v.Reason != "":
		return errors.New("revocation_reason without revoked_at")
	}
	return checkText("revocation_reason", v.Reason, 0)
}
