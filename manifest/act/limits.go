package act

import (
	"encoding/hex"
	"slices"
	"time"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/approval"
	"writ/manifest/internal/form"
)

// maxLimits bounds what a decision lists of its limits.
const maxLimits = 100

// An Approval says that reviewers lifted one ceiling for the order. Its text is
// kept beside the ledger under the digest.
type Approval struct {
	Rule      string            `json:"rule"`    // that sets the ceiling
	Bound     string            `json:"bound"`   // such as accounts, or window.content
	Ceiling   int64             `json:"ceiling"` // that is lifted
	Limit     int64             `json:"limit"`   // that stands instead
	IssuedAt  time.Time         `json:"issued_at"`
	ExpiresAt time.Time         `json:"expires_at"` // exclusive
	Signers   []manifest.Signer `json:"signers"`    // reviewers, by id
	Envelope  digest.Digest     `json:"envelope"`
}

// A Window is how long a window of one category, and of what is below it, may be.
type Window struct {
	Category string `json:"category"`
	Days     int    `json:"days"`
}

// A Rate is how much may be answered in a time, this order included.
type Rate struct {
	Rule      manifest.Rule `json:"rule"`
	Per       Per           `json:"per"`
	Hours     int           `json:"hours"`
	Processes []string      `json:"processes,omitzero"` // under the order's law; none means every order, under any
	Orders    int64         `json:"orders"`
	Accounts  int64         `json:"accounts"`
	Lifted    []string      `json:"lifted,omitzero"` // bounds that an approval raised
}

// Per is whose orders a rate counts.
type Per string

// What rates are for.
const (
	PerAgency   Per = "agency"   // the order's
	PerProvider Per = "provider" // all
)

// A Fingerprint tells whether two orders name the same set of targets, and
// nothing else to whoever has not the provider's secret: HMAC-SHA256 under it.
type Fingerprint struct {
	Key   string `json:"key"`   // which secret: 16 hex digits
	Value string `json:"value"` // 64 hex digits
}

func (f Fingerprint) check(c *form.Checker) {
	hexadecimal := func(s string, bytes int) bool {
		b, err := hex.DecodeString(s)
		return err == nil && len(b) == bytes && hex.EncodeToString(b) == s
	}
	c.Need(f == Fingerprint{} || hexadecimal(f.Key, 8) && hexadecimal(f.Value, 32), "fingerprint", "is not a key of 16 and a value of 64 hex digits")
}

func (l *Ceilings) check(c *form.Checker) {
	for _, n := range [...]int64{int64(l.Targets), int64(l.Accounts), l.Records, l.Bytes, int64(l.WindowDays)} {
		c.Count("decision.ceilings", n, 0)
	}
	c.Need(len(l.Windows) <= maxLimits, "decision.ceilings.windows", "are more than %d", maxLimits)
	for i, w := range l.Windows {
		c.Word("decision.ceilings.windows.category", w.Category)
		c.Count("decision.ceilings.windows.days", int64(w.Days), 1)
		c.Need(i == 0 || l.Windows[i-1].Category < w.Category, "decision.ceilings.windows", "are not sorted by category, each once")
	}
	checkSorted(c, "decision.ceilings.lifted", l.Lifted)
}

func checkRates(c *form.Checker, rates []Rate) {
	c.Need(len(rates) <= maxLimits, "decision.rates", "are more than %d", maxLimits)
	for i, r := range rates {
		c.Rule("decision.rates.rule", r.Rule.ID, r.Rule.Cite, false)
		c.Need(i == 0 || rates[i-1].Rule.ID < r.Rule.ID, "decision.rates", "are not sorted by rule, each once")
		c.Need(r.Per == PerAgency || r.Per == PerProvider, "decision.rates.per", "is neither agency nor provider")
		c.Count("decision.rates.hours", int64(r.Hours), 1)
		c.Count("decision.rates.orders", r.Orders, 1)
		c.Count("decision.rates.accounts", r.Accounts, 1)
		checkSorted(c, "decision.rates.processes", r.Processes)
		checkSorted(c, "decision.rates.lifted", r.Lifted)
	}
}

func copyRates(rates []Rate) []Rate {
	rates = slices.Clone(rates)
	for i := range rates {
		rates[i].Processes, rates[i].Lifted = slices.Clone(rates[i].Processes), slices.Clone(rates[i].Lifted)
	}
	return rates
}

func copyApprovals(approvals []Approval) []Approval {
	approvals = slices.Clone(approvals)
	for i := range approvals {
		a := &approvals[i]
		a.IssuedAt, a.ExpiresAt, a.Signers = second(a.IssuedAt), second(a.ExpiresAt), slices.Clone(a.Signers)
	}
	return approvals
}

func checkApprovals(c *form.Checker, approvals []Approval) {
	c.Need(len(approvals) <= approval.Max, "facts.approvals", "are more than %d", approval.Max)
	for i := range approvals {
		a := &approvals[i]
		c.Word("facts.approvals.rule", a.Rule)
		c.Word("facts.approvals.bound", a.Bound)
		if i > 0 {
			b := approvals[i-1]
			c.Need(b.Rule < a.Rule || b.Rule == a.Rule && b.Bound < a.Bound, "facts.approvals", "are not sorted by rule and bound, each once")
		}
		c.Count("facts.approvals.ceiling", a.Ceiling, 1)
		c.Count("facts.approvals.limit", a.Limit, 1)
		c.Need(a.Limit > a.Ceiling, "facts.approvals.limit", "is not above the ceiling")
		c.UTC("facts.approvals.issued_at", a.IssuedAt)
		c.UTC("facts.approvals.expires_at", a.ExpiresAt)
		c.Need(!a.IssuedAt.IsZero() && a.ExpiresAt.After(a.IssuedAt), "facts.approvals.expires_at", "is not after issued_at")
		c.Need(!a.Envelope.IsZero(), "facts.approvals.envelope", "is missing")
		c.Need(len(a.Signers) >= approval.MinSigners, "facts.approvals.signers", "are fewer than %d", approval.MinSigners)
		for j, s := range a.Signers {
			c.Need(s.Role == "reviewer", "facts.approvals.signers.role", "is not reviewer")
			c.Text("facts.approvals.signers.id", s.ID, form.MaxName, false)
			c.KeyID("facts.approvals.signers.key_id", s.KeyID)
			c.Need(j == 0 || a.Signers[j-1].ID < s.ID, "facts.approvals.signers", "are not sorted by id, each once")
		}
	}
}
