package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"writ/crypto/seal"
	"writ/manifest/bundle"
)

func openCommand() *cli.Command {
	return &cli.Command{
		Name:      "open",
		Usage:     "verify a delivery, decrypt it, check the bag and every record, and leave it in a folder: all or nothing",
		ArgsUsage: "BUNDLE",
		Description: "writ open --provider provider.json -i agency.key -o opened out/ex-2026-0042\n" +
			"The folder must not exist yet. It gets the bag, and index.html for people.",
		Flags: []cli.Flag{
			providerFlag,
			&cli.StringFlag{Name: "identity", Aliases: []string{"i"}, Usage: "`FILE` with the agency's age identity"},
			&cli.StringFlag{Name: "output", Aliases: []string{"o"}, Usage: "`DIR` to make"},
			&cli.StringFlag{Name: "passphrase-file", Usage: "`FILE` with the identity's passphrase (or WRIT_PASSPHRASE, or asked)"},
			&cli.BoolFlag{Name: "allow-plugin", Usage: "let an identity run the age plugin that it names"},
			jsonFlag,
		},
		Action: runOpen,
	}
}

func runOpen(c *cli.Context) error {
	if err := needFlags(c, "identity", "output"); err != nil {
		return err
	}
	d, p, err := delivery(c)
	if err != nil {
		return err
	}
	b, err := readInput(c.String("identity"), seal.MaxIdentityBytes)
	if err != nil {
		return err
	}
	// An ssh key does nothing but decrypt; a plugin is a program that would run.
	allowed := []seal.Kind{seal.SSH}
	if c.Bool("allow-plugin") {
		allowed = append(allowed, seal.Plugin)
	}
	id, err := seal.ParseIdentity(b, secret(c, "passphrase-file", passphraseVariable, "passphrase of the identity"), allowed...)
	if err != nil {
		return fmt.Errorf("%s: %w", c.String("identity"), err)
	}
	if _, err := os.Stat(filepath.Dir(c.String("output"))); err != nil {
		return fmt.Errorf("%w: --output: there is no folder %s to put it into", errUsage, filepath.Dir(c.String("output")))
	}
	v, err := bundle.Open(c.Context, d, p, id, c.String("output"), bundle.Options{})
	if errors.Is(err, bundle.ErrExists) {
		return fmt.Errorf("%w: --output: %w; name a folder that is not there yet", errUsage, err)
	}
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, verified(v, p, c.String("output")))
	}
	fmt.Fprintf(c.App.Writer, "OPENED: every file and every record is one that the provider signed; read %s/%s\n", c.String("output"), bundle.Page)
	printVerified(c.App.Writer, v, p)
	return nil
}
