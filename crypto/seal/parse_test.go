package seal

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
)

func TestParseRecipient(t *testing.T) {
	x, h, s := text(t, "x25519.pub"), text(t, "hybrid.pub"), text(t, "ssh.pub")
	for _, tt := range []struct {
		name    string
		text    string
		allowed []Kind
		want    error
	}{
		{"x25519", x, nil, nil},
		{"hybrid", h, nil, nil},
		{"ssh", s, nil, ErrKind},
		{"ssh where plugins are allowed", s, []Kind{Plugin}, ErrKind},
		{"ssh where it is allowed", s, []Kind{SSH}, nil},
		{"ssh with a comment", s + " agency", []Kind{SSH}, ErrRecipient},
		{"ssh with options", "no-pty " + s, []Kind{SSH}, ErrRecipient},
		{"plugin", "age1yubikey1qwt50d05nh5vutpdzmlg5wn80xq5negm4uj9ghv0snvdd3yysf5yw3rhl3t", nil, ErrKind},
		{"plugin that is misspelt", "age1yubikey1qqq", []Kind{Plugin}, ErrRecipient},
		{"capitals", strings.ToUpper(x), nil, ErrRecipient},
		{"a letter changed", strings.Replace(x, "w", "q", 1), nil, ErrRecipient},
		{"a hybrid's letter changed", strings.Replace(h, "w", "q", 1), nil, ErrRecipient},
		{"space", x + " ", nil, ErrRecipient},
		{"two", x + "\n" + x, nil, ErrRecipient},
		{"nothing", "", nil, ErrRecipient},
		{"too long", h + strings.Repeat("q", MaxRecipientBytes), nil, ErrRecipient},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := ParseRecipient(tt.text, tt.allowed...)
			if !errors.Is(err, tt.want) {
				t.Fatalf("ParseRecipient = %v, want %v", err, tt.want)
			}
			if err == nil && r.String() != tt.text {
				t.Errorf("String = %q", r)
			}
		})
	}
}

// A secret pasted in the place of a recipient is not repeated in the error.
func TestSecretsAreNotRepeated(t *testing.T) {
	secret := strings.Split(text(t, "x25519.key"), "\n")[2]
	for _, s := range []string{secret, "age1" + secret, secret[:40]} {
		if _, err := ParseRecipient(s); err == nil || strings.Contains(err.Error(), secret[20:30]) {
			t.Errorf("ParseRecipient: %v", err)
		}
		if _, err := ParseIdentity([]byte(s+"QQ"), nil); err == nil || strings.Contains(err.Error(), secret[20:30]) {
			t.Errorf("ParseIdentity: %v", err)
		}
	}
}

