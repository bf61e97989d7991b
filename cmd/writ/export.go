package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/export"
	"writ/export/order"
	"writ/export/outbox"
	"writ/export/plan"
	"writ/export/record"
	"writ/export/workspace"
	"writ/manifest"
	"writ/manifest/approval"
)

// The flags that say how an order is answered; plan and export share them, so
// that what one shows is what the other does.
var requestFlags = []cli.Flag{
	&cli.StringFlag{Name: "received", Usage: "`TIME` of receipt, RFC 3339, if the order arrived before now"},
	&cli.StringFlag{Name: "supplement", Usage: "answer an order, or one for the same targets, once more; `WHY` is stated in the manifest"},
	&cli.StringSliceFlag{Name: "approval", Usage: "`FILE` that writ order lift made, which lifts a ceiling for this order"},
	&cli.StringSliceFlag{Name: "unavailable", Usage: "leave a dataset out whose store can't be read: `DATASET=WHY`, stated in the manifest"},
}

func exportCommand() *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "answer an order: pull what it mandates, seal it to its agency, sign it, record it, deliver it",
		ArgsUsage: "ORDER",
		Description: "writ export orders/2026-0042.order.json\n" +
			"writ export --plan sha256:… orders/2026-0042.order.json    only if the plan is still the one that was looked at\n" +
			"writ export --dry-run --json orders/2026-0042.order.json   decide and plan, pull nothing\n" +
			"writ export --engineer-key kim.key orders/2026-0042.order.json\n" +
			"Who runs an export signs that they ask for it: an engineer of the registry, and none of those who signed the order.",
		Flags: slices.Concat([]cli.Flag{
			&cli.StringFlag{Name: "plan", Usage: "`DIGEST` that writ plan printed: any other plan is refused"},
			&cli.BoolFlag{Name: "dry-run", Usage: "stop when the plan is made"},
			passwordFlag,
			jsonFlag,
		}, engineerFlags, requestFlags),
		Action: runExport,
	}
}

func runExport(c *cli.Context) (err error) {
	args, err := arguments(c, "ORDER")
	if err != nil {
		return err
	}
	w, err := openWorkspace(c)
	if err != nil {
		return err
	}
	request, err := exportRequest(c, args[0])
	if err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return runDry(c, w, request)
	}
	// First what may ask somebody: the ledger waits for nobody.
	engineer, err := engineerSigner(c, w)
	if err != nil {
		return err
	}
	config, done, err := recording(c, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	config.Engineer = engineer
	bars := newBars(c.App.ErrWriter)
	config.Progress = bars.tell
	config.Store = approvedStores(w, request)
	receipt, err := export.Run(c.Context, config, request)
	bars.stop()
	if err != nil {
		return err
	}
	x := receipt.Statement.Predicate
	held := slices.ContainsFunc(x.Datasets, func(d manifest.Dataset) bool { return d.Accounts > 0 })
	if n := x.Notice; held && n.Owed && n.After.IsZero() && x.Order.Secrecy != "" { // or else the user was told first
		fmt.Fprintf(c.App.ErrWriter, "The user is owed a notice: %s (%s). writ notify records it.\n", n.Why, n.Rule.Cite)
	}
	if c.Bool("json") {
		return printJSON(c, receipt)
	}
	printReceipt(c.App.Writer, receipt)
	return nil
}

// runDry shows the plan, also one of which nothing may leave.
func runDry(c *cli.Context, w *workspace.Workspace, request export.Request) error {
	config, err := planning(w)
	if err != nil {
		return err
	}
	config.Store = approvedStores(w, request)
	p, err := export.Plan(c.Context, config, request)
	if p == nil {
		return err
	}
	return errors.Join(printPlan(c, p), err)
}

// planning is what the workspace gives a plan: it reads the ledger, and needs no secret.
func planning(w *workspace.Workspace) (export.Config, error) {
	c := export.Config{
		Registry: w.Registry, Catalog: w.Catalog, Policy: w.Policy, Store: w.Store, Tool: tool(), UnsafeTesting: w.Config.Testing,
	}
	reader, err := w.LedgerReader()
	if err != nil {
		return c, err
	}
	if c.Fingerprint, err = w.Fingerprint(); err != nil {
		return c, err
	}
	c.Ledger, err = recorder(w, record.Config{Reader: reader})
	return c, err
}

