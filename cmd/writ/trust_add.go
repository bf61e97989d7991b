package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/seal"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/manifest/ledger"
)

var validityFlags = []cli.Flag{
	&cli.StringFlag{Name: "from", Usage: "`TIME` from which it counts, RFC 3339; default: now"},
	&cli.StringFlag{Name: "until", Usage: "`TIME` at which it no longer counts; default: it has no end"},
}

func trustAddCommand() *cli.Command {
	one := func(name, usage string) cli.Flag { return &cli.StringFlag{Name: name, Usage: usage} }
	many := func(name, usage string) cli.Flag { return &cli.StringSliceFlag{Name: name, Usage: usage} }
	entry := func(name, args, usage, example string, action func(*cli.Context, []string) error, flags ...cli.Flag) *cli.Command {
		return &cli.Command{
			Name: name, Usage: usage, ArgsUsage: args, Description: "writ trust add " + name + " " + example,
			Flags: append(flags, validityFlags...),
			Action: func(c *cli.Context) error {
				given, err := arguments(c, strings.Fields(args)...)
				if err != nil {
					return err
				}
				return action(c, given)
			},
		}
	}
	const name, law = "`NAME` for people", "`LAW` under which it acts, such as us"
	threshold := entry("threshold", "", "say who must have signed an order of one kind",
		"--jurisdiction us --process subpoena --authority suffices --reviewers 2", addThreshold,
		one("jurisdiction", "`LAW`, such as us"), one("process", "`KIND` of legal process"),
		one("authority", "its own signature: required, suffices or not-needed"),
		&cli.IntFlag{Name: "reviewers", Usage: "how many of them must approve"},
		&cli.IntFlag{Name: "witnesses", Usage: "instead: how many of the ledger's witnesses must have cosigned"})
	threshold.Flags = threshold.Flags[:5] // it has no times
	threshold.Description += "\nwrit trust add threshold --witnesses 2"
	kind := entry("kind", "KIND", "allow agencies recipients of another kind: ssh or plugin", "ssh", addKind)
	kind.Flags = nil
	witness := entry("witness", "VERIFIER-KEY", "one who cosigns the ledger's checkpoints; writ trust add threshold --witnesses says how many must",
		"--url https://witness.example/ witness.example+8a3f0c11+BExampleExampleExample=", addWitness,
		one("url", "`URL` where it takes checkpoints (the submission prefix of c2sp.org/tlog-witness)"))
	witness.Flags = witness.Flags[:1]
	return &cli.Command{
		Name:  "add",
		Usage: "add an entry to the draft of the next registry",
		Subcommands: []*cli.Command{
			entry("authority", "ID", "one who issues orders", "--name 'District Court' --kind court --jurisdiction us --country US --phone '+1 202 555 0100' --key court.key.pub usdc-ndca", addAuthority,
				one("name", name), one("kind", "court, judge, prosecutor, police, security-service or designated-authority"),
				one("jurisdiction", law), one("country", "`CODE` by ISO 3166, such as US, for the transparency report"), one("phone", "`NUMBER` for call-backs"), many("key", "`FILE` with a public key; repeatable; none: paper only")),
			entry("reviewer", "ID", "one of the provider's legal staff", "--name Anna --key anna.key.pub anna", addReviewer,
				one("name", name), many("key", "`FILE` with a public key; repeatable")),
			entry("engineer", "ID", "one who runs exports; one who reviews as well has the same ID, and a key for each", "--name Kim --key kim.key.pub kim", addEngineer,
				one("name", name), many("key", "`FILE` with a public key; repeatable")),
			entry("agency", "ID", "one who receives bundles", "--name 'Field Office' --jurisdiction us --recipient agency.key.pub fbi-sf", addAgency,
				one("name", name), one("jurisdiction", law), one("phone", "`NUMBER`"), one("recipient", "age `RECIPIENT`, or the file that holds it")),
			entry("key", "PUB", "a further key of an authority, reviewer or engineer, or one of the provider's own", "--use manifest signer.key.pub", addKey,
				one("authority", "`ID` of the authority that holds it"), one("reviewer", "`ID` of the reviewer who holds it"), one("engineer", "`ID` of the engineer who holds it"), one("use", "the provider's own: manifest or ledger"),
				one("origin", "the ledger's `NAME`, if PUB does not say it")),
			entry("recipient", "RECIPIENT", "an agency's new recipient; the one in use ends when the new one begins", "--agency fbi-sf new.key.pub", addRecipient,
				one("agency", "`ID`")),
			threshold,
			kind,
			witness,
		},
	}
}

