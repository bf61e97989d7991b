package act

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
)

func at(minute int) time.Time { return time.Date(2026, 3, 2, 10, minute, 0, 0, time.UTC) }

// signer is an Ed25519 key from a fixed seed: its signatures are the same bytes
// in every run.
func signer(t testing.TB, seed byte) sign.Signer {
	t.Helper()
	return seeded(seed)
}

func seeded(seed byte) sign.Signer {
	raw := make([]byte, ed25519.SeedSize)
	raw[0] = seed
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(raw))
	if err != nil {
		panic(err) // never of such a key
	}
	k, err := sign.LoadSigner(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil)
	if err != nil {
		panic(err) // never of such a key
	}
	return k
}

func provider(k sign.Signer, use trust.Use, v trust.Validity) *trust.Provider {
	return &trust.Provider{
		Format: trust.ProviderFormat, Provider: "mail.example", Registry: digest.Of([]byte("registry")),
		Keys: []trust.ProviderKey{{Use: use, Key: trust.Key{PublicKey: k.Public(), Validity: v}}},
	}
}

func head(minute int) Head {
	return Head{Provider: "mail.example", RecordedAt: at(minute), Tool: manifest.Tool{Name: "writ", Version: "0.1.0", Build: "0123abcd", Go: "go1.26"}}
}

var theOrder = digest.Of([]byte("order"))

func ref() manifest.OrderRef {
	return manifest.OrderRef{
		Digest: theOrder, Jurisdiction: "eu", Process: "production", Purpose: "investigate", Authority: "court-berlin", Agency: "bka",
		LegalBasis: "Regulation (EU) 2023/1543, Art. 5", Secrecy: "until",
		Targets: []manifest.TargetCount{{Type: "account-id", Count: 1}, {Type: "email", Count: 2}},
		Signers: []manifest.Signer{{Role: "authority", ID: "court-berlin", KeyID: digest.Of([]byte("k1")).Hex()}},
	}
}

func received() Received {
	return Received{
		Head: head(1), ReceivedAt: at(0), Country: "DE", Order: ref(), Follows: digest.Of([]byte("emergency")),
		Facts: Facts{
			Jurisdiction: "eu", Process: "production", Purpose: "investigate", Issuer: "judge", Reviewers: 1,
			ReceivedAt: at(0), DueAt: "2026-03-20T00:00:00+01:00", Targets: 3, Recipient: "hybrid",
			Mandate: []Item{
				{Dataset: "sign-ins", Fields: []string{"ip", "at", "password"}, From: "2026-02-01T00:00:00+01:00", To: "2026-03-01T00:00:00+01:00"},
				{Dataset: "mail", Fields: []string{"body"}, From: "2026-02-01T00:00:00Z", To: "2026-03-01T00:00:00Z"},
				{Dataset: "profiles", Fields: []string{"name"}},
				{Dataset: "tenants", Fields: []string{"name"}},
				{Dataset: "calls", Fields: []string{"at"}},
			},
			OffenceYears: 5, OffenceListed: true, Notification: true, ClearedAt: "2026-03-05T00:00:00Z",
			Secrecy: "until", SecretUntil: "2027-03-01T00:00:00Z", Consent: []string{"content", "session"}, Certificate: true, Enterprise: "contract",
			Approvals: []Approval{
				{Rule: "eu.ceiling", Bound: "accounts", Ceiling: 50, Limit: 80, IssuedAt: at(-60), ExpiresAt: at(60 * 24), Signers: approvers(), Envelope: digest.Of([]byte("e1"))},
				{Rule: "eu.rate.agency.day", Bound: "orders", Ceiling: 100, Limit: 101, IssuedAt: at(-60), ExpiresAt: at(60 * 24), Signers: approvers(), Envelope: digest.Of([]byte("e2"))},
			},
		},
		Fingerprint: Fingerprint{Key: digest.Of([]byte("secret")).Hex()[:16], Value: digest.Of([]byte("targets")).Hex()},
	}
}

func approvers() []manifest.Signer {
	return []manifest.Signer{
		{Role: "reviewer", ID: "chen", KeyID: digest.Of([]byte("k2")).Hex()},
		{Role: "reviewer", ID: "lopez", KeyID: digest.Of([]byte("k3")).Hex()},
	}
}

func rejected() Received {
	r := Received{Head: head(1), ReceivedAt: at(0), Order: Claimed(ref()), Rejected: Because(Unsigned)}
	r.Order.Signers = nil
	return r
}

