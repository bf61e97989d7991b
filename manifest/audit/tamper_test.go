package audit_test

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/audit"
	"writ/manifest/ledger"
)

// An attack is one thing that a provider, or somebody who got at the ledger,
// could do: to what is recorded, or to the files afterwards.
type attack struct {
	name  string
	acts  func(w *world)
	files func(f *files)
	want  []audit.Code // exactly
}

// files is a written ledger, with its deliveries.
type files struct {
	*world
	dir, out string
	config   *audit.Config
}

func want(c ...audit.Code) []audit.Code { return c }

func (f *files) path(glob string) string {
	f.t.Helper()
	found, err := filepath.Glob(filepath.Join(f.dir, glob))
	if err != nil || len(found) == 0 {
		f.t.Fatalf("no %s (%v)", glob, err)
	}
	// Of partial tiles, named by their width, the widest is the one that counts:
	// a slow machine has published narrower ones before.
	return slices.MaxFunc(found, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
}

func (f *files) edit(path string, change func([]byte) []byte) {
	f.t.Helper()
	b, err := os.ReadFile(path)
	f.must(err)
	f.must(os.Chmod(path, 0o644))
	f.must(os.WriteFile(path, change(b), 0o644))
}

func flip(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		if at < 0 {
			at += len(b)
		}
		b[at] ^= 1
		return b
	}
}

// delivered is a file of an export's delivery.
func (f *files) delivered(id, suffix string) string { return filepath.Join(f.out, id, id+suffix) }

// instead audits another ledger, of those entries, and keeps the checkpoint of
// the one that was there.
func (f *files) instead(key *ledger.Key, entries [][]byte) {
	kept, err := os.ReadFile(filepath.Join(f.dir, "checkpoint"))
	f.must(err)
	other := filepath.Join(f.t.TempDir(), "other")
	writeLedger(f.t, other, key, f.texts, entries)
	f.config.Source, f.config.Kept = ledger.Dir(other), kept
}

// splice gives an entry the signature of another.
func splice(entry, from []byte) []byte {
	sig := func(b []byte) []byte {
		_, rest, _ := bytes.Cut(b, []byte(`"sig":"`))
		value, _, _ := bytes.Cut(rest, []byte(`"`))
		return value
	}
	return bytes.Replace(entry, sig(entry), sig(from), 1)
}

