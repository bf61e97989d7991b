package export_test

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json"

	"writ/crypto/digest"
	"writ/export"
	"writ/export/order"
	"writ/export/plan"
	"writ/export/record"
	"writ/manifest/approval"
	"writ/manifest/ledger"
)

// perDay is the default policy with so many orders a day for an agency.
func perDay(t *testing.T, orders int) func(fstest.MapFS) {
	return func(files fstest.MapFS) {
		alterFile(t, files, "us.yaml", "within: 24h, orders: 100, accounts: 300", fmt.Sprintf("within: 24h, orders: %d, accounts: 300", orders))
	}
}

// warrantFor is the warrant with another number and, if it is given, target.
func (l *lab) warrantFor(t *testing.T, id string, targets ...order.Target) order.Order {
	t.Helper()
	o := l.warrant
	o.ID, o.Nonce = order.ID(id), make([]byte, order.MinNonce)
	rand.Read(o.Nonce)
	if len(targets) > 0 {
		o.Targets = targets
	}
	return o
}

func email(address string) order.Target { return order.Target{Type: "email", Value: address} }

// lifting is the signed approval that lifts the orders of the agency's day.
func (l *lab) lifting(t *testing.T, o order.Order, change func(*approval.Approval), by ...string) []byte {
	t.Helper()
	now := time.Now()
	a := approval.Approval{
		Order: digest.Of(must(json.Marshal(o))), Rule: "us.rate.agency.day", Bound: "orders", Ceiling: 1, Limit: 2,
		Reason: "both belong to one case", IssuedAt: now.Add(-time.Minute), ExpiresAt: now.Add(time.Hour),
	}
	if change != nil {
		change(&a)
	}
	s := must(approval.New(a))
	for _, name := range by {
		if err := s.Sign(l.keys[name]); err != nil {
			t.Fatal(err)
		}
	}
	return s.Marshal()
}