func addAuthority(c *cli.Context, args []string) error {
	if err := needFlags(c, "name", "kind", "jurisdiction"); err != nil {
		return err
	}
	v, err := validity(c)
	if err != nil {
		return err
	}
	keys, err := keysOf(c, v)
	if err != nil {
		return err
	}
	return editTrust(c, func(d *trust.Document) error {
		d.Authorities = append(d.Authorities, trust.Authority{ID: args[0], Name: c.String("name"), Kind: trust.Kind(c.String("kind")),
			Jurisdiction: trust.Jurisdiction(c.String("jurisdiction")), Country: c.String("country"), Phone: c.String("phone"), Keys: keys, Validity: v})
		return nil
	})
}

func addReviewer(c *cli.Context, args []string) error {
	return addPerson(c, func(d *trust.Document, keys []trust.Key, v trust.Validity) {
		d.Reviewers = append(d.Reviewers, trust.Reviewer{ID: args[0], Name: c.String("name"), Keys: keys, Validity: v})
	})
}

func addEngineer(c *cli.Context, args []string) error {
	return addPerson(c, func(d *trust.Document, keys []trust.Key, v trust.Validity) {
		d.Engineers = append(d.Engineers, trust.Engineer{ID: args[0], Name: c.String("name"), Keys: keys, Validity: v})
	})
}

// addPerson adds one of the provider's staff.
func addPerson(c *cli.Context, add func(*trust.Document, []trust.Key, trust.Validity)) error {
	if err := needFlags(c, "name", "key"); err != nil {
		return err
	}
	v, err := validity(c)
	if err != nil {
		return err
	}
	keys, err := keysOf(c, v)
	if err != nil {
		return err
	}
	return editTrust(c, func(d *trust.Document) error {
		add(d, keys, v)
		return nil
	})
}

func addAgency(c *cli.Context, args []string) error {
	if err := needFlags(c, "name", "jurisdiction", "recipient"); err != nil {
		return err
	}
	v, err := validity(c)
	if err != nil {
		return err
	}
	r, err := recipientText(c.String("recipient"))
	if err != nil {
		return err
	}
	return editTrust(c, func(d *trust.Document) error {
		d.Agencies = append(d.Agencies, trust.Agency{ID: args[0], Name: c.String("name"), Jurisdiction: trust.Jurisdiction(c.String("jurisdiction")),
			Phone: c.String("phone"), Recipients: []trust.Recipient{{Recipient: r, Validity: v}}, Validity: v})
		return nil
	})
}

func addKey(c *cli.Context, args []string) error {
	holders := slices.DeleteFunc([]string{"authority", "reviewer", "engineer", "use"}, func(n string) bool { return !c.IsSet(n) })
	if len(holders) != 1 {
		return fmt.Errorf("%w: whose key is it? give one of --authority ID, --reviewer ID, --engineer ID, --use manifest, --use ledger", errUsage)
	}
	v, err := validity(c)
	if err != nil {
		return err
	}
	origin, public, err := readOwnKey(args[0])
	if err != nil {
		return err
	}
	switch {
	case c.IsSet("origin") && origin != "" && origin != c.String("origin"):
		return fmt.Errorf("%w: --origin: the key is of the ledger %s", errUsage, origin)
	case c.IsSet("origin"):
		origin = c.String("origin")
	}
	k, holder := trust.Key{PublicKey: public, Validity: v}, c.String(holders[0])
	switch {
	case c.String("use") == string(trust.UseLedger):
	case c.IsSet("origin"):
		return fmt.Errorf("%w: --origin: only the key of a ledger has one: give --use ledger", errUsage)
	case origin != "":
		return fmt.Errorf("%w: %s is a ledger's key: give --use ledger", errUsage, args[0])
	}
	return editTrust(c, func(d *trust.Document) error {
		if holders[0] == "use" {
			d.ProviderKeys = append(d.ProviderKeys, trust.ProviderKey{Use: trust.Use(holder), Origin: origin, Key: k})
		} else if a := d.FindAuthority(holder); holders[0] == "authority" && a != nil {
			a.Keys = append(a.Keys, k)
		} else if r := d.FindReviewer(holder); holders[0] == "reviewer" && r != nil {
			r.Keys = append(r.Keys, k)
		} else if e := d.FindEngineer(holder); holders[0] == "engineer" && e != nil {
			e.Keys = append(e.Keys, k)
		} else {
			return unknown(holders[0], holder)
		}
		return nil
	})
}

