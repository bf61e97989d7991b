package strictyaml_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"writ/export/internal/strictyaml"
)

var errFamily = errors.New("family")

func parse(in string) (strictyaml.Node, error) {
	return strictyaml.Parse("f.yaml", []byte(in), 1<<20, errFamily)
}

func TestParseRefuses(t *testing.T) {
	wide := func(before string, n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "%sk%d: v\n", before, i)
		}
		return b.String()
	}
	for _, tt := range []struct{ name, in, want string }{
		{"nothing", "", "f.yaml: empty"},
		{"comments alone", "# a\n", "f.yaml: empty"},
		{"list at the top", "- a\n", "f.yaml:1: want a mapping at the top"},
		{"scalar at the top", "a\n", "f.yaml:1: want a mapping at the top"},
		{"syntax", "a: b\n c: d\n", "f.yaml:1: mapping value is not allowed in this context"},
		{"trailing text", "a: {b: c} d\n", "f.yaml:1: value is not allowed in this context"},
		{"after the end", "a: b\n...\nc\n", "f.yaml:3: unexpected end content"},
		{"second document", "a: b\n---\nc: d\n", "f.yaml: 2 YAML documents, want one"},
		{"directive", "%YAML 1.2\n---\na: b\n", "f.yaml: 2 YAML documents, want one"},
		{"duplicate", "a: b\nc: d\na: e\n", `f.yaml:3: mapping key "a" already defined at [1:1]`},
		{"duplicate in brackets", "x: {a: b, 'a': c}\n", `f.yaml:1: mapping key "a" already defined at [1:5]`},
		{"anchor", "a: &x b\n", "f.yaml:1: anchors, aliases and merge keys are not allowed: write it out"},
		{"alias", "a:\n  - *x\n", "f.yaml:2: anchors, aliases and merge keys are not allowed: write it out"},
		{"merge key", "<<: {a: b}\n", "f.yaml:1: a key must be plain text: mergekey is not allowed"},
		{"number as key", "1: a\n", "f.yaml:1: a key must be plain text: integer is not allowed"},
		{"complex key", "? a\n: b\n", "f.yaml:1: a key must be plain text: mappingkey is not allowed"},
		{"tag", "a: !!binary YQ==\n", "f.yaml:1: tags are not allowed"},
		{"null", "a: ~\n", "f.yaml:1: empty value: leave the key out instead"},
		{"fraction", "a: 1.5\n", "f.yaml:1: want text or a whole number: quote it if it is text"},
		{"not a number", "a: .nan\n", "f.yaml:1: want text or a whole number: quote it if it is text"},
		{"carriage return alone", "a: b\rc: d\n", "f.yaml:1: control character U+000D"},
		{"byte order mark", "\ufeffa: b\n", "f.yaml:1: control character U+FEFF"},
		{"not UTF-8", "a: b\nc: \xc3(\n", "f.yaml:2: not UTF-8"},
		{"wide mapping", wide("", strictyaml.MaxKeys+1), "f.yaml:2001: more than 2000 keys in one mapping"},
		{"wide mapping inside", "x:\n" + wide("  ", strictyaml.MaxKeys+1), "f.yaml:2002: more than 2000 keys in one mapping"},
		{"wide brackets", "x: {" + strings.ReplaceAll(wide("", strictyaml.MaxKeys+1), "\n", ",\n") + "}\n", "f.yaml:2001: more than 2000 keys within brackets"},
		{"deep dashes", "a:\n  " + strings.Repeat("- ", 13) + "x\n", "f.yaml:2: deeper than 12"},
		{"very deep dashes", "a:\n  " + strings.Repeat("- ", 100_000) + "x\n", "f.yaml:2: indented beyond column 128"},
		{"very deep brackets", "a: " + strings.Repeat("[", 100_000), "f.yaml:1: brackets deeper than 12"},
		{"many tokens", "a:\n" + strings.Repeat("- a\n", strictyaml.MaxTokens/2+1), "f.yaml: 400004 tokens, limit is 400000"},
		{"too large", strings.Repeat("#", 1<<20+1), "f.yaml: 1048577 bytes, limit is 1048576"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := parse(tt.in)
			if !errors.Is(err, errFamily) {
				t.Fatalf("err is %v, want one of the family", err)
			}
			if err.Error() != tt.want {
				t.Errorf("error is\n%s\nwant\n%s", err, tt.want)
			}
		})
	}
}

func TestMapReads(t *testing.T) {
	n, err := parse("s: text # with a comment\nq: '17'\nb: |\n  two\n  lines\ni: -17\nt: true\nl: [a, b]\n")
	if err != nil {
		t.Fatal(err)
	}
	m := n.Map()
	got := fmt.Sprintf("%q %q %q %d %v %q %q", m.Text("s"), m.Text("q"), m.Text("b"), m.Int("i"), m.Bool("t"), m.Texts("l"), m.Text("none"))
	if err := m.Done(); err != nil {
		t.Fatal(err)
	}
	if want := `"text" "17" "two\nlines\n" -17 true ["a" "b"] ""`; got != want {
		t.Errorf("read %s, want %s", got, want)
	}
}