// A rate is counted over what the ledger says, and lifted by nothing but an
// approval of this very ceiling on this very order.
func TestAbuseByRate(t *testing.T) {
	l := newLab(t)
	one := perDay(t, 1)
	answer := func(o order.Order, approvals ...[]byte) (*export.Receipt, error) {
		return l.answer(t, attack{policy: one, request: func(_ *lab, _ *export.Config, r *export.Request) { r.Approvals = approvals }}, o)
	}
	if _, err := answer(l.warrantFor(t, "first")); err != nil {
		t.Fatal(err)
	}
	l.news(t)
	second := l.warrantFor(t, "second")
	for _, tt := range []struct {
		name string
		give [][]byte
		want error
		says string
	}{
		{"no approval", nil, export.ErrRate, "received decided:rejected:over-rate"},
		{"by one reviewer", [][]byte{l.lifting(t, second, nil, "reviewer-1")}, approval.ErrUnsigned, ""},
		{"by one and a stranger", [][]byte{l.lifting(t, second, nil, "reviewer-1", "stranger")}, approval.ErrUnsigned, ""},
		{"by one and the court", [][]byte{l.lifting(t, second, nil, "reviewer-1", "court")}, approval.ErrUnsigned, ""},
		{"for another order", [][]byte{l.lifting(t, l.warrantFor(t, "second"), nil, "reviewer-1", "reviewer-2")}, approval.ErrOrder, ""},
		{"of another bound", [][]byte{l.lifting(t, second, func(a *approval.Approval) { a.Bound, a.Ceiling, a.Limit = "accounts", 300, 301 }, "reviewer-1", "reviewer-2")}, export.ErrRate, "received decided:rejected:over-rate"},
		{"of another rule", [][]byte{l.lifting(t, second, func(a *approval.Approval) { a.Rule = "us.rate.agency.week" }, "reviewer-1", "reviewer-2")}, approval.ErrCeiling, ""},
		{"of the ceiling as it was", [][]byte{l.lifting(t, second, func(a *approval.Approval) { a.Ceiling, a.Limit = 100, 200 }, "reviewer-1", "reviewer-2")}, approval.ErrCeiling, ""},
		{"to no end", [][]byte{l.lifting(t, second, func(a *approval.Approval) { a.Limit = 1 << 40 }, "reviewer-1", "reviewer-2")}, approval.ErrCeiling, ""},
		{"that ended", [][]byte{l.lifting(t, second, func(a *approval.Approval) { a.ExpiresAt = time.Now().Add(-time.Second) }, "reviewer-1", "reviewer-2")}, approval.ErrTime, ""},
		{"of tomorrow", [][]byte{l.lifting(t, second, func(a *approval.Approval) {
			a.IssuedAt, a.ExpiresAt = time.Now().Add(24*time.Hour), time.Now().Add(48*time.Hour)
		}, "reviewer-1", "reviewer-2")}, approval.ErrTime, ""},
		{"from before the order", [][]byte{l.lifting(t, second, func(a *approval.Approval) { a.IssuedAt = time.Now().Add(-48 * time.Hour) }, "reviewer-1", "reviewer-2")}, approval.ErrTime, ""},
		{"twice for one ceiling", [][]byte{l.lifting(t, second, nil, "reviewer-1", "reviewer-2"), l.lifting(t, second, func(a *approval.Approval) { a.Limit = 3 }, "reviewer-1", "reviewer-2")}, approval.ErrCeiling, ""},
		{"no approval at all", [][]byte{[]byte("{}")}, approval.ErrFormat, ""},
		{"as it should be", [][]byte{l.lifting(t, second, nil, "reviewer-1", "reviewer-2")}, nil, "received decided:export exported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			receipt, err := answer(second, tt.give...)
			if !errors.Is(err, tt.want) || (receipt != nil) != (tt.want == nil) {
				t.Fatalf("Run = %v, want %v", err, tt.want)
			}
			if said, _ := l.news(t); said != tt.says {
				t.Errorf("the ledger now says %q, want %q", said, tt.says)
			}
			if tt.want == nil && (len(receipt.Statement.Predicate.Approvals) != 1 || receipt.Statement.Predicate.Approvals[0] != digest.Of(tt.give[0])) {
				t.Errorf("the manifest names %v", receipt.Statement.Predicate.Approvals)
			}
		})
	}
}

// Two orders at once, of which one may be answered: one is.
func TestTwoAtOnceAgainstOneRate(t *testing.T) {
	l := newLab(t)
	var wait sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		o := l.warrantFor(t, fmt.Sprint("at-once-", i))
		wait.Go(func() { _, errs[i] = l.answer(t, attack{policy: perDay(t, 1)}, o) })
	}
	wait.Wait()
	answered := 0
	for _, err := range errs {
		if err == nil {
			answered++
		} else if !errors.Is(err, export.ErrRate) {
			t.Error(err)
		}
	}
	if answered != 1 {
		t.Errorf("%d were answered", answered)
	}
}

