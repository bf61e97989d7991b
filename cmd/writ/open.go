package main

import "github.com/urfave/cli/v2"

func openCommand() *cli.Command { return &cli.Command{Name: "open"} }
