package policy_test

import (
	"bytes"
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"writ/crypto/digest"
	"writ/export/catalog"
	"writ/export/order"
	"writ/export/policy"
	"writ/manifest"
	"writ/manifest/act"
)

// mark is in every string of the order below that could name somebody.
const mark = "zqx"

// marked is an order of which no statement may repeat a marked string.
func marked() order.Order {
	hour := func(n int) order.Instant { return order.At(receipt.Add(time.Duration(n) * time.Hour)) }
	name := func(s string) string { return mark + "-" + s }
	paper := order.Document{Name: name("paper.pdf"), MediaType: "application/pdf", SizeBytes: 5, SHA256: digest.Of([]byte("paper"))}
	return order.Order{
		Format: order.Format, ID: order.ID(name("7/2026")), Nonce: []byte(mark + "0123456789abcdef"),
		Provider: "mail.example", Authority: "judge-eu", Agency: "agency", Jurisdiction: "eu", Process: "production",
		Purpose: order.Investigate, LegalBasis: "Regulation (EU) 2023/1543, Art. 5",
		IssuedAt: hour(-24), ExpiresAt: hour(24 * 30), DueAt: hour(24 * 5),
		Targets: []order.Target{
			{Type: "email", Value: mark + "@mail.example"}, {Type: "email", Value: mark + ".two@mail.example"},
			{Type: "account-id", Value: mark + "-77"},
		},
		Mandate:       []order.Item{{Dataset: "logins", Fields: []order.Field{"ip", "device", "at"}, From: hour(-24 * 30), To: hour(-24)}},
		Offence:       &order.Offence{Description: "fraud by " + mark, MaxSentenceYears: 5, Listed: true},
		NonDisclosure: &order.NonDisclosure{Kind: order.SecretUntil, Until: hour(24 * 365), Document: paper.Name},
		Notification:  &order.Notification{Authority: "court of " + mark, ClearedAt: hour(2)},
		Consent:       &order.Consent{Document: paper.Name, Covers: []string{mark + ".smith", "session", "content", "secret"}},
		Enterprise:    &order.Enterprise{Ground: "contract", Document: paper.Name},
		Certificate:   paper.Name, Documents: []order.Document{paper},
	}
}

// What the ledger has of an order and of the decision on it names nobody.
func TestStatementsNameNobody(t *testing.T) {
	b, err := os.ReadFile("../catalog/testdata/mail.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Parse("mail.yaml", b)
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(policy.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	v := verified(t, marked(), "judge-eu")
	if payload, err := payloadOf(v.Envelope()); err != nil || !bytes.Contains(payload, []byte(mark)) {
		t.Fatalf("the order bears no mark (%v)", err)
	}
	at := receipt.Add(time.Minute + time.Millisecond)
	f, d := policy.FactsOf(v), p.Decide(v, c, at)
	head := act.Head{Provider: "mail.example", RecordedAt: at.Add(time.Second), Tool: manifest.Tool{Name: "writ", Version: "1", Build: "b", Go: "go"}}
	k := key(t, "manifest")
	var refs []manifest.Signer
	for _, s := range v.Signatures() {
		refs = append(refs, manifest.Signer{Role: string(s.Role), ID: s.ID, KeyID: string(s.KeyID)})
	}
	received := act.Received{Head: head, ReceivedAt: v.ReceivedAt(), Country: "DE", Facts: f, Order: manifest.OrderRef{
		Digest: v.Digest(), Jurisdiction: "eu", Process: "production", Purpose: "investigate", Authority: "judge-eu", Agency: "agency",
		LegalBasis: v.Order().LegalBasis, Secrecy: "until", Signers: refs,
		Targets: []manifest.TargetCount{{Type: "account-id", Count: 1}, {Type: "email", Count: 2}},
	}}
	decided := act.Decided{
		Head: head, Order: v.Digest(), DecidedAt: d.DecidedAt(), Decision: d.Record(), Result: act.Held,
		InForce: act.InForce{Policy: p.Digest(), Catalog: c.Digest(), Registry: digest.Of([]byte("r")), Plan: digest.Of([]byte("p"))},
		Planned: []act.Planned{{Dataset: "logins", Outcome: manifest.Held, Why: "held by the law"}},
	}
	for _, a := range []act.Act{received, decided} {
		entry, err := act.Sign(a, k)
		if err != nil {
			t.Fatal(err)
		}
		s, err := act.Parse(entry)
		if err != nil {
			t.Fatal(err)
		}
		payload, err := payloadOf(entry)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(payload, []byte(mark)) || bytes.Contains(entry, []byte(mark)) {
			t.Errorf("%s names somebody:\n%s", s.Kind(), payload)
		}

		// And what it has is enough to decide again.
		if r, ok := s.Unverified().(act.Received); ok {
			again, err := p.Replay(r.Facts, c, d.DecidedAt())
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(again.Record(), d.Record()) || !reflect.DeepEqual(again.Datasets(), d.Datasets()) {
				t.Errorf("decided again\n%+v\nwant\n%+v", again.Record(), d.Record())
			}
			if d.Datasets()[0].HeldUntil.IsZero() {
				t.Error("nothing is held, though the clearance is still to come")
			}
			// Once the authority has cleared it, the same facts release it.
			if later, err := p.Replay(r.Facts, c, receipt.Add(3*time.Hour)); err != nil || !later.Datasets()[0].HeldUntil.IsZero() {
				t.Errorf("still held: %v, %v", later.Datasets(), err)
			}
		}
	}
}

// A record is made of what was decided, whatever fraction of a second the
// clock showed.
func TestDecideCutsTimes(t *testing.T) {
	p, err := policy.Load(policy.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile("../catalog/testdata/mail.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Parse("mail.yaml", b)
	if err != nil {
		t.Fatal(err)
	}
	v := verified(t, marked(), "judge-eu")
	at := receipt.Add(time.Minute)
	want := p.Decide(v, c, at)
	for _, late := range []time.Duration{time.Nanosecond, time.Second - 1} {
		if got := p.Decide(v, c, at.Add(late)); !reflect.DeepEqual(got, want) {
			t.Errorf("%v later it is another decision", late)
		}
	}
}

// payloadOf returns what is signed in an envelope, or in a bundle with one.
func payloadOf(signed []byte) ([]byte, error) {
	var in struct {
		Payload  []byte `json:"payload"`
		Envelope struct {
			Payload []byte `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	err := json.Unmarshal(signed, &in)
	return append(in.Payload, in.Envelope.Payload...), err
}
