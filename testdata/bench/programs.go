package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// programs are those that are measured.
type programs struct {
	bin    string // folder of those that are built here
	cosign string // "" if it is not there
}

// howToCosign says how to get cosign, which takes too long to build each time.
const howToCosign = "cosign was not there: `make interop` builds it once, in about five minutes, or `--cosign FILE` names one"

// build builds writ and age, and finds cosign.
func build(ctx context.Context, work, cosign string) (programs, error) {
	p := programs{bin: filepath.Join(work, "bin"), cosign: cosign}
	say("building writ and age")
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", p.bin+"/", "./cmd/writ", "filippo.io/age/cmd/age")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return p, fmt.Errorf("building: %w\n%s", err, out)
	}
	for _, name := range []string{"bash", "psql", "zstd", "tar", "sha256sum", "openssl"} {
		if _, err := exec.LookPath(name); err != nil {
			return p, fmt.Errorf("no %s: apt-get install postgresql zstd openssl", name)
		}
	}
	if cosign != "" {
		if err := os.Symlink(cosign, filepath.Join(p.bin, "cosign")); err != nil {
			return p, err
		}
		_, err := os.Stat(filepath.Join(p.bin, "cosign"))
		return p, err
	}
	found, err := exec.LookPath("cosign")
	if err != nil {
		cache, err := os.UserCacheDir()
		if err != nil {
			return p, nil
		}
		built, err := filepath.Glob(filepath.Join(cache, "writ-interop", "cosign-*", "cosign"))
		if err != nil || len(built) == 0 {
			say(howToCosign)
			return p, nil
		}
		found = built[len(built)-1]
	}
	p.cosign = found
	return p, os.Symlink(found, filepath.Join(p.bin, "cosign"))
}

// path is the PATH with what was built first.
func (p programs) path() string { return p.bin + string(filepath.ListSeparator) + os.Getenv("PATH") }

// versions asks each program for its own; what does not say is left out.
func (p programs) versions() []string {
	var all []string
	for _, ask := range [][]string{
		{"go", "version"}, {"age", "--version"}, {"zstd", "--version"}, {"tar", "--version"}, {"sha256sum", "--version"},
		{"openssl", "version"}, {"psql", "--version"}, {"cosign", "version", "--json"},
	} {
		name := ask[0]
		if _, err := os.Stat(filepath.Join(p.bin, name)); err == nil {
			name = filepath.Join(p.bin, name)
		}
		out, err := exec.Command(name, ask[1:]...).Output()
		if err != nil {
			continue
		}
		said := strings.TrimSpace(strings.SplitN(strings.TrimSpace(string(out)), "\n", 2)[0])
		switch ask[0] {
		case "age":
			said = "age " + said
		case "cosign":
			said = "cosign " + member(out, "gitVersion")
		}
		all = append(all, strings.Trim(said, "* "))
	}
	return all
}
