package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/urfave/cli/v2"

	"writ/export/record"
	"writ/export/workspace"
)

func recallCommand() *cli.Command {
	return &cli.Command{
		Name:      "recall",
		Usage:     "record in the ledger that deliveries must not be relied upon any longer, and list whom to tell",
		ArgsUsage: "[EXPORT-ID...]",
		Description: "writ recall --why 'times were one hour off' 0f3a…\n" +
			"writ recall --why 'times were one hour off' --build 0123abcd    all that this build of the tool made\n" +
			"writ recall --dry-run --build 0123abcd                          find them only",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "why", Usage: "`TEXT` that the statement gives as the reason; name no target in it"},
			&cli.StringFlag{Name: "build", Usage: "all deliveries that a `BUILD` of the tool made, as their manifests name it"},
			&cli.BoolFlag{Name: "dry-run", Usage: "find the deliveries, recall none"},
			passwordFlag,
			jsonFlag,
		},
		Action: runRecall,
	}
}

func runRecall(c *cli.Context) error {
	build := c.String("build")
	wanted := max(1, c.Args().Len())
	if build != "" {
		wanted = 0
	}
	ids, err := arguments(c, slices.Repeat([]string{"EXPORT-ID"}, wanted)...)
	if err != nil {
		return err
	}
	if !c.Bool("dry-run") {
		if err := needFlags(c, "why"); err != nil {
			return err
		}
	}
	w, err := openWorkspace(c)
	if err != nil {
		return err
	}
	found, recalled, err := recall(c, w, build, ids)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, map[string]any{"deliveries": found, "recalled": recalled, "dry_run": c.Bool("dry-run")})
	}
	writeDeliveries(c.App.Writer, found)
	switch {
	case c.Bool("dry-run"):
		fmt.Fprintln(c.App.Writer, "Nothing was recalled: this was a dry run.")
	case recalled == 0:
		fmt.Fprintln(c.App.Writer, "Nothing is left to recall.")
	default:
		fmt.Fprintf(c.App.Writer, "%d recalled. Tell the agencies: their copies still verify.\n", recalled)
	}
	return nil
}

// recall finds the deliveries and, unless it is a dry run, recalls them.
func recall(c *cli.Context, w *workspace.Workspace, build string, ids []string) (found []record.Delivery, recalled int, err error) {
	if c.Bool("dry-run") {
		config, err := planning(w)
		if err != nil {
			return nil, 0, err
		}
		found, err = config.Ledger.Deliveries(c.Context, build, ids...)
		return found, 0, err
	}
	signer, err := statementSigner(c, w)
	if err != nil {
		return nil, 0, err
	}
	config, done, err := exporting(c.Context, w, signer)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, done()) }()
	if found, err = config.Ledger.Deliveries(c.Context, build, ids...); err != nil {
		return nil, 0, err
	}
	recalled, err = config.Ledger.Recall(c.Context, found, c.String("why"), build)
	return found, recalled, err
}

func writeDeliveries(w io.Writer, all []record.Delivery) {
	t := newTable("export", "agency", "signed", "build", "")
	for _, d := range all {
		before := ""
		if d.Recalled {
			before = "recalled before"
		}
		t.AppendRow(table.Row{plain(d.ExportID), plain(d.Agency), utc(d.SignedAt), plain(d.Build), before})
	}
	fmt.Fprintln(w, t.Render())
}
