package transparency

import (
	"fmt"
	"time"
)

// A HalfYear is six months in UTC, from January or from July. It prints and
// travels as "2026-H1".
type HalfYear struct {
	Year int
	Half int // 1 or 2
}

// HalfOf returns the half-year in which t lies, in UTC.
func HalfOf(t time.Time) HalfYear {
	t = t.UTC()
	return HalfYear{t.Year(), (int(t.Month())-1)/6 + 1}
}

// Start is the first instant of h.
func (h HalfYear) Start() time.Time {
	return time.Date(h.Year, time.Month(6*(h.Half-1)+1), 1, 0, 0, 0, 0, time.UTC)
}

// End is the first instant after h.
func (h HalfYear) End() time.Time { return h.Start().AddDate(0, 6, 0) }

// Next is the half-year after h.
func (h HalfYear) Next() HalfYear { return HalfOf(h.End()) }

// IsZero reports whether h stands for "none".
func (h HalfYear) IsZero() bool { return h == HalfYear{} }

func (h HalfYear) valid() bool {
	return h.Year >= 1 && h.Year <= 9999 && (h.Half == 1 || h.Half == 2)
}

// ParseHalfYear reads the form that [HalfYear.String] writes.
func ParseHalfYear(s string) (HalfYear, error) {
	var h HalfYear
	if _, err := fmt.Sscanf(s, "%4d-H%1d", &h.Year, &h.Half); err != nil || !h.valid() || h.String() != s {
		return HalfYear{}, fmt.Errorf("%w: %.20q is not a half-year such as 2026-H1", ErrFormat, s)
	}
	return h, nil
}

// String returns a form such as "2026-H1", which sorts by time.
func (h HalfYear) String() string { return fmt.Sprintf("%04d-H%d", h.Year, h.Half) }

// MarshalText implements [encoding.TextMarshaler].
func (h HalfYear) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (h *HalfYear) UnmarshalText(b []byte) error {
	v, err := ParseHalfYear(string(b))
	*h = v
	return err
}
