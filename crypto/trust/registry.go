// Package trust holds the registry: who may order, who must approve, to whom
// evidence may go, and which keys the provider signs with.
//
// A [Document] is what people edit; a [Registry] is one whose signatures met
// the root's threshold, and [Open] is the only way to get one. The package
// does no I/O and never reads the clock.
package trust

import (
	"errors"
	"fmt"
	"time"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/sign"
)

// A Jurisdiction is the law under which an order was made, such as "us", "eu" or "uk".
type Jurisdiction string

// A Process is the kind of legal process, such as "subpoena".
type Process string

// Format is the registry's format version.
const Format = "writ.registry/v1"

// MaxEntries bounds each list of a registry.
const MaxEntries = 10_000

// Why the registry, or something in it, is turned away.
var (
	ErrRegistry  = errors.New("registry unusable")
	ErrFormat    = fmt.Errorf("%w: malformed", ErrRegistry)
	ErrThreshold = fmt.Errorf("%w: too few root signatures", ErrRegistry)
	ErrRollback  = fmt.Errorf("%w: older than the version pinned", ErrRegistry)
	ErrUnknown   = errors.New("not registered")
	ErrNotYet    = errors.New("not valid yet")
	ErrExpired   = errors.New("no longer valid")
	ErrRevoked   = errors.New("revoked")
)

// A Validity is the time in which an entry counts: [From, Until), and never at
// or after RevokedAt. A zero time leaves that end open.
type Validity struct {
	From      time.Time `json:"valid_from,omitzero"`
	Until     time.Time `json:"valid_until,omitzero"`
	RevokedAt time.Time `json:"revoked_at,omitzero"`
	Reason    string    `json:"revocation_reason,omitzero"`
}

// At returns nil if the entry counts at t, or ErrNotYet, ErrExpired, ErrRevoked.
func (v Validity) At(t time.Time) error { panic("unwritten") }

// A Key is a public key with the time in which it counts.
type Key struct {
	PublicKey sign.PublicKey `json:"public_key"`
	Validity
}

// A Kind is the kind of an authority; the law asks for it.
type Kind string

// The kinds of authorities.
const (
	Court               Kind = "court"
	Judge               Kind = "judge"
	Prosecutor          Kind = "prosecutor"
	Police              Kind = "police"
	SecurityService     Kind = "security-service"
	DesignatedAuthority Kind = "designated-authority" // the UK's, for the US-UK agreement
)

// An Authority issues orders.
type Authority struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	Kind         Kind         `json:"kind"`
	Jurisdiction Jurisdiction `json:"jurisdiction"`
	Phone        string       `json:"phone,omitzero"` // for call-backs
	Keys         []Key        `json:"keys"`           // may be empty: paper only
	Validity
}

// A Reviewer is one of the provider's legal staff, who sees the paper.
type Reviewer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Keys []Key  `json:"keys"`
	Validity
}

// An Agency receives bundles.
type Agency struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	Jurisdiction Jurisdiction `json:"jurisdiction"`
	Phone        string       `json:"phone,omitzero"`
	Recipients   []Recipient  `json:"recipients"`
	Validity
}

// A Recipient is an agency's pinned age recipient.
type Recipient struct {
	Recipient string `json:"recipient"`
	Validity
}

// Use is what one of the provider's own keys is for.
type Use string

// The uses of the provider's keys.
const (
	UseManifest Use = "manifest"
	UseLedger   Use = "ledger"
)

// A ProviderKey is one of the provider's own keys.
type ProviderKey struct {
	Use Use `json:"use"`
	Key
}

// AuthorityRule says what the authority's own signature does for a threshold.
type AuthorityRule string

// The rules for an authority's own signature.
const (
	Required  AuthorityRule = "required"   // it must be there, and the reviewers too
	Suffices  AuthorityRule = "suffices"   // it is enough alone; without it the reviewers must be enough
	NotNeeded AuthorityRule = "not-needed" // the reviewers saw the paper; their signatures alone count
)

// A Threshold says who must have signed an order of one kind. An order for
// which there is no threshold is rejected. Whatever is set here, an emergency
// order needs two reviewers.
type Threshold struct {
	Jurisdiction Jurisdiction  `json:"jurisdiction"`
	Process      Process       `json:"process"`
	Authority    AuthorityRule `json:"authority"`
	Reviewers    int           `json:"reviewers"` // how many different people; 0 only with "suffices" or "required"
}

// A Document is the registry as people edit it. Nothing in it is believed.
type Document struct {
	Format       string        `json:"format"`
	Provider     string        `json:"provider"` // the id that orders name
	Version      int           `json:"version"`  // one more each time
	IssuedAt     time.Time     `json:"issued_at"`
	AllowKinds   []seal.Kind   `json:"allow_recipient_kinds,omitzero"` // beyond x25519 and hybrid
	Thresholds   []Threshold   `json:"thresholds"`
	Authorities  []Authority   `json:"authorities"`
	Reviewers    []Reviewer    `json:"reviewers"`
	Agencies     []Agency      `json:"agencies"`
	ProviderKeys []ProviderKey `json:"provider_keys"`
}

// ParseDocument reads a document strictly and checks that it is consistent:
// ids unique, one key in one hand, recipients of allowed kinds, validity
// intervals not empty, thresholds unique and reachable.
func ParseDocument(payload []byte) (*Document, error) { panic("unwritten") }

// Marshal returns the document as indented JSON.
func (d *Document) Marshal() ([]byte, error) { panic("unwritten") }

// A Root is the pin outside the registry: whose signatures make it the registry.
type Root struct {
	Threshold  int              `json:"threshold"`
	Keys       []sign.PublicKey `json:"keys"`
	MinVersion int              `json:"min_version,omitzero"`
}

// ParseRoot reads a root strictly: 1 <= threshold <= number of distinct keys.
func ParseRoot(b []byte) (Root, error) { panic("unwritten") }

// A Registry is a document that enough root keys signed. Only [Open] fills one.
type Registry struct {
	doc    Document
	digest digest.Digest
}

// Open verifies a registry's envelope against the root.
func Open(envelope []byte, root Root) (*Registry, error) { panic("unwritten") }

// Digest is the SHA-256 of the document's signed bytes.
func (r *Registry) Digest() digest.Digest { return r.digest }

// Document returns a deep copy.
func (r *Registry) Document() Document { panic("unwritten") }

// Authority returns the authority called id if it counts at t, with only those
// of its keys that count then.
func (r *Registry) Authority(id string, t time.Time) (Authority, error) { panic("unwritten") }

// Agency returns the agency called id if it counts at t, with only those of its
// recipients that count then.
func (r *Registry) Agency(id string, t time.Time) (Agency, error) { panic("unwritten") }

// Reviewers returns the reviewers who count at t, with only those of their keys
// that count then.
func (r *Registry) Reviewers(t time.Time) []Reviewer { panic("unwritten") }

// Threshold returns who must sign an order of that kind.
func (r *Registry) Threshold(j Jurisdiction, p Process) (Threshold, error) { panic("unwritten") }

// ProviderKey returns the provider's key for use that counts at t.
func (r *Registry) ProviderKey(u Use, id sign.KeyID, t time.Time) (Key, error) { panic("unwritten") }

// Recipient returns the agency's one recipient at t, parsed. More or fewer than one is an error.
func (r *Registry) Recipient(agency string, t time.Time) (seal.Recipient, error) { panic("unwritten") }
