package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/export/order"
)

// passwordFlag is that of every command that signs a statement.
var passwordFlag = &cli.StringFlag{Name: "password-file", Usage: "`FILE` with the signing key's password (or WRIT_PASSWORD, or asked)"}

func notifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "notify",
		Usage:     "record in the ledger that the user was told of an order; it tells nobody itself",
		ArgsUsage: "ORDER",
		Description: "writ notify --how email orders/2026-0042.order.json\n" +
			"writ notify --how letter --at 2026-03-01T09:00:00Z sha256:…\n" +
			"ORDER is its file, or its digest as writ ledger list has it. What was told, and to whom, is not recorded.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "how", Usage: "a `WORD` such as email, letter or portal"},
			&cli.StringFlag{Name: "at", Usage: "`TIME` of the notice, RFC 3339; default: now"},
			passwordFlag,
			jsonFlag,
		},
		Action: runNotify,
	}
}

func runNotify(c *cli.Context) (err error) {
	args, err := arguments(c, "ORDER")
	if err != nil {
		return err
	}
	if err := needFlags(c, "how"); err != nil {
		return err
	}
	at := time.Now()
	if s := c.String("at"); s != "" {
		if at, err = time.Parse(time.RFC3339, s); err != nil {
			return fmt.Errorf("%w: --at: not a time in RFC 3339, such as 2026-03-01T09:00:00Z", errUsage)
		}
	}
	about, err := orderDigest(args[0])
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
	n, err := config.Ledger.Notify(c.Context, about, c.String("how"), at)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, n)
	}
	out := c.App.Writer
	label(out, "recorded", "the user was told at %s by %s", utc(n.Statement.NotifiedAt), n.Statement.How)
	label(out, "order", "%s", n.Statement.Order)
	switch {
	case n.Statement.Late:
		label(out, "late", "it was due at %s, and the statement says so", utc(n.DueAt))
	case n.Early:
		label(out, "early", "it was due from %s on; if the order was secret until then, tell your counsel", utc(n.DueAt))
	case !n.Owed:
		label(out, "not owed", "the policy owes the user no notice of this order")
	}
	return nil
}

// orderDigest returns the digest of an order: the argument itself, or of the file that it names.
func orderDigest(arg string) (digest.Digest, error) {
	if strings.HasPrefix(arg, "sha256:") {
		d, err := digest.Parse(arg)
		if err != nil {
			return d, fmt.Errorf("%w: ORDER: want a file, or sha256: and 64 hex digits", errUsage)
		}
		return d, nil
	}
	b, err := readInput(arg, sign.MaxEnvelopeBytes)
	if err != nil {
		return digest.Digest{}, err
	}
	signed, err := order.Parse(b)
	if err != nil {
		return digest.Digest{}, err
	}
	return signed.Digest(), nil
}
