package writ_test

import (
	"encoding/json"
	"flag"
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// These tests hold the rules of the house: what may import what, who may call
// what, and what every package owes its reader.

func TestMain(m *testing.M) {
	announceLeft() // returns unless this is the process that announces
	code := m.Run()

	// What these tests read through the go command is unknown to go test's
	// cache, which would keep "ok" for a tree that has changed since. Without
	// its log of what was read, a result is not cached.
	if log := flag.Lookup("test.testlogfile").Value.String(); log != "" {
		if err := os.Truncate(log, 0); err != nil {
			panic(err)
		}
	}
	os.Exit(code)
}

// A package's comment is a promise: what it guarantees and what it won't do.
func TestPackagesAreDocumented(t *testing.T) {
	for _, p := range packages(t) {
		begin := "Package " + p.Name + " "
		if p.Name == "main" {
			begin = "Command " + path.Base(p.ImportPath) + " "
		}
		if !strings.HasPrefix(p.Doc, begin) {
			t.Errorf("%s: its comment does not begin %q", p.ImportPath, begin)
		}
	}
}

// A name that could hold anything will.
func TestPackagesAreNamedForWhatTheyDo(t *testing.T) {
	for _, p := range packages(t) {
		if slices.Contains([]string{"util", "utils", "common", "helper", "helpers", "misc", "types", "shared", "base"}, path.Base(p.ImportPath)) {
			t.Errorf("%s: name it for the one thing that it does", p.ImportPath)
		}
	}
}

// Only main ends the process: everything else returns an error, which decides
// the exit code and what is cleaned up.
func TestOnlyMainExits(t *testing.T) {
	exits := []string{"os.Exit", "syscall.Exit", "log.Fatal", "log.Fatalf", "log.Fatalln"}
	for _, f := range files(t) {
		if f.isTest() {
			continue
		}
		for call, in := range f.calls() {
			if !slices.Contains(exits, call) {
				continue
			}
			for _, where := range in {
				if f.tree.Name.Name != "main" || where != "main" || call != "os.Exit" {
					t.Errorf("%s: %s in %s", f.path, call, where)
				}
			}
		}
	}
}

// revealers may take the secret out of its wrapper, and why.
var revealers = map[string]string{
	"export/pack":     "refuses a bag without a seed",
	"manifest/commit": "the seed stands in the openings, which only the encrypted bag holds",
}

func TestRevealHasFewCallers(t *testing.T) {
	called := make(map[string]bool)
	for _, f := range files(t) {
		for call := range f.calls() {
			if f.isTest() || !strings.HasSuffix(call, ".Reveal") {
				continue
			}
			dir := path.Dir(f.path)
			called[dir] = true
			if revealers[dir] == "" {
				t.Errorf("%s reveals a secret: it needs a reason in revealers", f.path)
			}
		}
	}
	for dir := range revealers {
		if !called[dir] {
			t.Errorf("%s reveals nothing: take it out of revealers", dir)
		}
	}
}

// What is left for later is written in an issue; a test that skips shows nothing.
func TestNothingIsLeftForLater(t *testing.T) {
	left := regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X)\b|panic\("un` + `written"\)|\.Skip` + `(f|Now)?\(`)
	for _, f := range files(t) {
		for i, line := range strings.Split(string(f.text), "\n") {
			if m := left.FindString(line); m != "" {
				t.Errorf("%s:%d: %s", f.path, i+1, m)
			}
		}
	}
}

// Documents say which test shows what they claim.
func TestDocumentsNameTestsThatExist(t *testing.T) {
	exist := make(map[string]bool)
	for _, f := range files(t) {
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && f.isTest() {
				exist[fn.Name.Name] = true
			}
		}
	}
	documents, err := filepath.Glob("docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark|Example)[A-Z]\\w*)`")
	for _, name := range append(documents, "README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllSubmatch(text, -1) {
			if !exist[string(m[1])] {
				t.Errorf("%s: there is no %s", name, m[1])
			}
		}
	}
}

// Agencies and auditors run the formats on Windows and in a browser.
func TestFormatsBuildWhereAgenciesAre(t *testing.T) {
	for _, env := range [][]string{
		{"GOOS=windows", "GOARCH=amd64", "CGO_ENABLED=0"},
		{"GOOS=js", "GOARCH=wasm"},
	} {
		if err := command(t, env, "go", "build", "./manifest/...", "./crypto/...").Run(); err != nil {
			t.Errorf("%s: %v", env[0], err)
		}
	}
}

// A direct dependency needs its reason, and a reason its dependency.
func TestDependenciesHaveReasons(t *testing.T) {
	const record = "docs/decisions/0001-dependencies.md"
	text, err := os.ReadFile(record)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllSubmatch(text, -1) {
		reasons = append(reasons, string(m[1]))
	}
	out, err := command(t, nil, "go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
		Tool []struct{ Path string }
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	var direct []string
	for _, r := range mod.Require {
		if !r.Indirect {
			direct = append(direct, r.Path)
		}
	}
	for _, tool := range mod.Tool {
		direct = append(direct, tool.Path)
	}
	for _, d := range direct {
		if !slices.Contains(reasons, d) {
			t.Errorf("%s: no reason in %s", d, record)
		}
	}
	for _, r := range reasons {
		if !slices.Contains(direct, r) {
			t.Errorf("%s: %s gives a reason, but it is no direct dependency", r, record)
		}
	}
}
