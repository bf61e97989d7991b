package trust

import (
	"bytes"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func schema(t testing.TB, name string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(read(t, "../../docs/schema/"+name+".schema.json")))
	if err != nil {
		t.Fatal(err)
	}
	id := doc.(map[string]any)["$id"].(string)
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // loads nothing
	c.AssertFormat()
	if err := c.AddResource(id, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The schemas that we publish and the parsers agree, on what is good and on
// each way in which a document's form is bad.
func TestSchemasAgreeWithParsers(t *testing.T) {
	parsers := map[string]func([]byte) error{
		"registry": func(b []byte) error { _, err := ParseDocument(b); return err },
		"root":     func(b []byte) error { _, err := ParseRoot(b); return err },
		"provider": func(b []byte) error { _, err := ParseProvider(b); return err },
	}
	for _, tt := range []struct {
		schema, name, old, new string
	}{
		{"registry", "good", "", ""},
		{"registry", "unknown member", `"version": 3`, `"version": 3, "x": 1`},
		{"registry", "unknown member of a key", `"public_key": "`, `"x": 1, "public_key": "`},
		{"registry", "unknown member of an agency", `"recipients": [`, `"x": 1, "recipients": [`},
		{"registry", "version 0", `"version": 3`, `"version": 0`},
		{"registry", "format", `"writ.registry/v1"`, `"writ.registry/v2"`},
		{"registry", "null", `"phone": "+1 (202) 555-0100"`, `"phone": null`},
		{"registry", "empty phone", `"phone": "+1 (202) 555-0100"`, `"phone": ""`},
		{"registry", "kind", `"kind": "court"`, `"kind": "king"`},
		{"registry", "missing name", `"name": "Anna",`, ``},
		{"registry", "missing keys", `"keys": []`, `"valid_from": "2026-01-01T00:00:00Z"`},
		{"registry", "id", `"id": "anna"`, `"id": "Anna"`},
		{"registry", "an engineer without a name", `"name": "Kim",`, ``},
		{"registry", "unknown member of an engineer", `"id": "kim",`, `"id": "kim", "x": 1,`},
		{"registry", "offset", `"issued_at": "2026-01-01T00:00:00Z"`, `"issued_at": "2026-01-01T00:00:00+00:00"`},
		{"registry", "the year 1", `"valid_until": "2026-03-01T00:00:00Z"`, `"valid_until": "0001-01-01T00:00:00Z"`},
		{"registry", "reason alone", `"revoked_at": "2026-04-01T00:00:00Z",`, ``},
		{"registry", "not a recipient", `"recipient": "age1`, `"recipient": "AGE-1`},
		{"registry", "rule", `"authority": "required"`, `"authority": "maybe"`},
		{"registry", "nobody would sign", `"authority": "suffices",` + "\n" + `      "reviewers": 2`, `"authority": "not-needed",` + "\n" + `      "reviewers": 0`},
		{"registry", "use", `"use": "ledger"`, `"use": "order"`},
		{"registry", "country", `"country": "US"`, `"country": "usa"`},
		{"registry", "empty country", `"country": "US"`, `"country": ""`},
		{"registry", "ledger without origin", `"origin": "mail.example/ledger",`, ``},
		{"registry", "origin with a space", `"origin": "mail.example/ledger"`, `"origin": "mail.example ledger"`},
		{"registry", "origin of a manifest key", `"use": "manifest",`, `"use": "manifest", "origin": "mail.example/ledger",`},
		{"registry", "unknown member of witnesses", `"threshold": 1`, `"threshold": 1, "x": 1`},
		{"registry", "unknown member of a witness", `"url": "https`, `"x": 1, "url": "https`},
		{"registry", "none of the witnesses", `"threshold": 1`, `"threshold": 0`},
		{"registry", "a witness's key", `"key": "witness.example/0+976a3a41+`, `"key": "witness.example/0+976a3a4+`},
		{"registry", "a witness's address", `"url": "https:`, `"url": "ftp:`},
		{"registry", "private key", `-----BEGIN PUBLIC KEY-----`, `-----BEGIN PRIVATE KEY-----`},
		{"registry", "leave for x25519", `"thresholds": [`, `"allow_recipient_kinds": ["x25519"], "thresholds": [`},
		{"root", "good", "", ""},
		{"root", "threshold 0", `"threshold": 2`, `"threshold": 0`},
		{"root", "unknown member", `"threshold": 2`, `"threshold": 2, "x": 1`},
		{"root", "min_version 0 spelt out", `"threshold": 2`, `"threshold": 2, "min_version": 0`},
		{"root", "no threshold", `"threshold": 2,`, ``},
		{"provider", "good", "", ""},
		{"provider", "digest", `"registry": "sha256:`, `"registry": "sha512:`},
		{"provider", "format", `"writ.provider/v1"`, `"writ.registry/v1"`},
		{"provider", "unknown member of a key", `"use": "ledger"`, `"use": "ledger", "x": 1`},
		{"provider", "use", `"use": "ledger"`, `"use": "order"`},
		{"provider", "ledger without origin", `"origin": "mail.example/ledger",`, ``},
		{"provider", "origin of a manifest key", `"use": "manifest",`, `"use": "manifest", "origin": "mail.example/ledger",`},
		{"provider", "a witness's address", `"key": "witness`, `"url": "https://witness.example/", "key": "witness`},
		{"provider", "no threshold", `"threshold": 1,`, ``},
	} {
		t.Run(tt.schema+" "+tt.name, func(t *testing.T) {
			good := string(read(t, "testdata/"+tt.schema+".json"))
			text := strings.Replace(good, tt.old, tt.new, 1)
			if (text == good) != (tt.name == "good") {
				t.Fatalf("%q is not there", tt.old)
			}
			v, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			bySchema, byParser := schema(t, tt.schema).Validate(v), parsers[tt.schema]([]byte(text))
			if want := tt.name == "good"; (bySchema == nil) != want || (byParser == nil) != want {
				t.Errorf("schema says %v, parser says %v", bySchema, byParser)
			}
		})
	}
}
