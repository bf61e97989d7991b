package policy

import (
	"strings"
	"testing"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
)

// What an order may have beside its process.
type with func(*ask)

func issuer(k trust.Kind) with        { return func(a *ask) { a.issuer = k } }
func reviewers(n int) with            { return func(a *ask) { a.reviewers = n } }
func offence(years int) with          { return func(a *ask) { a.offenceYears = years } }
func targets(n int) with              { return func(a *ask) { a.targets = n } }
func covers(c ...string) with         { return func(a *ask) { a.consent = categories(c) } }
func days(n int) with                 { return func(a *ask) { a.items[0].From, a.items[0].To = window(n) } }
func in(d order.Dataset) with         { return func(a *ask) { a.items[0].Dataset = d } }
func field(f order.Field) with        { return func(a *ask) { a.items[0].Fields[0] = f } }
func under(j trust.Jurisdiction) with { return func(a *ask) { a.jurisdiction = j } }
func listed(a *ask)                   { a.offenceYears, a.offenceListed = 0, true }
func identify(a *ask)                 { a.purpose = order.IdentifyUser }
func certified(a *ask)                { a.certificate = true }
func noWindow(a *ask)                 { a.items[0].From, a.items[0].To = order.Instant{}, order.Instant{} }
func halfWindow(a *ask)               { a.items[0].To = order.Instant{} }
func noRecord(a *ask)                 { a.emergency = false }

func categories(names []string) (out []catalog.Category) {
	for _, n := range names {
		out = append(out, catalog.Category(n))
	}
	return out
}

