package export_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export"
	"writ/export/demo"
	"writ/export/order"
	"writ/manifest"
)

// as is the signature of a key on what the order's payload is for another purpose.
func as(purpose sign.Purpose, name string) func(*lab, *sign.Envelope) {
	return func(l *lab, e *sign.Envelope) {
		other := sign.Envelope{Purpose: purpose, Payload: e.Payload}
		if err := other.Sign(l.keys[name]); err != nil {
			panic(err)
		}
		e.Signatures = append(e.Signatures, other.Signatures...)
	}
}

// A signature counts for what it was made for, by whom the registry names, once a person.
func TestAbuseBySignature(t *testing.T) {
	const unsigned = "received:unsigned"
	plain := func(s string) func(*lab, []byte) []byte {
		return func(*lab, []byte) []byte { return []byte(s) }
	}
	edit := func(old, new string) func(*lab, []byte) []byte {
		return func(_ *lab, b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(new), 1) }
	}
	newLab(t).try(t, []attack{
		{name: "nobody signed", by: []string{}, want: order.ErrUnsigned, says: unsigned},
		{name: "a stranger signed", by: []string{"stranger"}, want: order.ErrUnsigned, says: unsigned},
		{name: "the court alone", by: []string{"court"}, want: order.ErrUnsigned, says: unsigned},
		{name: "the reviewers alone", by: []string{"reviewer-1", "reviewer-2"}, want: order.ErrUnsigned, says: unsigned},
		{name: "one reviewer is missing", by: []string{"court", "reviewer-1"}, want: order.ErrUnsigned, says: unsigned},
		{name: "a stranger for a reviewer", by: []string{"court", "reviewer-1", "stranger"}, want: order.ErrUnsigned, says: unsigned},
		{name: "the export host's own key for a reviewer", by: []string{"court", "reviewer-1", "manifest"}, want: order.ErrUnsigned, says: unsigned},
		{name: "a root key for a reviewer", by: []string{"court", "reviewer-1", "root-1", "root-2"}, want: order.ErrUnsigned, says: unsigned},
		{name: "the court's signature as a reviewer's", by: []string{"court", "reviewer-1"}, envelope: func(l *lab, e *sign.Envelope) {
			e.Signatures = append(e.Signatures, sign.Signature{KeyID: l.keys["reviewer-2"].Public().ID(), Sig: e.Signatures[0].Sig})
		}, want: order.ErrUnsigned, says: unsigned},
		{name: "one reviewer's signature under the other's name", by: []string{"court", "reviewer-1"}, envelope: func(l *lab, e *sign.Envelope) {
			e.Signatures = append(e.Signatures, sign.Signature{KeyID: l.keys["reviewer-2"].Public().ID(), Sig: e.Signatures[1].Sig})
		}, want: order.ErrUnsigned, says: unsigned},
		{name: "one reviewer's signature twice, once without a name", by: []string{"court", "reviewer-1"}, envelope: func(_ *lab, e *sign.Envelope) {
			e.Signatures = append(e.Signatures, sign.Signature{Sig: e.Signatures[1].Sig})
		}, want: order.ErrUnsigned, says: unsigned},
		{name: "sixty copies of one signature, without a name", by: []string{"court", "reviewer-1"}, envelope: func(_ *lab, e *sign.Envelope) {
			for range 60 {
				e.Signatures = append(e.Signatures, sign.Signature{Sig: e.Signatures[1].Sig})
			}
		}, want: order.ErrUnsigned, says: unsigned},
		{name: "one reviewer signs twice", by: []string{"court", "reviewer-2", "reviewer-2"}, want: order.ErrUnsigned, says: unsigned},
		{name: "a manifest's signature", by: []string{"court", "reviewer-1"}, envelope: as(sign.ForStatement, "reviewer-2"), want: order.ErrUnsigned, says: unsigned},
		{name: "a registry's signature", by: []string{"court", "reviewer-1"}, envelope: as(sign.ForRegistry, "reviewer-2"), want: order.ErrUnsigned, says: unsigned},
		{name: "the court's signature on a manifest", by: []string{"reviewer-1", "reviewer-2"}, envelope: as(sign.ForStatement, "court"), want: order.ErrUnsigned, says: unsigned},
		{name: "a bit of a signature", envelope: func(_ *lab, e *sign.Envelope) { e.Signatures[0].Sig[8] ^= 1 }, want: order.ErrUnsigned, says: unsigned},
		{name: "a bit of the order", envelope: func(_ *lab, e *sign.Envelope) {
			e.Payload = bytes.Replace(e.Payload, []byte("mirela"), []byte("mirelb"), 1)
		}, want: order.ErrUnsigned, says: unsigned},
		{name: "a space in the order", envelope: func(_ *lab, e *sign.Envelope) { e.Payload = append(e.Payload, ' ') }, want: order.ErrUnsigned, says: unsigned},
		{name: "a longer window, written in", envelope: func(_ *lab, e *sign.Envelope) {
			e.Payload = bytes.Replace(e.Payload, []byte("2025-06-01"), []byte("2025-12-01"), 1)
		}, want: order.ErrUnsigned, says: unsigned},
		{name: "signatures of another order", envelope: func(l *lab, e *sign.Envelope) {
			e.Signatures = must(sign.ParseEnvelope(must(os.ReadFile(filepath.Join(l.dir, demo.Warrant))), sign.ForOrder)).Signatures
		}, want: order.ErrUnsigned, says: unsigned},

		// None of these is an order at all.
		{name: "two signatures by one key", envelope: func(_ *lab, e *sign.Envelope) { e.Signatures = append(e.Signatures, e.Signatures[0]) }, want: order.ErrMalformed},
		{name: "a thousand signatures", envelope: func(_ *lab, e *sign.Envelope) {
			for range 1000 {
				e.Signatures = append(e.Signatures, sign.Signature{Sig: []byte("x")})
			}
		}, want: order.ErrMalformed},
		{name: "said to be for a registry", bytes: edit(string(sign.ForOrder), string(sign.ForRegistry)), want: order.ErrMalformed},
		{name: "said to be for a manifest", bytes: edit(string(sign.ForOrder), string(sign.ForStatement)), want: order.ErrMalformed},
		{name: "the registry itself", bytes: func(l *lab, _ []byte) []byte {
			return must(os.ReadFile(filepath.Join(l.dir, "trust/registry.dsse.json")))
		}, want: order.ErrMalformed},
		{name: "trailing bytes", bytes: func(_ *lab, b []byte) []byte { return append(b, "{}"...) }, want: order.ErrMalformed},
		{name: "the order twice", bytes: func(_ *lab, b []byte) []byte { return append(b, b...) }, want: order.ErrMalformed},
		{name: "an unknown member of the envelope", bytes: edit(`{`, `{"recipient":"age1",`), want: order.ErrMalformed},
		{name: "the payload twice", bytes: edit(`"payload":`, `"payload":"e30=","payload":`), want: order.ErrMalformed},
		{name: "the payload in another base64", bytes: edit(`"payload": "`, `"payload": "-_-_`), want: order.ErrMalformed},
		{name: "the payload broken into lines", bytes: edit(`"payload": "`, `"payload": "\n`), want: order.ErrMalformed},
		{name: "a key's name in capitals", bytes: edit(`"keyid": "`, `"keyid": "A`), want: order.ErrMalformed},
		{name: "five megabytes", bytes: plain(strings.Repeat(" ", 5<<20)), want: order.ErrMalformed},
		{name: "nested a million deep", bytes: plain(strings.Repeat("[", 1_000_000)), want: order.ErrMalformed},
		{name: "nothing", bytes: plain(""), want: order.ErrMalformed},
		{name: "null", bytes: plain("null"), want: order.ErrMalformed},
		{name: "an empty payload", bytes: plain(`{"payload":"","payloadType":"` + string(sign.ForOrder) + `","signatures":[]}`), want: order.ErrMalformed},
		{name: "an order without an envelope", bytes: func(_ *lab, b []byte) []byte {
			return must(sign.ParseEnvelope(b, sign.ForOrder)).Payload
		}, want: order.ErrMalformed},
	})
}

