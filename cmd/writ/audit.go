package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/durable"
	"writ/export/policy"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/audit"
	"writ/manifest/ledger"
)

func auditCommand() *cli.Command {
	return &cli.Command{
		Name:      "audit",
		Usage:     "replay a ledger without any key to the evidence: was all that left mandated, and all of it recorded?",
		ArgsUsage: "LEDGER",
		Description: "writ audit --provider provider.json ledger\n" +
			"writ audit --provider provider.json --state audit.state --html audit.html https://mail.example/ledger\n" +
			"LEDGER is its folder or its URL. Every signature, every decision and every clock is checked. With --state only\n" +
			"entries that are new since the last audit are read, and what was there must still be there. The exit code is 4 if\n" +
			"anything was found.",
		Flags: []cli.Flag{
			providerFlag,
			&cli.StringFlag{Name: "checkpoint", Usage: "`FILE` with the last checkpoint that you kept: the ledger must extend it"},
			&cli.StringFlag{Name: "bundles", Usage: "`DIR` of deliveries, or of their manifests alone: each must be in the ledger, and each export here"},
			&cli.StringFlag{Name: "state", Usage: "`FILE` that keeps what was audited for the next time; it is made if it is not there"},
			&cli.StringSliceFlag{Name: "follow-up", Usage: "`LAW=DAYS` in which legal process must follow an emergency where the decision set no date; default: us=30"},
			&cli.StringFlag{Name: "html", Usage: "write a page to `FILE`"},
			jsonFlag,
		},
		Action: runAudit,
	}
}

func runAudit(c *cli.Context) error {
	args, err := arguments(c, "LEDGER")
	if err != nil {
		return err
	}
	if err := needFlags(c, providerFlag.Name); err != nil {
		return err
	}
	cfg, err := auditConfig(c, args[0])
	if err != nil {
		return err
	}
	r, err := audit.Run(c.Context, cfg)
	if errors.Is(err, audit.ErrState) {
		return fmt.Errorf("--state %s: %w", c.String("state"), err)
	}
	if err != nil {
		return err
	}
	if err := printAudit(c, r); err != nil {
		return err
	}
	if path := c.String("state"); path != "" && r.Complete {
		state, err := r.State()
		if err != nil {
			return err
		}
		if err := durable.WriteFile(path, state, 0o600); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	return r.Err()
}

func auditConfig(c *cli.Context, place string) (cfg audit.Config, err error) {
	cfg = audit.Config{Rules: rulesOf, Deliveries: c.String("bundles"), KeepState: c.String("state") != "", Now: time.Now()}
	if !c.Bool(jsonFlag.Name) && c.String("html") == "" {
		cfg.MaxOrders = maxAuditRows
	}
	b, err := readInput(c.String(providerFlag.Name), manifest.MaxBytes)
	if err != nil {
		return cfg, err
	}
	if cfg.Provider, err = trust.ParseProvider(b); err != nil {
		return cfg, err
	}
	if cfg.Source, err = ledger.Locate(place); err != nil {
		return cfg, err
	}
	if path := c.String("checkpoint"); path != "" {
		if cfg.Kept, err = readInput(path, ledger.MaxCheckpointBytes); err != nil {
			return cfg, err
		}
	}
	if path := c.String("state"); path != "" {
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			if cfg.State, err = readInput(path, audit.MaxStateBytes); err != nil {
				return cfg, err
			}
		}
	}
	for _, s := range c.StringSlice("follow-up") {
		law, days, _ := strings.Cut(s, "=")
		n, err := strconv.Atoi(days)
		if law == "" || err != nil || n < 1 || n > 3650 {
			return cfg, fmt.Errorf("%w: --follow-up: want LAW=DAYS such as us=30", errUsage)
		}
		if cfg.FollowUp == nil {
			cfg.FollowUp = make(map[string]time.Duration)
		}
		cfg.FollowUp[law] = time.Duration(n) * 24 * time.Hour
	}
	return cfg, nil
}

// rulesOf decides as an export does, by texts that are kept beside a ledger.
func rulesOf(archive, text []byte) (audit.Decide, error) {
	p, err := policy.LoadArchive(archive)
	if err != nil {
		return nil, err
	}
	known, err := catalog.Parse("catalog.yaml", text)
	if err != nil {
		return nil, err
	}
	return func(f act.Facts, at time.Time) (act.Decision, error) {
		d, err := p.Replay(f, known, at)
		if err != nil {
			return act.Decision{}, err
		}
		return d.Record(), nil
	}, nil
}

func printAudit(c *cli.Context, r *audit.Result) error {
	path := c.String("html")
	if path != "" {
		page, err := r.HTML()
		if err != nil {
			return err
		}
		if err := durable.WriteFile(path, page, 0o644); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	if c.Bool("json") {
		b, err := r.JSON()
		if err != nil {
			return err
		}
		_, err = c.App.Writer.Write(b)
		return err
	}
	writeAudit(c.App.Writer, r)
	if path != "" {
		fmt.Fprintf(c.App.Writer, "%s: the audit as a page\n", path)
	}
	return nil
}
