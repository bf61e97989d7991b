package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/urfave/cli/v2"

	"writ/export/durable"
	"writ/export/workspace"
	"writ/manifest/ledger"
)

func ledgerCommand() *cli.Command {
	return &cli.Command{
		Name:  "ledger",
		Usage: "keep and read the ledger: what was done about every order, which nobody can quietly rewrite",
		Description: "writ key new --type ledger --origin mail.example/ledger --out keys/ledger.key\n" +
			"writ trust add key --use ledger keys/ledger.key.pub, and writ trust sign\n" +
			"ledger: {key: keys/ledger.key} in writ.yaml, then writ ledger init",
		Subcommands: []*cli.Command{
			{
				Name:        "init",
				Usage:       "make the empty ledger that writ.yaml names",
				Description: "writ ledger init",
				Flags:       []cli.Flag{jsonFlag},
				Action:      runLedgerInit,
			},
			{
				Name:  "checkpoint",
				Usage: "print the signed checkpoint that commits to the whole ledger; whoever keeps it sees a later rewrite",
				Description: "writ ledger checkpoint > 2026-03-02.checkpoint\n" +
					"writ ledger checkpoint --settle    first publish, and have cosigned, what an export that died has left",
				Flags:  []cli.Flag{jsonFlag, &cli.BoolFlag{Name: "settle", Usage: "first publish what is in the ledger, but not in its checkpoint; needs the key"}},
				Action: runLedgerCheckpoint,
			},
			{
				Name:        "prove",
				Usage:       "print the proof that an entry stands in the ledger, under the newest checkpoint",
				ArgsUsage:   "INDEX",
				Description: "writ ledger prove --out ex-2026-0042.tlog-proof 7",
				Flags:       []cli.Flag{jsonFlag, &cli.StringFlag{Name: "out", Usage: "`FILE` for the proof instead of standard output"}},
				Action:      runLedgerProve,
			},
			ledgerListCommand(),
			ledgerShowCommand(),
			{
				Name:        "fsck",
				Usage:       "check every tile and entry against the checkpoint; exit code 4 if anything is not as it was",
				Description: "writ ledger fsck",
				Flags:       []cli.Flag{jsonFlag},
				Action:      runLedgerFsck,
			},
			ledgerServeCommand(),
		},
	}
}

// openLedger returns the workspace that the command line names and its ledger,
// as of the published checkpoint.
func openLedger(c *cli.Context) (*workspace.Workspace, *ledger.View, error) {
	w, err := openWorkspace(c)
	if err != nil {
		return nil, nil, err
	}
	r, err := w.LedgerReader()
	if err != nil {
		return nil, nil, err
	}
	v, err := r.View(c.Context)
	if errors.Is(err, ledger.ErrMissing) {
		err = fmt.Errorf("%w; writ ledger init makes it", err)
	}
	return w, v, err
}

// checkpointJSON is what the commands print of a checkpoint for machines.
type checkpointJSON struct {
	Origin   string               `json:"origin"`
	Size     int64                `json:"size"` // entries
	Root     string               `json:"root"` // base64
	Cosigned []ledger.Cosignature `json:"cosigned"`
	Note     string               `json:"note,omitempty"` // the signed text
}

func describeCheckpoint(p *ledger.Checkpoint) checkpointJSON {
	return checkpointJSON{Origin: p.Origin(), Size: p.Size(), Root: p.Root().String(), Cosigned: append([]ledger.Cosignature{}, p.Cosigned()...)}
}

func runLedgerInit(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	w, err := openWorkspace(c)
	if err != nil {
		return err
	}
	cfg, err := w.LedgerConfig(time.Now())
	if err != nil {
		return err
	}
	if err := ledger.Init(c.Context, cfg); err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, map[string]string{"dir": cfg.Dir, "origin": cfg.Signer.Name()})
	}
	_, err = fmt.Fprintf(c.App.Writer, "%s: the ledger %s, empty\n", cfg.Dir, cfg.Signer.Name())
	return err
}

func runLedgerCheckpoint(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	p, err := newestCheckpoint(c)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		said := describeCheckpoint(p)
		said.Note = string(p.Note())
		return printJSON(c, said)
	}
	_, err = c.App.Writer.Write(p.Note())
	return err
}

func newestCheckpoint(c *cli.Context) (*ledger.Checkpoint, error) {
	if !c.Bool("settle") {
		_, v, err := openLedger(c)
		if err != nil {
			return nil, err
		}
		return v.Checkpoint(), nil
	}
	w, err := openWorkspace(c)
	if err != nil {
		return nil, err
	}
	l, err := w.Ledger(c.Context)
	if err != nil {
		return nil, err
	}
	p, err := l.Settle(c.Context)
	return p, errors.Join(err, l.Close())
}

// entryIndex reads the INDEX of an entry.
func entryIndex(s string) (int64, error) {
	i, err := strconv.ParseInt(s, 10, 64)
	if err != nil || i < 0 {
		return 0, fmt.Errorf("%w: INDEX %q: want the number of an entry, counted from 0; writ ledger list has them", errUsage, s)
	}
	return i, nil
}

func runLedgerProve(c *cli.Context) error {
	args, err := arguments(c, "INDEX")
	if err != nil {
		return err
	}
	index, err := entryIndex(args[0])
	if err != nil {
		return err
	}
	_, v, err := openLedger(c)
	if err != nil {
		return err
	}
	proof, err := v.Prove(c.Context, index)
	if err != nil {
		return err
	}
	out := c.String("out")
	if out != "" {
		if err := durable.WriteFile(out, proof.Bytes(), 0o644); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	switch {
	case c.Bool("json"):
		return printJSON(c, struct {
			Index      int64          `json:"index"`
			Checkpoint checkpointJSON `json:"checkpoint"`
			Proof      string         `json:"proof"`
		}{proof.Index(), describeCheckpoint(v.Checkpoint()), string(proof.Bytes())})
	case out != "":
		_, err = fmt.Fprintf(c.App.Writer, "%s: entry %d of %s, which has %d\n", filepath.Base(out), proof.Index(), v.Checkpoint().Origin(), v.Checkpoint().Size())
	default:
		_, err = c.App.Writer.Write(proof.Bytes())
	}
	return err
}

func runLedgerFsck(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	w, err := openWorkspace(c)
	if err != nil {
		return err
	}
	r, err := w.LedgerReader()
	if err != nil {
		return err
	}
	v, err := r.View(c.Context)
	if err == nil {
		err = v.Fsck(c.Context)
	}
	if err != nil {
		return damaged(w.LedgerDir(), err)
	}
	p := describeCheckpoint(v.Checkpoint())
	if c.Bool("json") {
		return printJSON(c, struct {
			OK         bool           `json:"ok"`
			Checkpoint checkpointJSON `json:"checkpoint"`
		}{true, p})
	}
	_, err = fmt.Fprintf(c.App.Writer, "%s: %d entries; every entry and every tile is as the checkpoint commits to it\n", p.Origin, p.Size)
	return err
}

// damaged tells a file that is gone or overlong, of a ledger on our own disk,
// from one that only could not be read now.
func damaged(dir string, err error) error {
	_, there := os.Stat(dir)
	switch {
	case errors.Is(err, os.ErrNotExist) && there != nil:
		return fmt.Errorf("%w: %w; writ ledger init makes it", workspace.ErrConfig, err)
	case errors.Is(err, ledger.ErrFetch) && !errors.Is(err, os.ErrPermission) && !errors.Is(err, ledger.ErrDeadline):
		return fmt.Errorf("%w: %w", ledger.ErrCorrupt, err)
	}
	return err
}
