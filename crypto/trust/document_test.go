package trust

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"writ/crypto/seal"
	"writ/crypto/sign"
)

func TestGoldenFiles(t *testing.T) {
	golden(t, "registry.json", marshal(t, document(t)))
	golden(t, "registry.dsse.json", signed(t, document(t), "root 1", "root 2"))
	golden(t, "root.json", marshal(t, root(t)))
	p := open(t).Publish()
	golden(t, "provider.json", marshal(t, &p))
	if got, want := p.Fingerprint().String(), "sha256:"; !strings.HasPrefix(got, want) || p.Fingerprint().IsZero() {
		t.Errorf("Fingerprint = %s", got)
	}
	compact := bytes.ReplaceAll(bytes.ReplaceAll(marshal(t, &p), []byte("\n"), nil), []byte("  "), nil)
	back, err := ParseProvider(compact)
	if err != nil {
		t.Fatal(err)
	}
	if back.Fingerprint() != p.Fingerprint() {
		t.Errorf("white space changes the fingerprint")
	}
	if (&Provider{Keys: []ProviderKey{{}}}).Fingerprint() != [32]byte{} {
		t.Errorf("a provider without a form has a fingerprint")
	}
}

func TestConsistency(t *testing.T) {
	key := func(name string) Key { return Key{PublicKey: signer(t, name).Public()} }
	long := strings.Repeat("x", maxTextBytes+1)
	for _, tt := range []struct {
		name   string
		change func(*Document)
		says   string // "" if it is fine
	}{
		{"as it is", func(*Document) {}, ""},
		{"no format", func(d *Document) { d.Format = "" }, `format ""`},
		{"version 0", func(d *Document) { d.Version = 0 }, "version 0"},
		{"version too high", func(d *Document) { d.Version = maxVersion + 1 }, "version 1000000001"},
		{"no issued_at", func(d *Document) { d.IssuedAt = time.Time{} }, "issued_at"},
		{"issued_at elsewhere", func(d *Document) { d.IssuedAt = d.IssuedAt.In(time.FixedZone("", 3600)) }, "issued_at"},
		{"no provider", func(d *Document) { d.Provider = "" }, `provider ""`},
		{"x25519 needs no leave", func(d *Document) { d.AllowKinds = []seal.Kind{seal.X25519} }, "allow_recipient_kinds"},
		{"kind twice", func(d *Document) { d.AllowKinds = []seal.Kind{seal.SSH, seal.SSH} }, "allow_recipient_kinds"},

		{"two authorities of one id", func(d *Document) { d.Authorities[1].ID = "court" }, `authority "court": there are two`},
		{"id in capitals", func(d *Document) { d.Authorities[1].ID = "Court" }, `authority "Court": an id`},
		{"id too long", func(d *Document) { d.Authorities[1].ID = long }, "an id is made"},
		{"kind unknown", func(d *Document) { d.Authorities[1].Kind = "king" }, `authority "paper": kind "king"`},
		{"no jurisdiction", func(d *Document) { d.Authorities[1].Jurisdiction = "" }, `authority "paper": jurisdiction`},
		{"no name", func(d *Document) { d.Authorities[1].Name = "" }, `authority "paper": name`},
		{"name too long", func(d *Document) { d.Authorities[1].Name = long }, `authority "paper": name`},
		{"name turns the text round", func(d *Document) { d.Authorities[1].Name = "\u202eTruoc" }, "U+202E"},
		{"phone with a line break", func(d *Document) { d.Authorities[1].Phone = "1\n2" }, `authority "paper": phone`},
		{"times turned round", func(d *Document) { d.Authorities[0].Until = day("2025-01-01") }, `authority "court": valid_until`},
		{"an empty interval", func(d *Document) { d.Authorities[0].Until = d.Authorities[0].From }, `authority "court": valid_until`},
		{"time elsewhere", func(d *Document) { d.Authorities[0].From = d.Authorities[0].From.In(time.FixedZone("", 60)) }, "UTC"},
		{"revoked before it began", func(d *Document) { d.Reviewers[1].RevokedAt = day("2025-01-01") }, `reviewer "bernd": revoked_at`},
		{"revoked from the start", func(d *Document) { d.Reviewers[1].RevokedAt = d.Reviewers[1].From }, ""},
		{"a reason for nothing", func(d *Document) { d.Reviewers[0].Reason = "lost" }, `reviewer "anna": revocation_reason`},

		{"key twice in one hand", func(d *Document) { d.Authorities[0].Keys[1] = d.Authorities[0].Keys[0] },
			`authority "court", key 2: the same key as authority "court", key 1`},
		{"key in two hands", func(d *Document) { d.Reviewers[1].Keys[0] = d.Reviewers[0].Keys[0] },
			`reviewer "bernd", key 1: the same key as reviewer "anna", key 1`},
		{"a reviewer with a court's key", func(d *Document) { d.Reviewers[1].Keys = []Key{key("court")} },
			`reviewer "bernd", key 1: the same key as authority "court", key 1`},
		{"the provider with a reviewer's key", func(d *Document) { d.ProviderKeys[0].Key = key("anna") },
			`provider key 1: the same key as reviewer "anna", key 1`},
		{"a provider's key for two uses", func(d *Document) { d.ProviderKeys[2].Key = d.ProviderKeys[0].Key },
			`provider key 3: the same key as provider key 1`},
		{"key's times turned round", func(d *Document) { d.Reviewers[0].Keys[0].Until = day("2025-01-01") }, `reviewer "anna", key 1: valid_until`},
		{"a reviewer without keys", func(d *Document) { d.Reviewers[0].Keys = nil }, `reviewer "anna": no keys`},
		{"two reviewers of one id", func(d *Document) { d.Reviewers[1].ID = "anna" }, `reviewer "anna": there are two`},
		{"an engineer with a reviewer's key", func(d *Document) { d.Engineers[0].Keys[0] = d.Reviewers[0].Keys[0] },
			`engineer "kim", key 1: the same key as reviewer "anna", key 1`},
		{"an engineer with the key that signs manifests", func(d *Document) { d.Engineers[0].Keys[0] = d.ProviderKeys[0].Key },
			`provider key 1: the same key as engineer "kim", key 1`},
		{"an engineer without keys", func(d *Document) { d.Engineers[0].Keys = nil }, `engineer "kim": no keys`},
		{"an engineer without a name", func(d *Document) { d.Engineers[0].Name = "" }, `engineer "kim": name`},
		{"two engineers of one id", func(d *Document) { d.Engineers[1].ID = "kim" }, `engineer "kim": there are two`},
		{"nobody who runs exports", func(d *Document) { d.Engineers = nil }, ""},
		{"use unknown", func(d *Document) { d.ProviderKeys[0].Use = "" }, `provider key 1: use ""`},

		{"a country by another name", func(d *Document) { d.Authorities[0].Country = "UK" }, `authority "court": country "UK"`},
		{"a country in small letters", func(d *Document) { d.Authorities[0].Country = "us" }, `authority "court": country "us"`},

		{"a ledger without origin", func(d *Document) { d.ProviderKeys[2].Origin = "" }, `provider key 3: origin ""`},
		{"an origin with a space", func(d *Document) { d.ProviderKeys[2].Origin = "mail example" }, `provider key 3: origin "mail example"`},
		{"an origin with a plus", func(d *Document) { d.ProviderKeys[2].Origin = "a+b" }, `provider key 3: origin "a+b"`},
		{"an origin that is too long", func(d *Document) { d.ProviderKeys[2].Origin = long[:201] }, `provider key 3: origin`},
		{"an origin of a manifest key", func(d *Document) { d.ProviderKeys[0].Origin = "mail.example/ledger" }, `provider key 1: origin: only a key`},
		{"a ledger key of another kind", func(d *Document) { d.ProviderKeys[2].PublicKey = ecdsaKey(t) }, `provider key 3: a ledger's key is ed25519, this one is ecdsa-p256`},
		{"no witnesses", func(d *Document) { d.Witnesses = nil }, ""},
		{"none of the witnesses", func(d *Document) { d.Witnesses.Threshold = 0 }, "witnesses: threshold 0 of 2"},
		{"more than there are", func(d *Document) { d.Witnesses.Threshold = 3 }, "witnesses: threshold 3 of 2"},
		{"a witness twice", func(d *Document) { d.Witnesses.List[1].Key = witness0 }, "witness witness.example/0: there are two"},
		{"two witnesses at one address", func(d *Document) { d.Witnesses.List[1].URL = d.Witnesses.List[0].URL }, "witness witness.example/1: another"},
		{"a witness without a key", func(d *Document) { d.Witnesses.List[1].Key = "" }, "witness 2: want a note verifier key"},
		{"a witness nowhere", func(d *Document) { d.Witnesses.List[0].URL = "ftp://x" }, "witness witness.example/0: want an address"},

		{"an agency without recipients", func(d *Document) { d.Agencies[0].Recipients = nil }, `agency "agency": 0 recipients`},
		{"recipient misspelt", func(d *Document) { d.Agencies[0].Recipients[1].Recipient = "age1x" }, `agency "agency", recipient 2: recipient unusable`},
		{"recipient twice", func(d *Document) { d.Agencies[0].Recipients[1].Recipient = age1 }, `agency "agency", recipient 2: it stands there twice`},
		{"recipient's times turned round", func(d *Document) { d.Agencies[0].Recipients[1].Until = day("2025-01-01") }, `agency "agency", recipient 2: valid_until`},
		{"two agencies of one id", func(d *Document) { d.Agencies[1].ID = "agency" }, `agency "agency": there are two`},
		{"an agency nowhere", func(d *Document) { d.Agencies[1].Jurisdiction = "" }, `agency "undecided": jurisdiction`},

		{"two thresholds for one kind", func(d *Document) { d.Thresholds[1] = d.Thresholds[0] }, "threshold for us subpoena: there are two"},
		{"no rule", func(d *Document) { d.Thresholds[0].Authority = "" }, "threshold for us subpoena: authority"},
		{"process misspelt", func(d *Document) { d.Thresholds[0].Process = "Subpoena" }, "threshold for us Subpoena: process"},
		{"nobody would sign", func(d *Document) { d.Thresholds[2].Reviewers = 0 }, "threshold for us nsl: 0 reviewers"},
		{"fewer than nobody", func(d *Document) { d.Thresholds[1].Reviewers = -1 }, "threshold for us search-warrant: -1 reviewers"},
		{"the authority alone", func(d *Document) { d.Thresholds[0].Reviewers = 0 }, ""},
		{"more reviewers than there are", func(d *Document) { d.Thresholds[0].Reviewers = 3 }, "only 2 are registered"},
		{"no authority could sign", func(d *Document) { d.Thresholds[1].Jurisdiction = "eu" }, "none of eu has a key"},
		{"reviewers in its place", func(d *Document) { d.Thresholds[0].Jurisdiction = "eu" }, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := document(t)
			tt.change(d)
			got, err := ParseDocument(marshal(t, d))
			if tt.says == "" {
				if err != nil {
					t.Fatalf("ParseDocument = %v", err)
				}
				if diff := cmp.Diff(d, got, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("does not round-trip:\n%s", diff)
				}
				return
			}
			if got != nil || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "\n") {
				t.Errorf("ParseDocument = %v, want %v with %q", err, ErrFormat, tt.says)
			}
		})
	}
}

