package manifest

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// MaxText and MaxName bound a statement's strings, in bytes.
const (
	MaxText = 4096
	MaxName = 256
)

// maxSafe is the largest integer that every JSON reader keeps exactly.
const maxSafe = 1<<53 - 1

var (
	exportID  = regexp.MustCompile(`^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$`)
	word      = regexp.MustCompile(`^[a-z][a-z0-9_]*([.-][a-z0-9_]+)*$`)
	keyDigits = regexp.MustCompile(`^[0-9a-f]{64}$`)
	// RFC 3339, section 4.3: "-00:00" says that the zone is not known.
	instant = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$`)
)

// A checker keeps the first thing that is wrong.
type checker struct{ err error }

func (c *checker) need(ok bool, path, format string, a ...any) {
	if !ok && c.err == nil {
		c.err = fmt.Errorf("%w: %s %s", ErrFormat, path, fmt.Sprintf(format, a...))
	}
}

// text asks for one readable line; optional lets it be empty.
func (c *checker) text(path, s string, limit int, optional bool) {
	c.need(optional || s != "", path, "is empty")
	c.need(len(s) <= limit, path, "is longer than %d bytes", limit)
	c.need(!strings.ContainsFunc(s, unicode.IsControl), path, "holds a control character")
}

func (c *checker) word(path, s string) {
	c.need(len(s) <= MaxName && word.MatchString(s), path, "is not a name such as sign-ins or session.address")
}

func (c *checker) rule(path string, r Rule, optional bool) {
	optional = optional && r == Rule{}
	c.text(path+".id", r.ID, MaxName, optional)
	c.text(path+".cite", r.Cite, MaxText, optional)
}

// after asks that b is not before a; a zero time is not there.
func (c *checker) after(path string, b time.Time, than string, a time.Time) {
	c.need(b.IsZero() || !b.Before(a), path, "is before %s", than)
}

// check asks whether the statement is complete and agrees with itself.
func (s *Statement) check() error {
	c, e := &checker{}, &s.Predicate
	c.need(s.Type == StatementType, "_type", "is not %s", StatementType)
	c.need(s.PredicateType == ExportType, "predicateType", "is not %s", ExportType)
	c.need(e.Format == Format, "format", "is not %s", Format)
	c.need(len(e.ExportID) <= 64 && exportID.MatchString(e.ExportID), "export_id", "is not letters, digits and single hyphens")
	c.text("provider", e.Provider, MaxName, false)
	for _, t := range s.times() {
		_, offset := t.Zone()
		c.need(offset == 0 && t.Nanosecond() == 0 && (t.IsZero() || t.Year() >= 1970 && t.Year() <= 9999), "a time", "is not UTC to the second")
	}
	e.Order.check(c)
	e.checkFiles(c, s.Subject)
	e.checkTimes(c)
	e.checkDatasets(c)
	c.need(len(e.Recipients) == 1 && e.Recipients[0].Count == 1, "recipients", "are not exactly one")
	for _, r := range e.Recipients {
		c.word("recipients.kind", string(r.Kind))
	}
	for _, d := range [...]struct {
		path string
		zero bool
	}{
		{"policy", e.Decided.Policy.IsZero()}, {"catalog", e.Decided.Catalog.IsZero()},
		{"registry", e.Decided.Registry.IsZero()}, {"plan", e.Decided.Plan.IsZero()},
	} {
		c.need(!d.zero, "decided_by."+d.path, "is missing")
	}
	c.text("notice.why", e.Notice.Why, MaxText, false)
	c.rule("notice.rule", e.Notice.Rule, true)
	c.need(e.Notice.Owed || e.Notice.After.IsZero(), "notice.after", "is given, but no notice is owed")
	c.text("tool.name", e.Tool.Name, MaxName, false)
	c.text("tool.version", e.Tool.Version, MaxName, false)
	c.text("tool.build", e.Tool.Build, MaxName, false)
	c.text("tool.go", e.Tool.Go, MaxName, false)
	return c.err
}

// check asks for everything that says which order this answers.
func (o *OrderRef) check(c *checker) {
	c.need(!o.Digest.IsZero(), "order.digest", "is missing")
	c.word("order.jurisdiction", o.Jurisdiction)
	c.word("order.process", o.Process)
	c.word("order.purpose", o.Purpose)
	c.text("order.authority", o.Authority, MaxName, false)
	c.text("order.agency", o.Agency, MaxName, false)
	c.text("order.legal_basis", o.LegalBasis, MaxText, false)
	if o.Secrecy != "" {
		c.word("order.non_disclosure", o.Secrecy)
	}
	c.text("order.supplement", o.Supplement, MaxText, true)
	c.need(len(o.Targets) >= 1, "order.targets", "is empty")
	for i, t := range o.Targets {
		c.word("order.targets.type", t.Type)
		c.need(t.Count >= 1 && t.Count <= maxSafe, "order.targets.count", "is out of range")
		c.need(i == 0 || o.Targets[i-1].Type < t.Type, "order.targets", "are not sorted by type, each once")
	}
	c.need(len(o.Signers) >= 1, "order.signers", "is empty")
	seen := map[Signer]bool{}
	for _, s := range o.Signers {
		c.need(s.Role == "authority" || s.Role == "reviewer", "order.signers.role", "is neither authority nor reviewer")
		c.text("order.signers.id", s.ID, MaxName, false)
		c.need(keyDigits.MatchString(s.KeyID), "order.signers.key_id", "is not 64 hex digits")
		c.need(!seen[s], "order.signers", "has one twice")
		seen[s] = true
	}
}

// checkFiles holds the subjects against what the predicate says of them.
func (e *Export) checkFiles(c *checker, subjects []Subject) {
	f, b := e.Ciphertext, e.Bag
	c.need(f.Name == e.ExportID+CiphertextSuffix, "ciphertext.name", "is not export_id and %s", CiphertextSuffix)
	c.need(f.SizeBytes > 0 && f.SizeBytes <= maxSafe, "ciphertext.size_bytes", "is out of range")
	c.need(!f.SHA256.IsZero(), "ciphertext.sha256", "is missing")
	c.need(!b.TagManifest.IsZero(), "bag.tagmanifest_sha256", "is missing")
	c.need(b.PayloadBytes > 0 && b.PayloadBytes <= maxSafe, "bag.payload_bytes", "is out of range")
	c.need(b.PayloadFiles > 0 && int64(b.PayloadFiles) <= maxSafe, "bag.payload_files", "is out of range")
	want := Subjects(f, b)
	c.need(len(subjects) == len(want), "subject", "does not list exactly the ciphertext and the bag's tag manifest")
	for i := range min(len(subjects), len(want)) {
		got, w := subjects[i], want[i]
		c.need(got.Name == w.Name && len(got.Digest) == 1 && got.Digest["sha256"] == w.Digest["sha256"], "subject",
			"does not agree with the predicate")
	}
}

// checkTimes asks that they are in the order in which things happen.
func (e *Export) checkTimes(c *checker) {
	t := e.Times
	for _, x := range [...]struct {
		path string
		t    time.Time
	}{
		{"received_at", t.ReceivedAt}, {"decided_at", t.DecidedAt}, {"started_at", t.StartedAt},
		{"finished_at", t.FinishedAt}, {"signed_at", t.SignedAt},
	} {
		c.need(!x.t.IsZero(), "times."+x.path, "is missing")
	}
	c.after("times.decided_at", t.DecidedAt, "received_at", t.ReceivedAt)
	c.after("times.started_at", t.StartedAt, "decided_at", t.DecidedAt)
	c.after("times.finished_at", t.FinishedAt, "started_at", t.StartedAt)
	c.after("times.signed_at", t.SignedAt, "finished_at", t.FinishedAt)
	c.after("times.deadline", t.Deadline, "received_at", t.ReceivedAt)
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
