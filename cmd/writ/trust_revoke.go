package main

import (
	"fmt"
	"slices"

	"github.com/urfave/cli/v2"

	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
)

func trustRevokeCommand() *cli.Command {
	entry := func(name, arg, usage string, find func(d *trust.Document, id string) []*trust.Validity) *cli.Command {
		return &cli.Command{
			Name: name, Usage: usage, ArgsUsage: arg,
			Description: "writ trust revoke " + name + " --reason 'key lost' " + arg,
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "reason", Usage: "`WHY`; stays in the registry"},
				&cli.StringFlag{Name: "at", Usage: "`TIME` from which it no longer counts, RFC 3339; default: now"},
			},
			Action: func(c *cli.Context) error { return runRevoke(c, name, arg, find) },
		}
	}
	threshold := &cli.Command{
		Name: "threshold", Usage: "take away who must sign: orders of that kind are rejected then",
		Description: "writ trust revoke threshold --jurisdiction us --process nsl",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "jurisdiction", Usage: "`LAW`, such as us"},
			&cli.StringFlag{Name: "process", Usage: "`KIND` of legal process"},
		},
		Action: revokeThreshold,
	}
	kind := &cli.Command{
		Name: "kind", Usage: "allow recipients of a kind no more", ArgsUsage: "KIND",
		Description: "writ trust revoke kind ssh",
		Action:      revokeKind,
	}
	witness := &cli.Command{
		Name: "witness", Usage: "ask a witness of the ledger no more", ArgsUsage: "NAME",
		Description: "writ trust revoke witness witness.example",
		Action:      revokeWitness,
	}
	validity := func(v *trust.Validity) []*trust.Validity { return []*trust.Validity{v} }
	return &cli.Command{
		Name:  "revoke",
		Usage: "revoke an entry in the draft of the next registry; it stays, marked, so that what it signed can be judged",
		Subcommands: []*cli.Command{
			entry("authority", "ID", "one who may order no more", func(d *trust.Document, id string) []*trust.Validity {
				if a := d.FindAuthority(id); a != nil {
					return validity(&a.Validity)
				}
				return nil
			}),
			entry("reviewer", "ID", "one who may approve no more", func(d *trust.Document, id string) []*trust.Validity {
				if r := d.FindReviewer(id); r != nil {
					return validity(&r.Validity)
				}
				return nil
			}),
			entry("engineer", "ID", "one who may run no more exports", func(d *trust.Document, id string) []*trust.Validity {
				if e := d.FindEngineer(id); e != nil {
					return validity(&e.Validity)
				}
				return nil
			}),
			entry("agency", "ID", "one who may receive no more", func(d *trust.Document, id string) []*trust.Validity {
				if a := d.FindAgency(id); a != nil {
					return validity(&a.Validity)
				}
				return nil
			}),
			entry("key", "KEY-ID", "a public key, whoever holds it", func(d *trust.Document, id string) []*trust.Validity {
				if v := d.FindKey(sign.KeyID(id)); v != nil {
					return validity(v)
				}
				return nil
			}),
			entry("recipient", "RECIPIENT", "an age recipient, with every agency that has it", (*trust.Document).FindRecipients),
			threshold,
			kind,
			witness,
		},
	}
}

func runRevoke(c *cli.Context, what, arg string, find func(*trust.Document, string) []*trust.Validity) error {
	args, err := arguments(c, arg)
	if err != nil {
		return err
	}
	if err := needFlags(c, "reason"); err != nil {
		return err
	}
	at := now()
	if s := c.String("at"); s != "" {
		if at, err = instantOf("--at", s); err != nil {
			return err
		}
	}
	id := args[0]
	if what == "recipient" {
		if id, err = recipientText(id); err != nil {
			return err
		}
	}
	return editTrust(c, func(d *trust.Document) error {
		found := find(d, id)
		if len(found) == 0 {
			return unknown(what, id)
		}
		for _, v := range found {
			if err := v.Revoke(at, c.String("reason")); err != nil {
				return fmt.Errorf("%w: %s %s: %w", errUsage, what, id, err)
			}
		}
		return nil
	})
}

func revokeThreshold(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	if err := needFlags(c, "jurisdiction", "process"); err != nil {
		return err
	}
	return editTrust(c, func(d *trust.Document) error {
		before := len(d.Thresholds)
		d.Thresholds = slices.DeleteFunc(d.Thresholds, func(h trust.Threshold) bool {
			return string(h.Jurisdiction) == c.String("jurisdiction") && string(h.Process) == c.String("process")
		})
		if len(d.Thresholds) == before {
			return unknown("threshold", c.String("jurisdiction")+" "+c.String("process"))
		}
		return nil
	})
}

func revokeWitness(c *cli.Context) error {
	args, err := arguments(c, "NAME")
	if err != nil {
		return err
	}
	return editTrust(c, func(d *trust.Document) error {
		if !d.RemoveWitness(args[0]) {
			return unknown("witness", args[0])
		}
		return nil
	})
}

func revokeKind(c *cli.Context) error {
	args, err := arguments(c, "KIND")
	if err != nil {
		return err
	}
	return editTrust(c, func(d *trust.Document) error {
		i := slices.Index(d.AllowKinds, seal.Kind(args[0]))
		if i < 0 {
			return unknown("recipient kind", args[0])
		}
		if d.AllowKinds = slices.Delete(d.AllowKinds, i, i+1); len(d.AllowKinds) == 0 {
			d.AllowKinds = nil
		}
		return nil
	})
}
