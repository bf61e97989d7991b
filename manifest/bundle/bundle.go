// Package bundle checks and opens a delivery: the ciphertext, the manifest
// beside it and, if the provider keeps a ledger, the proof that the manifest
// stands in it.
//
// [Verify] needs no decryption key; [Open] verifies first, then decrypts,
// checks the bag and every record, and only then is there anything to see: all
// or nothing. Nothing in a delivery is trusted: paths that escape, sizes that
// lie and members nobody announced are refused.
package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"writ/manifest"
)

// ErrVerify is the family of everything that can be wrong with a delivery.
var ErrVerify = errors.New("verification failed")

// ErrExists is returned by [Open] if there is something at its destination.
var ErrExists = errors.New("destination exists")

// A Code names what is wrong, for machines: stable, documented in docs/formats.md.
type Code string

// The codes of what [Find] and [Verify] find.
const (
	Missing           Code = "delivery-missing"
	Ambiguous         Code = "delivery-ambiguous"
	ManifestFormat    Code = "manifest-format"
	ManifestSignature Code = "manifest-signature"
	ManifestSigner    Code = "manifest-signer"
	ProofMissing      Code = "proof-missing"
	ProofFormat       Code = "proof-format"
	ProofLedger       Code = "proof-ledger"
	ProofWitnesses    Code = "proof-witnesses"
	ProofInclusion    Code = "proof-inclusion"
	CiphertextSize    Code = "ciphertext-size"
	CiphertextDigest  Code = "ciphertext-digest"
	AgeHeader         Code = "age-header"
	RecipientsDiffer  Code = "recipients"
)

// The codes of what only [Open] can find.
const (
	NotForYou         Code = "not-for-you"
	CiphertextDamaged Code = "ciphertext-damaged"
	PayloadFrames     Code = "payload-frames"
	PayloadTar        Code = "payload-tar"
	PayloadPath       Code = "payload-path"
	PayloadSize       Code = "payload-size"
	PayloadMember     Code = "payload-member"
	BagFiles          Code = "bag-files"
	BagDigest         Code = "bag-digest"
	CommitmentsFormat Code = "commitments"
	OrderDiffers      Code = "order"
	ApprovalDiffers   Code = "approval"
	RecordForm        Code = "record-form"
	RecordFields      Code = "record-fields"
	RecordCount       Code = "record-count"
	RecordRoot        Code = "record-root"
)

// Codes returns all codes, in the order in which they are looked for.
func Codes() []Code {
	return []Code{
		Missing, Ambiguous, ManifestFormat, ManifestSignature, ManifestSigner,
		ProofMissing, ProofFormat, ProofLedger, ProofWitnesses, ProofInclusion, CiphertextSize, CiphertextDigest, AgeHeader, RecipientsDiffer,
		NotForYou, CiphertextDamaged, PayloadFrames, PayloadTar, PayloadPath, PayloadSize, PayloadMember, BagFiles, BagDigest,
		CommitmentsFormat, OrderDiffers, ApprovalDiffers, RecordForm, RecordFields, RecordCount, RecordRoot,
	}
}

// A Finding is one way in which a delivery failed. It wraps ErrVerify.
type Finding struct {
	Code Code
	What string // a sentence for people: the thing, what was expected
	Err  error  // what found it, if something deeper did
}

func (f *Finding) Error() string {
	if f.Err != nil {
		return fmt.Sprintf("%v: %s: %s: %v", ErrVerify, f.Code, f.What, f.Err)
	}
	return fmt.Sprintf("%v: %s: %s", ErrVerify, f.Code, f.What)
}

// Unwrap returns ErrVerify and what found it.
func (f *Finding) Unwrap() []error {
	if f.Err != nil {
		return []error{ErrVerify, f.Err}
	}
	return []error{ErrVerify}
}

func found(c Code, err error, format string, a ...any) error {
	return &Finding{Code: c, What: fmt.Sprintf(format, a...), Err: err}
}

// A Delivery is the paths of what was delivered.
type Delivery struct {
	Ciphertext string // *.tar.zst.age
	Manifest   string // *.sigstore.json
	Proof      string // *.tlog-proof; only providers with a ledger give one, so it may not be there
}

// Find locates the files of a delivery: path is its folder or one of them.
func Find(path string) (Delivery, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Delivery{}, found(Missing, err, "there is no delivery")
	}
	ciphertext := strings.TrimSuffix(path, manifest.ManifestSuffix)
	if id, ok := strings.CutSuffix(path, manifest.ProofSuffix); ok {
		ciphertext = id + manifest.CiphertextSuffix
	}
	if info.IsDir() {
		entries, err := os.ReadDir(path)
		if err != nil {
			return Delivery{}, err
		}
		var names []string
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), manifest.CiphertextSuffix) {
				names = append(names, e.Name())
			}
		}
		switch len(names) {
		case 0:
			return Delivery{}, found(Missing, nil, "no file in the folder ends with %s", manifest.CiphertextSuffix)
		case 1:
			ciphertext = filepath.Join(path, names[0])
		default:
			return Delivery{}, found(Ambiguous, nil, "%d files in the folder end with %s; name one of them", len(names), manifest.CiphertextSuffix)
		}
	}
	d := Delivery{Ciphertext: ciphertext, Manifest: ciphertext + manifest.ManifestSuffix,
		Proof: strings.TrimSuffix(ciphertext, manifest.CiphertextSuffix) + manifest.ProofSuffix}
	for _, f := range []string{d.Ciphertext, d.Manifest} {
		if info, err := os.Stat(f); err != nil || !info.Mode().IsRegular() {
			return Delivery{}, found(Missing, err, "%s is not there, or is no file", filepath.Base(f))
		}
	}
	return d, nil
}
