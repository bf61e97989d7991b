package lockdown

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"writ/export/catalog"
	"writ/export/policy"
)

// A Table is what writ needs of one table. Columns are sorted.
type Table struct {
	Name    catalog.Table
	Export  []string // columns that the export role reads
	Approve []string // columns that the approver's role reads, to find accounts
	Owners  []Owner  // whose rows the table holds: one of them must be approved
}

// An Owner is a column that holds keys of a kind of account.
type Owner struct {
	Account string // kind
	Column  string
}

// table collects a Table.
type table struct {
	export, approve, secret map[string]bool
	owners                  map[Owner]bool
}

// Tables returns what writ reads on a store, by name: what some rule of some
// jurisdiction could grant, and what reads and look-ups need besides. A column
// that holds a secret is never among it.
func Tables(c *catalog.Catalog, p *policy.Policy, store catalog.StoreName) ([]Table, error) {
	all := map[catalog.Table]*table{}
	of := func(name catalog.Table) *table {
		if all[name] == nil {
			all[name] = &table{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[Owner]bool{}}
		}
		return all[name]
	}
	for _, i := range c.Identifiers() {
		if i.Store == store {
			t := of(i.Table)
			t.finds(i.Column, i.Key, i.From.Column, i.To.Column)
			t.owners[Owner{i.Account, i.Key}] = true
		}
	}
	for _, a := range c.Accounts() {
		if a.Store == store && a.Tenant != "" {
			t := of(a.Table)
			t.finds(a.Key, a.Tenant)
			t.owners[Owner{a.Name, a.Key}] = true
		}
	}
	could := grantable(p)
	for _, d := range c.Datasets() {
		if d.Store != store {
			continue
		}
		t := of(d.Table)
		t.reads(d.AccountKey, d.Time.Column, d.Until.Column)
		t.reads(d.Key...)
		t.owners[Owner{d.Account, d.AccountKey}] = true
		for _, f := range d.Fields {
			switch {
			case f.Category.Within(catalog.Secret):
				t.secret[f.Column] = true
			case could[f.Category]:
				t.reads(f.Column)
			}
		}
	}
	var out []Table
	for name, t := range all {
		for column := range t.secret {
			if t.export[column] || t.approve[column] {
				return nil, fmt.Errorf("%w: the catalog calls column %s of table %s a secret and reads it as something else", ErrUnusable, column, name.Name)
			}
		}
		out = append(out, Table{
			Name: name, Export: slices.Sorted(maps.Keys(t.export)), Approve: slices.Sorted(maps.Keys(t.approve)),
			Owners: slices.SortedFunc(maps.Keys(t.owners), func(a, b Owner) int {
				return cmp.Or(cmp.Compare(a.Account, b.Account), cmp.Compare(a.Column, b.Column))
			}),
		})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: it has nothing on store %q", ErrUnusable, store)
	}
	slices.SortFunc(out, func(a, b Table) int {
		return cmp.Or(cmp.Compare(a.Name.Schema, b.Name.Schema), cmp.Compare(a.Name.Name, b.Name.Name))
	})
	return out, nil
}

// reads adds columns that the export role reads.
func (t *table) reads(columns ...string) {
	for _, c := range columns {
		if c != "" {
			t.export[c] = true
		}
	}
}

// finds adds columns by which accounts are found, by both roles: the approver
// finds them first, and the export role again among those approved.
func (t *table) finds(columns ...string) {
	t.reads(columns...)
	for _, c := range columns {
		if c != "" {
			t.approve[c] = true
		}
	}
}

// grantable are the categories that some process of some jurisdiction reaches
// with everything that the rules may ask for.
func grantable(p *policy.Policy) map[catalog.Category]bool {
	out := map[catalog.Category]bool{}
	for _, name := range p.Jurisdictions() {
		d, _ := p.Describe(name)
		for _, process := range d.Processes {
			for _, c := range process.Reaches {
				out[c] = true
			}
		}
	}
	return out
}
