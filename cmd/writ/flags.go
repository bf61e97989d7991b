package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"writ/export/workspace"
)

var workspaceFlag = &cli.StringFlag{
	Name: "workspace", Aliases: []string{"w"}, EnvVars: []string{"WRIT_WORKSPACE"}, Value: ".",
	Usage: "`DIR` that holds writ.yaml, the trust folder, the catalog and the outbox",
}

// jsonFlag is the same for every command that a machine might read.
var jsonFlag = &cli.BoolFlag{Name: "json", Usage: "print JSON"}

// openWorkspace opens the workspace that the command line names.
func openWorkspace(c *cli.Context) (*workspace.Workspace, error) {
	w, err := workspace.Open(c.String(workspaceFlag.Name))
	if err != nil {
		return nil, err
	}
	takeWorkspaceSecrets(w)
	return w, nil
}

// printJSON writes v to standard output, indented.
func printJSON(c *cli.Context, v any) error {
	e := json.NewEncoder(c.App.Writer)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// maxSecretBytes bounds a password file.
const maxSecretBytes = 4096

// secret returns a function that gets a password or passphrase when it is
// needed: from the file that flag names, else from the environment variable,
// else from the terminal. Never from a flag's value.
func secret(c *cli.Context, flag, variable, prompt string) func() ([]byte, error) {
	return func() ([]byte, error) {
		if path := c.String(flag); path != "" {
			return secretFile(path)
		}
		if v, ok := secrets[variable]; ok {
			return []byte(v), nil
		}
		in, ok := c.App.Reader.(*os.File)
		if !ok || !term.IsTerminal(int(in.Fd())) {
			return nil, fmt.Errorf("%w: no terminal to ask for the %s; use --%s FILE or %s", errUsage, prompt, flag, variable)
		}
		fmt.Fprintf(c.App.ErrWriter, "%s: ", prompt)
		b, err := term.ReadPassword(int(in.Fd()))
		fmt.Fprintln(c.App.ErrWriter)
		return b, err
	}
}

func secretFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSecretBytes+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxSecretBytes {
		return nil, fmt.Errorf("%w: %s: longer than %d bytes; want one password", errUsage, filepath.Base(path), maxSecretBytes)
	}
	return bytes.TrimRight(b, "\r\n"), nil
}

// readInput reads a file named on the command line, of at most limit bytes.
func readInput(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	defer f.Close()
	return readAll(f, path, limit)
}

// readAll reads what is called name, up to a limit.
func readAll(r io.Reader, name string, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUsage, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%w: %s: more than %d bytes", errUsage, name, limit)
	}
	return b, nil
}