func TestStrictness(t *testing.T) {
	good := string(marshal(t, document(t)))
	for _, tt := range []struct {
		name, old, new string
		says           string
	}{
		{"unknown member", `"version": 3`, `"version": 3, "x": 1`, "x"},
		{"member twice", `"version": 3`, `"version": 3, "version": 3`, "version"},
		{"member in other case", `"version"`, `"Version"`, "Version"},
		{"null", `"phone": "+1 (202) 555-0100"`, `"phone": null`, "/authorities/0/phone"},
		{"empty where absent is meant", `"phone": "+1 (202) 555-0100"`, `"phone": ""`, "/authorities/0/phone"},
		{"the year 1 for no end", `"valid_until": "2026-03-01T00:00:00Z"`, `"valid_until": "0001-01-01T00:00:00Z"`, "/agencies/0/recipients/0/valid_until"},
		{"offset zero spelt out", `"issued_at": "2026-01-01T00:00:00Z"`, `"issued_at": "2026-01-01T00:00:00+00:00"`, "/issued_at"},
		{"not a time", `"issued_at": "2026-01-01T00:00:00Z"`, `"issued_at": "2026-01-01"`, "issued_at"},
		{"number as text", `"version": 3`, `"version": "3"`, "version"},
		{"fraction", `"version": 3`, `"version": 3.5`, "version"},
		{"exponent", `"version": 3`, `"version": 3e0`, "version"},
		{"missing list", `"keys": []`, `"valid_from": "2026-01-01T00:00:00Z"`, "/authorities/1/keys"},
		{"key in other lines", `-----BEGIN PUBLIC KEY-----\n`, `-----BEGIN PUBLIC KEY-----\r\n`, "/authorities/0/keys/0/public_key"},
		{"no key", `"public_key"`, `"valid_key"`, "valid_key"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(good, tt.old, tt.new, 1)
			if text == good {
				t.Fatalf("%q is not there", tt.old)
			}
			d, err := ParseDocument([]byte(text))
			if d != nil || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("ParseDocument = %v, want %v with %q", err, ErrFormat, tt.says)
			}
		})
	}
	for name, text := range map[string]string{
		"trailing bytes": good + "{}", "nothing": "", "not an object": "[]", "too large": strings.Repeat(" ", MaxBytes) + good,
	} {
		if _, err := ParseDocument([]byte(text)); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v, want %v", name, err, ErrFormat)
		}
	}
}