// The registry says who counts, when, and to whom the answer goes.
func TestAbuseByRegistry(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	yesterday, tomorrow := now.Add(-24*time.Hour), now.Add(24*time.Hour)
	past := trust.Validity{From: now.Add(-48 * time.Hour), Until: now.Add(-time.Hour)}
	coming := trust.Validity{From: tomorrow}
	revoked := trust.Validity{From: yesterday, RevokedAt: now.Add(-time.Hour), Reason: "lost"}
	reviewer := func(v trust.Validity) func(*lab, *trust.Document) {
		return func(_ *lab, d *trust.Document) { d.Reviewers[1].Validity = v }
	}
	key := func(v trust.Validity) func(*lab, *trust.Document) {
		return func(_ *lab, d *trust.Document) { d.Reviewers[1].Keys[0].Validity = v }
	}
	court := func(v trust.Validity) func(*lab, *trust.Document) {
		return func(_ *lab, d *trust.Document) { d.Authorities[0].Validity = v }
	}
	agency := func(v trust.Validity) func(*lab, *trust.Document) {
		return func(_ *lab, d *trust.Document) { d.Agencies[0].Validity = v }
	}
	recipient := func(v trust.Validity) func(*lab, *trust.Document) {
		return func(_ *lab, d *trust.Document) { d.Agencies[0].Recipients[0].Validity = v }
	}
	another := func(k seal.Kind) func(*lab, *trust.Document) {
		return func(_ *lab, d *trust.Document) {
			_, r, err := seal.Generate(k, nil)
			if err != nil {
				panic(err)
			}
			d.Agencies[0].Recipients = append(d.Agencies[0].Recipients, trust.Recipient{Recipient: r.String(), Validity: trust.Validity{From: yesterday}})
		}
	}
	const unsigned = "received:unsigned"
	newLab(t).try(t, []attack{
		{name: "a reviewer who was revoked", registry: reviewer(revoked), want: order.ErrUnsigned, says: unsigned},
		{name: "a reviewer who left", registry: reviewer(past), want: order.ErrUnsigned, says: unsigned},
		{name: "a reviewer who starts tomorrow", registry: reviewer(coming), want: order.ErrUnsigned, says: unsigned},
		{name: "a reviewer's key that was revoked", registry: key(revoked), want: order.ErrUnsigned, says: unsigned},
		{name: "a reviewer's key that expired", registry: key(past), want: order.ErrUnsigned, says: unsigned},
		{name: "a reviewer's key of tomorrow", registry: key(coming), want: order.ErrUnsigned, says: unsigned},
		{name: "one person with two keys", registry: func(l *lab, d *trust.Document) {
			// Who held the second key is the first's second key now.
			d.Reviewers[0].Keys = append(d.Reviewers[0].Keys, d.Reviewers[1].Keys...)
			d.Reviewers[1].Keys = []trust.Key{{PublicKey: l.keys["stranger"].Public(), Validity: trust.Validity{From: yesterday}}}
		}, want: order.ErrUnsigned, says: unsigned},
		{name: "a court with two keys is no reviewer", registry: func(l *lab, d *trust.Document) {
			d.Authorities[0].Keys = append(d.Authorities[0].Keys, trust.Key{PublicKey: l.keys["stranger"].Public(), Validity: trust.Validity{From: yesterday}})
		}, by: []string{"court", "stranger", "reviewer-1"}, want: order.ErrUnsigned, says: unsigned},
		{name: "a court that was revoked", registry: court(revoked), want: order.ErrAuthority, says: "received:authority"},
		{name: "a court that was closed", registry: court(past), want: order.ErrAuthority, says: "received:authority"},
		{name: "a court that opens tomorrow", registry: court(coming), want: order.ErrAuthority, says: "received:authority"},
		{name: "a court's key that was revoked", registry: func(_ *lab, d *trust.Document) { d.Authorities[0].Keys[0].Validity = revoked }, want: order.ErrUnsigned, says: unsigned},
		{name: "an agency that was revoked", registry: agency(revoked), want: order.ErrAgency, says: "received:agency"},
		{name: "an agency whose time is over", registry: agency(past), want: order.ErrAgency, says: "received:agency"},
		{name: "an agency of tomorrow", registry: agency(coming), want: order.ErrAgency, says: "received:agency"},
		{name: "an agency with two recipients", registry: another(seal.X25519), want: order.ErrRecipient, says: "received:recipient"},
		{name: "an agency with mixed recipients", registry: another(seal.Hybrid), want: order.ErrRecipient, says: "received:recipient"},
		{name: "an agency whose recipient expired", registry: recipient(past), want: order.ErrRecipient, says: "received:recipient"},
		{name: "an agency whose recipient was revoked", registry: recipient(revoked), want: order.ErrRecipient, says: "received:recipient"},
		{name: "an agency whose recipient counts tomorrow", registry: recipient(coming), want: order.ErrRecipient, says: "received:recipient"},
		{name: "a process without a threshold", registry: func(_ *lab, d *trust.Document) { d.Thresholds = d.Thresholds[1:] }, want: order.ErrNoThreshold, says: "received:no-threshold"},
		{name: "two reviewers of whom the threshold wants three", registry: func(l *lab, d *trust.Document) {
			d.Reviewers = append(d.Reviewers, trust.Reviewer{ID: "third", Name: "Third", Keys: []trust.Key{{PublicKey: l.keys["stranger"].Public(), Validity: trust.Validity{From: yesterday}}}, Validity: trust.Validity{From: yesterday}})
			d.Thresholds[0].Reviewers = 3
		}, want: order.ErrUnsigned, says: unsigned},

		// With these there is no registry, and so no export.
		{name: "one key for two people", registry: func(_ *lab, d *trust.Document) { d.Reviewers[1].Keys = d.Reviewers[0].Keys }, want: trust.ErrFormat},
		{name: "one key for the court and a reviewer", registry: func(_ *lab, d *trust.Document) { d.Reviewers[1].Keys = d.Authorities[0].Keys }, want: trust.ErrFormat},
		{name: "the export host's key for a reviewer", registry: func(_ *lab, d *trust.Document) { d.Reviewers[1].Keys = []trust.Key{d.ProviderKeys[0].Key} }, want: trust.ErrFormat},
		{name: "two reviewers of one name", registry: func(_ *lab, d *trust.Document) { d.Reviewers[1].ID = d.Reviewers[0].ID }, want: trust.ErrFormat},
		{name: "two agencies of one name", registry: func(_ *lab, d *trust.Document) { d.Agencies = append(d.Agencies, d.Agencies[0]) }, want: trust.ErrFormat},
		{name: "an agency without a recipient", registry: func(_ *lab, d *trust.Document) { d.Agencies[0].Recipients = nil }, want: trust.ErrFormat},
		{name: "an agency with one recipient twice", registry: func(_ *lab, d *trust.Document) {
			d.Agencies[0].Recipients = append(d.Agencies[0].Recipients, d.Agencies[0].Recipients[0])
		}, want: trust.ErrFormat},
		{name: "a recipient that is a passphrase", registry: func(_ *lab, d *trust.Document) { d.Agencies[0].Recipients[0].Recipient = "password" }, want: trust.ErrFormat},
		{name: "a recipient of a kind that nobody allowed", registry: func(_ *lab, d *trust.Document) {
			d.Agencies[0].Recipients[0].Recipient = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE"
		}, want: trust.ErrFormat},
		{name: "a threshold of nobody", registry: func(_ *lab, d *trust.Document) {
			d.Thresholds[0].Authority, d.Thresholds[0].Reviewers = trust.NotNeeded, 0
		}, want: trust.ErrFormat},
		{name: "two thresholds for one process", registry: func(_ *lab, d *trust.Document) {
			d.Thresholds = append(d.Thresholds, trust.Threshold{Jurisdiction: "us", Process: "search-warrant", Authority: trust.Suffices})
		}, want: trust.ErrFormat},
		{name: "an agency's id with a path", registry: func(_ *lab, d *trust.Document) { d.Agencies[0].ID = "../agency" }, want: trust.ErrFormat},
		{name: "a reviewer's name that prints backwards", registry: func(_ *lab, d *trust.Document) { d.Reviewers[0].Name = "\u202eA" }, want: trust.ErrFormat},
		{name: "one root key signed", signed: func(_ *lab, e *sign.Envelope) { e.Signatures = e.Signatures[:1] }, want: trust.ErrThreshold},
		{name: "one root key signed twice", signed: func(_ *lab, e *sign.Envelope) {
			e.Signatures = []sign.Signature{e.Signatures[0], {Sig: e.Signatures[0].Sig}}
		}, want: trust.ErrThreshold},
		{name: "a reviewer signed for a root key", signed: func(l *lab, e *sign.Envelope) {
			e.Signatures = e.Signatures[:1]
			if err := e.Sign(l.keys["reviewer-1"]); err != nil {
				panic(err)
			}
		}, want: trust.ErrThreshold},
		{name: "the registry with another agency written in", signed: func(_ *lab, e *sign.Envelope) {
			e.Payload = bytes.Replace(e.Payload, []byte(demo.Agency), []byte("state-polize"), 1)
		}, want: trust.ErrThreshold},
		{name: "an order for a registry", signed: func(l *lab, e *sign.Envelope) {
			*e = sign.Envelope{Purpose: sign.ForOrder, Payload: e.Payload}
			if err := errors.Join(e.Sign(l.keys["root-1"]), e.Sign(l.keys["root-2"])); err != nil {
				panic(err)
			}
		}, want: trust.ErrFormat},
	})
}

