package writ_test

import (
	"fmt"
	"go/ast"
	"go/types"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// unfuzzed are parsers that no fuzz target of their package calls, and why.
var unfuzzed = map[string]string{
	"export/lockdown.CheckNames":                      "names of a catalog, which FuzzParse of export/catalog reads",
	"export/outbox.Open":                              "a folder of the provider's own configuration",
	"export/outbox.Staging.Read":                      "the name of one of our own files",
	"export/source/mysql.Open":                        "a connection string of the provider's own configuration, which the driver reads",
	"export/source/postgres.Open":                     "a connection string of the provider's own configuration, which pgx reads",
	"export/source/sqlite.Open":                       "a file of the provider's own configuration",
	"export/workspace.Open":                           "a folder; what is in it: FuzzParseConfig here, and the targets of trust, catalog and policy",
	"export/workspace.OpenRegistry":                   "a folder; what is in it: FuzzOpen and FuzzParse of crypto/trust",
	"manifest/bundle.Open":                            "files; what is in them: FuzzVerifyManifest, FuzzUnpack, and the targets of crypto/seal and manifest/frame",
	"manifest/internal/sigstore.Bundle.Verify":        "FuzzVerifyManifest of manifest/bundle",
	"manifest/internal/sigstore.Decode":               "FuzzStatement of manifest and of manifest/act call it, each with its type",
	"manifest/internal/sigstore.DecodeShared":         "FuzzStatement and FuzzParse of manifest/act call it, each with its type",
	"manifest/ledger.Dir.Read":                        "FuzzHandler asks it for any path",
	"manifest/ledger.HTTP.Read":                       "passes on what FuzzCheckProof, FuzzOpenCheckpoint and FuzzParseBundle read",
	"manifest/ledger.buffered.Read":                   "passes on what the source beside it reads",
	"manifest/transparency.Counts.UnmarshalJSONFrom":  "part of a report: FuzzParse",
	"manifest/transparency.Figure.UnmarshalJSONFrom":  "part of a report: FuzzParse",
	"manifest/transparency.Percent.UnmarshalJSONFrom": "part of a report: FuzzParse",
}

// parserName is how a function is called that takes what others wrote.
var parserName = regexp.MustCompile(`^(Parse|Load|Unmarshal|Open|Decode|Inspect|Check|Verify|Read)`)

// Every exported function that reads bytes from outside has a fuzz target in its
// package that calls it, or a reason why not; and every target has seeds.
func TestEveryParserIsFuzzed(t *testing.T) {
	called := make(map[string]map[string]bool) // by folder
	for _, f := range files(t) {
		if !f.isTest() {
			continue
		}
		dir := path.Dir(f.path)
		if called[dir] == nil {
			called[dir] = make(map[string]bool)
		}
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !strings.HasPrefix(fn.Name.Name, "Fuzz") {
				continue
			}
			names := callees(fn)
			for name := range names {
				called[dir][name] = true
			}
			committed, err := filepath.Glob(filepath.Join(filepath.FromSlash(dir), "testdata", "fuzz", fn.Name.Name, "*"))
			if err != nil {
				t.Fatal(err)
			}
			if !names["Add"] && !names["seeds"] && len(committed) == 0 {
				t.Errorf("%s: %s has no seeds: call f.Add, or a helper called seeds that does", f.path, fn.Name.Name)
			}
		}
	}
	found := make(map[string]bool)
	for _, f := range files(t) {
		dir := path.Dir(f.path)
		if f.isTest() || f.tree.Name.Name == "main" || strings.HasSuffix(f.tree.Name.Name, "test") {
			continue
		}
		for _, d := range f.tree.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || !parserName.MatchString(fn.Name.Name) || !takesBytes(fn) {
				continue
			}
			name := dir + "." + fn.Name.Name
			if fn.Recv != nil {
				name = fmt.Sprintf("%s.%s.%s", dir, strings.TrimPrefix(types.ExprString(fn.Recv.List[0].Type), "*"), fn.Name.Name)
			}
			found[name] = true
			fuzzed, why := called[dir][fn.Name.Name], unfuzzed[name]
			switch {
			case !fuzzed && why == "":
				t.Errorf("%s: no fuzz target of its package calls it: write one, or its reason into unfuzzed", name)
			case fuzzed && why != "":
				t.Errorf("%s is fuzzed: take it out of unfuzzed", name)
			}
		}
	}
	for name := range unfuzzed {
		if !found[name] {
			t.Errorf("%s: there is no such parser: take it out of unfuzzed", name)
		}
	}
}

// callees returns the names that a function calls, without their packages.
func callees(fn *ast.FuncDecl) map[string]bool {
	names := make(map[string]bool)
	ast.Inspect(fn, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			switch f := call.Fun.(type) {
			case *ast.Ident:
				names[f.Name] = true
			case *ast.SelectorExpr:
				names[f.Sel.Name] = true
			}
		}
		return true
	})
	return names
}

// takesBytes reports whether a parameter of fn could hold what others wrote.
// What fills a caller's buffer takes none: that is an io.Reader.
func takesBytes(fn *ast.FuncDecl) bool {
	if r := fn.Type.Results; r != nil && len(r.List) == 2 && types.ExprString(r.List[0].Type) == "int" {
		return false
	}
	return slices.ContainsFunc(fn.Type.Params.List, func(p *ast.Field) bool {
		return slices.Contains([]string{"[]byte", "string", "io.Reader", "io.ReaderAt", "fs.FS", "*jsontext.Decoder"}, types.ExprString(p.Type))
	})
}