func TestParseIdentity(t *testing.T) {
	x := read(t, "x25519.key")
	var cheap bytes.Buffer // encrypted, with little work
	scrypt, err := age.NewScryptRecipient("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	scrypt.SetWorkFactor(2)
	w, err := age.Encrypt(&cheap, scrypt)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(x); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	costly := bytes.Replace(cheap.Bytes(), []byte(" 2\n"), []byte(" 21\n"), 1)
	for _, tt := range []struct {
		name       string
		file       []byte
		passphrase func() ([]byte, error)
		allowed    []Kind
		want       error
	}{
		{"x25519", x, nil, nil, nil},
		{"hybrid", read(t, "hybrid.key"), nil, nil, nil},
		{"with CRLF", bytes.ReplaceAll(x, []byte("\n"), []byte("\r\n")), nil, nil, nil},
		{"encrypted", cheap.Bytes(), passphrase("correct horse"), nil, nil},
		{"encrypted and armored by age", read(t, "x25519-locked-armored.key"), passphrase("correct horse"), nil, nil},
		{"wrong passphrase", cheap.Bytes(), passphrase("horse"), nil, ErrPassword},
		{"empty passphrase", cheap.Bytes(), passphrase(""), nil, ErrPassword},
		{"nobody to ask", cheap.Bytes(), nil, nil, ErrPassword},
		{"asking goes wrong", cheap.Bytes(), func() ([]byte, error) { return nil, errors.New("no terminal") }, nil, ErrPassword},
		{"cut", cheap.Bytes()[:cheap.Len()-1], passphrase("correct horse"), nil, ErrIdentity},
		{"asks for too much work", costly, passphrase("correct horse"), nil, ErrIdentity},
		{"damaged armor", read(t, "x25519-locked-armored.key")[:200], passphrase("correct horse"), nil, ErrIdentity},
		{"sealed to a recipient", read(t, "hello.x25519.age"), passphrase("correct horse"), nil, ErrIdentity},
		{"two", append(bytes.Clone(x), x...), nil, nil, ErrIdentity},
		{"none", []byte("# created: today\n\n"), nil, nil, ErrIdentity},
		{"a recipient", read(t, "x25519.pub"), nil, nil, ErrIdentity},
		{"a letter changed", bytes.Replace(x, []byte("Q"), []byte("P"), 1), nil, nil, ErrIdentity},
		{"ssh", read(t, "ssh.key"), nil, nil, ErrIdentity},
		{"ssh where it is allowed", read(t, "ssh.key"), nil, []Kind{SSH}, nil},
		{"ssh with a passphrase", read(t, "ssh-locked.key"), passphrase("correct horse"), []Kind{SSH}, nil},
		{"ssh with the wrong one", read(t, "ssh-locked.key"), passphrase("horse"), []Kind{SSH}, ErrPassword},
		{"ssh with nobody to ask", read(t, "ssh-locked.key"), nil, []Kind{SSH}, ErrPassword},
		{"ssh with another public half", read(t, "ssh-halves.key"), nil, []Kind{SSH}, ErrIdentity},
		{"PEM that is not ssh", []byte("-----BEGIN KEY-----\n"), nil, []Kind{SSH}, ErrIdentity},
		{"a plugin", []byte("AGE-PLUGIN-YUBIKEY-1QQQ"), nil, []Kind{Plugin}, ErrIdentity},
		{"too large", make([]byte, MaxIdentityBytes+1), nil, nil, ErrIdentity},
	} {
		t.Run(tt.name, func(t *testing.T) {
			i, err := ParseIdentity(tt.file, tt.passphrase, tt.allowed...)
			if !errors.Is(err, tt.want) {
				t.Fatalf("ParseIdentity = %v, want %v", err, tt.want)
			}
			if err != nil {
				return
			}
			if _, err := i.Recipient(); err != nil {
				t.Errorf("Recipient: %v", err)
			}
		})
	}
	if i := identity(t, "x25519.key"); i.recipient != text(t, "x25519.pub") {
		t.Errorf("recipient %s, want age-keygen's", i.recipient)
	}
}

// What Generate writes is what the age command reads: its parser, its comments.
func TestGenerate(t *testing.T) {
	for _, kind := range []Kind{X25519, Hybrid} {
		file, r, err := Generate(kind, nil)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(file), "\n")
		if len(lines) != 4 || !strings.HasPrefix(lines[0], "# created: 2") || lines[1] != "# public key: "+r.String() || lines[3] != "" {
			t.Errorf("%s: not in age-keygen's form: %q", kind, lines[:1])
		}
		if ids, err := age.ParseIdentities(bytes.NewReader(file)); err != nil || len(ids) != 1 {
			t.Errorf("%s: age reads %d identities, %v", kind, len(ids), err)
		}
		i, err := ParseIdentity(file, nil)
		if err != nil || i.Kind() != kind || r.Kind() != kind || i.recipient != r.String() {
			t.Errorf("%s: reads back as %s, %v", kind, i.Kind(), err)
		}
		if back, err := ParseRecipient(r.String()); err != nil || back.Kind() != kind {
			t.Errorf("%s: recipient reads back as %s, %v", kind, back.Kind(), err)
		}
	}
	for _, kind := range []Kind{"", SSH, Plugin} {
		if _, _, err := Generate(kind, nil); !errors.Is(err, ErrKind) {
			t.Errorf("Generate(%q) = %v, want %v", kind, err, ErrKind)
		}
	}
}

func TestGenerateWithPassphrase(t *testing.T) {
	file, r, err := Generate(X25519, []byte("correct horse"))
	if err != nil {
		t.Fatal(err)
	}
	if !Encrypted(file) || bytes.Contains(file, []byte("AGE-SECRET")) {
		t.Fatalf("not encrypted: %.80s", file)
	}
	scrypt, err := age.NewScryptIdentity("correct horse")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := age.Decrypt(armor.NewReader(bytes.NewReader(file)), scrypt)
	if err != nil {
		t.Fatal(err)
	}
	inside, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	if i, err := ParseIdentity(inside, nil); err != nil || i.recipient != r.String() {
		t.Errorf("holds %s, %v; want %s", i.recipient, err, r)
	}
}

