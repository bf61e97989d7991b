package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/export/durable"
	"writ/export/fingerprint"
	"writ/manifest/ledger"
)

func keyCommand() *cli.Command {
	return &cli.Command{
		Name:  "key",
		Usage: "make and look at signing keys and agencies' identities",
		Subcommands: []*cli.Command{
			{
				Name:  "new",
				Usage: "make a key: FILE, secret, and FILE.pub, to hand out (fingerprint has none)",
				Description: "writ key new --out court.key                 to sign with (ECDSA P-256; cosign reads it)\n" +
					"writ key new --type hybrid --out agency.key    to open bundles with (post-quantum; age reads it)\n" +
					"writ key new --type ledger --origin mail.example/ledger --out ledger.key    to sign the ledger's checkpoints with\n" +
					"writ key new --type fingerprint --out fingerprint.key    to recognise orders for the same targets by",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "type", Value: string(sign.ECDSAP256), Usage: "ecdsa-p256 or ed25519 to sign with; x25519 or hybrid to open bundles with; ledger; fingerprint"},
					&cli.StringFlag{Name: "origin", Usage: "the ledger's `NAME`: where it will be served, without scheme"},
					&cli.StringFlag{Name: "out", Usage: "`FILE` for the secret half; nothing may stand there yet"},
					&cli.StringFlag{Name: "password-file", Usage: "`FILE` with the new key's password (or WRIT_PASSWORD, or asked twice); ledger and fingerprint have none"},
					&cli.BoolFlag{Name: "unencrypted", Usage: "write an x25519 or hybrid identity without a passphrase, for a machine that protects it otherwise"},
				},
				Action: runKeyNew,
			},
			{
				Name:        "show",
				Usage:       "print the public half of a key: PEM, an age recipient, or a ledger's verifier key",
				ArgsUsage:   "FILE",
				Description: "writ key show agency.key",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "password-file", Usage: "`FILE` with the key's password (or WRIT_PASSWORD, or asked)"},
				},
				Action: runKeyShow,
			},
			{
				Name:        "inspect",
				Usage:       "say what a key file is, without its password",
				ArgsUsage:   "FILE",
				Description: "writ key inspect court.key.pub",
				Flags:       []cli.Flag{jsonFlag},
				Action:      runKeyInspect,
			},
		},
	}
}

func runKeyNew(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	out, kind := c.String("out"), c.String("type")
	if out == "" {
		return fmt.Errorf("%w: --out is missing: %s --out FILE", errUsage, c.Command.HelpName)
	}
	for _, path := range []string{out, out + ".pub"} {
		if exists(path) {
			return fmt.Errorf("%w: %s is there already; a key is never overwritten", errUsage, path)
		}
	}
	private, public, says, err := generate(c, kind)
	if err != nil {
		return err
	}
	if err := createNew(out, private, 0o600); err != nil {
		return err
	}
	if public == nil {
		fmt.Fprintf(c.App.ErrWriter, "%s is secret; keep it where the signing keys are, and never beside the ledger.\n", out)
	} else {
		if err := createNew(out+".pub", public, 0o644); err != nil {
			return errors.Join(err, os.Remove(out))
		}
		fmt.Fprintf(c.App.ErrWriter, "%s is secret; %s.pub is to hand out.\n", out, out)
	}
	_, err = fmt.Fprintln(c.App.Writer, says)
	return err
}

// The types of the key that signs a ledger's checkpoints, and of the secret by
// which orders for the same targets are recognised.
const (
	ledgerType      = "ledger"
	fingerprintType = "fingerprint"
)

