package trust

import (
	"fmt"
	"strings"
	"time"
)

// A Line is one entry of a document, for people.
type Line struct {
	What string // unique in a document, such as "authority court, key 5d1c…"
	Says string
}

// Lines returns the document entry by entry, in its order.
func (d *Document) Lines() []Line {
	var lines []Line
	add := func(what string, says ...string) {
		lines = append(lines, Line{what, strings.Join(says, ", ")})
	}
	add("provider", d.Provider)
	for _, k := range d.AllowKinds {
		add("recipient kind "+string(k), "allowed")
	}
	for _, h := range d.Thresholds {
		add(fmt.Sprintf("threshold for %s %s", h.Jurisdiction, h.Process),
			fmt.Sprintf("authority's signature %s", strings.ReplaceAll(string(h.Authority), "-", " ")), fmt.Sprintf("reviewers: %d", h.Reviewers))
	}
	keys := func(who string, keys []Key) {
		for _, k := range keys {
			add(who+", key "+string(k.PublicKey.ID()), k.PublicKey.Algorithm(), k.describe())
		}
	}
	for _, a := range d.Authorities {
		who := "authority " + a.ID
		add(who, a.Name, string(a.Kind), string(a.Jurisdiction)+country(a.Country), phone(a.Phone), a.describe())
		keys(who, a.Keys)
	}
	for _, r := range d.Reviewers {
		who := "reviewer " + r.ID
		add(who, r.Name, r.describe())
		keys(who, r.Keys)
	}
	for _, e := range d.Engineers {
		who := "engineer " + e.ID
		add(who, e.Name, e.describe())
		keys(who, e.Keys)
	}
	for _, a := range d.Agencies {
		who := "agency " + a.ID
		add(who, a.Name, string(a.Jurisdiction), phone(a.Phone), a.describe())
		for _, r := range a.Recipients {
			add(who+", recipient "+shorten(r.Recipient), r.describe())
		}
	}
	for _, k := range d.ProviderKeys {
		what := k.PublicKey.Algorithm()
		if k.Origin != "" {
			what += " for " + k.Origin
		}
		add(fmt.Sprintf("%s key %s", k.Use, string(k.PublicKey.ID())), what, k.describe())
	}
	if w := d.Witnesses; w != nil {
		add("ledger's witnesses", fmt.Sprintf("%d of %d must have cosigned", w.Threshold, len(w.List)))
		for _, one := range w.List {
			add("witness "+one.Name(), one.Key, place(one.URL))
		}
	}
	return lines
}

// Changes returns what differs from old to d, each line marked "+" for new,
// "-" for gone and "~" for changed. Two documents of which Changes says nothing
// differ at most in version, time and order.
func (d *Document) Changes(old *Document) []string {
	was, is := map[string]string{}, map[string]bool{}
	for _, l := range old.Lines() {
		was[l.What] = l.Says
	}
	var changes []string
	for _, l := range d.Lines() {
		is[l.What] = true
		if says, ok := was[l.What]; !ok {
			changes = append(changes, "+ "+l.What+": "+l.Says)
		} else if says != l.Says {
			changes = append(changes, "~ "+l.What+": "+l.Says)
		}
	}
	for _, l := range old.Lines() {
		if !is[l.What] {
			changes = append(changes, "- "+l.What)
		}
	}
	return changes
}

// country is " in DE", or nothing.
func country(code string) string {
	if code == "" {
		return ""
	}
	return " in " + code
}

func place(url string) string {
	if url == "" {
		return "no address"
	}
	return url
}

func phone(number string) string {
	if number == "" {
		return "no phone"
	}
	return number
}

// shorten keeps a post-quantum recipient, of 2 kB, on one line: its begin and
// its end, which a checksum binds to what is between.
func shorten(s string) string {
	if len(s) <= 120 {
		return s
	}
	return s[:40] + "…" + s[len(s)-40:]
}

// describe puts the interval in words.
func (v Validity) describe() string {
	var says []string
	if !v.From.IsZero() {
		says = append(says, "from "+v.From.Format(time.RFC3339Nano))
	}
	if !v.Until.IsZero() {
		says = append(says, "until "+v.Until.Format(time.RFC3339Nano))
	}
	if !v.RevokedAt.IsZero() {
		reason := ""
		if v.Reason != "" {
			reason = " (" + v.Reason + ")"
		}
		says = append(says, "REVOKED at "+v.RevokedAt.Format(time.RFC3339Nano)+reason)
	}
	if len(says) == 0 {
		return "always"
	}
	return strings.Join(says, " ")
}
