package act

import (
	"reflect"
	"slices"
	"time"

	"writ/manifest/internal/form"
)

// Facts are all that a decision on an order looks at, besides the policy, the
// catalog and the time at which it is made. Whoever has those four can make the
// decision again.
type Facts struct {
	Jurisdiction string    `json:"jurisdiction"`
	Process      string    `json:"process"`
	Purpose      string    `json:"purpose"`
	Issuer       string    `json:"issuer"`    // kind of the authority, such as judge
	Reviewers    int       `json:"reviewers"` // different people who approved
	ReceivedAt   time.Time `json:"received_at"`
	DueAt        string    `json:"due_at,omitzero"` // as the order wrote it, as are all times below
	Targets      int       `json:"targets"`
	Recipient    string    `json:"recipient,omitzero"` // kind of the agency's key when the order is answered, such as hybrid
	Mandate      []Item    `json:"mandate"`            // in the order's order

	Emergency     bool     `json:"emergency"` // it has an emergency record
	OffenceYears  int      `json:"offence_years,omitzero"`
	OffenceListed bool     `json:"offence_listed,omitzero"`
	Notification  bool     `json:"notification,omitzero"` // an enforcing authority is notified
	ClearedAt     string   `json:"cleared_at,omitzero"`   // and from then on raises no ground
	Secrecy       string   `json:"non_disclosure,omitzero"`
	SecretUntil   string   `json:"non_disclosure_until,omitzero"`
	Consent       []string `json:"consent,omitzero"` // categories, sorted
	Certificate   bool     `json:"certificate,omitzero"`
	Enterprise    string   `json:"enterprise,omitzero"` // ground: consent or contract

	Approvals []Approval `json:"approvals,omitzero"` // that lift a ceiling, by rule and bound
}

// An Item is what is wanted of one dataset.
type Item struct {
	Dataset string   `json:"dataset"`
	Fields  []string `json:"fields"`
	From    string   `json:"from,omitzero"`
	To      string   `json:"to,omitzero"`
}

// none reports whether there are no facts.
func (f *Facts) none() bool { return reflect.ValueOf(*f).IsZero() }

func (f *Facts) check(c *form.Checker) {
	c.Word("facts.jurisdiction", f.Jurisdiction)
	c.Word("facts.process", f.Process)
	c.Word("facts.purpose", f.Purpose)
	c.Word("facts.issuer", f.Issuer)
	c.Count("facts.reviewers", int64(f.Reviewers), 0)
	c.Count("facts.targets", int64(f.Targets), 1)
	c.Count("facts.offence_years", int64(f.OffenceYears), 0)
	c.Need(!f.ReceivedAt.IsZero(), "facts.received_at", "is missing")
	c.UTC("facts.received_at", f.ReceivedAt)
	for _, t := range [...]struct{ path, written string }{
		{"facts.due_at", f.DueAt}, {"facts.cleared_at", f.ClearedAt}, {"facts.non_disclosure_until", f.SecretUntil},
	} {
		if t.written != "" {
			c.Instant(t.path, t.written)
		}
	}
	c.Need(f.ClearedAt == "" || f.Notification, "facts.cleared_at", "is given, but nobody is notified")
	c.Need(f.SecretUntil == "" || f.Secrecy != "", "facts.non_disclosure_until", "is given, but nothing is secret")
	if f.Secrecy != "" {
		c.Word("facts.non_disclosure", f.Secrecy)
	}
	if f.Recipient != "" {
		c.Word("facts.recipient", f.Recipient)
	}
	if f.Enterprise != "" {
		c.Word("facts.enterprise", f.Enterprise)
	}
	checkSorted(c, "facts.consent", f.Consent)
	checkApprovals(c, f.Approvals)
	c.Need(len(f.Mandate) >= 1 && len(f.Mandate) <= MaxDatasets, "facts.mandate", "is not 1 to %d datasets", MaxDatasets)
	seen := map[string]bool{}
	for _, m := range f.Mandate {
		c.Word("facts.mandate.dataset", m.Dataset)
		c.Need(!seen[m.Dataset], "facts.mandate", "has a dataset twice")
		seen[m.Dataset] = true
		c.Window("facts.mandate", m.From, m.To)
		c.Need(len(m.Fields) >= 1 && len(m.Fields) <= MaxFields, "facts.mandate.fields", "are not 1 to %d", MaxFields)
		fields := m.Fields
		if !slices.IsSorted(fields) {
			fields = slices.Sorted(slices.Values(fields))
		}
		checkSorted(c, "facts.mandate.fields", fields)
	}
}

// checkSorted asks for words in order, each once.
func checkSorted(c *form.Checker, path string, words []string) {
	for i, w := range words {
		c.Word(path, w)
		c.Need(i == 0 || words[i-1] < w, path, "are not sorted, each once")
	}
}
