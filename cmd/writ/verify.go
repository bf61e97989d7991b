package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/bundle"
	"writ/manifest/ledger"
)

var providerFlag = &cli.StringFlag{
	Name: "provider", Usage: "`FILE` with the provider's public keys, which it gave you over another channel (provider.json)",
}

func verifyCommand() *cli.Command {
	return &cli.Command{
		Name:      "verify",
		Usage:     "check a delivery without any decryption key: signature, signer, ledger, digest, recipient",
		ArgsUsage: "BUNDLE",
		Description: "writ verify --provider provider.json out/ex-2026-0042\n" +
			"BUNDLE is the delivery's folder, or one of its files. If the provider file pins a ledger, the .tlog-proof must show\n" +
			"that the manifest stands in it. What is wrong is named by a code, and the exit code is 4.\n" +
			"BUNDLE may also be an exhibit, which writ exhibit made: a .json file with one record. Then the record is printed.",
		Flags:  []cli.Flag{providerFlag, jsonFlag},
		Action: runVerify,
	}
}

func runVerify(c *cli.Context) error {
	if path := c.Args().First(); isExhibit(path) {
		if _, err := arguments(c, "BUNDLE"); err != nil {
			return err
		}
		p, err := providerFile(c)
		if err != nil {
			return err
		}
		return verifyExhibit(c, path, p)
	}
	d, p, err := delivery(c)
	if err != nil {
		return err
	}
	v, err := bundle.Verify(c.Context, d, p)
	if err != nil {
		return err
	}
	if c.Bool("json") {
		return printJSON(c, verified(v, p, ""))
	}
	said := "VERIFIED: the provider signed this manifest, and the ciphertext is the one that it names"
	if v.Inclusion != nil {
		said = "VERIFIED: the provider signed this manifest, it stands in the provider's ledger, and the ciphertext is the one that it names"
	}
	fmt.Fprintln(c.App.Writer, said)
	printVerified(c.App.Writer, v, p)
	return nil
}

// delivery returns what the command line names: the files and the provider's keys.
func delivery(c *cli.Context) (bundle.Delivery, *trust.Provider, error) {
	args, err := arguments(c, "BUNDLE")
	if err != nil {
		return bundle.Delivery{}, nil, err
	}
	p, err := providerFile(c)
	if err != nil {
		return bundle.Delivery{}, nil, err
	}
	d, err := bundle.Find(args[0])
	return d, p, err
}

// providerFile returns the provider's keys, which the command line must name.
func providerFile(c *cli.Context) (*trust.Provider, error) {
	if err := needFlags(c, providerFlag.Name); err != nil {
		return nil, err
	}
	b, err := readInput(c.String(providerFlag.Name), manifest.MaxBytes)
	if err != nil {
		return nil, err
	}
	p, err := trust.ParseProvider(b)
	if err != nil {
		return nil, fmt.Errorf("%s: not a provider file: %w", c.String(providerFlag.Name), err)
	}
	return p, nil
}

// verifiedJSON is what verify and open print for machines.
type verifiedJSON struct {
	Verified  bool            `json:"verified"`
	Ledger    *ledgerJSON     `json:"ledger,omitempty"` // absent: the provider file pins none
	Opened    string          `json:"opened,omitempty"` // folder
	Signer    sign.KeyID      `json:"signer"`
	Statement digest.Digest   `json:"statement"`     // of the signed bytes
	Provider  digest.Digest   `json:"provider_file"` // fingerprint
	Manifest  manifest.Export `json:"manifest"`
	Exhibit   *exhibitJSON    `json:"exhibit,omitempty"` // of verify, given one
}

// ledgerJSON says where the manifest stands in the provider's ledger.
type ledgerJSON struct {
	Origin   string               `json:"origin"`
	Index    int64                `json:"index"`
	Size     int64                `json:"size"` // of the ledger when the proof was made
	Cosigned []ledger.Cosignature `json:"cosigned"`
}

func verified(v *bundle.Verified, p *trust.Provider, opened string) verifiedJSON {
	out := verifiedJSON{
		Verified: true, Opened: opened, Signer: v.Signer(), Statement: v.Digest(), Provider: p.Fingerprint(), Manifest: v.Statement().Predicate,
	}
	if in := v.Inclusion; in != nil {
		out.Ledger = &ledgerJSON{Origin: in.Checkpoint.Origin(), Index: in.Index, Size: in.Checkpoint.Size(), Cosigned: in.Checkpoint.Cosigned()}
		if out.Ledger.Cosigned == nil {
			out.Ledger.Cosigned = []ledger.Cosignature{}
		}
	}
	return out
}

// printVerified says what was verified. Nothing in it comes from the evidence.
func printVerified(w io.Writer, v *bundle.Verified, p *trust.Provider) {
	x := v.Statement().Predicate
	line := func(name, format string, a ...any) { fmt.Fprintf(w, "%-10s %s\n", name, fmt.Sprintf(format, a...)) }
	if x.Order.Test {
		line("test", "a test order: nothing here is evidence")
	}
	line("export", "%s", x.ExportID)
	line("provider", "%s (provider file %s)", x.Provider, p.Fingerprint())
	line("signed", "%s by key %s", x.Times.SignedAt.Format(time.RFC3339), v.Signer())
	if in := v.Inclusion; in != nil {
		line("ledger", "entry %d of %s", in.Index, in.Checkpoint.Origin())
		for _, c := range in.Checkpoint.Cosigned() {
			line("witness", "%s cosigned at %s", c.Witness, c.At.Format(time.RFC3339))
		}
	}
	line("order", "%s: %s under %s, issued by %s", x.Order.Digest, x.Order.Process, x.Order.LegalBasis, x.Order.Authority)
	for _, a := range x.Approvals {
		line("approval", "%s lifted a ceiling for this order; it is in the bag", a)
	}
	line("for", "%s, one %s recipient", x.Order.Agency, x.Recipients[0].Kind)
	for _, d := range x.Datasets {
		said := fmt.Sprintf("%s: %s, %s, %s", d.Name, d.Outcome, plural(d.Records, "record"), plural(len(d.Fields), "field"))
		if d.Outcome == manifest.Refused {
			said = fmt.Sprintf("%s: %s", d.Name, d.Outcome)
		}
		if d.Why != "" {
			said += " (" + d.Why + ")"
		}
		line("dataset", "%s", said)
		for _, f := range d.Withheld {
			line("withheld", "%s.%s: %s", d.Name, f.Name, strings.TrimSpace(f.Why+" "+f.Rule.Cite))
		}
	}
}
