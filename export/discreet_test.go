package export_test

import (
	"errors"
	"testing"

	"writ/export"
	"writ/export/order"
	"writ/export/plan"
)

// What somebody typed names nobody, or nothing of it is recorded.
func TestReasonsNameNobody(t *testing.T) {
	l := newLab(t)
	o := l.warrantFor(t, "discreet", order.Target{Type: "account-id", Value: "1042"})
	for _, tt := range []struct {
		name    string
		request func(*export.Request)
		want    error
		says    string
	}{
		{"the target", func(r *export.Request) { r.Supplement = "1042 is wanted again" }, export.ErrRequest, ""},
		{"a number", func(r *export.Request) { r.Supplement = "call +15550001043" }, export.ErrRequest, ""},
		{"an address", func(r *export.Request) { r.Supplement = "see a@example.com" }, export.ErrRequest, ""},
		{"why a dataset is left out", func(r *export.Request) { r.Unavailable = plan.Unavailable{"logins": "1042 was moved"} }, export.ErrRequest, ""},
		{"nobody", func(r *export.Request) { r.Supplement = "another case" }, nil, "received decided:export exported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := l.answer(t, attack{request: func(_ *lab, _ *export.Config, r *export.Request) { tt.request(r) }}, o)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Run = %v, want %v", err, tt.want)
			}
			if said, _ := l.news(t); said != tt.says {
				t.Errorf("the ledger now says %q, want %q", said, tt.says)
			}
		})
	}
	// A number that dates and digests have as well is no reason.
	if _, err := l.answer(t, attack{}, l.warrantFor(t, "year", order.Target{Type: "account-id", Value: "2026"})); err != nil {
		t.Error(err)
	}
}
