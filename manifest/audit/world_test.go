package audit_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/go-json-experiment/json"
	fnote "github.com/transparency-dev/formats/note"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/audit"
	"writ/manifest/ledger"
)

const origin = "ledger.example/test"

// day is 10:00 UTC that many days after the first.
func day(n int) time.Time { return time.Date(2026, 3, 2+n, 10, 0, 0, 0, time.UTC) }

var now = day(200)

// people are keys that all tests share: making them is slow.
type people struct {
	court, one, two, manifest, foreign, expired sign.Signer
	kim, oneAsEngineer                          sign.Signer // who run exports
	ledger, otherLedger                         *ledger.Key
	recipient, otherRecipient                   seal.Recipient
	registry                                    trust.Document
	provider                                    trust.Provider
}

var everybody = sync.OnceValues(func() (*people, error) {
	p := &people{}
	for _, k := range []*sign.Signer{&p.court, &p.one, &p.two, &p.manifest, &p.foreign, &p.expired, &p.kim, &p.oneAsEngineer} {
		private, _, err := sign.Generate(sign.ECDSAP256, []byte("x"))
		if err != nil {
			return nil, err
		}
		if *k, err = sign.LoadSigner(private, func() ([]byte, error) { return []byte("x"), nil }); err != nil {
			return nil, err
		}
	}
	for _, r := range []*seal.Recipient{&p.recipient, &p.otherRecipient} {
		_, public, err := seal.Generate(seal.X25519, nil)
		if err != nil {
			return nil, err
		}
		*r = public
	}
	var err error
	if p.ledger, err = ledger.NewKey(origin); err != nil {
		return nil, err
	}
	if p.otherLedger, err = ledger.NewKey("ledger.example/other"); err != nil {
		return nil, err
	}
	_, public, err := ledger.Pin(p.ledger.Public())
	if err != nil {
		return nil, err
	}
	key := func(k sign.Signer) []trust.Key { return []trust.Key{{PublicKey: k.Public()}} }
	p.registry = trust.Document{
		Format: trust.Format, Provider: "mail.example", Version: 1, IssuedAt: day(-1),
		Thresholds: []trust.Threshold{
			{Jurisdiction: "us", Process: "search-warrant", Authority: trust.Suffices, Reviewers: 1},
			{Jurisdiction: "us", Process: "subpoena", Authority: trust.NotNeeded, Reviewers: 1},
			{Jurisdiction: "us", Process: "emergency", Authority: trust.NotNeeded, Reviewers: 1},
			{Jurisdiction: "eu", Process: "production", Authority: trust.Required, Reviewers: 1},
		},
		Authorities: []trust.Authority{
			{ID: "court", Name: "A court", Kind: trust.Court, Jurisdiction: "us", Country: "US", Keys: key(p.court)},
			{ID: "berlin", Name: "Another court", Kind: trust.Judge, Jurisdiction: "eu", Country: "DE", Keys: key(p.foreign)},
		},
		Reviewers: []trust.Reviewer{{ID: "one", Name: "One", Keys: key(p.one)}, {ID: "two", Name: "Two", Keys: key(p.two)}},
		Engineers: []trust.Engineer{{ID: "kim", Name: "Kim", Keys: key(p.kim)}, {ID: "one", Name: "One", Keys: key(p.oneAsEngineer)}},
		Agencies:  []trust.Agency{{ID: "police", Name: "Police", Jurisdiction: "us", Recipients: []trust.Recipient{{Recipient: p.recipient.String()}}}},
		ProviderKeys: []trust.ProviderKey{
			{Use: trust.UseManifest, Key: trust.Key{PublicKey: p.manifest.Public()}},
			{Use: trust.UseManifest, Key: trust.Key{PublicKey: p.expired.Public(), Validity: trust.Validity{Until: day(0)}}},
			{Use: trust.UseLedger, Origin: origin, Key: trust.Key{PublicKey: public}},
		},
	}
	text, err := p.registry.Marshal()
	if err != nil {
		return nil, err
	}
	p.provider = trust.Provider{Format: trust.ProviderFormat, Provider: "mail.example", Registry: digest.Of(text), Keys: p.registry.ProviderKeys}
	return p, nil
})