var attacks = []attack{
	// The files of the ledger.
	{"a byte of an entry is changed", nil, func(f *files) { f.edit(f.path("tile/entries/000.p/*"), flip(300)) }, want(audit.Content)},
	{"a byte of a tile is changed", nil, func(f *files) { f.edit(f.path("tile/0/000.p/*"), flip(40)) }, want(audit.Content)},
	{"the entries are cut short", nil, func(f *files) {
		f.edit(f.path("tile/entries/000.p/*"), func(b []byte) []byte { return b[:len(b)/2] })
	}, want(audit.Content)},
	{"a partial tile is removed", nil, func(f *files) { f.must(os.RemoveAll(f.path("tile/0/000.p"))) }, want(audit.Content)},
	{"the entries are removed", nil, func(f *files) { f.must(os.RemoveAll(f.path("tile/entries"))) }, want(audit.Content)},
	{"two entries change places", nil, func(f *files) {
		f.edit(f.path("tile/entries/000.p/*"), func(b []byte) []byte {
			n := 2 + int(b[0])<<8 + int(b[1])
			m := 2 + int(b[n])<<8 + int(b[n+1])
			return slices.Concat(b[n:n+m], b[:n], b[n+m:])
		})
	}, want(audit.Content)},
	{"the ledger is rolled back", nil, func(f *files) { f.instead(f.ledger, f.entries()[:10]) }, want(audit.RolledBack)},
	{"the ledger is forked", nil, func(f *files) {
		entries := slices.Clone(f.entries())
		f.acts[4].raw = nil
		entries[4] = f.entries()[4] // signed once more: other bytes
		f.instead(f.ledger, entries)
	}, want(audit.Forked)},
	{"the ledger is forked and grown", nil, func(f *files) {
		entries := f.entries()
		f.instead(f.ledger, append(append(slices.Clone(entries[:6]), entries[7:]...), []byte("one"), []byte("two")))
	}, want(audit.Forked)},
	{"the checkpoint is of another ledger", nil, func(f *files) {
		f.instead(f.otherLedger, f.entries())
		f.config.Kept = nil
	}, want(audit.CheckpointOrigin)},
	{"the checkpoint is signed by another key of that name", nil, func(f *files) {
		other, err := ledger.NewKey(origin)
		f.must(err)
		f.instead(other, f.entries())
		f.config.Kept = nil
	}, want(audit.CheckpointSignature)},
	{"the checkpoint is changed", nil, func(f *files) {
		f.edit(f.path("checkpoint"), func(b []byte) []byte {
			return bytes.Replace(b, fmt.Appendf(nil, "\n%d\n", len(f.acts)), []byte("\n7\n"), 1)
		})
	}, want(audit.CheckpointSignature)},
	{"the checkpoint is no note", nil, func(f *files) {
		f.edit(f.path("checkpoint"), func([]byte) []byte { return []byte("nothing\n") })
	}, want(audit.CheckpointFormat)},
	{"the ledger's key was revoked", nil, func(f *files) {
		f.config.Provider.Keys = slices.Clone(f.config.Provider.Keys)
		for i := range f.config.Provider.Keys {
			if k := &f.config.Provider.Keys[i]; k.Use == trust.UseLedger {
				k.RevokedAt = day(100)
			}
		}
	}, want(audit.CheckpointSignature)},
	{"no witness cosigned", nil, func(f *files) {
		public, _, err := ed25519.GenerateKey(rand.Reader)
		f.must(err)
		key, err := note.NewEd25519VerifierKey("witness.example", public)
		f.must(err)
		f.config.Provider.Witnesses = &trust.Witnesses{Threshold: 1, List: []trust.Witness{{Key: cosigner(f.t, key, public)}}}
	}, want(audit.CheckpointWitness)},

	// The texts beside it.
	{"the policy is gone", nil, func(f *files) { f.must(os.Remove(f.path("text/sha256/" + f.inForce.Policy.Hex()))) }, want(audit.TextMissing)},
	{"the policy is changed", nil, func(f *files) { f.edit(f.path("text/sha256/"+f.inForce.Policy.Hex()), flip(10)) }, want(audit.TextContent)},
	{"the registry is gone", nil, func(f *files) { f.must(os.Remove(f.path("text/sha256/" + f.inForce.Registry.Hex()))) }, want(audit.TextMissing)},
	{"the size of a text is another", func(w *world) {
		change(w, "", 0, func(a *act.Configured) { a.SizeBytes++ })
	}, nil, want(audit.TextContent)},
	{"the policy can't be read", func(w *world) {
		w.configure(day(150), act.Policy, "no policy")
		w.receive(day(151), asked{name: "new", jurisdiction: "us", process: "subpoena", mandate: []act.Item{item("mail", "body")}, signers: []string{"one"}})
		w.decide(day(151), "new", nil)
	}, nil, want(audit.TextFormat)},
	{"the registry is of another provider", func(w *world) {
		r := w.registry
		r.Provider, r.Version = "other.example", 2
		w.configure(day(150), act.Registry, r)
	}, nil, want(audit.TextFormat)},
	{"an older registry comes back", func(w *world) {
		r := w.registry
		r.Version = 2
		w.configure(day(150), act.Registry, r)
		w.configure(day(151), act.Registry, w.registry)
	}, nil, want(audit.RegistryVersion)},

	// Statements by themselves.
	{"a statement is signed by a foreign key", func(w *world) {
		w.acts[w.find(act.KindRecalled, "", 0)].signer = w.foreign
	}, nil, want(audit.StatementSigner)},
	{"a statement is signed by an expired key", func(w *world) {
		w.acts[w.find(act.KindRecalled, "", 0)].signer = w.expired
	}, nil, want(audit.StatementSigner)},
	{"a statement is of another provider", func(w *world) {
		change(w, "", 0, func(a *act.Recalled) { a.Provider = "other.example" })
	}, nil, want(audit.StatementSigner)},
	{"a signature is of another statement", func(w *world) {
		i := w.find(act.KindRecalled, "", 0)
		entries := w.entries()
		w.acts[i].raw = splice(entries[i], entries[i-1])
	}, nil, want(audit.StatementSignature)},
	{"an entry is no statement", func(w *world) {
		w.acts = append(w.acts, entry{act: act.Notified{}, raw: []byte("nothing")})
	}, nil, want(audit.StatementFormat)},
	{"a statement is dated back", func(w *world) {
		change(w, "", 0, func(a *act.Recalled) { a.RecordedAt, a.RecalledAt = day(30), day(30) })
	}, nil, want(audit.TimeOrder)},
	{"a statement is dated forward", func(w *world) {
		change(w, "", 0, func(a *act.Recalled) { a.RecordedAt = now.Add(time.Hour) })
	}, nil, want(audit.TimeFuture)},

	// How orders were taken in.
	{"an order was never received", func(w *world) { w.remove(act.KindReceived, "subpoena", 0) }, nil, want(audit.NotReceived)},
	{"an order was received twice, at two times", func(w *world) {
		a := w.received["subpoena"]
		a.ReceivedAt, a.Facts.ReceivedAt = day(2), day(2)
		w.insert(w.find(act.KindReceived, "subpoena", 0)+1, a)
	}, nil, want(audit.ReceivedAgain, audit.ManifestDiffers)},
	{"an order asks for more the second time", func(w *world) {
		a := w.received["refused"]
		a.Facts.Mandate = []act.Item{item("mail", "body"), item("people", "name")}
		w.insert(w.find(act.KindDecided, "refused", 0)+1, a)
	}, nil, want(audit.ReceivedAgain)},
	{"the authority is not registered", func(w *world) {
		change(w, "refused", 0, func(a *act.Received) { a.Order.Authority = "nobody" })
	}, nil, want(audit.Authority)},
	{"the authority is of another law", func(w *world) {
		change(w, "refused", 0, func(a *act.Received) { a.Order.Authority, a.Country, a.Facts.Issuer = "berlin", "DE", "judge" })
	}, nil, want(audit.Authority)},
	{"the authority's country is made up", func(w *world) {
		change(w, "refused", 0, func(a *act.Received) { a.Country = "DE" })
	}, nil, want(audit.Authority)},
	{"the authority is made a judge", func(w *world) {
		change(w, "refused", 0, func(a *act.Received) { a.Facts.Issuer = "judge" })
	}, nil, want(audit.Authority)},
	{"the agency is not registered", func(w *world) {
		change(w, "refused", 0, func(a *act.Received) { a.Order.Agency = "nobody" })
	}, nil, want(audit.Agency)},
	{"a signer is made up", func(w *world) {
		change(w, "refused", 0, func(a *act.Received) {
			a.Order.Signers = []manifest.Signer{{Role: "reviewer", ID: "three", KeyID: a.Order.Signers[0].KeyID}}
		})
	}, nil, want(audit.OrderSigner, audit.OrderThreshold)},
	{"a signer has another's key", func(w *world) {
		change(w, "refused", 0, func(a *act.Received) { a.Order.Signers[0].ID = "one" })
	}, nil, want(audit.OrderSigner, audit.OrderThreshold)},
	{"the threshold is not met", func(w *world) {
		change(w, "held", 0, func(a *act.Received) {
			a.Order.Signers, a.Facts.Reviewers = a.Order.Signers[:1], 0
		})
	}, nil, want(audit.OrderThreshold)},
	{"the registry asked for more people", func(w *world) {
		r := w.registry
		r.Thresholds = slices.Clone(r.Thresholds)
		r.Thresholds[1].Reviewers, r.Version = 2, 2
		w.configure(day(150), act.Registry, r)
		w.receive(day(151), asked{name: "new", jurisdiction: "us", process: "subpoena", mandate: []act.Item{item("mail", "body")}, signers: []string{"one"}})
		w.decide(day(151), "new", nil)
	}, nil, want(audit.OrderThreshold)},
	{"the process is not taken", func(w *world) {
		change(w, "refused", 0, func(a *act.Received) { a.Order.Process, a.Facts.Process = "nsl", "nsl" })
	}, nil, want(audit.OrderThreshold, audit.DecisionDiffers)},
	{"an emergency has one reviewer", func(w *world) {
		one := func(o *manifest.OrderRef) { o.Signers = o.Signers[:1] }
		change(w, "emergency", 0, func(a *act.Received) { one(&a.Order); a.Facts.Reviewers = 1 })
		change(w, "emergency", 0, func(a *act.Exported) { one(&a.Predicate.Order) })
	}, nil, want(audit.EmergencyReviewers)},
	{"an emergency has one reviewer twice", func(w *world) {
		twice := func(o *manifest.OrderRef) { o.Signers[1].ID = o.Signers[0].ID }
		change(w, "emergency", 0, func(a *act.Received) {
			a.Order.Signers = slices.Clone(a.Order.Signers)
			twice(&a.Order)
			a.Facts.Reviewers = 1
		})
		change(w, "emergency", 0, func(a *act.Exported) {
			a.Predicate.Order.Signers = slices.Clone(a.Predicate.Order.Signers)
			twice(&a.Predicate.Order)
		})
	}, nil, want(audit.EmergencyReviewers, audit.OrderSigner)},
	{"a test order is answered", func(w *world) {
		change(w, "refused", 0, func(a *act.Received) { a.Order.Test = true })
	}, nil, want(audit.TestMixed)},

	// Decisions.
	{"a decision grants more", func(w *world) {
		change(w, "refused", 0, func(a *act.Decided) {
			r := &a.Decision.Datasets[0]
			r.Granted, r.Withheld = []act.Grant{{Category: "content", Class: "data", Fields: []string{"body"}, Rule: manifest.Rule{ID: "rule.subpoena", Cite: "law"}}}, nil
			a.Planned[0].Outcome, a.Planned[0].Accounts, a.Accounts, a.Result = act.Pull, 1, 1, act.Export
		})
	}, nil, want(audit.DecisionDiffers)},
	{"a decision grants less", func(w *world) {
		change(w, "enterprise", 0, func(a *act.Decided) {
			r := &a.Decision.Datasets[0]
			r.Withheld, r.Granted = []act.Withheld{{Category: "identity.name", Fields: []string{"name"}, Ground: "not-permitted", Why: "no"}}, nil
			a.Planned[0] = act.Planned{Dataset: "people", Outcome: manifest.Refused}
			a.Redirected, a.Result = 0, act.Refused
		})
	}, nil, want(audit.DecisionDiffers)},
	{"a decision grants by another rule", func(w *world) {
		change(w, "enterprise", 0, func(a *act.Decided) { a.Decision.Datasets[0].Granted[0].Rule.ID = "rule.other" })
	}, nil, want(audit.DecisionDiffers)},
	{"a decision has a higher ceiling", func(w *world) {
		change(w, "refused", 0, func(a *act.Decided) { a.Decision.Ceilings.Records *= 10 })
	}, nil, want(audit.DecisionDiffers)},
	{"a decision spares the notice", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Decided) { a.Decision.Notice = act.Notice{Why: "none is owed"} })
		change(w, "follow-up", 0, func(a *act.Exported) { a.Predicate.Notice = manifest.Notice{Why: "none is owed"} })
	}, nil, want(audit.DecisionDiffers)},
	{"a decision has a later deadline", func(w *world) {
		later := day(60)
		change(w, "emergency", 0, func(a *act.Decided) { a.Decision.Clocks.Deadline = later })
		change(w, "emergency", 0, func(a *act.Exported) { a.Predicate.Times.Deadline = later })
	}, nil, want(audit.DecisionDiffers)},
	{"a decision is by a policy that was not in force", func(w *world) {
		change(w, "refused", 0, func(a *act.Decided) { a.InForce.Policy = w.inForce.Policy }) // the later one
	}, nil, want(audit.NotInForce, audit.DecisionDiffers)},
	{"a decision is by a policy that nobody knows", func(w *world) {
		change(w, "refused", 0, func(a *act.Decided) { a.InForce.Policy = digest.Of([]byte("?")) })
	}, nil, want(audit.NotInForce)},
	{"a decision was made before the order came", func(w *world) {
		change(w, "refused", 0, func(a *act.Decided) { a.DecidedAt = day(3) })
	}, nil, want(audit.OrderTimes)},
	{"nobody asked for what was decided", func(w *world) {
		change(w, "refused", 0, func(a *act.Decided) { a.Request = act.Request{} })
	}, nil, want(audit.Request)},
	{"an engineer asked for another order", func(w *world) {
		other := w.requested(w.decided["subpoena"], "kim", w.kim).Request
		change(w, "refused", 0, func(a *act.Decided) { a.Request = other; a.Request.RequestedAt = a.RecordedAt })
	}, nil, want(audit.Request)},
	{"an engineer asked for another plan", func(w *world) {
		change(w, "subpoena", 0, func(a *act.Decided) {
			other := *a
			other.InForce.Plan = digest.Of([]byte("a smaller plan"))
			a.Request = w.requested(other, "kim", w.kim).Request
		})
	}, nil, want(audit.Request)},
	{"a request is carried out twice", func(w *world) {
		w.export(day(6), "subpoena", "ex-again", "the first was lost")
		w.sort()
	}, nil, want(audit.Request)},
	{"the engineer is not registered", func(w *world) {
		change(w, "refused", 0, func(a *act.Decided) { *a = w.requested(*a, "lee", w.foreign) })
	}, nil, want(audit.Engineer)},
	{"the engineer gives another's name", func(w *world) {
		change(w, "refused", 0, func(a *act.Decided) { *a = w.requested(*a, "lee", w.kim) })
	}, nil, want(audit.Engineer)},
	{"a reviewer's key asks in an engineer's name", func(w *world) {
		change(w, "warrant", 0, func(a *act.Decided) { *a = w.requested(*a, "one", w.one) })
	}, nil, want(audit.Engineer)},
	{"the engineer was revoked", func(w *world) {
		r := w.registry
		r.Engineers, r.Version = slices.Clone(r.Engineers), 2
		r.Engineers[0].RevokedAt = day(19)
		i := w.find(act.KindReceived, "held", 0)
		before := w.inForce
		w.configure(day(19), act.Registry, r)
		w.acts = slices.Insert(w.acts, i, w.acts[len(w.acts)-1])
		w.acts = w.acts[:len(w.acts)-1]
		for n := range 2 {
			change(w, "held", n, func(a *act.Decided) { a.InForce.Registry = w.inForce.Registry })
		}
		change(w, "held", 0, func(a *act.Exported) { a.Predicate.Decided.Registry = w.inForce.Registry })
		w.inForce = before
	}, nil, want(audit.Engineer)},
	{"the engineer had approved the order", func(w *world) {
		change(w, "subpoena", 0, func(a *act.Decided) { *a = w.requested(*a, "one", w.oneAsEngineer) })
	}, nil, want(audit.EngineerSigned)},
	{"a decision is not followed up", func(w *world) {
		change(w, "emergency", 0, func(a *act.Decided) { a.Decision.FollowUp = act.FollowUp{} })
	}, nil, want(audit.DecisionDiffers)},
	{"the agency's key is of another kind", func(w *world) {
		change(w, "refused", 0, func(a *act.Received) { a.Facts.Recipient = "hybrid" })
	}, nil, want(audit.Agency)},
	{"more accounts were found than identifiers named", func(w *world) {
		change(w, "enterprise", 0, func(a *act.Decided) { a.Planned[0].Redirected, a.Redirected = 40, 40 })
	}, nil, want(audit.OverCeiling)},
	{"as many accounts were found as the order wants of one identifier", func(w *world) { w.several(5) }, nil, want()},
	{"more accounts were found than the order can want of one identifier", func(w *world) { w.several(6) }, nil, want(audit.OverCeiling)},

	// Exports.
	{"an export was never decided", func(w *world) { w.remove(act.KindDecided, "subpoena", 0) }, nil, want(audit.NotDecided)},
	{"an export is recorded twice", func(w *world) {
		w.insert(w.find(act.KindExported, "subpoena", 0)+1, w.acts[w.find(act.KindExported, "subpoena", 0)].act)
	}, nil, want(audit.ExportID, audit.ExportAgain, audit.Request)},
	{"an order is answered again, and nobody says why", func(w *world) {
		w.decide(day(26), "subpoena", nil)
		w.export(day(26), "subpoena", "ex-again", "")
		w.sort()
	}, nil, want(audit.ExportAgain)},
	{"an export has another's name", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) { rename(a, "ex-emergency") })
	}, nil, want(audit.ExportID)},
	{"an export has a wider field", func(w *world) {
		change(w, "subpoena", 0, func(a *act.Exported) {
			d := &a.Predicate.Datasets[2]
			d.Fields = append(slices.Clone(d.Fields), manifest.Granted{Name: "password", Category: "secret", Rule: d.Fields[0].Rule})
			d.Withheld = nil
		})
	}, nil, want(audit.FieldNotGranted)},
	{"an export has one dataset more", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) {
			d := a.Predicate.Datasets[0]
			d.Name = "zeal"
			a.Predicate.Datasets = append(slices.Clone(a.Predicate.Datasets), d)
		})
	}, nil, want(audit.FieldNotGranted)},
	{"an export is silent on a dataset", func(w *world) {
		change(w, "subpoena", 0, func(a *act.Exported) { a.Predicate.Datasets = a.Predicate.Datasets[1:] })
	}, nil, want(audit.ManifestDiffers)},
	{"an export gives another ground", func(w *world) {
		change(w, "subpoena", 0, func(a *act.Exported) {
			a.Predicate.Datasets = slices.Clone(a.Predicate.Datasets)
			d := &a.Predicate.Datasets[0]
			d.Withheld = slices.Clone(d.Withheld)
			d.Withheld[0].Ground = "secret"
		})
	}, nil, want(audit.ManifestDiffers)},
	{"an export hides that it was narrowed", func(w *world) {
		change(w, "subpoena", 0, func(a *act.Exported) { a.Predicate.Narrowed = false })
	}, nil, want(audit.ManifestDiffers)},
	{"an export says complete of what was not found", func(w *world) {
		change(w, "subpoena", 0, func(a *act.Exported) {
			a.Predicate.Datasets = slices.Clone(a.Predicate.Datasets)
			d, like := &a.Predicate.Datasets[1], a.Predicate.Datasets[2]
			d.Outcome, d.Records, d.Bytes, d.Root, d.Accounts, d.PulledAt = like.Outcome, like.Records, like.Bytes, like.Root, 1, like.PulledAt
		})
	}, nil, want(audit.ManifestDiffers)},
	{"an export has a wider window", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) {
			a.Predicate.Datasets = slices.Clone(a.Predicate.Datasets)
			a.Predicate.Datasets[0].From = "2020-01-01T00:00:00Z"
		})
	}, nil, want(audit.ManifestDiffers)},
	{"an export is of another order than was received", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) { a.Predicate.Order.LegalBasis = "another" })
	}, nil, want(audit.ManifestDiffers)},
	{"an export states another time of receipt", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) { a.Predicate.Times.ReceivedAt = day(8) })
	}, nil, want(audit.ManifestDiffers)},
	{"an export states another deadline", func(w *world) {
		change(w, "emergency", 0, func(a *act.Exported) { a.Predicate.Times.Deadline = day(60) })
	}, nil, want(audit.ManifestDiffers)},
	{"an export follows another plan", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) { a.Predicate.Decided.Plan = digest.Of([]byte("?")) })
	}, nil, want(audit.PlanDiffers)},
	{"an export follows a decision that was replaced", func(w *world) {
		first := w.decided["subpoena"]
		again := first
		again.InForce.Plan, again.Head, again.DecidedAt = digest.Of([]byte("new plan")), head(day(3).Add(90*time.Second)), day(3).Add(90*time.Second)
		w.put(again)
		w.sort()
	}, nil, want(audit.DecisionSuperseded)},
	{"an export names another registry", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) { a.Predicate.Decided.Registry = digest.Of([]byte("?")) })
	}, nil, want(audit.NotInForce)},
	{"an export follows a refusal", func(w *world) {
		d := w.decided["enterprise"]
		w.decide(day(12), "enterprise", nil)
		w.export(day(12), "enterprise", "ex-enterprise", "")
		i := w.find(act.KindDecided, "enterprise", 1)
		w.acts = slices.Delete(w.acts, i, i+1)
		change(w, "enterprise", 0, func(a *act.Exported) { a.Predicate.Decided.Plan = d.InForce.Plan })
		change(w, "enterprise", 0, func(a *act.Exported) {
			x := &a.Predicate.Datasets[0]
			p := d.Planned[0]
			x.Outcome, x.Records, x.Bytes, x.Root, x.Accounts, x.Redirected, x.Why, x.PulledAt = p.Outcome, 0, 0, digest.Of(nil), 0, 1, p.Why, time.Time{}
		})
		w.sort()
		change(w, "enterprise", 0, func(a *act.Exported) { a.Predicate.Decided.Policy = d.InForce.Policy })
	}, nil, want(audit.NotGranted)},
	{"an export has too many records", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) {
			a.Predicate.Datasets = slices.Clone(a.Predicate.Datasets)
			a.Predicate.Datasets[0].Records, a.Predicate.Datasets[0].Bytes = 1001, 9000
		})
	}, nil, want(audit.OverCeiling)},
	{"an export has too many bytes", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) { a.Predicate.Bag.PayloadBytes = 2 << 20 })
	}, nil, want(audit.OverCeiling)},
	{"an export is of more accounts than were planned", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) {
			a.Predicate.Datasets = slices.Clone(a.Predicate.Datasets)
			a.Predicate.Datasets[0].Accounts = 3
		})
	}, nil, want(audit.ManifestDiffers)},
	{"an export began before it was decided", func(w *world) {
		change(w, "warrant", 1, func(a *act.Exported) { a.Predicate.Times.DecidedAt = day(1) })
	}, nil, want(audit.OrderTimes)},
	{"an export is to a recipient of another kind", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Exported) { a.Predicate.Recipients = []manifest.Recipients{{Kind: "hybrid", Count: 1}} })
	}, nil, want(audit.Recipient)},
	{"a recall is of nothing", func(w *world) {
		change(w, "", 0, func(a *act.Recalled) {
			a.Exports = []act.RecalledExport{{ExportID: "ex-nothing", Ciphertext: a.Exports[0].Ciphertext}}
		})
	}, nil, want(audit.RecallUnknown)},
	{"a recall is of another ciphertext", func(w *world) {
		change(w, "", 0, func(a *act.Recalled) {
			a.Exports = []act.RecalledExport{{ExportID: "ex-subpoena", Ciphertext: digest.Of([]byte("?"))}}
		})
	}, nil, want(audit.RecallUnknown)},

	// Holds, clocks and notices.
	{"what is held leaves", func(w *world) {
		// The first decision, as if it held nothing; the receipt says otherwise.
		w.remove(act.KindReleased, "held", 0)
		w.remove(act.KindDecided, "held", 1)
		change(w, "held", 0, func(a *act.Exported) {
			a.Predicate.Decided = manifest.DecidedBy(w.acts[w.find(act.KindDecided, "held", 0)].act.(act.Decided).InForce)
		})
	}, nil, want(audit.HoldBroken, audit.NotGranted)},
	{"a hold ends, and no release is recorded", func(w *world) { w.remove(act.KindReleased, "held", 0) }, nil, want(audit.HoldBroken)},
	{"a hold ends early", func(w *world) {
		early := day(26)
		change(w, "held", 0, func(a *act.Released) { a.RecordedAt, a.ReleasedAt = early, early })
		change(w, "held", 1, func(a *act.Decided) { a.RecordedAt, a.DecidedAt = early, early })
		w.sort()
	}, nil, want(audit.HoldBroken, audit.DecisionDiffers)},
	{"what was not held is released", func(w *world) {
		change(w, "held", 0, func(a *act.Released) { a.Datasets = []string{"mail", "people"} })
	}, nil, want(audit.HoldBroken)},
	{"an answer is late", func(w *world) {
		late := day(33)
		change(w, "held", 0, func(a *act.Exported) {
			t := &a.Predicate.Times
			t.StartedAt, t.FinishedAt, t.SignedAt = late, late, late
			a.Predicate.Datasets = slices.Clone(a.Predicate.Datasets)
			a.Predicate.Datasets[0].PulledAt = late
		})
	}, nil, want(audit.DeadlineMissed)},
	{"a late answer is dated back", func(w *world) {
		i := w.find(act.KindExported, "held", 0)
		x := w.acts[i]
		w.acts = append(slices.Delete(w.acts, i, i+1), x) // behind what was recorded long after
	}, nil, want(audit.DeadlineMissed)},
	{"an order is not answered", func(w *world) { w.remove(act.KindExported, "held", 0) }, nil, want(audit.Overdue)},
	{"an order is not decided on", func(w *world) { w.remove(act.KindDecided, "refused", 0) }, nil, want(audit.Undecided)},
	{"the user is not told", func(w *world) { w.remove(act.KindNotified, "warrant", 0) }, nil, want(audit.NoticeMissing)},
	{"the user is told late", func(w *world) {
		change(w, "warrant", 0, func(a *act.Notified) { a.NotifiedAt, a.RecordedAt = day(95), day(95) })
	}, nil, want(audit.NoticeLate)},
	{"the provider says itself that it told the user late", func(w *world) {
		change(w, "warrant", 0, func(a *act.Notified) { a.Late = true })
	}, nil, want(audit.NoticeLate)},
	{"the user is told after what they were to be told before", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Notified) { a.NotifiedAt, a.RecordedAt = day(10), day(10) })
		w.sort()
	}, nil, want(audit.NoticeLate)},
	{"a notice is recorded after what it was to come before, and dated back", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Notified) { a.RecordedAt = day(20) })
		w.sort()
	}, nil, want(audit.NoticeLate)},
	{"the user is told after the disclosure, and secrecy had ended before", func(w *world) {
		w.receive(day(94), asked{name: "ended", jurisdiction: "us", process: "search-warrant", mandate: []act.Item{item("sessions", "at")}, signers: []string{"court"}, secretUntil: "2026-06-01T00:00:00Z"})
		w.decide(day(94).Add(time.Minute), "ended", nil)
		w.export(day(94).Add(2*time.Minute), "ended", "ex-ended", "")
		w.put(act.Notified{Head: head(day(94).Add(time.Hour)), Order: orderDigest("ended"), NotifiedAt: day(94).Add(time.Hour), How: "email"})
		w.sort()
	}, nil, want(audit.NoticeLate)},
	{"the user is told while the order is secret", func(w *world) {
		w.put(act.Notified{Head: head(day(50)), Order: orderDigest("warrant"), NotifiedAt: day(50), How: "email"})
		w.sort()
	}, nil, want(audit.NoticeEarly)},
	{"the user is told before the order came", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Notified) { a.NotifiedAt = day(8) })
	}, nil, want(audit.OrderTimes)},
	{"no legal process follows an emergency", func(w *world) {
		for _, k := range []act.Kind{act.KindReceived, act.KindDecided, act.KindNotified, act.KindExported} {
			w.remove(k, "follow-up", 0)
		}
	}, nil, want(audit.FollowUp)},
	{"legal process follows, and does not say what", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Received) { a.Follows = digest.Digest{} })
	}, nil, want(audit.FollowUp)},
	{"legal process follows another emergency", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Received) { a.Follows = orderDigest("warrant") })
	}, nil, want(audit.FollowUp)},
	{"another emergency follows an emergency", func(w *world) {
		w.remove(act.KindReceived, "follow-up", 0)
		w.remove(act.KindDecided, "follow-up", 0)
		w.remove(act.KindNotified, "follow-up", 0)
		w.remove(act.KindExported, "follow-up", 0)
		w.receive(day(26), asked{name: "again", jurisdiction: "us", process: "emergency", mandate: []act.Item{item("mail", "body")}, signers: []string{"one", "two"}, targets: 2, follows: "emergency"})
		w.decide(day(26), "again", nil)
		w.sort()
	}, nil, want(audit.FollowUp)},
	{"legal process follows by another law", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Received) { a.Follows = digest.Digest{} })
		w.receive(day(26), asked{name: "eu", jurisdiction: "eu", process: "production", mandate: []act.Item{item("mail", "password")}, signers: []string{"berlin", "one"}, targets: 2, follows: "emergency"})
		w.decide(day(26), "eu", nil)
		w.sort()
	}, nil, want(audit.FollowUp)},
	{"legal process follows too late", func(w *world) {
		change(w, "follow-up", 0, func(a *act.Received) { a.Follows = digest.Digest{} })
		w.receive(day(36), asked{name: "late", jurisdiction: "us", process: "search-warrant", mandate: []act.Item{item("mail", "password")}, signers: []string{"court"}, targets: 2, follows: "emergency"})
		w.decide(day(36), "late", nil)
		w.sort()
	}, nil, want(audit.FollowUp)},
	{"legal process follows an emergency for other targets", func(w *world) {
		other := []manifest.TargetCount{{Type: "phone", Count: 2}}
		change(w, "follow-up", 0, func(a *act.Received) { a.Order.Targets = other })
		change(w, "follow-up", 0, func(a *act.Exported) { a.Predicate.Order.Targets = other })
	}, nil, want(audit.FollowUp)},

	// Deliveries.
	{"a delivery is not recorded", func(w *world) { w.remove(act.KindRecalled, "", 0) }, func(f *files) {
		f.must(os.CopyFS(filepath.Join(f.out, "ex-secret"), os.DirFS(filepath.Join(f.out, "ex-warrant"))))
		for _, suffix := range []string{manifest.CiphertextSuffix, manifest.CiphertextSuffix + manifest.ManifestSuffix} {
			f.must(os.Rename(filepath.Join(f.out, "ex-secret", "ex-warrant"+suffix), f.delivered("ex-secret", suffix)))
		}
	}, want(audit.DeliveryUnrecorded)},
	{"a delivery is missing", nil, func(f *files) { f.must(os.RemoveAll(filepath.Join(f.out, "ex-held"))) }, want(audit.DeliveryMissing)},
	{"a delivery has another manifest", nil, func(f *files) {
		f.edit(f.delivered("ex-held", manifest.CiphertextSuffix+manifest.ManifestSuffix), flip(200))
	}, want(audit.DeliveryStatement)},
	{"a delivery has no manifest", nil, func(f *files) {
		f.must(os.Remove(f.delivered("ex-held", manifest.CiphertextSuffix+manifest.ManifestSuffix)))
	}, want(audit.DeliveryStatement)},
	{"a ciphertext is changed", nil, func(f *files) { f.edit(f.delivered("ex-held", manifest.CiphertextSuffix), flip(-1)) }, want(audit.DeliveryCiphertext)},
	{"a ciphertext is changed, and has no manifest", nil, func(f *files) {
		f.edit(f.delivered("ex-held", manifest.CiphertextSuffix), flip(-1))
		f.must(os.Remove(f.delivered("ex-held", manifest.CiphertextSuffix+manifest.ManifestSuffix)))
	}, want(audit.DeliveryStatement, audit.DeliveryCiphertext)},
	{"a ciphertext is for two", func(w *world) {
		// The manifest states the file, and one recipient; the file has two.
		two := w.forTwo()
		w.sealed["ex-held"] = two
		change(w, "held", 0, func(a *act.Exported) {
			e := &a.Predicate
			e.Ciphertext.SizeBytes, e.Ciphertext.SHA256 = int64(len(two)), digest.Of(two)
			a.Subject = manifest.Subjects(e.Ciphertext, e.Bag)
		})
	}, nil, want(audit.DeliveryRecipients)},
	{"a proof is of another export", nil, func(f *files) {
		other, err := os.ReadFile(f.delivered("ex-warrant", manifest.ProofSuffix))
		f.must(err)
		f.edit(f.delivered("ex-held", manifest.ProofSuffix), func([]byte) []byte { return other })
	}, want(audit.DeliveryProof)},
	{"a proof is missing", nil, func(f *files) { f.must(os.Remove(f.delivered("ex-held", manifest.ProofSuffix))) }, want(audit.DeliveryProof)},
}

