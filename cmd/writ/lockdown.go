package main

import (
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"writ/export/catalog"
	"writ/export/lockdown"
	"writ/export/workspace"
)

func lockdownCommand() *cli.Command {
	return &cli.Command{
		Name:  "lockdown",
		Usage: "print the SQL that makes a store on PostgreSQL, MySQL or MariaDB itself refuse what no order could reach",
		Description: "writ lockdown --store radius > lockdown.sql\n" +
			"Read it, then have the database's owner run it; writ never does. From then on the store shows writ's role only\n" +
			"the catalogued columns that some rule could grant, and only rows of accounts that writ approve approved.\n" +
			"On MySQL and MariaDB these are views in the database writ_STORE, which writ's connection string must name then.\n" +
			"Run it again when the catalog or the policy changes.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "store", Usage: "`NAME` of the store in writ.yaml"},
			&cli.StringFlag{Name: "role", Value: "writ_export", Usage: "`ROLE` that writ exports with"},
			&cli.StringFlag{Name: "approver", Value: "writ_approver", Usage: "`ROLE` that reviewers approve with"},
		},
		Action: runLockdown,
	}
}

func runLockdown(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
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
	tables, err := lockdown.Tables(w.Catalog, w.Policy, store)
	if err != nil {
		return err
	}
	sql, err := server.Lockdown.Script(store, tables, lockdown.Roles{Export: c.String("role"), Approver: c.String("approver")})
	if err != nil {
		return err
	}
	_, err = io.WriteString(c.App.Writer, sql)
	return err
}

// lockable is the store that --store names, which must be on a database server.
func lockable(c *cli.Context, w *workspace.Workspace) (catalog.StoreName, *workspace.Server, error) {
	name := catalog.StoreName(c.String("store"))
	if name == "" {
		return "", nil, fmt.Errorf("%w: --store is missing: a store of writ.yaml", errUsage)
	}
	server, err := w.Server(name)
	switch {
	case err != nil:
		return "", nil, fmt.Errorf("%w: --store: %w", errUsage, err)
	case server == nil:
		return "", nil, fmt.Errorf("%w: --store: %q is an SQLite file, which knows no roles: whoever can read the file can read it all", errUsage, name)
	}
	return name, server, nil
}
