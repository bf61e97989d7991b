package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/durable"
	"writ/export/workspace"
)

func trustCommand() *cli.Command {
	return &cli.Command{
		Name:  "trust",
		Usage: "keep the trust registry: who may order, who must approve, to whom evidence may go",
		Description: "writ trust init, then add and revoke write a draft; writ trust sign, by enough\n" +
			"root keys, puts it in force. What is in force is never edited in place.",
		Subcommands: []*cli.Command{
			trustInitCommand(),
			trustAddCommand(),
			trustRevokeCommand(),
			trustShowCommand(),
			trustSignCommand(),
			trustPublishCommand(),
		},
	}
}

// A trustFolder is a workspace's trust folder: the root, the registry in force
// if there is one, and the draft of the next if there is one.
type trustFolder struct {
	dir      string
	root     trust.Root
	registry *trust.Registry // nil: none is in force yet
	draft    *trust.Document // nil: none
	envelope *sign.Envelope  // the draft's
}

func openTrust(c *cli.Context) (*trustFolder, error) {
	f := &trustFolder{dir: c.String(workspaceFlag.Name)}
	b, err := readInput(f.path(workspace.RootFile), trust.MaxBytes)
	if err != nil {
		return nil, fmt.Errorf("%w; writ trust init makes it", err)
	}
	if f.root, err = trust.ParseRoot(b); err != nil {
		return nil, fmt.Errorf("%s: %w", workspace.RootFile, err)
	}
	if f.registry, err = registryIfAny(c); err != nil {
		return nil, err
	}
	if !exists(f.path(workspace.DraftFile)) {
		return f, nil
	}
	if b, err = readInput(f.path(workspace.DraftFile), sign.MaxEnvelopeBytes); err != nil {
		return nil, err
	}
	if err := f.setDraft(b); err != nil {
		return nil, fmt.Errorf("%s: %w", workspace.DraftFile, err)
	}
	return f, nil
}

// setDraft takes a draft's envelope. One that is already in force is none: it
// was left when the machine stopped between two writes.
func (f *trustFolder) setDraft(b []byte) error {
	e, err := sign.ParseEnvelope(b, sign.ForRegistry)
	if err != nil {
		return fmt.Errorf("%w: %w", trust.ErrFormat, err)
	}
	d, err := trust.ParseDocument(e.Payload)
	if err != nil {
		return err
	}
	if d.Version == f.version() {
		return nil
	}
	if d.Version != f.version()+1 {
		return fmt.Errorf("%w: the draft has version %d, and version %d is in force; remove it and make the changes again",
			trust.ErrRegistry, d.Version, f.version())
	}
	f.draft, f.envelope = d, e
	return nil
}

func (f *trustFolder) path(name string) string {
	return filepath.Join(f.dir, filepath.FromSlash(name))
}

// version is the one in force, 0 if none is.
func (f *trustFolder) version() int { return f.inForce().Version }

func (f *trustFolder) inForce() *trust.Document {
	if f.registry == nil {
		return &trust.Document{}
	}
	d := f.registry.Document()
	return &d
}

// next is the document to edit: the draft, or a copy of what is in force.
func (f *trustFolder) next() *trust.Document {
	if f.draft != nil {
		return f.draft
	}
	return f.inForce()
}

// writeDraft checks the edited document and writes it, without signatures:
// those that were there were made on something else.
func (f *trustFolder) writeDraft(d *trust.Document) error {
	d.Format, d.Version, d.IssuedAt = trust.Format, f.version()+1, now()
	payload, err := d.Marshal()
	if err != nil {
		return err
	}
	if _, err := trust.ParseDocument(payload); err != nil {
		return err
	}
	e := &sign.Envelope{Purpose: sign.ForRegistry, Payload: payload}
	return durable.WriteFile(f.path(workspace.DraftFile), e.Marshal(), 0o644)
}

// now is the time of an entry that names none, to the second.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }

// editTrust is what add and revoke have in common.
func editTrust(c *cli.Context, edit func(*trust.Document) error) error {
	f, err := openTrust(c)
	if err != nil {
		return err
	}
	d := f.next()
	before := &trust.Document{Provider: d.Provider}
	if f.registry != nil {
		before = f.inForce()
	}
	signed := f.envelope != nil && len(f.envelope.Signatures) > 0
	if err := edit(d); err != nil {
		return err
	}
	if err := f.writeDraft(d); err != nil {
		return err
	}
	if signed {
		fmt.Fprintln(c.App.ErrWriter, "The draft's signatures are gone: they were made before this change.")
	}
	for _, l := range d.Changes(before) {
		fmt.Fprintln(c.App.Writer, l)
	}
	fmt.Fprintf(c.App.ErrWriter, "Draft of version %d; it counts once writ trust sign was run with %d of the root's keys.\n", f.version()+1, f.root.Threshold)
	return nil
}

