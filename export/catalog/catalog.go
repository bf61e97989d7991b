// Package catalog is the provider's map of its data: datasets and their fields
// by the nature of what they hold, and how an identifier finds an account.
//
// It is read from strict YAML; every error names the line. The package does no
// I/O and knows no store.
package catalog

import (
	"errors"
	"slices"

	"writ/crypto/digest"
	"writ/export/order"
)

// Format is the catalog's format version.
const Format = "writ.catalog/v1"

// MaxBytes bounds a catalog before it is parsed.
const MaxBytes = 4 << 20

// ErrCatalog is what every error about a catalog wraps.
var ErrCatalog = errors.New("catalog unusable")

// A StoreName is a store as the workspace calls it.
type StoreName string

// A Type is a field's type: it fixes the JSON form of its values (docs/formats.md).
type Type string

// The types.
const (
	Text           Type = "text"            // JSON string
	Integer        Type = "integer"         // JSON number, |v| <= 2^53-1
	BigInteger     Type = "big-integer"     // JSON string of digits
	Decimal        Type = "decimal"         // JSON string, as the store writes it
	Boolean        Type = "boolean"         // JSON true or false
	Timestamp      Type = "timestamp"       // JSON string, RFC 3339 in UTC
	ZonedTimestamp Type = "zoned-timestamp" // JSON object {"original","utc"}: text with a zone in the store
	Date           Type = "date"            // JSON string, YYYY-MM-DD
	IPAddress      Type = "ip-address"      // JSON string, canonical form
	Bytes          Type = "bytes"           // JSON string, base64
)

// An Encoding says how a store without a time type holds times.
type Encoding string

// The encodings. Native is for stores that have the type.
const (
	Native    Encoding = ""
	Unix      Encoding = "unix"     // seconds, integer
	UnixMS    Encoding = "unix-ms"  // milliseconds, integer
	RFC3339   Encoding = "rfc3339"  // text with a zone; not usable to select by window
	SQLiteUTC Encoding = "utc-text" // "YYYY-MM-DD HH:MM:SS[.fff]", UTC
)

// A Table names a table or view, with its schema where it has one. Its names are quoted, never spliced.
type Table struct {
	Schema string
	Name   string
}

// A TimeColumn is a column that holds times.
type TimeColumn struct {
	Column   string
	Encoding Encoding
}

// An Account is a kind of account: what identifiers find and datasets belong to.
type Account struct {
	Name   string
	Store  StoreName
	Table  Table
	Key    string // column
	Tenant string // column with the enterprise customer's id, or ""; NULL and '' are consumers
}

// An Identifier says how a type of target finds accounts.
type Identifier struct {
	Type       order.TargetType
	Account    string // a kind of account
	Store      StoreName
	Table      Table
	Column     string // compared exactly
	ColumnType Type   // Text or IPAddress or Integer
	Key        string // column with the account's key
	Normalize  []Rule
	From, To   TimeColumn // who held it when; empty if it never changes hands
}

// A Dataset is one kind of record.
type Dataset struct {
	Name        order.Dataset
	Description string
	Store       StoreName
	Table       Table
	Account     string     // a kind of account
	AccountKey  string     // column that holds the account's key
	Key         []string   // columns that, after the time, make the order of records total
	Time        TimeColumn // of the record; empty if the dataset knows no time
	Until       TimeColumn // end of the record's interval; empty if it is an instant; NULL is open
	Fields      []Field    // by name
}

// A Field is one column of a dataset.
type Field struct {
	Name        order.Field // also the JSON member
	Description string
	Column      string
	Category    Category
	Type        Type
	Encoding    Encoding
}

// Field returns the field called name.
func (d Dataset) Field(name order.Field) (Field, bool) {
	for _, f := range d.Fields {
		if f.Name == name {
			return f, true
		}
	}
	return Field{}, false
}

// A Catalog is a parsed catalog. Only [Parse] fills one.
type Catalog struct {
	text        []byte
	digest      digest.Digest
	accounts    []Account    // by name
	identifiers []Identifier // by type
	datasets    []Dataset    // by name
}

// Text returns the catalog's bytes.
func (c *Catalog) Text() []byte { return slices.Clone(c.text) }

// Digest is the SHA-256 of the catalog's bytes.
func (c *Catalog) Digest() digest.Digest { return c.digest }

// Dataset returns the dataset called name.
func (c *Catalog) Dataset(name order.Dataset) (Dataset, bool) {
	for _, d := range c.datasets {
		if d.Name == name {
			return d.clone(), true
		}
	}
	return Dataset{}, false
}

// Datasets returns all, by name.
func (c *Catalog) Datasets() []Dataset {
	out := slices.Clone(c.datasets)
	for i := range out {
		out[i] = out[i].clone()
	}
	return out
}

func (d Dataset) clone() Dataset {
	d.Key, d.Fields = slices.Clone(d.Key), slices.Clone(d.Fields)
	return d
}

// Identifier returns how targets of type t find accounts.
func (c *Catalog) Identifier(t order.TargetType) (Identifier, bool) {
	for _, i := range c.identifiers {
		if i.Type == t {
			return i.clone(), true
		}
	}
	return Identifier{}, false
}

// Identifiers returns all, by type.
func (c *Catalog) Identifiers() []Identifier {
	out := slices.Clone(c.identifiers)
	for i := range out {
		out[i] = out[i].clone()
	}
	return out
}

func (i Identifier) clone() Identifier {
	i.Normalize = slices.Clone(i.Normalize)
	return i
}

// Account returns the kind of account called name.
func (c *Catalog) Account(name string) (Account, bool) {
	for _, a := range c.accounts {
		if a.Name == name {
			return a, true
		}
	}
	return Account{}, false
}

// Accounts returns all kinds of account, by name.
func (c *Catalog) Accounts() []Account { return slices.Clone(c.accounts) }

// Stores returns the names of the stores that the catalog needs, sorted.
func (c *Catalog) Stores() []StoreName {
	var out []StoreName
	for _, a := range c.accounts {
		out = append(out, a.Store)
	}
	for _, i := range c.identifiers {
		out = append(out, i.Store)
	}
	for _, d := range c.datasets {
		out = append(out, d.Store)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
