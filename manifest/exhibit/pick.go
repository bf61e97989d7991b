package exhibit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"writ/manifest"
)

// A Pick says which record of a dataset is meant. The empty one means none.
type Pick struct {
	by           byte
	index        uint64
	field, value string
}

const (
	byIndex = 1 + iota
	byField
)

// Record picks by the place in the dataset, counted from 0.
func Record(index uint64) Pick { return Pick{by: byIndex, index: index} }

// Field picks the one record whose field has a value: that of text without its
// quotes, of anything else as its canonical JSON.
func Field(name, value string) Pick { return Pick{by: byField, field: name, value: value} }

// check asks whether a dataset can have such a record.
func (p Pick) check(d manifest.Dataset) error {
	switch p.by {
	case byIndex:
		if p.index >= uint64(d.Records) {
			return fmt.Errorf("%w: no record %d: dataset %s has %d records, counted from 0", ErrRequest, p.index, d.Name, d.Records)
		}
		return nil
	case byField:
		var names []string
		for _, f := range d.Fields {
			names = append(names, f.Name)
		}
		if !slices.Contains(names, p.field) {
			return fmt.Errorf("%w: dataset %s has no granted field %q; it has %s", ErrRequest, d.Name, p.field, strings.Join(names, ", "))
		}
		return nil
	}
	return fmt.Errorf("%w: no record is named", ErrRequest)
}

// matches reports whether a field's canonical value is the one that is meant.
func (p Pick) matches(field string, value []byte) bool {
	if field != p.field {
		return false
	}
	if len(value) > 0 && value[0] == '"' {
		text, err := jsontext.AppendUnquote(nil, value)
		return err == nil && string(text) == p.value
	}
	return string(value) == p.value
}
