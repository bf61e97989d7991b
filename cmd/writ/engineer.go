package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"writ/crypto/sign"
	"writ/export/workspace"
)

// engineerFlags say whose request an export is, where writ.yaml does not.
var engineerFlags = []cli.Flag{
	&cli.StringFlag{Name: "engineer-key", EnvVars: []string{"WRIT_ENGINEER_KEY"}, Usage: "`FILE` with the private key of the engineer who runs this; default: engineer in writ.yaml"},
	&cli.StringFlag{Name: "engineer-password-file", Usage: "`FILE` with that key's password (or WRIT_ENGINEER_PASSWORD, or asked)"},
}

// engineerSigner opens the key of whoever runs the export, nil if none is
// named. An export that an earlier run recorded is finished without one.
func engineerSigner(c *cli.Context, w *workspace.Workspace) (sign.Signer, error) {
	password := secret(c, "engineer-password-file", engineerPasswordVariable, "password of the engineer's key")
	path := c.String("engineer-key")
	if path == "" {
		if w.Config.Engineer.Key == "" {
			return nil, nil
		}
		if _, set := secrets[engineerPasswordVariable]; set || c.String("engineer-password-file") != "" {
			w.Config.Engineer.PasswordFile = ""
		}
		return w.Engineer(password)
	}
	pem, err := readInput(path, sign.MaxKeyBytes)
	if err != nil {
		return nil, err
	}
	k, err := sign.LoadSigner(pem, password)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}