// rules are a policy that a test can read: what it grants by process, and the
// rest of what a decision has.
type rules struct {
	Grants   map[string][]string `json:"grants"` // process: categories
	Deadline map[string]int      `json:"deadline"`
	HoldDays int                 `json:"hold_days"`
	Notice   []string            `json:"notice"`    // processes
	FollowUp map[string]int      `json:"follow_up"` // days
	Ceilings act.Ceilings        `json:"ceilings"`
	Rates    []act.Rate          `json:"rates,omitzero"`
}

var firstRules = rules{
	Grants: map[string][]string{
		"search-warrant": {"identity.name", "content", "session.time"}, "subpoena": {"identity.name"},
		"emergency": {"session.time", "identity.name"}, "production": {"identity.name", "content"},
	},
	Deadline: map[string]int{"production": 11 * 24, "emergency": 8},
	HoldDays: 10,
	Notice:   []string{"search-warrant"},
	FollowUp: map[string]int{"emergency": 30},
	Ceilings: act.Ceilings{Targets: 5, Accounts: 5, Records: 1000, Bytes: 1 << 20, WindowDays: 366, Rule: manifest.Rule{ID: "ceiling", Cite: "policy"}},
}

// toy reads rules, and a catalog that maps fields to categories.
func toy(policy, catalog []byte) (audit.Decide, error) {
	var p rules
	if err := json.Unmarshal(policy, &p); err != nil {
		return nil, err
	}
	var c map[string]string
	if err := json.Unmarshal(catalog, &c); err != nil {
		return nil, err
	}
	return func(f act.Facts, at time.Time) (act.Decision, error) { return p.decide(f, c, at), nil }, nil
}

func (p *rules) decide(f act.Facts, catalog map[string]string, at time.Time) act.Decision {
	d := act.Decision{Ceilings: p.Ceilings, Notice: act.Notice{Why: "the provider does not tell the user"}, Enterprise: act.Enterprise{Redirect: true, Why: "it is the customer's"}}
	d.Rates = slices.Clone(p.Rates)
	for _, a := range f.Approvals {
		for i := range d.Rates {
			if q := &d.Rates[i]; q.Rule.ID == a.Rule && a.Bound == "orders" && q.Orders == a.Ceiling {
				q.Orders, q.Lifted = a.Limit, []string{"orders"}
			}
		}
	}
	rule := manifest.Rule{ID: "rule." + f.Process, Cite: "law"}
	var granted, withheld bool
	for _, m := range f.Mandate {
		r := act.Ruling{Dataset: m.Dataset, From: m.From, To: m.To}
		fields := slices.Sorted(slices.Values(m.Fields))
		for _, name := range fields {
			category := catalog[name]
			if slices.Contains(p.Grants[f.Process], category) {
				r.Granted = append(r.Granted, act.Grant{Category: category, Class: "data", Fields: []string{name}, Rule: rule})
				granted = true
			} else {
				r.Withheld = append(r.Withheld, act.Withheld{Category: category, Fields: []string{name}, Ground: "not-permitted", Why: "no rule lets it", Rule: rule})
				withheld = true
			}
		}
		if until := f.ReceivedAt.AddDate(0, 0, p.HoldDays); f.Notification && until.After(at) && len(r.Granted) > 0 {
			r.HeldUntil, r.Hold, d.Clocks.NotBefore = until, rule, until
		}
		d.Datasets = append(d.Datasets, r)
	}
	slices.SortFunc(d.Datasets, func(a, b act.Ruling) int { return strings.Compare(a.Dataset, b.Dataset) })
	d.Narrowed = granted && withheld
	if h := p.Deadline[f.Process]; h > 0 {
		d.Clocks.Deadline, d.Clocks.Rule = f.ReceivedAt.Add(time.Duration(h)*time.Hour), rule
	}
	if n := p.FollowUp[f.Process]; n > 0 && granted {
		d.FollowUp = act.FollowUp{By: f.ReceivedAt.AddDate(0, 0, n), Rule: rule}
	}
	if slices.Contains(p.Notice, f.Process) {
		d.Notice = act.Notice{Owed: true, Why: "the user is told", Rule: rule}
		if f.SecretUntil != "" {
			d.Notice.After, _ = time.Parse(time.RFC3339, f.SecretUntil)
		}
	}
	return d
}

