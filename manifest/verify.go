package manifest

import (
	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
)

// Sign checks that the statement is complete, and returns it signed in a
// Sigstore bundle: canonical JSON with a final newline.
func Sign(s Statement, k sign.Signer) ([]byte, error) { panic("unwritten") }

// A Signed is a parsed Sigstore bundle with a statement of ours. Nothing in it is believed.
type Signed struct {
	statement Statement
	payload   []byte
	sig       []byte
	hint      string
}

// Parse reads a Sigstore bundle strictly. Errors wrap ErrFormat.
func Parse(bundle []byte) (*Signed, error) { panic("unwritten") }

// A Verified is a statement that the provider signed with a key that counted
// at the time it states. Only [Verify] fills one.
type Verified struct {
	statement Statement
	digest    digest.Digest
	signer    sign.KeyID
}

// Verify checks the signature with the provider's pinned keys.
func Verify(s *Signed, p *trust.Provider) (*Verified, error) { panic("unwritten") }

// Statement returns a deep copy.
func (v *Verified) Statement() Statement { panic("unwritten") }

// Signer returns the key that signed.
func (v *Verified) Signer() sign.KeyID { return v.signer }

// Digest is the SHA-256 of the statement's signed bytes.
func (v *Verified) Digest() digest.Digest { return v.digest }
