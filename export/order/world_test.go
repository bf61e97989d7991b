package order_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/order"
)

// key returns the test key called name: always the same one, known to everybody.
func key(t testing.TB, name string) sign.Signer {
	t.Helper()
	seed := sha256.Sum256([]byte("writ test key " + name))
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	k, err := sign.LoadSigner(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func day(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

// Recipients whose identities nobody kept.
const (
	age1 = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
	age2 = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
)

// document is the registry of the tests. Everything in it counts from 2026 on,
// unless its name says otherwise.
func document(t testing.TB) *trust.Document {
	keys := func(names ...string) (ks []trust.Key) {
		for _, n := range names {
			ks = append(ks, trust.Key{PublicKey: key(t, n).Public(), Validity: trust.Validity{From: day("2026-01-01")}})
		}
		return ks
	}
	until := func(s string) trust.Validity { return trust.Validity{From: day("2020-01-01"), Until: day(s)} }
	revoked := func(s string) trust.Validity {
		return trust.Validity{From: day("2020-01-01"), RevokedAt: day(s), Reason: "key lost"}
	}
	to := func(v trust.Validity, rs ...string) (all []trust.Recipient) {
		for _, r := range rs {
			all = append(all, trust.Recipient{Recipient: r, Validity: v})
		}
		return all
	}
	court := func(id string, j trust.Jurisdiction, phone string, v trust.Validity, ks ...trust.Key) trust.Authority {
		return trust.Authority{ID: id, Name: "Court " + id, Kind: trust.Court, Jurisdiction: j, Phone: phone, Keys: ks, Validity: v}
	}
	agency := func(id string, v trust.Validity, rs ...trust.Recipient) trust.Agency {
		return trust.Agency{ID: id, Name: "Agency " + id, Jurisdiction: "us", Phone: "+1 202 555 0111", Recipients: rs, Validity: v}
	}
	rule := func(j trust.Jurisdiction, p trust.Process, a trust.AuthorityRule, n int) trust.Threshold {
		return trust.Threshold{Jurisdiction: j, Process: p, Authority: a, Reviewers: n}
	}
	const phone = "+1 (202) 555-0100"
	late := keys("court-late-key")
	late[0].Validity = until("2026-02-01")
	emil := keys("emil")
	emil[0].Validity = revoked("2026-03-09")
	ever := trust.Validity{From: day("2026-01-01")}
	return &trust.Document{
		Format: trust.Format, Provider: "mail.example", Version: 1, IssuedAt: day("2026-01-01"),
		Thresholds: []trust.Threshold{
			rule("us", "subpoena", trust.Suffices, 2),
			rule("us", "court-order-2703d", trust.Suffices, 0),
			rule("us", "search-warrant", trust.Required, 1),
			rule("us", "nsl", trust.NotNeeded, 2),
			rule("us", "preservation", trust.NotNeeded, 1),
			rule("us", "emergency", trust.Suffices, 1),
			rule("eu", "production", trust.Required, 0),
		},
		Authorities: []trust.Authority{
			court("court", "us", phone, ever, keys("court", "court-second-key")...),
			court("court-paper", "us", phone, ever),
			court("court-no-phone", "us", "", ever, keys("court-no-phone")...),
			court("court-eu", "eu", phone, ever, keys("court-eu")...),
			court("court-closed", "us", phone, until("2026-03-01"), keys("court-closed")...),
			court("court-revoked", "us", phone, revoked("2026-03-09"), keys("court-revoked")...),
			court("court-late", "us", phone, ever, late...),
		},
		Reviewers: []trust.Reviewer{
			{ID: "anna", Name: "Anna", Keys: keys("anna", "anna-second-key"), Validity: ever},
			{ID: "bernd", Name: "Bernd", Keys: keys("bernd"), Validity: ever},
			{ID: "carla", Name: "Carla", Keys: keys("carla"), Validity: trust.Validity{From: day("2026-06-01")}},
			{ID: "dora", Name: "Dora", Keys: keys("dora"), Validity: revoked("2026-03-09")},
			{ID: "emil", Name: "Emil", Keys: emil, Validity: ever},
		},
		Agencies: []trust.Agency{
			agency("agency", ever, append(to(until("2026-02-01"), age1), to(ever, age2)...)...),
			agency("agency-closed", until("2026-03-01"), to(ever, age1)...),
			agency("agency-expired-key", ever, to(until("2026-03-01"), age1)...),
			agency("agency-two-keys", ever, to(ever, age1, age2)...),
		},
	}
}

// registry returns the signed registry and its root.
func registry(t testing.TB) (envelope []byte, root trust.Root) {
	t.Helper()
	payload, err := document(t).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	e := sign.Envelope{Purpose: sign.ForRegistry, Payload: payload}
	if err := e.Sign(key(t, "root")); err != nil {
		t.Fatal(err)
	}
	return e.Marshal(), trust.Root{Threshold: 1, Keys: []sign.PublicKey{key(t, "root").Public()}}
}

func instant(t testing.TB, s string) order.Instant {
	t.Helper()
	i, err := order.ParseInstant(s)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// plain is a good order under process p. It was issued on 9 March 2026 at noon,
// counts for a month, and is received a day later.
func plain(t testing.TB, p trust.Process) order.Order {
	o := order.Order{
		ID: "1:26-mj-0042", Nonce: []byte("0123456789abcdef"),
		Provider: "mail.example", Authority: "court", Agency: "agency",
		Jurisdiction: "us", Process: p, Purpose: order.Investigate, LegalBasis: "18 U.S.C. 2703",
		IssuedAt: instant(t, "2026-03-09T12:00:00-05:00"), ExpiresAt: instant(t, "2026-04-09T12:00:00-05:00"),
		Targets: []order.Target{{Type: "email", Value: "j.doe@mail.example"}},
		Mandate: []order.Item{{Dataset: "accounts", Fields: []order.Field{"name"}}},
	}
	if p == order.EmergencyProcess {
		o.Documents = []order.Document{{Name: "basis.pdf", MediaType: "application/pdf", SizeBytes: 7, SHA256: sha256.Sum256([]byte("basis"))}}
		o.Emergency = &order.Emergency{Basis: "basis.pdf", CallBack: &order.CallBack{
			Number: "+1 202 555 01 00", At: instant(t, "2026-03-09T12:30:00-05:00"), Role: "duty magistrate"}}
	}
	return o
}

var received = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
