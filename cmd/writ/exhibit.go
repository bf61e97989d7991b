package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/bundle"
	"writ/manifest/commit"
	"writ/manifest/exhibit"
)

func exhibitCommand() *cli.Command {
	return &cli.Command{
		Name:      "exhibit",
		Usage:     "disclose one record of an opened delivery in a small file that writ verify checks without the rest",
		ArgsUsage: "BUNDLE OPENED",
		Description: "writ exhibit --provider provider.json --dataset logins --record 17 --out ex-17.json out/ex-2026-0042 opened\n" +
			"writ exhibit --provider provider.json --dataset logins --field ip --value ip.txt --out ex-17.json out/ex-2026-0042 opened\n" +
			"BUNDLE is the delivery's folder, or one of its files; OPENED is the folder that writ open made of it. The file holds\n" +
			"the whole record, its salt, its path to the signed root, and the manifest; nobody can learn other records from it.",
		Flags: []cli.Flag{
			providerFlag,
			&cli.StringFlag{Name: "dataset", Usage: "`NAME` of the dataset"},
			&cli.Uint64Flag{Name: "record", Usage: "take record `N` of the dataset, counted from 0"},
			&cli.StringFlag{Name: "field", Usage: "take the one record whose field `NAME` has exactly the value that --value gives"},
			&cli.StringFlag{Name: "value", Usage: "`FILE` with that value, - for standard input; it is evidence, so it is never an argument, which other users of the machine see"},
			&cli.StringFlag{Name: "out", Usage: "`FILE` to make; its name ends with .json"},
		},
		Action: runExhibit,
	}
}

func runExhibit(c *cli.Context) error {
	args, err := arguments(c, "BUNDLE", "OPENED")
	if err != nil {
		return err
	}
	if err := needFlags(c, providerFlag.Name, "dataset", "out"); err != nil {
		return err
	}
	pick := exhibit.Record(c.Uint64("record"))
	switch {
	case c.IsSet("record") == c.IsSet("field") || c.IsSet("field") != c.IsSet("value"):
		return fmt.Errorf("%w: say which record: --record N, or --field NAME --value FILE", errUsage)
	case c.IsSet("field"):
		value, err := fieldValue(c)
		if err != nil {
			return err
		}
		pick = exhibit.Field(c.String("field"), value)
	}
	out := c.String("out")
	if !isExhibit(out) {
		return fmt.Errorf("%w: --out: the name of an exhibit ends with .json, and not with %s", errUsage, manifest.ManifestSuffix)
	}
	p, err := providerFile(c)
	if err != nil {
		return err
	}
	d, err := bundle.Find(args[0])
	if err != nil {
		return err
	}
	b, err := exhibit.Make(c.Context, d, os.DirFS(args[1]), p, c.String("dataset"), pick)
	if err != nil {
		return err
	}
	if err := createNew(out, b, 0o600); err != nil {
		return err
	}
	fmt.Fprintf(c.App.ErrWriter, "%s: one record and its proof; whoever has the provider file checks it with writ verify\n", out)
	return nil
}

// fieldValue reads the value that --value names, without the line's end that an
// editor leaves.
func fieldValue(c *cli.Context) (string, error) {
	var b []byte
	var err error
	if path := c.String("value"); path == "-" {
		b, err = readAll(c.App.Reader, "standard input", commit.MaxRecordBytes)
	} else {
		b, err = readInput(path, commit.MaxRecordBytes)
	}
	value, _ := strings.CutSuffix(string(b), "\n")
	value, _ = strings.CutSuffix(value, "\r")
	return value, err
}

// isExhibit reports whether a file's name is an exhibit's, and not one of a delivery's.
func isExhibit(path string) bool {
	return strings.HasSuffix(path, ".json") && !strings.HasSuffix(path, manifest.ManifestSuffix)
}

// exhibitJSON says which record an exhibit discloses.
type exhibitJSON struct {
	Dataset string `json:"dataset"`
	Index   uint64 `json:"index"`
	Record  string `json:"record"`
}

func verifyExhibit(c *cli.Context, path string, p *trust.Provider) error {
	b, err := readInput(path, exhibit.MaxBytes)
	if err != nil {
		return err
	}
	v, err := exhibit.Verify(b, p)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		out := verified(v.Verified, p, "")
		out.Exhibit = &exhibitJSON{v.Dataset.Name, v.Index, string(v.Record)}
		return printJSON(c, out)
	}
	said := "VERIFIED: the provider signed this manifest, and committed to this record in it"
	if v.Inclusion != nil {
		said = "VERIFIED: the provider signed this manifest, it stands in the provider's ledger, and the provider committed to this record in it"
	}
	fmt.Fprintln(c.App.Writer, said)
	printExhibit(c.App.Writer, v)
	printVerified(c.App.Writer, v.Verified, p)
	return nil
}

// printExhibit shows the record, which is evidence: what a terminal could obey
// or turn round is spelt out as JSON spells it.
func printExhibit(w io.Writer, v *exhibit.Verified) {
	var s strings.Builder
	for _, r := range string(v.Record) {
		switch {
		case unicode.IsPrint(r):
			s.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&s, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&s, `\u%04x`, r)
		}
	}
	fmt.Fprintf(w, "%-10s number %d of %s, counted from 0\n%-10s %s\n", "exhibit", v.Index, v.Dataset.Name, "record", s.String())
}
