package transparency

import (
	"bytes"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// JSON returns the report as published: the same report is always the same
// bytes, indented by two spaces, ending in a newline.
func (r *Report) JSON() ([]byte, error) {
	b, err := json.Marshal(r, jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return append(b, '\n'), nil
}

// Parse reads what [Report.JSON] wrote, and nothing else: any other bytes for
// the same report are refused, and so is a report that breaks its own rules.
func Parse(b []byte) (*Report, error) {
	if len(b) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, limit is %d", ErrFormat, len(b), MaxBytes)
	}
	r := new(Report)
	if err := json.Unmarshal(b, r, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	again, err := r.JSON()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(again, b) {
		return nil, fmt.Errorf("%w: not in the one form that a report has, as writ report wrote it", ErrFormat)
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return r, nil
}