// Every case is a sentence of the law page. A case without a ground is a grant;
// rule is the rule that decides.
var cases = []struct {
	name         string
	jurisdiction trust.Jurisdiction
	process      trust.Process
	category     catalog.Category
	with         []with
	ground       Ground
	rule         string
}{
	// 18 U.S.C. 2703(c)(2): a closed list.
	{"subpoena: A, name", "us", "subpoena", "identity.name", nil, "", "us.subscriber.a-name"},
	{"subpoena: B, address", "us", "subpoena", "identity.address", nil, "", "us.subscriber.b-address"},
	{"subpoena: C, connection records", "us", "subpoena", "traffic.call", nil, "", "us.subscriber.c-calls"},
	{"subpoena: C, session times", "us", "subpoena", "session.time", nil, "", "us.subscriber.c-sessions"},
	{"subpoena: D, length of service", "us", "subpoena", "service.length", nil, "", "us.subscriber.d-length"},
	{"subpoena: D, types of service", "us", "subpoena", "service.type", nil, "", "us.subscriber.d-types"},
	{"subpoena: E, subscriber number", "us", "subpoena", "identity.number", nil, "", "us.subscriber.e-number"},
	{"subpoena: E, temporarily assigned address", "us", "subpoena", "session.address", nil, "", "us.subscriber.e-network-address"},
	{"subpoena: F, card and bank numbers", "us", "subpoena", "payment.means", nil, "", "us.subscriber.f-payment"},
	{"subpoena: not the date of birth", "us", "subpoena", "identity.birth", nil, NotPermitted, "us.subpoena"},
	{"subpoena: not device ids", "us", "subpoena", "device.id", nil, NotPermitted, "us.subpoena"},
	{"subpoena: not message headers", "us", "subpoena", "traffic.header", nil, NotPermitted, "us.subpoena"},
	{"subpoena: not volumes", "us", "subpoena", "traffic.volume", nil, NotPermitted, "us.subpoena"},
	{"subpoena: not locations", "us", "subpoena", "location", nil, NotPermitted, "us.subpoena"},
	{"subpoena: not contacts", "us", "subpoena", "contacts", nil, Forbidden, "us.content.not-by-subpoena"},
	{"subpoena: not content", "us", "subpoena", "content", nil, Forbidden, "us.content.not-by-subpoena"},
	{"subpoena: a judge's changes nothing", "us", "subpoena", "content", []with{issuer(trust.Judge), reviewers(9), offence(99)}, Forbidden, "us.content.not-by-subpoena"},
	{"subpoena: a prosecutor's is one", "us", "subpoena", "identity.name", []with{issuer(trust.Prosecutor)}, "", "us.subscriber.a-name"},
	{"subpoena: the police's is one", "us", "subpoena", "session.time", []with{issuer(trust.Police)}, "", "us.subscriber.c-sessions"},
	{"subpoena: consent attached to it compels nothing", "us", "subpoena", "content", []with{covers("content")}, Forbidden, "us.content.not-by-subpoena"},
	{"subpoena: another purpose opens nothing", "us", "subpoena", "traffic.header", []with{identify}, NotPermitted, "us.subpoena"},

	// 2703(d): other records, no content, no long location history.
	{"2703(d): the subscriber list too", "us", "court-order-2703d", "payment.means", nil, "", "us.subscriber.f-payment"},
	{"2703(d): names by its own rule", "us", "court-order-2703d", "identity.name", nil, "", "us.records.identity"},
	{"2703(d): date of birth", "us", "court-order-2703d", "identity.birth", nil, "", "us.records.identity"},
	{"2703(d): headers", "us", "court-order-2703d", "traffic.header", nil, "", "us.records.traffic"},
	{"2703(d): volumes", "us", "court-order-2703d", "traffic.volume", nil, "", "us.records.traffic"},
	{"2703(d): device ids", "us", "court-order-2703d", "device.id", nil, "", "us.records.device"},
	{"2703(d): IP logs", "us", "court-order-2703d", "session.address", nil, "", "us.subscriber.e-network-address"},
	{"2703(d): never content", "us", "court-order-2703d", "content", nil, Forbidden, "us.content.not-by-court-order"},
	{"2703(d): never contacts", "us", "court-order-2703d", "contacts", nil, Forbidden, "us.content.not-by-court-order"},
	{"2703(d): six days of location", "us", "court-order-2703d", "location", []with{days(6)}, "", "us.records.location"},
	{"2703(d): seven days are a search", "us", "court-order-2703d", "location", []with{days(7)}, Forbidden, "us.records.long-location"},
	{"2703(d): location without a window is all of it", "us", "court-order-2703d", "location", []with{in("timeless"), noWindow}, Forbidden, "us.records.long-location"},
	{"2703(d): a prosecutor can't issue it", "us", "court-order-2703d", "traffic.header", []with{issuer(trust.Prosecutor)}, NotSigned, "us.issuer.court"},
	{"2703(d): a court can", "us", "court-order-2703d", "traffic.header", []with{issuer(trust.Court)}, "", "us.records.traffic"},

	// Warrants: all of the above, and content.
	{"warrant: content", "us", "search-warrant", "content", nil, "", "us.warrant.content"},
	{"warrant: contacts", "us", "search-warrant", "contacts", nil, "", "us.warrant.content"},
	{"warrant: a year of location", "us", "search-warrant", "location", []with{days(365)}, "", "us.warrant.location"},
	{"warrant: what a 2703(d) order may", "us", "search-warrant", "traffic.header", nil, "", "us.records.traffic"},
	{"warrant: what a subpoena may", "us", "search-warrant", "identity.name", nil, "", "us.subscriber.a-name"},
	{"warrant: the police can't issue one", "us", "search-warrant", "content", []with{issuer(trust.Police)}, NotSigned, "us.issuer.court"},
	{"warrant: not even for a name", "us", "search-warrant", "identity.name", []with{issuer(trust.Police)}, NotSigned, "us.issuer.court"},
	{"warrant: an issuer of no kind is none", "us", "search-warrant", "content", []with{issuer("")}, NotSigned, "us.issuer.court"},
	{"warrant: passwords never", "us", "search-warrant", "secret", nil, IsSecret, ""},

	// 2709(b)(1): four items.
	{"nsl: name", "us", "nsl", "identity.name", nil, "", "us.nsl.name"},
	{"nsl: address", "us", "nsl", "identity.address", nil, "", "us.nsl.address"},
	{"nsl: length of service", "us", "nsl", "service.length", nil, "", "us.nsl.length"},
	{"nsl: toll billing records", "us", "nsl", "traffic.call", nil, "", "us.nsl.toll-records"},
	{"nsl: no network addresses", "us", "nsl", "session.address", nil, NotPermitted, "us.nsl"},
	{"nsl: no session times", "us", "nsl", "session.time", nil, NotPermitted, "us.nsl"},
	{"nsl: no numbers", "us", "nsl", "identity.number", nil, NotPermitted, "us.nsl"},
	{"nsl: no types of service", "us", "nsl", "service.type", nil, NotPermitted, "us.nsl"},
	{"nsl: no means of payment", "us", "nsl", "payment.means", nil, NotPermitted, "us.nsl"},
	{"nsl: no headers", "us", "nsl", "traffic.header", nil, NotPermitted, "us.nsl"},
	{"nsl: no content", "us", "nsl", "content", nil, Forbidden, "us.content.not-by-nsl"},

	// 2702: what the provider may choose.
	{"emergency: content", "us", "emergency", "content", nil, "", "us.emergency.content"},
	{"emergency: records", "us", "emergency", "location", nil, "", "us.emergency.records"},
	{"emergency: names", "us", "emergency", "identity.name", nil, "", "us.emergency.records"},
	{"emergency: nothing without its record", "us", "emergency", "location", []with{noRecord}, NotPermitted, "us.emergency"},
	{"emergency: one person is not two", "us", "emergency", "location", []with{reviewers(1)}, NotSigned, "us.emergency.two-people"},
	{"emergency: the police may ask", "us", "emergency", "location", []with{issuer(trust.Police)}, "", "us.emergency.records"},
	{"emergency: passwords never", "us", "emergency", "secret", nil, IsSecret, ""},
	{"emergency: small ceilings", "us", "emergency", "location", []with{targets(11)}, OverCeiling, "us.ceiling.emergency"},
	{"consent: what it covers", "us", "consent", "identity.name", []with{covers("identity.name")}, "", "us.consent.records"},
	{"consent: a branch covers its leaves", "us", "consent", "session.time", []with{covers("session")}, "", "us.consent.records"},
	{"consent: content when it covers it", "us", "consent", "content", []with{covers("identity", "content")}, "", "us.consent.content"},
	{"consent: not what stands beside it", "us", "consent", "identity.address", []with{covers("identity.name")}, NotPermitted, "us.consent"},
	{"consent: records don't cover content", "us", "consent", "content", []with{covers("traffic", "session")}, NotPermitted, "us.consent"},
	{"consent: without one nothing", "us", "consent", "identity.name", nil, NotPermitted, "us.consent"},

	// 2703(f): preserve and release are different verbs.
	{"preservation: no name", "us", "preservation", "identity.name", nil, ReleasesNothing, "us.preservation"},
	{"preservation: no content", "us", "preservation", "content", nil, ReleasesNothing, "us.preservation"},
	{"preservation: not with consent", "us", "preservation", "identity.name", []with{covers("identity")}, ReleasesNothing, "us.preservation"},
	{"preservation: not from a judge with ten reviewers", "us", "preservation", "session.time", []with{issuer(trust.Judge), reviewers(10)}, ReleasesNothing, "us.preservation"},
	{"preservation: EU, no name", "eu", "preservation", "identity.name", nil, ReleasesNothing, "eu.preservation"},
	{"preservation: EU, no content", "eu", "preservation", "content", []with{offence(15)}, ReleasesNothing, "eu.preservation"},

	// Regulation (EU) 2023/1543.
	{"EU: a prosecutor may order subscriber data", "eu", "production", "identity.name", []with{issuer(trust.Prosecutor)}, "", "eu.subscriber"},
	{"EU: billing is subscriber data", "eu", "production", "payment.means", []with{issuer(trust.Prosecutor)}, "", "eu.subscriber"},
	{"EU: the date of birth too", "eu", "production", "identity.birth", []with{issuer(trust.Prosecutor)}, "", "eu.subscriber"},
	{"EU: passwords never", "eu", "production", "secret", nil, IsSecret, ""},
	{"EU: the police may order nothing", "eu", "production", "identity.name", []with{issuer(trust.Police)}, NotSigned, "eu.issuer.subscriber-identifying"},
	{"EU: subscriber data for any offence", "eu", "production", "identity.name", []with{offence(0)}, "", "eu.subscriber"},
	{"EU: a sign-in to identify is identifying", "eu", "production", "session.address", []with{identify, issuer(trust.Prosecutor)}, "", "eu.identifying"},
	{"EU: its time too, for any offence", "eu", "production", "session.time", []with{identify, issuer(trust.Prosecutor), offence(0)}, "", "eu.identifying"},
	{"EU: the same sign-in is else traffic", "eu", "production", "session.address", []with{issuer(trust.Prosecutor)}, NotSigned, "eu.issuer.traffic-content"},
	{"EU: which a judge may order", "eu", "production", "session.address", []with{issuer(trust.Judge)}, "", "eu.traffic"},
	{"EU: or a court", "eu", "production", "traffic.header", []with{issuer(trust.Court)}, "", "eu.traffic"},
	{"EU: headers are traffic even to identify", "eu", "production", "traffic.header", []with{identify, issuer(trust.Prosecutor)}, NotSigned, "eu.issuer.traffic-content"},
	{"EU: traffic not below three years", "eu", "production", "traffic.header", []with{offence(2)}, Forbidden, "eu.serious-offence"},
	{"EU: three years are enough", "eu", "production", "traffic.header", []with{offence(3)}, "", "eu.traffic"},
	{"EU: so is a listed offence", "eu", "production", "traffic.header", []with{listed}, "", "eu.traffic"},
	{"EU: location is traffic", "eu", "production", "location", []with{offence(0)}, Forbidden, "eu.serious-offence"},
	{"EU: content by a judge", "eu", "production", "content", nil, "", "eu.content"},
	{"EU: content not by a prosecutor", "eu", "production", "content", []with{issuer(trust.Prosecutor)}, NotSigned, "eu.issuer.traffic-content"},
	{"EU: content not below three years", "eu", "production", "content", []with{offence(1)}, Forbidden, "eu.serious-offence"},
	{"EU: an address book is content", "eu", "production", "contacts", []with{issuer(trust.Prosecutor)}, NotSigned, "eu.issuer.traffic-content"},
	{"EU: an emergency reaches what production reaches", "eu", "emergency", "session.time", nil, "", "eu.traffic"},
	{"EU: and no more", "eu", "emergency", "content", []with{issuer(trust.Prosecutor)}, NotSigned, "eu.issuer.traffic-content"},

	// United Kingdom.
	{"UK: entity data", "uk", "communications-data", "identity.name", []with{certified, issuer(trust.Police)}, "", "uk.entity"},
	{"UK: events data", "uk", "communications-data", "traffic.header", []with{certified, issuer(trust.Police)}, "", "uk.events"},
	{"UK: content needs a warrant", "uk", "communications-data", "content", []with{certified}, Forbidden, "uk.content.not-by-communications-data"},
	{"UK: which reaches it", "uk", "warrant", "content", []with{certified}, "", "uk.warrant.content"},
	{"UK: a warrant reaches events too", "uk", "warrant", "session.time", []with{certified}, "", "uk.events"},
	{"UK: a warrant is not the police's", "uk", "warrant", "content", []with{certified, issuer(trust.Police)}, NotSigned, "uk.issuer.warrant"},
	{"UK: an overseas order", "uk", "overseas-production", "content", []with{certified}, "", "uk.overseas.electronic-data"},
	{"UK: by the Designated Authority", "uk", "overseas-production", "content", []with{certified, issuer(trust.DesignatedAuthority)}, "", "uk.overseas.electronic-data"},
	{"UK: not by the police", "uk", "overseas-production", "content", []with{certified, issuer(trust.Police)}, NotSigned, "uk.issuer.overseas"},
	{"UK: nothing without the certificate", "uk", "overseas-production", "identity.name", nil, Forbidden, "uk.agreement.certificate"},
	{"UK: a warrant neither", "uk", "warrant", "content", nil, Forbidden, "uk.agreement.certificate"},
	{"UK: passwords never", "uk", "warrant", "secret", []with{certified}, IsSecret, ""},

	// Whatever the law.
	{"a process that nobody has", "us", "letter", "identity.name", nil, UnknownProcess, ""},
	{"a process of another law", "eu", "subpoena", "identity.name", nil, UnknownProcess, ""},
	{"a law that nobody has", "us", "subpoena", "identity.name", []with{under("atlantis")}, UnknownProcess, ""},
	{"an empty process", "us", "", "identity.name", nil, UnknownProcess, ""},
	{"UK: no such thing as an emergency here", "uk", "emergency", "identity.name", nil, UnknownProcess, ""},
	{"a dataset that is not in the catalog", "us", "search-warrant", "content", []with{in("other")}, NotInCatalog, ""},
	{"a field that is not in the catalog", "us", "search-warrant", "content", []with{field("other")}, NotInCatalog, ""},
	{"records with times and no window", "us", "subpoena", "session.time", []with{noWindow}, NoWindow, ""},
	{"half a window is none", "us", "subpoena", "session.time", []with{halfWindow}, NoWindow, ""},
	{"records without times need no window", "us", "subpoena", "identity.name", []with{in("timeless"), noWindow}, "", "us.subscriber.a-name"},
	{"targets at the ceiling", "us", "subpoena", "identity.name", []with{targets(50)}, "", "us.subscriber.a-name"},
	{"targets over the ceiling", "us", "subpoena", "identity.name", []with{targets(51)}, OverCeiling, "us.ceiling"},
	{"a window at the ceiling", "us", "subpoena", "session.time", []with{days(1827)}, "", "us.subscriber.c-sessions"},
	{"a window over the ceiling", "us", "subpoena", "session.time", []with{days(1828)}, OverCeiling, "us.ceiling"},
	{"content at its own ceiling", "us", "search-warrant", "content", []with{days(731)}, "", "us.warrant.content"},
	{"content over its own ceiling", "us", "search-warrant", "content", []with{days(732)}, OverCeiling, "us.ceiling"},
	{"a leaf under its branch's ceiling", "us", "search-warrant", "traffic.header", []with{days(1097)}, OverCeiling, "us.ceiling"},
	{"contacts are not below content", "us", "search-warrant", "contacts", []with{days(732)}, "", "us.warrant.content"},
	{"emergency: a month of content", "us", "emergency", "content", []with{days(32)}, OverCeiling, "us.ceiling.emergency"},
	{"a window over the ceiling on records without times", "eu", "production", "identity.name", []with{in("timeless"), days(1828)}, OverCeiling, "eu.ceiling"},
}

