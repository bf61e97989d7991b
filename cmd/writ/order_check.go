package main

import (
	"fmt"
	"io"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/export"
	"writ/export/order"
	"writ/export/plan"
	"writ/export/record"
)

func orderCheckCommand() *cli.Command {
	return &cli.Command{
		Name:      "check",
		Usage:     "say whether an order is genuine, in force and not answered yet, and who must still sign",
		ArgsUsage: "ORDER",
		Description: "writ order check orders/2026-0042.order.json\n" +
			"Exits with 3 and the first reason if the order is rejected, also for a target that the catalog can't look up.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "received", Usage: "`TIME` of receipt, RFC 3339, if the order arrived before now"},
			&cli.StringFlag{Name: "supplement", Usage: "`WHY` the order is to be answered once more"},
			jsonFlag,
		},
		Action: runOrderCheck,
	}
}

func runOrderCheck(c *cli.Context) error {
	args, err := arguments(c, "ORDER")
	if err != nil {
		return err
	}
	received := time.Now()
	if s := c.String("received"); s != "" {
		i, err := order.ParseInstant(s)
		if err != nil {
			return fmt.Errorf("%w: --received is %w", errUsage, err)
		}
		received = i.UTC()
	}
	s, _, err := readOrder(args[0])
	if err != nil {
		return err
	}
	w, err := openWorkspace(c)
	if err != nil {
		return err
	}
	history, near := &record.History{}, ""
	if w.Registry.LedgerKeys(time.Now()) == nil {
		fmt.Fprintln(c.App.ErrWriter, "No ledger is pinned in the registry, so whether the order was answered before is not known.")
	} else {
		config, err := planning(w)
		if err != nil {
			return err
		}
		if history, err = config.Ledger.Order(c.Context, s.Digest()); err != nil {
			return err
		}
		if config.Fingerprint == nil {
			fmt.Fprintln(c.App.ErrWriter, "There is no secret for fingerprints here, so whether an order for the same targets was answered before is not known.")
		} else if near, _, err = export.Near(c.Context, config.Ledger, config.Fingerprint, config.Catalog, s); err != nil {
			return err
		}
	}
	if !history.ReceivedAt.IsZero() {
		received = history.ReceivedAt
	}
	against := order.Against{
		Registry:      w.Registry,
		ExportedAs:    func(digest.Digest) string { return history.Last() },
		Now:           time.Now(),
		NearTo:        near,
		Supplement:    c.String("supplement"),
		UnsafeTesting: w.Config.Testing,
	}
	report := order.Status(s, against, received)
	usable := plan.CheckTargets(s.Order(), w.Catalog)
	report.Checks = append(report.Checks, order.Check{Name: "targets", Err: usable})
	if report.Err == nil {
		report.Err = usable
	}
	if c.Bool("json") {
		if err := printJSON(c, reportJSON(s.Order(), report)); err != nil {
			return err
		}
	} else {
		printReport(c.App.Writer, s.Order(), report)
	}
	// Status tells people; Verify alone decides.
	if _, err = order.Verify(s, against, received); err != nil {
		return err
	}
	if err := order.CheckNear(s.Order().ID, against); err != nil {
		return err
	}
	return usable
}

// checkNames says in words what each check asks.
var checkNames = map[string]string{
	"provider":     "addressed to us",
	"test":         "real order in a live workspace, or test order in a test one",
	"authority":    "authority is registered, for this jurisdiction",
	"agency":       "agency is registered",
	"recipient":    "agency has exactly one key to encrypt to",
	"signatures":   "enough people signed",
	"emergency":    "call-back, if it is an emergency",
	"in-force":     "in force when it was received",
	"first-export": "not answered before, or said why once more",

	"near-duplicate": "no other order for the same targets was answered, or said why both",
	"targets":        "targets are of types and forms by which the catalog finds accounts",
}

func printReport(w io.Writer, o order.Order, r order.Report) {
	for _, k := range r.Checks {
		mark := "ok "
		if k.Err != nil {
			mark = "NO "
		}
		fmt.Fprintf(w, "%s %s\n", mark, checkNames[k.Name])
	}
	for _, g := range r.Signatures {
		who := "a stranger"
		if g.ID != "" {
			who = fmt.Sprintf("%s %s", g.Role, g.ID)
		}
		if g.Counts {
			fmt.Fprintf(w, "signed by %s\n", who)
		} else {
			fmt.Fprintf(w, "signature of %s does not count: %s\n", who, g.Why)
		}
	}
	for _, m := range r.Need.Words() {
		fmt.Fprintf(w, "still needed: %s\n", m)
	}
	writeDoubts(w, o)
	if r.Err == nil {
		fmt.Fprintf(w, "accepted, as received at %s\n", r.At.Format(time.RFC3339))
	}
}

// reportJSON is the form of a report that machines read.
func reportJSON(o order.Order, r order.Report) any {
	type check struct {
		Name   string `json:"name"`
		Passed bool   `json:"passed"`
		Error  string `json:"error,omitzero"`
	}
	type signature struct {
		KeyID  string     `json:"key_id"`
		Role   order.Role `json:"role,omitzero"`
		ID     string     `json:"id,omitzero"`
		Counts bool       `json:"counts"`
		Why    string     `json:"why,omitzero"`
	}
	out := struct {
		Accepted   bool          `json:"accepted"`
		Digest     digest.Digest `json:"digest"`
		ReceivedAt time.Time     `json:"received_at"`
		Checks     []check       `json:"checks"`
		Signatures []signature   `json:"signatures"`
		Missing    []string      `json:"missing"`
		Doubts     []doubtView   `json:"doubts"`
	}{r.Err == nil, r.Digest, r.At, []check{}, []signature{}, append([]string{}, r.Need.Words()...), viewDoubts(o)}
	for _, k := range r.Checks {
		e := ""
		if k.Err != nil {
			e = k.Err.Error()
		}
		out.Checks = append(out.Checks, check{k.Name, k.Err == nil, e})
	}
	for _, g := range r.Signatures {
		out.Signatures = append(out.Signatures, signature{string(g.KeyID), g.Role, g.ID, g.Counts, g.Why})
	}
	return out
}
