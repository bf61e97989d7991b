// Package locktest holds what every kind of lockdown is tested with: the
// catalog of an access provider, and its orders from approval to delivery.
package locktest

import (
	"os"
	"testing"

	"writ/export/catalog"
	"writ/export/lockdown"
	"writ/export/policy"
)

// Store is the store of the catalogs.
const Store catalog.StoreName = "radius"

// Roles are those that writ lockdown takes by itself.
var Roles = lockdown.Roles{Export: "writ_export", Approver: "writ_approver"}

// Radius is the catalog of testdata/radius, seen from a package two folders
// below export.
func Radius(t testing.TB) string {
	t.Helper()
	b, err := os.ReadFile("../../../testdata/radius/catalog.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Tables returns the tables of a catalog under the default policy.
func Tables(t testing.TB, text string) ([]lockdown.Table, error) {
	t.Helper()
	c, err := catalog.Parse("catalog.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := policy.Load(policy.Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return lockdown.Tables(c, p, Store)
}

// Head is a plain catalog of one table.
const Head = `format: writ.catalog/v1
accounts:
  subscriber: {store: radius, table: people, key: id}
identifiers:
  username: {account: subscriber, table: people, column: name, key: id}
datasets:
  person:
    table: people
    account: subscriber
    account_key: id
    key: [id]
    fields:
      name: {column: name, category: identity.name, type: text}
`