func TestDecide(t *testing.T) {
	if len(cases) < 80 {
		t.Fatalf("%d cases, want at least 80", len(cases))
	}
	p, c := defaultPolicy(t), everything(t)
	names := map[string]bool{}
	for _, tt := range cases {
		if names[tt.name] {
			t.Errorf("two cases are called %q", tt.name)
		}
		names[tt.name] = true
		t.Run(tt.name, func(t *testing.T) {
			a := plain(tt.jurisdiction, tt.process, tt.category)
			for _, w := range tt.with {
				w(a)
			}
			d := p.decide(a, c)
			v := d.datasets[0].Verdicts[0]
			want := Refuse
			if tt.ground == "" {
				want = Grant
			}
			if v.Effect != want || v.Ground != tt.ground || v.Rule.ID != tt.rule {
				t.Fatalf("decided effect %d, ground %q, rule %q; want %d, %q, %q\n%s",
					v.Effect, v.Ground, v.Rule.ID, want, tt.ground, tt.rule, v.Why)
			}
			if (v.Rule.ID == "") != (v.Rule.Cite == "") || v.Why == "" || strings.ContainsAny(v.Why, "\n") {
				t.Errorf("rule %+v, why %q", v.Rule, v.Why)
			}
			if got := len(d.datasets[0].Granted()); got == 1 != (want == Grant) {
				t.Errorf("%d fields granted", got)
			}
		})
	}
}

