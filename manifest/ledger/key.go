package ledger

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A Key signs checkpoints. Its name is the ledger's origin.
//
// Keep it apart from the key that signs manifests: who holds both can answer
// an order and hide it.
type Key struct {
	signer   note.Signer
	verifier note.Verifier
	public   string
	text     string
}

// NewKey makes the key (Ed25519) of a new ledger. The origin should be where
// the ledger will be served, without scheme: "example.com/ledger".
func NewKey(origin string) (*Key, error) {
	if err := checkOrigin(origin); err != nil {
		return nil, err
	}
	text, _, err := note.GenerateKey(rand.Reader, origin)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return ParseKey(text)
}

// ParseKey reads what [Key.Private] wrote.
func ParseKey(private string) (*Key, error) {
	signer, err := note.NewSigner(private)
	if err != nil {
		// Not the cause: it could quote the key.
		return nil, fmt.Errorf("%w: want a note signer key, PRIVATE+KEY+origin+…", ErrKey)
	}
	if err := checkOrigin(signer.Name()); err != nil {
		return nil, err
	}
	// note.NewSigner has checked all of this but the encoding's canonicity.
	encoded := strings.SplitN(private, "+", 5)[4]
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || len(raw) != 1+ed25519.SeedSize || base64.StdEncoding.EncodeToString(raw) != encoded {
		return nil, fmt.Errorf("%w: want a note signer key, PRIVATE+KEY+origin+…", ErrKey)
	}
	public, err := note.NewEd25519VerifierKey(signer.Name(), ed25519.NewKeyFromSeed(raw[1:]).Public().(ed25519.PublicKey))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	verifier, err := note.NewVerifier(public)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKey, err)
	}
	return &Key{signer: signer, verifier: verifier, public: public, text: private}, nil
}

// Signer returns what signs checkpoints.
func (k *Key) Signer() note.Signer { return k.signer }

// Verifier returns what verifies them.
func (k *Key) Verifier() note.Verifier { return k.verifier }

// Origin returns the name of the key and of the ledger.
func (k *Key) Origin() string { return k.signer.Name() }

// Public returns the verifier key (origin+hash+base64) to be pinned by all who
// check the ledger.
func (k *Key) Public() string { return k.public }

// Private returns the secret text. Nothing else prints it.
func (k *Key) Private() string { return k.text }

// Format hides the secret from fmt.
func (k *Key) Format(w fmt.State, _ rune) { fmt.Fprintf(w, "[ledger key of %s]", k.Origin()) }

// ParseVerifier reads a ledger's public key as [Key.Public] wrote it.
func ParseVerifier(public string) (note.Verifier, error) {
	if len(public) > 1024 {
		return nil, fmt.Errorf("%w: public key of %d bytes", ErrKey, len(public))
	}
	v, err := note.NewVerifier(public)
	if err != nil {
		return nil, fmt.Errorf("%w: want a note verifier key, origin+hash+base64: %w", ErrKey, err)
	}
	if !canonical(v, public) {
		return nil, fmt.Errorf("%w: public key of %s is not in its canonical form", ErrKey, v.Name())
	}
	if err := checkOrigin(v.Name()); err != nil {
		return nil, err
	}
	return v, nil
}

// canonical reports whether text is how a key is written: parsers take line
// ends in the base64 and upper-case digits, and one of them any key ID.
func canonical(v note.Verifier, text string) bool {
	_, encoded, _ := strings.Cut(text[len(v.Name())+1:], "+")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	return err == nil && text == fmt.Sprintf("%s+%08x+%s", v.Name(), v.KeyHash(), base64.StdEncoding.EncodeToString(raw))
}

// checkOrigin keeps to what every reader of notes can name.
func checkOrigin(origin string) error {
	if len(origin) == 0 || len(origin) > 200 {
		return fmt.Errorf("%w: an origin has 1 to 200 bytes", ErrKey)
	}
	for _, c := range []byte(origin) {
		if c <= ' ' || c >= 0x7f || c == '+' {
			return fmt.Errorf("%w: origin %q: want printable ASCII without spaces and +", ErrKey, origin)
		}
	}
	return nil
}
