package act

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/internal/sigstore"
)

// A broken statement breaks one rule.
type broken struct {
	name string
	act  Act
}

// but returns a after a change.
func but[A Act](name string, a A, change func(*A)) broken {
	a = a.copy().(A)
	change(&a)
	return broken{string(a.Kind()) + " " + name, a}
}

// brokens are statements that Sign and Parse refuse alike.
func brokens(t testing.TB) []broken {
	s := samples(t)
	notified, released := s["notified"].(Notified), s["released"].(Released)
	recalled, configured := s["recalled"].(Recalled), s["configured"].(Configured)
	plain, no, fall := received(), rejected(), unplanned()
	return []broken{
		but("of no provider", plain, func(r *Received) { r.Provider = "" }),
		but("at no time", plain, func(r *Received) { r.RecordedAt = time.Time{} }),
		but("before it happened", plain, func(r *Received) { r.RecordedAt = at(0).Add(-time.Second) }),
		but("by no tool", plain, func(r *Received) { r.Tool.Build = "" }),
		but("from a lower-case country", plain, func(r *Received) { r.Country = "de" }),
		but("without the order's digest", plain, func(r *Received) { r.Order.Digest = digest.Digest{} }),
		but("without signers", plain, func(r *Received) { r.Order.Signers = nil }),
		but("without facts", plain, func(r *Received) { r.Facts = Facts{} }),
		but("with facts of another process", plain, func(r *Received) { r.Facts.Process = "subpoena" }),
		but("with facts of another number of targets", plain, func(r *Received) { r.Facts.Targets++ }),
		but("with facts of another time", plain, func(r *Received) { r.Facts.ReceivedAt = at(1) }),
		but("with facts that are not secret", plain, func(r *Received) { r.Facts.Secrecy, r.Facts.SecretUntil = "", "" }),
		but("due at no time", plain, func(r *Received) { r.Facts.DueAt = "2026-03-20" }),
		but("cleared by nobody", plain, func(r *Received) { r.Facts.Notification = false }),
		but("with half a window", plain, func(r *Received) { r.Facts.Mandate[0].From = "" }),
		but("mandating a dataset twice", plain, func(r *Received) { r.Facts.Mandate[1].Dataset = "sign-ins" }),
		but("mandating a field twice", plain, func(r *Received) { r.Facts.Mandate[0].Fields[1] = "ip" }),
		but("mandating no field", plain, func(r *Received) { r.Facts.Mandate[0].Fields = nil }),
		but("mandating nothing", plain, func(r *Received) { r.Facts.Mandate = nil }),
		but("mandating an address", plain, func(r *Received) { r.Facts.Mandate[0].Fields[0] = "j.doe@mail.example" }),
		but("with unsorted consent", plain, func(r *Received) { r.Facts.Consent[0], r.Facts.Consent[1] = r.Facts.Consent[1], r.Facts.Consent[0] }),

		but("with an approval that lifts nothing", plain, func(r *Received) { r.Facts.Approvals[0].Limit = r.Facts.Approvals[0].Ceiling }),
		but("with an approval by one", plain, func(r *Received) { r.Facts.Approvals[0].Signers = r.Facts.Approvals[0].Signers[:1] }),
		but("with an approval by one twice", plain, func(r *Received) { r.Facts.Approvals[0].Signers[1] = r.Facts.Approvals[0].Signers[0] }),
		but("with an approval by the authority", plain, func(r *Received) { r.Facts.Approvals[0].Signers[0].Role = "authority" }),
		but("with an approval that ended before it began", plain, func(r *Received) { r.Facts.Approvals[0].ExpiresAt = r.Facts.Approvals[0].IssuedAt }),
		but("with one ceiling lifted twice", plain, func(r *Received) { r.Facts.Approvals[1] = r.Facts.Approvals[0] }),
		but("with approvals out of order", plain, func(r *Received) { a := r.Facts.Approvals; a[0], a[1] = a[1], a[0] }),
		but("with an approval of no text", plain, func(r *Received) { r.Facts.Approvals[0].Envelope = digest.Digest{} }),
		but("with half a fingerprint", plain, func(r *Received) { r.Fingerprint.Key = "" }),
		but("with a fingerprint in capitals", plain, func(r *Received) { r.Fingerprint.Value = strings.ToUpper(r.Fingerprint.Value) }),
		but("rejected, with a fingerprint", no, func(r *Received) { r.Fingerprint = received().Fingerprint }),

		but("rejected for no known reason", no, func(r *Received) { r.Rejected.Code = "dislike" }),
		but("rejected in other words", no, func(r *Received) { r.Rejected.Why = "order 7/2026 ended" }),
		but("rejected by the plan", no, func(r *Received) { r.Rejected = Because(TargetAmbiguous) }),
		but("rejected, with facts", no, func(r *Received) { r.Facts = received().Facts }),
		but("rejected, with its legal basis", no, func(r *Received) { r.Order.LegalBasis = "find J. Doe" }),
		but("rejected, with an authority nobody registered", no, func(r *Received) { r.Order.Authority = "Court of J. Doe" }),
		but("rejected, with an agency nobody registered", no, func(r *Received) { r.Order.Agency = "j.doe@mail.example" }),
		but("rejected, following another", no, func(r *Received) { r.Follows = theOrder }),
		but("following itself", received(), func(r *Received) { r.Follows = r.Order.Digest }),
		but("to a recipient of a sentence", received(), func(r *Received) { r.Facts.Recipient = "j.doe@mail.example" }),
		but("rejected, of no order", no, func(r *Received) { r.Order.Digest = digest.Digest{} }),

		but("on no order", decided(), func(d *Decided) { d.Order = digest.Digest{} }),
		but("later than recorded", decided(), func(d *Decided) { d.DecidedAt = at(4) }),
		but("by no policy", decided(), func(d *Decided) { d.InForce.Policy = digest.Digest{} }),
		but("by no plan", decided(), func(d *Decided) { d.InForce.Plan = digest.Digest{} }),
		but("on nothing", decided(), func(d *Decided) { d.Decision.Datasets, d.Planned = nil, nil }),
		but("not narrowed, though it is", decided(), func(d *Decided) { d.Decision.Narrowed = false }),
		but("on datasets out of order", decided(), func(d *Decided) {
			d.Decision.Datasets[0], d.Decision.Datasets[3] = d.Decision.Datasets[3], d.Decision.Datasets[0]
		}),
		but("with a field on both sides", decided(), func(d *Decided) { d.Decision.Datasets[4].Withheld[0].Fields[0] = "ip" }),
		but("with fields out of order", decided(), func(d *Decided) {
			f := d.Decision.Datasets[4].Granted[0].Fields
			f[0], f[1] = f[1], f[0]
		}),
		but("with groups out of order", decided(), func(d *Decided) {
			g := d.Decision.Datasets[4].Granted
			g[0], g[1] = g[1], g[0]
		}),
		but("with groups not joined", decided(), func(d *Decided) {
			g := d.Decision.Datasets[4].Granted
			g[1].Category = g[0].Category
		}),
		but("with an empty group", decided(), func(d *Decided) { d.Decision.Datasets[4].Granted[0].Fields = nil }),
		but("granting by no rule", decided(), func(d *Decided) { d.Decision.Datasets[0].Granted[0].Rule = manifest.Rule{} }),
		but("refusing on no ground", decided(), func(d *Decided) { d.Decision.Datasets[1].Withheld[0].Ground = "" }),
		but("holding until it was decided", decided(), func(d *Decided) { d.Decision.Datasets[2].HeldUntil = at(2) }),
		but("holding by no rule", decided(), func(d *Decided) { d.Decision.Datasets[2].Hold = manifest.Rule{} }),
		but("not before another time", decided(), func(d *Decided) { d.Decision.Clocks.NotBefore = at(30) }),
		but("with a notice that is due, not owed", decided(), func(d *Decided) { d.Decision.Notice.Owed = false }),
		but("with a notice due twice", decided(), func(d *Decided) { d.Decision.Notice.WhenLifted = true }),
		but("with windows out of order", decided(), func(d *Decided) { w := d.Decision.Ceilings.Windows; w[0], w[1] = w[1], w[0] }),
		but("with a window of no day", decided(), func(d *Decided) { d.Decision.Ceilings.Windows[0].Days = 0 }),
		but("with a rate that counts nobody's", decided(), func(d *Decided) { d.Decision.Rates[0].Per = "reviewer" }),
		but("with a rate of no time", decided(), func(d *Decided) { d.Decision.Rates[0].Hours = 0 }),
		but("with a rate of no order", decided(), func(d *Decided) { d.Decision.Rates[0].Orders = 0 }),
		but("with one rate twice", decided(), func(d *Decided) { d.Decision.Rates[1].Rule = d.Decision.Rates[0].Rule }),
		but("with a first answer spelt out", decided(), func(d *Decided) { d.Answer = 1 }),
		but("rejected for a ceiling, with a rate's rule", unplanned(), func(d *Decided) { d.Rejected.Rule = "eu.rate.agency.day" }),
		but("rejected for a rate, without its rule", overRate(), func(d *Decided) { d.Rejected.Rule = "" }),
		but("with a negative ceiling", decided(), func(d *Decided) { d.Decision.Ceilings.Records = -1 }),
		but("planning one dataset less", decided(), func(d *Decided) { d.Planned = d.Planned[1:] }),
		but("planning another dataset", decided(), func(d *Decided) { d.Planned[0].Dataset = "call" }),
		but("pulling what is refused", decided(), func(d *Decided) { d.Planned[1].Outcome, d.Planned[1].Accounts = Pull, 1 }),
		but("pulling what is held", decided(), func(d *Decided) { d.Planned[2].Outcome, d.Planned[2].Accounts = Pull, 1 }),
		but("holding what waits for nothing", decided(), func(d *Decided) { d.Planned[3].Outcome, d.Planned[3].Why = manifest.Held, "so" }),
		but("refusing what is granted", decided(), func(d *Decided) { d.Planned[3].Outcome = manifest.Refused }),
		but("pulling from nobody", decided(), func(d *Decided) { d.Planned[4].Accounts = 0 }),
		but("pulling from more accounts than there are", decided(), func(d *Decided) { d.Accounts = 1 }),
		but("redirecting nobody", decided(), func(d *Decided) { d.Planned[5].Redirected = 0 }),
		but("unavailable for no reason", decided(), func(d *Decided) { d.Planned[0].Why = "" }),
		but("unavailable for an address", decided(), func(d *Decided) { d.Planned[0].Why = "j.doe@mail.example is locked" }),
		but("unavailable for a number", decided(), func(d *Decided) { d.Planned[0].Why = "12025550100 is locked" }),
		but("with an outcome of the manifest", decided(), func(d *Decided) { d.Planned[3].Outcome = manifest.Complete }),
		but("with another result", decided(), func(d *Decided) { d.Result = Held }),
		but("rejected, though it exports", decided(), func(d *Decided) { d.Rejected = Because(OverCeiling) }),
		but("rejected by verification", fall, func(d *Decided) { d.Rejected = Because(Expired) }),
		but("rejected, with a request", fall, func(d *Decided) { d.Request = request(theOrder) }),
		but("requested by nobody", decided(), func(d *Decided) { d.Request.Engineer = "" }),
		but("requested by a name", decided(), func(d *Decided) { d.Request.Engineer = "J. Doe" }),
		but("requested with no key", decided(), func(d *Decided) { d.Request.KeyID = "" }),
		but("requested at no time", decided(), func(d *Decided) { d.Request.RequestedAt = time.Time{} }),
		but("requested before it was decided", decided(), func(d *Decided) { d.Request.RequestedAt = at(1) }),
		but("requested later than recorded", decided(), func(d *Decided) { d.Request.RequestedAt = at(4) }),
		but("requested without a signature", decided(), func(d *Decided) { d.Request.Sig = nil }),
		but("requested with a very long signature", decided(), func(d *Decided) { d.Request.Sig = make([]byte, maxSig+1) }),
		but("followed up at no time", decided(), func(d *Decided) { d.Decision.FollowUp.By = time.Time{} }),
		but("followed up by no rule", decided(), func(d *Decided) { d.Decision.FollowUp.Rule = manifest.Rule{} }),
		but("rejected, with a plan", fall, func(d *Decided) { d.InForce.Plan = theOrder }),
		but("rejected, with accounts", fall, func(d *Decided) { d.Accounts = 1 }),
		but("rejected for no reason", fall, func(d *Decided) { d.Rejected = Rejection{} }),

		but("of no order", notified, func(n *Notified) { n.Order = digest.Digest{} }),
		but("at no time", notified, func(n *Notified) { n.NotifiedAt = time.Time{} }),
		but("by a sentence", notified, func(n *Notified) { n.How = "to j.doe@mail.example" }),
		but("of no order", released, func(r *Released) { r.Order = digest.Digest{} }),
		but("for another cause", released, func(r *Released) { r.Because = "mercy" }),
		but("of no dataset", released, func(r *Released) { r.Datasets = nil }),
		but("of a dataset twice", released, func(r *Released) { r.Datasets[1] = r.Datasets[0] }),
		but("of no export", recalled, func(r *Recalled) { r.Exports = nil }),
		but("of an export twice", recalled, func(r *Recalled) { r.Exports[1] = r.Exports[0] }),
		but("of a path", recalled, func(r *Recalled) { r.Exports[0].ExportID = "../x" }),
		but("of no ciphertext", recalled, func(r *Recalled) { r.Exports[0].Ciphertext = digest.Digest{} }),
		but("for no reason", recalled, func(r *Recalled) { r.Why = "" }),
		but("for an address", recalled, func(r *Recalled) { r.Why = "j.doe@mail.example was answered" }),
		but("of something else", configured, func(c *Configured) { c.What = "ledger" }),
		but("of no content", configured, func(c *Configured) { c.Digest = digest.Digest{} }),
		but("of no bytes", configured, func(c *Configured) { c.SizeBytes = 0 }),
		but("since later", configured, func(c *Configured) { c.Since = at(2) }),
		{"decided in two lines", func() Act { d := decided(); d.Planned[0].Why = "a\nb"; return d }()},
		{"recalled too many", func() Act {
			r := recalled.copy().(Recalled)
			for i := range MaxExports {
				r.Exports = append(r.Exports, RecalledExport{fmt.Sprintf("ex-2027-%03d", i), theOrder})
			}
			return r
		}()},
	}
}

