package bundle

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"writ/manifest"
	"writ/manifest/plain"
)

// A shape is the one form that the records of a dataset have: an object of
// exactly the granted fields, in the order and spelling of RFC 8785.
type shape struct {
	fields []string
	names  [][]byte // `{"at":`, `,"ip":`
}

func newShape(fields []manifest.Granted) *shape {
	s := &shape{}
	for _, f := range fields {
		s.fields = append(s.fields, f.Name)
		// Names are ASCII words, sorted: package manifest has checked it, and
		// for these the order of bytes is that of RFC 8785.
		sep := ","
		if len(s.names) == 0 {
			sep = "{"
		}
		s.names = append(s.names, []byte(sep+`"`+f.Name+`":`))
	}
	return s
}

var (
	errFields = errors.New("its members are not exactly the granted fields")
	errForm   = errors.New("it is not canonical JSON (RFC 8785)")
)

// maxDepth bounds how deep a value may nest; no type of the catalog needs more than 1.
const maxDepth = 8

// check returns nil if record has the shape. A cell, if given, is told each
// field's value.
func (s *shape) check(record []byte, cell func(field int, value []byte)) error {
	n, err := s.first(record, cell)
	if err == nil && n != len(record) {
		return errForm
	}
	return err
}

// first returns the length of the record that b begins with. It stops for
// nothing and copies nothing, except where a value's one spelling is not plain
// to see.
func (s *shape) first(b []byte, cell func(field int, value []byte)) (int, error) {
	if len(s.names) == 0 {
		return 0, errFields
	}
	rest := b
	for i, name := range s.names {
		if !bytes.HasPrefix(rest, name) {
			return 0, errFields
		}
		rest = rest[len(name):]
		n, err := value(rest, maxDepth)
		if err != nil {
			return 0, err
		}
		if cell != nil {
			cell(i, rest[:n])
		}
		rest = rest[n:]
	}
	switch {
	case len(rest) > 0 && rest[0] == '}':
		return len(b) - len(rest) + 1, nil
	case len(rest) > 0 && rest[0] == ',':
		return 0, errFields
	}
	return 0, errForm
}

// value returns the length of the canonical value that b begins with.
func value(b []byte, depth int) (int, error) {
	if len(b) == 0 {
		return 0, errForm
	}
	switch b[0] {
	case '"':
		return text(b)
	case '{':
		return object(b, depth)
	case '[':
		return array(b, depth)
	case 'n':
		return word(b, "null")
	case 't':
		return word(b, "true")
	case 'f':
		return word(b, "false")
	}
	return number(b)
}

func word(b []byte, w string) (int, error) {
	if len(b) < len(w) || string(b[:len(w)]) != w {
		return 0, errForm
	}
	return len(w), nil
}

// text returns the length of the string that b begins with.
func text(b []byte) (int, error) {
	plainToSee := true
	for i := 1; i < len(b); i++ {
		i += plain.Len(b[i:])
		switch {
		case i == len(b):
		case b[i] == '"':
			if plainToSee || canonical(b[:i+1]) {
				return i + 1, nil
			}
			return 0, errForm
		case b[i] == '\\':
			i++
			// These two have no other spelling.
			plainToSee = plainToSee && i < len(b) && (b[i] == '"' || b[i] == '\\')
		case b[i] < ' ':
			return 0, errForm
		default:
			plainToSee = false // may not be UTF-8
		}
	}
	return 0, errForm
}

// number returns the length of the number that b begins with.
func number(b []byte) (int, error) {
	i := 0
	if len(b) > 0 && b[0] == '-' {
		i = 1
	}
	first := i
	for i < len(b) && b[i] >= '0' && b[i] <= '9' {
		i++
	}
	digits := i - first
	whole := i == len(b) || !inNumber(b[i])
	if whole && digits > 0 && digits <= 15 && (b[first] != '0' || i == 1) {
		return i, nil
	}
	for i < len(b) && inNumber(b[i]) {
		i++
	}
	if i > 0 && canonical(b[:i]) {
		return i, nil
	}
	return 0, errForm
}

func inNumber(c byte) bool {
	return c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E'
}

// canonical reports whether v, one whole value, is spelt as RFC 8785 spells it.
func canonical(v []byte) bool {
	c := jsontext.Value(bytes.Clone(v))
	return c.Canonicalize() == nil && bytes.Equal(c, v)
}

// object returns the length of the object that b begins with. Its members'
// names are plain ASCII: those of the catalog's types are.
func object(b []byte, depth int) (int, error) {
	var last []byte
	return inside(b, '}', depth, func(rest []byte) (int, error) {
		if len(rest) == 0 || rest[0] != '"' {
			return 0, errForm
		}
		n, err := text(rest)
		if err != nil {
			return 0, err
		}
		name := rest[1 : n-1]
		for _, c := range name {
			if c >= 0x80 || c == '\\' {
				return 0, errForm
			}
		}
		if last != nil && bytes.Compare(last, name) >= 0 || n == len(rest) || rest[n] != ':' {
			return 0, errForm
		}
		last = name
		m, err := value(rest[n+1:], depth-1)
		return n + 1 + m, err
	})
}

func array(b []byte, depth int) (int, error) {
	return inside(b, ']', depth, func(rest []byte) (int, error) { return value(rest, depth-1) })
}

// inside returns the length of the object or array that b begins with.
func inside(b []byte, end byte, depth int, item func(rest []byte) (int, error)) (int, error) {
	if depth == 0 || len(b) < 2 {
		return 0, errForm
	}
	if b[1] == end {
		return 2, nil
	}
	for i := 1; i < len(b); {
		n, err := item(b[i:])
		if err != nil {
			return 0, err
		}
		i += n
		switch {
		case i >= len(b):
			return 0, errForm
		case b[i] == end:
			return i + 1, nil
		case b[i] != ',':
			return 0, errForm
		}
		i++
	}
	return 0, errForm
}

// wrong says which record of which dataset is not of the shape, without a value.
func wrong(dataset string, i uint64, err error) error {
	code := RecordForm
	if errors.Is(err, errFields) {
		code = RecordFields
	}
	return found(code, err, "%s", fmt.Sprintf("record %d of dataset %s is not as the manifest announces", i, dataset))
}