func TestParseRoot(t *testing.T) {
	one := signer(t, "root 1").Public()
	for _, tt := range []struct {
		name string
		root Root
		want error
	}{
		{"two of three", root(t), nil},
		{"one of one, pinned", Root{Threshold: 1, Keys: []sign.PublicKey{one}, MinVersion: 7}, nil},
		{"none of one", Root{Threshold: 0, Keys: []sign.PublicKey{one}}, ErrFormat},
		{"two of one", Root{Threshold: 2, Keys: []sign.PublicKey{one}}, ErrFormat},
		{"two of one that stands twice", Root{Threshold: 2, Keys: []sign.PublicKey{one, one}}, ErrFormat},
		{"none of none", Root{}, ErrFormat},
		{"a version below zero", Root{Threshold: 1, Keys: []sign.PublicKey{one}, MinVersion: -1}, ErrFormat},
	} {
		got, err := ParseRoot(marshal(t, tt.root))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: ParseRoot = %v, want %v", tt.name, err, tt.want)
		} else if err == nil && !cmp.Equal(got, tt.root) {
			t.Errorf("%s: does not round-trip", tt.name)
		}
	}
}

func TestParseProvider(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Provider)
		want   error
	}{
		{"as published", func(*Provider) {}, nil},
		{"another format", func(p *Provider) { p.Format = Format }, ErrFormat},
		{"no provider", func(p *Provider) { p.Provider = "" }, ErrFormat},
		{"no registry", func(p *Provider) { p.Registry = [32]byte{} }, ErrFormat},
		{"no keys", func(p *Provider) { p.Keys = nil }, ErrFormat},
		{"a key twice", func(p *Provider) { p.Keys[1] = p.Keys[0] }, ErrFormat},
		{"use unknown", func(p *Provider) { p.Keys[0].Use = "order" }, ErrFormat},
		{"a ledger without origin", func(p *Provider) { p.Keys[2].Origin = "" }, ErrFormat},
		{"a witness's address", func(p *Provider) { p.Witnesses.List[0].URL = "https://witness.example/" }, ErrFormat},
		{"a threshold out of reach", func(p *Provider) { p.Witnesses.Threshold = 3 }, ErrFormat},
		{"no witnesses", func(p *Provider) { p.Witnesses = nil }, nil},
		{"times turned round", func(p *Provider) { p.Keys[0].Until = day("2020-01-01") }, ErrFormat},
	} {
		p := open(t).Publish()
		tt.change(&p)
		got, err := ParseProvider(marshal(t, &p))
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: ParseProvider = %v, want %v", tt.name, err, tt.want)
		} else if err == nil && !cmp.Equal(got, &p) {
			t.Errorf("%s: does not round-trip", tt.name)
		}
	}
}

