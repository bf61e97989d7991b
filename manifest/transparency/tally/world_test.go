package tally_test

import (
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
	"writ/manifest/transparency/tally"
)

// A world is a provider with a ledger of its own.
type world struct {
	log    *ledger.Log
	config tally.Config
	signer sign.Signer
}

func newWorld(t testing.TB) *world {
	t.Helper()
	key, err := ledger.NewKey("ledger.example/mail")
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "ledger")
	cfg := ledger.Config{Dir: dir, Signer: key.Signer(), Verifier: key.Verifier(), Deadline: time.Minute}
	if err := ledger.Init(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	log, err := ledger.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{log: log, signer: newSigner(t, 1)}
	w.config = tally.Config{
		Reader: ledger.NewReader(ledger.Dir(dir), key.Verifier(), ledger.Policy{}),
		Provider: &trust.Provider{
			Format: trust.ProviderFormat, Provider: "mail.example", Registry: digest.Of([]byte("registry")),
			Keys: []trust.ProviderKey{{Use: trust.UseManifest, Key: trust.Key{PublicKey: w.signer.Public()}}},
		},
		// A policy of the tests is lines of jurisdiction, process and perhaps "national".
		Processes: func(policy []byte) (map[tally.Process]bool, error) {
			out := make(map[tally.Process]bool)
			for line := range strings.Lines(string(policy)) {
				words := strings.Fields(line)
				out[tally.Process{Jurisdiction: words[0], Name: words[1]}] = len(words) == 3
			}
			return out, nil
		},
	}
	return w
}

