package writ_test

import (
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
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

// A listed package, as go list prints it.
type listed struct {
	ImportPath string
	Name       string
	Doc        string
	GoFiles    []string
	Imports    []string
}

// packages lists the packages of this module that have code.
func packages(t *testing.T) []listed {
	t.Helper()
	out, err := command(t, nil, "go", "list", "-json=ImportPath,Name,Doc,GoFiles,Imports", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p listed
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			all = append(all, p)
		}
	}
	if len(all) == 0 {
		t.Fatal("no packages found")
	}
	return all
}

// command is exec.Command whose error stream is the test's.
func command(t *testing.T, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Env = append(os.Environ(), env...)
	c.Stderr = t.Output()
	return c
}

// A file is one Go file of this module, parsed.
type file struct {
	path string // slash-separated, from the root
	text []byte
	tree *ast.File
}

// files parses every Go file of this module, whatever its build tags.
func files(t *testing.T) []file {
	t.Helper()
	var all []file
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && name != ".":
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		all = append(all, file{filepath.ToSlash(name), text, tree})
		return nil
	})
	if err != nil || len(all) == 0 {
		t.Fatalf("%d files, %v", len(all), err)
	}
	return all
}

func (f file) isTest() bool { return strings.HasSuffix(f.path, "_test.go") }

// calls returns what f selects, as "x.name" ("_" for an x that is no name), each
// with the names of the functions that it stands in.
func (f file) calls() map[string][]string {
	in := make(map[string][]string)
	for _, d := range f.tree.Decls {
		where := "var"
		if fn, ok := d.(*ast.FuncDecl); ok {
			where = fn.Name.Name
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok {
				x := "_"
				if id, ok := s.X.(*ast.Ident); ok {
					x = id.Name
				}
				in[x+"."+s.Sel.Name] = append(in[x+"."+s.Sel.Name], where)
			}
			return true
		})
	}
	return in
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
