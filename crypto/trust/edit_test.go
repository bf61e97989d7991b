package trust

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"writ/crypto/seal"
	"writ/crypto/sign"
)

func TestRevoke(t *testing.T) {
	v := from("2026-01-01")
	for _, tt := range []struct {
		name, at, want string
		err            error
	}{
		{"first", "2026-03-01", "2026-03-01", nil},
		{"never later", "2026-04-01", "2026-03-01", ErrRevoked},
		{"not twice", "2026-03-01", "2026-03-01", ErrRevoked},
		{"earlier", "2026-02-01", "2026-02-01", nil},
		{"before it began", "2025-01-01", "2026-01-01", nil},
	} {
		if err := v.Revoke(day(tt.at), tt.name); !errors.Is(err, tt.err) || !v.RevokedAt.Equal(day(tt.want)) {
			t.Errorf("%s: Revoke = %v, revoked at %s; want %v, %s", tt.name, err, v.RevokedAt, tt.err, tt.want)
		}
	}
	if err := v.check(); err != nil {
		t.Errorf("a revoked entry is inconsistent: %v", err)
	}
}

// A rotation leaves exactly one recipient at every instant.
func TestRotate(t *testing.T) {
	d := document(t)
	a := d.FindAgency("lapsed")
	a.Recipients = []Recipient{{age1, from("2026-01-01")}}
	a.Rotate(Recipient{age2, from("2026-05-01")})
	r, err := Open(signed(t, d, "root 1", "root 2"), root(t))
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{"2026-04-30": age1, "2026-05-01": age2, "2027-01-01": age2} {
		if got, err := r.Recipient("lapsed", day(at)); err != nil || got.String() != want {
			t.Errorf("on %s: %s, %v; want %s", at, got, err, want)
		}
	}
}

func TestFind(t *testing.T) {
	d := document(t)
	for name, found := range map[string]bool{
		"authority": d.FindAuthority("court") != nil,
		"reviewer":  d.FindReviewer("anna") != nil,
		"engineer":  d.FindEngineer("anna") == &d.Engineers[1],
		"agency":    d.FindAgency("agency") != nil,
		"its key":   d.FindKey(signer(t, "court 2").Public().ID()) == &d.Authorities[0].Keys[1].Validity,
		"her key":   d.FindKey(signer(t, "anna").Public().ID()) == &d.Reviewers[0].Keys[0].Validity,
		"kim's key": d.FindKey(signer(t, "kim 2").Public().ID()) == &d.Engineers[0].Keys[1].Validity,
		"our key":   d.FindKey(signer(t, "ledger").Public().ID()) == &d.ProviderKeys[2].Validity,
		"recipient": len(d.FindRecipients(age1)) == 3,
	} {
		if !found {
			t.Errorf("%s: not found", name)
		}
	}
	if d.FindAuthority("anna") != nil || d.FindReviewer("court") != nil || d.FindEngineer("court") != nil || d.FindAgency("court") != nil ||
		d.FindKey(signer(t, "nobody").Public().ID()) != nil || d.FindKey(sign.KeyID("")) != nil || d.FindRecipients("") != nil {
		t.Error("something is found that is not there")
	}
}

func TestWitnesses(t *testing.T) {
	d := &Document{}
	for _, w := range []Witness{{Key: witness0}, {Key: witness1}} {
		d.AddWitness(w)
	}
	if d.Witnesses.Threshold != 1 || len(d.Witnesses.List) != 2 || d.Witnesses.check() != nil {
		t.Errorf("two witnesses: %+v", d.Witnesses)
	}
	for _, tt := range []struct {
		name string
		want bool
		left int
	}{{"witness.example/2", false, 2}, {"witness.example/0", true, 1}, {"witness.example/0", false, 1}} {
		if got := d.RemoveWitness(tt.name); got != tt.want || len(d.Witnesses.List) != tt.left {
			t.Errorf("RemoveWitness(%s) = %v, left %+v", tt.name, got, d.Witnesses)
		}
	}
	if !d.RemoveWitness("witness.example/1") || d.Witnesses != nil || d.RemoveWitness("witness.example/1") {
		t.Errorf("without witnesses there is a threshold: %+v", d.Witnesses)
	}
}

