package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

func ledgerListCommand() *cli.Command {
	return &cli.Command{
		Name:  "list",
		Usage: "print what stands in the ledger, an entry a line",
		Description: "writ ledger list --last 20\n" +
			"Entries are shown to hash to the checkpoint; their signatures, and whether they agree, is what an audit checks.",
		Flags: []cli.Flag{
			jsonFlag,
			&cli.Int64Flag{Name: "from", Usage: "`INDEX` of the first; default: 0"},
			&cli.Int64Flag{Name: "last", Usage: "only the last `N`"},
		},
		Action: runLedgerList,
	}
}

// An entryLine is what list says of an entry.
type entryLine struct {
	Index   int64     `json:"index"`
	Time    time.Time `json:"time,omitzero"`
	Kind    act.Kind  `json:"kind,omitempty"`
	Order   string    `json:"order,omitempty"`   // its digest
	Process string    `json:"process,omitempty"` // if an entry shown says it
	What    string    `json:"what"`
}

func runLedgerList(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	if c.IsSet("from") && c.IsSet("last") || c.Int64("from") < 0 || c.Int64("last") < 0 {
		return fmt.Errorf("%w: give one of --from and --last, and no number below 0", errUsage)
	}
	_, v, err := openLedger(c)
	if err != nil {
		return err
	}
	size, from := v.Checkpoint().Size(), c.Int64("from")
	if c.IsSet("last") {
		from = max(0, size-c.Int64("last"))
	}
	lines := []entryLine{}
	processes := map[digest.Digest]string{}
	for e, err := range v.Entries(c.Context, min(from, size), size) {
		if err != nil {
			return err
		}
		lines = append(lines, describeEntry(e, processes))
	}
	if c.Bool("json") {
		return printJSON(c, struct {
			Checkpoint checkpointJSON `json:"checkpoint"`
			Entries    []entryLine    `json:"entries"`
		}{describeCheckpoint(v.Checkpoint()), lines})
	}
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "INDEX\tTIME\tKIND\tORDER\tPROCESS\tWHAT")
	for _, l := range lines {
		at := "-"
		if !l.Time.IsZero() {
			at = l.Time.Format(time.RFC3339)
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", l.Index, at, dash(string(l.Kind)), dash(shortDigest(l.Order)), dash(l.Process), l.What)
	}
	return w.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// shortDigest is enough of a digest to tell two apart on a screen.
func shortDigest(s string) string { return s[:min(len(s), len("sha256:")+12)] }

// describeEntry says what an entry says. processes remembers what earlier
// entries said of an order.
func describeEntry(e ledger.Entry, processes map[digest.Digest]string) entryLine {
	l := entryLine{Index: e.Index}
	s, err := act.Parse(e.Bytes)
	if err != nil {
		l.What = "not a statement that this version knows"
		return l
	}
	a := s.Unverified()
	l.Time, l.Kind = a.At(), a.Kind()
	about := a.About()
	switch a := a.(type) {
	case act.Received:
		processes[about] = a.Order.Process
	case act.Exported:
		processes[about] = a.Predicate.Order.Process
	}
	if !about.IsZero() {
		l.Order, l.Process = about.String(), processes[about]
	}
	l.What = saying(a)
	return l
}

// saying puts a statement in a few words. There is no name of a target in it
// that they could repeat.
func saying(a act.Act) string {
	switch a := a.(type) {
	case act.Received:
		from := a.Order.Authority
		if a.Country != "" {
			from += " (" + a.Country + ")"
		}
		if a.Rejected.Code != "" {
			return "rejected: " + string(a.Rejected.Code)
		}
		if a.Order.Emergency {
			from += ", emergency"
		}
		return "from " + from
	case act.Decided:
		said := string(a.Result)
		if a.Rejected.Code != "" {
			said += ": " + string(a.Rejected.Code)
		}
		if a.Decision.Narrowed {
			said += ", narrowed"
		}
		if a.Request.Engineer != "" {
			said += ", asked for by " + a.Request.Engineer
		}
		return said
	case act.Exported:
		var records int64
		for _, d := range a.Predicate.Datasets {
			records += d.Records
		}
		return fmt.Sprintf("%s to %s, %s", a.Predicate.ExportID, a.Predicate.Order.Agency, plural(records, "record"))
	case act.Notified:
		if a.Late {
			return "the user was told late, by " + a.How
		}
		return "the user was told, by " + a.How
	case act.Released:
		return fmt.Sprintf("%s, hold %s", plural(len(a.Datasets), "dataset"), a.Because)
	case act.Recalled:
		return plural(len(a.Exports), "export")
	case act.Configured:
		return fmt.Sprintf("%s %s", a.What, shortDigest(a.Digest.String()))
	}
	return ""
}

func ledgerShowCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "check one entry's signature and print its statement",
		ArgsUsage: "INDEX",
		Description: "writ ledger show 7\n" +
			"writ ledger show --raw 7 > 7.sigstore.json    the entry's own bytes, for other tools",
		Flags:  []cli.Flag{jsonFlag, &cli.BoolFlag{Name: "raw", Usage: "print the entry's bytes as they stand"}},
		Action: runLedgerShow,
	}
}

// An entryReport is what show says of an entry.
type entryReport struct {
	Index     int64           `json:"index"`
	Leaf      string          `json:"leaf"` // base64
	Kind      act.Kind        `json:"kind"`
	Signer    sign.KeyID      `json:"signer"`
	Digest    digest.Digest   `json:"digest"` // of the statement
	Statement json.RawMessage `json:"statement"`
}

func runLedgerShow(c *cli.Context) error {
	args, err := arguments(c, "INDEX")
	if err != nil {
		return err
	}
	index, err := entryIndex(args[0])
	if err != nil {
		return err
	}
	w, v, err := openLedger(c)
	if err != nil {
		return err
	}
	e, err := v.Entry(c.Context, index)
	if err != nil {
		return err
	}
	if c.Bool("raw") {
		_, err := c.App.Writer.Write(e.Bytes)
		return err
	}
	s, err := act.Parse(e.Bytes)
	if err != nil {
		return fmt.Errorf("entry %d: %w", index, err)
	}
	p := w.Registry.Publish()
	verified, err := act.Verify(s, &p)
	if err != nil {
		return fmt.Errorf("entry %d: %w", index, err)
	}
	// The statement is printed from the very bytes that were signed.
	var bundle struct {
		DSSEEnvelope struct {
			Payload []byte `json:"payload"`
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(e.Bytes, &bundle); err != nil {
		return fmt.Errorf("entry %d: %w", index, err)
	}
	r := entryReport{Index: index, Leaf: ledger.Leaf(e.Bytes).String(), Kind: s.Kind(), Signer: verified.Signer(),
		Digest: verified.Digest(), Statement: bundle.DSSEEnvelope.Payload}
	if c.Bool("json") {
		return printJSON(c, r)
	}
	fmt.Fprintf(c.App.Writer, "entry   %d of %s, leaf %s\nkind    %s: %s\nsigned  by %s\n", r.Index, v.Checkpoint().Origin(), r.Leaf, r.Kind, saying(verified.Act()), r.Signer)
	return printJSON(c, r.Statement)
}