// Nothing that is called preservation releases anything, and no secret leaves,
// whatever else an order brings.
func TestNeverWhateverTheOrder(t *testing.T) {
	p, c := defaultPolicy(t), everything(t)
	for _, name := range p.Jurisdictions() {
		for _, process := range p.jurisdictions[name].processNames() {
			for _, category := range catalog.Leaves() {
				a := plain(name, process, category)
				a.emergency, a.certificate, a.cleared, a.offenceYears, a.reviewers = true, true, true, 99, 20
				a.consent = catalog.Leaves()
				v := p.decide(a, c).datasets[0].Verdicts[0]
				if v.Effect == Grant && (preserves(process) || category == catalog.Secret) {
					t.Errorf("%s %s grants %s", name, process, category)
				}
			}
		}
	}
}

func TestOrderOfDecision(t *testing.T) {
	a := plain("us", "subpoena", "content")
	b := order.Item{Dataset: "other", Fields: []order.Field{"x"}}
	a.items[0].Fields = []order.Field{"session-time", "content", "identity-name"}
	a.items = []order.Item{a.items[0], b}
	d := defaultPolicy(t).decide(a, everything(t))
	if d.datasets[0].Dataset != "other" || d.datasets[1].Dataset != "timed" {
		t.Errorf("datasets are not by name: %v", d.datasets)
	}
	var fields []string
	for _, v := range d.datasets[1].Verdicts {
		fields = append(fields, string(v.Field))
	}
	if got := strings.Join(fields, " "); got != "content identity-name session-time" {
		t.Errorf("verdicts come as %s", got)
	}
	if !d.Narrowed() {
		t.Error("granted some and refused some, and says it did not narrow")
	}
	d.Datasets()[1].Verdicts[0].Effect = Grant
	if d.Datasets()[1].Verdicts[0].Effect == Grant {
		t.Error("a caller changed the decision")
	}
}

