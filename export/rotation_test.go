package export_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export"
	"writ/export/catalog"
	"writ/export/demo"
	"writ/export/order"
	"writ/export/policy"
	"writ/export/record"
	"writ/manifest/act"
	"writ/manifest/audit"
	"writ/manifest/bundle"
	"writ/manifest/ledger"
)

// agencyKey makes an agency's key in memory.
func agencyKey(t *testing.T, kind seal.Kind) (seal.Identity, trust.Recipient) {
	t.Helper()
	text, r, err := seal.Generate(kind, nil)
	if err != nil {
		t.Fatal(err)
	}
	return must(seal.ParseIdentity(text, nil)), trust.Recipient{Recipient: r.String()}
}

// change puts a changed registry in force.
func (l *lab) change(t *testing.T, f func(d *trust.Document)) {
	t.Helper()
	l.config.Registry = must(l.register(t, attack{registry: func(_ *lab, d *trust.Document) { f(d) }}))
}

// as runs everything so much later, with a key of the provider's.
func (l *lab) as(t *testing.T, later time.Duration, signer sign.Signer) {
	t.Helper()
	provider := l.config.Registry.Publish()
	l.config.Now, l.config.Signer = func() time.Time { return time.Now().Add(later) }, signer
	l.config.Ledger = must(record.New(record.Config{
		Reader: l.log.Reader, Provider: &provider, Index: filepath.Join(l.dir, "index"), Log: l.log, Signer: signer, Tool: l.config.Tool, Now: l.config.Now,
	}))
}

// verify does what an agency does with a delivery and today's provider file.
func (l *lab) verify(t *testing.T, r *export.Receipt) error {
	t.Helper()
	provider := l.config.Registry.Publish()
	_, err := bundle.Verify(t.Context(), must(bundle.Find(r.Folder)), &provider)
	return err
}

// opens reports whether an agency's key opens a delivery.
func (l *lab) opens(t *testing.T, r *export.Receipt, id seal.Identity) bool {
	t.Helper()
	provider := l.config.Registry.Publish()
	_, err := bundle.Open(t.Context(), must(bundle.Find(r.Folder)), &provider, id, filepath.Join(t.TempDir(), "opened"), bundle.Options{})
	if finding, ok := errors.AsType[*bundle.Finding](err); err != nil && (!ok || finding.Code != bundle.NotForYou) {
		t.Fatal(err)
	}
	return err == nil
}

