package manifest

import (
	"time"

	"writ/crypto/digest"
)

// emptyRoot is the root of no records: RFC 6962, section 2.1, "The hash of an
// empty list is the hash of an empty string".
var emptyRoot = digest.Of(nil)

// checkDatasets asks that each dataset ends in one outcome that its numbers bear out.
func (e *Export) checkDatasets(c *checker) {
	c.need(len(e.Datasets) >= 1 && len(e.Datasets) <= MaxDatasets, "datasets", "are not 1 to %d", MaxDatasets)
	var total int64
	withheld := false
	for i := range e.Datasets {
		d := &e.Datasets[i]
		c.word("datasets.name", d.Name)
		c.need(i == 0 || e.Datasets[i-1].Name < d.Name, "datasets", "are not sorted by name, each once")
		d.check(c, e.Times)
		if d.Bytes > maxSafe-total {
			c.need(false, "datasets.bytes", "add up to too much")
			return
		}
		total += d.Bytes
		withheld = withheld || len(d.Withheld) > 0
	}
	c.need(total < e.Bag.PayloadBytes, "bag.payload_bytes", "is not more than its records")
	c.need(!e.Narrowed || withheld, "narrowed", "is said, but nothing is withheld")
}

func (d *Dataset) check(c *checker, t Times) {
	at := "dataset " + d.Name + ": "
	need := func(ok bool, path, format string, a ...any) { c.need(ok, at+path, format, a...) }
	c.text(at+"why", d.Why, MaxText, true)
	c.text(at+"query", d.Query, MaxFields*MaxName, true)
	d.checkWindow(c, at)
	d.checkFields(c, at)
	need(d.Accounts >= 0 && int64(d.Accounts) <= maxSafe, "accounts", "is out of range")
	need(d.Redirected >= 0 && int64(d.Redirected) <= maxSafe, "accounts_redirected", "is out of range")
	need(d.Records >= 0 && d.Records <= maxSafe, "records", "is out of range")
	need(d.Bytes >= 0 && d.Bytes <= maxSafe, "bytes", "is out of range")
	need(!d.Root.IsZero(), "root", "is missing")
	need((d.Records == 0) == (d.Bytes == 0) && d.Bytes/3 >= d.Records, "bytes", "does not fit records") // "{}\n" at least
	need((d.Records == 0) == (d.Root == emptyRoot), "root", "does not fit records")
	need(d.Records == 0 || d.Accounts >= 1, "accounts", "is none, but there are records")
	c.after(at+"pulled_at", d.PulledAt, "started_at", t.StartedAt)
	if !d.PulledAt.IsZero() {
		c.after("times.finished_at", t.FinishedAt, at+"pulled_at", d.PulledAt)
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

// checkWindow asks for both ends or none, in order. They stand as the order wrote them.
func (d *Dataset) checkWindow(c *checker, at string) {
	if d.From == "" && d.To == "" {
		return
	}
	from, err1 := time.Parse(time.RFC3339Nano, d.From)
	to, err2 := time.Parse(time.RFC3339Nano, d.To)
	c.need(err1 == nil && err2 == nil && instant.MatchString(d.From) && instant.MatchString(d.To), at+"window", "is not two times of RFC 3339")
	c.need(from.Before(to), at+"window", "ends before it begins")
}

// checkFields asks that each mandated field stands once, on one side.
func (d *Dataset) checkFields(c *checker, at string) {
	c.need(len(d.Fields)+len(d.Withheld) <= MaxFields, at+"fields", "are more than %d", MaxFields)
	left := map[string]bool{}
	for i, f := range d.Fields {
		c.word(at+"fields.name", f.Name)
		c.word(at+"fields.category", f.Category)
		c.rule(at+"fields.rule", f.Rule, false)
		c.need(i == 0 || d.Fields[i-1].Name < f.Name, at+"fields", "are not sorted by name, each once")
		left[f.Name] = true
	}
	for i, f := range d.Withheld {
		c.word(at+"withheld.name", f.Name)
		if f.Category != "" {
			c.word(at+"withheld.category", f.Category)
		}
		c.word(at+"withheld.ground", f.Ground)
		c.text(at+"withheld.why", f.Why, MaxText, false)
		c.rule(at+"withheld.rule", f.Rule, true)
		c.need(i == 0 || d.Withheld[i-1].Name < f.Name, at+"withheld", "are not sorted by name, each once")
		c.need(!left[f.Name], at+"withheld", "names a field that left")
	}
}