func decided() Decided {
	rule := manifest.Rule{ID: "eu.traffic", Cite: "Regulation (EU) 2023/1543, Art. 5(4)"}
	hold := manifest.Rule{ID: "eu.clock.notified", Cite: "Regulation (EU) 2023/1543, Art. 10(2)"}
	content := []Grant{{Category: "content", Class: "content", Fields: []string{"body"}, Rule: rule}}
	name := []Grant{{Category: "identity.name", Class: "subscriber", Fields: []string{"name"}, Rule: rule}}
	until := time.Date(2026, 3, 13, 0, 0, 0, 0, time.UTC)
	plan := digest.Of([]byte("plan"))
	return Decided{
		Head: head(3), Order: theOrder, DecidedAt: at(2),
		InForce: InForce{Policy: digest.Of([]byte("policy")), Catalog: digest.Of([]byte("catalog")), Registry: digest.Of([]byte("registry")), Plan: plan},
		Decision: Decision{
			Datasets: []Ruling{
				{Dataset: "calls", Granted: []Grant{{Category: "traffic.call", Class: "traffic", Fields: []string{"at"}, Rule: rule}}},
				{Dataset: "devices", Withheld: []Withheld{{Fields: []string{"serial"}, Ground: "not-in-catalog", Why: "the catalog has no such field"}}},
				{Dataset: "mail", From: "2026-02-01T00:00:00Z", To: "2026-03-01T00:00:00Z", Granted: content, HeldUntil: until, Hold: hold},
				{Dataset: "profiles", Granted: name},
				{
					Dataset: "sign-ins", From: "2026-02-01T00:00:00+01:00", To: "2026-03-01T00:00:00+01:00",
					Granted:  []Grant{{Category: "session.time", Class: "traffic", Fields: []string{"at", "until"}, Rule: rule}, {Category: "session.address", Class: "traffic", Fields: []string{"ip"}, Rule: rule}},
					Withheld: []Withheld{{Category: "secret", Fields: []string{"password"}, Ground: "secret", Why: "passwords, keys and tokens are never handed out"}},
				},
				{Dataset: "tenants", Granted: name},
			},
			Narrowed: true,
			Ceilings: Ceilings{Targets: 50, Accounts: 50, Records: 1000, Bytes: 1 << 30, WindowDays: 366, Windows: []Window{{"content", 92}, {"traffic", 184}}, Lifted: []string{"accounts"}, Rule: manifest.Rule{ID: "eu.ceiling", Cite: "provider's policy"}},
			Rates: []Rate{
				{Rule: manifest.Rule{ID: "eu.rate.agency.day", Cite: "provider's policy"}, Per: PerAgency, Hours: 24, Orders: 101, Accounts: 300, Lifted: []string{"orders"}},
				{Rule: manifest.Rule{ID: "eu.rate.emergency", Cite: "provider's policy"}, Per: PerProvider, Hours: 720, Processes: []string{"emergency", "production"}, Orders: 1000, Accounts: 3000},
			},
			Clocks:     Clocks{NotBefore: until, Deadline: until.AddDate(0, 0, 1), PreserveUntil: until.AddDate(0, 1, 0), RenewalHours: 720, Rule: hold},
			Notice:     Notice{Owed: true, After: until.AddDate(1, 0, 0), Why: "the order is secret until a date", Rule: manifest.Rule{ID: "eu.notice", Cite: "Regulation (EU) 2023/1543, Art. 13"}},
			Enterprise: Enterprise{Redirect: true, Why: "the authority is referred to the customer, whose data it is", Rule: manifest.Rule{ID: "eu.enterprise", Cite: "provider's policy"}},
			FollowUp:   FollowUp{By: until.AddDate(0, 1, 0), Rule: manifest.Rule{ID: "eu.follow-up", Cite: "provider's policy"}},
		},
		Request: request(plan),
		Planned: []Planned{
			{Dataset: "calls", Outcome: manifest.Unavailable, Why: "the store could not be reached"},
			{Dataset: "devices", Outcome: manifest.Refused},
			{Dataset: "mail", Outcome: manifest.Held, Why: "held by Regulation (EU) 2023/1543, Art. 10(2)"},
			{Dataset: "profiles", Outcome: manifest.NoneFound, Why: "the targets find no account"},
			{Dataset: "sign-ins", Outcome: Pull, Accounts: 2},
			{Dataset: "tenants", Outcome: manifest.Redirected, Why: "an enterprise customer's accounts", Redirected: 1},
		},
		Accounts: 2, Redirected: 1, Answer: 2, Result: Export,
	}
}

// request is an engineer's, whose key has the seed 3.
func request(plan digest.Digest) Request {
	r, err := NewRequest(theOrder, plan, "kim", at(2), seeded(3))
	if err != nil {
		panic(err) // Ed25519 signs anything
	}
	return r
}

func unplanned() Decided {
	d := decided()
	d.Request = Request{}
	d.Planned, d.Accounts, d.Redirected, d.Result, d.InForce.Plan = nil, 0, 0, Rejected, digest.Digest{}
	d.Rejected = Because(TargetAmbiguous)
	return d
}

func overRate() Decided {
	d := unplanned()
	d.Rejected = BecauseOf(OverRate, "eu.rate.agency.day")
	return d
}

// samples are statements of every kind, with every member in one of them.
func samples(t testing.TB) map[string]Act {
	t.Helper()
	return map[string]Act{
		"received":  received(),
		"rejected":  rejected(),
		"decided":   decided(),
		"unplanned": unplanned(),
		"over-rate": overRate(),
		"exported":  Exported{exported(t).Unverified()},
		"notified":  Notified{Head: head(5), Order: theOrder, NotifiedAt: at(4), How: "email", Late: true},
		"released":  Released{Head: head(5), Order: theOrder, ReleasedAt: at(4), Because: HoldCleared, Datasets: []string{"calls", "mail"}},
		"recalled": Recalled{
			Head: head(9), RecalledAt: at(8), Why: "times were one hour off", Build: "0123abcd",
			Exports: []RecalledExport{{"ex-2026-0001", digest.Of([]byte("c1"))}, {"ex-2026-0002", digest.Of([]byte("c2"))}},
		},
		"configured": Configured{Head: head(1), What: Policy, Digest: digest.Of([]byte("policy")), SizeBytes: 6, Since: at(0)},
	}
}

func exported(t testing.TB) *manifest.Signed {
	t.Helper()
	b, err := os.ReadFile("../testdata/export.sigstore.json")
	if err != nil {
		t.Fatal(err)
	}
	s, err := manifest.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
