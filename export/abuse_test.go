package export_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/ncruces/go-sqlite3"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export"
	"writ/export/catalog"
	"writ/export/demo"
	"writ/export/order"
	"writ/export/policy"
	"writ/export/workspace"
	"writ/manifest/act"
)

// An attack is the demo's warrant, and what it is answered with, after somebody
// tampered with either. Unless it says otherwise, everybody who must sign has
// signed the result: what stops it is not a missing signature.
type attack struct {
	name     string
	order    func(*order.Order)                          // what the order says
	text     func(payload string) string                 // its bytes, before they are signed
	by       []string                                    // who signs; nil means court and both reviewers
	envelope func(*lab, *sign.Envelope)                  // its signatures
	bytes    func(*lab, []byte) []byte                   // the signed order
	registry func(*lab, *trust.Document)                 // as the root keys sign it
	signed   func(*lab, *sign.Envelope)                  // the registry's signatures
	catalog  func(text string) string                    // the provider's map of its data
	policy   func(files fstest.MapFS)                    // the rules
	request  func(*lab, *export.Config, *export.Request) // what goes to Run
	want     error                                       // nil: it is answered
	records  int64                                       // then: so many records left, and no more
	says     string                                      // what is new in the ledger
}

// unanswered says of what is new in the ledger only that it tells of no export:
// that a store could not answer says nothing about the order.
const unanswered = "no export"

// A lab is a workspace in which attacks follow each other.
type lab struct {
	*world
	keys    map[string]sign.Signer
	root    trust.Root
	warrant order.Order
	acts    int64 // that the ledger had
	done    int   // deliveries
}

// everybody is who signs the demo's orders.
var everybody = []string{"court", "reviewer-1", "reviewer-2"}

// signers are all the demo's keys, opened once: that is meant to take time. The
// stranger's is one that the registry does not name.
var signers = sync.OnceValues(func() (map[string]sign.Signer, error) {
	dir, err := made()
	if err != nil {
		return nil, err
	}
	password := func() ([]byte, error) { return []byte("demo"), nil }
	keys := make(map[string]sign.Signer)
	for _, name := range append([]string{"root-1", "root-2", "manifest"}, everybody...) {
		pem, err := os.ReadFile(filepath.Join(dir, "keys", name+".pem"))
		if err != nil {
			return nil, err
		}
		if keys[name], err = sign.LoadSigner(pem, password); err != nil {
			return nil, err
		}
	}
	pem, _, err := sign.Generate(sign.Ed25519, []byte("demo"))
	if err != nil {
		return nil, err
	}
	keys["stranger"], err = sign.LoadSigner(pem, password)
	return keys, err
})

func newLab(t *testing.T) *lab {
	t.Helper()
	l := &lab{world: newWorld(t)}
	var err error
	if l.keys, err = signers(); err != nil {
		t.Fatal(err)
	}
	l.root = must(trust.ParseRoot(must(os.ReadFile(filepath.Join(l.dir, workspace.RootFile)))))
	l.warrant = must(order.Parse(l.request(t, demo.Warrant).Order)).Order()
	return l
}

// alter changes the provider's database.
func (l *lab) alter(t *testing.T, sql string) {
	t.Helper()
	db := must(sqlite3.Open(filepath.Join(l.dir, "data", "mail.db")))
	if err := errors.Join(db.Exec(sql), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// try runs each attack, and then looks at what it left: no delivery, nothing in
// staging, in a sound ledger what it must say, and nobody's identifier in the error.
func (l *lab) try(t *testing.T, attacks []attack) {
	t.Helper()
	for i, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			o := l.warrant
			o.ID, o.Nonce = order.ID(fmt.Sprintf("abuse-%d", i)), make([]byte, order.MinNonce)
			o.Targets = append([]order.Target(nil), o.Targets...)
			o.Mandate = append([]order.Item(nil), o.Mandate...)
			rand.Read(o.Nonce)
			if a.order != nil {
				a.order(&o)
			}
			receipt, err := l.answer(t, a, o)
			if !errors.Is(err, a.want) {
				t.Fatalf("Run = %v, want %v", err, a.want)
			}
			if err == nil {
				l.done++
				var records int64
				for _, d := range receipt.Statement.Predicate.Datasets {
					records += d.Records
				}
				if records != a.records {
					t.Errorf("%d records left, want %d", records, a.records)
				}
			} else if receipt != nil {
				t.Error("there is a receipt beside the error")
			}
			if delivered, staged := l.left(t); len(delivered) != l.done || len(staged) != 0 {
				t.Errorf("%d deliveries, want %d; in staging: %v", len(delivered), l.done, staged)
			}
			news, entries := l.news(t)
			if a.says == unanswered && !strings.Contains(news, "exported") {
				news = unanswered
			}
			if news != a.says {
				t.Errorf("the ledger now says %q, want %q", news, a.says)
			}
			said := bytes.Join(append(entries, fmt.Append(nil, err)), nil)
			for _, target := range append(o.Targets, l.warrant.Targets...) {
				if len(target.Value) > 4 && bytes.Contains(said, []byte(target.Value)) {
					t.Errorf("the error or the ledger names a target: %v", err)
				}
			}
		})
	}
}

