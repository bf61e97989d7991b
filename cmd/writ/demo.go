package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/seal"
	"writ/crypto/trust"
	"writ/export"
	"writ/export/demo"
	"writ/export/order"
	"writ/export/plan"
	"writ/export/policy"
	"writ/export/workspace"
	"writ/manifest"
	"writ/manifest/audit"
	"writ/manifest/bundle"
	"writ/manifest/ledger"
	"writ/manifest/transparency"
	"writ/manifest/transparency/tally"
)

func demoCommand() *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "make a workspace of a made-up mail provider and answer its orders, one step a line",
		Description: "writ demo\n" +
			"writ demo --dir /tmp/play\n" +
			"writ demo --prepare    make the workspace and its orders, answer none",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "dir", Usage: "`DIR` for the workspace; default: writ-demo, or the first such name that is free"},
			&cli.BoolFlag{Name: "keep", Value: true, Usage: "leave the workspace to play with; --keep=false removes it at the end"},
			&cli.BoolFlag{Name: "prepare", Usage: "only make the workspace"},
		},
		Action: runDemo,
	}
}

func runDemo(c *cli.Context) (err error) {
	if _, err := arguments(c); err != nil {
		return err
	}
	dir := c.String("dir")
	if dir == "" {
		dir = freeName("writ-demo")
	}
	if err := demo.Make(dir, time.Now()); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if !c.Bool("keep") {
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	t := &tour{c: c, ctx: c.Context, dir: dir}
	t.say("workspace", "%s: a made-up mail provider, 3,000 accounts in SQLite; a court, two reviewers, a police agency, all their keys", dir)
	if c.Bool("prepare") {
		return nil
	}
	if err := t.run(); err != nil {
		return err
	}
	if c.Bool("keep") {
		t.next()
	}
	return nil
}

// freeName returns name, or name with the first number behind it that makes it free.
func freeName(name string) string {
	free := name
	for i := 2; ; i++ {
		if _, err := os.Lstat(free); errors.Is(err, os.ErrNotExist) {
			return free
		}
		free = fmt.Sprintf("%s-%d", name, i)
	}
}

// A tour does the demo's steps and says what each means.
type tour struct {
	c      *cli.Context
	ctx    context.Context
	dir    string
	config export.Config
}

func (t *tour) say(step, format string, args ...any) {
	fmt.Fprintf(t.c.App.Writer, "✓ %-10s %s\n", step, fmt.Sprintf(format, args...))
}

func (t *tour) run() (err error) {
	w, err := workspace.Open(t.dir)
	if err != nil {
		return err
	}
	signer, err := w.Signer(nil)
	if err != nil {
		return err
	}
	config, done, err := exporting(t.ctx, w, signer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	if config.Engineer, err = w.Engineer(nil); err != nil {
		return err
	}
	t.config = config
	for _, step := range []func() error{t.answer, t.narrowed, t.redirected, t.rejected, t.audited, t.reported} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// answer does the main job on the warrant: check, plan, export, verify, open.
func (t *tour) answer() error {
	r, err := t.request(demo.Warrant)
	if err != nil {
		return err
	}
	p, err := export.Plan(t.ctx, t.config, r)
	if err != nil {
		return err
	}
	verified := p.Decision().Order()
	var signers []string
	for _, s := range verified.Signatures() {
		signers = append(signers, s.ID+" ("+string(s.Role)+")")
	}
	t.say("check", "order %s is genuine and in force: signed by %s; nothing is pulled for an order that is not", verified.Order().ID, strings.Join(signers, ", "))
	t.say("plan", "%s; this is all that can leave, and it was fixed before the first read", shape(p))
	receipt, err := export.Run(t.ctx, t.config, r)
	if err != nil {
		return err
	}
	x := receipt.Statement.Predicate
	t.say("export", "%s, encrypted to %s's pinned key and signed: %s", pulledWords(x), x.Order.Agency, receipt.Folder)

	provider, delivery, identity, err := t.agency(receipt.Folder)
	if err != nil {
		return err
	}
	if _, err := bundle.Verify(t.ctx, delivery, provider); err != nil {
		return err
	}
	t.say("verify", "signature, signer, digest and recipient hold; an auditor can check this without any key to the evidence")
	opened := filepath.Join(t.dir, "opened")
	if _, err := bundle.Open(t.ctx, delivery, provider, identity, opened, bundle.Options{}); err != nil {
		return err
	}
	t.say("open", "the agency's key opens it, and every record is one that the manifest commits to: %s", filepath.Join(opened, "index.html"))
	return nil
}

// narrowed asks for more than a subpoena may compel.
func (t *tour) narrowed() error {
	r, err := t.request(demo.Subpoena)
	if err != nil {
		return err
	}
	signed, err := order.Parse(r.Order)
	if err != nil {
		return err
	}
	// Nothing forbids telling the user, so the user is told first.
	if _, err := export.Receive(t.ctx, t.config, r); err != nil {
		return err
	}
	if _, err := t.config.Ledger.Notify(t.ctx, signed.Digest(), "email", time.Now()); err != nil {
		return err
	}
	p, err := export.Plan(t.ctx, t.config, r)
	if err != nil {
		return err
	}
	receipt, err := export.Run(t.ctx, t.config, r)
	if err != nil {
		return err
	}
	refused := refusals(p)
	t.say("narrow", "the user is told; a subpoena that asks for too much gets only what it may compel (%s); %d fields are refused, such as %s",
		pulledWords(receipt.Statement.Predicate), len(refused), refused[0])
	return nil
}

// redirected asks for an account of an enterprise customer.
func (t *tour) redirected() error {
	return t.turnedAway("redirect", demo.Enterprise, export.ErrRefused)
}

// rejected presents the warrant with another target written in.
func (t *tour) rejected() error {
	return t.turnedAway("reject", demo.Forged, order.ErrRejected)
}

// audited replays all of this without any key to the evidence.
func (t *tour) audited() error {
	provider, err := t.provider()
	if err != nil {
		return err
	}
	r, err := audit.Run(t.ctx, audit.Config{
		Provider: provider, Source: ledger.Dir(filepath.Join(t.dir, "ledger")), Rules: rulesOf, Deliveries: filepath.Join(t.dir, "out"), Now: time.Now(),
	})
	if err != nil {
		return err
	}
	if len(r.Findings) > 0 {
		return fmt.Errorf("the audit of the demo finds %s: %s", r.Findings[0].Code, r.Findings[0].What)
	}
	t.say("audit", "%d statements in the ledger, %d decisions made again from them, %d deliveries looked at: nothing found",
		r.Ledger.Size, r.Counts.Replayed, r.Counts.Deliveries)
	return nil
}

// reported computes what the public will read when the half-year has ended.
func (t *tour) reported() error {
	provider, err := t.provider()
	if err != nil {
		return err
	}
	reader, err := pinnedLedger(t.ctx, filepath.Join(t.dir, "ledger"), provider)
	if err != nil {
		return err
	}
	found, err := tally.Read(t.ctx, tally.Config{Reader: reader, Provider: provider, Processes: recordedProcesses})
	if err != nil {
		return err
	}
	now := transparency.HalfOf(time.Now())
	report, err := transparency.Compute(found.Cases, transparency.Options{
		Provider: provider.Provider, Checkpoint: found.Checkpoint, Now: now.End(), Threshold: 1,
	})
	if err != nil {
		return err
	}
	orders, customers := report.Periods[0].Groups[0].All, report.Periods[0].Groups[1].All
	t.say("report", "what %s will say when it has ended: %s orders on %s accounts, and %s on accounts of organisations",
		now, orders.Requests, orders.Accounts, customers.Requests)
	return nil
}

func (t *tour) turnedAway(step, file string, want error) error {
	r, err := t.request(file)
	if err != nil {
		return err
	}
	if _, err = export.Run(t.ctx, t.config, r); !errors.Is(err, want) {
		return fmt.Errorf("the demo's %s order ended with %w, want %w", step, err, want)
	}
	t.say(step, "%s: %v", filepath.Join(t.dir, file), err)
	return nil
}

func (t *tour) request(file string) (export.Request, error) {
	b, err := os.ReadFile(filepath.Join(t.dir, file))
	return export.Request{Order: b}, err
}

// agency returns what the agency has: the provider file, the delivery, its key.
func (t *tour) agency(folder string) (*trust.Provider, bundle.Delivery, seal.Identity, error) {
	provider, err := t.provider()
	if err != nil {
		return nil, bundle.Delivery{}, seal.Identity{}, err
	}
	delivery, err := bundle.Find(folder)
	if err != nil {
		return nil, bundle.Delivery{}, seal.Identity{}, err
	}
	b, err := os.ReadFile(filepath.Join(t.dir, demo.IdentityFile))
	if err != nil {
		return nil, bundle.Delivery{}, seal.Identity{}, err
	}
	identity, err := seal.ParseIdentity(b, nil)
	return provider, delivery, identity, err
}

// provider is what agencies and auditors pin.
func (t *tour) provider() (*trust.Provider, error) {
	b, err := os.ReadFile(filepath.Join(t.dir, demo.ProviderFile))
	if err != nil {
		return nil, err
	}
	return trust.ParseProvider(b)
}

// next prints the commands to try.
func (t *tour) next() {
	writ := "writ -w " + t.dir
	if exe, err := os.Executable(); err == nil && strings.Contains(exe, "go-build") {
		writ = "go run ./cmd/writ -w " + t.dir // it was started by go run
	}
	fmt.Fprintf(t.c.App.Writer, `
Try next (everything stands in %[2]s):
  %[1]s order show %[2]s/%[3]s
  %[1]s plan %[2]s/%[4]s
  %[1]s export --supplement "asked again" %[2]s/%[3]s
  %[1]s policy show us
  %[1]s ledger list
  %[1]s audit --provider %[2]s/%[5]s --bundles %[2]s/out --html audit.html %[2]s/ledger
`, writ, t.dir, demo.Warrant, demo.Subpoena, demo.ProviderFile)
}

// shape is a plan in a few words.
func shape(p *plan.Plan) string {
	datasets, fields, records := 0, 0, int64(0)
	for _, d := range p.Datasets() {
		if d.Outcome == "" {
			datasets++
			fields += len(d.Decision.Granted())
			records += d.Estimated
		}
	}
	return fmt.Sprintf("%d datasets, %d fields, about %d records of 1 account", datasets, fields, records)
}

func pulledWords(x manifest.Export) string {
	datasets, records := 0, int64(0)
	for _, d := range x.Datasets {
		if d.Records > 0 {
			datasets++
			records += d.Records
		}
	}
	return fmt.Sprintf("%d records of %d datasets", records, datasets)
}

// refusals lists what a plan refuses: the field, why, and the law.
func refusals(p *plan.Plan) []string {
	var said []string
	for _, d := range p.Datasets() {
		for _, v := range d.Decision.Verdicts {
			if v.Effect == policy.Refuse {
				said = append(said, fmt.Sprintf("%s.%s (%s)", d.Decision.Dataset, v.Field, v.Why))
			}
		}
	}
	return said
}
