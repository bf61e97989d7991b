package bundle

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/cryptotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/manifest"
	"writ/manifest/approval"
	"writ/manifest/bag"
	"writ/manifest/frame"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The whole delivery is golden, for readers in other languages too. A new Go
// may draw its random bytes otherwise; then look what changed, and -update.
func TestGolden(t *testing.T) {
	cryptotest.SetGlobalRandom(t, 1)
	ciphertext, bundle := maker{}.bytes(t)
	p, err := provider(t).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string][]byte{
		exportID + ".tar.zst.age": ciphertext, exportID + ".tar.zst.age.sigstore.json": bundle, "provider.json": p,
	} {
		name = filepath.Join("testdata", "delivery", name)
		if *update {
			if err := os.WriteFile(name, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(read(t, name), got) {
			t.Errorf("%s differs", name)
		}
	}
}

func TestOpen(t *testing.T) {
	d, err := Find("testdata/delivery")
	if err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{0, 1, 3} {
		dir := filepath.Join(t.TempDir(), "opened")
		var last int64
		v, err := Open(context.Background(), d, provider(t), identity(t), dir, Options{Workers: workers, Progress: func(n int64) { last = n }})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		var size int64
		err = fs.WalkDir(os.DirFS(dir), ".", func(path string, e fs.DirEntry, err error) error {
			info, infoErr := e.Info()
			if err := errors.Join(err, infoErr); err != nil {
				return err
			}
			want := fs.FileMode(0o600)
			if e.IsDir() {
				want = 0o700
			} else {
				names = append(names, path)
				size += info.Size()
			}
			if info.Mode().Perm() != want {
				t.Errorf("%s has mode %v, want %v", path, info.Mode().Perm(), want)
			}
			return nil
		})
		want := []string{
			"ex-2026-0001/bag-info.txt", "ex-2026-0001/bagit.txt", "ex-2026-0001/data/certificate.txt", "ex-2026-0001/data/commitments.json",
			"ex-2026-0001/data/order.dsse.json", "ex-2026-0001/data/schema/sign-ins.json", "ex-2026-0001/data/sign-ins/part-00000.ndjson",
			"ex-2026-0001/data/sign-ins/part-00001.ndjson", "ex-2026-0001/manifest-sha256.txt", "ex-2026-0001/tagmanifest-sha256.txt", "index.html",
		}
		if diff := cmp.Diff(want, names); err != nil || diff != "" {
			t.Fatalf("%v\n%s", err, diff)
		}
		records := append(read(t, filepath.Join(dir, want[6])), read(t, filepath.Join(dir, want[7]))...)
		if string(records) != signIns(0, 120) {
			t.Error("the records differ")
		}
		e := v.Statement().Predicate
		if got := digest.Of(read(t, filepath.Join(dir, want[9]))); got != e.Bag.TagManifest {
			t.Errorf("the tag manifest has %v, the manifest says %v", got, e.Bag.TagManifest)
		}
		page := read(t, filepath.Join(dir, Page))
		if last != size-int64(len(page)) {
			t.Errorf("progress ended at %d of %d bytes", last, size-int64(len(page)))
		}
		golden := "testdata/index.html"
		if *update {
			if err := os.WriteFile(golden, page, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(string(read(t, golden)), string(page)); diff != "" {
			t.Errorf("%s:\n%s", Page, diff)
		}
	}
}

// Wherever another tool cut the frames, through records, headers and padding, what
// is opened is the same, and a record that is wrong is named.
func TestOpenFramesCutAnywhere(t *testing.T) {
	e, err := frame.NewEncoder(frame.Records, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, size := range []int{1, 37, 511, 4096} {
		cut := func(plain, _ []byte) (frames []byte) {
			for piece := range slices.Chunk(plain, size) {
				frames = e.Append(frames, piece)
			}
			return frames
		}
		dir := filepath.Join(t.TempDir(), "opened")
		open := func(m maker) error {
			_, err := Open(t.Context(), m.make(t), provider(t), identity(t), dir, Options{Workers: 2})
			return err
		}
		parts := []string{signIns(0, 100), strings.Replace(signIns(100, 120), `"2001:db8::70"`, `"2001:db8::\u0037\u0030"`, 1)}
		if err := open(maker{frames: cut, datasets: map[string][]string{"sign-ins": parts}}); err == nil || !strings.Contains(err.Error(), "record 112 of dataset sign-ins") {
			t.Errorf("frames of %d bytes, record 112 is not canonical: %v", size, err)
		}
		if err := open(maker{frames: cut}); err != nil {
			t.Fatalf("frames of %d bytes: %v", size, err)
		}
		data := filepath.Join(dir, exportID, "data", "sign-ins")
		if got := append(read(t, filepath.Join(data, "part-00000.ndjson")), read(t, filepath.Join(data, "part-00001.ndjson"))...); string(got) != signIns(0, 120) {
			t.Errorf("frames of %d bytes: the records differ", size)
		}
	}
}

func TestOpenKeepsOut(t *testing.T) {
	d, err := Find("testdata/delivery")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := Open(context.Background(), d, provider(t), identity(t), dir, Options{}); !errors.Is(err, ErrExists) {
		t.Errorf("Open into what exists = %v, want %v", err, ErrExists)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, d, provider(t), identity(t), filepath.Join(dir, "x"), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Open with a cancelled context = %v, want %v", err, context.Canceled)
	}
	// Cancelled in the middle of writing.
	ctx, cancel = context.WithCancel(context.Background())
	big := maker{datasets: map[string][]string{"sign-ins": {signIns(0, 200_000)}}}.make(t)
	_, err = Open(ctx, big, provider(t), identity(t), filepath.Join(dir, "x"), Options{Progress: func(n int64) {
		if n > 4<<20 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("Open cancelled = %v, want %v", err, context.Canceled)
	}
	empty(t, dir)
}

// empty asks that nothing was left in dir.
func empty(t testing.TB, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("%d files were left, %v", len(left), err)
		os.RemoveAll(dir)
		os.Mkdir(dir, 0o700)
	}
}

// Each delivery here is signed by the provider and wrong in one way.
func TestOpenFinds(t *testing.T) {
	records := func(old, new string) maker {
		return maker{datasets: map[string][]string{"sign-ins": {strings.Replace(signIns(0, 3), old, new, 1)}}}
	}
	insert := func(m member) maker {
		return maker{members: func(all []member) []member { return append(all, m) }}
	}
	dataset := func(change func(d *manifest.Dataset)) maker {
		return maker{statement: func(s *manifest.Statement) { change(&s.Predicate.Datasets[2]) }}
	}
	listed := func(path string, change func(*member)) maker {
		return maker{listed: func(all []member) []member { return edit(all, path, change) }}
	}
	drop := func(path string) maker {
		return maker{listed: func(all []member) []member {
			return slices.DeleteFunc(all, func(m member) bool { return m.path == path })
		}}
	}
	_, other, err := seal.Generate(seal.X25519, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, hybrid, err := seal.Generate(seal.Hybrid, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		m    maker
		want Code
	}{
		{"another key", maker{signer: signer(t, 3)}, ManifestSigner},
		{"another provider", maker{statement: func(s *manifest.Statement) { s.Predicate.Provider = "other.example" }}, ManifestSigner},
		{"other size stated", maker{statement: func(s *manifest.Statement) { s.Predicate.Ciphertext.SizeBytes++ }}, CiphertextSize},
		{"other digest stated", maker{statement: func(s *manifest.Statement) { s.Predicate.Ciphertext.SHA256[0]++ }}, CiphertextDigest},
		{"not age", maker{sealed: func(b []byte) []byte { return b[1:] }}, AgeHeader},
		{"other kind of recipient", maker{recipient: func(seal.Recipient) seal.Recipient { return hybrid }}, RecipientsDiffer},
		{"somebody else's", maker{recipient: func(seal.Recipient) seal.Recipient { return other }}, NotForYou},
		{"sealed in part", maker{sealed: func(b []byte) []byte { return b[:len(b)-1] }}, CiphertextDamaged},
		{"header damaged", maker{sealed: func(b []byte) []byte { return bytes.Replace(b, []byte("\n--- "), []byte("\n--- A"), 1) }}, AgeHeader},
		{"something follows", maker{sealed: func(b []byte) []byte { return append(b, 0) }}, CiphertextDamaged},

		{"not zstd", maker{frames: func(plain, _ []byte) []byte { return plain }}, PayloadFrames},
		{"frames cut", maker{frames: func(_, b []byte) []byte { return b[:len(b)-4] }}, PayloadFrames},
		{"bomb", maker{frames: func(_, b []byte) []byte {
			z, _ := zstd.NewWriter(nil)
			return z.EncodeAll(make([]byte, 64<<20), b)
		}}, PayloadFrames},
		{"bomb of small frames", maker{frames: func(_, b []byte) []byte {
			z, _ := zstd.NewWriter(nil, zstd.WithSingleSegment(true))
			one := z.EncodeAll(make([]byte, 2<<20), nil)
			return append(b, bytes.Repeat(one, 100)...)
		}}, PayloadSize},

		{"no tar", maker{tar: func(b []byte) []byte { return []byte("hello, this is not a tar") }}, PayloadTar},
		{"empty tar", maker{tar: func(b []byte) []byte { return make([]byte, 1024) }}, BagFiles},
		{"tar cut", maker{tar: func(b []byte) []byte { return b[:len(b)-1600] }}, PayloadTar},
		{"header damaged", maker{tar: func(b []byte) []byte { b[0]++; return b }}, PayloadTar},
		{"something between members", maker{tar: func(b []byte) []byte { b[1023]++; return b }}, PayloadTar},
		{"something behind the tar", maker{tar: func(b []byte) []byte { return append(b, "more"...) }}, PayloadTar},
		{"symbolic link", insert(member{path: "data/schema/payments.json", header: tar.Header{Typeflag: tar.TypeSymlink, Linkname: "/etc/passwd"}}), PayloadTar},
		{"hard link", insert(member{path: "data/schema/payments.json", header: tar.Header{Typeflag: tar.TypeLink, Linkname: exportID + "/data/order.dsse.json"}}), PayloadTar},
		{"device", insert(member{path: "data/schema/payments.json", header: tar.Header{Typeflag: tar.TypeChar}}), PayloadTar},
		{"fifo", insert(member{path: "data/schema/payments.json", header: tar.Header{Typeflag: tar.TypeFifo}}), PayloadTar},
		{"folder", insert(member{path: "data/schema", header: tar.Header{Typeflag: tar.TypeDir}}), PayloadTar},
		{"attributes", insert(member{path: "data/schema/payments.json", header: tar.Header{PAXRecords: map[string]string{"SCHILY.xattr.user.x": "1"}}}), PayloadTar},

		{"absolute path", insert(member{path: "data/x", header: tar.Header{Name: "/etc/cron.d/x"}}), PayloadPath},
		{"path that escapes", insert(member{path: "data/x", header: tar.Header{Name: "../x"}}), PayloadPath},
		{"path that escapes from the folder", insert(member{path: "data/x", header: tar.Header{Name: exportID + "/data/../../x"}}), PayloadPath},
		{"path of another folder", insert(member{path: "data/x", header: tar.Header{Name: "ex-2026-0002/data/x"}}), PayloadPath},
		{"path with a backslash", insert(member{path: "data/x", header: tar.Header{Name: exportID + `/data\..\x`}}), PayloadPath},
		{"path twice", insert(member{path: bag.Order, content: []byte("{}")}), PayloadPath},
		{"path twice but for case", insert(member{path: "data/ORDER.dsse.json", content: []byte("{}")}), PayloadPath},

		{"a file nobody announced", insert(member{path: "data/notes.txt", content: []byte("x")}), PayloadMember},
		{"a hidden dataset", insert(member{path: bag.Part("contacts", 0), content: []byte("{}\n")}), PayloadMember},
		{"a part left out", maker{listed: func(all []member) []member {
			return edit(all, bag.Part("sign-ins", 1), func(m *member) { m.path = bag.Part("sign-ins", 2) })
		}}, PayloadMember},
		{"schema of a hidden dataset", insert(member{path: bag.Schema("contacts"), content: []byte("{}")}), PayloadMember},
		{"a file beside the bag's own", maker{listed: func(all []member) []member { return append(all, member{path: "fetch.txt"}) }}, PayloadMember},
		{"commitments not first", maker{members: func(all []member) []member { return append(all[1:], all[0]) }}, PayloadMember},

		{"payload larger than stated", maker{statement: func(s *manifest.Statement) { s.Predicate.Bag.PayloadBytes -= 10 }}, PayloadSize},
		{"payload smaller than stated", maker{statement: func(s *manifest.Statement) { s.Predicate.Bag.PayloadBytes++ }}, PayloadSize},
		{"more files than stated", maker{statement: func(s *manifest.Statement) { s.Predicate.Bag.PayloadFiles-- }}, PayloadSize},
		{"a huge small file", insert(member{path: bag.Schema("payments"), content: make([]byte, 4<<20+1)}), PayloadSize},

		{"no order", drop(bag.Order), BagFiles},
		{"no bagit.txt", drop(bag.Declaration), BagFiles},
		{"no tag manifest", drop(bag.TagManifest), BagFiles},
		{"listed, but not there", drop(bag.Certificate), BagFiles},
		{"content changed after it was listed", listed(bag.Certificate, func(m *member) { m.content = []byte("FINAL\n") }), BagFiles},
		{"there, but not listed", maker{listed: func(all []member) []member {
			return append(all, member{path: bag.Schema("payments"), content: []byte("{}")})
		}}, BagFiles},
		{"list malformed", listed(bag.Manifest, func(m *member) { m.content = append(m.content, '\n') }), BagFiles},
		{"tag manifest that lists itself twice", listed(bag.TagManifest, func(m *member) { m.content = append(m.content, m.content...) }), BagFiles},
		{"other BagIt", maker{listed: func(all []member) []member {
			return relist(edit(all, bag.Declaration, func(m *member) { m.content = []byte("BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n") }))
		}}, BagFiles},
		{"other Payload-Oxum", maker{listed: func(all []member) []member {
			return relist(edit(all, bag.Info, func(m *member) { m.content = []byte("x: y\nPayload-Oxum: 1.1\n") }))
		}}, BagFiles},
		{"other tag manifest stated", maker{statement: func(s *manifest.Statement) { s.Predicate.Bag.TagManifest[0]++ }}, BagDigest},

		{"commitments malformed", maker{members: func(all []member) []member {
			return edit(all, bag.Commitments, func(m *member) { m.content = []byte("{}\n") })
		}}, CommitmentsFormat},
		{"other seed", maker{members: func(all []member) []member {
			return edit(all, bag.Commitments, func(m *member) { m.content = bytes.Replace(m.content, []byte("AAEC"), []byte("AAED"), 1) })
		}}, RecordRoot},
		{"no envelope", maker{members: func(all []member) []member {
			return edit(all, bag.Order, func(m *member) { m.content = []byte("{}") })
		}}, OrderDiffers},
		{"another order", maker{members: func(all []member) []member {
			return edit(all, bag.Order, func(m *member) {
				m.content = (&sign.Envelope{Purpose: sign.ForOrder, Payload: []byte("another")}).Marshal()
			})
		}}, OrderDiffers},

		{"an approval that nobody announced", maker{members: withApproval(lift(t, sampleOrder))}, PayloadMember},
		{"an approval that is not there", maker{statement: announce(lift(t, sampleOrder))}, BagFiles},
		{"an approval for another order", maker{members: withApproval(lift(t, digest.Of(nil))), statement: announce(lift(t, digest.Of(nil)))}, ApprovalDiffers},
		{"an approval that is none", maker{members: withApproval([]byte("{}")), statement: announce([]byte("{}"))}, ApprovalDiffers},
		{"an approval in another's place", maker{members: func(all []member) []member {
			all = withApproval(lift(t, sampleOrder))(all)
			all[len(all)-1].content = append(all[len(all)-1].content, '\n')
			return all
		}, statement: announce(lift(t, sampleOrder))}, ApprovalDiffers},

		{"a record more", dataset(func(d *manifest.Dataset) { d.Records-- }), RecordCount},
		{"a record less", dataset(func(d *manifest.Dataset) { d.Records++ }), RecordCount},
		{"bytes differ", dataset(func(d *manifest.Dataset) { d.Bytes-- }), RecordCount},
		{"no records at all", maker{datasets: map[string][]string{}, statement: func(s *manifest.Statement) {
			d := &s.Predicate.Datasets[2]
			d.Records, d.Bytes, d.Root = 1, 3, digest.Of([]byte("x"))
		}}, RecordCount},
		{"root differs", dataset(func(d *manifest.Dataset) { d.Root[0]++ }), RecordRoot},
		{"records swapped", maker{members: func(all []member) []member {
			return edit(all, bag.Part("sign-ins", 0), func(m *member) { m.content = []byte(signIns(1, 2) + signIns(0, 1) + signIns(2, 100)) })
		}}, RecordRoot},
		{"a record changed", maker{members: func(all []member) []member {
			return edit(all, bag.Part("sign-ins", 0), func(m *member) { m.content = bytes.Replace(m.content, []byte("db8::5"), []byte("db8::6"), 1) })
		}}, RecordRoot},

		{"a field more", records(`"ip":`, `"device":"x","ip":`), RecordFields},
		{"a field more at the end", records(`Z"}}`, `Z"},"x":1}`), RecordFields},
		{"a field less", records(`"ip":"2001:db8::0",`, ``), RecordFields},
		{"a field called otherwise", records(`"ip":`, `"iq":`), RecordFields},
		{"fields in another order", records(`{"at":"2026-03-02T10:00:00Z","ip":"2001:db8::0"`, `{"ip":"2001:db8::0","at":"2026-03-02T10:00:00Z"`), RecordFields},
		{"white space", records(`,"ip"`, ` ,"ip"`), RecordFields},
		{"white space in a value", records(`"utc":`, `"utc": `), RecordForm},
		{"other spelling of a string", records(`db8::0`, `\u0064b8::0`), RecordForm},
		{"not UTF-8", records(`db8::0`, "db8\xff"), RecordForm},
		{"other spelling of a number", records(`"2001:db8::0"`, `1.0`), RecordForm},
		{"carriage return", records("\n", "\r\n"), RecordForm},
		{"empty line", records("\n", "\n\n"), RecordFields},
		{"last newline missing", maker{members: func(all []member) []member {
			return edit(all, bag.Part("sign-ins", 1), func(m *member) { m.content = bytes.TrimSuffix(m.content, []byte("\n")) })
		}}, RecordForm},
		{"empty part", maker{members: func(all []member) []member {
			return slices.Insert(all, 3, member{path: bag.Part("sign-ins", 2)})
		}}, RecordForm},
		{"records of a refused dataset", maker{members: func(all []member) []member {
			return slices.Insert(all, 1, member{path: bag.Part("messages", 0), content: []byte("{\"body\":\"x\"}\n")})
		}}, RecordCount},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := tt.m.make(t)
			parent := t.TempDir()
			v, err := Open(context.Background(), d, provider(t), identity(t), filepath.Join(parent, "out"), Options{Workers: 2})
			f, ok := errors.AsType[*Finding](err)
			if !ok || f.Code != tt.want || v != nil || !errors.Is(err, ErrVerify) {
				t.Errorf("Open = %v, want %s", err, tt.want)
			}
			empty(t, parent)
		})
	}
}

// relist writes the tag manifest again.
func relist(all []member) []member {
	var tags []bag.Entry
	for _, m := range all {
		if !strings.HasPrefix(m.path, bag.Data) && m.path != bag.TagManifest {
			tags = append(tags, bag.Entry{Path: m.path, SHA256: digest.Of(m.content)})
		}
	}
	return edit(all, bag.TagManifest, func(m *member) { m.content = bag.Marshal(tags) })
}

// Every code but these is reached above.
func TestEveryCodeIsFound(t *testing.T) {
	source := string(read(t, "open_test.go")) + string(read(t, "verify_test.go")) + string(read(t, "proof_test.go"))
	names := string(read(t, "bundle.go"))
	for _, c := range Codes() {
		i := strings.Index(names, fmt.Sprintf("= %q\n", c))
		name := strings.Fields(names[strings.LastIndexByte(names[:i], '\n'):i])[0]
		if !strings.Contains(source, ", "+name+"}") {
			t.Errorf("no test finds %s (%s)", c, name)
		}
	}
}

// A large delivery takes no more memory than what is in flight.
func TestOpenMemoryIsBounded(t *testing.T) {
	d := maker{datasets: map[string][]string{"sign-ins": {signIns(0, 300_000), signIns(300_000, 600_000)}}}.make(t)
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, peak, written := heap(), uint64(0), int64(0)
	o := Options{Workers: 2, Progress: func(n int64) { peak, written = max(peak, heap()), n }}
	if _, err := Open(t.Context(), d, provider(t), identity(t), filepath.Join(t.TempDir(), "out"), o); err != nil {
		t.Fatal(err)
	}
	if taken := int64(peak) - int64(before); written < 72<<20 || taken > 32<<20 {
		t.Errorf("opening %d bytes took %d of memory, want at most 32 MiB", written, taken)
	}
}

func BenchmarkOpen(b *testing.B) {
	d := maker{datasets: map[string][]string{"sign-ins": {signIns(0, 200_000)}}}.make(b)
	p, id := provider(b), identity(b)
	b.SetBytes(int64(len(signIns(0, 200_000))))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		dir := filepath.Join(b.TempDir(), fmt.Sprint(i))
		i++
		if _, err := Open(context.Background(), d, p, id, dir, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

// sampleOrder is the digest of the order that a [maker] makes up.
var sampleOrder = digest.Of([]byte(`{"id":"26-mj-0412","targets":["<ana@example.org>"]}`))

// lift is an approval for an order.
func lift(t testing.TB, order digest.Digest) []byte {
	t.Helper()
	issued := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	a, err := approval.New(approval.Approval{
		Order: order, Rule: "us.ceiling", Bound: "accounts", Ceiling: 100, Limit: 250, Reason: "a list of the operator's", IssuedAt: issued, ExpiresAt: issued.Add(24 * time.Hour),
	})
	if err == nil {
		err = a.Sign(signer(t, 2))
	}
	if err != nil {
		t.Fatal(err)
	}
	return a.Marshal()
}

func withApproval(envelope []byte) func([]member) []member {
	return func(all []member) []member {
		return append(all, member{path: bag.Approval(digest.Of(envelope)), content: envelope})
	}
}

func announce(envelope []byte) func(*manifest.Statement) {
	return func(s *manifest.Statement) { s.Predicate.Approvals = []digest.Digest{digest.Of(envelope)} }
}

// An approval stands beside the order, as the manifest announces it.
func TestOpenWithApproval(t *testing.T) {
	envelope := lift(t, sampleOrder)
	d := maker{members: withApproval(envelope), statement: announce(envelope)}.make(t)
	out := filepath.Join(t.TempDir(), "out")
	if _, err := Open(t.Context(), d, provider(t), identity(t), out, Options{}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(out, exportID, filepath.FromSlash(bag.Approval(digest.Of(envelope)))))
	if err != nil || !bytes.Equal(b, envelope) {
		t.Errorf("read %d bytes, %v", len(b), err)
	}
}