// A refusal names the processes that could reach what it refuses.
func TestHint(t *testing.T) {
	p, c := defaultPolicy(t), everything(t)
	v := p.decide(plain("us", "subpoena", "traffic.header"), c).datasets[0].Verdicts[0]
	if want := "no rule lets subpoena reach traffic.header; court-order-2703d or search-warrant may"; v.Why != want {
		t.Errorf("why is %q, want %q", v.Why, want)
	}
}

func TestEmptyDecisions(t *testing.T) {
	p := defaultPolicy(t)
	for name, d := range map[string]*Decision{
		"zero":        {},
		"no order":    p.Decide(nil, everything(t), received),
		"no catalog":  p.Decide(&order.Verified{}, nil, received),
		"empty order": p.Decide(&order.Verified{}, everything(t), received),
		"no policy":   (&Policy{}).Decide(&order.Verified{}, everything(t), received),
	} {
		if len(d.Datasets()) != 0 || d.Narrowed() || d.Jurisdiction() != "" {
			t.Errorf("%s: decided something: %+v", name, d)
		}
	}
	a := plain("us", "subpoena", "identity.name")
	if v := (&Policy{}).decide(a, everything(t)).datasets[0].Verdicts[0]; v.Effect != Refuse || v.Ground != UnknownProcess {
		t.Errorf("the empty policy decides %+v", v)
	}
}