// An order for the same targets is answered once more only with a reason,
// however the targets are written.
func TestAbuseByNearDuplicate(t *testing.T) {
	l := newLab(t)
	two := []order.Target{email("mirela.kowalska@example.com"), {Type: "account-id", Value: "17"}}
	again := []order.Target{{Type: "account-id", Value: "17"}, email("mirela.kowalska@EXAMPLE.com")}
	plain := func(_ *lab, _ *export.Config, r *export.Request) { r.Supplement = "" }
	first := l.warrantFor(t, "first", two...)
	if _, err := l.answer(t, attack{request: plain}, first); err != nil {
		t.Fatal(err)
	}
	l.news(t)
	for _, tt := range []struct {
		name   string
		change func(*order.Order)
		why    string
		want   error
		says   string
	}{
		{"in another order and case", nil, "", order.ErrNearDuplicate, "received decided:rejected:near-duplicate"},
		{"that says that it follows it", func(o *order.Order) { o.Follows = digest.Of(must(json.Marshal(first))) }, "", order.ErrNearDuplicate, "received decided:rejected:near-duplicate"},
		{"a blank reason", nil, " \t", order.ErrNearDuplicate, "received decided:rejected:near-duplicate"},
		{"for one dataset of three", of("subscriber", "name"), "", order.ErrNearDuplicate, "received decided:rejected:near-duplicate"},
		{"for a window that touches", both(of("logins", "ip"), within("2025-06-01T00:00:00-04:00", "2025-06-02T00:00:00-04:00")), "", nil, "received decided:export exported"},
		{"for fewer targets", func(o *order.Order) { o.Targets = o.Targets[1:] }, "", nil, "received decided:export exported"},
		{"with a reason", nil, "another case", nil, "received decided:export exported"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := l.warrantFor(t, "again "+tt.name, again...)
			o.Mandate = append([]order.Item(nil), o.Mandate...)
			if tt.change != nil {
				tt.change(&o)
			}
			receipt, err := l.answer(t, attack{request: func(_ *lab, _ *export.Config, r *export.Request) { r.Supplement = tt.why }}, o)
			if !errors.Is(err, tt.want) {
				t.Fatalf("Run = %v, want %v", err, tt.want)
			}
			if said, _ := l.news(t); said != tt.says {
				t.Errorf("the ledger now says %q, want %q", said, tt.says)
			}
			if err == nil && receipt.Statement.Predicate.Order.Supplement != tt.why {
				t.Errorf("the manifest says %q", receipt.Statement.Predicate.Order.Supplement)
			}
		})
	}
}

// What follows an emergency needs no other reason, once.
func TestAnEmergencyIsFollowedOnce(t *testing.T) {
	l := newLab(t)
	answer := func(o order.Order, by ...string) error {
		_, err := l.answer(t, attack{by: by, request: func(_ *lab, _ *export.Config, r *export.Request) { r.Supplement = "" }}, o)
		return err
	}
	danger := l.warrantFor(t, "danger")
	danger.Process, danger.IssuedAt, danger.NonDisclosure = order.EmergencyProcess, hours(-3), nil
	danger.Emergency = &order.Emergency{Basis: danger.Documents[0].Name, CallBack: &order.CallBack{Number: "+15550100", At: hours(-1), Role: "duty judge"}}
	if err := answer(danger, "reviewer-1", "reviewer-2"); err != nil {
		t.Fatal(err)
	}
	for i, want := range []error{nil, order.ErrNearDuplicate} {
		o := l.warrantFor(t, fmt.Sprint("follows-", i))
		o.Follows = digest.Of(must(json.Marshal(danger)))
		if err := answer(o); !errors.Is(err, want) {
			t.Errorf("order %d that follows: Run = %v, want %v", i, err, want)
		}
	}
}

// Without the secret nothing is answered.
func TestNoSecretNoAnswer(t *testing.T) {
	l := newLab(t)
	l.config.Fingerprint = nil
	if _, err := l.answer(t, attack{}, l.warrant); !errors.Is(err, export.ErrFingerprint) {
		t.Errorf("Run = %v", err)
	}
	if said, _ := l.news(t); said != "" {
		t.Errorf("the ledger says %q", said)
	}
}

