package plan_test

import (
	"context"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
	"writ/export/policy"
	"writ/export/source"
)

var (
	march = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	april = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	now   = time.Date(2026, 4, 10, 9, 0, 0, 0, time.UTC)
)

// catalogFile has two stores and two kinds of account.
const catalogFile = `
format: writ.catalog/v1
accounts:
  mailbox: {store: mail, table: accounts, key: id, tenant: customer}
  line: {store: radius, table: lines, key: username}
identifiers:
  email: {account: mailbox, table: addresses, column: address, key: account_id, normalize: [lower]}
  account-id: {account: mailbox, table: accounts, column: id, column_type: integer, key: id}
  ip-address: {account: line, table: sessions, column: ip, column_type: ip-address, key: username, from: {column: began, encoding: unix}, to: {column: ended, encoding: unix}}
datasets:
  subscriber:
    table: accounts
    account: mailbox
    account_key: id
    key: [id]
    fields:
      name: {column: full_name, category: identity.name, type: text}
      born: {column: birth, category: identity.birth, type: date}
      password: {column: pw, category: secret, type: text}
  logins:
    table: logins
    account: mailbox
    account_key: account_id
    key: [id]
    time: {column: at, encoding: unix}
    until: {column: ended, encoding: unix}
    fields:
      at: {column: at, category: session.time, type: timestamp, encoding: unix}
      ip: {column: ip, category: session.address, type: ip-address}
  messages:
    table: messages
    account: mailbox
    account_key: account_id
    key: [id]
    time: {column: at, encoding: unix}
    fields:
      body: {column: body, category: content, type: text}
  sessions:
    table: sessions
    account: line
    account_key: username
    key: [id]
    time: {column: began, encoding: unix}
    fields:
      ip: {column: ip, category: session.address, type: ip-address}
`

// A world is a provider with two courts, "us" and "eu", and an agency.
type world struct {
	courts   map[trust.Jurisdiction]sign.Signer
	registry *trust.Registry
	catalog  *catalog.Catalog
	policy   *policy.Policy
}

// keys are made once: a key's password is slow on purpose.
var keys = sync.OnceValues(func() (keys [4]sign.Signer, err error) {
	for i := range keys {
		private, _, err := sign.Generate(sign.Ed25519, []byte("test"))
		if err != nil {
			return keys, err
		}
		if keys[i], err = sign.LoadSigner(private, func() ([]byte, error) { return []byte("test"), nil }); err != nil {
			return keys, err
		}
	}
	return keys, nil
})

func newWorld(t *testing.T) *world {
	t.Helper()
	_, recipient, err := seal.Generate(seal.X25519, nil)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := keys()
	if err != nil {
		t.Fatal(err)
	}
	root, own := keys[0], keys[1]
	w := &world{courts: map[trust.Jurisdiction]sign.Signer{"us": keys[2], "eu": keys[3]}}
	always := trust.Validity{From: march.AddDate(-1, 0, 0)}
	document := trust.Document{
		Format: trust.Format, Provider: "isp.example", Version: 1, IssuedAt: always.From,
		Agencies: []trust.Agency{{ID: "police", Name: "State Police", Jurisdiction: "us",
			Recipients: []trust.Recipient{{Recipient: recipient.String(), Validity: always}}, Validity: always}},
		ProviderKeys: []trust.ProviderKey{{Use: trust.UseManifest, Key: trust.Key{PublicKey: own.Public(), Validity: always}}},
	}
	for _, j := range []trust.Jurisdiction{"eu", "us"} {
		document.Authorities = append(document.Authorities, trust.Authority{ID: "court-" + string(j), Name: "Court", Kind: trust.Court, Jurisdiction: j,
			Keys: []trust.Key{{PublicKey: w.courts[j].Public(), Validity: always}}, Validity: always})
	}
	for p, j := range map[trust.Process]trust.Jurisdiction{"subpoena": "us", "search-warrant": "us", "preservation": "us", "production": "eu"} {
		document.SetThreshold(trust.Threshold{Jurisdiction: j, Process: p, Authority: trust.Required})
	}
	payload, err := document.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	e := sign.Envelope{Purpose: sign.ForRegistry, Payload: payload}
	if err := e.Sign(root); err != nil {
		t.Fatal(err)
	}
	if w.registry, err = trust.Open(e.Marshal(), trust.Root{Threshold: 1, Keys: []sign.PublicKey{root.Public()}}); err != nil {
		t.Fatal(err)
	}
	if w.catalog, err = catalog.Parse("catalog.yaml", []byte(catalogFile)); err != nil {
		t.Fatal(err)
	}
	if w.policy, err = policy.Load(policy.Defaults()); err != nil {
		t.Fatal(err)
	}
	return w
}

// decide verifies an order of the court and decides on it.
func (w *world) decide(t *testing.T, process trust.Process, targets []order.Target, mandate []order.Item, change ...func(*order.Order)) *policy.Decision {
	t.Helper()
	o := order.Order{
		Format: order.Format, ID: "GJ-2026-118", Nonce: []byte("0123456789abcdef"),
		Provider: "isp.example", Authority: "court-us", Agency: "police", Jurisdiction: "us",
		Process: process, Purpose: order.Investigate, LegalBasis: "18 U.S.C. 2703",
		IssuedAt: order.At(now.Add(-48 * time.Hour)), ExpiresAt: order.At(now.AddDate(0, 1, 0)),
		Targets: targets, Mandate: mandate,
	}
	for _, f := range change {
		f(&o)
	}
	s, err := order.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Sign(w.courts[o.Jurisdiction]); err != nil {
		t.Fatal(err)
	}
	v, err := order.Verify(s, order.Against{Registry: w.registry, ExportedAs: func(digest.Digest) string { return "" }}, now)
	if err != nil {
		t.Fatal(err)
	}
	return w.policy.Decide(v, w.catalog, now)
}

// item mandates fields of a dataset in the window of March, unless it is the
// one without times.
func item(dataset order.Dataset, fields ...order.Field) order.Item {
	i := order.Item{Dataset: dataset, Fields: fields}
	if dataset != "subscriber" {
		i.From, i.To = order.At(march), order.At(april)
	}
	return i
}

func email(address string) order.Target { return order.Target{Type: "email", Value: address} }

// A store answers lookups from a map, and remembers what it was asked.
type store struct {
	accounts map[string][]source.Account // by identifier
	looked   []source.Lookup
	read     []source.Read
	err      error
}

func (s *store) Find(_ context.Context, l source.Lookup, limit int) ([]source.Account, error) {
	if err := l.Check(); err != nil {
		return nil, err
	}
	s.looked = append(s.looked, l)
	found := s.accounts[l.Value]
	return found[:min(len(found), limit+1)], s.err
}

func (s *store) Describe(_ context.Context, r source.Read) (string, error) {
	return "query of " + r.Table.Name, r.Check()
}

func (s *store) Estimate(_ context.Context, r source.Read) (int64, error) {
	s.read = append(s.read, r)
	return int64(100 * len(r.Accounts)), r.Check()
}

func (s *store) Pull(context.Context, source.Read, *source.Pool) iter.Seq2[*source.Batch, error] {
	panic("a plan pulls nothing")
}

func (s *store) Close() error { return nil }

// ceilingOf is the embedded policy with another number of accounts.
func ceilingOf(t *testing.T, accounts int) fs.FS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(policy.Defaults(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(policy.Defaults(), path)
		out[path] = &fstest.MapFile{Data: []byte(strings.Replace(string(b), "accounts: 100,", fmt.Sprintf("accounts: %d,", accounts), 1))}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
