package tally_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/transparency"
	"writ/manifest/transparency/tally"
)

// Microsoft's report for 2012, the first of its kind, scaled down by a hundred
// and told to a ledger statement by statement: 75,378 requests on 137,424
// accounts, of which 1,558 (2.1 %) led to content and 56,388 to non-content
// only; and its 11 enterprise orders as they were, 7 of them rejected or
// redirected and 4 answered with consent or under contract.
func TestMicrosoft2012(t *testing.T) {
	const requests, accounts, content, nonContent = 754, 1374, 16, 564
	w := newWorld(t)
	w.configure(t, policies)
	var acts []act.Act
	left := accounts
	for n := range requests {
		r := order(n, func(r *request) { r.at = time.Date(2012, 1, 1, 0, n, 0, 0, time.UTC) })
		plan, out := pullMail, noMail
		switch {
		case n < content:
			out = mail
		case n < content+nonContent:
			plan, out = pullLogins, logins
		case n%10 == 0:
			acts = append(acts, r.received(), r.unplanned(act.TargetUnusable))
			continue
		}
		// Two accounts each, as long as one is left for every order to come.
		if plan.accounts = 1; left > requests-n {
			plan.accounts = 2
		}
		left -= plan.accounts
		out.accounts = plan.accounts
		acts = append(acts, r.received(), r.decided(plan), r.exported(60, out))
	}
	for n := range 11 {
		r := order(requests+n, func(r *request) { r.at = time.Date(2012, 2, 1, 0, n, 0, 0, time.UTC) })
		switch {
		case n < 4:
			r.ground = "consent"
			acts = append(acts, r.received(), r.decided(pullLogins), r.exported(60, logins))
		case n < 6:
			r.ground = "contract"
			acts = append(acts, r.received(), r.decided(set{name: "mail", category: "content", outcome: manifest.Refused, ground: "not-signed"}))
		default:
			acts = append(acts, r.received(), r.decided(elsewhere))
		}
	}
	for chunk := range slices.Chunk(acts, 500) {
		w.tell(t, chunk...)
	}
	got, err := tally.Read(t.Context(), w.config)
	if err != nil {
		t.Fatal(err)
	}
	half := transparency.HalfYear{Year: 2012, Half: 1}
	report, err := transparency.Compute(got.Cases, transparency.Options{
		Provider: "Example Mail", Checkpoint: got.Checkpoint, Now: spring, From: half, To: half, Threshold: 1,
	})
	if err != nil {
		t.Fatal(err)
	}
	all, enterprise := report.Periods[0].Groups[0].All, report.Periods[0].Groups[1].All
	for _, tt := range []struct {
		name string
		got  fmt.Stringer
		want string
	}{
		{"requests", all.Requests, "754"},
		{"accounts", all.Accounts, "1374"},
		{"content", transparency.Share(all.Outcomes.Of("content"), all.Requests), "2.1"},
		{"non-content", transparency.Share(all.Outcomes.Of("non-content"), all.Requests), "74.8"},
		{"no data", all.Outcomes.Of("no-data"), "156"},
		{"rejected", all.Outcomes.Of("rejected"), "18"},
		{"minutes", all.MedianMinutes, "60"},
		{"enterprise", enterprise.Requests, "11"},
		{"enterprise, redirected", enterprise.Outcomes.Of("redirected"), "5"},
		{"enterprise, rejected", enterprise.Outcomes.Of("rejected"), "2"},
		{"enterprise, with consent", enterprise.Outcomes.Of(transparency.WithConsent), "4"},
	} {
		if tt.got.String() != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}
