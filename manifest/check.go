package manifest

import (
	"time"

	"writ/manifest/internal/form"
)

// MaxText and MaxName bound a statement's strings, in bytes.
const (
	MaxText = form.MaxText
	MaxName = form.MaxName
)

// maxApprovals bounds the approvals of one order.
const maxApprovals = 16

// check asks whether the statement is complete and agrees with itself.
func (s *Statement) check() error {
	c, e := &form.Checker{Family: ErrFormat}, &s.Predicate
	c.Need(s.Type == StatementType, "_type", "is not %s", StatementType)
	c.Need(s.PredicateType == ExportType, "predicateType", "is not %s", ExportType)
	c.Need(e.Format == Format, "format", "is not %s", Format)
	c.ExportID("export_id", e.ExportID)
	c.Text("provider", e.Provider, MaxName, false)
	for _, t := range s.times() {
		c.UTC("a time", *t)
	}
	e.Order.check(c)
	c.Need(len(e.Approvals) <= maxApprovals, "approvals", "are more than %d", maxApprovals)
	for i, a := range e.Approvals {
		c.Need(!a.IsZero() && (i == 0 || e.Approvals[i-1].Hex() < a.Hex()), "approvals", "are not sorted, each once")
	}
	e.checkFiles(c, s.Subject)
	e.checkTimes(c)
	e.checkDatasets(c)
	c.Need(len(e.Recipients) == 1 && e.Recipients[0].Count == 1, "recipients", "are not exactly one")
	for _, r := range e.Recipients {
		c.Word("recipients.kind", string(r.Kind))
	}
	for _, d := range [...]struct {
		path string
		zero bool
	}{
		{"policy", e.Decided.Policy.IsZero()}, {"catalog", e.Decided.Catalog.IsZero()},
		{"registry", e.Decided.Registry.IsZero()}, {"plan", e.Decided.Plan.IsZero()},
	} {
		c.Need(!d.zero, "decided_by."+d.path, "is missing")
	}
	c.Text("notice.why", e.Notice.Why, MaxText, false)
	c.Rule("notice.rule", e.Notice.Rule.ID, e.Notice.Rule.Cite, true)
	c.Need(e.Notice.Owed || e.Notice.After.IsZero(), "notice.after", "is given, but no notice is owed")
	c.Text("tool.name", e.Tool.Name, MaxName, false)
	c.Text("tool.version", e.Tool.Version, MaxName, false)
	c.Text("tool.build", e.Tool.Build, MaxName, false)
	c.Text("tool.go", e.Tool.Go, MaxName, false)
	return c.Err
}

// Check asks for everything that says which order is meant. Its error wraps
// [ErrFormat].
func (o OrderRef) Check() error {
	c := &form.Checker{Family: ErrFormat}
	o.check(c)
	return c.Err
}

// check asks for everything that says which order this answers.
func (o *OrderRef) check(c *form.Checker) {
	c.Need(!o.Digest.IsZero(), "order.digest", "is missing")
	c.Word("order.jurisdiction", o.Jurisdiction)
	c.Word("order.process", o.Process)
	c.Word("order.purpose", o.Purpose)
	c.Text("order.authority", o.Authority, MaxName, false)
	c.Text("order.agency", o.Agency, MaxName, false)
	c.Text("order.legal_basis", o.LegalBasis, MaxText, false)
	if o.Secrecy != "" {
		c.Word("order.non_disclosure", o.Secrecy)
	}
	c.Prose("order.supplement", o.Supplement, MaxText, true)
	c.Need(len(o.Targets) >= 1, "order.targets", "is empty")
	for i, t := range o.Targets {
		c.Word("order.targets.type", t.Type)
		c.Count("order.targets.count", int64(t.Count), 1)
		c.Need(t.Several >= 0 && t.Several <= t.Count, "order.targets.several", "is not 0 to count")
		c.Need(i == 0 || o.Targets[i-1].Type < t.Type, "order.targets", "are not sorted by type, each once")
	}
	c.Need(len(o.Signers) >= 1, "order.signers", "is empty")
	seen := map[Signer]bool{}
	for _, s := range o.Signers {
		c.Need(s.Role == "authority" || s.Role == "reviewer", "order.signers.role", "is neither authority nor reviewer")
		c.Text("order.signers.id", s.ID, MaxName, false)
		c.KeyID("order.signers.key_id", s.KeyID)
		c.Need(!seen[s], "order.signers", "has one twice")
		seen[s] = true
	}
}

// checkFiles holds the subjects against what the predicate says of them.
func (e *Export) checkFiles(c *form.Checker, subjects []Subject) {
	f, b := e.Ciphertext, e.Bag
	c.Need(f.Name == e.ExportID+CiphertextSuffix, "ciphertext.name", "is not export_id and %s", CiphertextSuffix)
	c.Need(f.SizeBytes > 0 && f.SizeBytes <= form.MaxSafe, "ciphertext.size_bytes", "is out of range")
	c.Need(!f.SHA256.IsZero(), "ciphertext.sha256", "is missing")
	c.Need(!b.TagManifest.IsZero(), "bag.tagmanifest_sha256", "is missing")
	c.Need(b.PayloadBytes > 0 && b.PayloadBytes <= form.MaxSafe, "bag.payload_bytes", "is out of range")
	c.Need(b.PayloadFiles > 0 && int64(b.PayloadFiles) <= form.MaxSafe, "bag.payload_files", "is out of range")
	c.Need(len(subjects) == 2, "subject", "does not list exactly the ciphertext and the bag's tag manifest")
	if len(subjects) == 2 {
		c.Need(subjects[0].Is(f.Name, f.SHA256) && subjects[1].Is(TagManifestName, b.TagManifest), "subject", "does not agree with the predicate")
	}
}

// checkTimes asks that they are in the order in which things happen.
func (e *Export) checkTimes(c *form.Checker) {
	t := e.Times
	for _, x := range [...]struct {
		path string
		t    time.Time
	}{
		{"received_at", t.ReceivedAt}, {"decided_at", t.DecidedAt}, {"started_at", t.StartedAt},
		{"finished_at", t.FinishedAt}, {"signed_at", t.SignedAt},
	} {
		c.Need(!x.t.IsZero(), "times."+x.path, "is missing")
	}
	c.After("times.decided_at", t.DecidedAt, "received_at", t.ReceivedAt)
	c.After("times.started_at", t.StartedAt, "decided_at", t.DecidedAt)
	c.After("times.finished_at", t.FinishedAt, "started_at", t.StartedAt)
	c.After("times.signed_at", t.SignedAt, "finished_at", t.FinishedAt)
	c.After("times.deadline", t.Deadline, "received_at", t.ReceivedAt)
}

// times returns every time of the statement.
func (s *Statement) times() []*time.Time {
	t := &s.Predicate.Times
	all := []*time.Time{&t.ReceivedAt, &t.DecidedAt, &t.StartedAt, &t.FinishedAt, &t.SignedAt, &t.Deadline, &s.Predicate.Notice.After}
	for i := range s.Predicate.Datasets {
		d := &s.Predicate.Datasets[i]
		all = append(all, &d.Until, &d.PulledAt)
	}
	return all
}

// MayName reports whether prose may name a target, which a statement never does:
// it holds an address or a number of seven digits or more.
func MayName(s string) bool { return form.MayName(s) }