func trustInitCommand() *cli.Command {
	return &cli.Command{
		Name:        "init",
		Usage:       "choose the root keys and begin an empty registry",
		Description: "writ trust init --provider mail.example --root ceo.key.pub --root counsel.key.pub --threshold 2",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "provider", Usage: "the `ID` by which orders name the provider"},
			&cli.StringSliceFlag{Name: "root", Usage: "`FILE` with a root's public key; repeatable"},
			&cli.IntFlag{Name: "threshold", Usage: "how many of them must sign a registry"},
		},
		Action: func(c *cli.Context) error {
			if _, err := arguments(c); err != nil {
				return err
			}
			if err := needFlags(c, "provider", "root", "threshold"); err != nil {
				return err
			}
			f := &trustFolder{dir: c.String(workspaceFlag.Name), root: trust.Root{Threshold: c.Int("threshold")}}
			for _, path := range c.StringSlice("root") {
				k, err := readPublicKey(path)
				if err != nil {
					return err
				}
				f.root.Keys = append(f.root.Keys, k)
			}
			root, err := f.root.Marshal()
			if err != nil {
				return err
			}
			if _, err := trust.ParseRoot(root); err != nil {
				return err
			}
			for _, name := range []string{workspace.RootFile, workspace.RegistryFile} {
				if exists(f.path(name)) {
					return fmt.Errorf("%w: %s is there already; a root is never overwritten", errUsage, f.path(name))
				}
			}
			if err := os.MkdirAll(filepath.Dir(f.path(workspace.RootFile)), 0o755); err != nil {
				return fmt.Errorf("%w: %w", errUsage, err)
			}
			if err := f.writeDraft(&trust.Document{Provider: c.String("provider")}); err != nil {
				return err
			}
			// The root comes last: until it is there, init can be run again.
			if err := createNew(f.path(workspace.RootFile), root, 0o644); err != nil {
				return err
			}
			fmt.Fprintf(c.App.ErrWriter, "%d of %d root keys sign the registry. Next: writ trust add, then writ trust sign.\n", f.root.Threshold, len(f.root.Keys))
			_, err = fmt.Fprintln(c.App.Writer, f.path(workspace.RootFile))
			return err
		},
	}
}

func trustSignCommand() *cli.Command {
	return &cli.Command{
		Name:        "sign",
		Usage:       "sign the draft with a root key; with enough of them it comes into force",
		Description: "writ trust sign --key ceo.key",
		Flags:       append([]cli.Flag{&cli.BoolFlag{Name: "yes", Usage: "don't ask; needed where there is no terminal"}}, signingFlags...),
		Action:      runTrustSign,
	}
}

func runTrustSign(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	if err := needFlags(c, "key"); err != nil {
		return err
	}
	f, err := openTrust(c)
	if err != nil {
		return err
	}
	if f.draft == nil {
		return fmt.Errorf("%w: there is no draft to sign; writ trust add and revoke make one", errUsage)
	}
	for _, l := range f.draft.Changes(f.inForce()) {
		fmt.Fprintln(c.App.ErrWriter, l)
	}
	if err := agreed(c, fmt.Sprintf("Shall version %d say exactly this? Type yes to sign", f.draft.Version), "not signed; the draft is as it was"); err != nil {
		return err
	}
	s, err := loadSigner(c, c.String("key"))
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(f.root.Keys, s.Public().Equal) {
		return fmt.Errorf("%w: %s is not one of the root's keys, so its signature would not count", errUsage, c.String("key"))
	}
	if err := f.envelope.Sign(s); err != nil {
		return err
	}
	have := f.root.Signers(f.envelope)
	if len(have) < f.root.Threshold {
		if err := durable.WriteFile(f.path(workspace.DraftFile), f.envelope.Marshal(), 0o644); err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.App.Writer, "version %d: signed by %d of the %d root keys that it needs; missing %d of\n%s",
			f.draft.Version, len(have), f.root.Threshold, f.root.Threshold-len(have), missingRoots(f.root, have))
		return err
	}
	return f.enact(c)
}

// enact puts the draft in force. It is opened first as every reader will open
// it, then written, then pinned; the draft goes last, so that a crash in between leaves it twice, not never.
func (f *trustFolder) enact(c *cli.Context) error {
	b := f.envelope.Marshal()
	r, err := trust.Open(b, f.root)
	if err != nil {
		return err
	}
	if err := durable.WriteFile(f.path(workspace.RegistryFile), b, 0o644); err != nil {
		return err
	}
	// From here on nobody can put an older registry back: the pin refuses it.
	f.root.MinVersion = max(f.root.MinVersion, f.draft.Version)
	root, err := f.root.Marshal()
	if err != nil {
		return err
	}
	if err := durable.WriteFile(f.path(workspace.RootFile), root, 0o644); err != nil {
		return err
	}
	if err := os.Remove(f.path(workspace.DraftFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, err = fmt.Fprintf(c.App.Writer, "version %d is in force: %s\n", f.draft.Version, r.Digest())
	return err
}

func missingRoots(root trust.Root, have []sign.KeyID) string {
	var list string
	for _, k := range root.Keys {
		if !slices.Contains(have, k.ID()) {
			list += "  " + string(k.ID()) + "\n"
		}
	}
	return list
}

func loadSigner(c *cli.Context, path string) (sign.Signer, error) {
	b, err := readInput(path, sign.MaxKeyBytes)
	if err != nil {
		return nil, err
	}
	s, err := sign.LoadSigner(b, secret(c, "password-file", passwordVariable, "password of "+path))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func readPublicKey(path string) (sign.PublicKey, error) {
	b, err := readInput(path, sign.MaxKeyBytes)
	if err != nil {
		return sign.PublicKey{}, err
	}
	k, err := sign.ParsePublicKey(b)
	if err != nil {
		return sign.PublicKey{}, fmt.Errorf("%s: %w", path, err)
	}
	return k, nil
}

// needFlags names the flags that are missing and have no default.
func needFlags(c *cli.Context, names ...string) error {
	for _, n := range names {
		if !c.IsSet(n) {
			return fmt.Errorf("%w: --%s is missing; see %s --help", errUsage, n, c.Command.HelpName)
		}
	}
	return nil
}
