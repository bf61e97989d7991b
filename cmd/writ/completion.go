package main

import (
	_ "embed"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"
)

//go:embed completion/bash
var bashCompletion string

//go:embed completion/zsh
var zshCompletion string

func completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "print the script that completes writ's commands in a shell",
		ArgsUsage: "bash|zsh|fish",
		Description: "source <(writ completion bash)\n" +
			"writ completion fish > ~/.config/fish/completions/writ.fish",
		Action: func(c *cli.Context) error {
			args, err := arguments(c, "bash|zsh|fish")
			if err != nil {
				return err
			}
			var script string
			switch args[0] {
			case "bash":
				script = bashCompletion
			case "zsh":
				script = zshCompletion
			case "fish":
				if script, err = c.App.ToFishCompletion(); err != nil {
					return err
				}
			default:
				return fmt.Errorf("%w: no completion for %q; want bash, zsh or fish", errUsage, args[0])
			}
			_, err = io.WriteString(c.App.Writer, script)
			return err
		},
	}
}
