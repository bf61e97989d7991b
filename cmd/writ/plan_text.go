package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"writ/export/plan"
	"writ/export/policy"
	"writ/manifest"
)

// writePlan writes a plan for people: first what they must compare with the
// paper, then what leaves, what stays and by which rule, then how.
func writePlan(w io.Writer, p *plan.Plan) {
	writeHead(w, p)
	datasets := p.Datasets()
	writeTargets(w, p)
	writeWindows(w, datasets)
	writeFields(w, datasets, p.Empty())
	for _, d := range datasets {
		if d.Query != "" {
			fmt.Fprintf(w, "\nquery of %s on store %s; account keys and times are bound:\n  %s\n", plain(d.Decision.Dataset), plain(d.Store), plain(d.Query))
		}
	}
	writeTail(w, p)
}

func writeHead(w io.Writer, p *plan.Plan) {
	v := p.Decision().Order()
	o := v.Order()
	if o.Test {
		label(w, "TEST ORDER", "not for real data")
	}
	label(w, "order", "%s", o.ID)
	label(w, "digest", "%s", v.Digest())
	label(w, "process", "%s under %s: %s", o.Process, o.Jurisdiction, o.LegalBasis)
	label(w, "authority", "%s (%s)", o.Authority, v.Authority().Name)
	label(w, "agency", "%s (%s), one recipient of the kind %s", o.Agency, v.Agency().Name, v.Recipient().Kind())
	var signers []string
	for _, s := range v.Signatures() {
		signers = append(signers, fmt.Sprintf("%s %s", s.Role, s.ID))
	}
	label(w, "signed by", "%s", strings.Join(signers, ", "))
	label(w, "received", "%s", utc(v.ReceivedAt().Truncate(time.Second)))
	if v.Supplement() != "" {
		label(w, "once more", "%s", v.Supplement())
	}
}

// writeTargets echoes the identifiers, so that somebody can compare them with
// the paper: a wrong identifier is the most frequent mistake of all.
func writeTargets(w io.Writer, p *plan.Plan) {
	t := newTable("target", "type", "identifier, to compare with the paper", "held at", "accounts found")
	found := p.Targets()
	for i, x := range p.Decision().Order().Order().Targets {
		accounts := "not looked up"
		if i < len(found) {
			if accounts = fmt.Sprint(found[i].Accounts); found[i].Redirected > 0 {
				accounts += fmt.Sprintf(", %d of an enterprise customer", found[i].Redirected)
			}
			if found[i].Several {
				accounts += ": every one, as the order says"
			}
		}
		held := ""
		if !x.At.IsZero() {
			held = utc(x.At.UTC()) + "\nwritten " + x.At.String()
		}
		t.AppendRow(table.Row{i + 1, plain(x.Type), plain(x.Value), held, accounts})
	}
	fmt.Fprintf(w, "\n%s\n", t.Render())
	writeDoubts(w, p.Decision().Order().Order())
}

func writeWindows(w io.Writer, datasets []plan.Dataset) {
	t := newTable("dataset", "outcome", "window, UTC, end exclusive", "as the order has it", "accounts", "about so many records")
	for _, d := range datasets {
		window, written := "no times", ""
		if from, to := d.Decision.From, d.Decision.To; !from.IsZero() {
			window = utc(from.UTC()) + "\n" + utc(to.UTC())
			written = from.String() + "\n" + to.String()
		}
		outcome := outcomeWord(d)
		if !d.Decision.HeldUntil.IsZero() {
			outcome += " until " + utc(d.Decision.HeldUntil)
		}
		if d.Why != "" {
			outcome += ": " + d.Why
		}
		accounts, records := "", ""
		if d.Outcome == "" {
			accounts, records = fmt.Sprint(d.Accounts), fmt.Sprint(d.Estimated)
		}
		t.AppendRow(table.Row{plain(d.Decision.Dataset), plain(outcome), window, written, accounts, records})
	}
	fmt.Fprintf(w, "\n%s\n", t.Render())
}