// answer makes what the attack is made of, and runs it.
func (l *lab) answer(t *testing.T, a attack, o order.Order) (*export.Receipt, error) {
	payload := string(must(json.Marshal(o)))
	if a.text != nil {
		payload = changed(t, payload, a.text)
	}
	e := &sign.Envelope{Purpose: sign.ForOrder, Payload: []byte(payload)}
	by := a.by
	if by == nil {
		by = everybody
	}
	for _, name := range by {
		if err := e.Sign(l.keys[name]); err != nil {
			t.Fatal(err)
		}
	}
	if a.envelope != nil {
		a.envelope(l, e)
	}
	// Most attacks are on the same person, which is no news.
	config, request := l.config, export.Request{Order: e.Marshal(), Supplement: "one attack among others"}
	if a.bytes != nil {
		request = export.Request{Order: a.bytes(l, request.Order)}
	}
	var err error
	if a.registry != nil || a.signed != nil {
		if config.Registry, err = l.register(t, a); err != nil {
			return nil, err
		}
	}
	if a.catalog != nil {
		text := changed(t, string(l.config.Catalog.Text()), a.catalog)
		if config.Catalog, err = catalog.Parse("catalog.yaml", []byte(text)); err != nil {
			return nil, err
		}
	}
	if a.policy != nil {
		files := rules(t)
		a.policy(files)
		if config.Policy, err = policy.Load(files); err != nil {
			return nil, err
		}
	}
	if a.request != nil {
		a.request(l, &config, &request)
	}
	return export.Run(t.Context(), config, request)
}

// register is the registry after the attack, which the root keys signed.
func (l *lab) register(t *testing.T, a attack) (*trust.Registry, error) {
	d := l.config.Registry.Document()
	d.Version++
	if a.registry != nil {
		a.registry(l, &d)
	}
	e := &sign.Envelope{Purpose: sign.ForRegistry, Payload: must(d.Marshal())}
	for _, name := range []string{"root-1", "root-2"} {
		if err := e.Sign(l.keys[name]); err != nil {
			t.Fatal(err)
		}
	}
	if a.signed != nil {
		a.signed(l, e)
	}
	return trust.Open(e.Marshal(), l.root)
}

// news is what the ledger says since the last call, apart from what is in
// force, and the statements' bytes. The whole ledger is checked.
func (l *lab) news(t *testing.T) (string, [][]byte) {
	t.Helper()
	v, err := l.log.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := v.Fsck(t.Context()); err != nil {
		t.Fatal(err)
	}
	provider := l.config.Registry.Publish()
	var words []string
	var plain [][]byte
	for e, err := range v.Entries(t.Context(), l.acts, v.Checkpoint().Size()) {
		if err != nil {
			t.Fatal(err)
		}
		plain = append(plain, payload(t, e.Bytes))
		verified, err := act.Verify(must(act.Parse(e.Bytes)), &provider)
		if err != nil {
			t.Fatal(err)
		}
		word := string(verified.Act().Kind())
		switch a := verified.Act().(type) {
		case act.Configured:
			continue
		case act.Received:
			if a.Rejected.Code != "" {
				word += ":" + string(a.Rejected.Code)
			}
		case act.Decided:
			word += ":" + string(a.Result)
			if a.Rejected.Code != "" {
				word += ":" + string(a.Rejected.Code)
			}
		}
		words = append(words, word)
	}
	l.acts = v.Checkpoint().Size()
	return strings.Join(words, " "), plain
}

// rules are the default policies' files.
func rules(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	for _, name := range []string{"us.cedar", "us.yaml"} {
		f := must(policy.Defaults().Open(name))
		var b bytes.Buffer
		if _, err := b.ReadFrom(f); err != nil {
			t.Fatal(err)
		}
		f.Close()
		files[name] = &fstest.MapFile{Data: b.Bytes()}
	}
	return files
}

// swap returns the change of one piece of a text into another.
func swap(old, new string) func(string) string {
	return func(s string) string { return strings.Replace(s, old, new, 1) }
}

func changed(t *testing.T, s string, change func(string) string) string {
	t.Helper()
	out := change(s)
	if out == s {
		t.Fatal("the attack changes nothing")
	}
	return out
}

// to names another target, or others.
func to(kind order.TargetType, values ...string) func(*order.Order) {
	return func(o *order.Order) {
		o.Targets = nil
		for _, v := range values {
			o.Targets = append(o.Targets, order.Target{Type: kind, Value: v})
		}
	}
}

// of mandates fields of one dataset, in the warrant's window.
func of(dataset order.Dataset, fields ...order.Field) func(*order.Order) {
	return func(o *order.Order) {
		item := o.Mandate[0]
		item.Dataset, item.Fields = dataset, fields
		if dataset == "subscriber" {
			item.From, item.To = order.Instant{}, order.Instant{}
		}
		o.Mandate = []order.Item{item}
	}
}

func both(changes ...func(*order.Order)) func(*order.Order) {
	return func(o *order.Order) {
		for _, change := range changes {
			change(o)
		}
	}
}

func within(from, to string) func(*order.Order) {
	return func(o *order.Order) {
		o.Mandate[0].From, o.Mandate[0].To = must(order.ParseInstant(from)), must(order.ParseInstant(to))
	}
}

// hours is the instant so many hours from when the tests began.
func hours(n int) order.Instant { return order.At(begun.Add(time.Duration(n) * time.Hour)) }

// begun is one time for all that a test compares, however long it takes.
var begun = time.Now().UTC().Truncate(time.Second)
