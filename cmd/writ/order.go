package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/durable"
	"writ/export/order"
	"writ/export/workspace"
)

// orderSuffix ends the name of every order's file.
const orderSuffix = ".order.json"

func orderCommand() *cli.Command {
	return &cli.Command{
		Name:  "order",
		Usage: "write, sign, approve, lift ceilings for, check, receive and show legal orders, and say how they stand",
		Subcommands: []*cli.Command{
			orderNewCommand(),
			orderSignCommand(),
			orderApproveCommand(),
			orderLiftCommand(),
			orderCheckCommand(),
			orderStatusCommand(),
			orderReceiveCommand(),
			orderShowCommand(),
		},
	}
}

// readOrder reads and parses an order's file. Errors name the file, whose name
// never holds a target.
func readOrder(path string) (*order.Signed, []byte, error) {
	b, err := readInput(path, order.MaxEnvelopeBytes)
	if err != nil {
		return nil, nil, err
	}
	s, err := order.Parse(b)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, b, nil
}

var signingFlags = []cli.Flag{
	&cli.StringFlag{Name: "key", Usage: "`FILE` with the private key"},
	&cli.StringFlag{Name: "password-file", Usage: "`FILE` with the key's password (or WRIT_PASSWORD, or asked)"},
}

func orderSignCommand() *cli.Command {
	return &cli.Command{
		Name:        "sign",
		Usage:       "sign an order as its authority",
		ArgsUsage:   "ORDER",
		Description: "writ order sign --key court.key orders/2026-0042.order.json",
		Flags:       signingFlags,
		Action: func(c *cli.Context) error {
			return addSignature(c, func(s *order.Signed, k sign.PublicKey) (string, error) {
				r, err := registryIfAny(c)
				if err != nil {
					return "", err
				}
				id := s.Order().Authority
				if r == nil {
					return fmt.Sprintf("signed; there is no registry here that could say whether the key is one of authority %s", id), nil
				}
				a, err := r.Authority(id, time.Now())
				if err != nil {
					return "", fmt.Errorf("%w: authority %s: %w", errUsage, id, err)
				}
				if !holds(a.Keys, k) {
					return "", fmt.Errorf("%w: the key is not one of authority %s that counts now; use the authority's key, or writ order approve for a reviewer's", errUsage, id)
				}
				return "signed as authority " + id, nil
			})
		},
	}
}

func orderApproveCommand() *cli.Command {
	return &cli.Command{
		Name:        "approve",
		Usage:       "sign an order as a reviewer who compared it with the paper",
		ArgsUsage:   "ORDER",
		Description: "writ order approve --key anna.key orders/2026-0042.order.json",
		Flags:       append([]cli.Flag{&cli.BoolFlag{Name: "yes", Usage: "don't ask; needed where there is no terminal"}}, signingFlags...),
		Action: func(c *cli.Context) error {
			r, err := workspace.OpenRegistry(c.String(workspaceFlag.Name))
			if err != nil {
				return err
			}
			return addSignature(c, func(s *order.Signed, k sign.PublicKey) (string, error) {
				for _, p := range r.Reviewers(time.Now()) {
					if holds(p.Keys, k) {
						return "approved as reviewer " + p.ID, confirm(c, s, p)
					}
				}
				return "", fmt.Errorf("%w: the key belongs to no reviewer who counts now; use a reviewer's key, or ask whoever keeps the registry to add it", errUsage)
			})
		},
	}
}

// confirm shows what is about to be approved, and asks.
func confirm(c *cli.Context, s *order.Signed, p trust.Reviewer) error {
	printOrder(c.App.ErrWriter, s)
	return agreed(c, fmt.Sprintf("%s, is this exactly what the paper says? Type yes to approve", p.Name), "not approved; the order is as it was")
}

// addSignature signs the order that the command line names once may has agreed
// to the key, and says what may says.
func addSignature(c *cli.Context, may func(*order.Signed, sign.PublicKey) (string, error)) error {
	args, err := arguments(c, "ORDER")
	if err != nil {
		return err
	}
	path := args[0]
	s, before, err := readOrder(path)
	if err != nil {
		return err
	}
	k, err := signingKey(c)
	if err != nil {
		return err
	}
	done, err := may(s, k.Public())
	if err != nil {
		return err
	}
	if err := s.Sign(k); err != nil {
		return err
	}
	// Somebody else may have signed while this one was asked for a password.
	now, err := readInput(path, order.MaxEnvelopeBytes)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, before) {
		return fmt.Errorf("%w: %s changed in the meantime; run the command again", errUsage, path)
	}
	if err := durable.WriteFile(path, s.Marshal(), 0o640); err != nil {
		return err
	}
	if _, err := fmt.Fprintf(c.App.ErrWriter, "%s: %s\n", path, done); err != nil {
		return err
	}
	return sayNext(c, s, path)
}

// sayNext says, if there is a registry, what a signed order still needs, or the
// command that goes on.
func sayNext(c *cli.Context, s *order.Signed, path string) error {
	r, err := registryIfAny(c)
	if err != nil || r == nil {
		return err
	}
	report := order.Status(s, order.Against{
		Registry: r, ExportedAs: func(digest.Digest) string { return "" }, UnsafeTesting: s.Order().Test,
	}, time.Now())
	words := report.Need.Words()
	for _, w := range words {
		fmt.Fprintf(c.App.ErrWriter, "still needed: %s\n", w)
	}
	switch {
	case len(words) > 0:
	case report.Err != nil:
		fmt.Fprintf(c.App.ErrWriter, "it would be turned away now: %v\n", report.Err)
	default:
		fmt.Fprintf(c.App.ErrWriter, "nobody else must sign; next: writ plan %s, and an engineer who signed nothing of it runs: writ export %s\n", path, path)
	}
	return nil
}

// signingKey opens the key that [signingFlags] name.
func signingKey(c *cli.Context) (sign.Signer, error) {
	file := c.String("key")
	if file == "" {
		return nil, fmt.Errorf("%w: --key is missing: %s --key FILE %s", errUsage, c.Command.HelpName, c.Command.ArgsUsage)
	}
	pem, err := readInput(file, 1<<20)
	if err != nil {
		return nil, err
	}
	k, err := sign.LoadSigner(pem, secret(c, "password-file", passwordVariable, "password of "+file))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return k, nil
}

func holds(keys []trust.Key, k sign.PublicKey) bool {
	for _, have := range keys {
		if have.PublicKey.ID() == k.ID() {
			return true
		}
	}
	return false
}

// registryIfAny opens the workspace's registry, or returns nil if the folder
// has none: an authority signs without one.
func registryIfAny(c *cli.Context) (*trust.Registry, error) {
	dir := c.String(workspaceFlag.Name)
	_, err := os.Stat(filepath.Join(dir, filepath.FromSlash(workspace.RegistryFile)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return workspace.OpenRegistry(dir)
}
