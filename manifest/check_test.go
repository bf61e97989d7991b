package manifest

import (
	"bytes"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"writ/crypto/digest"
	"writ/manifest/internal/schematest"
	"writ/manifest/internal/sigstore"
)

// Each line breaks one rule. Sign and Parse hold the same ones.
func TestCheck(t *testing.T) {
	find := func(s *Statement, name string) *Dataset {
		i := slices.IndexFunc(s.Predicate.Datasets, func(d Dataset) bool { return d.Name == name })
		return &s.Predicate.Datasets[i]
	}
	for _, tt := range []struct {
		name   string
		change func(*Statement)
	}{
		{"statement type", func(s *Statement) { s.Type = "https://in-toto.io/Statement/v0.1" }},
		{"predicate type", func(s *Statement) { s.PredicateType += "/" }},
		{"format", func(s *Statement) { s.Predicate.Format = "writ.export/v2" }},
		{"export id with a slash", func(s *Statement) { s.Predicate.ExportID = "a/b" }},
		{"no provider", func(s *Statement) { s.Predicate.Provider = "" }},
		{"control character", func(s *Statement) { s.Predicate.Provider = "a\nb" }},
		{"one subject", func(s *Statement) { s.Subject = s.Subject[:1] }},
		{"third subject", func(s *Statement) { s.Subject = append(s.Subject, s.Subject[0]) }},
		{"subject's digest", func(s *Statement) { s.Subject[0].Digest["sha256"] = digest.Of(nil).Hex() }},
		{"second digest", func(s *Statement) { s.Subject[0].Digest["sha512"] = "00" }},
		{"subject's name", func(s *Statement) { s.Subject[1].Name = "manifest-sha256.txt" }},
		{"ciphertext's name", func(s *Statement) { s.Predicate.Ciphertext.Name = "x" }},
		{"ciphertext's size", func(s *Statement) { s.Predicate.Ciphertext.SizeBytes = 0 }},
		{"size beyond 2^53", func(s *Statement) { s.Predicate.Ciphertext.SizeBytes = 1 << 53 }},
		{"bag's digest", func(s *Statement) { s.Predicate.Bag.TagManifest = digest.Digest{} }},
		{"payload smaller than records", func(s *Statement) { s.Predicate.Bag.PayloadBytes = 200 }},
		{"no files", func(s *Statement) { s.Predicate.Bag.PayloadFiles = 0 }},
		{"no recipient", func(s *Statement) { s.Predicate.Recipients = nil }},
		{"two recipients", func(s *Statement) { s.Predicate.Recipients[0].Count = 2 }},
		{"two kinds", func(s *Statement) {
			s.Predicate.Recipients = append(s.Predicate.Recipients, Recipients{Kind: "ssh", Count: 1})
		}},
		{"no plan", func(s *Statement) { s.Predicate.Decided.Plan = digest.Digest{} }},
		{"no order", func(s *Statement) { s.Predicate.Order.Digest = digest.Digest{} }},
		{"no target", func(s *Statement) { s.Predicate.Order.Targets = nil }},
		{"more targets of several accounts than targets", func(s *Statement) { s.Predicate.Order.Targets[0].Several = 1000 }},
		{"fewer than none of several accounts", func(s *Statement) { s.Predicate.Order.Targets[0].Several = -1 }},
		{"targets unsorted", func(s *Statement) {
			s.Predicate.Order.Targets = append(s.Predicate.Order.Targets, TargetCount{Type: "account-id", Count: 1})
		}},
		{"no signer", func(s *Statement) { s.Predicate.Order.Signers = nil }},
		{"signer twice", func(s *Statement) { s.Predicate.Order.Signers[1] = s.Predicate.Order.Signers[0] }},
		{"signer's role", func(s *Statement) { s.Predicate.Order.Signers[0].Role = "clerk" }},
		{"signer's key", func(s *Statement) { s.Predicate.Order.Signers[0].KeyID = "k" }},
		{"decided before received", func(s *Statement) { s.Predicate.Times.DecidedAt = at(0).AddDate(0, 0, -1) }},
		{"signed before finished", func(s *Statement) { s.Predicate.Times.SignedAt = at(6) }},
		{"no time of signing", func(s *Statement) { s.Predicate.Times.SignedAt = at(0).AddDate(-2025, 0, 0) }},
		{"pulled before started", func(s *Statement) { find(s, "sign-ins").PulledAt = at(1) }},
		{"pulled after finished", func(s *Statement) { find(s, "sign-ins").PulledAt = at(8) }},
		{"notice after, but not owed", func(s *Statement) { s.Predicate.Notice.Owed = false }},
		{"no reason for notice", func(s *Statement) { s.Predicate.Notice.Why = "" }},
		{"no tool", func(s *Statement) { s.Predicate.Tool.Name = "" }},
		{"no datasets", func(s *Statement) { s.Predicate.Datasets = nil }},
		{"datasets unsorted", func(s *Statement) { slices.Reverse(s.Predicate.Datasets) }},
		{"dataset twice", func(s *Statement) { s.Predicate.Datasets[1] = s.Predicate.Datasets[0] }},
		{"too many datasets", func(s *Statement) { s.Predicate.Datasets = make([]Dataset, MaxDatasets+1) }},
		{"unknown outcome", func(s *Statement) { find(s, "sign-ins").Outcome = "done" }},
		{"no outcome", func(s *Statement) { find(s, "sign-ins").Outcome = "" }},
		{"complete without records", func(s *Statement) { d := find(s, "sign-ins"); d.Records, d.Bytes, d.Root = 0, 0, emptyRoot }},
		{"complete without time", func(s *Statement) { find(s, "sign-ins").PulledAt = at(0).AddDate(-2025, 0, 0) }},
		{"records without bytes", func(s *Statement) { find(s, "sign-ins").Bytes = 0 }},
		{"fewer bytes than records need", func(s *Statement) { find(s, "sign-ins").Bytes = 8 }},
		{"records with the empty root", func(s *Statement) { find(s, "sign-ins").Root = emptyRoot }},
		{"no root", func(s *Statement) { find(s, "profiles").Root = digest.Digest{} }},
		{"no accounts", func(s *Statement) { find(s, "sign-ins").Accounts = 0 }},
		{"found, though none-found", func(s *Statement) { d := find(s, "sign-ins"); d.Outcome = NoneFound }},
		{"partial without why", func(s *Statement) { find(s, "logins").Why = "" }},
		{"unavailable without why", func(s *Statement) { find(s, "payments").Why = "" }},
		{"redirected nobody", func(s *Statement) { find(s, "tenants").Redirected = 0 }},
		{"held without end", func(s *Statement) { find(s, "mail").Until = at(0).AddDate(-2025, 0, 0) }},
		{"until, but not held", func(s *Statement) { find(s, "sign-ins").Until = at(59) }},
		{"refused with a field", func(s *Statement) {
			find(s, "devices").Fields = []Granted{{Name: "a", Category: "location", Rule: Rule{"a", "b"}}}
		}},
		{"nothing granted, but complete", func(s *Statement) { find(s, "sign-ins").Fields = nil }},
		{"fields unsorted", func(s *Statement) { slices.Reverse(find(s, "sign-ins").Fields) }},
		{"field without rule", func(s *Statement) { find(s, "sign-ins").Fields[0].Rule = Rule{} }},
		{"field on both sides", func(s *Statement) { find(s, "sign-ins").Withheld[0].Name = "ip" }},
		{"withheld without ground", func(s *Statement) { find(s, "sign-ins").Withheld[0].Ground = "" }},
		{"window of one end", func(s *Statement) { find(s, "sign-ins").To = "" }},
		{"window reversed", func(s *Statement) { d := find(s, "sign-ins"); d.From, d.To = d.To, d.From }},
		{"window of no zone", func(s *Statement) { find(s, "sign-ins").To = "2026-04-01T00:00:00" }},
		{"narrowed by nothing", func(s *Statement) {
			for i := range s.Predicate.Datasets {
				s.Predicate.Datasets[i].Withheld = nil
			}
			s.Predicate.Datasets = s.Predicate.Datasets[1:]
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := sample()
			tt.change(&s)
			if _, err := Sign(s, signer(t, 1)); !errors.Is(err, ErrFormat) {
				t.Errorf("Sign = %v, want %v", err, ErrFormat)
			}
			payload, err := sigstore.Canonical(s)
			if err != nil {
				t.Fatal(err)
			}
			b, err := sigstore.Bundle{Payload: payload, Sig: []byte("sig")}.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Parse(b); !errors.Is(err, ErrFormat) {
				t.Errorf("Parse = %v, want %v", err, ErrFormat)
			}
		})
	}
}

