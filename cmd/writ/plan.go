package main

import (
	"github.com/urfave/cli/v2"

	"writ/export/plan"
)

func planCommand() *cli.Command {
	return &cli.Command{
		Name:      "plan",
		Usage:     "show what an order would pull, what is refused and why, before anything is pulled",
		ArgsUsage: "ORDER",
		Description: "writ plan orders/2026-0042.order.json\n" +
			"writ plan --json orders/2026-0042.order.json    the same for machines, without the targets' identifiers\n" +
			"Compare targets and windows with the paper, then give the plan's digest to writ export --plan.\n" +
			"Needs no signing key. Exits with 6 if nothing would be delivered, and still shows why.",
		Flags:  append([]cli.Flag{jsonFlag}, requestFlags...),
		Action: runPlan,
	}
}

func runPlan(c *cli.Context) error {
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
	return runDry(c, w, request)
}

// printPlan writes the plan to standard output.
func printPlan(c *cli.Context, p *plan.Plan) error {
	if c.Bool("json") {
		return printJSON(c, viewPlan(p))
	}
	writePlan(c.App.Writer, p)
	return nil
}