func (w *world) remove(k act.Kind, name string, nth int) {
	i := w.find(k, name, nth)
	w.acts = slices.Delete(w.acts, i, i+1)
}

// several has the order for an enterprise customer want every account of its
// identifier, of which so many are found.
func (w *world) several(n int) {
	change(w, "enterprise", 0, func(a *act.Received) {
		a.Order.Targets = slices.Clone(a.Order.Targets)
		a.Order.Targets[0].Several = 1
	})
	change(w, "enterprise", 0, func(a *act.Decided) { a.Planned[0].Redirected, a.Redirected = n, n })
}

func (w *world) insert(i int, a act.Act) {
	w.acts = slices.Insert(w.acts, i, entry{act: a, signer: w.manifest})
}

func rename(a *act.Exported, id string) {
	e := &a.Predicate
	e.ExportID, e.Ciphertext.Name = id, id+manifest.CiphertextSuffix
	a.Subject = manifest.Subjects(e.Ciphertext, e.Bag)
}

// Every attack is named by its code, and by no other.
func TestAttacks(t *testing.T) {
	if len(attacks) < 25 {
		t.Fatalf("%d attacks", len(attacks))
	}
	named := map[audit.Code]bool{}
	for _, a := range slices.Concat(attacks, limitAttacks) {
		for _, c := range a.want {
			named[c] = true
		}
		t.Run(a.name, func(t *testing.T) {
			t.Parallel()
			w := goodWorld(t)
			if a.acts != nil {
				a.acts(w)
			}
			dir, out := filepath.Join(t.TempDir(), "ledger"), t.TempDir()
			w.write(dir, w.ledger)
			c := config(w, dir)
			f := &files{w, dir, out, &c}
			if deliveries := slices.ContainsFunc(a.want, func(c audit.Code) bool { return strings.HasPrefix(string(c), "delivery") }); deliveries {
				w.deliver(out, dir)
				c.Deliveries = out
			}
			if a.files != nil {
				a.files(f)
			}
			r := run(t, c)
			want := slices.Sorted(slices.Values(a.want))
			if got := codesOf(r); !slices.Equal(got, want) {
				t.Errorf("found %v, want %v", got, want)
				for _, x := range r.Findings {
					t.Logf("%s, entry %d: %s", x.Code, x.Entry, x.What)
				}
			}
			for _, x := range r.Findings {
				if x.Severity != x.Code.Severity() || x.What == "" || x.Code.Means() == "" {
					t.Errorf("finding %+v", x)
				}
			}
		})
	}
	for _, c := range audit.Codes() {
		if !named[c] {
			t.Errorf("no attack is found as %s", c)
		}
	}
}
