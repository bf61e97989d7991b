package plan_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
	"writ/export/plan"
	"writ/export/policy"
	"writ/export/source"
	"writ/manifest"
)

func (w *world) plan(t *testing.T, d *policy.Decision, mail, radius *store, u plan.Unavailable) (*plan.Plan, error) {
	t.Helper()
	all := map[catalog.StoreName]source.Snapshot{"mail": mail, "radius": radius}
	stores := map[catalog.StoreName]source.Snapshot{}
	for _, name := range plan.Needs(d, w.catalog, u) {
		stores[name] = all[name] // what Needs does not name, Make must not ask for
	}
	return plan.Make(t.Context(), d, now, w.catalog, stores, u)
}

func (w *world) mustPlan(t *testing.T, d *policy.Decision, mail, radius *store) *plan.Plan {
	t.Helper()
	p, err := w.plan(t, d, mail, radius, nil)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// said is what a plan says about each dataset.
func said(p *plan.Plan) []string {
	var out []string
	for _, d := range p.Datasets() {
		s := fmt.Sprintf("%s %s accounts=%s redirected=%d about=%d", d.Decision.Dataset, d.Outcome, strings.Join(d.Read.Accounts, ","), d.Redirected, d.Estimated)
		for _, f := range d.Read.Fields {
			s += " " + string(f.Name)
		}
		out = append(out, s)
	}
	return out
}

// A read has the granted fields only, the accounts that were found only, and
// the mandate's window in UTC.
func TestReadIsWhatIsGranted(t *testing.T) {
	w := newWorld(t)
	mail := &store{accounts: map[string][]source.Account{"anna@example.org": {{Key: "17"}}, "4": {{Key: "4"}}}}
	zone := func(s string) order.Instant {
		i, err := order.ParseInstant(s)
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	logins := item("logins", "ip", "at")
	logins.From, logins.To = zone("2026-03-01T00:00:00+01:00"), zone("2026-04-01T00:00:00+02:00")
	d := w.decide(t, "subpoena",
		[]order.Target{email("ANNA@example.org"), {Type: "account-id", Value: "4"}, {Type: "account-id", Value: "17"}},
		[]order.Item{item("subscriber", "password", "born", "name"), logins, item("messages", "body")})
	mail.accounts["17"] = []source.Account{{Key: "17"}} // the same account once more
	p := w.mustPlan(t, d, mail, nil)
	want := []string{
		"logins  accounts=17,4 redirected=0 about=200 at ip",
		"messages refused accounts= redirected=0 about=0",
		"subscriber  accounts=17,4 redirected=0 about=200 name",
	}
	if diff := cmp.Diff(want, said(p)); diff != "" {
		t.Error(diff)
	}
	first := p.Datasets()[0]
	wantRead := source.Read{
		Dataset: "logins", Table: catalog.Table{Name: "logins"}, AccountKey: "account_id", Accounts: []string{"17", "4"}, Key: []string{"id"},
		Time: catalog.TimeColumn{Column: "at", Encoding: catalog.Unix}, Until: catalog.TimeColumn{Column: "ended", Encoding: catalog.Unix},
		From: time.Date(2026, 2, 28, 23, 0, 0, 0, time.UTC), To: time.Date(2026, 3, 31, 22, 0, 0, 0, time.UTC),
	}
	if diff := cmp.Diff(wantRead, first.Read, cmpopts.IgnoreFields(source.Read{}, "Fields")); diff != "" {
		t.Error(diff)
	}
	if first.Store != "mail" || first.Query != "query of logins" || first.Accounts != 2 {
		t.Errorf("store %q, query %q, %d accounts", first.Store, first.Query, first.Accounts)
	}
	if diff := cmp.Diff([]plan.Target{{Type: "email", Accounts: 1}, {Type: "account-id", Accounts: 1}, {Type: "account-id", Accounts: 1}}, p.Targets()); diff != "" {
		t.Error(diff)
	}
	if mail.looked[0].Value != "anna@example.org" {
		t.Errorf("looked for %q; the catalog's rule is lower case", mail.looked[0].Value)
	}
	if p.Empty() || p.Decision() != d {
		t.Error("the plan is empty, or of another decision")
	}
}

// Who held an address is asked for the time that the order gives.
func TestTargetThatChangesHands(t *testing.T) {
	w := newWorld(t)
	radius := &store{accounts: map[string][]source.Account{"192.0.2.7": {{Key: "bob"}}}}
	d := w.decide(t, "subpoena", []order.Target{{Type: "ip-address", Value: "::ffff:192.0.2.7", At: order.At(march.Add(time.Hour))}}, []order.Item{item("sessions", "ip")})
	if diff := cmp.Diff([]catalog.StoreName{"radius"}, plan.Needs(d, w.catalog, nil)); diff != "" {
		t.Error(diff)
	}
	p := w.mustPlan(t, d, nil, radius)
	if diff := cmp.Diff([]string{"sessions  accounts=bob redirected=0 about=100 ip"}, said(p)); diff != "" {
		t.Error(diff)
	}
	if at := radius.looked[0].At; !at.Equal(march.Add(time.Hour)) {
		t.Errorf("asked for %v", at)
	}
}

func TestOutcomes(t *testing.T) {
	w := newWorld(t)
	consumer, customer := source.Account{Key: "1"}, source.Account{Key: "2", Tenant: "acme"}
	accounts := map[string][]source.Account{"consumer": {consumer}, "customer": {customer}}
	for _, tt := range []struct {
		name    string
		process trust.Process
		targets []order.Target
		mandate []order.Item
		want    string
		empty   bool
	}{
		{"pull", "search-warrant", []order.Target{email("consumer")}, []order.Item{item("messages", "body")}, "messages  accounts=1 redirected=0 about=100 body", false},
		{"nobody", "search-warrant", []order.Target{email("nobody")}, []order.Item{item("messages", "body")}, "messages none-found accounts= redirected=0 about=0", false},
		{"nobody and somebody", "search-warrant", []order.Target{email("nobody"), email("consumer")}, []order.Item{item("messages", "body")}, "messages  accounts=1 redirected=0 about=100 body", false},
		{"another kind of account", "search-warrant", []order.Target{email("consumer")}, []order.Item{item("sessions", "ip")}, "sessions none-found accounts= redirected=0 about=0", false},
		{"enterprise", "search-warrant", []order.Target{email("customer")}, []order.Item{item("messages", "body")}, "messages redirected accounts= redirected=1 about=0", true},
		{"enterprise and consumer", "search-warrant", []order.Target{email("customer"), email("consumer")}, []order.Item{item("messages", "body")}, "messages  accounts=1 redirected=1 about=100 body", false},
		{"refused", "subpoena", []order.Target{email("consumer")}, []order.Item{item("messages", "body")}, "messages refused accounts= redirected=0 about=0", true},
		{"not in the catalog", "search-warrant", []order.Target{email("consumer")}, []order.Item{item("voicemail", "audio")}, "voicemail refused accounts= redirected=0 about=0", true},
		{"only kept", "preservation", []order.Target{email("consumer")}, []order.Item{item("subscriber", "name")}, "subscriber refused accounts= redirected=0 about=0", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := w.decide(t, tt.process, tt.targets, tt.mandate)
			p := w.mustPlan(t, d, &store{accounts: accounts}, &store{})
			if diff := cmp.Diff([]string{tt.want}, said(p)); diff != "" {
				t.Error(diff)
			}
			if p.Empty() != tt.empty {
				t.Errorf("empty = %v", p.Empty())
			}
			dataset := p.Datasets()[0]
			switch {
			case dataset.Outcome == "" && dataset.Redirected == 0 && dataset.Why != "":
				t.Errorf("a plain pull says %q", dataset.Why)
			case (dataset.Redirected > 0 || dataset.Outcome == manifest.NoneFound) && dataset.Why == "":
				t.Error("says no reason")
			case dataset.Outcome != "" && (dataset.Query != "" || dataset.Read.Accounts != nil):
				t.Error("has a read that is not to be done")
			}
		})
	}
}

// What is held is not read before its time, and what is not held is.
func TestHeld(t *testing.T) {
	w := newWorld(t)
	d := w.decide(t, "production", []order.Target{email("anna")}, []order.Item{item("messages", "body"), item("subscriber", "name")}, func(o *order.Order) {
		o.Jurisdiction, o.Authority = "eu", "court-eu"
		o.Offence = &order.Offence{Description: "fraud", MaxSentenceYears: 5}
		o.Notification = &order.Notification{Authority: "enforcing authority"}
	})
	p := w.mustPlan(t, d, &store{accounts: map[string][]source.Account{"anna": {{Key: "1"}}}}, nil)
	want := []string{"messages held accounts= redirected=0 about=0", "subscriber  accounts=1 redirected=0 about=100 name"}
	if diff := cmp.Diff(want, said(p)); diff != "" {
		t.Error(diff)
	}
	if why := p.Datasets()[0].Why; !strings.Contains(why, "10(2)") {
		t.Errorf("held: %q", why)
	}
}

// Who is to be told before the disclosure must have been, or nothing is read.
func TestHeldUntilTheUserIsTold(t *testing.T) {
	w := newWorld(t)
	secret := func(o *order.Order) {
		o.Documents = []order.Document{{Name: "gag", SHA256: digest.Of([]byte("gag")), SizeBytes: 3, MediaType: "text/plain"}}
		o.NonDisclosure = &order.NonDisclosure{Kind: order.SecretFurtherOrder, Document: "gag"}
	}
	until := func(at time.Time) func(*order.Order) {
		return func(o *order.Order) {
			secret(o)
			o.NonDisclosure.Kind, o.NonDisclosure.Until = order.SecretUntil, order.At(at)
		}
	}
	const held, vain = "subscriber held accounts= redirected=0 about=0", "sessions held accounts= redirected=0 about=0"
	const read, none = "subscriber  accounts=1 redirected=0 about=100 name", "sessions none-found accounts= redirected=0 about=0"
	for _, tt := range []struct {
		name   string
		told   time.Time
		found  []source.Account
		change func(*order.Order)
		want   []string
		untold bool
	}{
		{"not yet", time.Time{}, []source.Account{{Key: "1"}}, nil, []string{vain, held}, true},
		{"told", now, []source.Account{{Key: "1"}}, nil, []string{none, read}, false},
		{"told after the decision", now.Add(time.Second), []source.Account{{Key: "1"}}, nil, []string{vain, held}, true},
		{"nobody to tell", time.Time{}, nil, nil, []string{none, "subscriber none-found accounts= redirected=0 about=0"}, false},
		{"an enterprise customer", time.Time{}, []source.Account{{Key: "1", Tenant: "acme"}}, nil, []string{none, "subscriber redirected accounts= redirected=1 about=0"}, false},
		{"a secret order", time.Time{}, []source.Account{{Key: "1"}}, secret, []string{none, read}, false},
		{"secret for a second more", time.Time{}, []source.Account{{Key: "1"}}, until(now.Add(time.Second)), []string{none, read}, false},
		{"secret until now", time.Time{}, []source.Account{{Key: "1"}}, until(now), []string{vain, held}, true},
		{"secret until now, and told", now, []source.Account{{Key: "1"}}, until(now), []string{none, read}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var change []func(*order.Order)
			if tt.change != nil {
				change = append(change, tt.change)
			}
			d := w.decide(t, "subpoena", []order.Target{email("anna")}, []order.Item{item("sessions", "ip"), item("subscriber", "name")}, change...)
			mail := &store{accounts: map[string][]source.Account{"anna": tt.found}}
			p, err := plan.Make(t.Context(), d, tt.told, w.catalog, map[catalog.StoreName]source.Snapshot{"mail": mail, "radius": &store{}}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, said(p)); diff != "" {
				t.Error(diff)
			}
			if p.Untold() != tt.untold || p.Empty() != tt.untold && tt.name != "an enterprise customer" {
				t.Errorf("untold is %v, empty %v", p.Untold(), p.Empty())
			}
			if why := p.Datasets()[1].Why; tt.untold && !strings.Contains(why, "until the user is told, by provider's policy") {
				t.Errorf("held: %q", why)
			}
		})
	}
}

