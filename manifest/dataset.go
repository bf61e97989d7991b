package manifest

import (
	"writ/crypto/digest"
	"writ/manifest/internal/form"
)

// emptyRoot is the root of no records: RFC 6962, section 2.1, "The hash of an
// empty list is the hash of an empty string".
var emptyRoot = digest.Of(nil)

// checkDatasets asks that each dataset ends in one outcome that its numbers bear out.
func (e *Export) checkDatasets(c *form.Checker) {
	c.Need(len(e.Datasets) >= 1 && len(e.Datasets) <= MaxDatasets, "datasets", "are not 1 to %d", MaxDatasets)
	var total int64
	withheld := false
	for i := range e.Datasets {
		d := &e.Datasets[i]
		c.Word("datasets.name", d.Name)
		c.Need(i == 0 || e.Datasets[i-1].Name < d.Name, "datasets", "are not sorted by name, each once")
		d.check(c, e.Times)
		if d.Bytes > form.MaxSafe-total {
			c.Need(false, "datasets.bytes", "add up to too much")
			return
		}
		total += d.Bytes
		withheld = withheld || len(d.Withheld) > 0
	}
	c.Need(total < e.Bag.PayloadBytes, "bag.payload_bytes", "is not more than its records")
	c.Need(!e.Narrowed || withheld, "narrowed", "is said, but nothing is withheld")
}

func (d *Dataset) check(c *form.Checker, t Times) {
	where := "dataset " + d.Name + ": "
	c.Where = where
	defer func() { c.Where = "" }()
	need := c.Need
	c.Text("why", d.Why, MaxText, true)
	c.Text("query", d.Query, MaxFields*MaxName, true)
	c.Window("window", d.From, d.To)
	d.checkFields(c)
	need(d.Accounts >= 0 && int64(d.Accounts) <= form.MaxSafe, "accounts", "is out of range")
	need(d.Redirected >= 0 && int64(d.Redirected) <= form.MaxSafe, "accounts_redirected", "is out of range")
	need(d.Records >= 0 && d.Records <= form.MaxSafe, "records", "is out of range")
	need(d.Bytes >= 0 && d.Bytes <= form.MaxSafe, "bytes", "is out of range")
	need(!d.Root.IsZero(), "root", "is missing")
	need((d.Records == 0) == (d.Bytes == 0) && d.Bytes/3 >= d.Records, "bytes", "does not fit records") // "{}\n" at least
	need((d.Records == 0) == (d.Root == emptyRoot), "root", "does not fit records")
	need(d.Records == 0 || d.Accounts >= 1, "accounts", "is none, but there are records")
	c.After("pulled_at", d.PulledAt, "started_at", t.StartedAt)
	if !d.PulledAt.IsZero() {
		c.Where = ""
		c.After("times.finished_at", t.FinishedAt, where+"pulled_at", d.PulledAt)
		c.Where = where
	}
	need((d.Outcome == Held) == !d.Until.IsZero(), "until", "belongs to a held dataset, and only there")
	switch d.Outcome {
	case Complete:
		need(d.Records > 0, "records", "is 0, but the outcome is complete")
		need(!d.PulledAt.IsZero(), "pulled_at", "is missing")
	case NoneFound:
		need(d.Records == 0, "records", "is not 0, but none were found")
	case Partial:
		need(d.Why != "", "why", "is missing: say what is missing of a partial dataset")
		need(!d.PulledAt.IsZero(), "pulled_at", "is missing")
	case Unavailable, Redirected:
		need(d.Why != "", "why", "is missing")
		need(d.Records == 0, "records", "is not 0, but nothing was pulled")
		need(d.Outcome != Redirected || d.Redirected > 0, "accounts_redirected", "is 0, but the outcome is redirected")
	case Held:
		need(d.Records == 0, "records", "is not 0, but the dataset is held")
	case Refused:
		need(len(d.Fields) == 0 && len(d.Withheld) > 0, "fields", "are not all withheld, but the outcome is refused")
		need(d.Records == 0 && d.PulledAt.IsZero(), "records", "were pulled, but the outcome is refused")
	default:
		need(false, "outcome", "is unknown")
	}
	need(d.Outcome == Refused || len(d.Fields) > 0, "fields", "are all withheld, but the outcome is not refused")
}

// checkFields asks that each mandated field stands once, on one side.
func (d *Dataset) checkFields(c *form.Checker) {
	c.Need(len(d.Fields)+len(d.Withheld) <= MaxFields, "fields", "are more than %d", MaxFields)
	left := map[string]bool{}
	for i, f := range d.Fields {
		c.Word("fields.name", f.Name)
		c.Word("fields.category", f.Category)
		c.Rule("fields.rule", f.Rule.ID, f.Rule.Cite, false)
		c.Need(i == 0 || d.Fields[i-1].Name < f.Name, "fields", "are not sorted by name, each once")
		left[f.Name] = true
	}
	for i, f := range d.Withheld {
		c.Word("withheld.name", f.Name)
		if f.Category != "" {
			c.Word("withheld.category", f.Category)
		}
		c.Word("withheld.ground", f.Ground)
		c.Text("withheld.why", f.Why, MaxText, false)
		c.Rule("withheld.rule", f.Rule.ID, f.Rule.Cite, true)
		c.Need(i == 0 || d.Withheld[i-1].Name < f.Name, "withheld", "are not sorted by name, each once")
		c.Need(!left[f.Name], "withheld", "names a field that left")
	}
}