func writeFields(w io.Writer, datasets []plan.Dataset, empty bool) {
	leaves := newTable("leaves", "field", "category", "by rule", "citation")
	held := newTable("held", "field", "category", "by rule, once it leaves", "citation")
	stays := newTable("stays", "field", "ground", "why", "rule and citation")
	granted, refused := 0, 0
	allow := func(t table.Writer, d plan.Dataset, v policy.Verdict) {
		t.AppendRow(table.Row{plain(d.Decision.Dataset), plain(v.Field), plain(v.Category), plain(v.Rule.ID), plain(v.Rule.Cite)})
	}
	for _, d := range datasets {
		for _, v := range d.Decision.Verdicts {
			switch {
			case v.Effect != policy.Grant:
				refused++
				stays.AppendRow(table.Row{plain(d.Decision.Dataset), plain(v.Field), plain(v.Ground), plain(v.Why), plain(ruleText(v.Rule))})
			case d.Outcome == "":
				granted++
				allow(leaves, d, v)
			case d.Outcome == manifest.Held:
				allow(held, d, v)
			}
		}
	}
	switch {
	case granted > 0:
		fmt.Fprintf(w, "\n%s\n", leaves.Render())
	case empty:
		fmt.Fprintln(w, "\nNothing leaves.")
	default:
		fmt.Fprintln(w, "\nNo record leaves; the agency gets an answer that says so.")
	}
	if held.Length() > 0 {
		fmt.Fprintf(w, "\n%s\n", held.Render())
	}
	if refused > 0 {
		fmt.Fprintf(w, "\n%s\n", stays.Render())
	}
}

func writeTail(w io.Writer, p *plan.Plan) {
	d := p.Decision()
	fmt.Fprintln(w)
	if c := d.Clocks(); !c.Deadline.IsZero() {
		label(w, "deliver by", "%s, %s", utc(c.Deadline), ruleText(c.Rule))
	}
	if c := d.Clocks(); !c.NotBefore.IsZero() {
		label(w, "not before", "%s, what is held; %s", utc(c.NotBefore), ruleText(c.Rule))
	}
	label(w, "notice", "%s", noticeText(d.Notice()))
	if p.Untold() {
		label(w, "awaited", "all is held until that is recorded: tell the user, then: writ notify --how HOW ORDER")
	}
	if e := d.Enterprise(); e.Why != "" {
		label(w, "enterprise", "of an enterprise customer's account: %s; %s", e.Why, ruleText(e.Rule))
	}
	label(w, "ceilings", "%s; %s", d.Ceilings(), ruleText(d.CeilingRule()))
	for _, a := range d.Order().Approvals() {
		label(w, "lifted", "%s of %s from %d to %d until %s, by %s", a.Bound, a.Rule, a.Ceiling, a.Limit, utc(a.ExpiresAt), strings.Join(reviewerIDs(a.Signers), ", "))
	}
	for _, r := range d.Rates() {
		label(w, "rate", "%s; %s", r, ruleText(r.Rule))
	}
	label(w, "policy", "%s", d.Policy())
	label(w, "catalog", "%s", d.Catalog())
	label(w, "plan", "%s", p.Digest())
}

func reviewerIDs(signers []manifest.Signer) (ids []string) {
	for _, s := range signers {
		ids = append(ids, s.ID)
	}
	return ids
}

func noticeText(n policy.Notice) string {
	when := "none is owed to the user"
	switch {
	case n.Owed && !n.After.IsZero():
		when = "owed to the user after " + utc(n.After.Truncate(time.Second))
	case n.Owed && n.WhenLifted:
		when = "owed to the user once secrecy is lifted"
	case n.BeforeDisclosure():
		when = "owed to the user before disclosure"
	}
	return fmt.Sprintf("%s: %s; %s", when, n.Why, ruleText(n.Rule))
}

func ruleText(r policy.Rule) string {
	switch {
	case r == policy.Rule{}:
		return "no rule is needed"
	case r.Cite == "":
		return r.ID
	}
	return fmt.Sprintf("%s (%s)", r.ID, r.Cite)
}

func label(w io.Writer, name, format string, args ...any) {
	fmt.Fprintf(w, "%-10s  %s\n", name, plain(fmt.Sprintf(format, args...)))
}

// newTable returns a table with that head, in which long cells wrap.
func newTable(head ...any) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(head)
	var columns []table.ColumnConfig
	for i := range head {
		columns = append(columns, table.ColumnConfig{Number: i + 1, WidthMax: 44, WidthMaxEnforcer: text.WrapSoft})
	}
	t.SetColumnConfigs(columns)
	return t
}

// plain makes a string from outside safe for a terminal: what is not printed,
// such as an escape sequence or a mark that turns the direction, is shown as its
// number.
func plain[T ~string](s T) string {
	var b strings.Builder
	for _, r := range string(s) {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}