// Decisions that were never carried out make no store of answers: a rate that
// let go of one counts it again.
func TestOldDecisionsCountAgain(t *testing.T) {
	l := newLab(t)
	now := time.Now()
	clock := func() time.Time { return now }
	provider := l.config.Registry.Publish()
	l.config.Now = clock
	l.config.Ledger = must(record.New(record.Config{
		Reader: l.log.Reader, Provider: &provider, Index: filepath.Join(l.dir, "index"), Log: l.log, Signer: l.config.Signer, Tool: l.config.Tool, Now: clock,
	}))
	gone := errors.New("gone")
	one := attack{policy: perDay(t, 1)}
	dying := one
	dying.request = func(_ *lab, c *export.Config, _ *export.Request) {
		c.Store = breaking(c.Store, func() error { return gone })
	}
	first, second := l.warrantFor(t, "first"), l.warrantFor(t, "second")
	for _, o := range []order.Order{first, second} {
		if _, err := l.answer(t, dying, o); !errors.Is(err, gone) {
			t.Fatal(err)
		}
		now = now.Add(26 * time.Hour)
	}
	if _, err := l.answer(t, one, first); err != nil {
		t.Fatal(err)
	}
	if _, err := l.answer(t, one, second); !errors.Is(err, export.ErrRate) {
		t.Errorf("Run = %v", err)
	}
	if said, _ := l.news(t); said != "received decided:export received decided:export decided:export exported decided:rejected:over-rate" {
		t.Errorf("the ledger says %q", said)
	}
}

// A refusal by a ceiling says so, and what lifts it; it names no target.
func TestARefusalSaysWhichCeiling(t *testing.T) {
	l := newLab(t)
	var many []order.Target
	for i := range 51 {
		many = append(many, email(fmt.Sprintf("target-%d@example.com", i)))
	}
	for _, tt := range []struct {
		name    string
		targets []order.Target
		change  func(*order.Order)
		says    string
	}{
		{"targets", many, of("subscriber", "name"), "subscriber is refused (51 targets, and the ceiling is 50 of us.ceiling; reviewers can lift that for this order: writ order lift --rule us.ceiling --bound targets --to N --reason WHY --key KEY ORDER FILE)"},
		{"window", nil, both(of("messages", "body"), within("2020-01-01T00:00:00Z", "2023-01-01T00:00:00Z")), "messages is refused (a window of 1096 days, and the ceiling for content is 731 of us.ceiling; reviewers can lift that for this order: writ order lift --rule us.ceiling --bound window.content --to N --reason WHY --key KEY ORDER FILE)"},
		{"no ceiling", nil, of("subscriber", "password_hash"), "subscriber is refused (passwords, keys and tokens are never handed out)"},
	} {
		o := l.warrantFor(t, tt.name, tt.targets...)
		tt.change(&o)
		_, err := l.answer(t, attack{}, o)
		if !errors.Is(err, export.ErrRefused) || err.Error() != "nothing to release: "+tt.says {
			t.Errorf("%s: Run = %v", tt.name, err)
		}
	}
}

// A bundle that waits for its record is delivered only by the decision that it
// was made by: not once the approval that let it grow is gone.
func TestWhatWaitsNeedsItsApproval(t *testing.T) {
	l := newLab(t)
	small := attack{policy: func(files fstest.MapFS) {
		alterFile(t, files, "us.yaml", "targets: 50, accounts: 100, records: 10000000", "targets: 50, accounts: 100, records: 3")
	}}
	o := l.warrantFor(t, "waits")
	lifted := small
	lifted.request = func(_ *lab, _ *export.Config, r *export.Request) {
		r.Approvals = [][]byte{l.lifting(t, o, func(a *approval.Approval) {
			a.Rule, a.Bound, a.Ceiling, a.Limit = "us.ceiling", "records", 3, 1000
		}, "reviewer-1", "reviewer-2")}
	}
	disk, locks := errors.New("disk"), 0
	l.fault = func(s ledger.Step) (bool, error) {
		if s == ledger.StepLock {
			if locks++; locks == 2 { // the manifest's record, behind the decision's
				return false, disk
			}
		}
		return false, nil
	}
	if _, err := l.answer(t, lifted, o); !errors.Is(err, disk) {
		t.Fatal(err)
	}
	l.fault = nil
	if receipt, err := l.answer(t, small, o); !errors.Is(err, plan.ErrCeiling) || receipt != nil {
		t.Errorf("without the approval: %v, %v", receipt, err)
	}
	if receipt, err := l.answer(t, lifted, o); err != nil || receipt.Resumed {
		t.Errorf("with one again: %v", err)
	}
	l.audits(t, 0)
}
