package main

import (
	"context"
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/policy"
	"writ/export/workspace"
	"writ/manifest"
)

// A place is a workspace of the provider, with a ledger of its own.
type place struct {
	dir string
	h   *harness
}

const config = `format: writ.workspace/v1
stores:
  mail: {postgres_file: dsn}
signer: {key: KEY}
engineer: {key: ENGINEER}
ledger: {key: keys/ledger.key}
policy: policy
outbox: ../out
fingerprint: {key: keys/fingerprint.key}
`

//go:embed catalog.yaml
var catalogHead string

//go:embed dataset.yaml
var catalogDataset string

// place makes a workspace. Its ledger is empty, its keys have no passwords, and
// its catalog has one dataset.
func (h *harness) place(name string) (*place, error) {
	p := &place{dir: filepath.Join(h.work, name), h: h}
	if err := os.CopyFS(p.dir, os.DirFS(h.people.dir)); err != nil {
		return nil, err
	}
	if err := p.write("dsn", h.db.dsn+"\n"); err != nil {
		return nil, err
	}
	if err := p.keys(plainKey, plainEngineerKey); err != nil {
		return nil, err
	}
	if err := p.datasets("signins", "signins"); err != nil {
		return nil, err
	}
	return p, p.rules(0)
}

func (p *place) write(name, text string) error {
	path := filepath.Join(p.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(text), 0o600)
}

// keys says which keys sign: the provider's and the engineer's.
func (p *place) keys(provider, engineer string) error {
	return p.write(workspace.ConfigFile, strings.NewReplacer("KEY", provider, "ENGINEER", engineer).Replace(config))
}

// datasets writes a catalog with datasets of the same table.
func (p *place) datasets(table string, names ...string) error {
	text := catalogHead
	for _, n := range names {
		text += strings.NewReplacer("NAME", n, "TABLE", table).Replace(catalogDataset)
	}
	return p.write(workspace.CatalogFile, text)
}

// What bounds real exports is not what is measured here.
var ceilings = regexp.MustCompile(`(?m)^(  - \{id: us\.ceiling, .*)targets: \d+, accounts: \d+, records: \d+, bytes: \w+`)

// Nor is how much may be answered in a day.
var rates = regexp.MustCompile(`(?m)^rates:\n(  - .*\n)+`)

// rules writes the default policy with higher ceilings, and n rules more.
func (p *place) rules(n int) error {
	defaults := policy.Defaults()
	return fs.WalkDir(defaults, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(defaults, name)
		if err != nil {
			return err
		}
		text := string(b)
		switch name {
		case "us.yaml":
			if !ceilings.MatchString(text) {
				return fmt.Errorf("%s has no ceiling that is known here", name)
			}
			text = rates.ReplaceAllString(text, "rates: []\n")
			text = ceilings.ReplaceAllString(text, "${1}targets: 1000, accounts: 1000, records: 1000000000, bytes: 1000GiB")
		case "us.cedar":
			var b strings.Builder
			for i := range n {
				fmt.Fprintf(&b, "\n@id(\"us.bench.%d\")\n@cite(\"bench\")\npermit (principal in ProcessType::\"court-order-2703d\", action == Action::\"compel\", resource in Category::\"identity.name\");\n", i)
			}
			text += b.String()
		}
		return p.write(filepath.Join("policy", name), text)
	})
}

// authorities puts a registry with n authorities more in force.
func (p *place) authorities(n int) error {
	r, err := workspace.OpenRegistry(p.dir)
	if err != nil {
		return err
	}
	d := r.Document()
	for range n {
		i := len(d.Authorities)
		d.Authorities = append(d.Authorities, trust.Authority{
			ID: fmt.Sprintf("court-%d", i), Name: fmt.Sprint("Court ", i), Kind: trust.Court, Jurisdiction: "us", Country: "US", Keys: []trust.Key{}, Validity: d.Authorities[0].Validity,
		})
	}
	payload, err := d.Marshal()
	if err != nil {
		return err
	}
	e := &sign.Envelope{Purpose: sign.ForRegistry, Payload: payload}
	for _, k := range p.h.people.roots {
		if err := e.Sign(k); err != nil {
			return err
		}
	}
	return p.write(workspace.RegistryFile, string(e.Marshal()))
}

// orders writes a new order for a, each time that it is called.
func (p *place) orders(a ask) func(context.Context) error {
	return func(context.Context) error {
		signed, err := p.h.people.order(a)
		if err != nil {
			return err
		}
		return p.write("order.json", string(signed))
	}
}

// export is writ's answer to a, each time to a new order.
func (p *place) export(name string, a ask) *command {
	return &command{name: name, dir: p.dir, shell: "writ export --supplement bench order.json", before: p.orders(a), check: func() error {
		m, err := delivered(p.h.out)
		if err != nil {
			return err
		}
		records := 0
		for _, d := range m.Unverified().Predicate.Datasets {
			records += int(d.Records)
		}
		if records != a.rows {
			return fmt.Errorf("%d records were exported, and %d are there", records, a.rows)
		}
		return nil
	}}
}

// plan is writ plan of a.
func (p *place) plan(name string, a ask) *command {
	return &command{name: name, dir: p.dir, shell: "writ plan order.json", before: p.orders(a)}
}

// delivered reads the manifest of the one delivery in an outbox.
func delivered(outbox string) (*manifest.Signed, error) {
	found, err := filepath.Glob(filepath.Join(outbox, "*", "*"+manifest.ManifestSuffix))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("%d deliveries, want one: %w", len(found), err)
	}
	b, err := os.ReadFile(found[0])
	if err != nil {
		return nil, err
	}
	return manifest.Parse(b)
}
