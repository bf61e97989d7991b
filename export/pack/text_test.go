package pack_test

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"errors"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"writ/crypto/digest"
	"writ/export/catalog"
	"writ/export/order"
	"writ/export/pack"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s:\n%s", file, diff)
	}
}

var allTypes = []catalog.Type{
	catalog.Text, catalog.Integer, catalog.BigInteger, catalog.Decimal, catalog.Boolean,
	catalog.Timestamp, catalog.ZonedTimestamp, catalog.Date, catalog.IPAddress, catalog.Bytes,
}

func TestSchema(t *testing.T) {
	d := catalog.Dataset{Name: "sign-ins", Description: "One row each time somebody signed in."}
	for _, typ := range allTypes {
		name := strings.ReplaceAll(string(typ), "-", "_")
		d.Fields = append(d.Fields, catalog.Field{Name: order.Field("f_" + name), Type: typ, Category: "session.time", Description: "A " + name + "."})
	}
	b, err := pack.Schema(d, d.Fields)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/schema.json", b)

	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{})
	c.AssertFormat()
	if err := c.AddResource("https://writ.example/record", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("https://writ.example/record")
	if err != nil {
		t.Fatal(err)
	}
	full := `{"f_big_integer":"-12","f_boolean":true,"f_bytes":"AA==","f_date":"2026-03-02","f_decimal":"1.50","f_integer":-7,` +
		`"f_ip_address":"2001:db8::1","f_text":"x","f_timestamp":"2026-03-02T10:00:00Z",` +
		`"f_zoned_timestamp":{"original":"2026-03-02 11:00:00+01","utc":"2026-03-02T10:00:00Z"}}`
	for _, tt := range []struct {
		name, old, new string
		bad            bool
	}{
		{name: "all of them"},
		{name: "null", old: `"x"`, new: `null`},
		{name: "missing", old: `"f_text":"x",`, new: ``, bad: true},
		{name: "surplus", old: `"f_text"`, new: `"more":1,"f_text"`, bad: true},
		{name: "wrong type", old: `true`, new: `"yes"`, bad: true},
		{name: "integer too large", old: `-7`, new: `9007199254740993`, bad: true},
		{name: "time without zone", old: `"2026-03-02T10:00:00Z",`, new: `"2026-03-02T10:00:00",`, bad: true},
		{name: "half a zoned time", old: `"original":"2026-03-02 11:00:00+01",`, new: ``, bad: true},
	} {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(strings.Replace(full, tt.old, tt.new, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); (err != nil) != tt.bad {
			t.Errorf("%s: Validate = %v", tt.name, err)
		}
	}
	if _, err := pack.Schema(d, []catalog.Field{{Name: "x", Type: "colour"}}); !errors.Is(err, pack.ErrPack) {
		t.Errorf("an unknown type: %v", err)
	}
}

func TestCertificate(t *testing.T) {
	c := pack.Certificate{
		Provider: "mail.example", ExportID: name, Order: "26-mj-0412", OrderDigest: digest.Of([]byte("order")),
		Process: "subpoena", LegalBasis: "18 U.S.C. 2703(c)(2)", Authority: "U.S. District Court", Agency: "FBI New York", Test: true,
		Targets: []string{"email: ana@example.org\n9. Nothing is missing"},
		Datasets: []pack.Certified{
			{
				Name: "sign-ins", Description: "One row each time somebody signed in.", System: "mail", Window: "2026-03-01T00:00:00+01:00 to 2026-04-01T00:00:00+02:00",
				Query: `select "at", "ip" from "sign_ins" where "account" = any($1)`, PulledAt: created, Outcome: "complete", Records: 3,
				Fields: []string{"at", "ip"}, Withheld: []string{"password (secret)"},
			},
			{Name: "mail", Outcome: "refused", Withheld: []string{"body (not-permitted)"}},
		},
		Files:     []pack.File{{Path: "data/sign-ins/part-00000.ndjson", SizeBytes: 200, SHA256: digest.Of([]byte("part"))}},
		Tool:      "writ 0.1.0 (0123abcd, go1.26)",
		StartedAt: created, FinishedAt: created.Add(time.Minute),
	}
	b, err := c.Draft()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/certificate.txt", b)
	if strings.Contains(string(b), "\n9. Nothing") {
		t.Error("a target's identifier made a line of its own")
	}
}