func TestMapRefuses(t *testing.T) {
	for _, tt := range []struct {
		name, in string
		read     func(*strictyaml.Map)
		want     string
	}{
		{"number for text", "a: 7\n", func(m *strictyaml.Map) { m.Text("a") }, `f.yaml:1: a: want text, and 7 is a whole number in YAML: quote it`},
		{"truth for text", "a: true\n", func(m *strictyaml.Map) { m.Text("a") }, `f.yaml:1: a: want text, and true is true or false in YAML: quote it`},
		{"text for number", "a: '7'\n", func(m *strictyaml.Map) { m.Int("a") }, `f.yaml:1: a: want a whole number, not text`},
		{"hexadecimal", "a: 0x10\n", func(m *strictyaml.Map) { m.Int("a") }, `f.yaml:1: a: want a whole number in plain decimal digits, not 0x10`},
		{"octal", "a: 010\n", func(m *strictyaml.Map) { m.Int("a") }, `f.yaml:1: a: want a whole number in plain decimal digits, not 010`},
		{"underscores", "a: 1_000\n", func(m *strictyaml.Map) { m.Int("a") }, `f.yaml:1: a: want a whole number in plain decimal digits, not 1_000`},
		{"number too large", "a: 9223372036854775808\n", func(m *strictyaml.Map) { m.Int("a") }, `f.yaml:1: a: want a whole number in plain decimal digits, not 9223372036854775808`},
		{"True", "a: True\n", func(m *strictyaml.Map) { m.Bool("a") }, `f.yaml:1: a: want true or false, not True`},
		{"yes", "a: yes\n", func(m *strictyaml.Map) { m.Bool("a") }, `f.yaml:1: a: want true or false, not text`},
		{"unknown key", "a: b\nc: d\n", func(m *strictyaml.Map) { m.Text("a") }, `f.yaml:2: unknown key "c"`},
		{"missing key", "a: b\n", func(m *strictyaml.Map) { m.Text("a"); m.NeedText("c") }, `f.yaml:1: "c" is missing`},
		{"first error sticks", "a: 7\nc: 8\n", func(m *strictyaml.Map) { m.Text("a"); m.Text("c") }, `f.yaml:1: a: want text, and 7 is a whole number in YAML: quote it`},
		{"twice in a list", "a: [x, y, x]\n", func(m *strictyaml.Map) { m.Texts("a") }, `f.yaml:1: a: "x" is there twice`},
		{"empty list", "a: []\n", func(m *strictyaml.Map) { m.Texts("a") }, `f.yaml:1: a: empty list: leave the key out instead`},
		{"list of lists", "a: [[x]]\n", func(m *strictyaml.Map) { m.Texts("a") }, `f.yaml:1: a: want text, not a list`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n, err := parse(tt.in)
			if err != nil {
				t.Fatal(err)
			}
			m := n.Map()
			tt.read(m)
			if err := m.Done(); err == nil || err.Error() != tt.want || !errors.Is(err, errFamily) {
				t.Errorf("error is\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

func TestUnmarshal(t *testing.T) {
	type name string
	type store struct {
		File string `yaml:"file"`
	}
	type config struct {
		Format string         `yaml:"format"`
		Test   bool           `yaml:"test"`
		Limit  int            `yaml:"limit"`
		Stores map[name]store `yaml:"stores"`
		Hosts  []string       `yaml:"hosts"`
		Key    store          `yaml:"key"`
	}
	var got config
	if err := strictyaml.Unmarshal([]byte("format: x\ntest: true\nlimit: 7\nstores:\n  mail: {file: a.db}\nhosts: [b, c]\nkey: {file: k}\n"), &got); err != nil {
		t.Fatal(err)
	}
	want := config{"x", true, 7, map[name]store{"mail": {"a.db"}}, []string{"b", "c"}, store{"k"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for _, tt := range []struct{ name, in, want string }{
		{"unknown key", "format: x\nfromat: y\n", `2: unknown key "fromat"`},
		{"unknown key below", "stores:\n  mail: {fille: a}\n", `2: mail: unknown key "fille"`},
		{"number for text", "stores:\n  mail:\n    file: 7\n", `3: mail: file: want text, and 7 is a whole number in YAML: quote it`},
		{"text for truth", "test: yes\n", `1: test: want true or false, not text`},
		{"mapping for text", "format: {a: b}\n", `1: want text, not a mapping`},
		{"null", "stores:\nformat: x\n", `1: empty value: leave the key out instead`},
		{"nothing", "", `1: empty`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := strictyaml.Unmarshal([]byte(tt.in), new(config)); err == nil || err.Error() != tt.want {
				t.Errorf("error is\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

// Every refusal is one line of the family, and nothing panics.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: b\n", "a: {b: [c, 'd', \"e\"]}\n", "a:\n- b\n- c: d\n", "a: |\n  b\nc: >-\n  d\n", "a: &b c\n", "? a\n: b\n", "%YAML 1.2\n---\na: 1\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		n, err := strictyaml.Parse("test.yaml", []byte(in), 1<<20, errFamily)
		if err != nil {
			if !errors.Is(err, errFamily) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %q", err)
			}
			return
		}
		m := n.Map()
		entries, err := n.Entries()
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if _, ok := m.Get(e.Key); !ok || e.Value.Line() < 1 {
				t.Fatalf("entry %q is lost", e.Key)
			}
		}
		if err := m.Done(); err != nil {
			t.Fatal(err)
		}
	})
}

// What is unmarshalled was accepted by the strict reader, and what that refuses
// fills nothing in.
func FuzzUnmarshal(f *testing.F) {
	for _, s := range []string{"format: x\n", "stores:\n  a: {file: b}\n", "format: x\nformat: y\n", "format: &a x\n", "format: 1\n", "unknown: x\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		var c struct {
			Format string                       `yaml:"format"`
			Stores map[string]map[string]string `yaml:"stores"`
		}
		err := strictyaml.Unmarshal([]byte(in), &c)
		if err != nil {
			if strings.Contains(err.Error(), "\n") {
				t.Fatalf("error %q", err)
			}
			return
		}
		if _, err := parse(in); err != nil {
			t.Fatalf("Unmarshal takes what Parse refuses: %v", err)
		}
	})
}
