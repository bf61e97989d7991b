package manifest

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
)

func at(minute int) time.Time { return time.Date(2026, 3, 2, 10, minute, 0, 0, time.UTC) }

// signer is an Ed25519 key from a fixed seed: its signatures are the same bytes in every run.
func signer(t testing.TB, seed byte) sign.Signer {
	t.Helper()
	raw := make([]byte, ed25519.SeedSize)
	raw[0] = seed
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(raw))
	if err != nil {
		t.Fatal(err)
	}
	k, err := sign.LoadSigner(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func provider(k sign.Signer, use trust.Use, v trust.Validity) *trust.Provider {
	return &trust.Provider{
		Format: trust.ProviderFormat, Provider: "mail.example", Registry: digest.Of([]byte("registry")),
		Keys: []trust.ProviderKey{{Use: use, Key: trust.Key{PublicKey: k.Public(), Validity: v}}},
	}
}

// sample is a statement with every outcome and every member.
func sample() Statement {
	rule := Rule{ID: "us-subpoena-session", Cite: "18 U.S.C. 2703(c)(2)(C)"}
	secret := Withheld{Name: "password", Category: "secret", Ground: "secret", Why: "passwords are never released"}
	fields := []Granted{{Name: "at", Category: "session.time", Rule: rule}, {Name: "ip", Category: "session.address", Rule: rule}}
	window := func(d Dataset) Dataset {
		d.From, d.To = "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00Z"
		return d
	}
	f := File{Name: "ex-2026-0001" + CiphertextSuffix, SizeBytes: 4096, SHA256: digest.Of([]byte("ciphertext"))}
	b := Bag{TagManifest: digest.Of([]byte("tagmanifest")), PayloadBytes: 5000, PayloadFiles: 6}
	return Statement{
		Type: StatementType, Subject: Subjects(f, b), PredicateType: ExportType,
		Predicate: Export{
			Format: Format, ExportID: "ex-2026-0001", Provider: "mail.example",
			Order: OrderRef{
				Digest: digest.Of([]byte("order")), Jurisdiction: "us", Process: "subpoena", Purpose: "investigate",
				Authority: "sdny", Agency: "fbi-ny", LegalBasis: "18 U.S.C. 2703(c)(2)", Secrecy: "until",
				Targets: []TargetCount{{Type: "email", Count: 2}},
				Signers: []Signer{
					{Role: "authority", ID: "sdny", KeyID: digest.Of([]byte("k1")).Hex()},
					{Role: "reviewer", ID: "ana", KeyID: digest.Of([]byte("k2")).Hex()},
				},
				Supplement: "the first bundle was lost",
			},
			Narrowed: true,
			Datasets: []Dataset{
				{Name: "devices", Outcome: Refused, Withheld: []Withheld{{Name: "serial", Category: "device.id", Ground: "not-permitted", Why: "no rule permits it"}}, Root: emptyRoot},
				window(Dataset{Name: "logins", Outcome: Partial, Why: "the archive was offline", Fields: fields, Accounts: 2, Root: emptyRoot, PulledAt: at(5), Query: "select"}),
				{Name: "mail", Outcome: Held, Until: at(59), Fields: fields, Accounts: 2, Root: emptyRoot},
				{Name: "payments", Outcome: Unavailable, Why: "the store could not be reached", Fields: fields, Accounts: 2, Root: emptyRoot},
				{Name: "profiles", Outcome: NoneFound, Fields: fields, Root: emptyRoot},
				window(Dataset{
					Name: "sign-ins", Outcome: Complete, Fields: fields, Withheld: []Withheld{secret}, Accounts: 2, Redirected: 1,
					Records: 3, Bytes: 200, Root: digest.Of([]byte("root")), Query: `select "at", "ip" from "sign_ins" where "account" = any($1)`, PulledAt: at(6),
				}),
				{Name: "tenants", Outcome: Redirected, Why: "an enterprise customer's accounts", Fields: fields, Redirected: 2, Root: emptyRoot},
			},
			Recipients: []Recipients{{Kind: "x25519", Count: 1}}, Ciphertext: f, Bag: b,
			Decided: DecidedBy{
				Policy: digest.Of([]byte("policy")), Catalog: digest.Of([]byte("catalog")),
				Registry: digest.Of([]byte("registry")), Plan: digest.Of([]byte("plan")),
			},
			Times:  Times{ReceivedAt: at(0), DecidedAt: at(1), StartedAt: at(2), FinishedAt: at(7), SignedAt: at(8), Deadline: at(30)},
			Notice: Notice{Owed: true, After: at(58), Why: "when the order's secrecy ends", Rule: Rule{ID: "us-notice", Cite: "18 U.S.C. 2705(b)"}},
			Tool:   Tool{Name: "writ", Version: "0.1.0", Build: "0123abcd", Go: "go1.26"},
		},
	}
}
