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