// fields of the test's catalog, by category.
var fields = map[string]string{"name": "identity.name", "body": "content", "at": "session.time", "password": "secret"}

// A world is a ledger under construction: statements, and what lies beside it.
type world struct {
	*people
	t        testing.TB
	texts    map[digest.Digest][]byte
	inForce  act.InForce
	rules    rules
	acts     []entry
	sealed   map[string][]byte // ciphertexts by export
	received map[string]act.Received
	decided  map[string]act.Decided
}

// An entry is a statement and who signs it, or the bytes themselves.
type entry struct {
	act    act.Act
	signer sign.Signer
	raw    []byte
}

func newWorld(t testing.TB) *world {
	t.Helper()
	p, err := everybody()
	if err != nil {
		t.Fatal(err)
	}
	return &world{
		people: p, t: t, texts: map[digest.Digest][]byte{}, sealed: map[string][]byte{}, rules: firstRules,
		received: map[string]act.Received{}, decided: map[string]act.Decided{},
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func head(at time.Time) act.Head {
	return act.Head{Provider: "mail.example", RecordedAt: at, Tool: manifest.Tool{Name: "writ", Version: "0.1.0", Build: "0123abcd", Go: "go1.26"}}
}

func (w *world) put(a act.Act) { w.acts = append(w.acts, entry{act: a, signer: w.manifest}) }

// configure puts a text in force.
func (w *world) configure(at time.Time, what act.What, v any) {
	w.t.Helper()
	b, err := json.Marshal(v, json.Deterministic(true))
	w.must(err)
	d := digest.Of(b)
	w.texts[d] = b
	switch what {
	case act.Policy:
		w.inForce.Policy = d
	case act.Catalog:
		w.inForce.Catalog = d
	case act.Registry:
		w.inForce.Registry = d
	}
	w.put(act.Configured{Head: head(at), What: what, Digest: d, SizeBytes: int64(len(b)), Since: at})
}

// An asked is an order that somebody sends.
type asked struct {
	fingerprint                 string
	approvals                   []act.Approval
	name, jurisdiction, process string
	mandate                     []act.Item
	signers                     []string
	targets                     int
	secretUntil, cleared        string
	notification                bool
	follows                     string
}

func orderDigest(name string) digest.Digest { return digest.Of([]byte("order " + name)) }

func (w *world) receive(at time.Time, a asked) {
	authority, country, kind := "court", "US", "court"
	if a.jurisdiction == "eu" {
		authority, country, kind = "berlin", "DE", "judge"
	}
	o := manifest.OrderRef{
		Digest: orderDigest(a.name), Jurisdiction: a.jurisdiction, Process: a.process, Purpose: "investigate", Authority: authority,
		Agency: "police", LegalBasis: "law", Emergency: a.process == "emergency", Targets: []manifest.TargetCount{{Type: "email", Count: max(a.targets, 1)}},
	}
	f := act.Facts{
		Jurisdiction: a.jurisdiction, Process: a.process, Purpose: "investigate", Issuer: kind, ReceivedAt: at, Targets: max(a.targets, 1),
		Recipient: "x25519", Mandate: a.mandate, Emergency: o.Emergency, Notification: a.notification, ClearedAt: a.cleared, SecretUntil: a.secretUntil,
	}
	if a.secretUntil != "" {
		o.Secrecy, f.Secrecy = "until", "until"
	}
	for _, s := range a.signers {
		key := map[string]sign.Signer{"court": w.court, "berlin": w.foreign, "one": w.one, "two": w.two}[s]
		role := "reviewer"
		if s == authority {
			role = "authority"
		} else {
			f.Reviewers++
		}
		o.Signers = append(o.Signers, manifest.Signer{Role: role, ID: s, KeyID: string(key.Public().ID())})
	}
	f.Approvals = a.approvals
	r := act.Received{Head: head(at), ReceivedAt: at, Country: country, Order: o, Facts: f}
	if a.fingerprint != "" {
		r.Fingerprint = act.Fingerprint{Key: digest.Of(nil).Hex()[:16], Value: digest.Of([]byte(a.fingerprint)).Hex()}
	}
	if a.follows != "" {
		r.Follows = orderDigest(a.follows)
	}
	w.received[a.name] = r
	w.put(r)
}

// decide plans each dataset; outcomes are by dataset, Pull if not there.
func (w *world) decide(at time.Time, name string, outcomes map[string]manifest.Outcome) {
	r := w.received[name]
	d := act.Decided{
		Head: head(at), Order: r.Order.Digest, DecidedAt: at, InForce: w.inForce, Decision: w.rules.decide(r.Facts, fields, at), Planned: []act.Planned{},
		Request: act.Request{Engineer: "kim"}, // who signs when the statement is signed
	}
	d.InForce.Plan = digest.Of([]byte("plan " + name + at.String()))
	for _, x := range d.Decision.Datasets {
		p := act.Planned{Dataset: x.Dataset, Outcome: act.Pull, Accounts: 1}
		switch o := outcomes[x.Dataset]; {
		case len(x.Granted) == 0:
			p.Outcome, p.Accounts = manifest.Refused, 0
		case !x.HeldUntil.IsZero():
			p.Outcome, p.Accounts, p.Why = manifest.Held, 0, "held by law"
		case o == manifest.Redirected:
			p.Outcome, p.Accounts, p.Redirected, p.Why = o, 0, 1, "it is the customer's"
		case o != "":
			p.Outcome, p.Accounts, p.Why = o, 0, "nothing there"
		}
		d.Accounts, d.Redirected = max(d.Accounts, p.Accounts), max(d.Redirected, p.Redirected)
		d.Planned = append(d.Planned, p)
	}
	d.Result = act.ResultOf(d.Planned)
	for _, e := range w.acts {
		if e.act.Kind() == act.KindExported && e.act.About() == d.Order {
			d.Answer = max(d.Answer, 1) + 1
		}
	}
	w.decided[name] = d
	w.put(d)
}

// export delivers what the last decision on the order planned.
func (w *world) export(at time.Time, name, id, supplement string) {
	r, d := w.received[name], w.decided[name]
	var sealed bytes.Buffer
	dst, err := seal.Seal(&sealed, w.recipient)
	w.must(err)
	_, err = dst.Write([]byte("evidence of " + id))
	w.must(err)
	w.must(dst.Close())
	w.sealed[id] = sealed.Bytes()
	e := manifest.Export{
		Format: manifest.Format, ExportID: id, Provider: "mail.example", Order: r.Order, Narrowed: d.Decision.Narrowed,
		Recipients: []manifest.Recipients{{Kind: "x25519", Count: 1}},
		Ciphertext: manifest.File{Name: id + manifest.CiphertextSuffix, SizeBytes: int64(sealed.Len()), SHA256: digest.Of(sealed.Bytes())},
		Bag:        manifest.Bag{TagManifest: digest.Of([]byte("bag " + id)), PayloadBytes: 10_000, PayloadFiles: 3},
		Decided:    manifest.DecidedBy(d.InForce),
		Times:      manifest.Times{ReceivedAt: r.ReceivedAt, DecidedAt: d.DecidedAt, StartedAt: at, FinishedAt: at, SignedAt: at, Deadline: d.Decision.Clocks.Deadline},
		Notice:     manifest.Notice{Owed: d.Decision.Notice.Owed, After: d.Decision.Notice.After, Why: d.Decision.Notice.Why, Rule: d.Decision.Notice.Rule},
		Tool:       head(at).Tool,
	}
	e.Order.Supplement = supplement
	for i, x := range d.Decision.Datasets {
		p := d.Planned[i]
		ds := manifest.Dataset{
			Name: x.Dataset, Outcome: p.Outcome, Why: p.Why, Until: x.HeldUntil, From: x.From, To: x.To, Accounts: p.Accounts, Redirected: p.Redirected,
			Root: digest.Of(nil), Fields: []manifest.Granted{}, Withheld: []manifest.Withheld{},
		}
		if p.Outcome == act.Pull {
			ds.Outcome, ds.Records, ds.Bytes, ds.Root, ds.PulledAt = manifest.Complete, 10, 1000, digest.Of([]byte("root "+id)), at
		}
		for _, g := range x.Granted {
			ds.Fields = append(ds.Fields, manifest.Granted{Name: g.Fields[0], Category: g.Category, Rule: g.Rule})
		}
		for _, g := range x.Withheld {
			ds.Withheld = append(ds.Withheld, manifest.Withheld{Name: g.Fields[0], Category: g.Category, Ground: g.Ground, Why: g.Why, Rule: g.Rule})
		}
		e.Datasets = append(e.Datasets, ds)
	}
	w.put(act.Exported{Statement: manifest.Statement{
		Type: manifest.StatementType, PredicateType: manifest.ExportType, Subject: manifest.Subjects(e.Ciphertext, e.Bag), Predicate: e,
	}})
}

const window1, window2 = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"

func item(dataset string, names ...string) act.Item {
	return act.Item{Dataset: dataset, Fields: names, From: window1, To: window2}
}

// goodWorld has statements of every kind, and nothing to find.
func goodWorld(t testing.TB) *world {
	w := newWorld(t)
	start := day(0)
	w.configure(start, act.Policy, w.rules)
	w.configure(start, act.Catalog, fields)
	w.configure(start, act.Registry, w.registry)
	minute := func(at time.Time, n int) time.Time { return at.Add(time.Duration(n) * time.Minute) }

	// A warrant, secret until a date; then the user is told. Answered once more.
	w.receive(day(1), asked{name: "warrant", jurisdiction: "us", process: "search-warrant", mandate: []act.Item{item("mail", "body"), item("people", "name")},
		signers: []string{"court"}, secretUntil: "2026-06-01T00:00:00Z"})
	w.decide(minute(day(1), 1), "warrant", nil)
	w.export(minute(day(1), 2), "warrant", "ex-warrant", "")
	w.decide(minute(day(2), -1), "warrant", nil)
	w.export(day(2), "warrant", "ex-warrant-2", "the disk of the agency broke")

	// A subpoena that asks for too much, and of which nothing is found elsewhere.
	w.receive(day(3), asked{name: "subpoena", jurisdiction: "us", process: "subpoena", mandate: []act.Item{item("mail", "body"), item("people", "password", "name"), item("old", "name")},
		signers: []string{"one"}})
	w.decide(minute(day(3), 1), "subpoena", map[string]manifest.Outcome{"old": manifest.NoneFound})
	w.export(minute(day(3), 2), "subpoena", "ex-subpoena", "")

	// One that only asks for what it can't get.
	w.receive(day(4), asked{name: "refused", jurisdiction: "us", process: "subpoena", mandate: []act.Item{item("mail", "body")}, signers: []string{"two"}})
	w.decide(minute(day(4), 1), "refused", nil)

	// An emergency, and the warrant that follows it, whose user is told before.
	w.receive(day(5), asked{name: "emergency", jurisdiction: "us", process: "emergency", mandate: []act.Item{item("sessions", "at")}, signers: []string{"one", "two"}, targets: 2})
	w.decide(minute(day(5), 1), "emergency", nil)
	w.export(minute(day(5), 20), "emergency", "ex-emergency", "")
	w.receive(day(9), asked{name: "follow-up", jurisdiction: "us", process: "search-warrant", mandate: []act.Item{item("sessions", "at")}, signers: []string{"court", "one"}, targets: 2, follows: "emergency"})
	w.decide(minute(day(9), 1), "follow-up", nil)
	w.put(act.Notified{Head: head(minute(day(9), 2)), Order: orderDigest("follow-up"), NotifiedAt: minute(day(9), 2), How: "email"})
	w.export(minute(day(9), 3), "follow-up", "ex-follow-up", "")

	// An order that is turned away, and one of an enterprise customer's.
	turned := act.Claimed(w.received["refused"].Order)
	turned.Digest, turned.Signers = orderDigest("turned away"), nil
	w.put(act.Received{Head: head(day(10)), ReceivedAt: day(10), Order: turned, Rejected: act.Because(act.Unsigned)})
	w.receive(day(11), asked{name: "enterprise", jurisdiction: "us", process: "subpoena", mandate: []act.Item{item("people", "name")}, signers: []string{"one"}})
	w.decide(minute(day(11), 1), "enterprise", map[string]manifest.Outcome{"people": manifest.Redirected})

	// One that is held until somebody had time to object, under rules that
	// change meanwhile.
	w.receive(day(20), asked{name: "held", jurisdiction: "eu", process: "production", mandate: []act.Item{item("people", "name")}, signers: []string{"berlin", "one"}, notification: true})
	w.decide(minute(day(20), 1), "held", nil)
	w.rules.Ceilings.Records = 2000
	w.configure(day(25), act.Policy, w.rules)
	freed := day(30).Add(time.Hour)
	w.put(act.Released{Head: head(freed), Order: orderDigest("held"), ReleasedAt: freed, Because: act.HoldLapsed, Datasets: []string{"people"}})
	w.decide(freed, "held", nil)
	w.export(minute(freed, 5), "held", "ex-held", "")

	w.put(act.Recalled{Head: head(day(40)), RecalledAt: day(40), Why: "times were one hour off", Exports: []act.RecalledExport{{ExportID: "ex-subpoena", Ciphertext: digest.Of(w.sealed["ex-subpoena"])}}})
	w.put(act.Notified{Head: head(day(91)), Order: orderDigest("warrant"), NotifiedAt: day(91), How: "letter"})
	w.sort()
	return w
}

// sort puts the acts in the order of their times, as they are recorded.
func (w *world) sort() {
	slices.SortStableFunc(w.acts, func(a, b entry) int { return a.act.At().Compare(b.act.At()) })
}

// find returns the place of the nth act (from 0) of a kind on an order, or of
// the kind alone if there is no name.
func (w *world) find(k act.Kind, name string, nth int) int {
	w.t.Helper()
	for i, e := range w.acts {
		if e.act.Kind() == k && (name == "" || e.act.About() == orderDigest(name)) {
			if nth == 0 {
				return i
			}
			nth--
		}
	}
	w.t.Fatalf("no %s of %q", k, name)
	return 0
}

// change changes the nth act of type A on an order.
func change[A act.Act](w *world, name string, nth int, f func(*A)) {
	w.t.Helper()
	var zero A
	i := w.find(zero.Kind(), name, nth)
	a := w.acts[i].act.(A)
	f(&a)
	w.acts[i].act = a
}

// entries signs, once.
func (w *world) entries() [][]byte {
	w.t.Helper()
	out := make([][]byte, len(w.acts))
	for i := range w.acts {
		if err := w.sign(i); err != nil {
			w.t.Fatalf("act %d: %s: %v", i, w.acts[i].act.Kind(), err)
		}
		out[i] = w.acts[i].raw
	}
	return out
}

// sign signs act i, unless it is. Several goroutines may, each another one.
func (w *world) sign(i int) (err error) {
	e := &w.acts[i]
	if e.raw != nil {
		return nil
	}
	if d, ok := e.act.(act.Decided); ok && d.Request.Engineer != "" && d.Request.Sig == nil {
		if d.Request, err = act.NewRequest(d.Order, d.InForce.Plan, d.Request.Engineer, d.RecordedAt, w.kim); err != nil {
			return err
		}
		e.act = d
	}
	e.raw, err = act.Sign(e.act, e.signer)
	return err
}

// requested is the decision as asked for by an engineer.
func (w *world) requested(d act.Decided, engineer string, k sign.Signer) act.Decided {
	w.t.Helper()
	var err error
	d.Request, err = act.NewRequest(d.Order, d.InForce.Plan, engineer, d.RecordedAt, k)
	w.must(err)
	return d
}

// write makes a ledger of the acts.
func (w *world) write(dir string, key *ledger.Key) {
	w.t.Helper()
	writeLedger(w.t, dir, key, w.texts, w.entries())
}

func writeLedger(t testing.TB, dir string, key *ledger.Key, texts map[digest.Digest][]byte, entries [][]byte) {
	t.Helper()
	cfg := ledger.Config{Dir: dir, Signer: key.Signer(), Verifier: key.Verifier(), Deadline: time.Minute}
	if _, err := os.Stat(filepath.Join(dir, "checkpoint")); err != nil {
		if err := ledger.Init(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	l, err := ledger.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if _, err := l.PutText(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	for part := range slices.Chunk(entries, 5000) {
		if _, err := l.AppendAll(t.Context(), part...); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
}

// deliver writes the deliveries of all exports in the ledger at dir.
func (w *world) deliver(out, dir string) {
	w.t.Helper()
	v, err := ledger.NewReader(ledger.Dir(dir), w.ledger.Verifier(), ledger.Policy{}).View(w.t.Context())
	w.must(err)
	for i, b := range w.entries() {
		e, ok := w.acts[i].act.(act.Exported)
		if !ok {
			continue
		}
		id := e.Predicate.ExportID
		proof, err := v.Prove(w.t.Context(), int64(i))
		w.must(err)
		w.must(os.MkdirAll(filepath.Join(out, id), 0o755))
		name := filepath.Join(out, id, id+manifest.CiphertextSuffix)
		w.must(os.WriteFile(name, w.sealed[id], 0o644))
		w.must(os.WriteFile(name+manifest.ManifestSuffix, b, 0o644))
		w.must(os.WriteFile(filepath.Join(out, id, id+".tlog-proof"), proof.Bytes(), 0o644))
	}
}

func config(w *world, dir string) audit.Config {
	p := w.provider
	return audit.Config{Source: ledger.Dir(dir), Provider: &p, Rules: toy, Now: now, KeepState: true}.Keeping(1)
}

func run(t testing.TB, c audit.Config) *audit.Result {
	t.Helper()
	r, err := audit.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// codesOf are the codes of the findings, sorted, each once.
func codesOf(r *audit.Result) []audit.Code {
	var out []audit.Code
	for _, f := range r.Findings {
		out = append(out, f.Code)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// forTwo is a ciphertext with two recipients, which this module never writes.
func (w *world) forTwo() []byte {
	w.t.Helper()
	var to []age.Recipient
	for _, r := range []seal.Recipient{w.recipient, w.otherRecipient} {
		x, err := age.ParseX25519Recipient(r.String())
		w.must(err)
		to = append(to, x)
	}
	var b bytes.Buffer
	dst, err := age.Encrypt(&b, to...)
	w.must(err)
	_, err = dst.Write([]byte("evidence"))
	w.must(err)
	w.must(dst.Close())
	return b.Bytes()
}

// cosigner is a witness's key from an Ed25519 one.
func cosigner(t testing.TB, key string, public ed25519.PublicKey) string {
	t.Helper()
	v, err := fnote.VKeyToCosignatureV1(key)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
