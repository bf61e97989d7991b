package catalog_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"writ/crypto/digest"
	"writ/export/catalog"
)

func example(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseExample(t *testing.T) {
	b := example(t, "radius.yaml")
	c, err := catalog.Parse("catalog.yaml", b)
	if err != nil {
		t.Fatal(err)
	}
	if c.Digest() != digest.Of(b) {
		t.Errorf("digest is %v, want that of the file", c.Digest())
	}
	i, ok := c.Identifier("ip-address")
	want := catalog.Identifier{
		Type: "ip-address", Account: "subscriber", Store: "radius",
		Table: catalog.Table{Schema: "public", Name: "radacct"}, Column: "framedipaddress",
		ColumnType: catalog.IPAddress, Key: "username",
		From: catalog.TimeColumn{Column: "acctstarttime"}, To: catalog.TimeColumn{Column: "acctstoptime"},
	}
	if diff := cmp.Diff(want, i); !ok || diff != "" {
		t.Errorf("identifier differs (-want +got):\n%s", diff)
	}
	d, ok := c.Dataset("sessions")
	if !ok || d.Store != "radius" || d.AccountKey != "username" || !slices.Equal(d.Key, []string{"radacctid"}) {
		t.Errorf("dataset is %+v", d)
	}
	f, ok := d.Field("bytes-in")
	if want := (catalog.Field{Name: "bytes-in", Column: "acctinputoctets", Category: "traffic.volume", Type: catalog.BigInteger}); !ok || f != want {
		t.Errorf("field is %+v, want %+v", f, want)
	}
	if _, ok := d.Field("nothing"); ok {
		t.Error("a field that is not there was found")
	}
}

func TestParseSorts(t *testing.T) {
	c, err := catalog.Parse("catalog.yaml", example(t, "mail.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range c.Datasets() {
		names = append(names, string(d.Name))
		if !slices.IsSortedFunc(d.Fields, func(a, b catalog.Field) int { return strings.Compare(string(a.Name), string(b.Name)) }) {
			t.Errorf("fields of %s are not in order", d.Name)
		}
	}
	if want := []string{"logins", "messages", "subscriber"}; !slices.Equal(names, want) {
		t.Errorf("datasets are %v, want %v", names, want)
	}
	if got := c.Stores(); !slices.Equal(got, []catalog.StoreName{"mail"}) {
		t.Errorf("stores are %v", got)
	}
}

func TestGettersCopy(t *testing.T) {
	c, err := catalog.Parse("catalog.yaml", example(t, "mail.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	d, _ := c.Dataset("logins")
	d.Fields[0].Category, d.Key[0] = "identity.name", "x"
	c.Datasets()[0].Fields[0].Category = "identity.name"
	i, _ := c.Identifier("email")
	i.Normalize[0] = catalog.Lower
	again, _ := c.Dataset("logins")
	if again.Fields[0].Category == "identity.name" || again.Key[0] == "x" {
		t.Error("a caller changed the catalog's dataset")
	}
	if again, _ := c.Identifier("email"); again.Normalize[0] != catalog.LowerDomain {
		t.Error("a caller changed the catalog's identifier")
	}
}

// valid is a small catalog in which each case below breaks one thing.
const valid = `format: writ.catalog/v1
accounts:
  mailbox: {store: mail, table: accounts, key: id, tenant: tenant_id}
identifiers:
  email:
    account: mailbox
    table: addresses
    column: address
    key: account_id
    normalize: [lower]
datasets:
  logins:
    account: mailbox
    table: public.logins
    account_key: account_id
    key: [id]
    time: {column: at, encoding: unix}
    fields:
      at: {column: at, category: session.time, type: timestamp, encoding: unix}
      ip:
        column: ip
        category: session.address
        type: ip-address
`

func TestParseRefuses(t *testing.T) {
	if _, err := catalog.Parse("catalog.yaml", []byte(valid)); err != nil {
		t.Fatalf("the base of every case does not parse: %v", err)
	}
	for _, tt := range []struct{ name, old, new, want string }{
		{"other format", "catalog/v1", "catalog/v2", `catalog.yaml:1: format: want "writ.catalog/v1"`},
		{"no format", "format: writ.catalog/v1\n", "", `catalog.yaml:1: "format" is missing`},
		{"unknown key at the top", "accounts:", "extra: x\naccounts:", `catalog.yaml:2: unknown key "extra"`},
		{"unknown key in a field", "column: ip\n", "colum: ip\n", `catalog.yaml:20: dataset "logins": field "ip": "column" is missing`},
		{"one key too many", "column: ip\n", "column: ip\n        colour: red\n", `catalog.yaml:22: dataset "logins": field "ip": unknown key "colour"`},
		{"duplicate field", "      ip:\n", "      at: {column: x, category: content, type: text}\n      ip:\n", `catalog.yaml:20: mapping key "at" already defined at [19:7]`},
		{"duplicate field, quoted", "      ip:\n", "      \"at\": {column: x, category: content, type: text}\n      ip:\n", `catalog.yaml:20: mapping key "at" already defined at [19:7]`},
		{"anchor", "key: account_id", "key: &k account_id", `catalog.yaml:9: anchors, aliases and merge keys are not allowed: write it out`},
		{"merge key", "column: ip\n", "<<: {column: ip}\n", `catalog.yaml:21: a key must be plain text: mergekey is not allowed`},
		{"tag", "column: ip\n", "column: !!str ip\n", `catalog.yaml:21: tags are not allowed`},
		{"two documents", "accounts:", "---\naccounts:", `catalog.yaml: 2 YAML documents, want one`},
		{"empty value", "category: session.address", "category:", `catalog.yaml:22: empty value: leave the key out instead`},
		{"number for text", "column: ip\n", "column: 17\n", `catalog.yaml:21: dataset "logins": field "ip": column: want text, and 17 is a whole number in YAML: quote it`},
		{"empty text", "column: ip\n", "column: ''\n", `catalog.yaml:21: dataset "logins": field "ip": column: empty text: leave the key out instead`},
		{"no accounts", "  mailbox: {store: mail, table: accounts, key: id, tenant: tenant_id}\n", "", `catalog.yaml:2: empty value: leave the key out instead`},
		{"account without a store", "{store: mail, ", "{", `catalog.yaml:3: account "mailbox": "store" is missing`},
		{"unknown account", "    account: mailbox\n    table: public", "    account: postbox\n    table: public", `catalog.yaml:13: dataset "logins": account: no account is called "postbox"`},
		{"empty key", "key: [id]", "key: []", `catalog.yaml:16: dataset "logins": key: empty list: leave the key out instead`},
		{"no key", "    key: [id]\n", "", `catalog.yaml:12: dataset "logins": "key" is missing`},
		{"key column twice", "key: [id]", "key: [id, id]", `catalog.yaml:16: dataset "logins": key: "id" is there twice`},
		{"key that is no list", "key: [id]", "key: id", `catalog.yaml:16: dataset "logins": key: want a list, not text`},
		{"upper-case field", "      ip:\n", "      IP:\n", `catalog.yaml:20: dataset "logins": field "IP": want a name of lower-case letters, digits, - and _, at most 64, and none that Windows reserves`},
		{"dataset that would leave its folder", "  logins:\n", "  ../logins:\n", `catalog.yaml:12: dataset "../logins": want a name of lower-case letters, digits, - and _, at most 64, and none that Windows reserves`},
		{"dataset that Windows reserves", "  logins:\n", "  nul:\n", `catalog.yaml:12: dataset "nul": want a name of lower-case letters, digits, - and _, at most 64, and none that Windows reserves`},
		{"column with a NUL", "column: ip\n", `column: "i\0p"` + "\n", `catalog.yaml:21: dataset "logins": field "ip": column: name with a control character`},
		{"long column", "column: ip\n", "column: " + strings.Repeat("x", 129) + "\n", `catalog.yaml:21: dataset "logins": field "ip": column: name of 129 bytes, limit is 128`},
		{"table of three parts", "public.logins", "db.public.logins", `catalog.yaml:14: dataset "logins": table: want NAME or SCHEMA.NAME, not "db.public.logins"`},
		{"table without a name", "public.logins", "public.", `catalog.yaml:14: dataset "logins": table: empty name`},
		{"unknown category", "session.address", "session.adress", `catalog.yaml:22: dataset "logins": field "ip": category: want one of identity.name, identity.address, identity.number, identity.birth, service.length, service.type, payment.means, session.time, session.address, device.id, traffic.header, traffic.call, traffic.volume, location, contacts, content, secret; not "session.adress"`},
		{"category that is an inner node", "session.address", "session", `catalog.yaml:22: dataset "logins": field "ip": category: want one of identity.name, identity.address, identity.number, identity.birth, service.length, service.type, payment.means, session.time, session.address, device.id, traffic.header, traffic.call, traffic.volume, location, contacts, content, secret; not "session"`},
		{"no category", "        category: session.address\n", "", `catalog.yaml:20: dataset "logins": field "ip": "category" is missing`},
		{"unknown type", "type: ip-address", "type: inet", `catalog.yaml:23: dataset "logins": field "ip": type: want one of text, integer, big-integer, decimal, boolean, timestamp, zoned-timestamp, date, ip-address, bytes; not "inet"`},
		{"encoding without a time", "type: ip-address\n", "type: ip-address\n        encoding: unix\n", `catalog.yaml:20: dataset "logins": field "ip": type ip-address has no encoding`},
		{"timestamp from zoned text", "column: ip\n        category: session.address\n        type: ip-address\n", "column: ip\n        category: session.time\n        type: timestamp\n        encoding: rfc3339\n", `catalog.yaml:20: dataset "logins": field "ip": the encoding rfc3339 needs the type zoned-timestamp, which keeps the zone`},
		{"zoned timestamp without text", "type: ip-address", "type: zoned-timestamp", `catalog.yaml:20: dataset "logins": field "ip": type zoned-timestamp needs the encoding rfc3339: the zone is only kept in text`},
		{"window over zoned text", "time: {column: at, encoding: unix}", "time: {column: at, encoding: rfc3339}", `catalog.yaml:17: dataset "logins": time "time": encoding: times in rfc3339 cannot select by window: use another column or a view`},
		{"unknown encoding", "time: {column: at, encoding: unix}", "time: {column: at, encoding: epoch}", `catalog.yaml:17: dataset "logins": time "time": encoding: want one of unix, unix-ms, rfc3339, utc-text; not "epoch"`},
		{"field and time disagree", "time: {column: at, encoding: unix}", "time: {column: at, encoding: unix-ms}", `catalog.yaml:19: dataset "logins": field "at": the dataset says that the column has the encoding "unix-ms"`},
		{"until without time", "time: {column: at, encoding: unix}", "until: ended", `catalog.yaml:12: dataset "logins": "until" without "time"`},
		{"to without from", "key: account_id\n    normalize", "key: account_id\n    to: ended\n    normalize", `catalog.yaml:5: identifier "email": "to" without "from"`},
		{"identifier that no target can name", "  email:", "  e_mail:", `catalog.yaml:5: identifier "e_mail": no target has a type with _: use -`},
		{"unknown rule", "[lower]", "[upper]", `catalog.yaml:10: identifier "email": normalize: no rule is called "upper": there are lower, lower-domain, drop-tag, drop-dots, strip-separators, e164`},
		{"rule for a number", "[lower]", "[lower]\n    column_type: integer", `catalog.yaml:10: identifier "email": normalize: only text is normalised, and the column is of type integer`},
		{"identifier of a type that is no identifier", "[lower]", "[lower]\n    column_type: bytes", `catalog.yaml:11: identifier "email": column_type: want one of text, ip-address, integer; not "bytes"`},
		{"not a mapping", valid, "- a\n- b\n", `catalog.yaml:1: want a mapping at the top`},
		{"empty", valid, "", `catalog.yaml: empty`},
		{"not UTF-8", "column: ip\n", "column: \xff\n", `catalog.yaml:21: not UTF-8`},
		{"bytes that end the line for others", "column: ip\n", "column: a\u2028b\n", `catalog.yaml:21: control character U+2028`},
		{"too deep", valid, "a: " + strings.Repeat("[", 20) + strings.Repeat("]", 20), `catalog.yaml:1: brackets deeper than 12`},
		{"too large", valid, strings.Repeat("#", catalog.MaxBytes+1), `catalog.yaml: 4194305 bytes, limit is 4194304`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := strings.Replace(valid, tt.old, tt.new, 1)
			if in == valid {
				t.Fatal("the case changes nothing")
			}
			c, err := catalog.Parse("catalog.yaml", []byte(in))
			if c != nil || !errors.Is(err, catalog.ErrCatalog) {
				t.Fatalf("Parse = %v, %v; want nil and ErrCatalog", c, err)
			}
			if err.Error() != tt.want {
				t.Errorf("error is\n%s\nwant\n%s", err, tt.want)
			}
		})
	}
}

func TestTwoFieldsMayShareAColumn(t *testing.T) {
	in := strings.Replace(valid, "column: ip\n", "column: at\n", 1)
	if _, err := catalog.Parse("catalog.yaml", []byte(in)); err != nil {
		t.Fatal(err)
	}
}

// What Parse accepts keeps its promises whatever it was fed: names are safe
// paths, every reference leads somewhere, and order is total.
func FuzzParse(f *testing.F) {
	seeds, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata (%v)", err)
	}
	for _, s := range seeds {
		f.Add(example(f, filepath.Base(s)))
	}
	f.Add([]byte(valid))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := catalog.Parse("f", b)
		if err != nil {
			if c != nil || !errors.Is(err, catalog.ErrCatalog) || strings.Contains(err.Error(), "\n") {
				t.Fatalf("Parse = %v, %q", c, err)
			}
			return
		}
		for _, d := range c.Datasets() {
			if strings.ContainsAny(string(d.Name), `/\.: `) || len(d.Key) == 0 || len(d.Fields) == 0 {
				t.Fatalf("dataset %+v", d)
			}
			if _, ok := c.Account(d.Account); !ok || !slices.Contains(c.Stores(), d.Store) {
				t.Fatalf("dataset %q leads nowhere", d.Name)
			}
			for i, f := range d.Fields {
				if !f.Category.IsLeaf() || f.Type == "" || f.Column == "" || i > 0 && f.Name <= d.Fields[i-1].Name {
					t.Fatalf("field %+v", f)
				}
			}
			if d.Time.Encoding == catalog.RFC3339 {
				t.Fatal("selects by text with zones")
			}
		}
		if again, err := catalog.Parse("f", append(bytes.Clone(b), "\n# end\n"...)); err == nil && cmp.Equal(c.Datasets(), again.Datasets()) == false {
			t.Fatal("a comment changed the datasets")
		}
	})
}