const schemaFile = "../docs/schema/manifest.schema.json"

func TestSchemaAcceptsTheSample(t *testing.T) {
	validate := schematest.Compile(t, schemaFile)
	payload, err := sigstore.Canonical(sample())
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(payload); err != nil {
		t.Errorf("the sample: %v", err)
	}
	for _, change := range []struct{ old, new string }{
		{`"predicate":{`, `"predicate":{"extra":1,`},
		{`"narrowed":true,`, ``},
		{`"complete"`, `"done"`},
		{`"count":1,"kind"`, `"count":2,"kind"`},
		{`"signed_at":"2026`, `"signed_at":"26`},
	} {
		if err := validate(bytes.Replace(payload, []byte(change.old), []byte(change.new), 1)); err == nil {
			t.Errorf("accepted with %s", change.new)
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
	compared := 0
	var walk func(path string, typ reflect.Type, node map[string]any)
	walk = func(path string, typ reflect.Type, node map[string]any) {
		if ref, ok := node["$ref"].(string); ok {
			node = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
		}
		for typ.Kind() == reflect.Slice {
			typ, node = typ.Elem(), node["items"].(map[string]any)
			if ref, ok := node["$ref"].(string); ok {
				node = root["$defs"].(map[string]any)[strings.TrimPrefix(ref, "#/$defs/")].(map[string]any)
			}
		}
		if typ.Kind() != reflect.Struct || typ.PkgPath() != reflect.TypeFor[Statement]().PkgPath() {
			return
		}
		compared++
		var names, required []string
		for f := range typ.Fields() {
			name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
			names = append(names, name)
			if options == "" {
				required = append(required, name)
			}
			if sub, ok := node["properties"].(map[string]any)[name].(map[string]any); ok {
				walk(path+"."+name, f.Type, sub)
			}
		}
		var has, asks []string
		for name := range node["properties"].(map[string]any) {
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
	walk("statement", reflect.TypeFor[Statement](), root)
	if compared < 15 {
		t.Errorf("only %d objects were compared", compared)
	}
}