// Where nothing would be read, no store is needed and nobody is looked up.
func TestNeedsNothingForARefusal(t *testing.T) {
	w := newWorld(t)
	d := w.decide(t, "subpoena", []order.Target{email("anna")}, []order.Item{item("messages", "body")})
	if needs := plan.Needs(d, w.catalog, nil); len(needs) != 0 {
		t.Errorf("needs %v", needs)
	}
	p, err := plan.Make(t.Context(), d, now, w.catalog, nil, nil)
	if err != nil || len(p.Targets()) != 0 {
		t.Errorf("%v, targets %v", err, p.Targets())
	}
}

func TestUnavailable(t *testing.T) {
	w := newWorld(t)
	d := w.decide(t, "search-warrant", []order.Target{email("anna")}, []order.Item{item("messages", "body"), item("sessions", "ip")})
	u := plan.Unavailable{"sessions": "the server burnt down"}
	if diff := cmp.Diff([]catalog.StoreName{"mail"}, plan.Needs(d, w.catalog, u)); diff != "" {
		t.Error(diff)
	}
	p, err := w.plan(t, d, &store{accounts: map[string][]source.Account{"anna": {{Key: "1"}}}}, nil, u)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Datasets()[1]; got.Outcome != manifest.Unavailable || got.Why != "the server burnt down" {
		t.Errorf("%s: %s", got.Outcome, got.Why)
	}
	if _, err := w.plan(t, d, &store{}, &store{}, plan.Unavailable{"logins": "x"}); !errors.Is(err, plan.ErrNotMandated) {
		t.Errorf("a dataset that is not mandated: %v", err)
	}
}

