package export_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export"
	"writ/export/order"
	"writ/export/plan"
	"writ/export/policy"
	"writ/export/standing"
)

// draft is the warrant, changed and signed by those people.
func (l *lab) draft(t *testing.T, change func(*order.Order), by ...string) *order.Signed {
	t.Helper()
	o := l.warrant
	o.Nonce = make([]byte, order.MinNonce)
	rand.Read(o.Nonce)
	o.Targets, o.Mandate, o.Documents = slices.Clone(o.Targets), slices.Clone(o.Mandate), slices.Clone(o.Documents)
	secrecy := *o.NonDisclosure
	o.NonDisclosure = &secrecy
	if change != nil {
		change(&o)
	}
	e := &sign.Envelope{Purpose: sign.ForOrder, Payload: must(json.Marshal(o))}
	for _, name := range by {
		if err := e.Sign(l.keys[name]); err != nil {
			t.Fatal(err)
		}
	}
	return must(order.Parse(e.Marshal()))
}

func (l *lab) standing(later time.Duration) *standing.Config {
	return &standing.Config{
		Registry: l.config.Registry, Catalog: l.config.Catalog, Policy: l.config.Policy, Ledger: l.config.Ledger,
		Now: time.Now().UTC().Truncate(time.Second).Add(later),
	}
}

// Each state, and what comes next, before anything was done about the order.
func TestStandingOfANewOrder(t *testing.T) {
	l := newLab(t)
	l.change(t, func(d *trust.Document) {
		d.Authorities = append(d.Authorities, trust.Authority{
			ID: "berlin", Name: "Amtsgericht", Kind: trust.Judge, Jurisdiction: "eu", Keys: []trust.Key{{PublicKey: l.keys["stranger"].Public()}},
		})
		d.Thresholds = append(d.Thresholds, trust.Threshold{Jurisdiction: "eu", Process: "production", Authority: trust.Required, Reviewers: 1})
	})
	emergency := func(o *order.Order) {
		o.Process, o.IssuedAt = order.EmergencyProcess, hours(-3)
		o.Documents = append(slices.Clone(o.Documents), o.Documents[0])
		o.Documents[1].Name = "basis"
		o.Emergency = &order.Emergency{Basis: "basis"}
	}
	european := func(notified bool) func(*order.Order) {
		return func(o *order.Order) {
			o.Authority, o.Jurisdiction, o.Process, o.NonDisclosure = "berlin", "eu", "production", nil
			o.Offence = &order.Offence{Description: "fraud", MaxSentenceYears: 5}
			if notified {
				o.Notification = &order.Notification{Authority: "Bundesamt"}
			}
		}
	}
	for _, tt := range []struct {
		name   string
		change func(*order.Order)
		by     []string
		state  standing.State
		next   standing.Task
		due    order.Instant // zero: no date, or none of these
	}{
		{"signed by all", nil, everybody, standing.Ready, standing.Receive, hours(24)},
		{"with a date of its own", func(o *order.Order) { o.DueAt = hours(6) }, everybody, standing.Ready, standing.Answer, hours(6)},
		{"signed by nobody", nil, nil, standing.Unsigned, standing.Sign, hours(24)},
		{"signed by too few", func(o *order.Order) { o.DueAt = hours(6) }, everybody[:2], standing.Unsigned, standing.Sign, hours(6)},
		{"signed by too few, and over", func(o *order.Order) { o.IssuedAt, o.ExpiresAt = hours(-9), hours(-1) }, everybody[:2], standing.Expired, "", order.Instant{}},
		{"over", func(o *order.Order) { o.IssuedAt, o.ExpiresAt = hours(-9), hours(-1) }, everybody, standing.Expired, "", order.Instant{}},
		{"to come", func(o *order.Order) { o.NotBefore = hours(3) }, everybody, standing.NotYet, standing.Answer, hours(24)},
		{"for another provider", func(o *order.Order) { o.Provider = "other-mail" }, everybody, standing.Rejected, "", order.Instant{}},
		{"of a process without a threshold", func(o *order.Order) { o.Process = "nsl" }, everybody, standing.Rejected, "", order.Instant{}},
		{"for an agency that there is not", func(o *order.Order) { o.Agency = "nobody" }, nil, standing.Rejected, "", order.Instant{}},
		{"an emergency, not called back", emergency, everybody, standing.NoCallBack, standing.CallBack, hours(24)},
		{"an emergency, called back and approved by one", emergency, everybody[:2], standing.Unsigned, standing.Sign, hours(24)},
		{"for what is refused", of("subscriber", "password_hash"), everybody, standing.Refused, standing.Receive, hours(24)},
		{"from elsewhere", european(false), []string{"stranger", "reviewer-1"}, standing.Ready, standing.Receive, hours(24)},
		{"from elsewhere, with time to object", both(european(true), of("messages", "body")), []string{"stranger", "reviewer-1"}, standing.Held, standing.Receive, hours(24)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := l.draft(t, func(o *order.Order) {
				if o.ExpiresAt = hours(24); tt.change != nil {
					tt.change(o)
				}
			}, tt.by...)
			got, err := l.standing(0).Of(t.Context(), s)
			if err != nil {
				t.Fatal(err)
			}
			var next standing.Duty
			if len(got.Duties) > 0 {
				next = got.Duties[0]
			}
			if got.State != tt.state || next.What != tt.next || !next.By.Equal(tt.due.UTC()) {
				t.Errorf("%s (%s), next %s by %s; want %s, %s by %s", got.State, got.Why, next.What, next.By, tt.state, tt.next, tt.due)
			}
			if (got.State == standing.Unsigned) == got.Need.None() {
				t.Errorf("%s, and needs %+v", got.State, got.Need)
			}
			if !got.ReceivedAt.IsZero() || len(got.Exports) != 0 {
				t.Errorf("received at %s, exports %v", got.ReceivedAt, got.Exports)
			}
		})
	}
	if news, _ := l.news(t); news != "" {
		t.Errorf("the ledger now says %q", news)
	}
}