func TestInspect(t *testing.T) {
	stanza := func(types ...string) []byte {
		b := []byte("age-encryption.org/v1\n")
		for _, s := range types {
			b = append(b, "-> "+s+" a\nAAAA\n"...)
		}
		return append(b, "--- "+strings.Repeat("A", 43)+"\n"...)
	}
	for _, tt := range []struct {
		name string
		file []byte
		want []Kind
		err  error
	}{
		{"two", stanza("X25519", "mlkem768x25519"), []Kind{X25519, Hybrid}, nil},
		{"ssh", stanza("ssh-rsa", "ssh-ed25519"), []Kind{SSH, SSH}, nil},
		{"grease is a recipient", stanza("X25519", "q7-grease"), []Kind{X25519, Plugin}, nil},
		{"a passphrase is none of ours", stanza("scrypt"), []Kind{Plugin}, nil},
		{"unknown", stanza("piv-p256"), []Kind{Plugin}, nil},
		{"case matters", stanza("x25519"), []Kind{Plugin}, nil},
		{"no stanza", stanza(), nil, ErrHeader},
		{"not age", []byte("x"), nil, ErrHeader},
	} {
		kinds, err := Inspect(bytes.NewReader(tt.file))
		if !errors.Is(err, tt.err) || !slices.Equal(kinds, tt.want) {
			t.Errorf("%s: Inspect = %v, %v; want %v, %v", tt.name, kinds, err, tt.want, tt.err)
		}
	}
}

func seeds(f *testing.F, patterns ...string) {
	n := 0
	for _, p := range patterns {
		names, err := filepath.Glob(filepath.Join("testdata", p))
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			f.Add(read(f, filepath.Base(name)))
			n++
		}
	}
	if n == 0 {
		f.Fatal("no seeds in testdata") // an empty corpus must not pass
	}
}

func FuzzParseRecipient(f *testing.F) {
	seeds(f, "*.pub")
	f.Fuzz(func(t *testing.T, b []byte) {
		s := strings.TrimSuffix(string(b), "\n")
		r, err := ParseRecipient(s, SSH, Plugin)
		if err != nil {
			if r.Kind() != "" || r.String() != "" {
				t.Fatalf("a recipient came with the error %v", err)
			}
			return
		}
		if back, err := ParseRecipient(r.String(), r.Kind()); err != nil || back.String() != s || back.Kind() != r.Kind() {
			t.Fatalf("does not round-trip: %v", err)
		}
	})
}

// Without a passphrase: deriving keys is not the parser's work.
func FuzzParseIdentity(f *testing.F) {
	seeds(f, "*.key")
	f.Fuzz(func(t *testing.T, file []byte) {
		i, err := ParseIdentity(file, nil, SSH, Plugin)
		if err != nil || i.Kind() == Plugin {
			return
		}
		r, err := i.Recipient()
		if err != nil {
			t.Fatalf("an accepted identity has no recipient: %v", err)
		}
		p, err := Open(bytes.NewReader(sealed(t, r, []byte("x"))), i)
		if err != nil {
			t.Fatalf("an accepted identity does not open what is for it: %v", err)
		}
		if got, err := io.ReadAll(p); err != nil || string(got) != "x" {
			t.Fatalf("opens to %q, %v", got, err)
		}
	})
}

// Inspect and Open agree on what an age file is, and nothing opens that is not
// for one of the recipients that Inspect lists.
func FuzzInspect(f *testing.F) {
	seeds(f, "*.age", "x25519-locked.key")
	f.Fuzz(func(t *testing.T, file []byte) {
		kinds, err := Inspect(bytes.NewReader(file))
		_, openErr := Open(bytes.NewReader(file), identity(t, "x25519.key"))
		if errors.Is(err, ErrHeader) != errors.Is(openErr, ErrHeader) {
			t.Fatalf("Inspect says %v, Open %v", err, openErr)
		}
		if openErr == nil && !slices.Contains(kinds, X25519) {
			t.Fatalf("opened, but lists only %v", kinds)
		}
	})
}

// What opens as a stream opens the same from a file, and only what nobody changed opens.
func FuzzOpenAt(f *testing.F) {
	seeds(f, "*.age")
	r, err := ParseRecipient(text(f, "x25519.pub"))
	if err != nil {
		f.Fatal(err)
	}
	whole := sealed(f, r, []byte("the very text"))
	f.Add(whole)
	f.Fuzz(func(t *testing.T, file []byte) {
		id := identity(t, "x25519.key")
		var stream, at []byte
		r, streamErr := Open(bytes.NewReader(file), id)
		if streamErr == nil {
			stream, streamErr = io.ReadAll(r)
		}
		ra, size, atErr := OpenAt(bytes.NewReader(file), int64(len(file)), id)
		if atErr == nil {
			at, atErr = io.ReadAll(io.NewSectionReader(ra, 0, size))
		}
		if (streamErr == nil) != (atErr == nil) || streamErr == nil && !bytes.Equal(stream, at) {
			t.Fatalf("Open = %d bytes, %v; OpenAt = %d bytes, %v", len(stream), streamErr, len(at), atErr)
		}
		if bytes.HasPrefix(file, whole[:100]) && streamErr == nil && !bytes.Equal(file, whole) {
			t.Fatal("opened something else than was sealed")
		}
	})
}
