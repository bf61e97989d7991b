// Command writ answers one legal order for user data.
//
// Exit codes:
//
//	0  done
//	1  internal error
//	2  usage or configuration
//	3  order rejected
//	4  verification failed
//	5  source unavailable or incomplete
//	6  refused or redirected by policy
//
// Results go to standard output, words about them to standard error.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/urfave/cli/v2"
)

func main() {
	noCoreDumps()
	collectLate()
	takeSecrets(passwordVariable, passphraseVariable, engineerPasswordVariable)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends what does not hear the first
	code := run(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the whole program: it returns the exit code.
func run(ctx context.Context, args []string, in io.Reader, out, words io.Writer) int {
	app := newApp()
	app.Reader, app.Writer, app.ErrWriter = in, out, words
	err := app.RunContext(ctx, args)
	if err != nil {
		report(words, args, err)
	}
	return exitCode(err)
}

func newApp() *cli.App {
	app := &cli.App{
		Name:  "writ",
		Usage: "answer one legal order for user data: verify it, pull only what it mandates, seal it, sign it, record it",
		Description: "writ demo      see the whole job on a made-up mail provider\n" +
			"writ plan X    what an order would pull, what is refused, and by which rule\n" +
			"writ export X  do it",
		Version:                   version(),
		Suggest:                   true,
		EnableBashCompletion:      true,
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {}, // run alone decides the exit code
		Flags:                     []cli.Flag{workspaceFlag},
		Commands: []*cli.Command{
			demoCommand(),
			keyCommand(),
			trustCommand(),
			catalogCommand(),
			policyCommand(),
			orderCommand(),
			planCommand(),
			exportCommand(),
			lockdownCommand(),
			approveCommand(),
			notifyCommand(),
			recallCommand(),
			ledgerCommand(),
			verifyCommand(),
			openCommand(),
			exhibitCommand(),
			auditCommand(),
			reportCommand(),
			doctorCommand(),
			completionCommand(),
		},
	}
	app.Action = unknownCommand
	app.OnUsageError = usageError
	for _, c := range app.Commands {
		prepare(c)
	}
	return app
}

// prepare gives every command, also those below c, the same manners: an unknown
// subcommand or flag is a usage error, never something else.
func prepare(c *cli.Command) {
	c.OnUsageError = usageError
	if len(c.Subcommands) > 0 && c.Action == nil {
		c.Action = unknownCommand
	}
	for _, s := range c.Subcommands {
		prepare(s)
	}
}

func unknownCommand(c *cli.Context) error {
	if !c.Args().Present() {
		return cli.ShowSubcommandHelp(c)
	}
	hint := ""
	if s := cli.SuggestCommand(c.Command.Subcommands, c.Args().First()); s != "" {
		hint = " (" + strings.ToLower(s[:1]) + s[1:] + ")"
	}
	return fmt.Errorf("%w: no command %q%s; see %s --help", errUsage, c.Args().First(), hint, c.Command.HelpName)
}

func usageError(c *cli.Context, err error, _ bool) error {
	return fmt.Errorf("%w: %w; see %s --help", errUsage, err, c.Command.HelpName)
}

// errUsage is the family of mistakes on the command line.
var errUsage = errors.New("usage")

// arguments returns the command's arguments, of which there must be exactly as
// many as names. A flag behind them is refused, since the flag package would
// take it for an argument in silence.
func arguments(c *cli.Context, names ...string) ([]string, error) {
	args := c.Args().Slice()
	for _, a := range args {
		if len(a) > 1 && strings.HasPrefix(a, "-") {
			return nil, fmt.Errorf("%w: the flag %s stands behind an argument; flags come first: %s [flags] %s",
				errUsage, strings.SplitN(a, "=", 2)[0], c.Command.HelpName, strings.Join(names, " "))
		}
	}
	switch {
	case len(args) < len(names):
		return nil, fmt.Errorf("%w: %s is missing: %s [flags] %s", errUsage, names[len(args)], c.Command.HelpName, strings.Join(names, " "))
	case len(args) > len(names):
		return nil, fmt.Errorf("%w: arguments too many: %d; want %s", errUsage, len(args)-len(names), strings.Join(append([]string{c.Command.HelpName, "[flags]"}, names...), " "))
	}
	return args, nil
}
