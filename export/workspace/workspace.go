// Package workspace finds what an export needs in one folder: its
// configuration, the trust registry, the catalog, the policy, the stores, the
// signer and the outbox.
//
//	writ.yaml                 this package's own file; see [Config]
//	catalog.yaml              the catalog
//	policy/                   the policy, if the provider edited it
//	trust/root.json           the pin: whose signatures make the registry
//	trust/registry.dsse.json  the registry in force
//	ledger/                   the ledger of what was done
//	out/                      deliveries
package workspace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/internal/strictyaml"
	"writ/export/policy"
	"writ/export/source"
	"writ/export/source/sqlite"
)

// Format is the configuration's format version.
const Format = "writ.workspace/v1"

// The files of a workspace, below its folder.
const (
	ConfigFile   = "writ.yaml"
	CatalogFile  = "catalog.yaml"
	RootFile     = "trust/root.json"
	RegistryFile = "trust/registry.dsse.json"
	DraftFile    = "trust/draft.dsse.json"
)

const maxConfigBytes = 1 << 20

// ErrConfig is what every error about a workspace's files wraps.
var ErrConfig = errors.New("workspace unusable")

// A Config is what writ.yaml says. Paths are relative to the workspace.
type Config struct {
	Format string `yaml:"format"`
	// Testing makes this a test workspace: it accepts test orders only.
	Testing bool                              `yaml:"testing"`
	Stores  map[catalog.StoreName]StoreConfig `yaml:"stores"`
	Signer  SignerConfig                      `yaml:"signer"`
	// Engineer is the key of whoever runs exports here. Where several people do,
	// each names their own instead.
	Engineer SignerConfig `yaml:"engineer"`
	Policy   string       `yaml:"policy"` // folder; default: the embedded policy
	Outbox   string       `yaml:"outbox"` // default: out
	Ledger   LedgerConfig `yaml:"ledger"`
	// Fingerprint is by which orders for the same targets are recognised.
	Fingerprint FingerprintConfig `yaml:"fingerprint"`
}

// A StoreConfig says where a store is: exactly one member is set.
type StoreConfig struct {
	SQLite       string `yaml:"sqlite"`        // file
	PostgresEnv  string `yaml:"postgres_env"`  // environment variable that holds the connection string
	PostgresFile string `yaml:"postgres_file"` // file that holds the connection string
	MySQLEnv     string `yaml:"mysql_env"`     // as postgres_env, for MySQL and MariaDB
	MySQLFile    string `yaml:"mysql_file"`    // as postgres_file
}

// A SignerConfig says which key signs.
type SignerConfig struct {
	Key          string `yaml:"key"`           // PEM file
	PasswordFile string `yaml:"password_file"` // default: asked by the caller
}

// A LedgerConfig says where the ledger is and which key signs its checkpoints:
// at most one of Key and KeyEnv is set. Without either, it can only be read.
type LedgerConfig struct {
	Dir    string `yaml:"dir"`     // folder; default: ledger
	Key    string `yaml:"key"`     // file, as writ key new --type ledger makes it
	KeyEnv string `yaml:"key_env"` // environment variable that holds the same
}

// A FingerprintConfig says where the secret of fingerprints is: at most one
// member is set. Without, nothing can be answered.
type FingerprintConfig struct {
	Key    string `yaml:"key"`     // file, as writ key new --type fingerprint makes it
	KeyEnv string `yaml:"key_env"` // environment variable that holds the same
}

// A Workspace is an opened workspace. Stores and signer are opened when they are asked for.
type Workspace struct {
	Dir      string
	Config   Config
	Registry *trust.Registry
	Catalog  *catalog.Catalog
	Policy   *policy.Policy

	Getenv func(variable string) string // reads a secret; nil means os.Getenv
}

// Open reads and checks a workspace's files. Errors name the file.
func Open(dir string) (*Workspace, error) {
	w := &Workspace{Dir: dir}
	b, err := w.read(ConfigFile, maxConfigBytes)
	if err != nil {
		return nil, fmt.Errorf("%w; -w DIR names a workspace", err)
	}
	if w.Config, err = parseConfig(b); err != nil {
		return nil, err
	}
	rules := policy.Defaults()
	if w.Config.Policy != "" {
		rules = os.DirFS(w.path(w.Config.Policy))
	}
	// The policy takes as long as all else.
	loaded := make(chan error, 1)
	go func() {
		var err error
		w.Policy, err = policy.Load(rules)
		loaded <- err
	}()
	if err := cmp.Or(w.readRest(), <-loaded); err != nil {
		return nil, err
	}
	return w, nil
}