// newSigner is an Ed25519 key from a seed.
func newSigner(t testing.TB, seed byte) sign.Signer {
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

// tell appends what was done.
func (w *world) tell(t testing.TB, acts ...act.Act) {
	t.Helper()
	entries := make([][]byte, len(acts))
	for i, a := range acts {
		var err error
		if entries[i], err = act.Sign(a, w.signer); err != nil {
			t.Fatalf("%s: %v", a.Kind(), err)
		}
	}
	w.put(t, entries...)
}

func (w *world) put(t testing.TB, entries ...[]byte) {
	t.Helper()
	if _, err := w.log.AppendAll(context.WithoutCancel(t.Context()), entries...); err != nil {
		t.Fatal(err)
	}
}

// configure records a policy and keeps its text.
func (w *world) configure(t testing.TB, policy string) {
	t.Helper()
	d, err := w.log.PutText(t.Context(), []byte(policy))
	if err != nil {
		t.Fatal(err)
	}
	w.tell(t, configured(d, len(policy)))
}

func configured(d digest.Digest, size int) act.Configured {
	return act.Configured{Head: head(spring), What: act.Policy, Digest: d, SizeBytes: int64(size), Since: spring}
}

// spring is when the tests' orders come in.
var spring = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func head(at time.Time) act.Head {
	return act.Head{Provider: "mail.example", RecordedAt: at, Tool: manifest.Tool{Name: "writ", Version: "0.1.0", Build: "0123abcd", Go: "go1.26"}}
}

// A request is one order, and builds what is said about it.
type request struct {
	n                              int
	at                             time.Time
	country, jurisdiction, process string
	targets                        int
	secrecy, ground                string // ground: why an enterprise is not redirected
	emergency, test                bool
}

func (r request) digest() digest.Digest {
	return digest.Of(binary.BigEndian.AppendUint64([]byte("order"), uint64(r.n)))
}

func (r request) ref() manifest.OrderRef {
	return manifest.OrderRef{
		Digest: r.digest(), Jurisdiction: r.jurisdiction, Process: r.process, Purpose: "investigate", Authority: "court", Agency: "police",
		LegalBasis: "the law", Secrecy: r.secrecy, Emergency: r.emergency, Test: r.test,
		Targets: []manifest.TargetCount{{Type: "email", Count: r.targets}},
		Signers: []manifest.Signer{{Role: "authority", ID: "court", KeyID: digest.Of([]byte("k1")).Hex()}},
	}
}

func (r request) received() act.Received {
	return act.Received{
		Head: head(r.at.Add(time.Minute)), ReceivedAt: r.at, Country: r.country, Order: r.ref(),
		Facts: act.Facts{
			Jurisdiction: r.jurisdiction, Process: r.process, Purpose: "investigate", Issuer: "judge", ReceivedAt: r.at, Targets: r.targets,
			Emergency: r.emergency, Secrecy: r.secrecy, Enterprise: r.ground,
			Mandate: []act.Item{{Dataset: "mail", Fields: []string{"body"}}},
		},
	}
}

func (r request) rejected(code act.Code) act.Received {
	return act.Received{Head: head(r.at.Add(time.Minute)), ReceivedAt: r.at, Order: act.Claimed(r.ref()), Rejected: act.Because(code)}
}

// A set is one dataset: how it is planned to end, or ended.
type set struct {
	name, category, class string
	outcome               manifest.Outcome
	accounts, redirected  int
	records               int64
	ground                string // why one more field, or all, are withheld
}

var rule = manifest.Rule{ID: "rule", Cite: "the law"}

func (r request) decided(sets ...set) act.Decided {
	at := r.at.Add(2 * time.Minute)
	d := act.Decided{
		Head: head(at), Order: r.digest(), DecidedAt: at,
		InForce: act.InForce{Policy: digest.Of([]byte("p")), Catalog: digest.Of([]byte("c")), Registry: digest.Of([]byte("r")), Plan: digest.Of([]byte("plan"))},
		Decision: act.Decision{
			Notice: act.Notice{Why: "none"}, Enterprise: act.Enterprise{Redirect: true, Why: "as a rule"},
		},
	}
	granted, withheld := false, false
	for _, s := range sets {
		ruling := act.Ruling{Dataset: s.name}
		planned := act.Planned{Dataset: s.name, Outcome: s.outcome, Accounts: s.accounts, Redirected: s.redirected, Why: "so"}
		if s.outcome != manifest.Refused {
			granted = true
			ruling.Granted = []act.Grant{{Category: s.category, Class: cmp.Or(s.class, "record"), Fields: []string{"field"}, Rule: rule}}
		}
		if s.ground != "" {
			withheld = true
			ruling.Withheld = []act.Withheld{{Category: s.category, Fields: []string{"other"}, Ground: s.ground, Why: "so"}}
		}
		if s.outcome == manifest.Held {
			ruling.HeldUntil, ruling.Hold = at.AddDate(0, 0, 10), rule
			d.Decision.Clocks.NotBefore = ruling.HeldUntil
		}
		d.Decision.Datasets = append(d.Decision.Datasets, ruling)
		d.Planned = append(d.Planned, planned)
		d.Accounts, d.Redirected = max(d.Accounts, s.accounts), max(d.Redirected, s.redirected)
	}
	d.Decision.Narrowed = granted && withheld
	d.Result = act.ResultOf(d.Planned)
	return d
}

// unplanned is a decision on an order that was then rejected.
func (r request) unplanned(code act.Code) act.Decided {
	d := r.decided(set{name: "mail", category: "content", outcome: act.Pull, accounts: 1})
	d.Planned, d.Accounts, d.Result, d.Rejected, d.InForce.Plan = nil, 0, act.Rejected, act.Because(code), digest.Digest{}
	return d
}

// kept is the decision on a preservation order.
func (r request) kept() act.Decided {
	d := r.decided(set{name: "mail", category: "content", outcome: manifest.Refused, ground: "releases-nothing"})
	d.Decision.Clocks.PreserveUntil = r.at.AddDate(0, 0, 90)
	return d
}

// exported is an answer, so many minutes after the receipt.
func (r request) exported(minutes int, sets ...set) act.Exported {
	at := func(m int) time.Time { return r.at.Add(time.Duration(m) * time.Minute) }
	id := r.digest().Hex()[:20] + "-" + r.digest().Hex()[20:24]
	f := manifest.File{Name: id + manifest.CiphertextSuffix, SizeBytes: 4096, SHA256: digest.Of([]byte(id))}
	b := manifest.Bag{TagManifest: digest.Of([]byte("tagmanifest")), PayloadBytes: 1 << 20, PayloadFiles: 6}
	x := manifest.Export{
		Format: manifest.Format, ExportID: id, Provider: "mail.example", Order: r.ref(),
		Recipients: []manifest.Recipients{{Kind: "x25519", Count: 1}}, Ciphertext: f, Bag: b,
		Decided: manifest.DecidedBy{Policy: digest.Of([]byte("p")), Catalog: digest.Of([]byte("c")), Registry: digest.Of([]byte("r")), Plan: digest.Of([]byte("plan"))},
		Times:   manifest.Times{ReceivedAt: r.at, DecidedAt: r.at, StartedAt: r.at, FinishedAt: at(minutes), SignedAt: at(minutes)},
		Notice:  manifest.Notice{Why: "none"}, Tool: head(r.at).Tool,
	}
	for _, s := range sets {
		d := manifest.Dataset{
			Name: s.name, Outcome: s.outcome, Accounts: s.accounts, Redirected: s.redirected, Why: "so",
			Records: s.records, Bytes: 3 * s.records, Root: digest.Of(nil), PulledAt: r.at,
		}
		if s.records > 0 {
			d.Root = digest.Of([]byte("root"))
		}
		if s.outcome == manifest.Refused {
			d.PulledAt = time.Time{}
		} else {
			d.Fields = []manifest.Granted{{Name: "field", Category: s.category, Rule: rule}}
		}
		if s.ground != "" {
			d.Withheld = []manifest.Withheld{{Name: "other", Category: s.category, Ground: s.ground, Why: "so"}}
			x.Narrowed = x.Narrowed || s.outcome != manifest.Refused
		}
		if s.outcome == manifest.Held {
			d.Until = at(minutes).AddDate(0, 0, 10)
		}
		x.Datasets = append(x.Datasets, d)
	}
	return act.Exported{Statement: manifest.Statement{
		Type: manifest.StatementType, Subject: manifest.Subjects(f, b), PredicateType: manifest.ExportType, Predicate: x,
	}}
}
