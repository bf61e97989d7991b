package trust

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"os"
	"testing"
	"time"

	"writ/crypto/sign"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The recipients of the tests; nobody kept the identities of the first two.
const (
	age1 = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p"
	age2 = "age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg"
	ssh1 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDjZ8t0Qp/GtrQn93flRc7uU0TywTjJHx91T7eG9dne8"
)

// Keys of witnesses.
const (
	witness0 = "witness.example/0+976a3a41+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR"
	witness1 = "witness.example/1+2b4d9200+BMqTrBcFGHBx1nuDx/8O/oEI6OxFMFdddyaHkzPb2r58"
)

// signer returns the same key for the same name in every run.
func signer(t testing.TB, name string) sign.Signer {
	t.Helper()
	seed := sha256.Sum256([]byte("writ test key " + name))
	der, err := x509.MarshalPKCS8PrivateKey(ed25519.NewKeyFromSeed(seed[:]))
	if err != nil {
		t.Fatal(err)
	}
	s, err := sign.LoadSigner(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ecdsaKey returns a public key of the other algorithm.
func ecdsaKey(t testing.TB) sign.PublicKey {
	t.Helper()
	_, public, err := sign.Generate(sign.ECDSAP256, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	k, err := sign.ParsePublicKey(public)
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

func from(s string) Validity { return Validity{From: day(s)} }

func until(s string) Validity { return Validity{From: day("2026-01-01"), Until: day(s)} }

func revoked(s string) Validity {
	return Validity{From: day("2026-01-01"), RevokedAt: day(s), Reason: "lost"}
}

// document returns a consistent document with one of everything.
func document(t testing.TB) *Document {
	key := func(name string, v Validity) Key { return Key{PublicKey: signer(t, name).Public(), Validity: v} }
	return &Document{
		Format: Format, Provider: "mail.example", Version: 3, IssuedAt: day("2026-01-01"),
		Thresholds: []Threshold{
			{Jurisdiction: "us", Process: "subpoena", Authority: Suffices, Reviewers: 2},
			{Jurisdiction: "us", Process: "search-warrant", Authority: Required, Reviewers: 1},
			{Jurisdiction: "us", Process: "nsl", Authority: NotNeeded, Reviewers: 2},
		},
		Authorities: []Authority{
			{ID: "court", Name: "District Court", Kind: Court, Jurisdiction: "us", Country: "US", Phone: "+1 (202) 555-0100",
				Keys: []Key{key("court", until("2026-06-01")), key("court 2", from("2026-05-01"))}, Validity: from("2026-01-01")},
			{ID: "paper", Name: "Cour d’appel", Kind: Judge, Jurisdiction: "eu", Keys: []Key{}},
		},
		Reviewers: []Reviewer{
			{ID: "anna", Name: "Anna", Keys: []Key{key("anna", from("2026-01-01"))}, Validity: from("2026-01-01")},
			{ID: "bernd", Name: "Bernd", Keys: []Key{key("bernd", from("2026-01-01"))}, Validity: revoked("2026-04-01")},
		},
		Engineers: []Engineer{
			{ID: "kim", Name: "Kim", Keys: []Key{key("kim", until("2026-06-01")), key("kim 2", from("2026-05-01"))}, Validity: from("2026-01-01")},
			{ID: "anna", Name: "Anna", Keys: []Key{key("anna, engineer", from("2026-01-01"))}, Validity: revoked("2026-04-01")},
		},
		Agencies: []Agency{
			{ID: "agency", Name: "Agency", Jurisdiction: "us",
				Recipients: []Recipient{{age1, until("2026-03-01")}, {age2, from("2026-03-01")}}, Validity: from("2026-01-01")},
			{ID: "undecided", Name: "Undecided", Jurisdiction: "us", Recipients: []Recipient{{Recipient: age1}, {Recipient: age2}}},
			{ID: "lapsed", Name: "Lapsed", Jurisdiction: "us", Recipients: []Recipient{{age1, until("2026-02-01")}}},
		},
		ProviderKeys: []ProviderKey{
			{Use: UseManifest, Key: key("manifest", from("2026-01-01"))},
			{Use: UseManifest, Key: key("old manifest", revoked("2026-02-01"))},
			{Use: UseLedger, Origin: "mail.example/ledger", Key: key("ledger", from("2026-01-01"))},
		},
		Witnesses: &Witnesses{Threshold: 1, List: []Witness{{Key: witness0, URL: "https://witness.example/0/"}, {Key: witness1}}},
	}
}

func root(t testing.TB) Root {
	return Root{Threshold: 2, Keys: []sign.PublicKey{signer(t, "root 1").Public(), signer(t, "root 2").Public(), signer(t, "root 3").Public()}}
}

// signed returns the document in an envelope that the named keys signed.
func signed(t testing.TB, d *Document, names ...string) []byte {
	t.Helper()
	e := sign.Envelope{Purpose: sign.ForRegistry, Payload: marshal(t, d)}
	for _, n := range names {
		if err := e.Sign(signer(t, n)); err != nil {
			t.Fatal(err)
		}
	}
	return e.Marshal()
}

func marshal(t testing.TB, v interface{ Marshal() ([]byte, error) }) []byte {
	t.Helper()
	b, err := v.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func open(t testing.TB) *Registry {
	t.Helper()
	r, err := Open(signed(t, document(t), "root 1", "root 2"), root(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// golden compares got with a file of testdata, or rewrites it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile("testdata/"+name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want := read(t, "testdata/"+name); string(want) != string(got) {
		t.Errorf("%s differs; rerun with -update and read the change:\n%s", name, got)
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