// An order that names what there is not, or counts at another time.
func TestAbuseByNameAndTime(t *testing.T) {
	emergency := func(number string, at int) func(*order.Order) {
		return func(o *order.Order) {
			o.Process, o.Documents = order.EmergencyProcess, append(slices.Clone(o.Documents), o.Documents[0])
			o.Documents[1].Name = "basis"
			o.Emergency = &order.Emergency{Basis: "basis"}
			if o.IssuedAt = hours(-3); number != "" {
				o.Emergency.CallBack = &order.CallBack{Number: number, At: hours(at), Role: "duty judge"}
			}
		}
	}
	test := func(o *order.Order) { o.Test = true }
	clock := func(d time.Duration) func(*lab, *export.Config, *export.Request) {
		return func(_ *lab, c *export.Config, _ *export.Request) {
			c.Now = func() time.Time { return time.Now().Add(d) }
		}
	}
	l := newLab(t)
	l.try(t, []attack{
		{name: "for another provider", order: func(o *order.Order) { o.Provider = "other-mail" }, want: order.ErrOtherProvider, says: "received:other-provider"},
		{name: "for a provider that looks the same", order: func(o *order.Order) { o.Provider = "ex\u0430mple-mail" }, want: order.ErrOtherProvider, says: "received:other-provider"},
		{name: "by an authority that there is not", order: func(o *order.Order) { o.Authority = "high-court" }, want: order.ErrAuthority, says: "received:authority"},
		{name: "by a reviewer as the authority", order: func(o *order.Order) { o.Authority = "lopez" }, want: order.ErrAuthority, says: "received:authority"},
		{name: "by the agency as the authority", order: func(o *order.Order) { o.Authority = demo.Agency }, want: order.ErrAuthority, says: "received:authority"},
		{name: "for an agency that there is not", order: func(o *order.Order) { o.Agency = "secret-police" }, want: order.ErrAgency, says: "received:agency"},
		{name: "for the court as the agency", order: func(o *order.Order) { o.Agency = demo.Court }, want: order.ErrAgency, says: "received:agency"},
		{name: "under a law that is not the court's", order: func(o *order.Order) { o.Jurisdiction = "eu" }, want: order.ErrAuthority, says: "received:authority"},
		{name: "a process that the provider does not take", order: func(o *order.Order) { o.Process = "nsl" }, want: order.ErrNoThreshold, says: "received:no-threshold"},
		{name: "a process that there is not", order: func(o *order.Order) { o.Process = "fishing-expedition" }, want: order.ErrNoThreshold, says: "received:no-threshold"},
		{name: "a test order on live data", order: test, want: order.ErrTest, says: "received:test"},
		{name: "a real order in a test workspace", request: func(_ *lab, c *export.Config, _ *export.Request) { c.UnsafeTesting = true }, want: order.ErrTest, says: "received:test"},
		{name: "an emergency without a call-back", order: emergency("", 0), want: order.ErrEmergency, says: "received:emergency"},
		{name: "an emergency called back on the caller's number", order: emergency("+15550199", -1), want: order.ErrEmergency, says: "received:emergency"},
		{name: "an emergency called back tomorrow", order: emergency("+15550100", 24), want: order.ErrEmergency, says: "received:emergency"},
		{name: "an emergency by the court and one reviewer", order: emergency("+15550100", -1), by: []string{"court", "reviewer-1"}, want: order.ErrUnsigned, says: "received:unsigned"},
		{name: "of tomorrow", order: func(o *order.Order) { o.IssuedAt = hours(24) }, want: order.ErrNotYetInForce, says: "received:not-yet-in-force"},
		{name: "in force tomorrow", order: func(o *order.Order) { o.NotBefore = hours(24) }, want: order.ErrNotYetInForce, says: "received:not-yet-in-force"},
		{name: "from a clock five minutes ahead", order: func(o *order.Order) { o.IssuedAt = order.At(time.Now().Add(5 * time.Minute)) }, want: order.ErrNotYetInForce, says: "received:not-yet-in-force"},
		{name: "of last year", order: func(o *order.Order) { o.IssuedAt, o.ExpiresAt = hours(-24*365), hours(-24*300) }, want: order.ErrExpired, says: "received:expired"},
		{name: "that ends this second", order: func(o *order.Order) { o.ExpiresAt = order.At(time.Now().UTC().Truncate(time.Second)) }, want: order.ErrExpired, says: "received:expired"},
		{name: "that ended, in another zone", order: func(o *order.Order) {
			zone := time.FixedZone("", 14*60*60)
			o.ExpiresAt = must(order.ParseInstant(time.Now().Add(-time.Minute).In(zone).Format(time.RFC3339)))
		}, want: order.ErrExpired, says: "received:expired"},
		{name: "said to be received tomorrow", request: func(_ *lab, _ *export.Config, r *export.Request) { r.ReceivedAt = time.Now().Add(24 * time.Hour) }, want: export.ErrRequest},
		{name: "said to be received before anybody counted", request: func(_ *lab, _ *export.Config, r *export.Request) { r.ReceivedAt = time.Now().AddDate(-1, 0, 0) }, want: order.ErrAuthority, says: "received:authority"},
		{name: "on a host whose clock is a month behind", request: clock(-30 * 24 * time.Hour), want: order.ErrAuthority, says: "received:authority"},
	})
}

