package bundle

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/bag"
	"writ/manifest/commit"
	"writ/manifest/frame"
)

const exportID = "ex-2026-0001"

func at(minute int) time.Time { return time.Date(2026, 3, 2, 10, minute, 0, 0, time.UTC) }

// signer is an Ed25519 key from a fixed seed: its signatures are the same bytes in every run.
func signer(t testing.TB, seed byte) sign.Signer {
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

func provider(t testing.TB) *trust.Provider {
	return &trust.Provider{
		Format: trust.ProviderFormat, Provider: "mail.example", Registry: digest.Of([]byte("registry")),
		Keys: []trust.ProviderKey{{Use: trust.UseManifest, Key: trust.Key{PublicKey: signer(t, 1).Public()}}},
	}
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func identity(t testing.TB) seal.Identity {
	t.Helper()
	id, err := seal.ParseIdentity(read(t, "testdata/agency.key"), nil)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A member of a bag that is being made up, with what is odd about it.
type member struct {
	path    string
	content []byte
	header  tar.Header // what is set here goes before what a bag has
}

// A maker makes a delivery up, each step of which a test may bend. The provider
// signs all the same: what is bent here, only [Open] can find.
type maker struct {
	datasets  map[string][]string               // parts
	members   func([]member) []member           // payload, before it is listed
	listed    func([]member) []member           // all, after
	tar       func([]byte) []byte               // the whole tar
	frames    func(plain, frames []byte) []byte // the whole payload
	sealed    func([]byte) []byte               // the ciphertext, before it is named by its digest
	statement func(*manifest.Statement)         // before it is signed
	recipient func(seal.Recipient) seal.Recipient
	signer    sign.Signer
}

func signIns(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, `{"at":"2026-03-02T10:%02d:%02dZ","ip":"2001:db8::%x","when":{"original":"2026-03-02 11:00:00+01","utc":"2026-03-02T10:00:00Z"}}`+"\n", i/60%60, i%60, i)
	}
	return b.String()
}

// make writes a delivery into a new folder.
func (m maker) make(t testing.TB) Delivery {
	t.Helper()
	ciphertext, bundle := m.bytes(t)
	return deliver(t, ciphertext, bundle)
}

func deliver(t testing.TB, ciphertext, bundle []byte) Delivery {
	t.Helper()
	dir := t.TempDir()
	d := Delivery{Ciphertext: filepath.Join(dir, exportID+manifest.CiphertextSuffix)}
	d.Manifest = d.Ciphertext + manifest.ManifestSuffix
	for path, b := range map[string][]byte{d.Ciphertext: ciphertext, d.Manifest: bundle} {
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

// bytes returns the ciphertext and the manifest.
func (m maker) bytes(t testing.TB) (ciphertext, bundle []byte) {
	t.Helper()
	seed, err := commit.ParseSeed("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	if err != nil {
		t.Fatal(err)
	}
	openings, err := seed.Openings()
	if err != nil {
		t.Fatal(err)
	}
	envelope := &sign.Envelope{Purpose: sign.ForOrder, Payload: []byte(`{"id":"26-mj-0412","targets":["<ana@example.org>"]}`)}
	if err := envelope.Sign(signer(t, 2)); err != nil {
		t.Fatal(err)
	}
	if m.datasets == nil {
		m.datasets = map[string][]string{"sign-ins": {signIns(0, 100), signIns(100, 120)}}
	}
	payload := []member{{path: bag.Commitments, content: openings}}
	s := statement(digest.Of(envelope.Payload))
	for i := range s.Predicate.Datasets {
		d := &s.Predicate.Datasets[i]
		parts := m.datasets[d.Name]
		for i, p := range parts {
			payload = append(payload, member{path: bag.Part(d.Name, i), content: []byte(p)})
		}
		count(t, d, seed, strings.Join(parts, ""))
	}
	payload = append(payload, member{path: bag.Schema("sign-ins"), content: []byte("{}\n")},
		member{path: bag.Order, content: envelope.Marshal()}, member{path: bag.Certificate, content: []byte("DRAFT\n")})
	if m.members != nil {
		payload = m.members(payload)
	}
	var listed, tags []bag.Entry
	for _, p := range payload {
		listed = append(listed, bag.Entry{Path: p.path, SHA256: digest.Of(p.content)})
		s.Predicate.Bag.PayloadBytes += int64(len(p.content))
	}
	s.Predicate.Bag.PayloadFiles = len(payload)
	info := fmt.Sprintf("Bagging-Date: 2026-03-02\nPayload-Oxum: %d.%d\n", s.Predicate.Bag.PayloadBytes, len(payload))
	all := append(payload, member{path: bag.Declaration, content: []byte(bag.DeclarationText)},
		member{path: bag.Info, content: []byte(info)}, member{path: bag.Manifest, content: bag.Marshal(listed)})
	for _, p := range all[len(payload):] {
		tags = append(tags, bag.Entry{Path: p.path, SHA256: digest.Of(p.content)})
	}
	tagManifest := bag.Marshal(tags)
	all = append(all, member{path: bag.TagManifest, content: tagManifest})
	if m.listed != nil {
		all = m.listed(all)
	}
	for _, p := range all {
		if p.path == bag.TagManifest {
			s.Predicate.Bag.TagManifest = digest.Of(p.content)
		}
	}
	if s.Predicate.Bag.TagManifest.IsZero() {
		s.Predicate.Bag.TagManifest = digest.Of(tagManifest)
	}
	ciphertext = m.seal(t, all)
	s.Predicate.Ciphertext = manifest.File{Name: exportID + manifest.CiphertextSuffix, SizeBytes: int64(len(ciphertext)), SHA256: digest.Of(ciphertext)}
	s.Subject = manifest.Subjects(s.Predicate.Ciphertext, s.Predicate.Bag)
	if m.statement != nil {
		m.statement(&s)
		s.Subject = manifest.Subjects(s.Predicate.Ciphertext, s.Predicate.Bag)
	}
	if m.signer == nil {
		m.signer = signer(t, 1)
	}
	bundle, err = manifest.Sign(s, m.signer)
	if err != nil {
		t.Fatal(err)
	}
	return ciphertext, bundle
}

// seal packs and encrypts the members.
func (m maker) seal(t testing.TB, all []member) []byte {
	t.Helper()
	var plain bytes.Buffer
	w := tar.NewWriter(&plain)
	for _, p := range all {
		h := p.header
		if h.Name == "" {
			h.Name = exportID + "/" + p.path
		}
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if h.Typeflag == tar.TypeReg {
			h.Size = int64(len(p.content))
		}
		h.Mode = 0o600
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			w.Write(p.content)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	b := plain.Bytes()
	if m.tar != nil {
		b = m.tar(b)
	}
	e, err := frame.NewEncoder(frame.Records, 1)
	if err != nil {
		t.Fatal(err)
	}
	frames := e.Append(nil, b)
	if m.frames != nil {
		frames = m.frames(b, frames)
	}
	r, err := seal.ParseRecipient(strings.TrimSpace(string(read(t, "testdata/agency.pub"))))
	if err != nil {
		t.Fatal(err)
	}
	if m.recipient != nil {
		r = m.recipient(r)
	}
	var sealed bytes.Buffer
	c, err := seal.Seal(&sealed, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(frames); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if m.sealed != nil {
		return m.sealed(sealed.Bytes())
	}
	return sealed.Bytes()
}

// count sets what the manifest says of a dataset's records.
func count(t testing.TB, d *manifest.Dataset, seed commit.Seed, all string) {
	t.Helper()
	salts, err := seed.Salts(d.Name)
	if err != nil {
		t.Fatal(err)
	}
	var ends []int
	for i := range all {
		if all[i] == '\n' {
			ends = append(ends, i+1)
		}
	}
	tree := commit.NewTree()
	if len(ends) > 0 {
		run, err := salts.Leaves(0, []byte(all[:ends[len(ends)-1]]), ends)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree.Append(run); err != nil {
			t.Fatal(err)
		}
	}
	if d.Root, err = tree.Root(); err != nil {
		t.Fatal(err)
	}
	d.Records, d.Bytes = int64(len(ends)), int64(len(all))
	if len(all) > 0 && d.Bytes < 3*d.Records {
		d.Bytes = 3 * d.Records
	}
}

// statement is all of a statement that does not depend on the files.
func statement(order digest.Digest) manifest.Statement {
	rule := manifest.Rule{ID: "us-subpoena", Cite: "18 U.S.C. 2703(c)(2)(C)"}
	var fields []manifest.Granted
	for _, name := range []string{"at", "ip", "when"} {
		fields = append(fields, manifest.Granted{Name: name, Category: map[bool]string{true: "session.address", false: "session.time"}[name == "ip"], Rule: rule})
	}
	withheld := []manifest.Withheld{{Name: "device", Category: "device.id", Ground: "not-permitted", Why: "no rule permits it for a subpoena"}}
	empty := commit.NewTree()
	root, _ := empty.Root()
	return manifest.Statement{
		Type: manifest.StatementType, PredicateType: manifest.ExportType,
		Predicate: manifest.Export{
			Format: manifest.Format, ExportID: exportID, Provider: "mail.example", Narrowed: true,
			Order: manifest.OrderRef{
				Digest: order, Jurisdiction: "us", Process: "subpoena", Purpose: "investigate", Authority: "sdny", Agency: "fbi-ny",
				LegalBasis: "18 U.S.C. 2703(c)(2)", Targets: []manifest.TargetCount{{Type: "email", Count: 1}},
				Signers: []manifest.Signer{{Role: "reviewer", ID: "ana", KeyID: digest.Of([]byte("key")).Hex()}},
			},
			Datasets: []manifest.Dataset{
				{Name: "messages", Outcome: manifest.Refused, Withheld: []manifest.Withheld{{Name: "body", Category: "content", Ground: "not-permitted", Why: "content needs a warrant"}}, Root: root},
				{Name: "payments", Outcome: manifest.NoneFound, Fields: fields[:1], Accounts: 1, PulledAt: at(3), Root: root},
				{
					Name: "sign-ins", Outcome: manifest.Complete, Fields: fields, Withheld: withheld, Accounts: 1, PulledAt: at(4),
					From: "2026-03-01T00:00:00+01:00", To: "2026-04-01T00:00:00+02:00", Query: `select "at" from "sign_ins"`,
				},
			},
			Recipients: []manifest.Recipients{{Kind: "x25519", Count: 1}},
			Decided: manifest.DecidedBy{
				Policy: digest.Of([]byte("policy")), Catalog: digest.Of([]byte("catalog")),
				Registry: digest.Of([]byte("registry")), Plan: digest.Of([]byte("plan")),
			},
			Times:  manifest.Times{ReceivedAt: at(0), DecidedAt: at(1), StartedAt: at(2), FinishedAt: at(5), SignedAt: at(6)},
			Notice: manifest.Notice{Owed: true, Why: "before disclosure"},
			Tool:   manifest.Tool{Name: "writ", Version: "0.1.0", Build: "0123abcd", Go: "go1.26"},
		},
	}
}

// edit changes the member at path.
func edit(all []member, path string, change func(*member)) []member {
	all = slices.Clone(all)
	i := slices.IndexFunc(all, func(m member) bool { return m.path == path })
	change(&all[i])
	return all
}
