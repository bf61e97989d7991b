package source

import (
	"errors"
	"fmt"
	"slices"

	"writ/export/catalog"
)

// Check refuses a read that names no account, no field or no window where the
// dataset has times. Each store calls it before it does anything else.
func (r Read) Check() error {
	accounts := slices.Clone(r.Accounts)
	slices.Sort(accounts)
	switch {
	case len(slices.Compact(accounts)) != len(r.Accounts):
		return fmt.Errorf("%w: dataset %s names an account twice", ErrUnbound, r.Dataset)
	case len(r.Accounts) == 0 || slices.Contains(r.Accounts, ""):
		return fmt.Errorf("%w: dataset %s", ErrUnbound, r.Dataset)
	case r.Table.Name == "" || r.AccountKey == "" || len(r.Key) == 0 || len(r.Fields) == 0:
		return fmt.Errorf("%w: dataset %s lacks a table, an account key, a key or fields", ErrSchema, r.Dataset)
	case r.Time.Column == "" && r.Until.Column != "":
		return fmt.Errorf("%w: dataset %s has an end of records but no beginning", ErrSchema, r.Dataset)
	case r.Time.Column == "" && !(r.From.IsZero() && r.To.IsZero()):
		return fmt.Errorf("%w: dataset %s has a window but no time", ErrSchema, r.Dataset)
	case r.Time.Column != "" && (r.From.IsZero() || !r.From.Before(r.To)):
		return fmt.Errorf("%w: dataset %s has times, so it needs a window that ends after it begins", ErrUnbound, r.Dataset)
	}
	return nil
}

// Check refuses a lookup that no store could answer, or that would match
// whatever is empty.
func (l Lookup) Check() error {
	i := l.Identifier
	switch {
	case l.Value == "":
		return fmt.Errorf("%w: an empty identifier of type %s", ErrUnbound, i.Type)
	case i.Table.Name == "" || i.Column == "" || i.Key == "":
		return fmt.Errorf("%w: identifier %s lacks a table, a column or a key", ErrSchema, i.Type)
	case i.From.Column == "" && i.To.Column != "":
		return fmt.Errorf("%w: identifier %s has an end of holding but no beginning", ErrSchema, i.Type)
	case (i.From.Column != "") != !l.At.IsZero():
		return fmt.Errorf("%w: identifier %s needs a time if, and only if, it changes hands", ErrUnbound, i.Type)
	case l.Account.Tenant != "" && l.Account.Store != i.Store:
		return fmt.Errorf("%w: identifier %s is on store %q and the tenants of its accounts on store %q; put both on one", ErrSchema, i.Type, i.Store, l.Account.Store)
	case l.Account.Tenant != "" && (l.Account.Table.Name == "" || l.Account.Key == ""):
		return fmt.Errorf("%w: account %s lacks a table or a key", ErrSchema, l.Account.Name)
	}
	return nil
}

// Joined reports whether the account's tenant stands in another table than the
// identifier.
func (l Lookup) Joined() bool {
	return l.Account.Tenant != "" && !(l.Account.Table == l.Identifier.Table && l.Account.Key == l.Identifier.Key)
}

// Columns returns one column for each field of r. encoder chooses, for a field,
// how a value that is not NULL is encoded; the errors of what it returns are
// sentences without the value, and Columns adds dataset and field.
func Columns(r Read, encoder func(catalog.Field) (Encoder, error)) ([]Column, error) {
	columns := make([]Column, len(r.Fields))
	for i, f := range r.Fields {
		encode, err := encoder(f)
		if err != nil {
			return nil, fmt.Errorf("%w: dataset %s, field %s: %w", ErrSchema, r.Dataset, f.Name, err)
		}
		columns[i] = Column{Name: string(f.Name), Encode: func(dst, raw []byte) ([]byte, error) {
			if raw == nil {
				return append(dst, "null"...), nil
			}
			dst, err := encode(dst, raw)
			if err != nil {
				return nil, ValueError(r, f, err)
			}
			return dst, nil
		}}
	}
	return columns, nil
}

// ValueError says that a value of field f is not of its type; why must not
// hold the value.
func ValueError(r Read, f catalog.Field, why error) error {
	return fmt.Errorf("%w: dataset %s, field %s: %w", ErrValue, r.Dataset, f.Name, why)
}

// Why a value is not of its type. Stores' own encoders use the exported ones.
var (
	ErrInfinite = errors.New("a number or time without bound")
	ErrWidth    = errors.New("not as wide as its type")

	errUTF8    = errors.New("text that is not UTF-8")
	errRange   = errors.New("an integer beyond 2^53-1: make the type big-integer")
	errInteger = errors.New("not an integer")
	errDecimal = errors.New("not a decimal number")
	errBoolean = errors.New("neither 0 nor 1")
	errTime    = errors.New("not a time in the catalog's encoding, or not of the years 0000 to 9999")
	errDate    = errors.New("not a date of the years 0000 to 9999")
	errAddress = errors.New("not an IP address")
)
