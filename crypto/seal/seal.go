// Package seal encrypts a bundle to its one recipient and opens it again, with
// age (https://age-encryption.org/v1). It never touches a disk or a terminal.
package seal

import (
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// A Kind is a kind of recipient, by the stanza that it leaves in the header.
type Kind string

// The kinds of recipients. SSH and plugin recipients must be allowed by name.
const (
	X25519 Kind = "x25519" // stanza "X25519"
	Hybrid Kind = "hybrid" // stanza "mlkem768x25519": post-quantum
	SSH    Kind = "ssh"    // stanzas "ssh-rsa", "ssh-ed25519"
	Plugin Kind = "plugin" // whatever the plugin writes
)

// Why sealing or opening fails.
var (
	ErrRecipient = errors.New("recipient unusable")
	ErrKind      = fmt.Errorf("%w: kind not allowed", ErrRecipient)
	ErrIdentity  = errors.New("identity unusable")
	ErrPassword  = fmt.Errorf("%w: passphrase wrong or missing", ErrIdentity)
	ErrHeader    = errors.New("not an age file")
	ErrNotForYou = errors.New("not encrypted to this identity")
	ErrSealed    = errors.New("ciphertext damaged or truncated")
)

// A Recipient is one to whom a bundle can be encrypted.
type Recipient struct {
	kind Kind
	text string
	age  age.Recipient
}

// ParseRecipient reads one recipient in its text form. X25519 and hybrid ones
// are always accepted, the other kinds only if allowed names them.
func ParseRecipient(s string, allowed ...Kind) (Recipient, error) { panic("unwritten") }

// Kind returns the recipient's kind.
func (r Recipient) Kind() Kind { return r.kind }

// String returns the text form.
func (r Recipient) String() string { return r.text }

// An Identity opens what was sealed to its recipient.
type Identity struct {
	kind Kind
	age  age.Identity
}

// Kind returns the kind of the identity's recipient.
func (i Identity) Kind() Kind { return i.kind }

// ParseIdentity reads an age identity file that holds exactly one identity. If
// the file is itself encrypted with a passphrase, it asks passphrase for it.
func ParseIdentity(file []byte, passphrase func() ([]byte, error)) (Identity, error) {
	panic("unwritten")
}

// Generate makes an identity of kind k (X25519 or Hybrid): the identity file,
// encrypted under passphrase unless that is empty, and the recipient.
func Generate(k Kind, passphrase []byte) (file []byte, r Recipient, err error) { panic("unwritten") }

// Seal returns a writer that encrypts to dst for r, and for nobody else.
//
// The sealed file is complete only once Close has returned nil: a caller that
// drops the writer leaves dst truncated, and [Open] will say so.
func Seal(dst io.Writer, r Recipient) (io.WriteCloser, error) { panic("unwritten") }

// Open returns the plaintext of src. Bytes that it hands out are authentic, but
// only an io.EOF says that none are missing.
func Open(src io.Reader, i Identity) (io.Reader, error) { panic("unwritten") }

// OpenAt is [Open] for random access; it also returns the plaintext's size,
// which is authentic once it returns.
func OpenAt(src io.ReaderAt, size int64, i Identity) (io.ReaderAt, int64, error) {
	panic("unwritten")
}

// Inspect returns the kind of each recipient in a sealed file's header, without
// any key. An unknown stanza type counts as [Plugin]; age's random "grease" stanzas are left out.
func Inspect(src io.Reader) ([]Kind, error) { panic("unwritten") }
