package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"writ/export"
	"writ/export/catalog"
	"writ/export/lockdown"
	"writ/export/workspace"
)

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "check the workspace, and finish what processes that died left behind",
		Description: "writ doctor\n" +
			"What was recorded is delivered; what was never complete is removed; what waits for its record is named.\n" +
			"What the role or account of a store on a database server could do beyond the catalog is named too; writ lockdown\n" +
			"takes it away.",
		Flags:  []cli.Flag{jsonFlag},
		Action: runDoctor,
	}
}

// whatTheyMean says what each fate asks of the engineer.
var whatTheyMean = map[export.Fate]string{
	export.Finished:  "was recorded but not delivered; it is delivered now: ",
	export.Waiting:   "is complete but not recorded; run writ export for its order again",
	export.Removed:   "was never complete; it is removed, and its order was not answered",
	export.Busy:      "is being made by another process",
	export.Damaged:   "is recorded, but what stands in staging is not that; recall it and answer its order once more",
	export.Delivered: "stands in the outbox as well; what is in staging can be removed",
	export.Foreign:   "is the name of no export; look at it yourself",
}

func runDoctor(c *cli.Context) (err error) {
	if _, err := arguments(c); err != nil {
		return err
	}
	w, err := openWorkspace(c)
	if err != nil {
		return err
	}
	config, done, err := exporting(c.Context, w, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	// What is wrong in staging is said at the end: the rest is looked at all the same.
	left, failed := export.Recover(c.Context, config)
	defer func() { err = errors.Join(failed, err) }()
	reader, err := w.LedgerReader()
	if err != nil {
		return err
	}
	view, err := reader.View(c.Context)
	if err != nil {
		return err
	}
	if err := view.Fsck(c.Context); err != nil {
		return err
	}
	// A store that is down hides nothing of what was done above.
	stores, unexamined := examine(c.Context, w)
	defer func() { err = errors.Join(err, unexamined) }()
	if c.Bool("json") {
		if left == nil {
			left = []export.Leftover{}
		}
		return printJSON(c, map[string]any{"ledger_entries": view.Checkpoint().Size(), "left": left, "stores": stores})
	}
	fmt.Fprintf(c.App.Writer, "registry   version %d, %s\n", w.Registry.Document().Version, w.Registry.Digest())
	fmt.Fprintf(c.App.Writer, "ledger     %d entries, every one hashes to the checkpoint\n", view.Checkpoint().Size())
	for _, name := range slices.Sorted(maps.Keys(stores)) {
		for _, said := range stores[name] {
			fmt.Fprintf(c.App.Writer, "store      %s: beyond the catalog: %s\n", name, said)
		}
		if len(stores[name]) == 0 {
			fmt.Fprintf(c.App.Writer, "store      %s: the role has no right beyond the catalog\n", name)
		}
	}
	for _, l := range left {
		fmt.Fprintf(c.App.Writer, "export     %s %s%s\n", l.ExportID, whatTheyMean[l.Fate], l.Folder)
	}
	if len(left) == 0 {
		fmt.Fprintln(c.App.Writer, "staging    nothing left behind")
	}
	return nil
}

// examine says, for each store on a database server, what its role could do
// beyond the catalog. Beside an error it returns the stores that could be asked.
func examine(ctx context.Context, w *workspace.Workspace) (all map[catalog.StoreName][]string, bad error) {
	all = make(map[catalog.StoreName][]string)
	for _, name := range w.Catalog.Stores() {
		server, err := w.Server(name)
		if err == nil && server == nil {
			continue
		}
		var said []string
		if err == nil {
			said, err = excess(ctx, w, server, name)
		}
		if err != nil {
			bad = errors.Join(bad, fmt.Errorf("store %q: %w", name, err))
			continue
		}
		all[name] = append([]string{}, said...)
	}
	return all, bad
}

func excess(ctx context.Context, w *workspace.Workspace, server *workspace.Server, name catalog.StoreName) ([]string, error) {
	tables, err := lockdown.Tables(w.Catalog, w.Policy, name)
	if err != nil {
		return nil, err
	}
	login, err := w.Login(name)
	if err != nil {
		return nil, err
	}
	return server.Lockdown.Excess(ctx, login, tables)
}
