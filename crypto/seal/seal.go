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

// Seal returns a writer that encrypts to dst for r, and for nobody else.
//
// The sealed file is complete only once Close has returned nil: a caller that
// drops the writer leaves dst truncated, and [Open] will say so.
func Seal(dst io.Writer, r Recipient) (io.WriteCloser, error) {
	if r.age == nil {
		return nil, fmt.Errorf("%w: there is none", ErrRecipient)
	}
	out := &output{w: dst}
	w, err := age.Encrypt(out, r.age)
	switch {
	case out.err != nil:
		return nil, out.err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrRecipient, err)
	}
	return w, nil
}

// output tells a write that went wrong from a recipient that did.
type output struct {
	w   io.Writer
	err error
}

func (o *output) Write(p []byte) (int, error) {
	n, err := o.w.Write(p)
	if err != nil {
		o.err = err
	}
	return n, err
}