// generate makes a key and says how it is called: a key id,
// the recipient, or a ledger's verifier key.
func generate(c *cli.Context, kind string) (private, public []byte, says string, err error) {
	if c.IsSet("origin") && kind != ledgerType {
		return nil, nil, "", fmt.Errorf("%w: --origin: only a key of --type %s has one", errUsage, ledgerType)
	}
	if c.IsSet("password-file") && (c.Bool("unencrypted") || kind == ledgerType || kind == fingerprintType) {
		return nil, nil, "", fmt.Errorf("%w: --password-file: this key would be written without a password; leave the flag out, and protect the file otherwise", errUsage)
	}
	password := newSecret(c, "password-file", passwordVariable, "password of the new key")
	switch kind {
	case string(sign.ECDSAP256), string(sign.Ed25519):
		if c.Bool("unencrypted") {
			return nil, nil, "", fmt.Errorf("%w: --unencrypted: a signing key always has a password", errUsage)
		}
		p, err := password()
		if err != nil {
			return nil, nil, "", err
		}
		if private, public, err = sign.Generate(sign.Algorithm(kind), p); err != nil {
			return nil, nil, "", err
		}
		k, err := sign.ParsePublicKey(public)
		return private, public, string(k.ID()), err
	case string(seal.X25519), string(seal.Hybrid):
		var p []byte
		if !c.Bool("unencrypted") {
			if p, err = password(); err != nil {
				return nil, nil, "", err
			}
		}
		private, r, err := seal.Generate(seal.Kind(kind), p)
		return private, []byte(r.String() + "\n"), r.String(), err
	case ledgerType:
		// A note's key has no encrypted form: the file's mode protects it, or
		// whoever sets the variable that ledger.key_env names.
		if err := needFlags(c, "origin"); err != nil {
			return nil, nil, "", err
		}
		k, err := ledger.NewKey(c.String("origin"))
		if err != nil {
			return nil, nil, "", err
		}
		return []byte(k.Private() + "\n"), []byte(k.Public() + "\n"), k.Public(), nil
	case fingerprintType:
		k := fingerprint.New()
		return []byte(k.Text() + "\n"), nil, "key id " + k.ID(), nil
	}
	return nil, nil, "", fmt.Errorf("%w: --type %q: want ecdsa-p256, ed25519, x25519, hybrid, %s or %s", errUsage, kind, ledgerType, fingerprintType)
}

// newSecret is [secret] for a password that is chosen now: never empty, and
// typed twice.
func newSecret(c *cli.Context, flag, variable, prompt string) func() ([]byte, error) {
	return func() ([]byte, error) {
		first, err := secret(c, flag, variable, prompt)()
		if err != nil {
			return nil, err
		}
		if len(first) == 0 {
			return nil, fmt.Errorf("%w: the password is empty", errUsage)
		}
		if _, ok := secrets[variable]; ok || c.String(flag) != "" {
			return first, nil
		}
		again, err := secret(c, flag, variable, "the same once more")()
		if err == nil && !bytes.Equal(first, again) {
			err = fmt.Errorf("%w: the two passwords differ; nothing was written", errUsage)
		}
		return first, err
	}
}

// createNew writes a file where nothing may stand yet.
func createNew(path string, content []byte, mode fs.FileMode) error {
	err := durable.CreateFile(path, content, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%w: %s is there already", errUsage, path)
	} else if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	return nil
}

func runKeyShow(c *cli.Context) error {
	args, err := arguments(c, "FILE")
	if err != nil {
		return err
	}
	b, err := readInput(args[0], sign.MaxKeyBytes)
	if err != nil {
		return err
	}
	public, err := publicHalf(b, secret(c, "password-file", passwordVariable, "password of "+args[0]))
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	_, err = c.App.Writer.Write(public)
	return err
}

func publicHalf(b []byte, password func() ([]byte, error)) ([]byte, error) {
	switch formOf(b) {
	case formPublic:
		k, err := sign.ParsePublicKey(b)
		return k.PEM(), err
	case formPrivate:
		s, err := sign.LoadSigner(b, password)
		if err != nil {
			return nil, err
		}
		return s.Public().PEM(), nil
	case formLedgerPrivate:
		k, err := ledger.ParseKey(keyLine(b))
		if err != nil {
			return nil, err
		}
		return []byte(k.Public() + "\n"), nil
	case formLedgerPublic:
		return []byte(keyLine(b) + "\n"), nil
	case formFingerprint:
		return nil, fmt.Errorf("%w: a fingerprint key has no public half; writ key inspect names it", errUsage)
	case formRecipient:
		r, err := parseRecipientFile(b)
		return []byte(r.String() + "\n"), err
	}
	i, err := seal.ParseIdentity(b, password, seal.SSH, seal.Plugin)
	if err != nil {
		return nil, err
	}
	r, err := i.Recipient()
	return []byte(r.String() + "\n"), err
}

// A form is what a key file begins like.
type form string

const (
	formPublic        form = "public signing key"
	formPrivate       form = "private signing key"
	formRecipient     form = "recipient"
	formLedgerPublic  form = "public ledger key"
	formLedgerPrivate form = "private ledger key"
	formFingerprint   form = "fingerprint key"
	formIdentity      form = "identity" // also what is none of these
)

