package record_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"golang.org/x/mod/sumdb/note"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/record"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// world is a ledger of one test and a recorder on it.
type world struct {
	config record.Config
	dir    string // which holds the ledger
	key    note.Verifier
	*record.Recorder
}

var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func newWorld(t testing.TB) *world {
	t.Helper()
	key := must(ledger.NewKey("ledger.example/test"))
	dir := t.TempDir()
	c := ledger.Config{Dir: filepath.Join(dir, "ledger"), Signer: key.Signer(), Verifier: key.Verifier()}
	if err := ledger.Init(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	log := must(ledger.Open(context.Background(), c))
	t.Cleanup(func() { log.Close() })
	private, _, err := sign.Generate(sign.Ed25519, []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	signer := must(sign.LoadSigner(private, func() ([]byte, error) { return []byte("x"), nil }))
	w := &world{dir: dir, key: key.Verifier(), config: record.Config{
		Reader: log.Reader, Log: log, Signer: signer, Index: filepath.Join(t.TempDir(), "index"),
		Provider: &trust.Provider{Format: trust.ProviderFormat, Provider: "acme", Registry: digest.Of([]byte("r")), Keys: []trust.ProviderKey{
			{Use: trust.UseManifest, Key: trust.Key{PublicKey: signer.Public(), Validity: trust.Validity{From: epoch.AddDate(-1, 0, 0)}}},
		}},
		Tool: manifest.Tool{Name: "writ", Version: "devel", Build: "test", Go: "go1.26"},
		Now:  func() time.Time { return epoch },
	}}
	w.Recorder = must(record.New(w.config))
	return w
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// rejected is the statement that order i was turned away.
func (w *world) rejected(t testing.TB, i int) (digest.Digest, []byte) {
	t.Helper()
	d := digest.Of([]byte{byte(i), byte(i >> 8), byte(i >> 16)})
	signed, err := w.Sign(act.Received{
		Head: w.Head(), ReceivedAt: epoch,
		Order: manifest.OrderRef{Digest: d, Jurisdiction: "us", Process: "subpoena", Purpose: "investigate", Authority: "court", Agency: "police",
			Targets: []manifest.TargetCount{{Type: "email", Count: 1}}},
		Rejected: act.Because(act.Expired),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d, signed
}

// What is appended is found, by its order and nothing else's, whether it stands
// in the index or behind it, and also when the index is lost, torn or another ledger's.
func TestOrderIsFound(t *testing.T) {
	const n = 150
	w := newWorld(t)
	orders, statements := make([]digest.Digest, n), make([][]byte, n)
	for i := range n {
		orders[i], statements[i] = w.rejected(t, i)
	}
	if _, err := w.Append(t.Context(), statements...); err != nil {
		t.Fatal(err)
	}
	check := func(t *testing.T) {
		t.Helper()
		for _, i := range []int{0, 1, n / 2, n - 1} {
			h, err := w.Order(t.Context(), orders[i])
			if err != nil || len(h.Rejected) != 1 || h.Rejected[0] != act.Expired || !h.ReceivedAt.IsZero() || h.Last() != "" {
				t.Fatalf("order %d: %+v, %v; want one rejection", i, h, err)
			}
		}
		if h, err := w.Order(t.Context(), digest.Of([]byte("unknown"))); err != nil || len(h.Rejected) != 0 {
			t.Fatalf("an unknown order: %+v, %v", h, err)
		}
	}
	check(t)
	index := must(os.ReadFile(w.config.Index))
	other := newWorld(t)
	var foreign [][]byte
	for i := range n {
		_, s := other.rejected(t, n+i)
		foreign = append(foreign, s)
	}
	if _, err := other.Append(t.Context(), foreign...); err != nil {
		t.Fatal(err)
	}
	must(other.Order(t.Context(), orders[0]))
	torn := bytes.Clone(index)
	for i := range 8 {
		torn[16+i] = 0xff
	}
	for name, content := range map[string][]byte{
		"lost": nil, "cut": index[:len(index)-40], "of a size that no tree has": torn, "of another ledger": must(os.ReadFile(other.config.Index)),
		"rubbish": []byte("rubbish"), "without keys": append(bytes.Clone(index[:4096]), make([]byte, len(index)-4096)...),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(w.config.Index, content, 0o600); err != nil {
				t.Fatal(err)
			}
			check(t)
		})
	}
}

// The index grows with the ledger, in its file and into a larger one, and finds
// what stood there before.
func TestIndexGrows(t *testing.T) {
	w := newWorld(t)
	var orders []digest.Digest
	for _, more := range []int{3, 70, 70, 70, 400, 1} {
		var statements [][]byte
		for range more {
			order, s := w.rejected(t, len(orders))
			orders, statements = append(orders, order), append(statements, s)
		}
		if _, err := w.Append(t.Context(), statements...); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(orders); i += 1 + len(orders)/50 {
			if h, err := w.Order(t.Context(), orders[i]); err != nil || len(h.Rejected) != 1 {
				t.Fatalf("order %d of %d: %+v, %v", i, len(orders), h, err)
			}
		}
	}
}

// A slowSource calls meanwhile, once, between what its checkpoint says and who reads it.
type slowSource struct {
	ledger.Source
	meanwhile func()
}

func (s *slowSource) Read(ctx context.Context, path string, limit int64) ([]byte, error) {
	b, err := s.Source.Read(ctx, path, limit)
	if f := s.meanwhile; path == "checkpoint" && f != nil {
		s.meanwhile = nil
		f()
	}
	return b, err
}

// Another process that appends, and brings the files to its own view, does not
// make this one take them for damaged.
func TestALaterViewIsNoDamage(t *testing.T) {
	w := newWorld(t)
	entries := 0
	grow := func() {
		var statements [][]byte
		for range 100 {
			_, s := w.rejected(t, 1000+entries)
			entries, statements = entries+1, append(statements, s)
		}
		must(w.Append(t.Context(), statements...))
		must(w.Order(t.Context(), digest.Digest{})) // the index grows as well
	}
	grow()
	order := w.answered(t, 1, act.Notice{Why: "so"}, 0, "")
	late := &slowSource{Source: ledger.Dir(filepath.Join(w.dir, "ledger"))}
	c := w.config
	c.Reader = ledger.NewReader(late, w.key, ledger.Policy{})
	other := must(record.New(c))
	isFree := func(file string) bool {
		lock := flock.New(file + ".lock")
		defer lock.Close()
		return must(lock.TryLock())
	}
	index := must(os.Stat(w.config.Index))

	late.meanwhile = func() {
		if isFree(c.Index) {
			grow()
		}
	}
	if h, err := other.Order(t.Context(), order); err != nil || h.Received == nil || late.meanwhile != nil {
		t.Fatalf("%+v, %v; want a receipt", h, err)
	}
	if !os.SameFile(index, must(os.Stat(c.Index))) {
		t.Error("looking for an order made the index anew")
	}

	now := act.Decided{Head: w.Head(), Decision: act.Decision{Rates: []act.Rate{{Hours: 24}}}}
	must(other.Usage(t.Context(), now, manifest.OrderRef{}))
	w.answered(t, 1, act.Notice{Why: "another decision"}, 0, "") // on what was received before the list ends
	late.meanwhile = func() {
		if isFree(c.Index + ".answers") {
			t.Error("another could bring the list of answers to a later view")
		}
		grow()
	}
	if used, err := other.Usage(t.Context(), now, manifest.OrderRef{}); err != nil || used[0].Orders != 1 || late.meanwhile != nil {
		t.Fatalf("%+v, %v; want one answer", used, err)
	}
	if !os.SameFile(index, must(os.Stat(c.Index))) {
		t.Error("counting answers made the index anew")
	}
}

var benchEntries = flag.Int("entries", 10_000, "size of the ledger of BenchmarkOrder")

// BenchmarkOrder measures what an export reads of a ledger: what is said of its
// order, by a process that has just begun.
func BenchmarkOrder(b *testing.B) {
	w := newWorld(b)
	for from := 0; from < *benchEntries; from += 10_000 {
		var statements [][]byte
		for i := from; i < min(from+10_000, *benchEntries); i++ {
			_, s := w.rejected(b, i)
			statements = append(statements, s)
		}
		must(w.config.Log.AppendAll(b.Context(), statements...))
	}
	must(w.Order(b.Context(), digest.Of(nil))) // makes the index
	order, _ := w.rejected(b, *benchEntries/2)
	for b.Loop() {
		c := w.config
		c.Reader = ledger.NewReader(ledger.Dir(filepath.Join(w.dir, "ledger")), w.key, ledger.Policy{})
		if h := must(must(record.New(c)).Order(b.Context(), order)); len(h.Rejected) != 1 {
			b.Fatalf("%+v", h)
		}
	}
}

func TestConfiguredOnlyWhatIsNew(t *testing.T) {
	w := newWorld(t)
	inForce := map[act.What][]byte{act.Policy: []byte("p"), act.Catalog: []byte("c"), act.Registry: []byte("r")}
	for _, step := range []struct {
		change act.What
		want   int
	}{{"", 3}, {"", 0}, {act.Catalog, 1}, {"", 0}} {
		if step.change != "" {
			inForce[step.change] = append(inForce[step.change], '!')
		}
		news, err := w.Configured(t.Context(), inForce)
		if err != nil || len(news) != step.want {
			t.Fatalf("%d statements, %v; want %d", len(news), err, step.want)
		}
		if _, err := w.Append(t.Context(), news...); err != nil {
			t.Fatal(err)
		}
		for _, text := range inForce {
			if kept, err := w.config.Reader.Text(t.Context(), digest.Of(text)); err != nil || !bytes.Equal(kept, text) {
				t.Fatalf("the text beside the ledger: %q, %v", kept, err)
			}
		}
	}
}

// A statement that the provider did not sign is an error, not history.
func TestAStrangersStatementIsAnError(t *testing.T) {
	w, stranger := newWorld(t), newWorld(t)
	order, signed := stranger.rejected(t, 1)
	if _, err := w.Append(t.Context(), signed); !errors.Is(err, act.ErrSigner) {
		t.Fatalf("Append = %v, want %v", err, act.ErrSigner)
	}
	// Somebody may have put it there without a recorder.
	if _, err := w.config.Log.Append(t.Context(), signed); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Order(t.Context(), order); !errors.Is(err, act.ErrSigner) {
		t.Fatalf("Order = %v, want %v", err, act.ErrSigner)
	}
}

func TestAReaderAppendsNothing(t *testing.T) {
	w := newWorld(t)
	order, signed := w.rejected(t, 1)
	r := must(record.New(record.Config{Reader: w.config.Reader, Provider: w.config.Provider, Index: w.config.Index}))
	if _, err := r.Append(t.Context(), signed); !errors.Is(err, record.ErrConfig) {
		t.Errorf("Append = %v, want %v", err, record.ErrConfig)
	}
	if _, err := r.Sign(act.Notified{}); !errors.Is(err, record.ErrConfig) {
		t.Errorf("Sign = %v, want %v", err, record.ErrConfig)
	}
	if err := r.Settle(t.Context()); !errors.Is(err, record.ErrConfig) {
		t.Errorf("Settle = %v, want %v", err, record.ErrConfig)
	}
	if _, err := r.Order(t.Context(), order); err != nil {
		t.Error(err)
	}
	if _, err := record.New(record.Config{}); !errors.Is(err, record.ErrConfig) {
		t.Errorf("New = %v, want %v", err, record.ErrConfig)
	}
}
