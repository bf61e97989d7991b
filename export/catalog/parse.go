package catalog

import (
	"slices"
	"strings"

	"writ/crypto/digest"
	"writ/export/internal/strictyaml"
	"writ/export/order"
)

// Bounds on one catalog: what an order could not mandate is not worth having.
const (
	MaxDatasets = order.MaxItems
	MaxFields   = order.MaxFields // of one dataset
)

// Parse reads a catalog. file is its name for errors, such as "catalog.yaml".
// Errors read "catalog.yaml:12: …" and wrap [ErrCatalog].
func Parse(file string, b []byte) (*Catalog, error) {
	top, err := strictyaml.Parse(file, b, MaxBytes, ErrCatalog)
	if err != nil {
		return nil, err
	}
	c := &Catalog{text: slices.Clone(b), digest: digest.Of(b)}
	m := top.Map()
	if n, ok := m.Need("format"); ok {
		if f, err := n.Text(); err != nil || f != Format {
			m.Fail(n.Errorf("want %q", Format))
		}
	}
	// Accounts first: identifiers and datasets refer to them.
	each(m, "accounts", "account", func(name string, n strictyaml.Node) {
		c.accounts = append(c.accounts, parseAccount(m, name, n))
	})
	each(m, "identifiers", "identifier", func(name string, n strictyaml.Node) {
		c.identifiers = append(c.identifiers, c.parseIdentifier(m, name, n))
	})
	each(m, "datasets", "dataset", func(name string, n strictyaml.Node) {
		c.datasets = append(c.datasets, c.parseDataset(m, name, n))
	})
	if err := m.Done(); err != nil {
		return nil, err
	}
	if len(c.datasets) > MaxDatasets {
		return nil, top.Errorf("%d datasets, limit is %d", len(c.datasets), MaxDatasets)
	}
	slices.SortFunc(c.accounts, func(a, b Account) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(c.identifiers, func(a, b Identifier) int { return strings.Compare(string(a.Type), string(b.Type)) })
	slices.SortFunc(c.datasets, func(a, b Dataset) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return c, nil
}

// each reads the entries of the mapping at key, which must be there and not be
// empty, and checks their names.
func each(m *strictyaml.Map, key, kind string, read func(string, strictyaml.Node)) {
	n, ok := m.Need(key)
	if !ok {
		return
	}
	entries, err := n.Entries()
	if err == nil && len(entries) == 0 {
		err = n.Errorf("no %s: at least one is needed", kind)
	}
	m.Fail(err)
	for _, e := range entries {
		v := e.Value.In(kind, e.Key)
		if !validName(e.Key) {
			m.Fail(v.Errorf("want a name of lower-case letters, digits, - and _, at most %d, and none that Windows reserves", maxName))
		}
		read(e.Key, v)
	}
}

func parseAccount(up *strictyaml.Map, name string, n strictyaml.Node) Account {
	m := n.Map()
	a := Account{
		Name:   name,
		Store:  store(m, ""),
		Table:  table(m),
		Key:    column(m, "key", true),
		Tenant: column(m, "tenant", false),
	}
	up.Fail(m.Done())
	return a
}

// accountOf reads the kind of account that an identifier finds or a dataset
// belongs to.
func (c *Catalog) accountOf(m *strictyaml.Map) Account {
	name := m.NeedText("account")
	a, ok := c.Account(name)
	if !ok && name != "" {
		n, _ := m.Get("account")
		m.Fail(n.Errorf("no account is called %q", name))
	}
	return a
}

func (c *Catalog) parseIdentifier(up *strictyaml.Map, name string, n strictyaml.Node) Identifier {
	m := n.Map()
	a := c.accountOf(m)
	i := Identifier{
		Type:       order.TargetType(name),
		Account:    a.Name,
		Store:      store(m, a.Store),
		Table:      table(m),
		Column:     column(m, "column", true),
		ColumnType: Text,
		Key:        column(m, "key", true),
		From:       timeColumn(m, "from"),
		To:         timeColumn(m, "to"),
	}
	if t := oneOf(m, "column_type", Text, IPAddress, Integer); t != "" {
		i.ColumnType = t
	}
	for _, r := range m.Texts("normalize") {
		n, _ := m.Get("normalize")
		switch r := Rule(r); {
		case !slices.Contains(rules, r):
			m.Fail(n.Errorf("no rule is called %q: there are %s", r, list(rules)))
		case i.ColumnType != Text:
			m.Fail(n.Errorf("only text is normalised, and the column is of type %s", i.ColumnType))
		default:
			i.Normalize = append(i.Normalize, r)
		}
	}
	if strings.Contains(name, "_") {
		m.Fail(n.Errorf("no target has a type with _: use -"))
	}
	if i.To.Column != "" && i.From.Column == "" {
		m.Fail(n.Errorf(`"to" without "from"`))
	}
	up.Fail(m.Done())
	return i
}

func (c *Catalog) parseDataset(up *strictyaml.Map, name string, n strictyaml.Node) Dataset {
	m := n.Map()
	a := c.accountOf(m)
	d := Dataset{
		Name:        order.Dataset(name),
		Description: prose(m, "description"),
		Store:       store(m, a.Store),
		Table:       table(m),
		Account:     a.Name,
		AccountKey:  column(m, "account_key", true),
		Key:         columns(m, "key"),
		Time:        timeColumn(m, "time"),
		Until:       timeColumn(m, "until"),
	}
	if d.Until.Column != "" && d.Time.Column == "" {
		m.Fail(n.Errorf(`"until" without "time"`))
	}
	each(m, "fields", "field", func(name string, n strictyaml.Node) {
		d.Fields = append(d.Fields, parseField(m, name, n, d.Time, d.Until))
	})
	if len(d.Fields) > MaxFields {
		m.Fail(n.Errorf("%d fields, limit is %d", len(d.Fields), MaxFields))
	}
	slices.SortFunc(d.Fields, func(a, b Field) int { return strings.Compare(string(a.Name), string(b.Name)) })
	up.Fail(m.Done())
	return d
}

// parseField reads one field; times are the columns whose encoding the dataset
// has already stated.
func parseField(up *strictyaml.Map, name string, n strictyaml.Node, times ...TimeColumn) Field {
	m := n.Map()
	f := Field{
		Name:        order.Field(name),
		Description: prose(m, "description"),
		Column:      column(m, "column", true),
		Category:    Category(m.NeedText("category")),
		Type:        oneOf(m, "type", Text, Integer, BigInteger, Decimal, Boolean, Timestamp, ZonedTimestamp, Date, IPAddress, Bytes),
		Encoding:    oneOf(m, "encoding", Unix, UnixMS, RFC3339, SQLiteUTC),
	}
	if c, ok := m.Get("category"); ok && !f.Category.IsLeaf() {
		m.Fail(c.Errorf("want one of %s; not %q", list(leaves), f.Category))
	}
	if m.Need("type"); f.Type != "" {
		m.Fail(checkEncoding(n, f))
	}
	for _, t := range times {
		if t.Column == f.Column && f.Type == Timestamp && t.Encoding != f.Encoding {
			m.Fail(n.Errorf("the dataset says that the column has the encoding %q", t.Encoding))
		}
	}
	up.Fail(m.Done())
	return f
}

func checkEncoding(n strictyaml.Node, f Field) error {
	switch {
	case f.Type == ZonedTimestamp && f.Encoding != RFC3339:
		return n.Errorf("type %s needs the encoding %s: the zone is only kept in text", f.Type, RFC3339)
	case f.Type == Timestamp && f.Encoding == RFC3339:
		return n.Errorf("the encoding %s needs the type %s, which keeps the zone", f.Encoding, ZonedTimestamp)
	case f.Type != Timestamp && f.Type != ZonedTimestamp && f.Encoding != Native:
		return n.Errorf("type %s has no encoding", f.Type)
	}
	return nil
}