func seeds(f *testing.F) {
	names, err := filepath.Glob("testdata/*.json")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds in testdata (%v)", err) // an empty corpus must not pass
	}
	for _, name := range names {
		f.Add(read(f, name))
	}
}

// What was accepted is written and read back as itself.
func FuzzParse(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := ParseDocument(b); err == nil {
			if back, err := ParseDocument(marshal(t, d)); err != nil || !cmp.Equal(d, back) {
				t.Fatalf("document does not round-trip: %v", err)
			}
		}
		if r, err := ParseRoot(b); err == nil {
			if back, err := ParseRoot(marshal(t, r)); err != nil || !cmp.Equal(r, back) {
				t.Fatalf("root does not round-trip: %v", err)
			}
		}
		if p, err := ParseProvider(b); err == nil {
			if back, err := ParseProvider(marshal(t, p)); err != nil || back.Fingerprint() != p.Fingerprint() {
				t.Fatalf("provider file does not round-trip: %v", err)
			}
		}
	})
}

// Whatever opens was signed by two different keys of the root.
func FuzzOpen(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := Open(b, root(t))
		if err != nil {
			return
		}
		e, err := sign.ParseEnvelope(b, sign.ForRegistry)
		if err != nil || len(root(t).Signers(e)) < 2 || r.Digest().IsZero() {
			t.Fatalf("opened without the root's signatures (%v)", err)
		}
	})
}
