package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
)

// Open returns the plaintext of src. Bytes that it hands out are authentic, but
// only an io.EOF says that none are missing.
func Open(src io.Reader, i Identity) (io.Reader, error) {
	if i.age == nil {
		return nil, fmt.Errorf("%w: there is none", ErrIdentity)
	}
	in := input{src}
	// The header is parsed by itself first, to tell a file that is not age's
	// from one that is damaged; what was read is read again.
	var head bytes.Buffer
	if _, err := age.ExtractHeader(io.TeeReader(in, &head)); err != nil {
		return nil, named(err, ErrHeader)
	}
	r, err := age.Decrypt(io.MultiReader(&head, in), i.age)
	if err != nil {
		return nil, i.named(err)
	}
	return plain{r}, nil
}

// OpenAt is [Open] for random access; it also returns the plaintext's size,
// which is authentic once it returns.
func OpenAt(src io.ReaderAt, size int64, i Identity) (io.ReaderAt, int64, error) {
	if i.age == nil {
		return nil, 0, fmt.Errorf("%w: there is none", ErrIdentity)
	}
	if size < 0 {
		return nil, 0, fmt.Errorf("%w: a size of %d bytes", ErrSealed, size)
	}
	in := inputAt{src}
	if _, err := age.ExtractHeader(io.NewSectionReader(in, 0, size)); err != nil {
		return nil, 0, named(err, ErrHeader)
	}
	r, n, err := age.DecryptReaderAt(in, size, i.age)
	if err != nil {
		return nil, 0, i.named(err)
	}
	return plainAt{r}, n, nil
}

// Inspect returns the kind of each recipient in a sealed file's header, without
// any key. An unknown stanza type counts as [Plugin], a
// "grease" one too: writ writes none, and a recipient could hide under such a name.
func Inspect(src io.Reader) ([]Kind, error) {
	types, err := stanzaTypes(src)
	if err != nil {
		return nil, err
	}
	kinds := make([]Kind, 0, len(types))
	for _, t := range types {
		switch {
		case t == "X25519":
			kinds = append(kinds, X25519)
		case t == "mlkem768x25519":
			kinds = append(kinds, Hybrid)
		case t == "ssh-rsa", t == "ssh-ed25519":
			kinds = append(kinds, SSH)
		default:
			kinds = append(kinds, Plugin)
		}
	}
	return kinds, nil
}

// stanzaTypes returns the type of each recipient stanza, as the header has it.
func stanzaTypes(src io.Reader) ([]string, error) {
	header, err := age.ExtractHeader(input{src})
	if err != nil {
		return nil, named(err, ErrHeader)
	}
	_, err = age.DecryptHeader(header, nobody{})
	if noMatch := (*age.NoIdentityMatchError)(nil); errors.As(err, &noMatch) {
		return noMatch.StanzaTypes, nil
	}
	return nil, named(err, ErrHeader)
}

// nobody is an identity that no stanza is for: asking age to open a file for it
// lists the stanzas.
type nobody struct{}

func (nobody) Unwrap([]*age.Stanza) ([]byte, error) { return nil, age.ErrIncorrectIdentity }

// named returns err under the name of its kind, or the source's own error if
// reading it was what went wrong. age's words are left out where they would
// repeat the file's bytes.
func named(err, kind error) error {
	if read := (*readError)(nil); errors.As(err, &read) {
		return fmt.Errorf("reading the sealed file: %w", read.err)
	}
	return kind
}

func (i Identity) named(err error) error {
	if noMatch := (*age.NoIdentityMatchError)(nil); errors.As(err, &noMatch) {
		return ErrNotForYou
	}
	if i.kind == Plugin {
		return fmt.Errorf("%w: %w", ErrIdentity, err)
	}
	return named(err, ErrSealed)
}

// A readError marks what the source itself reported, so that a disk that fails
// is not taken for a file that was tampered with.
type readError struct{ err error }

func (e *readError) Error() string { return e.err.Error() }
func (e *readError) Unwrap() error { return e.err }

func mark(err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return &readError{err}
}

type input struct{ r io.Reader }

func (in input) Read(p []byte) (int, error) {
	n, err := in.r.Read(p)
	return n, mark(err)
}

type inputAt struct{ r io.ReaderAt }

func (in inputAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := in.r.ReadAt(p, off)
	return n, mark(err)
}

type plain struct{ r io.Reader }

func (p plain) Read(b []byte) (int, error) {
	n, err := p.r.Read(b)
	if err != nil && err != io.EOF {
		err = named(err, ErrSealed)
	}
	return n, err
}

type plainAt struct{ r io.ReaderAt }

func (p plainAt) ReadAt(b []byte, off int64) (int, error) {
	n, err := p.r.ReadAt(b, off)
	if err != nil && err != io.EOF {
		err = named(err, ErrSealed)
	}
	return n, err
}