// What was done about an order decides how it stands, and what comes next.
func TestStandingOfAnOrderThatWasAnswered(t *testing.T) {
	l := newLab(t)
	emergency := func(o *order.Order) {
		o.Process, o.IssuedAt, o.NonDisclosure = order.EmergencyProcess, hours(-3), nil
		o.Documents[0].Name = "basis"
		o.Emergency = &order.Emergency{Basis: "basis", CallBack: &order.CallBack{Number: "+15550100", At: hours(-1), Role: "duty judge"}}
	}
	run := func(s *order.Signed, want error) {
		t.Helper()
		if _, err := export.Run(t.Context(), l.config, export.Request{Order: s.Marshal(), Supplement: "one state after another"}); !errors.Is(err, want) {
			t.Fatalf("Run = %v, want %v", err, want)
		}
	}
	is := func(what string, s *order.Signed, later time.Duration, state standing.State, duties ...standing.Task) {
		t.Helper()
		got, err := l.standing(later).Of(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		var tasks []standing.Task
		for _, d := range got.Duties {
			tasks = append(tasks, d.What)
		}
		if got.State != state || !slices.Equal(tasks, duties) {
			t.Errorf("%s: %s (%s), still %v; want %s, %v", what, got.State, got.Why, tasks, state, duties)
		}
	}
	const days = 24 * time.Hour

	waiting := l.draft(t, nil, everybody...)
	if _, err := export.Receive(t.Context(), l.config, export.Request{Order: waiting.Marshal()}); err != nil {
		t.Fatal(err)
	}
	is("received", waiting, 0, standing.Ready, standing.Answer)
	is("received, and over since", waiting, 30*days, standing.Ready, standing.Answer)

	secret := l.draft(t, func(o *order.Order) { o.NonDisclosure.Until = hours(48) }, everybody...)
	run(secret, nil)
	is("secret until a date", secret, 0, standing.Exported, standing.Tell)
	is("secret no longer", secret, 3*days, standing.NoticeDue, standing.Tell)
	if _, err := l.config.Ledger.Notify(t.Context(), secret.Digest(), "email", time.Now()); err != nil {
		t.Fatal(err)
	}
	is("told", secret, 3*days, standing.Exported)

	nobody := l.draft(t, to("email", "nobody@example.org"), everybody...)
	run(nobody, nil)
	is("nothing found, so nobody to tell", nobody, 300*days, standing.Exported)
	unusable := l.draft(t, to("fax", "1"), everybody...)
	run(unusable, plan.ErrTarget)
	is("of a type that finds nobody", unusable, 0, standing.Rejected)
	refused := l.draft(t, of("subscriber", "password_hash"), everybody...)
	run(refused, export.ErrRefused)
	is("refused", refused, 0, standing.Refused)

	danger := l.draft(t, emergency, "reviewer-1", "reviewer-2")
	run(danger, nil)
	is("an emergency", danger, 0, standing.FollowUpDue, standing.Follow, standing.Tell)
	is("an emergency, months ago", danger, 100*days, standing.FollowUpDue, standing.Follow, standing.Tell)
	follow := func(what string, followed bool, change func(*order.Order), by ...string) {
		t.Helper()
		s := l.draft(t, func(o *order.Order) {
			o.Follows = danger.Digest()
			change(o)
		}, by...)
		run(s, nil)
		if followed {
			is(what, danger, 0, standing.Exported, standing.Tell)
		} else {
			is(what, danger, 0, standing.FollowUpDue, standing.Follow, standing.Tell)
		}
	}
	follow("a warrant for another kind of identifier", false, to("phone", "+15550199"), everybody...)
	follow("the warrant that follows", true, func(*order.Order) {}, everybody...)

	all := []*standing.Standing{nil, {State: "b", Duties: []standing.Duty{{What: "y"}}}, {State: "a", Duties: []standing.Duty{{What: "x", By: time.Now()}}}, {State: "c"}}
	slices.SortStableFunc(all, standing.Compare)
	if got := fmt.Sprintf("%s %s %s", all[0].State, all[1].State, all[2].State); got != "a b c" || all[3] != nil {
		t.Errorf("sorted as %s, and %v", got, all[3])
	}
}

// What was turned away only for now waits, and says for what: for room in a
// rate, or for a reason to answer both.
func TestStandingOfAnOrderThatWaits(t *testing.T) {
	l := newLab(t)
	files := rules(t)
	perDay(t, 1)(files)
	l.config.Policy = must(policy.Load(files))
	run := func(s *order.Signed, supplement string, want error) {
		t.Helper()
		if _, err := export.Run(t.Context(), l.config, export.Request{Order: s.Marshal(), Supplement: supplement}); !errors.Is(err, want) {
			t.Fatalf("Run = %v, want %v", err, want)
		}
	}
	first := l.draft(t, nil, everybody...)
	run(first, "", nil)
	due := func(o *order.Order) { o.DueAt = hours(6) }
	again, next := l.draft(t, due, everybody...), l.draft(t, due, everybody...)
	run(again, "", order.ErrNearDuplicate)
	run(next, "another case", export.ErrRate)
	for _, tt := range []struct {
		name  string
		of    *order.Signed
		later time.Duration
		state standing.State
		why   string
		lift  string
	}{
		{"a near-duplicate", again, 0, standing.NoReason, "it names the same targets as order " + first.Digest().String() + ", decided on at .* and answered by export [0-9a-f]+", ""},
		{"no room", next, 0, standing.NoRoom, "rule us.rate.agency.day lets this agency have 1 orders and 300 accounts in 24 hours; used are 1 orders and 1 accounts", "writ order lift --rule us.rate.agency.day --bound orders"},
		{"room again", next, 25 * time.Hour, standing.Ready, "at the last attempt it did not fit rule us.rate.agency.day", ""},
	} {
		c := l.standing(tt.later)
		c.Near = func(ctx context.Context, s *order.Signed) (string, error) {
			near, _, err := export.Near(ctx, l.config.Ledger, l.config.Fingerprint, l.config.Catalog, s)
			return near, err
		}
		got, err := c.Of(t.Context(), tt.of)
		if err != nil {
			t.Fatal(err)
		}
		if got.State != tt.state || !regexp.MustCompile("^"+tt.why+"$").MatchString(got.Why) || got.Lift != tt.lift {
			t.Errorf("%s: %s (%s), lifted by %q", tt.name, got.State, got.Why, got.Lift)
		}
		if len(got.Duties) != 1 || got.Duties[0].What != standing.Answer || got.Duties[0].By.IsZero() {
			t.Errorf("%s: due is %v", tt.name, got.Duties)
		}
		if got.RoomAt.IsZero() == (tt.state == standing.NoRoom) || got.RoomAt.After(c.Now.Add(24*time.Hour)) {
			t.Errorf("%s: there is room at %s", tt.name, got.RoomAt)
		}
	}
}

// An order that is refused for a ceiling says by which command that is lifted.
func TestStandingSaysWhatLiftsACeiling(t *testing.T) {
	l := newLab(t)
	long := l.draft(t, func(o *order.Order) {
		of("logins", "ip")(o)
		o.Mandate[0].From = order.At(o.Mandate[0].To.UTC().AddDate(-6, 0, 0))
	}, everybody...)
	got, err := l.standing(0).Of(t.Context(), long)
	if err != nil {
		t.Fatal(err)
	}
	if got.State != standing.Refused || got.Lift != "writ order lift --rule us.ceiling --bound window" {
		t.Errorf("%s (%s), lifted by %q", got.State, got.Why, got.Lift)
	}
}