func TestCheck(t *testing.T) {
	for _, tt := range brokens(t) {
		t.Run(tt.name, func(t *testing.T) {
			if b, err := Sign(tt.act, signer(t, 1)); b != nil || !errors.Is(err, ErrFormat) {
				t.Errorf("Sign = %v, want %v", err, ErrFormat)
			}
			if s, err := Parse(unchecked(t, tt.act)); s != nil || !errors.Is(err, ErrFormat) {
				t.Errorf("Parse = %v, want %v", err, ErrFormat)
			}
		})
	}
	if _, err := Sign(nil, signer(t, 1)); !errors.Is(err, ErrFormat) {
		t.Errorf("Sign of nothing = %v", err)
	}
}

// unchecked signs whatever it is given.
func unchecked(t testing.TB, a Act) []byte {
	t.Helper()
	p, err := sigstore.Canonical(statement[Act]{manifest.StatementType, subjects(a), a.Kind().PredicateType(), a})
	if err != nil {
		t.Fatal(err)
	}
	return resigned(t, string(p))
}

func resigned(t testing.TB, payload string) []byte {
	t.Helper()
	bundle, err := sigstore.Sign([]byte(payload), signer(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	b, err := bundle.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// forms are changes to a payload's bytes that a signature doesn't excuse.
var forms = []struct{ name, old, new string }{
	{"unknown kind", "/received/v1", "/believed/v1"},
	{"another version", "/received/v1", "/received/v2"},
	{"kind of another statement", "/received/v1", "/decided/v1"},
	{"other statement type", "Statement/v1", "Statement/v0.1"},
	{"other subject", `"name":"order"`, `"name":"other"`},
	{"second digest", `"digest":{"sha256"`, `"digest":{"sha1":"","sha256"`},
	{"no subject", `"subject":[{`, `"subject":[],"_":[{`},
	{"unknown member", `"predicate":{`, `"predicate":{"accounts":[],`},
	{"unknown member in the facts", `"facts":{`, `"facts":{"accounts":[],`},
	{"missing member", `"reviewers":1,`, ``},
	{"member twice", `"reviewers":1,`, `"reviewers":1,"reviewers":1,`},
	{"white space", `"reviewers":1,`, `"reviewers":1, `},
	{"zero spelt out", `"offence_years":5`, `"offence_years":0`},
	{"number as text", `"reviewers":1,`, `"reviewers":"1",`},
	{"fraction of a second", `10:01:00Z`, `10:01:00.5Z`},
	{"other zone", `10:01:00Z`, `10:01:00+00:00`},
}

func TestParseForm(t *testing.T) {
	good := string(payload(t, received()))
	for _, tt := range forms {
		t.Run(tt.name, func(t *testing.T) {
			c := strings.Replace(good, tt.old, tt.new, 1)
			if c == good {
				t.Fatal("the case changes nothing")
			}
			if s, err := Parse(resigned(t, c)); s != nil || !errors.Is(err, ErrFormat) {
				t.Errorf("Parse = %v, want %v", err, ErrFormat)
			}
		})
	}
}

// Of an order that nobody vouches for no sentence is repeated.
func TestClaimed(t *testing.T) {
	o := ref()
	o.Authority, o.Agency, o.Supplement = "Court of J. Doe", "bka", "again"
	got := Claimed(o)
	if got.Authority != "" || got.Agency != "bka" || got.LegalBasis != "" || got.Supplement != "" || got.Digest != o.Digest {
		t.Errorf("claimed %+v", got)
	}
	r := rejected()
	r.Order = got
	mustSign(t, r)
}

func TestBecause(t *testing.T) {
	for code, s := range sentences {
		if r := Because(code); r.Code != code || r.Why != s.why || r.Why == "" || s.by == 0 {
			t.Errorf("%s: %+v", code, r)
		}
	}
	if r := Because("dislike"); r.Why != "" {
		t.Errorf("there is a sentence for everything: %+v", r)
	}
}

func TestResultOf(t *testing.T) {
	of := func(outcomes ...manifest.Outcome) (p []Planned) {
		for _, o := range outcomes {
			p = append(p, Planned{Outcome: o})
		}
		return p
	}
	for _, tt := range []struct {
		planned []Planned
		want    Result
	}{
		{nil, Refused},
		{of(manifest.Refused), Refused},
		{of(manifest.Refused, manifest.Redirected), Redirected},
		{of(manifest.Redirected, manifest.Unavailable), Unavailable},
		{of(manifest.Unavailable, manifest.Held, manifest.Refused), Held},
		{of(manifest.Held, manifest.NoneFound), Export},
		{of(manifest.Held, manifest.Refused, Pull), Export},
	} {
		if got := ResultOf(tt.planned); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.planned, got, tt.want)
		}
	}
}

// What waits for a notice is held without a time, and no release ends that.
func TestHeldUntilTheUserIsTold(t *testing.T) {
	d := decided()
	d.Planned[3].Outcome, d.Planned[3].Why = manifest.Held, "held until the user is told"
	d.Decision.Notice.After = time.Time{}
	mustSign(t, d)
	if got := d.OnHold(); !slices.Equal(got, []string{"mail"}) {
		t.Errorf("held until a time are %v", got)
	}
	for _, tt := range []struct {
		notice       Notice
		before, then bool
	}{
		{Notice{}, false, false},
		{Notice{Owed: true}, true, true},
		{Notice{Owed: true, After: at(2)}, false, true},
		{Notice{Owed: true, After: at(3)}, false, false},
		{Notice{Owed: true, WhenLifted: true}, false, false},
	} {
		if before, then := tt.notice.BeforeDisclosure(), tt.notice.Awaited(at(2)); before != tt.before || then != tt.then {
			t.Errorf("%+v before the disclosure: %v, awaited: %v", tt.notice, before, then)
		}
	}
}