func addRecipient(c *cli.Context, args []string) error {
	if err := needFlags(c, "agency"); err != nil {
		return err
	}
	v, err := validity(c)
	if err != nil {
		return err
	}
	r, err := recipientText(args[0])
	if err != nil {
		return err
	}
	return editTrust(c, func(d *trust.Document) error {
		a := d.FindAgency(c.String("agency"))
		if a == nil {
			return unknown("agency", c.String("agency"))
		}
		a.Rotate(trust.Recipient{Recipient: r, Validity: v})
		return nil
	})
}

func addThreshold(c *cli.Context, _ []string) error {
	if c.IsSet("witnesses") {
		return setWitnesses(c)
	}
	if err := needFlags(c, "jurisdiction", "process", "authority", "reviewers"); err != nil {
		return err
	}
	return editTrust(c, func(d *trust.Document) error {
		d.SetThreshold(trust.Threshold{Jurisdiction: trust.Jurisdiction(c.String("jurisdiction")), Process: trust.Process(c.String("process")),
			Authority: trust.AuthorityRule(c.String("authority")), Reviewers: c.Int("reviewers")})
		return nil
	})
}

func setWitnesses(c *cli.Context) error {
	for _, other := range []string{"jurisdiction", "process", "authority", "reviewers"} {
		if c.IsSet(other) {
			return fmt.Errorf("%w: --witnesses is about the ledger and --%s about orders; give one of them", errUsage, other)
		}
	}
	return editTrust(c, func(d *trust.Document) error {
		if d.Witnesses == nil {
			return fmt.Errorf("%w: the ledger has no witnesses; writ trust add witness adds one", errUsage)
		}
		d.Witnesses.Threshold = c.Int("witnesses")
		return nil
	})
}

// addWitness takes one whose key and address an append can use: the registry
// checks no more than their form.
func addWitness(c *cli.Context, args []string) error {
	if err := needFlags(c, "url"); err != nil {
		return err
	}
	if _, err := ledger.NewWitness(args[0], c.String("url")); err != nil {
		return err
	}
	return editTrust(c, func(d *trust.Document) error {
		d.AddWitness(trust.Witness{Key: args[0], URL: c.String("url")})
		return nil
	})
}

// readOwnKey reads a public key in PEM, or a ledger's with its origin.
func readOwnKey(path string) (origin string, k sign.PublicKey, err error) {
	b, err := readInput(path, sign.MaxKeyBytes)
	if err != nil {
		return "", k, err
	}
	if formOf(b) == formLedgerPublic {
		return ledger.Pin(keyLine(b))
	}
	k, err = readPublicKey(path)
	return "", k, err
}

func addKind(c *cli.Context, args []string) error {
	return editTrust(c, func(d *trust.Document) error {
		d.AllowKinds = append(d.AllowKinds, seal.Kind(args[0]))
		return nil
	})
}

func unknown(what, id string) error {
	return fmt.Errorf("%w: %s %q is not in the registry; see writ trust show", errUsage, what, id)
}

// validity reads --from and --until.
func validity(c *cli.Context) (trust.Validity, error) {
	v := trust.Validity{From: now()}
	var err error
	if s := c.String("from"); s != "" {
		if v.From, err = instantOf("--from", s); err != nil {
			return v, err
		}
	}
	if s := c.String("until"); s != "" {
		if v.Until, err = instantOf("--until", s); err != nil {
			return v, err
		}
	}
	return v, nil
}

func instantOf(flag, s string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil || t.IsZero() {
		return t, fmt.Errorf("%w: %s: not a time in RFC 3339, such as 2026-03-01T09:00:00Z", errUsage, flag)
	}
	return t.UTC(), nil
}

func keysOf(c *cli.Context, v trust.Validity) ([]trust.Key, error) {
	keys := []trust.Key{}
	for _, path := range c.StringSlice("key") {
		k, err := readPublicKey(path)
		if err != nil {
			return nil, err
		}
		keys = append(keys, trust.Key{PublicKey: k, Validity: v})
	}
	return keys, nil
}

// recipientText takes a recipient itself, or the file that holds it. Whether
// its kind is allowed is checked with the draft.
func recipientText(s string) (string, error) {
	if strings.HasPrefix(s, "age1") || strings.HasPrefix(s, "ssh-") {
		r, err := parseRecipientFile([]byte(s))
		return r.String(), err
	}
	b, err := readInput(s, sign.MaxKeyBytes)
	if err != nil {
		return "", err
	}
	r, err := parseRecipientFile(b)
	if err != nil {
		return "", fmt.Errorf("%s: %w", s, err)
	}
	return r.String(), nil
}
