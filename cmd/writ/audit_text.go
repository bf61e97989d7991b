package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"writ/manifest/audit"
)

// maxAuditRows bounds the orders that the table lists; JSON has all.
const maxAuditRows = 50

// writeAudit writes findings first, then what was audited, then the orders.
func writeAudit(w io.Writer, r *audit.Result) {
	n := r.Counts
	switch {
	case !r.Complete:
		fmt.Fprintln(w, "NOT AUDITED TO THE END: the ledger is not to be believed")
	case n.Violations+n.Open == 0:
		fmt.Fprintln(w, "NOTHING FOUND: every export was decided as the rules then in force decide, and is in the ledger")
	default:
		fmt.Fprintf(w, "FOUND: %d that should never have happened (violation), %d still to be done or explained (open)\n", n.Violations, n.Open)
	}
	for _, f := range r.Findings {
		where := ""
		if f.Entry >= 0 {
			where = fmt.Sprintf(" entry %d", f.Entry)
		}
		if !f.Order.IsZero() {
			where += " order " + shortDigest(f.Order.String())
		}
		if f.Export != "" {
			where += " export " + f.Export
		}
		fmt.Fprintf(w, "%-9s %s%s: %s\n", f.Severity, f.Code, where, f.What)
	}
	line := func(name, format string, a ...any) { fmt.Fprintf(w, "%-9s %s\n", name, fmt.Sprintf(format, a...)) }
	line("ledger", "%s, entries %d to %d of %d, root %s", dash(r.Ledger.Origin), r.From, r.To, r.Ledger.Size, dash(r.Ledger.Root))
	line("provider", "%s (provider file %s)", r.Provider, r.ProviderFile)
	line("audited", "%s, %s made again, %s, %s, %s, %s, as of %s",
		plural(n.Orders, "order"), plural(n.Replayed, "decision"), plural(n.Exported, "export"), plural(n.Notified, "notice"),
		plural(n.Recalled, "recall"), plural(n.Deliveries, "delivery"), r.AuditedAt.Format(time.RFC3339))
	writeAuditOrders(w, r)
}

func writeAuditOrders(w io.Writer, r *audit.Result) {
	if len(r.Orders) == 0 {
		return
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "RECEIVED\tORDER\tPROCESS\tRESULT\tANSWERED\tDEADLINE\tFINDINGS")
	at := func(x time.Time) string {
		if x.IsZero() {
			return "-"
		}
		return x.Format("2006-01-02 15:04Z")
	}
	rows := r.Orders[max(0, len(r.Orders)-maxAuditRows):]
	for _, o := range rows {
		fmt.Fprintln(t, strings.Join([]string{
			at(o.ReceivedAt), shortDigest(o.Order.String()), dash(o.Process), o.Result, at(o.AnsweredAt), at(o.Deadline), fmt.Sprint(o.Findings),
		}, "\t"))
	}
	t.Flush()
	if left := r.Counts.Orders - int64(len(rows)); left > 0 {
		fmt.Fprintf(w, "(%d earlier orders: see --json or --html)\n", left)
	}
}
