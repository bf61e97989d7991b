package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/trust"
	"writ/export/durable"
	"writ/export/policy"
	"writ/manifest"
	"writ/manifest/ledger"
	"writ/manifest/transparency"
	"writ/manifest/transparency/tally"
)

func reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "compute the transparency report from a ledger, with nothing but the provider's public keys",
		ArgsUsage: "LEDGER",
		Description: "writ report --provider provider.json ledger\n" +
			"writ report --provider provider.json --from 2025-H1 --to 2026-H1 --html report.html https://mail.example/ledger\n" +
			"writ report --provider provider.json --previous 2025.json --json ledger > 2026.json\n" +
			"LEDGER is its folder or its URL. Only half-years that have ended are reported. The same ledger up to the\n" +
			"same entry (--size), the same time (--as-of) and the same options give the same bytes.",
		Flags: []cli.Flag{
			providerFlag,
			&cli.StringFlag{Name: "from", Usage: "first `HALF-YEAR`, such as 2025-H1; default: the first with an order"},
			&cli.StringFlag{Name: "to", Usage: "last `HALF-YEAR`; default: the last that has ended"},
			&cli.IntFlag{Name: "threshold", Value: transparency.DefaultThreshold, Usage: "withhold counts from 1 to below `N`; 1 withholds nothing, and is not for publication"},
			&cli.StringFlag{Name: "bands", Usage: "publish United States national-security process in the bands of 50 USC 1874: `WIDTH` 1000, 500, 250 or 100; default: nothing about it"},
			&cli.IntFlag{Name: "bands-delay", Usage: "publish a period's bands `DAYS` after its end; default: what the statute has for the width"},
			&cli.IntFlag{Name: "letters-delay", Usage: "the same for the lines of letters alone: `DAYS`; default: none"},
			&cli.StringFlag{Name: "previous", Usage: "`FILE` with the report published before, in JSON: say which of its figures changed"},
			&cli.BoolFlag{Name: "csv", Usage: "print CSV, one figure a line"},
			&cli.StringFlag{Name: "html", Usage: "write a page to `FILE`"},
			&cli.Int64Flag{Name: "size", Usage: "compute from the first `N` entries, as an earlier report did; default: all"},
			&cli.StringFlag{Name: "as-of", Usage: "`TIME` of the report, RFC 3339, as an earlier report states it; default: now"},
			jsonFlag,
		},
		Action: runReport,
	}
}

func runReport(c *cli.Context) error {
	args, err := arguments(c, "LEDGER")
	if err != nil {
		return err
	}
	if err := needFlags(c, providerFlag.Name); err != nil {
		return err
	}
	options, err := reportOptions(c, time.Now())
	if err != nil {
		return err
	}
	previous, err := previousReport(c.String("previous"))
	if err != nil {
		return err
	}
	b, err := readInput(c.String(providerFlag.Name), manifest.MaxBytes)
	if err != nil {
		return err
	}
	provider, err := trust.ParseProvider(b)
	if err != nil {
		return err
	}
	reader, err := pinnedLedger(c.Context, args[0], provider)
	if err != nil {
		return err
	}
	found, err := tally.Read(c.Context, tally.Config{Reader: reader, Provider: provider, Processes: recordedProcesses, Size: c.Int64("size")})
	if errors.Is(err, tally.ErrSize) {
		return fmt.Errorf("%w: --size: %w", errUsage, err)
	}
	if err != nil {
		return err
	}
	options.Provider, options.Checkpoint = provider.Provider, found.Checkpoint
	report, err := transparency.Compute(found.Cases, options)
	if err != nil {
		return err
	}
	if previous != nil {
		if err := report.Restate(previous); err != nil {
			return err
		}
	}
	if found.Tests > 0 {
		fmt.Fprintf(c.App.ErrWriter, "writ: %d test orders are not counted\n", found.Tests)
	}
	if found.Strays > 0 {
		fmt.Fprintf(c.App.ErrWriter, "writ: %d orders were decided on, but the ledger has no receipt of them, so they are not counted; see writ audit\n", found.Strays)
	}
	return printTransparency(c, report)
}

