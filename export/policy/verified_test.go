package policy_test

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"os"
	"slices"
	"testing"
	"time"

	"filippo.io/age"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
	"writ/export/policy"
)

// key returns the test key called name.
func key(t *testing.T, name string) sign.Signer {
	t.Helper()
	seed := sha256.Sum256([]byte("writ policy test key " + name))
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

var (
	opened   = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	receipt  = time.Date(2026, 9, 3, 15, 4, 5, 0, time.UTC)
	exhibits = []order.Document{{Name: "paper.pdf", MediaType: "application/pdf", SizeBytes: 5, SHA256: digest.Of([]byte("paper"))}}
)

// registry has a judge, a prosecutor and two reviewers, for every process.
func registry(t *testing.T) *trust.Registry {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	ever := trust.Validity{From: opened}
	keys := func(name string) []trust.Key { return []trust.Key{{PublicKey: key(t, name).Public(), Validity: ever}} }
	authority := func(id string, k trust.Kind, j trust.Jurisdiction) trust.Authority {
		return trust.Authority{ID: id, Name: id, Kind: k, Jurisdiction: j, Phone: "+12025550100", Keys: keys(id), Validity: ever}
	}
	doc := trust.Document{
		Format: trust.Format, Provider: "mail.example", Version: 1, IssuedAt: opened,
		Authorities: []trust.Authority{
			authority("judge-us", trust.Judge, "us"), authority("prosecutor-us", trust.Prosecutor, "us"),
			authority("judge-eu", trust.Judge, "eu"), authority("prosecutor-eu", trust.Prosecutor, "eu"),
		},
		Reviewers: []trust.Reviewer{{ID: "anna", Name: "Anna", Keys: keys("anna"), Validity: ever}, {ID: "bernd", Name: "Bernd", Keys: keys("bernd"), Validity: ever}},
		Agencies:  []trust.Agency{{ID: "agency", Name: "Agency", Jurisdiction: "us", Recipients: []trust.Recipient{{Recipient: id.Recipient().String(), Validity: ever}}, Validity: ever}},
	}
	for _, p := range []trust.Process{"subpoena", "search-warrant", "consent", "emergency", "preservation"} {
		doc.Thresholds = append(doc.Thresholds, trust.Threshold{Jurisdiction: "us", Process: p, Authority: trust.Suffices, Reviewers: 2})
	}
	for _, p := range []trust.Process{"production", "preservation"} {
		doc.Thresholds = append(doc.Thresholds, trust.Threshold{Jurisdiction: "eu", Process: p, Authority: trust.Required})
	}
	payload, err := doc.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	e := sign.Envelope{Purpose: sign.ForRegistry, Payload: payload}
	if err := e.Sign(key(t, "root")); err != nil {
		t.Fatal(err)
	}
	r, err := trust.Open(e.Marshal(), trust.Root{Threshold: 1, Keys: []sign.PublicKey{key(t, "root").Public()}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// verified signs the order and verifies it.
func verified(t *testing.T, o order.Order, signers ...string) *order.Verified {
	t.Helper()
	s, err := order.New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range signers {
		if err := s.Sign(key(t, name)); err != nil {
			t.Fatal(err)
		}
	}
	v, err := order.Verify(s, order.Against{Registry: registry(t), ExportedAs: func(digest.Digest) string { return "" }}, receipt)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// Decide reads its facts out of a real, verified order.
func TestDecideVerified(t *testing.T) {
	b, err := os.ReadFile("../catalog/testdata/mail.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Parse("mail.yaml", b)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(policy.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	hour := func(n int) order.Instant { return order.At(receipt.Add(time.Duration(n) * time.Hour)) }
	for _, tt := range []struct {
		name      string
		authority string
		process   trust.Process
		edit      func(*order.Order)
		signers   []string
		granted   []order.Field // of logins
		held      bool
	}{
		{"a subpoena narrows", "judge-us", "subpoena", nil, []string{"judge-us"}, []order.Field{"at", "ip"}, false},
		{"a warrant grants", "judge-us", "search-warrant", nil, []string{"judge-us"}, []order.Field{"at", "device", "ip"}, false},
		{"a prosecutor's is none", "prosecutor-us", "search-warrant", nil, []string{"prosecutor-us"}, nil, false},
		{"on paper, by two reviewers", "judge-us", "search-warrant", nil, []string{"anna", "bernd"}, []order.Field{"at", "device", "ip"}, false},
		{"consent covers a branch", "judge-us", "consent", func(o *order.Order) {
			o.Consent = &order.Consent{Document: "paper.pdf", Covers: []string{"session", "secret", "nonsense"}}
		}, []string{"anna", "bernd"}, []order.Field{"at", "ip"}, false},
		{"an emergency", "judge-us", "emergency", func(o *order.Order) {
			o.Emergency = &order.Emergency{Basis: "paper.pdf", CallBack: &order.CallBack{Number: "+12025550100", At: hour(-1), Role: "duty judge"}}
		}, []string{"judge-us", "anna", "bernd"}, []order.Field{"at", "device", "ip"}, false},
		{"preservation releases nothing", "judge-us", "preservation", nil, []string{"judge-us"}, nil, false},
		{"EU traffic without an offence", "judge-eu", "production", nil, []string{"judge-eu"}, nil, false},
		{"EU traffic", "judge-eu", "production", func(o *order.Order) {
			o.Offence = &order.Offence{Description: "fraud", MaxSentenceYears: 5}
		}, []string{"judge-eu"}, []order.Field{"at", "device", "ip"}, false},
		{"EU traffic, notified", "judge-eu", "production", func(o *order.Order) {
			o.Offence = &order.Offence{Description: "terrorism", Listed: true}
			o.Notification = &order.Notification{Authority: "enforcing"}
		}, []string{"judge-eu"}, []order.Field{"at", "device", "ip"}, true},
		{"EU traffic, cleared", "judge-eu", "production", func(o *order.Order) {
			o.Offence = &order.Offence{Description: "fraud", MaxSentenceYears: 3}
			o.Notification = &order.Notification{Authority: "enforcing", ClearedAt: hour(0)}
		}, []string{"judge-eu"}, []order.Field{"at", "device", "ip"}, false},
		{"EU traffic, to be cleared later", "judge-eu", "production", func(o *order.Order) {
			o.Offence = &order.Offence{Description: "fraud", MaxSentenceYears: 3}
			o.Notification = &order.Notification{Authority: "enforcing", ClearedAt: hour(24)}
		}, []string{"judge-eu"}, []order.Field{"at", "device", "ip"}, true},
		{"EU, to identify, by a prosecutor", "prosecutor-eu", "production", func(o *order.Order) {
			o.Purpose = order.IdentifyUser
		}, []string{"prosecutor-eu"}, []order.Field{"at", "ip"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := order.Order{
				Format: order.Format, ID: "2026-0042", Nonce: []byte("0123456789abcdef"),
				Provider: "mail.example", Authority: tt.authority, Agency: "agency",
				Jurisdiction: trust.Jurisdiction(tt.authority[len(tt.authority)-2:]), Process: tt.process,
				Purpose: order.Investigate, LegalBasis: "as the paper says",
				IssuedAt: hour(-24), ExpiresAt: hour(24 * 30),
				Targets:   []order.Target{{Type: "email", Value: "j.doe@mail.example"}},
				Mandate:   []order.Item{{Dataset: "logins", Fields: []order.Field{"ip", "device", "at"}, From: hour(-24 * 30), To: hour(-24)}},
				Documents: exhibits,
			}
			if tt.edit != nil {
				tt.edit(&o)
			}
			v := verified(t, o, tt.signers...)
			d := p.Decide(v, c, receipt.Add(time.Minute))
			ds := d.Datasets()[0]
			if got := ds.Granted(); !slices.Equal(got, tt.granted) {
				t.Errorf("granted %v, want %v: %+v", got, tt.granted, ds.Verdicts)
			}
			if ds.HeldUntil.IsZero() == tt.held {
				t.Errorf("held until %v, want held %v", ds.HeldUntil, tt.held)
			}
			if d.Order() != v || d.Policy() != p.Digest() || d.Catalog() != c.Digest() || d.Jurisdiction() != o.Jurisdiction {
				t.Error("the decision does not say what it was made of")
			}
			if want := len(tt.granted) > 0 && len(tt.granted) < 3; d.Narrowed() != want {
				t.Errorf("narrowed is %v, want %v", d.Narrowed(), want)
			}
		})
	}
}
