// Package act holds the signed statements of which a ledger is made: what was
// done about an order, one act a statement.
//
// Each is an in-toto Statement v1 in DSSE in a Sigstore bundle, in the form
// that package manifest's has; an export's statement is the manifest itself.
// [Parse] reads all seven kinds. No statement holds an identifier, a name or a
// value of a target: targets appear as count and type, an order by its digest,
// which the order's nonce salts. Nothing in a parsed statement is believed
// until [Verify] has returned it. The package does no I/O and reads no clock.
package act

import (
	"errors"
	"fmt"
	"time"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/internal/form"
)

// MaxBytes bounds a signed statement: an entry of the ledger is no longer.
const MaxBytes = manifest.MaxEntryBytes

// Bounds on what a decision lists.
const (
	MaxDatasets = manifest.MaxDatasets
	MaxFields   = manifest.MaxFields // of one dataset
	MaxExports  = 100                // that one statement recalls; more take several
)

// Why a statement is turned away. Each wraps ErrAct.
var (
	ErrAct       = errors.New("statement")
	ErrFormat    = fmt.Errorf("%w: malformed", ErrAct)
	ErrTooLarge  = fmt.Errorf("%w: too large for the ledger", ErrAct)
	ErrSignature = fmt.Errorf("%w: signature does not verify", ErrAct)
	ErrSigner    = fmt.Errorf("%w: signer is not the provider's, or not at that time", ErrAct)
)

// A Kind is what a statement says was done.
type Kind string

// The kinds.
const (
	KindReceived   Kind = "received"
	KindDecided    Kind = "decided"
	KindExported   Kind = "exported"
	KindNotified   Kind = "notified"
	KindReleased   Kind = "released"
	KindRecalled   Kind = "recalled"
	KindConfigured Kind = "configured"
)

// PredicateType returns the in-toto predicateType of the kind.
func (k Kind) PredicateType() string {
	if k == KindExported {
		return manifest.ExportType
	}
	return "https://writ.example/" + string(k) + "/v1"
}

// An Act is what one statement says: a [Received], [Decided], [Exported],
// [Notified], [Released], [Recalled] or [Configured], and nothing else.
type Act interface {
	Kind() Kind
	// About is the digest of the order that it is about; zero for what is
	// about none.
	About() digest.Digest
	// By is the provider that it speaks for.
	By() string
	// At is when it was recorded: the time at which its signer must count.
	At() time.Time

	subjects() []subject
	check(*form.Checker)
	copy() Act // a deep one, times in UTC and cut to the second
}

// A Head is what every statement but the manifest begins with.
type Head struct {
	Provider   string        `json:"provider"`
	RecordedAt time.Time     `json:"recorded_at"`
	Tool       manifest.Tool `json:"tool"`
}

// By is the provider that the statement speaks for.
func (h Head) By() string { return h.Provider }

// At is when the statement was recorded.
func (h Head) At() time.Time { return h.RecordedAt }

func (h *Head) cut() { h.RecordedAt = second(h.RecordedAt) }

func (h Head) check(c *form.Checker) {
	c.Text("provider", h.Provider, form.MaxName, false)
	c.Need(!h.RecordedAt.IsZero(), "recorded_at", "is missing")
	c.UTC("recorded_at", h.RecordedAt)
	c.Text("tool.name", h.Tool.Name, form.MaxName, false)
	c.Text("tool.version", h.Tool.Version, form.MaxName, false)
	c.Text("tool.build", h.Tool.Build, form.MaxName, false)
	c.Text("tool.go", h.Tool.Go, form.MaxName, false)
}

// past asks for a time that is not after the recording.
func (h Head) past(c *form.Checker, path string, t time.Time) {
	c.Need(!t.IsZero(), path, "is missing")
	c.UTC(path, t)
	c.After("recorded_at", h.RecordedAt, path, t)
}

// second is t as statements have it.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// ofOrder is the subject of an act on an order.
func ofOrder(d digest.Digest) []subject { return []subject{{"order", d}} }

// A subject is what a statement is about.
type subject struct {
	name   string
	digest digest.Digest
}

// subjects returns them as the statement of an act lists them.
func subjects(a Act) []manifest.Subject {
	var all []manifest.Subject
	for _, s := range a.subjects() {
		all = append(all, manifest.Subject{Name: s.name, Digest: map[string]string{"sha256": s.digest.Hex()}})
	}
	return all
}

// An Exported is the statement of an export: the manifest.
type Exported struct{ manifest.Statement }

// Kind is [KindExported].
func (Exported) Kind() Kind { return KindExported }

// About is the order's digest.
func (e Exported) About() digest.Digest { return e.Predicate.Order.Digest }

// By is the provider.
func (e Exported) By() string { return e.Predicate.Provider }

// At is the time of signing.
func (e Exported) At() time.Time { return e.Predicate.Times.SignedAt }

func (Exported) subjects() []subject { return nil } // package manifest does
func (Exported) check(*form.Checker) {}             // package manifest does
func (e Exported) copy() Act         { return e }
