package writ_test

import (
	"fmt"
	"go/ast"
	"go/build/constraint"
	"path"
	"slices"
	"strings"
	"testing"
)

// serversTag marks the files with tests that need a server, or a program of
// others; `make test` sets it.
const serversTag = "servers"

// left returns the tests that need the tag, by the folder of their package.
func left(t *testing.T) map[string][]string {
	t.Helper()
	tests := make(map[string][]string)
	for _, f := range files(t) {
		if !f.isTest() || path.Dir(f.path) == "." || !needsServers(t, f.tree) {
			continue // the root has two variants of one test, and leaves none
		}
		for _, d := range f.tree.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") && fn.Name.Name != "TestMain" {
				dir := path.Dir(f.path)
				tests[dir] = append(tests[dir], fn.Name.Name)
			}
		}
	}
	return tests
}

// needsServers reports whether a file is built with the tag and not without it.
func needsServers(t *testing.T, f *ast.File) bool {
	t.Helper()
	for _, group := range f.Comments {
		for _, c := range group.List {
			if group.Pos() > f.Package || !constraint.IsGoBuild(c.Text) {
				continue
			}
			x, err := constraint.Parse(c.Text)
			if err != nil {
				t.Fatal(err)
			}
			with := func(servers bool) bool {
				return x.Eval(func(tag string) bool { return tag != serversTag || servers })
			}
			return with(true) && !with(false)
		}
	}
	return false
}

// sayLeft puts what was left into one line.
func sayLeft(tests map[string][]string) string {
	var dirs []string
	n := 0
	for dir, names := range tests {
		dirs = append(dirs, fmt.Sprintf("%s (%d)", dir, len(names)))
		n += len(names)
	}
	slices.Sort(dirs)
	return fmt.Sprintf("left to `make test`: %d that need servers or other programs, in %s; the race detector, lint, fuzzing\n",
		n, strings.Join(dirs, ", "))
}
