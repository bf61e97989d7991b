package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/durable"
	"writ/export/workspace"
	"writ/manifest/ledger"
)

func trustShowCommand() *cli.Command {
	return &cli.Command{
		Name:  "show",
		Usage: "print the registry in force, and what a draft would change",
		Description: "writ trust show\n" +
			"writ trust show --draft --json",
		Flags:  []cli.Flag{jsonFlag, &cli.BoolFlag{Name: "draft", Usage: "print the draft instead"}},
		Action: runTrustShow,
	}
}

// trustReport is what show prints as JSON.
type trustReport struct {
	InForce  bool            `json:"in_force"`
	Digest   string          `json:"digest"`
	SignedBy []sign.KeyID    `json:"signed_by"` // root keys
	Needed   int             `json:"needed"`    // of them
	Document *trust.Document `json:"document"`
	Changes  []string        `json:"changes,omitempty"` // from what is in force to this draft
}

func runTrustShow(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	f, err := openTrust(c)
	if err != nil {
		return err
	}
	r := trustReport{InForce: !c.Bool("draft"), Needed: f.root.Threshold}
	switch {
	case r.InForce && f.registry == nil:
		return fmt.Errorf("%w: no registry is in force yet; see writ trust show --draft, and writ trust sign", errUsage)
	case r.InForce:
		b, err := readInput(f.path(workspace.RegistryFile), sign.MaxEnvelopeBytes)
		if err != nil {
			return err
		}
		e, err := sign.ParseEnvelope(b, sign.ForRegistry)
		if err != nil {
			return err
		}
		r.Document, r.Digest, r.SignedBy = f.inForce(), f.registry.Digest().String(), f.root.Signers(e)
	case f.draft == nil:
		return fmt.Errorf("%w: there is no draft; writ trust add and revoke make one", errUsage)
	default:
		r.Document, r.Digest, r.SignedBy = f.draft, digest.Of(f.envelope.Payload).String(), f.root.Signers(f.envelope)
		r.Changes = f.draft.Changes(f.inForce())
	}
	if c.Bool("json") {
		return printJSON(c, r)
	}
	printRegistry(c, r)
	if r.InForce && f.draft != nil {
		fmt.Fprintf(c.App.ErrWriter, "A draft of version %d waits for signatures: writ trust show --draft\n", f.draft.Version)
	}
	return nil
}

func printRegistry(c *cli.Context, r trustReport) {
	w, state := c.App.Writer, "in force"
	if !r.InForce {
		state = "draft"
	}
	fmt.Fprintf(w, "version %d of %s, %s, %s\nsigned by %d root keys, needs %d\n",
		r.Document.Version, r.Document.IssuedAt.Format(time.RFC3339), state, r.Digest, len(r.SignedBy), r.Needed)
	for _, l := range r.Document.Lines() {
		indent := "  "
		if strings.Contains(l.What, ", ") {
			indent = "    "
		}
		fmt.Fprintf(w, "%s%s: %s\n", indent, l.What, l.Says)
	}
	for _, l := range r.Changes {
		fmt.Fprintf(w, "change %s\n", l)
	}
}

func trustPublishCommand() *cli.Command {
	return &cli.Command{
		Name:        "publish",
		Usage:       "write the provider file that agencies and auditors pin, and its keys as cosign and readers of logs want them",
		Description: "writ trust publish --out provider.json",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "out", Usage: "`FILE`; the keys go beside it: signer.pub, ledger.pub, and signer-….pub, ledger-….pub for others"}},
		Action:      runTrustPublish,
	}
}

func runTrustPublish(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	if err := needFlags(c, "out"); err != nil {
		return err
	}
	registry, err := workspace.OpenRegistry(c.String(workspaceFlag.Name))
	if err != nil {
		return err
	}
	p, out := registry.Publish(), c.String("out")
	b, err := p.Marshal()
	if err != nil {
		return err
	}
	if _, err := trust.ParseProvider(b); err != nil {
		return fmt.Errorf("%w; writ trust add key --use manifest adds one", err)
	}
	// The keys come first: whoever finds the provider file finds them too.
	files, err := keyFiles(p, time.Now())
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := durable.WriteFile(filepath.Join(filepath.Dir(out), name), text, 0o644); err != nil {
			return fmt.Errorf("%w: %w", errUsage, err)
		}
	}
	if err := durable.WriteFile(out, b, 0o644); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	fmt.Fprintln(c.App.ErrWriter, "Hand it over, then read the fingerprint to each other over another channel:")
	_, err = fmt.Fprintln(c.App.Writer, p.Fingerprint())
	return err
}

// keyFiles returns the keys, each as those who use it want it: what signs
// manifests in PEM, what signs the ledger's checkpoints as a note verifier key.
// The one of a use that counts at t is signer.pub or ledger.pub; every other,
// and every one if several count, has its id in its name.
func keyFiles(p trust.Provider, t time.Time) (map[string][]byte, error) {
	files := map[string][]byte{}
	for use, name := range map[trust.Use]string{trust.UseManifest: "signer", trust.UseLedger: "ledger"} {
		var current []string
		for _, k := range p.Keys {
			if k.Use != use {
				continue
			}
			text := k.PublicKey.PEM()
			if use == trust.UseLedger {
				public, err := ledger.PublicFor(k.Origin, k.PublicKey)
				if err != nil {
					return nil, err
				}
				text = []byte(public + "\n")
			}
			file := name + "-" + string(k.PublicKey.ID()[:16]) + ".pub"
			if k.At(t) == nil {
				current = append(current, file)
			}
			files[file] = text
		}
		if len(current) == 1 {
			files[name+".pub"] = files[current[0]]
			delete(files, current[0])
		}
	}
	return files, nil
}
