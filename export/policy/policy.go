// Package policy says what an order of some kind may compel.
//
// Rules are data: Cedar policies that permit or forbid (default deny, forbid
// wins), each with its citation, and a strict YAML file beside them for what is
// not permit or forbid. [Policy.Decide] is pure: no I/O, no clock. Whatever the
// rules say, data of the category "secret" is refused, and a preservation order
// releases nothing.
package policy

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/export/internal/strictyaml"
)

// Format is the format version of a policy's YAML files.
const Format = "writ.policy/v1"

// MaxBytes bounds one file of a policy.
const MaxBytes = 256 << 10

// ErrPolicy is what every error about a policy wraps.
var ErrPolicy = errors.New("policy unusable")

// A Policy is the rules in force, for one or more jurisdictions. Only [Load] fills one.
type Policy struct {
	digest        digest.Digest
	archive       []byte
	jurisdictions map[trust.Jurisdiction]*jurisdiction
}

// A jurisdiction is its Cedar policies and its YAML.
type jurisdiction struct {
	terms
	rules       rules
	cedar, yaml []byte // its files
}

//go:embed defaults/*.cedar defaults/*.yaml
var defaults embed.FS

// Defaults holds the embedded policies for "us", "eu" and "uk".
func Defaults() fs.FS {
	sub, err := fs.Sub(defaults, "defaults")
	if err != nil {
		panic(err) // the name is a constant
	}
	return sub
}

// Load reads NAME.cedar and NAME.yaml for each jurisdiction in dir, and beside
// them only notes (NAME.md). Errors name file and line and wrap [ErrPolicy].
func Load(dir fs.FS) (*Policy, error) {
	files, err := read(dir)
	if err != nil {
		return nil, err
	}
	return load(files)
}

// load reads the files of a policy, by name.
func load(files map[string][]byte) (*Policy, error) {
	if err := pairs(files); err != nil {
		return nil, err
	}
	p := &Policy{jurisdictions: map[trust.Jurisdiction]*jurisdiction{}}
	ids := map[string]string{} // of rules, to the file that has it
	for _, file := range slices.Sorted(maps.Keys(files)) {
		name, isYAML := strings.CutSuffix(file, ".yaml")
		if !isYAML {
			continue
		}
		j, err := parse(name, files[file], files[name+".cedar"])
		if err != nil {
			return nil, err
		}
		for _, r := range j.all() {
			if other, ok := ids[r.ID]; ok {
				return nil, unusable(r.file, "rule %q is in %s already", r.ID, other)
			}
			ids[r.ID] = r.file
		}
		p.jurisdictions[trust.Jurisdiction(name)] = j
	}
	var err error
	if p.archive, err = archive(files); err != nil {
		return nil, err
	}
	p.digest = digest.Of(p.archive)
	return p, nil
}

// read returns the files of a policy: a pair for each jurisdiction.
func read(dir fs.FS) (map[string][]byte, error) {
	entries, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
	}
	files := map[string][]byte{}
	for _, e := range entries {
		name, ext := strings.TrimSuffix(e.Name(), path.Ext(e.Name())), path.Ext(e.Name())
		switch {
		case ext == ".md" || strings.HasPrefix(e.Name(), "."):
			continue
		case e.IsDir() || ext != ".cedar" && ext != ".yaml" || !validWord(name):
			return nil, foreign(e.Name())
		}
		if info, err := e.Info(); err != nil || info.Size() > MaxBytes {
			return nil, unusable(e.Name(), "larger than %d bytes, or unreadable", MaxBytes)
		}
		if files[e.Name()], err = fs.ReadFile(dir, e.Name()); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrPolicy, err)
		}
	}
	return files, nil
}

// pairs asks for both files of each jurisdiction, at least one.
func pairs(files map[string][]byte) error {
	if len(files) == 0 {
		return fmt.Errorf("%w: no jurisdiction: want NAME.cedar and NAME.yaml for at least one", ErrPolicy)
	}
	for _, f := range slices.Sorted(maps.Keys(files)) {
		name, ext := strings.TrimSuffix(f, path.Ext(f)), path.Ext(f)
		other, ok := map[string]string{".cedar": ".yaml", ".yaml": ".cedar"}[ext]
		if !ok || !validWord(name) {
			return foreign(f)
		}
		if _, ok := files[name+other]; !ok {
			return unusable(f, "there is no %s%s beside it", name, other)
		}
	}
	return nil
}

func foreign(file string) error {
	return unusable(file, "want NAME.cedar and NAME.yaml for each jurisdiction, and nothing else but .md")
}

func unusable(file, format string, args ...any) error {
	return &strictyaml.Error{File: file, Msg: fmt.Sprintf(format, args...), Family: ErrPolicy}
}

// parse reads one jurisdiction from the bytes of its two files.
func parse(name string, yaml, cedar []byte) (*jurisdiction, error) {
	t, err := parseTerms(name, yaml)
	if err != nil {
		return nil, err
	}
	r, err := parseRules(name+".cedar", cedar, t)
	if err != nil {
		return nil, err
	}
	return &jurisdiction{terms: *t, rules: r, cedar: cedar, yaml: yaml}, nil
}

// Digest identifies the policy: the SHA-256 of its [Policy.Archive].
func (p *Policy) Digest() digest.Digest { return p.digest }

// Jurisdictions returns those that the policy has rules for, sorted.
func (p *Policy) Jurisdictions() []trust.Jurisdiction {
	return slices.Sorted(maps.Keys(p.jurisdictions))
}