// readRest reads the registry and the catalog.
func (w *Workspace) readRest() (err error) {
	if w.Registry, err = OpenRegistry(w.Dir); err != nil {
		return err
	}
	b, err := w.read(CatalogFile, catalog.MaxBytes)
	if err != nil {
		return err
	}
	if w.Catalog, err = catalog.Parse(CatalogFile, b); err != nil {
		return err
	}
	for _, s := range w.Catalog.Stores() {
		if _, ok := w.Config.Stores[s]; !ok {
			return fmt.Errorf("%w: %s: no store %q, which the catalog uses; add it to stores", ErrConfig, ConfigFile, s)
		}
	}
	return nil
}

// OpenRegistry opens the registry in force of the workspace in dir.
func OpenRegistry(dir string) (*trust.Registry, error) {
	w := &Workspace{Dir: dir}
	b, err := w.read(RootFile, sign.MaxEnvelopeBytes)
	if err != nil {
		return nil, fmt.Errorf("%w; writ trust init makes it", err)
	}
	root, err := trust.ParseRoot(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", RootFile, err)
	}
	if b, err = w.read(RegistryFile, sign.MaxEnvelopeBytes); err != nil {
		return nil, fmt.Errorf("%w; writ trust sign makes it", err)
	}
	r, err := trust.Open(b, root)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", RegistryFile, err)
	}
	return r, nil
}

// Outbox is the folder for deliveries.
func (w *Workspace) Outbox() string {
	if w.Config.Outbox == "" {
		return w.path("out")
	}
	return w.path(w.Config.Outbox)
}

// Store opens a store. The caller closes it.
func (w *Workspace) Store(ctx context.Context, name catalog.StoreName) (source.Store, error) {
	c, ok := w.Config.Stores[name]
	if !ok {
		return nil, fmt.Errorf("%w: %s: no store %q", ErrConfig, ConfigFile, name)
	}
	if c.SQLite != "" {
		return sqlite.Open(w.path(c.SQLite))
	}
	l, err := w.Login(name)
	if err != nil {
		return nil, err
	}
	return c.server().Open(ctx, l.DSN)
}

// Signer opens the key that signs manifests. It asks password only if
// the key is encrypted and the configuration names no password file.
func (w *Workspace) Signer(password func() ([]byte, error)) (sign.Signer, error) {
	return w.signer("signer", w.Config.Signer, password)
}

// Engineer opens the key of whoever runs exports, as [Workspace.Signer] does.
func (w *Workspace) Engineer(password func() ([]byte, error)) (sign.Signer, error) {
	return w.signer("engineer", w.Config.Engineer, password)
}

func (w *Workspace) signer(what string, c SignerConfig, password func() ([]byte, error)) (sign.Signer, error) {
	if c.Key == "" {
		return nil, fmt.Errorf("%w: %s: %s.key is missing; writ key new makes one", ErrConfig, ConfigFile, what)
	}
	pem, err := w.read(c.Key, maxConfigBytes)
	if err != nil {
		return nil, err
	}
	if file := c.PasswordFile; file != "" {
		password = func() ([]byte, error) {
			b, err := w.read(file, maxConfigBytes)
			return []byte(strings.TrimRight(string(b), "\r\n")), err
		}
	}
	k, err := sign.LoadSigner(pem, password)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Key, err)
	}
	return k, nil
}

func parseConfig(b []byte) (c Config, err error) {
	if err := strictyaml.Unmarshal(b, &c); err != nil {
		return Config{}, fmt.Errorf("%w: %s:%w", ErrConfig, ConfigFile, err)
	}
	if err := c.check(); err != nil {
		return Config{}, fmt.Errorf("%w: %s: %w", ErrConfig, ConfigFile, err)
	}
	return c, nil
}

func (c Config) check() error {
	if c.Format != Format {
		return fmt.Errorf("format is %q, want %q", c.Format, Format)
	}
	for name, s := range c.Stores {
		set := 0
		for _, v := range []string{s.SQLite, s.PostgresEnv, s.PostgresFile, s.MySQLEnv, s.MySQLFile} {
			if v != "" {
				set++
			}
		}
		if set != 1 {
			return fmt.Errorf("store %q: want exactly one of sqlite, postgres_env, postgres_file, mysql_env, mysql_file", name)
		}
	}
	if c.Ledger.Key != "" && c.Ledger.KeyEnv != "" {
		return errors.New("ledger: want one of key, key_env, not both")
	}
	if c.Fingerprint.Key != "" && c.Fingerprint.KeyEnv != "" {
		return errors.New("fingerprint: want one of key, key_env, not both")
	}
	return nil
}

// path resolves a path of the configuration. The provider's own configuration
// is trusted: absolute paths are allowed.
func (w *Workspace) path(p string) string {
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(w.Dir, filepath.FromSlash(p))
}

func (w *Workspace) read(name string, limit int64) ([]byte, error) {
	f, err := os.Open(w.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: no %s in %s", ErrConfig, name, w.Dir)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%w: %s: more than %d bytes", ErrConfig, name, limit)
	}
	return b, nil
}