// reportOptions reads the flags that say what is reported.
func reportOptions(c *cli.Context, now time.Time) (o transparency.Options, err error) {
	forms := 0
	for _, set := range []bool{c.Bool("csv"), c.Bool("json"), c.String("html") != ""} {
		if set {
			forms++
		}
	}
	if forms > 1 {
		return o, fmt.Errorf("%w: --csv, --json and --html are three forms; want one of them", errUsage)
	}
	o.Now = now
	if s := c.String("as-of"); s != "" {
		if o.Now, err = time.Parse(time.RFC3339, s); err != nil {
			return o, fmt.Errorf("%w: --as-of: not a time in RFC 3339, such as 2026-08-15T09:30:00Z", errUsage)
		}
		if o.Now.After(now) {
			return o, fmt.Errorf("%w: --as-of: that time is still to come", errUsage)
		}
	}
	for _, f := range []struct {
		name string
		to   *transparency.HalfYear
	}{{"from", &o.From}, {"to", &o.To}} {
		if s := c.String(f.name); s != "" {
			if *f.to, err = transparency.ParseHalfYear(s); err != nil {
				return o, fmt.Errorf("%w: --%s: want a half-year such as 2026-H1", errUsage, f.name)
			}
		}
	}
	if o.Threshold = c.Int("threshold"); o.Threshold < 1 {
		return o, fmt.Errorf("%w: --threshold: want 1 or more", errUsage)
	}
	if c.IsSet("size") && c.Int64("size") < 1 {
		return o, fmt.Errorf("%w: --size: want 1 or more", errUsage)
	}
	o.Bands = transparency.Bands{
		Structure: transparency.Structure(c.String("bands")), DelayDays: c.Int("bands-delay"), LetterDelayDays: c.Int("letters-delay"),
	}
	if o.Bands.Structure == "" && o.Bands != (transparency.Bands{}) {
		return o, fmt.Errorf("%w: --bands-delay and --letters-delay go with --bands", errUsage)
	}
	return o, nil
}

func previousReport(path string) (*transparency.Report, error) {
	if path == "" {
		return nil, nil
	}
	b, err := readInput(path, transparency.MaxBytes)
	if err != nil {
		return nil, err
	}
	r, err := transparency.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r, nil
}

// recordedProcesses reads a policy as the ledger keeps it.
func recordedProcesses(archive []byte) (map[tally.Process]bool, error) {
	p, err := policy.LoadArchive(archive)
	if err != nil {
		return nil, err
	}
	out := make(map[tally.Process]bool)
	for _, j := range p.Jurisdictions() {
		d, _ := p.Describe(j)
		for _, q := range d.Processes {
			out[tally.Process{Jurisdiction: string(j), Name: string(q.Process)}] = q.NationalSecurity
		}
	}
	return out, nil
}

// pinnedLedger returns the ledger at a place as its provider file pins it. Of
// several keys, the one that signed the checkpoint counts, and the newest is
// asked first.
func pinnedLedger(ctx context.Context, place string, p *trust.Provider) (*ledger.Reader, error) {
	source, err := ledger.Locate(place)
	if err != nil {
		return nil, err
	}
	witnesses, err := ledger.PolicyFor(p.Witnesses)
	if err != nil {
		return nil, err
	}
	keys := slices.DeleteFunc(slices.Clone(p.Keys), func(k trust.ProviderKey) bool { return k.Use != trust.UseLedger })
	slices.SortStableFunc(keys, func(a, b trust.ProviderKey) int { return b.From.Compare(a.From) })
	var wrong error
	for _, k := range keys {
		key, err := ledger.VerifierFor(k.Origin, k.PublicKey)
		if err != nil {
			return nil, err
		}
		r := ledger.NewReader(source, key, witnesses)
		_, err = r.Checkpoint(ctx)
		if !errors.Is(err, ledger.ErrSignature) && !errors.Is(err, ledger.ErrOrigin) {
			return r, err
		}
		wrong = cmp.Or(wrong, err)
	}
	if wrong == nil {
		return nil, fmt.Errorf("%w: the provider file pins no key of a ledger", errUsage)
	}
	return nil, wrong
}

func printTransparency(c *cli.Context, r *transparency.Report) error {
	switch path := c.String("html"); {
	case path != "":
		b, err := r.HTML()
		if err != nil {
			return err
		}
		if err := durable.WriteFile(path, b, 0o644); err != nil {
			return fmt.Errorf("%w: --html: %w", errUsage, err)
		}
		_, err = fmt.Fprintf(c.App.Writer, "%s: the report on %s\n", path, span(r))
		return err
	case c.Bool("csv"):
		b, err := r.CSV()
		if err != nil {
			return err
		}
		_, err = c.App.Writer.Write(b)
		return err
	case c.Bool("json"):
		b, err := r.JSON()
		if err != nil {
			return err
		}
		_, err = c.App.Writer.Write(b)
		return err
	}
	writeReport(c.App.Writer, r)
	return nil
}