func TestChanges(t *testing.T) {
	if got := document(t).Changes(document(t)); got != nil {
		t.Errorf("nothing changed, yet %q", got)
	}
	var lines []string
	for _, l := range document(t).Lines() {
		lines = append(lines, l.What+": "+l.Says)
	}
	golden(t, "lines.txt", []byte(strings.Join(lines, "\n")+"\n"))

	d := document(t)
	d.SetThreshold(Threshold{Jurisdiction: "us", Process: "subpoena", Authority: Suffices, Reviewers: 1})
	d.SetThreshold(Threshold{Jurisdiction: "eu", Process: "production", Authority: NotNeeded, Reviewers: 2})
	d.AllowKinds = []seal.Kind{seal.SSH}
	if err := d.Reviewers[0].Revoke(day("2026-05-01"), "left"); err != nil {
		t.Fatal(err)
	}
	d.Agencies = d.Agencies[:2]
	want := []string{
		"+ recipient kind ssh: allowed",
		"~ threshold for us subpoena: authority's signature suffices, reviewers: 1",
		"+ threshold for eu production: authority's signature not needed, reviewers: 2",
		"~ reviewer anna: Anna, from 2026-01-01T00:00:00Z REVOKED at 2026-05-01T00:00:00Z (left)",
		"- agency lapsed",
		"- agency lapsed, recipient " + age1,
	}
	if got := d.Changes(document(t)); !slices.Equal(got, want) {
		t.Errorf("Changes = %q\nwant %q", got, want)
	}
}

// Everything that can be said in a document shows in its lines: whoever signs
// a draft sees what it changes.
func TestEveryChangeShows(t *testing.T) {
	for name, change := range map[string]func(*Document){
		"provider":     func(d *Document) { d.Provider = "other.example" },
		"kind":         func(d *Document) { d.AllowKinds = []seal.Kind{seal.Plugin} },
		"rule":         func(d *Document) { d.Thresholds[0].Authority = Required },
		"reviewers":    func(d *Document) { d.Thresholds[0].Reviewers = 1 },
		"name":         func(d *Document) { d.Authorities[0].Name = "x" },
		"court's kind": func(d *Document) { d.Authorities[0].Kind = Police },
		"jurisdiction": func(d *Document) { d.Authorities[0].Jurisdiction = "uk" },
		"phone":        func(d *Document) { d.Authorities[0].Phone = "1" },
		"validity":     func(d *Document) { d.Authorities[0].Until = day("2027-01-01") },
		"key":          func(d *Document) { d.Authorities[0].Keys[0].PublicKey = signer(t, "x").Public() },
		"key's time":   func(d *Document) { d.Authorities[0].Keys[0].From = day("2026-01-02") },
		"reason":       func(d *Document) { d.Reviewers[1].Reason = "stolen" },
		"agency":       func(d *Document) { d.Agencies[0].Jurisdiction = "uk" },
		"its phone":    func(d *Document) { d.Agencies[0].Phone = "1" },
		"recipient":    func(d *Document) { d.Agencies[2].Recipients[0].Recipient = age2 },
		"its time":     func(d *Document) { d.Agencies[2].Recipients[0].Until = day("2026-02-02") },
		"use":          func(d *Document) { d.ProviderKeys[0].Use = UseLedger },
		"origin":       func(d *Document) { d.ProviderKeys[2].Origin = "other.example/ledger" },
		"country":      func(d *Document) { d.Authorities[0].Country = "CA" },
		"no witnesses": func(d *Document) { d.Witnesses = nil },
		"threshold":    func(d *Document) { d.Witnesses.Threshold = 2 },
		"witness":      func(d *Document) { d.Witnesses.List = d.Witnesses.List[:1] },
		"its place":    func(d *Document) { d.Witnesses.List[1].URL = "https://witness.example/1/" },
		"our key time": func(d *Document) { d.ProviderKeys[0].Until = day("2026-02-02") },
	} {
		d := document(t)
		change(d)
		if len(d.Changes(document(t))) == 0 {
			t.Errorf("%s: the change does not show", name)
		}
	}
}