// Why there is no plan, each by a sentinel, and never with an identifier.
func TestMakeRefuses(t *testing.T) {
	w := newWorld(t)
	const needle = "needle-4711"
	many := func(n int) []source.Account {
		var out []source.Account
		for i := range n {
			out = append(out, source.Account{Key: fmt.Sprint("key-", needle, i)})
		}
		return out
	}
	unavailable := fmt.Errorf("%w: gone", source.ErrUnavailable)
	for _, tt := range []struct {
		name    string
		targets []order.Target
		mail    *store
		want    error
		says    string
	}{
		{"two accounts", []order.Target{email("first"), email(needle)}, &store{accounts: map[string][]source.Account{needle: many(2)}}, plan.ErrAmbiguous, "target 2 (email) finds 2"},
		{"many accounts", []order.Target{email(needle)}, &store{accounts: map[string][]source.Account{needle: many(500)}}, plan.ErrAmbiguous, "finds more than 99"},
		{"unknown type", []order.Target{{Type: "licence-plate", Value: needle}}, &store{}, plan.ErrTarget, "account-id, email, ip-address"},
		{"not in its form", []order.Target{{Type: "account-id", Value: needle}}, &store{}, plan.ErrTarget, "target 1 (account-id): identifier not of its type's form, which the catalog says is integer"},
		{"needs a time", []order.Target{{Type: "ip-address", Value: "192.0.2.1"}}, &store{}, plan.ErrTarget, "at which time"},
		{"has no time", []order.Target{{Type: "email", Value: needle, At: order.At(march)}}, &store{}, plan.ErrTarget, "does not change hands"},
		{"store fails", []order.Target{email(needle)}, &store{err: unavailable}, source.ErrUnavailable, `target 1 (email): store "mail"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := w.decide(t, "search-warrant", tt.targets, []order.Item{item("messages", "body")})
			p, err := w.plan(t, d, tt.mail, &store{}, nil)
			if !errors.Is(err, tt.want) || p != nil {
				t.Fatalf("got %v, %v; want %v", p, err, tt.want)
			}
			if strings.Contains(err.Error(), needle) || strings.Contains(err.Error(), "192.0.2.1") || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("says %q, want %q and no identifier", err, tt.says)
			}
		})
	}
	d := w.decide(t, "search-warrant", []order.Target{email("anna")}, []order.Item{item("messages", "body")})
	if _, err := plan.Make(t.Context(), d, now, w.catalog, nil, nil); !errors.Is(err, source.ErrUnavailable) {
		t.Errorf("without the stores that it needs: %v", err)
	}
}

// An order may find no more accounts than the policy's ceiling, although each
// target alone is good.
func TestCeilingOfAccounts(t *testing.T) {
	w := newWorld(t)
	mail := &store{accounts: map[string][]source.Account{}}
	var targets []order.Target
	for i := range 21 { // us.ceiling.nsl allows 20 accounts and 10 targets; us.ceiling 100 and 50
		name := fmt.Sprint("user", i)
		targets = append(targets, email(name))
		mail.accounts[name] = []source.Account{{Key: name}}
	}
	d := w.decide(t, "subpoena", targets, []order.Item{item("subscriber", "name")})
	if got := w.mustPlan(t, d, mail, nil).Datasets()[0].Accounts; got != 21 {
		t.Fatalf("%d accounts", got)
	}
	strict, err := policy.Load(ceilingOf(t, 20))
	if err != nil {
		t.Fatal(err)
	}
	w.policy = strict
	d = w.decide(t, "subpoena", targets, []order.Item{item("subscriber", "name")})
	if _, err := w.plan(t, d, mail, nil, nil); !errors.Is(err, plan.ErrCeiling) {
		t.Fatalf("21 accounts where 20 are allowed: %v", err)
	}
	d = w.decide(t, "subpoena", targets[:20], []order.Item{item("subscriber", "name")})
	w.mustPlan(t, d, mail, nil)
}

// An order that says so gets every account that an identifier finds: within the
// ceiling, and no order gets them that does not.
func TestSeveralAccounts(t *testing.T) {
	w := newWorld(t)
	shared := func(n int) *store {
		mail := &store{accounts: map[string][]source.Account{"anna": {{Key: "1"}}}}
		for i := range n {
			mail.accounts["shared"] = append(mail.accounts["shared"], source.Account{Key: fmt.Sprint(i + 1), Tenant: map[bool]string{true: "acme"}[i == 1]})
		}
		return mail
	}
	several := email("shared")
	several.Several = true
	subscriber := []order.Item{item("subscriber", "name")}
	d := w.decide(t, "subpoena", []order.Target{email("anna"), several}, subscriber)
	p := w.mustPlan(t, d, shared(4), nil)
	if diff := cmp.Diff([]plan.Target{{Type: "email", Accounts: 1}, {Type: "email", Several: true, Accounts: 4, Redirected: 1}}, p.Targets()); diff != "" {
		t.Error(diff)
	}
	if got := p.Datasets()[0]; !slices.Equal(got.Read.Accounts, []string{"1", "3", "4"}) || got.Redirected != 1 {
		t.Errorf("reads %v, and redirects %d", got.Read.Accounts, got.Redirected)
	}
	one := w.mustPlan(t, w.decide(t, "subpoena", []order.Target{several}, subscriber), shared(1), nil)
	none := w.mustPlan(t, w.decide(t, "subpoena", []order.Target{several}, subscriber), shared(0), nil)
	if one.Targets()[0].Accounts != 1 || none.Datasets()[0].Outcome != manifest.NoneFound {
		t.Errorf("found %d, and %s", one.Targets()[0].Accounts, none.Datasets()[0].Outcome)
	}
	if p, err := w.plan(t, d, shared(101), nil, nil); !errors.Is(err, plan.ErrCeiling) || p != nil || !strings.Contains(err.Error(), "target 2 (email) finds more than 100 accounts, the limit is 100") {
		t.Errorf("101 accounts where 100 are allowed: %v", err)
	}
	d = w.decide(t, "subpoena", []order.Target{several, email("shared")}, subscriber, func(o *order.Order) { o.Targets[1].Value = "Shared" })
	if _, err := w.plan(t, d, shared(2), nil, nil); !errors.Is(err, plan.ErrAmbiguous) {
		t.Errorf("the same identifier, once without the order's word: %v", err)
	}
}

// The digest is of what is planned: it stays when that stays, and changes with
// each part of it and with the order.
func TestDigest(t *testing.T) {
	w := newWorld(t)
	accounts := map[string][]source.Account{"anna": {{Key: "1"}}, "bob": {{Key: "2"}}, "acme": {{Key: "3", Tenant: "acme"}}}
	make := func(targets []order.Target, mandate []order.Item, change ...func(*order.Order)) digest.Digest {
		return w.mustPlan(t, w.decide(t, "subpoena", targets, mandate, change...), &store{accounts: accounts}, &store{}).Digest()
	}
	anna, subscriber := []order.Target{email("anna")}, []order.Item{item("subscriber", "name")}
	first := make(anna, subscriber)
	if make(anna, subscriber) != first || first.IsZero() {
		t.Error("the same plan has another digest")
	}
	nonce := func(o *order.Order) { o.Nonce = []byte("fedcba9876543210") }
	seen := map[digest.Digest]string{first: "the first"}
	different := func(what string, d digest.Digest) {
		if seen[d] != "" {
			t.Errorf("%s has the digest of %s", what, seen[d])
		}
		seen[d] = what
	}
	different("another account", make([]order.Target{email("bob")}, subscriber))
	different("an account more", make([]order.Target{email("anna"), email("bob")}, subscriber))
	different("an account redirected", make([]order.Target{email("anna"), email("acme")}, subscriber))
	different("another field", make(anna, []order.Item{item("logins", "ip")}))
	different("two fields", make(anna, []order.Item{item("logins", "ip", "at")}))
	different("another nonce", make(anna, subscriber, nonce))
	accounts["anna"] = []source.Account{{Key: "7"}} // the store changed, the order did not
	different("another key", make(anna, subscriber))
	if !new(plan.Plan).Digest().IsZero() || !new(plan.Plan).Empty() {
		t.Error("the zero plan is of something")
	}
}

// What a plan gives out is a copy.
func TestGettersCopy(t *testing.T) {
	w := newWorld(t)
	d := w.decide(t, "subpoena", []order.Target{email("anna")}, []order.Item{item("subscriber", "name")})
	p := w.mustPlan(t, d, &store{accounts: map[string][]source.Account{"anna": {{Key: "1"}}}}, nil)
	before := p.Digest()
	got := p.Datasets()[0]
	got.Read.Accounts[0], got.Read.Fields[0].Column, got.Read.Key[0] = "2", "pw", "x"
	got.Decision.Verdicts[0].Effect = policy.Refuse
	p.Targets()[0].Accounts = 7
	if p.Digest() != before || p.Targets()[0].Accounts != 1 {
		t.Error("the plan was changed from outside")
	}
}
