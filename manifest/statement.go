// Package manifest holds what travels in the clear beside a bundle: the signed
// statement of what the bundle holds and by which right.
//
// It is an in-toto Statement v1 in DSSE in a Sigstore bundle (v0.3), which
// cosign verifies as well. It holds no identifier, no name and no value of a
// target: it is safe for an auditor and for a ledger. Nothing in a parsed
// statement is believed until [Verify] has returned it.
package manifest

import (
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"writ/crypto/digest"
	"writ/manifest/internal/sigstore"
)

// The types of what travels.
const (
	StatementType = "https://in-toto.io/Statement/v1"
	ExportType    = "https://writ.example/export/v1" // predicateType
	Format        = "writ.export/v1"                 // of the predicate
	BundleMedia   = sigstore.MediaType
	MaxBytes      = 16 << 20  // of a Sigstore bundle that is read
	MaxEntryBytes = 1<<16 - 1 // of one that is signed, since the ledger takes no more
	MaxDatasets   = 200
	MaxFields     = 500
)

// What the files of a delivery are called.
const (
	CiphertextSuffix = ".tar.zst.age"           // after the export's id
	ManifestSuffix   = ".sigstore.json"         // after the ciphertext's name
	ProofSuffix      = ".tlog-proof"            // after the export's id
	TagManifestName  = "tagmanifest-sha256.txt" // in the bag
)

// Why a manifest is turned away. Each wraps ErrManifest.
var (
	ErrManifest  = errors.New("manifest")
	ErrFormat    = fmt.Errorf("%w: malformed", ErrManifest)
	ErrSignature = fmt.Errorf("%w: signature does not verify", ErrManifest)
	ErrSigner    = fmt.Errorf("%w: signer is not the provider's, or not at that time", ErrManifest)
	ErrTooLarge  = fmt.Errorf("%w: too large for the ledger", ErrManifest)
)

// A Statement is the in-toto Statement v1 with writ's predicate.
type Statement struct {
	Type          string    `json:"_type"`
	Subject       []Subject `json:"subject"` // the ciphertext; the bag's tagmanifest-sha256.txt
	PredicateType string    `json:"predicateType"`
	Predicate     Export    `json:"predicate"`
}

// A Subject is a file by its digest.
type Subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"` // "sha256": 64 hex digits
}

// Subjects returns the subjects of a statement on those files. The second one
// lets the same bundle vouch for the bag once it is decrypted.
func Subjects(f File, b Bag) []Subject {
	return []Subject{
		{Name: f.Name, Digest: map[string]string{"sha256": f.SHA256.Hex()}},
		{Name: TagManifestName, Digest: map[string]string{"sha256": b.TagManifest.Hex()}},
	}
}

// Is reports whether the subject is the file of that name with that digest, and
// says nothing else.
func (s Subject) Is(name string, d digest.Digest) bool {
	var space [2 * len(d)]byte
	return s.Name == name && len(s.Digest) == 1 && s.Digest["sha256"] == string(hex.AppendEncode(space[:0], d[:]))
}

// An Outcome is how one mandated dataset ended; there is exactly one.
type Outcome string

// The outcomes.
const (
	Complete    Outcome = "complete"
	NoneFound   Outcome = "none-found"
	Partial     Outcome = "partial"     // with why
	Unavailable Outcome = "unavailable" // with why
	Refused     Outcome = "refused"     // every field; the grounds stand with the fields
	Redirected  Outcome = "redirected"  // to the enterprise customer
	Held        Outcome = "held"        // until
)

// An Export is the predicate: what left, by which right, and what did not.
type Export struct {
	Format   string   `json:"format"` // [Format]
	ExportID string   `json:"export_id"`
	Provider string   `json:"provider"`
	Order    OrderRef `json:"order"`
	// Approvals are the digests of those that lifted a ceiling, in the bag.
	Approvals  []digest.Digest `json:"approvals,omitzero"`
	Narrowed   bool            `json:"narrowed"`
	Datasets   []Dataset       `json:"datasets"` // by name
	Recipients []Recipients    `json:"recipients"`
	Ciphertext File            `json:"ciphertext"`
	Bag        Bag             `json:"bag"`
	Decided    DecidedBy       `json:"decided_by"`
	Times      Times           `json:"times"`
	Notice     Notice          `json:"notice"`
	Tool       Tool            `json:"tool"`
}

