// Package trust holds the registry: who may order, who must approve, who runs
// exports, to whom evidence may go, and which keys the provider signs with.
//
// A [Document] is what people edit; a [Registry] is one whose signatures met
// the root's threshold, and [Open] is the only way to get one. The package
// does no I/O and never reads the clock.
package trust

import (
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"writ/crypto/seal"
	"writ/crypto/sign"
)

// A Jurisdiction is the law under which an order was made, such as "us", "eu" or "uk".
type Jurisdiction string

// A Process is the kind of legal process, such as "subpoena".
type Process string

// Format is the registry's format version.
const Format = "writ.registry/v1"

// MaxBytes bounds a document, a root and a provider file before they are parsed.
const MaxBytes = sign.MaxEnvelopeBytes

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
	Country      string       `json:"country,omitzero"` // ISO 3166-1 alpha-2, for the transparency report
	Phone        string       `json:"phone,omitzero"`   // for call-backs
	Keys         []Key        `json:"keys"`             // may be empty: paper only
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
	Recipients   []Recipient  `json:"recipients"` // at least one
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
	UseLedger   Use = "ledger" // always Ed25519
)

// A ProviderKey is one of the provider's own keys.
type ProviderKey struct {
	Use Use `json:"use"`
	// Origin names the ledger whose checkpoints the key signs, and is the
	// key's name there. Only a key with use ledger has one, and always.
	Origin string `json:"origin,omitzero"`
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
	Reviewers    int           `json:"reviewers"` // how many different people; 0 not with "not-needed", and with "suffices" it means that they never are enough
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
	Engineers    []Engineer    `json:"engineers,omitzero"` // without any, nothing is exported
	Agencies     []Agency      `json:"agencies"`
	ProviderKeys []ProviderKey `json:"provider_keys"`
	Witnesses    *Witnesses    `json:"witnesses,omitzero"` // of the ledger; nil: none is asked for
}

// ParseDocument reads a document strictly and checks that it is consistent:
// ids unique, one key in one hand, recipients of allowed kinds, validity
// intervals not empty, thresholds unique and reachable.
func ParseDocument(payload []byte) (*Document, error) {
	var d Document
	if err := decode(payload, &d); err != nil {
		return nil, err
	}
	if err := d.check(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return &d, nil
}

// Marshal returns the document as indented JSON.
func (d *Document) Marshal() ([]byte, error) { return encode(d) }

// encode writes v as [decode] reads it.
func encode(v any) ([]byte, error) {
	b, err := json.Marshal(v, jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	return append(b, '\n'), nil
}
