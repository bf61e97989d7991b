package seal

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"filippo.io/age"
	"filippo.io/age/plugin"
)

// A test binary called as age's plugin is one: it seals to an X25519 recipient
// that its data spells out.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "age-plugin-writtest" {
		p, err := plugin.New("writtest")
		if err != nil {
			panic(err)
		}
		p.HandleRecipient(func(data []byte) (age.Recipient, error) { return age.ParseX25519Recipient(string(data)) })
		p.HandleIdentity(func(data []byte) (age.Identity, error) { return age.ParseX25519Identity(string(data)) })
		os.Exit(p.Main())
	}
	os.Exit(m.Run())
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func text(t testing.TB, name string) string {
	t.Helper()
	return strings.TrimSuffix(string(read(t, name)), "\n")
}

func passphrase(s string) func() ([]byte, error) {
	return func() ([]byte, error) { return []byte(s), nil }
}

func identity(t testing.TB, name string) Identity {
	t.Helper()
	i, err := ParseIdentity(read(t, name), nil, SSH)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func sealed(t testing.TB, r Recipient, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := Seal(&b, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// What the age command made opens here, by both ways of reading.
func TestOpensWhatAgeMade(t *testing.T) {
	for _, kind := range []Kind{X25519, Hybrid, SSH} {
		file, i := read(t, "hello."+string(kind)+".age"), identity(t, string(kind)+".key")
		if i.Kind() != kind {
			t.Errorf("%s: identity of kind %s", kind, i.Kind())
		}
		r, err := Open(bytes.NewReader(file), i)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if got, err := io.ReadAll(r); err != nil || string(got) != "hello world\n" {
			t.Errorf("%s: Open gives %q, %v", kind, got, err)
		}
		at, n, err := OpenAt(bytes.NewReader(file), int64(len(file)), i)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if got, err := io.ReadAll(io.NewSectionReader(at, 0, n)); err != nil || string(got) != "hello world\n" {
			t.Errorf("%s: OpenAt gives %q, %v", kind, got, err)
		}
		if kinds, err := Inspect(bytes.NewReader(file)); err != nil || !slices.Equal(kinds, []Kind{kind}) {
			t.Errorf("%s: Inspect = %v, %v", kind, kinds, err)
		}
	}
}

func TestSealsForItsRecipientAlone(t *testing.T) {
	content := bytes.Repeat([]byte("evidence"), 20_000) // more than two chunks
	for _, kind := range []Kind{X25519, Hybrid, SSH} {
		to, err := ParseRecipient(text(t, string(kind)+".pub"), SSH)
		if err != nil {
			t.Fatal(err)
		}
		file := sealed(t, to, content)
		for _, by := range []Kind{X25519, Hybrid, SSH} {
			i, want := identity(t, string(by)+".key"), error(nil)
			if by != kind {
				want = ErrNotForYou
			}
			r, err := Open(bytes.NewReader(file), i)
			if !errors.Is(err, want) {
				t.Errorf("%s opens what is for %s: %v, want %v", by, kind, err, want)
			}
			if _, _, err := OpenAt(bytes.NewReader(file), int64(len(file)), i); !errors.Is(err, want) {
				t.Errorf("%s opens at what is for %s: %v, want %v", by, kind, err, want)
			}
			if err != nil {
				continue
			}
			if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%s: %d bytes, %v; want %d", kind, len(got), err, len(content))
			}
		}
	}
}

func TestDamageIsNamed(t *testing.T) {
	to, err := ParseRecipient(text(t, "x25519.pub"))
	if err != nil {
		t.Fatal(err)
	}
	content := bytes.Repeat([]byte("evidence"), 20_000)
	file := sealed(t, to, content)
	body := len(file) - (len(content) + 3*16) // where the first chunk begins
	for _, tt := range []struct {
		name string
		file []byte
		want error
	}{
		{"untouched", file, nil},
		{"empty", nil, ErrHeader},
		{"text", []byte("hello"), ErrHeader},
		{"header cut", file[:60], ErrHeader},
		{"header's MAC changed", letter(file, body-16-10), ErrSealed},
		{"stanza changed", letter(file, 40), ErrNotForYou},
		{"first chunk changed", flip(file, body), ErrSealed},
		{"second chunk changed", flip(file, body+70_000), ErrSealed},
		{"last byte changed", flip(file, len(file)-1), ErrSealed},
		{"cut in the nonce", file[:body-3], ErrSealed},
		{"cut before the first chunk", file[:body], ErrSealed},
		{"cut in a chunk", file[:len(file)-5], ErrSealed},
		{"cut between chunks", file[:body+2*(64<<10+16)], ErrSealed},
		{"bytes added", append(bytes.Clone(file), 0), ErrSealed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i := identity(t, "x25519.key")
			r, err := Open(bytes.NewReader(tt.file), i)
			if err == nil {
				_, err = io.Copy(io.Discard, r)
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("Open = %v, want %v", err, tt.want)
			}
			at, n, err := OpenAt(bytes.NewReader(tt.file), int64(len(tt.file)), i)
			if err == nil {
				_, err = io.Copy(io.Discard, io.NewSectionReader(at, 0, n))
			}
			if !errors.Is(err, tt.want) {
				t.Errorf("OpenAt = %v, want %v", err, tt.want)
			}
		})
	}
}

func flip(file []byte, at int) []byte {
	b := bytes.Clone(file)
	b[at] ^= 1
	return b
}

// letter changes one letter of the header's base64 into another.
func letter(file []byte, at int) []byte {
	b := bytes.Clone(file)
	if b[at] = 'A'; file[at] == 'A' {
		b[at] = 'B'
	}
	return b
}

// A disk that fails is not a file that somebody changed.
func TestSourceErrorsPassThrough(t *testing.T) {
	errDisk := errors.New("disk")
	file, i := read(t, "hello.x25519.age"), identity(t, "x25519.key")
	for _, n := range []int{0, 100, 190, len(file)} {
		r, err := Open(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(errDisk)), i)
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if !errors.Is(err, errDisk) || errors.Is(err, ErrSealed) || errors.Is(err, ErrHeader) {
			t.Errorf("failing after %d bytes: %v, want %v alone", n, err, errDisk)
		}
	}
	if _, err := Inspect(iotest.ErrReader(errDisk)); !errors.Is(err, errDisk) {
		t.Errorf("Inspect = %v, want %v", err, errDisk)
	}
	to, err := ParseRecipient(text(t, "x25519.pub"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Seal(brokenWriter{errDisk}, to); !errors.Is(err, errDisk) || errors.Is(err, ErrRecipient) {
		t.Errorf("Seal = %v, want %v alone", err, errDisk)
	}
}

type brokenWriter struct{ err error }

func (w brokenWriter) Write([]byte) (int, error) { return 0, w.err }

func TestZeroValuesRefuse(t *testing.T) {
	if _, err := Seal(io.Discard, Recipient{}); !errors.Is(err, ErrRecipient) {
		t.Errorf("Seal = %v, want %v", err, ErrRecipient)
	}
	if _, err := Open(strings.NewReader(""), Identity{}); !errors.Is(err, ErrIdentity) {
		t.Errorf("Open = %v, want %v", err, ErrIdentity)
	}
	if _, _, err := OpenAt(strings.NewReader(""), 0, Identity{}); !errors.Is(err, ErrIdentity) {
		t.Errorf("OpenAt = %v, want %v", err, ErrIdentity)
	}
	if _, _, err := OpenAt(strings.NewReader(""), -1, identity(t, "x25519.key")); !errors.Is(err, ErrSealed) {
		t.Errorf("OpenAt = %v, want %v", err, ErrSealed)
	}
}

func TestPluginIsStartedOnlyIfAllowed(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, "age-plugin-writtest")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	recipient := plugin.EncodeRecipient("writtest", []byte(text(t, "x25519.pub")))
	secret := strings.Split(text(t, "x25519.key"), "\n")[2]
	file := plugin.EncodeIdentity("writtest", []byte(secret))
	if _, err := ParseRecipient(recipient, SSH); !errors.Is(err, ErrKind) {
		t.Errorf("ParseRecipient = %v, want %v", err, ErrKind)
	}
	if _, err := ParseIdentity([]byte(file), nil, SSH); !errors.Is(err, ErrIdentity) {
		t.Errorf("ParseIdentity = %v, want %v", err, ErrIdentity)
	}
	to, err := ParseRecipient(recipient, Plugin)
	if err != nil {
		t.Fatal(err)
	}
	i, err := ParseIdentity([]byte(file), nil, Plugin)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Recipient(); !errors.Is(err, ErrIdentity) {
		t.Errorf("a plugin's identity tells its recipient: %v", err)
	}
	r, err := Open(bytes.NewReader(sealed(t, to, []byte("evidence"))), i)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(r); err != nil || string(got) != "evidence" {
		t.Errorf("read %q, %v", got, err)
	}
	t.Setenv("PATH", t.TempDir())
	if _, err := Seal(io.Discard, to); !errors.Is(err, ErrRecipient) {
		t.Errorf("Seal without the plugin = %v, want %v", err, ErrRecipient)
	}
	if _, err := Open(bytes.NewReader(read(t, "hello.x25519.age")), i); !errors.Is(err, ErrIdentity) {
		t.Errorf("Open without the plugin = %v, want %v", err, ErrIdentity)
	}
}

func BenchmarkSeal(b *testing.B) {
	r, content := identity(b, "x25519.key"), make([]byte, 16<<20)
	to, err := r.Recipient()
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		w, err := Seal(io.Discard, to)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.Write(content); err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	i, content := identity(b, "x25519.key"), make([]byte, 16<<20)
	to, err := i.Recipient()
	if err != nil {
		b.Fatal(err)
	}
	file := sealed(b, to, content)
	b.SetBytes(int64(len(content)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := Open(bytes.NewReader(file), i)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); n != int64(len(content)) || err != nil {
			b.Fatal(n, err)
		}
	}
}