// An OrderRef says which order this answers, without naming a target.
type OrderRef struct {
	Digest       digest.Digest `json:"digest"` // of the payload; its nonce makes it unguessable
	Jurisdiction string        `json:"jurisdiction"`
	Process      string        `json:"process"`
	Purpose      string        `json:"purpose"`
	Authority    string        `json:"authority"`
	Agency       string        `json:"agency"`
	LegalBasis   string        `json:"legal_basis"`
	Emergency    bool          `json:"emergency"`
	Secrecy      string        `json:"non_disclosure,omitzero"` // kind
	Test         bool          `json:"test"`
	Targets      []TargetCount `json:"targets"` // by type
	Signers      []Signer      `json:"signers"`
	Supplement   string        `json:"supplement,omitzero"` // why it is answered once more
}

// A TargetCount is how many identifiers of one type the order named.
type TargetCount struct {
	Type    string `json:"type"`
	Count   int    `json:"count"`
	Several int    `json:"several,omitzero"` // of them, those of which the order wants every account
}

// A Signer is one whose signature on the order counted.
type Signer struct {
	Role  string `json:"role"`
	ID    string `json:"id"`
	KeyID string `json:"key_id"`
}

// A Dataset is how one mandated dataset ended.
type Dataset struct {
	Name       string        `json:"name"`
	Outcome    Outcome       `json:"outcome"`
	Why        string        `json:"why,omitzero"`
	Until      time.Time     `json:"until,omitzero"` // of held
	From       string        `json:"from,omitzero"`  // the window as the order wrote it, inclusive
	To         string        `json:"to,omitzero"`    // exclusive
	Fields     []Granted     `json:"fields"`         // what was granted, by name: exactly the members of each record
	Withheld   []Withheld    `json:"withheld"`       // what did not, by name
	Accounts   int           `json:"accounts"`       // pulled from
	Redirected int           `json:"accounts_redirected"`
	Records    int64         `json:"records"`
	Bytes      int64         `json:"bytes"`          // of the records' canonical JSON with newlines
	Root       digest.Digest `json:"root"`           // of the records' Merkle tree; RFC 6962's empty root if there are none
	Query      string        `json:"query,omitzero"` // parametrised
	PulledAt   time.Time     `json:"pulled_at,omitzero"`
}

// A Granted is a field that left, and by which rule.
type Granted struct {
	Name     string `json:"name"`
	Category string `json:"category"`
	Rule     Rule   `json:"rule"`
}

// A Withheld is a field that was mandated and did not leave.
type Withheld struct {
	Name     string `json:"name"`
	Category string `json:"category,omitzero"`
	Ground   string `json:"ground"`
	Why      string `json:"why"`
	Rule     Rule   `json:"rule,omitzero"`
}

// A Rule is a rule of the policy with its citation.
type Rule struct {
	ID   string `json:"id"`
	Cite string `json:"cite"`
}

// Recipients says how many recipients of one kind the ciphertext has.
type Recipients struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

// A File is a file's name, size and digest.
type File struct {
	Name      string        `json:"name"`
	SizeBytes int64         `json:"size_bytes"`
	SHA256    digest.Digest `json:"sha256"`
}

// A Bag is what is inside the ciphertext.
type Bag struct {
	TagManifest  digest.Digest `json:"tagmanifest_sha256"` // of tagmanifest-sha256.txt
	PayloadBytes int64         `json:"payload_bytes"`      // of the files under data/
	PayloadFiles int           `json:"payload_files"`
}

// DecidedBy names what the decision was made with.
type DecidedBy struct {
	Policy   digest.Digest `json:"policy"`
	Catalog  digest.Digest `json:"catalog"`
	Registry digest.Digest `json:"registry"`
	Plan     digest.Digest `json:"plan"`
}

// Times are UTC, to the second.
type Times struct {
	ReceivedAt time.Time `json:"received_at"`
	DecidedAt  time.Time `json:"decided_at"`
	StartedAt  time.Time `json:"started_at"`
	FinishedAt time.Time `json:"finished_at"` // of the pull
	SignedAt   time.Time `json:"signed_at"`
	Deadline   time.Time `json:"deadline,omitzero"`
}

// Notice is what the provider owes the user.
type Notice struct {
	Owed  bool      `json:"owed"`
	After time.Time `json:"after,omitzero"`
	Why   string    `json:"why"`
	Rule  Rule      `json:"rule,omitzero"`
}

// A Tool is the program that made the bundle.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Build   string `json:"build"` // revision, and "+dirty"
	Go      string `json:"go"`
}
