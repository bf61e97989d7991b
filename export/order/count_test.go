package order

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"testing"

	"writ/crypto/sign"
	"writ/crypto/trust"
)

// The registry promises that a key is in one hand. If it ever is in two, one
// signature must still count once.
func TestOneKeyCountsForOne(t *testing.T) {
	public := func(n byte) trust.Key {
		seed := make([]byte, ed25519.SeedSize)
		seed[0] = n
		der, err := x509.MarshalPKIXPublicKey(ed25519.NewKeyFromSeed(seed).Public())
		if err != nil {
			t.Fatal(err)
		}
		k, err := sign.ParsePublicKey(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
		if err != nil {
			t.Fatal(err)
		}
		return trust.Key{PublicKey: k}
	}
	a, b := public(1), public(2)
	all := func(sign.PublicKey) bool { return true }
	for _, tt := range []struct {
		name      string
		authority trust.Authority
		reviewers []trust.Reviewer
		want      int // reviewers who count
	}{
		{"two people, one key", trust.Authority{}, []trust.Reviewer{{ID: "x", Keys: []trust.Key{a}}, {ID: "y", Keys: []trust.Key{a}}}, 1},
		{"one person twice", trust.Authority{}, []trust.Reviewer{{ID: "x", Keys: []trust.Key{a}}, {ID: "x", Keys: []trust.Key{b}}}, 1},
		{"two people, two keys", trust.Authority{}, []trust.Reviewer{{ID: "x", Keys: []trust.Key{a}}, {ID: "y", Keys: []trust.Key{b}}}, 2},
		{"reviewer with the authority's key", trust.Authority{ID: "z", Keys: []trust.Key{a}}, []trust.Reviewer{{ID: "x", Keys: []trust.Key{a}}}, 0},
		{"reviewer with the authority's second key", trust.Authority{ID: "z", Keys: []trust.Key{a, b}}, []trust.Reviewer{{ID: "x", Keys: []trust.Key{b}}}, 0},
		{"reviewer who is the authority", trust.Authority{ID: "x", Keys: []trust.Key{a}}, []trust.Reviewer{{ID: "x", Keys: []trust.Key{b}}}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := count(tt.authority, tt.reviewers, all); len(got.reviewers) != tt.want {
				t.Errorf("%d reviewers count, want %d", len(got.reviewers), tt.want)
			}
		})
	}
}

// A threshold that the registry's parser would refuse is not met by nothing.
func TestAnEmptyThresholdIsNeverMet(t *testing.T) {
	everybody := tally{authority: &Signature{}, reviewers: make([]Signature, 5)}
	for _, tt := range []struct {
		rule rule
		with tally
	}{
		{rule{}, everybody},
		{rule{Threshold: trust.Threshold{Authority: "whatever"}}, everybody},
		{rule{Threshold: trust.Threshold{Authority: trust.NotNeeded}}, everybody},
		{rule{Threshold: trust.Threshold{Authority: trust.NotNeeded, Reviewers: -1}}, everybody},
		{rule{Threshold: trust.Threshold{Authority: trust.Suffices, Reviewers: -1}}, tally{}},
		{rule{Threshold: trust.Threshold{Authority: trust.Required, Reviewers: -1}}, tally{}},
	} {
		if need := tt.rule.needs(tt.with); need.None() || len(need.Words()) == 0 {
			t.Errorf("%+v is met", tt.rule)
		}
	}
}
