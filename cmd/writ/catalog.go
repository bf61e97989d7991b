package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/export/catalog"
	"writ/export/order"
	"writ/export/policy"
)

func catalogCommand() *cli.Command {
	return &cli.Command{
		Name:  "catalog",
		Usage: "check and show the provider's map of its data",
		Subcommands: []*cli.Command{
			{
				Name:        "check",
				Usage:       "check a catalog; every error names its line",
				ArgsUsage:   "FILE",
				Description: "writ catalog check catalog.yaml",
				Flags:       []cli.Flag{jsonFlag},
				Action:      runCatalogCheck,
			},
			{
				Name:  "show",
				Usage: "print identifiers, datasets and fields, and which processes can reach each",
				Description: "writ catalog show\n" +
					"writ catalog show --file catalog.yaml    a catalog that is not in force, under the embedded policy",
				Flags:  []cli.Flag{jsonFlag, &cli.StringFlag{Name: "file", Usage: "show this `FILE` instead of the workspace's catalog"}},
				Action: runCatalogShow,
			},
		},
	}
}

func readCatalog(path string) (*catalog.Catalog, error) {
	b, err := readInput(path, catalog.MaxBytes)
	if err != nil {
		return nil, err
	}
	return catalog.Parse(filepath.Base(path), b)
}

// catalogSummary is what check prints as JSON.
type catalogSummary struct {
	Digest      digest.Digest       `json:"digest"`
	Stores      []catalog.StoreName `json:"stores"`
	Identifiers int                 `json:"identifiers"`
	Datasets    int                 `json:"datasets"`
	Fields      int                 `json:"fields"`
}

func runCatalogCheck(c *cli.Context) error {
	args, err := arguments(c, "FILE")
	if err != nil {
		return err
	}
	k, err := readCatalog(args[0])
	if err != nil {
		return err
	}
	s := catalogSummary{Digest: k.Digest(), Stores: k.Stores(), Identifiers: len(k.Identifiers()), Datasets: len(k.Datasets())}
	for _, d := range k.Datasets() {
		s.Fields += len(d.Fields)
	}
	if c.Bool("json") {
		return printJSON(c, s)
	}
	_, err = fmt.Fprintf(c.App.Writer, "catalog %s\n%s, %s, %s; stores %s\n",
		s.Digest, plural(s.Identifiers, "identifier"), plural(s.Datasets, "dataset"), plural(s.Fields, "field"), orDash(s.Stores))
	return err
}

func runCatalogShow(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	var k *catalog.Catalog
	var p *policy.Policy
	if file := c.String("file"); file != "" {
		var err error
		if k, err = readCatalog(file); err != nil {
			return err
		}
		if p, err = policy.Load(policy.Defaults()); err != nil {
			return err
		}
	} else {
		w, err := openWorkspace(c)
		if err != nil {
			return err
		}
		k, p = w.Catalog, w.Policy
	}
	report := describeCatalog(k, p)
	if c.Bool("json") {
		return printJSON(c, report)
	}
	return printCatalog(c.App.Writer, report)
}

// catalogReport is what show prints as JSON.
type catalogReport struct {
	Digest      digest.Digest      `json:"digest"`
	Policy      digest.Digest      `json:"policy"`
	Identifiers []identifierReport `json:"identifiers"`
	Datasets    []datasetReport    `json:"datasets"`
}

type identifierReport struct {
	Type      order.TargetType  `json:"type"`
	Account   string            `json:"account"`
	Store     catalog.StoreName `json:"store"`
	NeedsAt   bool              `json:"needs_at"` // it changes hands: the target must say when
	Normalize []catalog.Rule    `json:"normalize"`
}

type datasetReport struct {
	Dataset     order.Dataset     `json:"dataset"`
	Description string            `json:"description"`
	Store       catalog.StoreName `json:"store"`
	Account     string            `json:"account"`
	NeedsWindow bool              `json:"needs_window"`
	Fields      []fieldReport     `json:"fields"`
}

type fieldReport struct {
	Field       order.Field      `json:"field"`
	Description string           `json:"description"`
	Category    catalog.Category `json:"category"`
	Type        catalog.Type     `json:"type"`
	Reached     []string         `json:"reached"` // JURISDICTION/PROCESS, with everything that the rules may ask for
}

func describeCatalog(k *catalog.Catalog, p *policy.Policy) catalogReport {
	r := catalogReport{Digest: k.Digest(), Policy: p.Digest()}
	for _, i := range k.Identifiers() {
		r.Identifiers = append(r.Identifiers, identifierReport{i.Type, i.Account, i.Store, i.From.Column != "", append([]catalog.Rule{}, i.Normalize...)})
	}
	reached := map[catalog.Category][]string{}
	for _, name := range p.Jurisdictions() {
		d, _ := p.Describe(name)
		for _, q := range d.Processes {
			for _, c := range q.Reaches {
				reached[c] = append(reached[c], string(name)+"/"+string(q.Process))
			}
		}
	}
	for _, d := range k.Datasets() {
		dr := datasetReport{Dataset: d.Name, Description: d.Description, Store: d.Store, Account: d.Account, NeedsWindow: d.Time.Column != ""}
		for _, f := range d.Fields {
			dr.Fields = append(dr.Fields, fieldReport{f.Name, f.Description, f.Category, f.Type, append([]string{}, reached[f.Category]...)})
		}
		r.Datasets = append(r.Datasets, dr)
	}
	return r
}

func printCatalog(out io.Writer, r catalogReport) error {
	fmt.Fprintf(out, "catalog %s\npolicy %s\n\n", r.Digest, r.Policy)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TARGET\tFINDS\tSTORE\tNOTE")
	for _, i := range r.Identifiers {
		note := "-"
		if i.NeedsAt {
			note = "the target must say when"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", i.Type, i.Account, i.Store, note)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	reached := map[catalog.Category]string{}
	for _, d := range r.Datasets {
		fmt.Fprintf(out, "\n%s: %s, store %s", d.Dataset, d.Account, d.Store)
		if d.NeedsWindow {
			fmt.Fprint(out, ", needs a window")
		}
		if d.Description != "" {
			fmt.Fprintf(out, ". %s", oneLine(d.Description))
		}
		fmt.Fprintln(out)
		fmt.Fprintln(w, "  FIELD\tCATEGORY\tTYPE\tDESCRIPTION")
		for _, f := range d.Fields {
			reached[f.Category] = strings.Join(f.Reached, " ")
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", f.Field, f.Category, f.Type, oneLine(f.Description))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "\nCATEGORY\tREACHED BY AT MOST")
	for _, c := range catalog.Leaves() {
		by, used := reached[c]
		if !used {
			continue
		}
		if by == "" {
			by = "nobody"
		}
		fmt.Fprintf(w, "%s\t%s\n", c, by)
	}
	return w.Flush()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
