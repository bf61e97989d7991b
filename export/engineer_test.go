package export_test

import (
	"errors"
	"testing"
	"time"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export"
	"writ/export/demo"
	"writ/export/order"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// by runs the export with another key in the engineer's place.
func by(name string) func(*lab, *export.Config, *export.Request) {
	return func(l *lab, c *export.Config, _ *export.Request) {
		if c.Engineer = l.keys[name]; name == "" {
			c.Engineer = nil
		}
	}
}

// Who runs an export is an engineer of the registry who counts now, and is none
// of those who signed the order. That the order came in is recorded all the same.
func TestAbuseByEngineer(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	yesterday := now.Add(-24 * time.Hour)
	engineer := func(change func(*lab, *trust.Document, *trust.Engineer)) func(*lab, *trust.Document) {
		return func(l *lab, d *trust.Document) { change(l, d, &d.Engineers[0]) }
	}
	valid := func(v trust.Validity) func(*lab, *trust.Document) {
		return engineer(func(_ *lab, _ *trust.Document, e *trust.Engineer) { e.Validity = v })
	}
	called := func(id string) func(*lab, *trust.Document) {
		return engineer(func(_ *lab, _ *trust.Document, e *trust.Engineer) { e.ID = id })
	}
	l := newLab(t)
	records := l.expected(t)
	l.try(t, []attack{
		{name: "nobody", request: by(""), want: export.ErrEngineer, says: "received"},
		{name: "a stranger", request: by("stranger"), want: export.ErrEngineer, says: "received"},
		{name: "a reviewer, with the reviewer's key", request: by("reviewer-1"), want: export.ErrEngineer, says: "received"},
		{name: "the export host, with the key of manifests", request: by("manifest"), want: export.ErrEngineer, says: "received"},
		{name: "the court", request: by("court"), want: export.ErrEngineer, says: "received"},
		{name: "no engineers are registered", registry: func(_ *lab, d *trust.Document) { d.Engineers = nil }, want: export.ErrEngineer, says: "received"},
		{name: "an engineer who was revoked", registry: valid(trust.Validity{From: yesterday, RevokedAt: now.Add(-time.Hour), Reason: "left"}), want: export.ErrEngineer, says: "received"},
		{name: "an engineer whose time is over", registry: valid(trust.Validity{From: yesterday, Until: now.Add(-time.Hour)}), want: export.ErrEngineer, says: "received"},
		{name: "an engineer who is still to come", registry: valid(trust.Validity{From: now.Add(time.Hour)}), want: export.ErrEngineer, says: "received"},
		{name: "an engineer whose key was revoked", registry: engineer(func(_ *lab, _ *trust.Document, e *trust.Engineer) {
			e.Keys[0].RevokedAt = now.Add(-time.Hour)
		}), want: export.ErrEngineer, says: "received"},

		{name: "an engineer who approved the order", registry: called("lopez"), want: export.ErrEngineer, says: "received"},
		{name: "an engineer who issued the order", registry: called(demo.Court), want: export.ErrEngineer, says: "received"},
		{name: "an engineer who approved with a key that counts no more", registry: engineer(func(l *lab, d *trust.Document, e *trust.Engineer) {
			e.ID, d.Reviewers[1].Keys[0].Validity = "chen", trust.Validity{From: yesterday, RevokedAt: now.Add(-time.Hour)}
			for i := range d.Thresholds {
				d.Thresholds[i].Reviewers = 1
			}
			d.Thresholds[3].Reviewers = 2
		}), want: export.ErrEngineer, says: "received"},
		{name: "an engineer who approved with a second key", by: []string{"court", "reviewer-1", "stranger"}, registry: engineer(func(l *lab, d *trust.Document, e *trust.Engineer) {
			e.ID = "chen"
			d.Reviewers[1].Keys = append(d.Reviewers[1].Keys, trust.Key{PublicKey: l.keys["stranger"].Public(), Validity: trust.Validity{From: yesterday}})
		}), want: export.ErrEngineer, says: "received"},
		{name: "an engineer who reviews other orders", registry: func(l *lab, d *trust.Document) {
			d.Engineers[0].ID = "third"
			d.Reviewers = append(d.Reviewers, trust.Reviewer{ID: "third", Name: "Third", Keys: []trust.Key{{PublicKey: l.keys["stranger"].Public()}}})
		}, records: records, says: "received decided:export exported"},
		{name: "an engineer who also signed, to no avail", envelope: func(l *lab, e *sign.Envelope) {
			if err := e.Sign(l.config.Engineer); err != nil {
				panic(err)
			}
		}, records: records, says: "received decided:export exported"},
		{name: "an engineer instead of a reviewer", by: []string{"court", "reviewer-1"}, envelope: func(l *lab, e *sign.Envelope) {
			if err := e.Sign(l.config.Engineer); err != nil {
				panic(err)
			}
		}, want: order.ErrUnsigned, says: "received:unsigned"},
	})
}

// The decision names the engineer and bears a signature that the registry's key
// verifies, of this order and this plan.
func TestTheEngineerIsRecorded(t *testing.T) {
	w := newWorld(t)
	receipt, err := export.Run(t.Context(), w.config, w.request(t, demo.Warrant))
	if err != nil {
		t.Fatal(err)
	}
	acts, _ := w.said(t)
	d := acts[len(acts)-2].(act.Decided)
	id, key, err := w.config.Registry.Engineer(sign.KeyID(d.Request.KeyID), d.Request.RequestedAt)
	if err != nil || id != demo.Engineer || d.Request.Engineer != id || d.InForce.Plan != receipt.Plan {
		t.Fatalf("asked for by %q (%q, %v), plan %s", d.Request.Engineer, id, err, d.InForce.Plan)
	}
	if err := d.VerifyRequest(key); err != nil {
		t.Error(err)
	}
}

// What an earlier run recorded is finished by whoever is there. What it only
// decided is another engineer's to ask for again, and its own not.
func TestWhoFinishesAnExport(t *testing.T) {
	l := newLab(t)
	request := l.world.request(t, demo.Warrant)
	lee := l.keys["stranger"]
	registry := must(l.register(t, attack{registry: func(_ *lab, d *trust.Document) {
		d.Engineers = append(d.Engineers, trust.Engineer{ID: "lee", Name: "Lee", Keys: []trust.Key{{PublicKey: lee.Public()}}})
	}}))
	l.config.Registry = registry
	disk := errors.New("disk")
	fail := func(at int) {
		n := 0
		l.fault = func(s ledger.Step) (bool, error) {
			if s == ledger.StepLock {
				if n++; n == at {
					return false, disk
				}
			}
			return false, nil
		}
	}
	run := func(who sign.Signer, want error, says string) *export.Receipt {
		t.Helper()
		c := l.config
		c.Engineer = who
		receipt, err := export.Run(t.Context(), c, request)
		if !errors.Is(err, want) {
			t.Fatalf("Run = %v, want %v", err, want)
		}
		l.fault = nil
		if news, _ := l.news(t); news != says {
			t.Errorf("the ledger now says %q, want %q", news, says)
		}
		return receipt
	}
	first := l.config.Engineer
	fail(2) // the manifest's record, behind the decision's
	run(first, disk, "received decided:export")
	fail(1)
	run(first, disk, "")             // the same asks for the same
	run(nil, export.ErrEngineer, "") // it was not recorded: somebody must ask
	fail(2)
	run(lee, disk, "decided:export")     // another asks
	receipt := run(lee, nil, "exported") // and has asked
	back(t, l.world, receipt, receipt.ExportID)
	if again := run(nil, nil, ""); !again.Resumed {
		t.Error("what was recorded was not just finished")
	}
	request.Supplement = "the disk was lost"
	run(nil, export.ErrEngineer, "")
	run(lee, nil, "decided:export exported") // once more is asked for once more
}
