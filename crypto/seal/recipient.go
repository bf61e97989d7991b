package seal

import (
	"fmt"
	"slices"
	"strings"

	"filippo.io/age"
)

// MaxRecipientBytes bounds a recipient's text: 8 KiB.
const MaxRecipientBytes = 8 << 10

// A Recipient is one to whom a bundle can be encrypted.
type Recipient struct {
	kind Kind
	text string
	age  age.Recipient
}

// ParseRecipient reads one recipient in its text form. X25519 and hybrid ones
// are always accepted, the other kinds only if allowed names them. A recipient
// has one text form: no comment, no space around it.
func ParseRecipient(s string, allowed ...Kind) (Recipient, error) {
	if len(s) > MaxRecipientBytes {
		return Recipient{}, fmt.Errorf("%w: %d bytes, limit is %d", ErrRecipient, len(s), MaxRecipientBytes)
	}
	kind, err := kindOf(s)
	if err != nil {
		return Recipient{}, err
	}
	if err := allow(kind, allowed); err != nil {
		return Recipient{}, err
	}
	r, text := age.Recipient(nil), s
	switch kind {
	case X25519:
		var x *age.X25519Recipient
		if x, err = age.ParseX25519Recipient(s); err == nil {
			r, text = x, x.String()
		}
	case Hybrid:
		var h *age.HybridRecipient
		if h, err = age.ParseHybridRecipient(s); err == nil {
			r, text = h, h.String()
		}
	case SSH:
		r, text, err = parseSSHRecipient(s)
	case Plugin:
		r, err = parsePluginRecipient(s)
	}
	switch {
	case err != nil:
		// age's own words may repeat the text, which may be a secret key pasted
		// into the wrong place.
		return Recipient{}, fmt.Errorf("%w: not a well-formed %s recipient", ErrRecipient, kind)
	case text != s:
		return Recipient{}, fmt.Errorf("%w: a %s recipient stands without comment or space", ErrRecipient, kind)
	}
	return Recipient{kind: kind, text: text, age: r}, nil
}

// kindOf tells a recipient's kind by its first letters, as the age command does.
func kindOf(s string) (Kind, error) {
	switch {
	case strings.HasPrefix(s, "age1pq1"):
		return Hybrid, nil
	case strings.HasPrefix(s, "age1") && strings.Count(s, "1") > 1:
		return Plugin, nil
	case strings.HasPrefix(s, "age1"):
		return X25519, nil
	case strings.HasPrefix(s, "ssh-"):
		return SSH, nil
	case strings.HasPrefix(s, "AGE-"):
		return "", fmt.Errorf("%w: this is a secret identity; give its public half, and replace the identity if others saw it", ErrRecipient)
	}
	return "", fmt.Errorf("%w: want one that begins with age1", ErrRecipient)
}

func allow(k Kind, allowed []Kind) error {
	if k == X25519 || k == Hybrid || slices.Contains(allowed, k) {
		return nil
	}
	return fmt.Errorf("%w: %s; use an x25519 or hybrid one, or allow the kind in the registry", ErrKind, k)
}

// Kind returns the recipient's kind.
func (r Recipient) Kind() Kind { return r.kind }

// String returns the text form.
func (r Recipient) String() string { return r.text }
