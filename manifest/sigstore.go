package manifest

import (
	"fmt"
	"time"

	"writ/crypto/sign"
	"writ/manifest/internal/form"
	"writ/manifest/internal/sigstore"
)

// Sign checks that the statement is complete, and returns it signed in a
// Sigstore bundle: canonical JSON with a final newline. Times are cut to the
// second, and put in UTC. What is longer than an entry of the ledger can be is
// refused with [ErrTooLarge]; see [Statement.Fits].
func Sign(s Statement, k sign.Signer) ([]byte, error) {
	s = s.clone()
	for _, t := range s.times() {
		*t = t.UTC().Truncate(time.Second)
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	payload, err := sigstore.Canonical(s)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	bundle, err := sigstore.Sign(payload, k)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrManifest, err)
	}
	b, err := bundle.Marshal()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(b) > MaxEntryBytes {
		return nil, tooLarge(len(b))
	}
	return b, nil
}

func tooLarge(n int) error {
	return fmt.Errorf("%w: %d bytes signed, and the limit is %d; ask the authority to split the order, by dataset", ErrTooLarge, n, MaxEntryBytes)
}

// longestSignature is in bytes: that of an RSA key of 4096 bits.
const longestSignature = 512

// Fits reports, with [ErrTooLarge], whether the statement could be too large to
// sign. It is for before the pull, when a statement is known but for its
// numbers, times and digests: those count with the most room that they can
// take, whatever they are.
func (s Statement) Fits() error {
	s = s.clone()
	longest := time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
	for _, t := range s.times() {
		*t = longest
	}
	e := &s.Predicate
	for i := range e.Datasets {
		d := &e.Datasets[i]
		d.Accounts, d.Redirected, d.Records, d.Bytes = form.MaxSafe, form.MaxSafe, form.MaxSafe, form.MaxSafe
	}
	e.Ciphertext.SizeBytes, e.Bag.PayloadBytes, e.Bag.PayloadFiles = form.MaxSafe, form.MaxSafe, form.MaxSafe
	s.Subject = Subjects(e.Ciphertext, e.Bag)
	payload, err := sigstore.Canonical(s)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	b, err := sigstore.Bundle{Payload: payload, Sig: make([]byte, longestSignature), Hint: longestHint}.Marshal()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(b) > MaxEntryBytes {
		return tooLarge(len(b))
	}
	return nil
}

// longestHint is as long as every hint: the base64 of 32 bytes.
const longestHint = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

// A Signed is a parsed Sigstore bundle with a statement of ours. Nothing in it is believed.
type Signed struct {
	statement Statement
	bundle    sigstore.Bundle
}

// Parse reads a Sigstore bundle strictly: a byte that differs from what [Sign]
// would write is refused, even where no signature covers it. Errors wrap ErrFormat.
func Parse(bundle []byte) (*Signed, error) {
	if len(bundle) > MaxBytes {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrFormat, len(bundle), MaxBytes)
	}
	b, err := sigstore.Parse(bundle)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return ParseBundle(b)
}

// ParseBundle is [Parse] for a bundle that has been parsed, and no longer than
// that allows.
func ParseBundle(b sigstore.Bundle) (*Signed, error) {
	out := &Signed{bundle: b}
	if err := out.statement.read(b.Payload, sigstore.Decode); err != nil {
		return nil, err
	}
	return out, nil
}

// read decodes the statement from the very bytes that were signed.
func (s *Statement) read(payload []byte, decode func([]byte, any) error) error {
	if err := decode(payload, s); err != nil {
		return fmt.Errorf("%w: statement: %w", ErrFormat, err)
	}
	return s.check()
}

// ReadShared reads what a bundle says, of which nothing is believed. It shares
// lists with other statements that were read so: it is to be read, and nothing
// of it changed.
func ReadShared(b sigstore.Bundle) (s Statement, err error) {
	err = s.read(b.Payload, sigstore.DecodeShared)
	return s, err
}

// Unverified returns a deep copy of what the statement says. Nothing of it is
// believed: it is for finding one's own files again.
func (s *Signed) Unverified() Statement { return s.statement.clone() }