// One order is answered once, in whatever envelope it comes again.
func TestAbuseByReplay(t *testing.T) {
	l := newLab(t)
	first := l.request(t, demo.Warrant).Order
	again := func(change func(*sign.Envelope)) func(*lab, []byte) []byte {
		return func(*lab, []byte) []byte {
			e := must(sign.ParseEnvelope(first, sign.ForOrder))
			change(e)
			return e.Marshal()
		}
	}
	l.try(t, []attack{
		{name: "the first time", bytes: again(func(*sign.Envelope) {}), records: l.expected(t), says: "received decided:export exported"},
		{name: "the same bytes", bytes: again(func(*sign.Envelope) {}), want: order.ErrExportedBefore},
		{name: "signatures in another order", bytes: again(func(e *sign.Envelope) { slices.Reverse(e.Signatures) }), want: order.ErrExportedBefore},
		{name: "one more signature", bytes: again(func(e *sign.Envelope) {
			if err := e.Sign(l.keys["stranger"]); err != nil {
				panic(err)
			}
		}), want: order.ErrExportedBefore},
		{name: "signed anew by all", bytes: again(func(e *sign.Envelope) {
			for _, name := range everybody {
				if err := e.Sign(l.keys[name]); err != nil {
					panic(err)
				}
			}
		}), want: order.ErrExportedBefore},
		{name: "without the keys' names", bytes: again(func(e *sign.Envelope) {
			for i := range e.Signatures {
				e.Signatures[i].KeyID = ""
			}
		}), want: order.ErrExportedBefore},
		{name: "the envelope in one line", bytes: func(*lab, []byte) []byte { return bytes.ReplaceAll(first, []byte("\n"), nil) }, want: order.ErrExportedBefore},
		{name: "a blank reason for it", bytes: again(func(*sign.Envelope) {}), request: func(_ *lab, _ *export.Config, r *export.Request) { r.Supplement = " \t" }, want: order.ErrExportedBefore},
		{name: "another signature taken off", bytes: again(func(e *sign.Envelope) { e.Signatures = e.Signatures[1:] }), want: order.ErrUnsigned, says: "received:unsigned"},
		{name: "its payload in other base64", bytes: func(*lab, []byte) []byte {
			e := must(sign.ParseEnvelope(first, sign.ForOrder))
			return bytes.Replace(first, []byte(base64.StdEncoding.EncodeToString(e.Payload)), []byte(base64.RawURLEncoding.EncodeToString(append(e.Payload, 0xff))), 1)
		}, want: order.ErrMalformed},
		{name: "received at another time", bytes: again(func(*sign.Envelope) {}), request: func(_ *lab, _ *export.Config, r *export.Request) { r.ReceivedAt = time.Now().Add(-time.Minute) }, want: export.ErrRequest},
	})
}

// expected is how many records the warrant mandates.
func (l *lab) expected(t *testing.T) int64 {
	t.Helper()
	p, err := export.Plan(t.Context(), l.config, l.request(t, demo.Warrant))
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, d := range p.Datasets() {
		if d.Outcome == "" || d.Outcome == manifest.Complete {
			n += d.Estimated
		}
	}
	return n
}
