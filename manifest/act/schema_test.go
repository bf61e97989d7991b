package act

import (
	"bytes"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"writ/manifest"
	"writ/manifest/internal/schematest"
)

const schemaFile = "../../docs/schema/act.schema.json"

func TestSchema(t *testing.T) {
	validate := schematest.Compile(t, schemaFile)
	for name, a := range samples(t) {
		if err := validate(payload(t, a)); (err == nil) != (a.Kind() != KindExported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, tt := range []struct{ sample, old, new string }{
		{"received", `"predicate":{`, `"predicate":{"extra":1,`},
		{"received", `"facts":{`, `"facts":{"extra":1,`},
		{"received", `"reviewers":1,`, ``},
		{"received", `"country":"DE"`, `"country":"de"`},
		{"received", `/received/v1`, `/decided/v1`},
		{"rejected", `"legal_basis":""`, `"legal_basis":"find J. Doe"`},
		{"rejected", `"code":"unsigned"`, `"code":"over-ceiling"`},
		{"decided", `"outcome":"pull"`, `"outcome":"complete"`},
		{"decided", `the store could not`, `j.doe@mail.example could not`},
		{"received", `"recipient":"hybrid"`, `"recipient":"j.doe@mail.example"`},
		{"rejected", `"order":{`, `"follows":"` + theOrder.String() + `","order":{`},
		{"decided", `"engineer":"kim"`, `"engineer":"J. Doe"`},
		{"decided", `"sig":"`, `"sig":" `},
		{"unplanned", `"planned":[]`, `"planned":[],"request":{"engineer":"kim","key_id":"` + theOrder.Hex() + `","requested_at":"2026-03-02T10:02:00Z","sig":"AAAA"}`},
		{"decided", `"follow_up":{`, `"follow_up":{"extra":1,`},
		{"decided", `"result":"export"`, `"result":"rejected"`},
		{"unplanned", `"planned":[]`, `"planned":[{"accounts":0,"accounts_redirected":0,"dataset":"a","outcome":"held"}]`},
		{"notified", `"how":"email"`, `"how":"to J. Doe"`},
		{"released", `"because":"cleared"`, `"because":"mercy"`},
		{"recalled", `"export_id":"ex-`, `"export_id":"../ex-`},
		{"configured", `"what":"policy"`, `"what":"ledger"`},
	} {
		b := payload(t, samples(t)[tt.sample])
		changed := bytes.Replace(b, []byte(tt.old), []byte(tt.new), 1)
		if bytes.Equal(b, changed) {
			t.Errorf("%s: the case changes nothing: %s", tt.sample, tt.old)
		} else if err := validate(changed); err == nil {
			t.Errorf("%s: accepted with %s", tt.sample, tt.new)
		}
	}
}

// The schema and the Go types name the same members, and require the same ones.
func TestSchemaAgreesWithTypes(t *testing.T) {
	b, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var root map[string]any
	if err := json.Unmarshal(b, &root); err != nil {
		t.Fatal(err)
	}
	defs := root["$defs"].(map[string]any)
	compared := 0
	var walk func(path string, typ reflect.Type, node map[string]any)
	walk = func(path string, typ reflect.Type, node map[string]any) {
		for {
			if ref, ok := node["$ref"].(string); ok {
				node = defs[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
			} else if typ.Kind() == reflect.Slice && typ.Elem().Kind() != reflect.Uint8 {
				typ, node = typ.Elem(), node["items"].(map[string]any)
			} else {
				break
			}
		}
		if typ.Kind() != reflect.Struct || !strings.HasPrefix(typ.PkgPath(), reflect.TypeFor[manifest.Statement]().PkgPath()) {
			return
		}
		if typ == reflect.TypeFor[manifest.OrderRef]() && node["properties"] == nil {
			node = defs["order"].(map[string]any)
		}
		compared++
		properties := node["properties"].(map[string]any)
		var names, required []string
		for _, f := range reflect.VisibleFields(typ) {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			if name == "" { // the head, whose members are visible too
				continue
			}
			names = append(names, name)
			if options == "" {
				required = append(required, name)
			}
			if sub, ok := properties[name].(map[string]any); ok {
				walk(path+"."+name, f.Type, sub)
			}
		}
		var has, asks []string
		for name := range properties {
			has = append(has, name)
		}
		for _, name := range node["required"].([]any) {
			asks = append(asks, name.(string))
		}
		for _, l := range [][]string{names, required, has, asks} {
			slices.Sort(l)
		}
		if !slices.Equal(names, has) || !slices.Equal(required, asks) || node["additionalProperties"] != false {
			t.Errorf("%s: type has %v (required %v), schema has %v (required %v)", path, names, required, has, asks)
		}
	}
	for _, p := range predicates {
		typ := reflect.TypeOf(p)
		name := strings.ToLower(typ.Name())
		walk(name, typ, defs[name].(map[string]any))
	}
	if compared < 25 {
		t.Errorf("only %d objects were compared", compared)
	}
}
