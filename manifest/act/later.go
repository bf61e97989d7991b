package act

import (
	"slices"
	"time"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/internal/form"
)

// A Notified says that the user was told.
type Notified struct {
	Head
	Order      digest.Digest `json:"order"`
	NotifiedAt time.Time     `json:"notified_at"`
	How        string        `json:"how"`  // a word, such as email or letter
	Late       bool          `json:"late"` // after it was due
}

// Kind is [KindNotified].
func (Notified) Kind() Kind { return KindNotified }

// About is the order's digest.
func (n Notified) About() digest.Digest { return n.Order }

func (n Notified) subjects() []subject { return ofOrder(n.Order) }

func (n Notified) copy() Act {
	n.cut()
	n.NotifiedAt = second(n.NotifiedAt)
	return n
}

func (n Notified) check(c *form.Checker) {
	n.Head.check(c)
	c.Need(!n.Order.IsZero(), "order", "is missing")
	n.past(c, "notified_at", n.NotifiedAt)
	c.Word("how", n.How)
}

// A Released says that a hold ended: its datasets may be delivered.
type Released struct {
	Head
	Order      digest.Digest `json:"order"`
	ReleasedAt time.Time     `json:"released_at"`
	Because    Cause         `json:"because"`
	Datasets   []string      `json:"datasets"` // by name
}

// A Cause is why a hold ended.
type Cause string

// The causes.
const (
	HoldLapsed  Cause = "lapsed"  // its time is over
	HoldCleared Cause = "cleared" // the enforcing authority raises no ground
)

// Kind is [KindReleased].
func (Released) Kind() Kind { return KindReleased }

// About is the order's digest.
func (r Released) About() digest.Digest { return r.Order }

func (r Released) subjects() []subject { return ofOrder(r.Order) }

func (r Released) copy() Act {
	r.cut()
	r.ReleasedAt, r.Datasets = second(r.ReleasedAt), slices.Clone(r.Datasets)
	return r
}

func (r Released) check(c *form.Checker) {
	r.Head.check(c)
	c.Need(!r.Order.IsZero(), "order", "is missing")
	r.past(c, "released_at", r.ReleasedAt)
	c.Need(r.Because == HoldLapsed || r.Because == HoldCleared, "because", "is neither lapsed nor cleared")
	c.Need(len(r.Datasets) >= 1 && len(r.Datasets) <= MaxDatasets, "datasets", "are not 1 to %d", MaxDatasets)
	checkSorted(c, "datasets", r.Datasets)
}

// A Recalled says that deliveries must not be relied upon any longer. It is
// about exports, of one order or of many.
type Recalled struct {
	Head
	RecalledAt time.Time        `json:"recalled_at"`
	Exports    []RecalledExport `json:"exports"` // by id
	Why        string           `json:"why"`
	Build      string           `json:"build,omitzero"` // of the tool that made them, if that is the reason
}

// A RecalledExport is one that is recalled.
type RecalledExport struct {
	ExportID   string        `json:"export_id"`
	Ciphertext digest.Digest `json:"ciphertext"`
}

// Kind is [KindRecalled].
func (Recalled) Kind() Kind { return KindRecalled }

// About is zero.
func (Recalled) About() digest.Digest { return digest.Digest{} }

// subjects are the ciphertexts, by the names that they were delivered under.
func (r Recalled) subjects() []subject {
	var out []subject
	for _, e := range r.Exports {
		out = append(out, subject{e.ExportID + manifest.CiphertextSuffix, e.Ciphertext})
	}
	return out
}

func (r Recalled) copy() Act {
	r.cut()
	r.RecalledAt, r.Exports = second(r.RecalledAt), slices.Clone(r.Exports)
	return r
}

func (r Recalled) check(c *form.Checker) {
	r.Head.check(c)
	r.past(c, "recalled_at", r.RecalledAt)
	c.Need(len(r.Exports) >= 1 && len(r.Exports) <= MaxExports, "exports", "are not 1 to %d", MaxExports)
	for i, e := range r.Exports {
		c.ExportID("exports.export_id", e.ExportID)
		c.Need(!e.Ciphertext.IsZero(), "exports.ciphertext", "is missing")
		c.Need(i == 0 || r.Exports[i-1].ExportID < e.ExportID, "exports", "are not sorted by id, each once")
	}
	c.Prose("why", r.Why, form.MaxText, false)
	c.Text("build", r.Build, form.MaxName, true)
}

// A Configured says that what decisions are made with has changed. The text is
// kept beside the ledger under its digest.
type Configured struct {
	Head
	What      What          `json:"what"`
	Digest    digest.Digest `json:"digest"`
	SizeBytes int64         `json:"size_bytes"`
	Since     time.Time     `json:"since"` // in force from then on
}

// What is a part of the configuration.
type What string

// The parts.
const (
	Policy   What = "policy"
	Catalog  What = "catalog"
	Registry What = "registry"
)

// Kind is [KindConfigured].
func (Configured) Kind() Kind { return KindConfigured }

// About is zero.
func (Configured) About() digest.Digest { return digest.Digest{} }

func (f Configured) subjects() []subject { return []subject{{string(f.What), f.Digest}} }

func (f Configured) copy() Act {
	f.cut()
	f.Since = second(f.Since)
	return f
}

func (f Configured) check(c *form.Checker) {
	f.Head.check(c)
	c.Need(f.What == Policy || f.What == Catalog || f.What == Registry, "what", "is neither policy, catalog nor registry")
	c.Need(!f.Digest.IsZero(), "digest", "is missing")
	c.Count("size_bytes", f.SizeBytes, 1)
	f.past(c, "since", f.Since)
}
