package writ_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

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
