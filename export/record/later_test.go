package record_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"writ/crypto/digest"
	"writ/export/record"
	"writ/manifest"
	"writ/manifest/act"
)

var basis = manifest.Rule{ID: "rule", Cite: "the law"}

// answered appends that order i was received, decided on with that notice, and
// exported by a build, with so many records. Without a build it was not exported.
func (w *world) answered(t *testing.T, i int, notice act.Notice, records int64, build string) digest.Digest {
	t.Helper()
	d := digest.Of([]byte{byte(i), byte(i >> 8)})
	at := w.Head().RecordedAt
	ref := manifest.OrderRef{
		Digest: d, Jurisdiction: "us", Process: "subpoena", Purpose: "investigate", Authority: "court", Agency: "police", LegalBasis: "the law",
		Targets: []manifest.TargetCount{{Type: "email", Count: 1}},
		Signers: []manifest.Signer{{Role: "authority", ID: "court", KeyID: digest.Of(nil).Hex()}},
	}
	set := digest.Of([]byte("in force"))
	acts := []act.Act{
		act.Received{Head: w.Head(), ReceivedAt: at, Order: ref, Facts: act.Facts{
			Jurisdiction: "us", Process: "subpoena", Purpose: "investigate", Issuer: "judge", ReceivedAt: at, Targets: 1,
			Mandate: []act.Item{{Dataset: "logins", Fields: []string{"at"}}},
		}},
		act.Decided{
			Head: w.Head(), Order: d, DecidedAt: at, InForce: act.InForce{Policy: set, Catalog: set, Registry: set, Plan: set},
			Decision: act.Decision{
				Datasets: []act.Ruling{{Dataset: "logins", Granted: []act.Grant{{Category: "session.time", Class: "record", Fields: []string{"at"}, Rule: basis}}}},
				Notice:   notice, Enterprise: act.Enterprise{Why: "as a rule"},
			},
			Planned: []act.Planned{{Dataset: "logins", Outcome: act.Pull, Accounts: 1}}, Accounts: 1, Result: act.Export,
		},
	}
	if build != "" {
		id := fmt.Sprintf("ex-%04d", i)
		f := manifest.File{Name: id + manifest.CiphertextSuffix, SizeBytes: 4096, SHA256: digest.Of([]byte(id))}
		b := manifest.Bag{TagManifest: set, PayloadBytes: 4096, PayloadFiles: 6}
		s := manifest.Dataset{
			Name: "logins", Outcome: manifest.NoneFound, Accounts: 1, Records: records, Bytes: 3 * records, Root: digest.Of(nil), PulledAt: at,
			Fields: []manifest.Granted{{Name: "at", Category: "session.time", Rule: basis}},
		}
		if records > 0 {
			s.Outcome, s.Root = manifest.Complete, set
		}
		acts = append(acts, act.Exported{Statement: manifest.Statement{
			Type: manifest.StatementType, Subject: manifest.Subjects(f, b), PredicateType: manifest.ExportType,
			Predicate: manifest.Export{
				Format: manifest.Format, ExportID: id, Provider: "acme", Order: ref, Datasets: []manifest.Dataset{s},
				Recipients: []manifest.Recipients{{Kind: "x25519", Count: 1}}, Ciphertext: f, Bag: b,
				Decided: manifest.DecidedBy{Policy: set, Catalog: set, Registry: set, Plan: set},
				Times:   manifest.Times{ReceivedAt: at, DecidedAt: at, StartedAt: at, FinishedAt: at, SignedAt: at.Add(time.Hour)},
				Notice:  manifest.Notice{Why: "so"}, Tool: manifest.Tool{Name: "writ", Version: "1", Build: build, Go: "go"},
			},
		}})
	}
	var signed [][]byte
	for _, a := range acts {
		signed = append(signed, must(w.Sign(a)))
	}
	if _, err := w.Append(t.Context(), signed...); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestNotify(t *testing.T) {
	w := newWorld(t)
	c := w.config
	c.Now = func() time.Time { return epoch.AddDate(1, 0, 0) }
	later := must(record.New(c))
	due := epoch.AddDate(0, 0, 30)
	for i, tt := range []struct {
		name    string
		notice  act.Notice
		records int64
		build   string
		at      time.Time
		how     string
		want    record.Notice // but for the statement, of which only Late is compared
		err     error
	}{
		{name: "not owed", notice: act.Notice{Why: "so"}, records: 1, build: "b", at: due},
		{
			name: "on the day it is due", notice: act.Notice{Owed: true, After: due, Why: "so"}, records: 1, build: "b", at: due.Add(24 * time.Hour),
			want: record.Notice{Owed: true, DueAt: due},
		}, {
			name: "a second later", notice: act.Notice{Owed: true, After: due, Why: "so"}, records: 1, build: "b", at: due.Add(24*time.Hour + time.Second),
			want: record.Notice{Owed: true, DueAt: due, Statement: act.Notified{Late: true}},
		}, {
			name: "while it is secret", notice: act.Notice{Owed: true, After: due, Why: "so"}, records: 1, build: "b", at: due.Add(-time.Second),
			want: record.Notice{Owed: true, DueAt: due, Early: true},
		}, {
			name: "nobody knows when secrecy ends", notice: act.Notice{Owed: true, WhenLifted: true, Why: "so"}, records: 1, build: "b", at: due,
			want: record.Notice{Owed: true},
		}, {
			name: "before the disclosure", notice: act.Notice{Owed: true, Why: "so"}, records: 1, build: "b", at: epoch.Add(time.Hour),
			want: record.Notice{Owed: true, DueAt: epoch.Add(time.Hour)},
		}, {
			name: "after the disclosure", notice: act.Notice{Owed: true, Why: "so"}, records: 1, build: "b", at: epoch.Add(time.Hour + time.Second),
			want: record.Notice{Owed: true, DueAt: epoch.Add(time.Hour), Statement: act.Notified{Late: true}},
		}, {
			name: "nothing was found, so nothing is late", notice: act.Notice{Owed: true, Why: "so"}, build: "b", at: due,
			want: record.Notice{Owed: true},
		}, {
			name: "nothing was exported", notice: act.Notice{Owed: true, Why: "so"}, at: due,
			want: record.Notice{Owed: true},
		},
		{name: "before the receipt", notice: act.Notice{Why: "so"}, at: epoch.Add(-time.Second), err: record.ErrRequest},
		{name: "a time to come", notice: act.Notice{Why: "so"}, at: epoch.AddDate(1, 0, 1), err: record.ErrRequest},
		{name: "told in a sentence", notice: act.Notice{Why: "so"}, at: due, how: "by letter", err: record.ErrRequest},
	} {
		t.Run(tt.name, func(t *testing.T) {
			order := w.answered(t, i, tt.notice, tt.records, tt.build)
			if tt.how == "" {
				tt.how = "email"
			}
			n, err := later.Notify(t.Context(), order, tt.how, tt.at)
			if !errors.Is(err, tt.err) {
				t.Fatalf("Notify = %v, want %v", err, tt.err)
			}
			view := must(w.config.Reader.View(t.Context()))
			last := must(view.Entry(t.Context(), view.Checkpoint().Size()-1))
			told, ok := must(act.Parse(last.Bytes)).Unverified().(act.Notified)
			if tt.err != nil {
				if ok {
					t.Error("it is in the ledger all the same")
				}
				return
			}
			if diff := cmp.Diff(n.Statement, told); diff != "" {
				t.Error(diff)
			}
			if told.Order != order || !told.NotifiedAt.Equal(tt.at) || told.How != "email" {
				t.Errorf("recorded %+v", told)
			}
			n.Statement = act.Notified{Late: n.Statement.Late}
			if diff := cmp.Diff(tt.want, *n); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestNotifyOfAnOrderThatWasTurnedAway(t *testing.T) {
	w := newWorld(t)
	order, signed := w.rejected(t, 1)
	if _, err := w.Append(t.Context(), signed); err != nil {
		t.Fatal(err)
	}
	for _, d := range []digest.Digest{order, digest.Of([]byte("unknown"))} {
		if n, err := w.Notify(t.Context(), d, "email", epoch); n != nil || !errors.Is(err, record.ErrUnknown) {
			t.Errorf("Notify = %v, %v, want %v", n, err, record.ErrUnknown)
		}
	}
}

func TestRecall(t *testing.T) {
	w := newWorld(t)
	const bad = 3
	for i := range bad {
		w.answered(t, i, act.Notice{Why: "so"}, 1, "bad")
	}
	w.answered(t, 7, act.Notice{Why: "so"}, 1, "good")
	if _, err := w.Deliveries(t.Context(), "worse"); !errors.Is(err, record.ErrUnknown) {
		t.Errorf("a build that made nothing: %v, want %v", err, record.ErrUnknown)
	}
	if _, err := w.Deliveries(t.Context(), "", "ex-0001", "ex-0099"); !errors.Is(err, record.ErrUnknown) {
		t.Errorf("an export that there is not: %v, want %v", err, record.ErrUnknown)
	}
	one, err := w.Deliveries(t.Context(), "", "ex-0001")
	if err != nil || len(one) != 1 || one[0].Agency != "police" || one[0].Ciphertext != digest.Of([]byte("ex-0001")) {
		t.Fatalf("%+v, %v", one, err)
	}
	if n, err := w.Recall(t.Context(), one, "times were off", ""); err != nil || n != 1 {
		t.Errorf("%d recalled, %v", n, err)
	}
	all, err := w.Deliveries(t.Context(), "bad")
	if err != nil || len(all) != bad || !all[1].Recalled || all[0].Recalled {
		t.Fatalf("%+v, %v", all, err)
	}
	if n, err := w.Recall(t.Context(), all, "times were one hour off", "bad"); err != nil || n != bad-1 {
		t.Errorf("%d recalled, %v", n, err)
	}
	if all, err = w.Deliveries(t.Context(), "bad"); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Recall(t.Context(), all, "again", ""); err != nil || n != 0 {
		t.Errorf("%d recalled again, %v", n, err)
	}
}

func TestRecallOfMany(t *testing.T) {
	w := newWorld(t)
	var all []record.Delivery
	for i := range act.MaxExports + 1 {
		all = append(all, record.Delivery{ExportID: fmt.Sprintf("ex-%04d", i), Ciphertext: digest.Of([]byte{byte(i)})})
	}
	if n, err := w.Recall(t.Context(), all, "for somebody@example.com", ""); n != 0 || !errors.Is(err, record.ErrRequest) {
		t.Errorf("a reason that names somebody: %d, %v; want %v", n, err, record.ErrRequest)
	}
	if n, err := w.Recall(t.Context(), all, "so", ""); err != nil || n != len(all) {
		t.Fatalf("%d, %v", n, err)
	}
	if size := must(w.config.Reader.View(t.Context())).Checkpoint().Size(); size != 2 {
		t.Errorf("%d statements, want 2", size)
	}
}