// exporting is what the workspace gives an export. The caller calls done, which
// closes the ledger.
func exporting(ctx context.Context, w *workspace.Workspace, signer sign.Signer) (c export.Config, done func() error, err error) {
	if c, err = planning(w); err != nil {
		return c, nil, err
	}
	log, err := w.Ledger(ctx)
	if err != nil {
		return c, nil, err
	}
	c.Signer, c.Outbox = signer, outbox.Open(w.Outbox())
	if c.Ledger, err = recorder(w, record.Config{Reader: log.Reader, Log: log, Signer: signer}); err != nil {
		return c, nil, errors.Join(err, log.Close())
	}
	return c, log.Close, nil
}

// statementSigner opens the key that signs statements. Its password comes from the flag or the
// environment if either gives one, else from where writ.yaml says, else from the terminal.
func statementSigner(c *cli.Context, w *workspace.Workspace) (sign.Signer, error) {
	if _, set := secrets[passwordVariable]; set || c.String(passwordFlag.Name) != "" {
		w.Config.Signer.PasswordFile = ""
	}
	return w.Signer(secret(c, passwordFlag.Name, passwordVariable, "password of the signing key"))
}

// recording is [exporting] with the key of [statementSigner].
func recording(c *cli.Context, w *workspace.Workspace) (export.Config, func() error, error) {
	signer, err := statementSigner(c, w)
	if err != nil {
		return export.Config{}, nil, err
	}
	return exporting(c.Context, w, signer)
}

// recorder is the workspace's, of what c gives besides.
func recorder(w *workspace.Workspace, c record.Config) (*record.Recorder, error) {
	provider := w.Registry.Publish()
	c.Provider, c.Index, c.Tool = &provider, filepath.Join(w.LedgerDir(), ".writ", "orders"), tool()
	return record.New(c)
}

func tool() manifest.Tool {
	version, revision, goVersion := build()
	return manifest.Tool{Name: "writ", Version: version, Build: revision, Go: goVersion}
}

// exportRequest reads the order and the flags of [requestFlags].
func exportRequest(c *cli.Context, path string) (export.Request, error) {
	r := export.Request{Supplement: c.String("supplement"), Unavailable: make(plan.Unavailable)}
	var err error
	if r.Order, err = readInput(path, sign.MaxEnvelopeBytes); err != nil {
		return r, err
	}
	if manifest.MayName(r.Supplement) {
		return r, fmt.Errorf("%w: --supplement: the reason is public; name no address and no long number in it", errUsage)
	}
	if s := c.String("received"); s != "" {
		if r.ReceivedAt, err = time.Parse(time.RFC3339, s); err != nil {
			return r, fmt.Errorf("%w: --received: not a time in RFC 3339, such as 2026-03-01T09:00:00Z", errUsage)
		}
	}
	if s := c.String("plan"); s != "" {
		if r.Plan, err = digest.Parse(s); err != nil || r.Plan.IsZero() {
			return r, fmt.Errorf("%w: --plan: want the digest that writ plan prints: sha256: and 64 hex digits", errUsage)
		}
	}
	for _, file := range c.StringSlice("approval") {
		b, err := readInput(file, approval.MaxBytes)
		if err != nil {
			return r, err
		}
		if _, err := approval.Parse(b); err != nil {
			return r, fmt.Errorf("%s: %w", file, err)
		}
		r.Approvals = append(r.Approvals, b)
	}
	for _, s := range c.StringSlice("unavailable") {
		name, why, ok := strings.Cut(s, "=")
		if !ok || strings.TrimSpace(why) == "" || manifest.MayName(why) {
			return r, fmt.Errorf("%w: --unavailable: want DATASET=WHY, and no address or long number in it", errUsage)
		}
		r.Unavailable[order.Dataset(name)] = why
	}
	return r, nil
}

func printReceipt(w io.Writer, r *export.Receipt) {
	x := r.Statement.Predicate
	if r.Resumed {
		fmt.Fprintln(w, "An earlier run had made this delivery; it is finished now.")
	}
	fmt.Fprintf(w, "export     %s\n", r.ExportID)
	fmt.Fprintf(w, "delivered  %s\n", r.Folder)
	fmt.Fprintf(w, "sealed to  %s (%s)\n", x.Order.Agency, x.Recipients[0].Kind)
	fmt.Fprintf(w, "signed     %s\n", x.Times.SignedAt.Format(time.RFC3339))
	for _, d := range x.Datasets {
		line := fmt.Sprintf("%-10s %s", d.Name, d.Outcome)
		if d.Outcome == manifest.Complete || d.Outcome == manifest.Partial {
			line += ", " + plural(d.Records, "record") + ", " + plural(len(d.Fields), "field")
		}
		if n := len(d.Withheld); n > 0 {
			line += ", " + plural(n, "field") + " withheld"
		}
		if d.Why != "" {
			line += ": " + d.Why
		}
		fmt.Fprintln(w, line)
	}
}
