package catalog_test

import (
	"errors"
	"testing"

	"writ/export/catalog"
)

func TestCategoryWithin(t *testing.T) {
	for _, tt := range []struct {
		c, p catalog.Category
		want bool
	}{
		{"identity.name", "identity", true},
		{"identity.name", "identity.name", true},
		{"identity", "identity.name", false},
		{"identity.number", "identity.name", false},
		{"identity.name", "ident", false},
		{"content", "contacts", false},
		{"secret", "secret", true},
		{"identity.name", "", false},
		{"", "", false},
	} {
		if got := tt.c.Within(tt.p); got != tt.want {
			t.Errorf("%q within %q is %v, want %v", tt.c, tt.p, got, tt.want)
		}
	}
}

func TestCategories(t *testing.T) {
	seen := map[catalog.Category]bool{}
	for _, c := range catalog.Categories() {
		if p, ok := c.Parent(); ok && !seen[p] {
			t.Errorf("%s comes before its parent", c)
		}
		if seen[c] || !c.Valid() {
			t.Errorf("%s is there twice or not valid", c)
		}
		seen[c] = true
	}
	if catalog.Category("identity").IsLeaf() || !catalog.Secret.IsLeaf() || catalog.Category("").Valid() {
		t.Error("leaves are confused with inner nodes")
	}
}

func TestApply(t *testing.T) {
	text := func(r ...catalog.Rule) catalog.Identifier {
		return catalog.Identifier{ColumnType: catalog.Text, Normalize: r}
	}
	address := catalog.Identifier{ColumnType: catalog.IPAddress}
	number := catalog.Identifier{ColumnType: catalog.Integer}
	for _, tt := range []struct {
		name     string
		id       catalog.Identifier
		in, want string
		err      error
	}{
		{"exact without rules", text(), "Anna@Example.ORG", "Anna@Example.ORG", nil},
		{"spaces are part of it", text(), " a ", " a ", nil},
		{"lower", text(catalog.Lower), "ANNÄ@X", "annÄ@x", nil},
		{"lower-domain keeps the local part", text(catalog.LowerDomain), "Anna@B@Example.ORG", "Anna@B@example.org", nil},
		{"lower-domain without a domain", text(catalog.LowerDomain), "anna", "", catalog.ErrIdentifier},
		{"lower-domain with an empty local part", text(catalog.LowerDomain), "@example.org", "", catalog.ErrIdentifier},
		{"phone as people write it", text(catalog.E164), "+41 (44) 123-45.67", "+41441234567", nil},
		{"phone without its country", text(catalog.E164), "044 123 45 67", "", catalog.ErrIdentifier},
		{"phone too short", text(catalog.E164), "+4144123", "", catalog.ErrIdentifier},
		{"phone with a letter", text(catalog.E164), "+4144123456x", "", catalog.ErrIdentifier},
		{"phone with the zero that is left out abroad", text(catalog.E164), "+41 (0)44 123 45 67", "", catalog.ErrIdentifier},
		{"phone of no country", text(catalog.E164), "+0441234567", "", catalog.ErrIdentifier},
		{"phone with digits of another script", text(catalog.E164), "+4144123456\u0661", "", catalog.ErrIdentifier},
		{"tag", text(catalog.DropTag), "anna+a+b@x+y.org", "anna@x+y.org", nil},
		{"nothing but a tag", text(catalog.DropTag), "+a@example.org", "", catalog.ErrIdentifier},
		{"tag without a domain", text(catalog.DropTag), "anna+a", "", catalog.ErrIdentifier},
		{"dots", text(catalog.DropDots), "a.n.na@x@example.org", "anna@x@example.org", nil},
		{"nothing but dots", text(catalog.DropDots), "..@example.org", "", catalog.ErrIdentifier},
		{"tag, then dots", text(catalog.DropTag, catalog.DropDots, catalog.Lower), "A.Nna+x.y@Example.org", "anna@example.org", nil},
		{"separators", text(catalog.StripSeparators), "35-209900/176148 (1).x", "352099001761481x", nil},
		{"nothing but separators", text(catalog.StripSeparators), " - ", "", catalog.ErrIdentifier},
		{"unknown rule", text("upper"), "a", "", catalog.ErrIdentifier},
		{"empty", text(), "", "", catalog.ErrIdentifier},
		{"NUL", text(), "a\x00b", "", catalog.ErrIdentifier},
		{"address", address, "2001:DB8:0::1", "2001:db8::1", nil},
		{"address mapped into IPv6", address, "::ffff:192.0.2.1", "192.0.2.1", nil},
		{"address with a zone", address, "fe80::1%eth0", "", catalog.ErrIdentifier},
		{"network", address, "192.0.2.0/24", "", catalog.ErrIdentifier},
		{"address with leading zeros", address, "192.0.2.01", "", catalog.ErrIdentifier},
		{"number", number, "17", "17", nil},
		{"number with a sign", number, "+17", "", catalog.ErrIdentifier},
		{"number with a zero in front", number, "017", "", catalog.ErrIdentifier},
		{"zero identifier", catalog.Identifier{}, "a", "", catalog.ErrIdentifier},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.id.Apply(tt.in)
			if got != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("Apply = %q, %v; want %q, %v", got, err, tt.want, tt.err)
			}
		})
	}
}

// A value that was normalised is what it is normalised to: so it does not
// matter how often, and no value is brought closer to another than the rules say.
func FuzzApply(f *testing.F) {
	for _, s := range []string{"ANN\u00c4@X", "Anna@B@Example.ORG", "a+b+c@x", "a.b@x", "35-20 (1)/7", "+41 (44) 123-45.67", "2001:DB8::1", "017", "", "a\x00b"} {
		f.Add(s)
	}
	ids := []catalog.Identifier{{ColumnType: catalog.Text}, {ColumnType: catalog.IPAddress}, {ColumnType: catalog.Integer}}
	for _, rules := range [][]catalog.Rule{
		{catalog.Lower}, {catalog.LowerDomain}, {catalog.DropTag}, {catalog.DropDots}, {catalog.StripSeparators}, {catalog.E164},
		{catalog.LowerDomain, catalog.DropTag, catalog.DropDots}, {catalog.StripSeparators, catalog.E164},
	} {
		ids = append(ids, catalog.Identifier{ColumnType: catalog.Text, Normalize: rules})
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, id := range ids {
			once, err := id.Apply(s)
			if err != nil {
				if !errors.Is(err, catalog.ErrIdentifier) || once != "" {
					t.Fatalf("Apply = %q, %v", once, err)
				}
				continue
			}
			if twice, err := id.Apply(once); err != nil || twice != once {
				t.Fatalf("%v: Apply(%q) = %q, and of that %q (%v)", id.Normalize, s, once, twice, err)
			}
		}
	})
}