func formOf(b []byte) form {
	switch {
	case bytes.HasPrefix(b, []byte("-----BEGIN PUBLIC KEY-----")):
		return formPublic
	case bytes.HasPrefix(b, []byte("age1")), bytes.HasPrefix(b, []byte("ssh-")):
		return formRecipient
	case seal.Encrypted(b), bytes.HasPrefix(b, []byte("-----BEGIN OPENSSH")):
		return formIdentity
	case bytes.HasPrefix(b, []byte("-----BEGIN ")):
		return formPrivate
	case bytes.HasPrefix(b, []byte("PRIVATE+KEY+")):
		return formLedgerPrivate
	case bytes.HasPrefix(b, []byte(fingerprint.Prefix)):
		return formFingerprint
	}
	if _, err := ledger.ParseVerifier(keyLine(b)); err == nil {
		return formLedgerPublic
	}
	return formIdentity
}

// keyLine is the one line of a key file without its end.
func keyLine(b []byte) string { return strings.TrimRight(string(b), "\r\n") }

// parseRecipientFile reads a file with one recipient, of any kind: whether the
// kind may be used is the registry's question.
func parseRecipientFile(b []byte) (seal.Recipient, error) {
	return seal.ParseRecipient(keyLine(b), seal.SSH, seal.Plugin)
}

// A keyReport is what inspect knows of a key without its password.
type keyReport struct {
	File      string `json:"file"`
	Form      form   `json:"form"`
	Kind      string `json:"kind,omitempty"`      // such as ecdsa-p256, x25519
	Encrypted bool   `json:"encrypted"`           // needs a password
	KeyID     string `json:"key_id,omitempty"`    // of a signing key
	Hint      string `json:"hint,omitempty"`      // the same, as a Sigstore bundle has it
	Recipient string `json:"recipient,omitempty"` // of an identity
	Origin    string `json:"origin,omitempty"`    // of a ledger's key
	Verifier  string `json:"verifier,omitempty"`  // the same key, as notes name it
}

func runKeyInspect(c *cli.Context) error {
	args, err := arguments(c, "FILE")
	if err != nil {
		return err
	}
	b, err := readInput(args[0], sign.MaxKeyBytes)
	if err != nil {
		return err
	}
	r, err := inspectKey(b)
	if err != nil {
		return fmt.Errorf("%s: %w", args[0], err)
	}
	r.File = args[0]
	if c.Bool("json") {
		return printJSON(c, r)
	}
	for _, l := range [][2]string{{"file", r.File}, {"form", string(r.Form)}, {"kind", r.Kind},
		{"encrypted", fmt.Sprint(r.Encrypted)}, {"key id", r.KeyID}, {"hint", r.Hint}, {"recipient", r.Recipient},
		{"origin", r.Origin}, {"verifier", r.Verifier}} {
		if l[1] != "" {
			fmt.Fprintf(c.App.Writer, "%-10s %s\n", l[0], l[1])
		}
	}
	if r.Encrypted {
		fmt.Fprintf(c.App.ErrWriter, "Its public half needs the password: writ key show %s\n", args[0])
	}
	return nil
}

func inspectKey(b []byte) (keyReport, error) {
	r := keyReport{Form: formOf(b)}
	var k sign.PublicKey
	var err error
	switch r.Form {
	case formPublic:
		k, err = sign.ParsePublicKey(b)
	case formPrivate:
		if r.Encrypted, err = sign.Encrypted(b); err == nil && !r.Encrypted {
			var s sign.Signer
			if s, err = sign.LoadSigner(b, nil); err == nil {
				k = s.Public()
			}
		}
	case formLedgerPublic:
		r.Verifier = keyLine(b)
		r.Origin, k, err = ledger.Pin(r.Verifier)
	case formLedgerPrivate:
		var l *ledger.Key
		if l, err = ledger.ParseKey(keyLine(b)); err == nil {
			r.Verifier = l.Public()
			r.Origin, k, err = ledger.Pin(r.Verifier)
		}
	case formFingerprint:
		f, err := fingerprint.Parse(keyLine(b))
		if err != nil {
			return r, err
		}
		r.KeyID = f.ID()
	case formRecipient:
		var to seal.Recipient
		to, err = parseRecipientFile(b)
		r.Kind, r.Recipient = string(to.Kind()), to.String()
	case formIdentity:
		var i seal.Identity
		i, err = seal.ParseIdentity(b, nil, seal.SSH, seal.Plugin)
		if r.Encrypted = errors.Is(err, seal.ErrPassword); r.Encrypted {
			return r, nil
		}
		r.Kind = string(i.Kind())
		if to, err := i.Recipient(); err == nil { // a plugin's identity tells none
			r.Recipient = to.String()
		}
	}
	if k.ID() != "" {
		r.Kind, r.KeyID, r.Hint = k.Algorithm(), string(k.ID()), k.Hint()
	}
	return r, err
}
