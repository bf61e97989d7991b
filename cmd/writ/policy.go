package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/durable"
	"writ/export/policy"
	"writ/export/workspace"
)

func policyCommand() *cli.Command {
	return &cli.Command{
		Name:  "policy",
		Usage: "show, export and check the rules: what an order of some kind may compel",
		Subcommands: []*cli.Command{
			{
				Name:      "show",
				Usage:     "print the rules in force with their citations; the embedded ones outside a workspace",
				ArgsUsage: "[JURISDICTION]",
				Description: "writ policy show us\n" +
					"writ policy show --cedar eu    the rules as counsel edits them",
				Flags:  []cli.Flag{jsonFlag, &cli.BoolFlag{Name: "cedar", Usage: "print the Cedar file as it is"}},
				Action: runPolicyShow,
			},
			{
				Name:        "export",
				Usage:       "write the embedded rules as files, to edit and to name in writ.yaml",
				ArgsUsage:   "DIR",
				Description: "writ policy export policy",
				Action:      runPolicyExport,
			},
			{
				Name:        "check",
				Usage:       "check the rules in a folder",
				ArgsUsage:   "DIR",
				Description: "writ policy check policy",
				Flags:       []cli.Flag{jsonFlag},
				Action:      runPolicyCheck,
			},
		},
	}
}

// currentPolicy is the workspace's policy, or the embedded one where there is
// no workspace.
func currentPolicy(c *cli.Context) (*policy.Policy, error) {
	_, err := os.Stat(filepath.Join(c.String(workspaceFlag.Name), workspace.ConfigFile))
	if errors.Is(err, fs.ErrNotExist) {
		return policy.Load(policy.Defaults())
	}
	w, err := openWorkspace(c)
	if err != nil {
		return nil, err
	}
	return w.Policy, nil
}

func runPolicyShow(c *cli.Context) error {
	p, err := currentPolicy(c)
	if err != nil {
		return err
	}
	names := p.Jurisdictions()
	if c.Args().Present() {
		args, err := arguments(c, "JURISDICTION")
		if err != nil {
			return err
		}
		names = []trust.Jurisdiction{trust.Jurisdiction(args[0])}
	}
	if c.Bool("json") && c.Bool("cedar") {
		return fmt.Errorf("%w: --json or --cedar, not both", errUsage)
	}
	report := policyReport{Digest: p.Digest()}
	for _, name := range names {
		d, ok := p.Describe(name)
		if !ok {
			return fmt.Errorf("%w: no rules for %q; there are %v", errUsage, name, p.Jurisdictions())
		}
		if c.Bool("cedar") {
			cedar, _, _ := p.Source(name)
			if _, err := c.App.Writer.Write(cedar); err != nil {
				return err
			}
		}
		report.Jurisdictions = append(report.Jurisdictions, d)
	}
	switch {
	case c.Bool("cedar"):
		return nil
	case c.Bool("json"):
		return printJSON(c, report)
	}
	return printPolicy(c.App.Writer, report)
}

// policyReport is what show and check print as JSON.
type policyReport struct {
	Digest        digest.Digest        `json:"digest"`
	Jurisdictions []policy.Description `json:"jurisdictions"`
}

func printPolicy(out io.Writer, r policyReport) error {
	fmt.Fprintf(out, "policy %s\n", r.Digest)
	for _, d := range r.Jurisdictions {
		fmt.Fprintf(out, "\n%s\n\n", d.Jurisdiction)
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "PROCESS\tBASIS\tINCLUDES\tKIND\tREACHES AT MOST")
		for _, p := range d.Processes {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Process, p.Cite, orDash(p.Includes), processKind(p), orDash(branches(p.Reaches)))
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w, "\nCLASS\tCATEGORIES\tPURPOSE")
		for _, k := range d.Classes {
			purpose := "any"
			if k.Purpose != "" {
				purpose = string(k.Purpose)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\n", k.Class, orDash(k.Categories), purpose)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		fmt.Fprintln(w, "\nRULE\tKIND\tSAYS\tCITES")
		for _, r := range d.Rules {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", r.ID, r.Kind, r.Says, r.Cite)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

func processKind(p policy.ProcessDescription) string {
	var kinds []string
	if p.Voluntary {
		kinds = append(kinds, "voluntary")
	}
	if p.NationalSecurity {
		kinds = append(kinds, "national security")
	}
	if !p.Releases {
		kinds = append(kinds, "preserves only")
	}
	if len(kinds) == 0 {
		return "compels"
	}
	return strings.Join(kinds, ", ")
}

// branches puts an inner node of the tree in the place of its leaves where all
// of them are there.
func branches(leaves []catalog.Category) []catalog.Category {
	var out []catalog.Category
	for _, c := range leaves {
		if parent, ok := c.Parent(); ok && !slices.ContainsFunc(catalog.Leaves(), func(l catalog.Category) bool {
			return l.Within(parent) && !slices.Contains(leaves, l)
		}) {
			c = parent
		}
		if !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	return out
}

// orDash joins words by commas, or is "-" if there are none.
func orDash[T ~string](words []T) string {
	if len(words) == 0 {
		return "-"
	}
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}

func runPolicyExport(c *cli.Context) error {
	args, err := arguments(c, "DIR")
	if err != nil {
		return err
	}
	dir := args[0]
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	files, err := fs.ReadDir(policy.Defaults(), ".")
	if err != nil {
		return err
	}
	// All or nothing: whatever stands there is somebody's work.
	for _, f := range files {
		if _, err := os.Lstat(filepath.Join(dir, f.Name())); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %s is there already; export into an empty folder", errUsage, filepath.Join(dir, f.Name()))
		}
	}
	for _, f := range files {
		b, err := fs.ReadFile(policy.Defaults(), f.Name())
		if err != nil {
			return err
		}
		if err := durable.CreateFile(filepath.Join(dir, f.Name()), b, 0o644); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
		if _, err := fmt.Fprintln(c.App.Writer, filepath.Join(dir, f.Name())); err != nil {
			return err
		}
	}
	fmt.Fprintf(c.App.ErrWriter, "Edit them, then: writ policy check %s; and name the folder in writ.yaml: policy: %s\n", dir, dir)
	return nil
}

func runPolicyCheck(c *cli.Context) error {
	args, err := arguments(c, "DIR")
	if err != nil {
		return err
	}
	p, err := policy.Load(os.DirFS(args[0]))
	if err != nil {
		return err
	}
	report := policyReport{Digest: p.Digest()}
	for _, name := range p.Jurisdictions() {
		d, _ := p.Describe(name)
		report.Jurisdictions = append(report.Jurisdictions, d)
	}
	if c.Bool("json") {
		return printJSON(c, report)
	}
	fmt.Fprintf(c.App.Writer, "policy %s\n", p.Digest())
	for _, d := range report.Jurisdictions {
		fmt.Fprintf(c.App.Writer, "%s: %d processes, %d rules\n", d.Jurisdiction, len(d.Processes), len(d.Rules))
	}
	return nil
}
