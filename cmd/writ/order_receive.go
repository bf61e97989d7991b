package main

import (
	"errors"
	"time"

	"github.com/urfave/cli/v2"

	"writ/export"
)

func orderReceiveCommand() *cli.Command {
	return &cli.Command{
		Name:      "receive",
		Usage:     "verify an order and record that it arrived: its clocks run from then on",
		ArgsUsage: "ORDER",
		Description: "writ order receive orders/2026-0042.order.json\n" +
			"writ order receive --received 2026-03-01T09:00:00Z orders/2026-0042.order.json\n" +
			"writ export does this itself. It is worth a step of its own when the answer comes later: the user is told\n" +
			"first (writ notify), or a hold must end.",
		Flags:  []cli.Flag{requestFlags[0], passwordFlag, jsonFlag},
		Action: runOrderReceive,
	}
}

func runOrderReceive(c *cli.Context) (err error) {
	args, err := arguments(c, "ORDER")
	if err != nil {
		return err
	}
	request, err := exportRequest(c, args[0])
	if err != nil {
		return err
	}
	w, err := openWorkspace(c)
	if err != nil {
		return err
	}
	config, done, err := recording(c, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done()) }()
	at, err := export.Receive(c.Context, config, request)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, map[string]time.Time{"received_at": at})
	}
	label(c.App.Writer, "received", "%s; it is genuine and in force, and its clocks run from then", utc(at))
	return nil
}