// audits asks an auditor, so much later.
func (l *lab) audits(t *testing.T, later time.Duration) {
	t.Helper()
	provider := l.config.Registry.Publish()
	r, err := audit.Run(t.Context(), audit.Config{
		Source: ledger.Dir(filepath.Join(l.dir, "ledger")), Provider: &provider, Deliveries: filepath.Join(l.dir, "out"), Now: time.Now().Add(later),
		Rules: func(archive, text []byte) (audit.Decide, error) {
			p, err := policy.LoadArchive(archive)
			if err != nil {
				return nil, err
			}
			c, err := catalog.Parse("catalog.yaml", text)
			return func(f act.Facts, at time.Time) (act.Decision, error) {
				d, err := p.Replay(f, c, at)
				if err != nil {
					return act.Decision{}, err
				}
				return d.Record(), nil
			}, err
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		t.Errorf("the auditor finds %s: %s", f.Code, f.What)
	}
}

func (l *lab) run(t *testing.T, request export.Request) *export.Receipt {
	t.Helper()
	r, err := export.Run(t.Context(), l.config, request)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// An agency's new key reads what is exported from then on, its old one what was
// before; a revoked one gets nothing more. Deliveries stay verifiable.
func TestAnAgencyChangesItsKey(t *testing.T) {
	l := newLab(t)
	old := must(seal.ParseIdentity(must(os.ReadFile(filepath.Join(l.dir, demo.IdentityFile))), nil))
	before := l.run(t, l.request(t, demo.Warrant))
	if !l.opens(t, before, old) {
		t.Error("the first delivery does not open")
	}

	id, r := agencyKey(t, seal.Hybrid)
	r.From = time.Now().UTC().Truncate(time.Second)
	l.change(t, func(d *trust.Document) { d.Agencies[0].Rotate(r) })
	subpoena := l.request(t, demo.Subpoena)
	l.told(t, subpoena)
	after := l.run(t, subpoena)
	if got := after.Statement.Predicate.Recipients[0].Kind; got != string(seal.Hybrid) {
		t.Errorf("encrypted to a key of the kind %s", got)
	}
	if !l.opens(t, after, id) || l.opens(t, after, old) || !l.opens(t, before, old) || l.opens(t, before, id) {
		t.Error("each delivery is for the key that counted when its order was answered, and for no other")
	}

	l.change(t, func(d *trust.Document) {
		d.Agencies[0].Recipients[1].RevokedAt, d.Agencies[0].Recipients[1].Reason = r.From, "stolen"
	})
	request := l.request(t, demo.Warrant)
	request.Supplement = "the disk was lost"
	if _, err := export.Run(t.Context(), l.config, request); !errors.Is(err, order.ErrRecipient) {
		t.Errorf("Run for a revoked key = %v, want %v", err, order.ErrRecipient)
	}
	id, r = agencyKey(t, seal.X25519)
	r.From = time.Now().UTC().Truncate(time.Second)
	l.change(t, func(d *trust.Document) { d.Agencies[0].Rotate(r) })
	again := l.run(t, request)
	if !l.opens(t, again, id) {
		t.Error("the new key does not open what was exported for it")
	}
	for _, r := range []*export.Receipt{before, after, again} {
		if err := l.verify(t, r); err != nil {
			t.Error(err)
		}
	}
	l.audits(t, 0)
}

// An order waits while the agency changes its key: the answer is for the new
// one, and an auditor finds nothing wrong with that.
func TestAnAgencyChangesItsKeyWhileAnOrderWaits(t *testing.T) {
	l := newLab(t)
	request := l.request(t, demo.Subpoena)
	l.told(t, request)
	id, r := agencyKey(t, seal.Hybrid)
	r.From = time.Now().UTC().Truncate(time.Second)
	l.change(t, func(d *trust.Document) { d.Agencies[0].Rotate(r) })
	if !l.opens(t, l.run(t, request), id) {
		t.Error("the new key does not open the answer")
	}
	if news, _ := l.news(t); news != "received notified received decided:export exported" {
		t.Errorf("the ledger says %q", news)
	}
	l.audits(t, 0)
}

// A provider's new key signs from then on; what its old one signed stays
// verifiable, and what that one signs after its revocation is believed by nobody.
func TestAProviderChangesItsKey(t *testing.T) {
	l := newLab(t)
	before := l.run(t, l.request(t, demo.Warrant))
	// Who has the old key, and the registry of then, can sign later all the same.
	l.as(t, 2*time.Hour, l.keys["manifest"])
	request := l.request(t, demo.Warrant)
	request.Supplement = "the disk was lost"
	forged := l.run(t, request)
	if err := l.verify(t, forged); err != nil {
		t.Fatalf("with the provider file of then: %v", err)
	}

	turn := time.Now().UTC().Truncate(time.Second).Add(time.Hour)
	l.change(t, func(d *trust.Document) {
		d.ProviderKeys[0].RevokedAt, d.ProviderKeys[0].Reason = turn, "stolen"
		d.ProviderKeys = append(d.ProviderKeys, trust.ProviderKey{Use: trust.UseManifest, Key: trust.Key{PublicKey: l.keys["stranger"].Public(), Validity: trust.Validity{From: turn}}})
	})
	l.as(t, 3*time.Hour, l.keys["stranger"])
	subpoena := l.request(t, demo.Subpoena)
	l.told(t, subpoena)
	after := l.run(t, subpoena)
	for _, r := range []*export.Receipt{before, after} {
		if err := l.verify(t, r); err != nil {
			t.Error(err)
		}
	}
	if finding, ok := errors.AsType[*bundle.Finding](l.verify(t, forged)); !ok || finding.Code != bundle.ManifestSigner {
		t.Errorf("what a revoked key signed: %v, want %s", finding, bundle.ManifestSigner)
	}
}

// The provider's own writ refuses to sign with a key that counts no more.
func TestARevokedKeySignsNothing(t *testing.T) {
	l := newLab(t)
	l.change(t, func(d *trust.Document) {
		d.ProviderKeys[0].RevokedAt = time.Now().UTC().Truncate(time.Second)
	})
	l.as(t, time.Hour, l.keys["manifest"])
	if _, err := export.Run(t.Context(), l.config, l.request(t, demo.Warrant)); !errors.Is(err, act.ErrSigner) {
		t.Errorf("Run = %v, want %v", err, act.ErrSigner)
	}
	if delivered, staged := l.left(t); len(delivered) != 0 || len(staged) != 0 {
		t.Errorf("delivered %v, staged %v", delivered, staged)
	}
}

// A policy can demand keys of a kind: an agency that has another gets nothing
// of what the rule is about until it has one.
func TestAbuseByRecipient(t *testing.T) {
	const rule = "  - {id: us.post-quantum, cite: provider's policy, kinds: [hybrid]}\n"
	demand := func(line string) func(fstest.MapFS) {
		return func(files fstest.MapFS) {
			files["us.yaml"].Data = slices.Concat(files["us.yaml"].Data, []byte("recipients:\n"+line))
		}
	}
	key := func(kinds ...seal.Kind) func(*lab, *trust.Document) {
		return func(_ *lab, d *trust.Document) {
			d.Agencies[0].Recipients = nil
			for _, k := range kinds {
				_, r := agencyKey(t, k)
				d.Agencies[0].Recipients = append(d.Agencies[0].Recipients, r)
			}
		}
	}
	const answered, refused = "received decided:export exported", "received decided:refused"
	l := newLab(t)
	records := l.expected(t)
	l.try(t, []attack{
		{name: "an X25519 key where a hybrid one is demanded", policy: demand(rule), want: export.ErrRefused, says: refused},
		{name: "a hybrid key", policy: demand(rule), registry: key(seal.Hybrid), records: records, says: answered},
		{name: "one of each", policy: demand(rule), registry: key(seal.Hybrid, seal.X25519), want: order.ErrRecipient, says: "received:recipient"},
		{name: "two hybrid keys", policy: demand(rule), registry: key(seal.Hybrid, seal.Hybrid), want: order.ErrRecipient, says: "received:recipient"},
		{name: "a hybrid key of tomorrow", policy: demand(rule), registry: func(l *lab, d *trust.Document) {
			_, r := agencyKey(t, seal.Hybrid)
			r.From = time.Now().UTC().Add(24 * time.Hour)
			d.Agencies[0].Recipients = append(d.Agencies[0].Recipients, r)
		}, want: export.ErrRefused, says: refused},
		{name: "a hybrid key that was revoked, beside one of yesterday", policy: demand(rule), registry: func(l *lab, d *trust.Document) {
			_, r := agencyKey(t, seal.Hybrid)
			r.RevokedAt = time.Now().UTC().Truncate(time.Second)
			d.Agencies[0].Recipients = append(d.Agencies[0].Recipients, r)
		}, want: export.ErrRefused, says: refused},
		{name: "a rule for other orders", policy: demand(strings.Replace(rule, "kinds", "processes: [subpoena], kinds", 1)), records: records, says: answered},
	})
}
