package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"time"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// MaxIdentityBytes bounds an identity file, encrypted or not: 64 KiB.
const MaxIdentityBytes = 64 << 10

// maxWorkFactor bounds the work that an encrypted identity file may ask for, as
// a power of two: 4 times that of the age command.
const maxWorkFactor = 20

// An Identity opens what was sealed to its recipient.
type Identity struct {
	kind      Kind
	recipient string // "" of a plugin, which keeps it to itself
	age       age.Identity
}

// Kind returns the kind of the identity's recipient.
func (i Identity) Kind() Kind { return i.kind }

// Recipient returns the public half. A plugin's identity does not tell it.
func (i Identity) Recipient() (Recipient, error) {
	if i.recipient == "" {
		return Recipient{}, fmt.Errorf("%w: this identity does not tell its recipient", ErrIdentity)
	}
	return ParseRecipient(i.recipient, i.kind)
}

// Encrypted reports whether an identity file is itself an age file, armored or
// not, for which [ParseIdentity] will ask the passphrase.
func Encrypted(file []byte) bool {
	return bytes.HasPrefix(file, []byte("age-encryption.org/")) || bytes.HasPrefix(file, []byte(armor.Header))
}

// ParseIdentity reads an age identity file that holds exactly one identity. If
// the file is itself encrypted with a passphrase, it asks passphrase for it.
// SSH private keys and plugin identities are read only if allowed names them.
func ParseIdentity(file []byte, passphrase func() ([]byte, error), allowed ...Kind) (Identity, error) {
	if len(file) > MaxIdentityBytes {
		return Identity{}, fmt.Errorf("%w: %d bytes, limit is %d", ErrIdentity, len(file), MaxIdentityBytes)
	}
	if Encrypted(file) {
		plain, err := decryptIdentity(file, passphrase)
		if err != nil {
			return Identity{}, err
		}
		file = plain
	} else if bytes.HasPrefix(file, []byte("-----BEGIN")) {
		if err := allow(SSH, allowed); err != nil {
			return Identity{}, fmt.Errorf("%w: %w", ErrIdentity, err)
		}
		i, recipient, err := parseSSHIdentity(file, passphrase)
		if err != nil {
			return Identity{}, err
		}
		return Identity{kind: SSH, recipient: recipient, age: i}, nil
	}
	line, err := onlyLine(file)
	if err != nil {
		return Identity{}, err
	}
	return parseLine(line, allowed)
}

// onlyLine returns the file's one line that is neither empty nor a comment.
func onlyLine(file []byte) (string, error) {
	var found string
	for line := range strings.Lines(string(file)) {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case found != "":
			return "", fmt.Errorf("%w: the file holds more than one; keep one a file", ErrIdentity)
		default:
			found = line
		}
	}
	if found == "" {
		return "", fmt.Errorf("%w: the file holds none", ErrIdentity)
	}
	return found, nil
}

// parseLine reads one identity. Its errors never repeat the line, which is secret.
func parseLine(line string, allowed []Kind) (Identity, error) {
	switch {
	case strings.HasPrefix(line, "AGE-SECRET-KEY-PQ-1"):
		if i, err := age.ParseHybridIdentity(line); err == nil {
			return Identity{kind: Hybrid, recipient: i.Recipient().String(), age: i}, nil
		}
	case strings.HasPrefix(line, "AGE-SECRET-KEY-1"):
		if i, err := age.ParseX25519Identity(line); err == nil {
			return Identity{kind: X25519, recipient: i.Recipient().String(), age: i}, nil
		}
	case strings.HasPrefix(line, "AGE-PLUGIN-"):
		if err := allow(Plugin, allowed); err != nil {
			return Identity{}, fmt.Errorf("%w: %w", ErrIdentity, err)
		}
		if i, err := parsePluginIdentity(line); err == nil {
			return Identity{kind: Plugin, age: i}, nil
		}
	case strings.HasPrefix(line, "age1"):
		return Identity{}, fmt.Errorf("%w: this is a public recipient; give the secret identity", ErrIdentity)
	}
	return Identity{}, fmt.Errorf("%w: not a well-formed age identity", ErrIdentity)
}

// decryptIdentity opens a file that the age command wrote with a passphrase.
func decryptIdentity(file []byte, passphrase func() ([]byte, error)) ([]byte, error) {
	if bytes.HasPrefix(file, []byte(armor.Header)) {
		plain, err := io.ReadAll(armor.NewReader(bytes.NewReader(file)))
		if err != nil {
			return nil, fmt.Errorf("%w: damaged armor", ErrIdentity)
		}
		file = plain
	}
	if types, err := stanzaTypes(bytes.NewReader(file)); err != nil || len(types) != 1 || types[0] != "scrypt" {
		return nil, fmt.Errorf("%w: an age file, but not one with a passphrase", ErrIdentity)
	}
	given, err := ask(passphrase)
	if err != nil {
		return nil, err
	}
	id, err := age.NewScryptIdentity(string(given))
	if err != nil {
		return nil, ErrPassword
	}
	id.SetMaxWorkFactor(maxWorkFactor)
	defer debug.FreeOSMemory() // age's scrypt takes 256 MiB, which shall not stay
	r, err := age.Decrypt(bytes.NewReader(file), id)
	if noMatch := (*age.NoIdentityMatchError)(nil); errors.As(err, &noMatch) {
		return nil, ErrPassword
	} else if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrIdentity, err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrIdentity, ErrSealed)
	}
	return plain, nil
}

func ask(passphrase func() ([]byte, error)) ([]byte, error) {
	if passphrase == nil {
		return nil, fmt.Errorf("%w: the identity is encrypted", ErrPassword)
	}
	given, err := passphrase()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPassword, err)
	}
	return given, nil
}

// Generate makes an identity of kind k (X25519 or Hybrid): the identity file,
// encrypted under passphrase unless that is empty, and the recipient. The file
// is one that the age command reads, armored if it is encrypted.
func Generate(k Kind, passphrase []byte) (file []byte, r Recipient, err error) {
	var secret fmt.Stringer
	switch k {
	case X25519:
		i, err := age.GenerateX25519Identity()
		if err != nil {
			return nil, Recipient{}, fmt.Errorf("%w: %w", ErrIdentity, err)
		}
		secret, r = i, Recipient{kind: k, text: i.Recipient().String(), age: i.Recipient()}
	case Hybrid:
		i, err := age.GenerateHybridIdentity()
		if err != nil {
			return nil, Recipient{}, fmt.Errorf("%w: %w", ErrIdentity, err)
		}
		secret, r = i, Recipient{kind: k, text: i.Recipient().String(), age: i.Recipient()}
	default:
		return nil, Recipient{}, fmt.Errorf("%w: %q is not made here, want %s or %s", ErrKind, k, X25519, Hybrid)
	}
	var plain bytes.Buffer
	fmt.Fprintf(&plain, "# created: %s\n# public key: %s\n%s\n", time.Now().UTC().Format(time.RFC3339), r, secret)
	if len(passphrase) == 0 {
		return plain.Bytes(), r, nil
	}
	file, err = encryptIdentity(plain.Bytes(), passphrase)
	return file, r, err
}

func encryptIdentity(plain, passphrase []byte) ([]byte, error) {
	to, err := age.NewScryptRecipient(string(passphrase))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPassword, err)
	}
	var file bytes.Buffer
	armored := armor.NewWriter(&file)
	w, err := age.Encrypt(armored, to)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrIdentity, err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrIdentity, err)
	}
	if err := errors.Join(w.Close(), armored.Close()); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrIdentity, err)
	}
	return file.Bytes(), nil
}
