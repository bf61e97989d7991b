package main

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"writ/export"
	"writ/export/catalog"
	"writ/export/lockdown"
	"writ/export/order"
	"writ/export/source"
	"writ/export/workspace"
)

func approveCommand() *cli.Command {
	return &cli.Command{
		Name:      "approve",
		Usage:     "show the accounts of a verified order to the export role of a store that is locked down, until the order ends",
		ArgsUsage: "ORDER",
		Description: "PGREVIEW=… writ approve --store radius --dsn-env PGREVIEW orders/2026-0042.order.json\n" +
			"Verifies the order and decides as writ export will, finds its accounts under the reviewer's own connection, and\n" +
			"records them in the store with the order's digest and end. Pulls no record. On MySQL and MariaDB the reviewer's\n" +
			"connection names the database of the tables, not that of writ's views.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "store", Usage: "`NAME` of the store in writ.yaml"},
			&cli.StringFlag{Name: "dsn-env", Usage: "environment `VARIABLE` that holds the reviewer's connection string"},
			jsonFlag,
			requestFlags[0],
			requestFlags[1],
			requestFlags[2],
		},
		Action: runApprove,
	}
}

func runApprove(c *cli.Context) error {
	args, err := arguments(c, "ORDER")
	if err != nil {
		return err
	}
	w, err := openWorkspace(c)
	if err != nil {
		return err
	}
	store, server, err := lockable(c, w)
	if err != nil {
		return err
	}
	takeSecrets(c.String("dsn-env"))
	dsn := secrets[c.String("dsn-env")]
	if dsn == "" {
		return fmt.Errorf("%w: --dsn-env: want a variable that holds the reviewer's connection string; %q is empty", errUsage, c.String("dsn-env"))
	}
	request, err := exportRequest(c, args[0])
	if err != nil {
		return err
	}
	config, err := planning(w)
	if err != nil {
		return err
	}
	config.Store = func(ctx context.Context, name catalog.StoreName) (source.Store, error) {
		if name != store {
			return nil, fmt.Errorf("%w: the order's targets are looked up on it, and accounts are approved only on the store that they are looked up on", lockdown.ErrUnusable)
		}
		return server.Open(ctx, dsn)
	}
	found, err := export.Find(c.Context, config, request)
	if err != nil {
		return err
	}
	approval := lockdown.Approval{Order: found.Order.Digest(), ExpiresAt: found.Order.Order().ExpiresAt.UTC(), Accounts: found.Accounts}
	if err := lockdown.Approve(c.Context, server.Lockdown, lockdown.Login{Store: store, DSN: dsn}, approval, time.Now()); err != nil {
		return fmt.Errorf("store %q: %w", store, err)
	}
	n := 0
	for _, keys := range found.Accounts {
		n += len(keys)
	}
	if c.Bool("json") {
		return printJSON(c, map[string]any{"order": approval.Order, "store": store, "accounts": n, "expires_at": approval.ExpiresAt})
	}
	label(c.App.Writer, "approved", "%s on store %s, for order %s", plural(n, "account"), store, approval.Order)
	label(c.App.Writer, "until", "%s, when the order ends", utc(approval.ExpiresAt))
	return nil
}

// approvedStores opens the workspace's stores for one order: one that is locked
// down and has no approval of the order is refused, since its accounts would
// look as if they did not exist.
func approvedStores(w *workspace.Workspace, r export.Request) func(context.Context, catalog.StoreName) (source.Store, error) {
	return func(ctx context.Context, name catalog.StoreName) (source.Store, error) {
		server, err := w.Server(name)
		if err != nil {
			return nil, err
		}
		if server == nil {
			return w.Store(ctx, name)
		}
		o, err := order.Parse(r.Order)
		if err != nil {
			return nil, err
		}
		login, err := w.Login(name)
		if err != nil {
			return nil, err
		}
		return server.Lockdown.Open(ctx, login, o.Digest())
	}
}
