package strictyaml

import (
	"strconv"
)

type kind uint8

const (
	text kind = iota + 1
	integer
	boolean
	list
	mapping
)

func (k kind) String() string {
	return [...]string{"nothing", "text", "a whole number", "true or false", "a list", "a mapping"}[k]
}

// A Node is one value of a document, with its line and the names of what it
// stands in.
type Node struct {
	source  *source
	where   string // such as `dataset "logins": field "ip": `
	line    int
	keyLine int // of its key; 0 in a list

	kind    kind
	text    string
	items   []Node
	entries []Entry
}

// An Entry is one key of a mapping with its value.
type Entry struct {
	Key   string
	Value Node
}

// Errorf returns an error at the node's line.
func (n Node) Errorf(format string, args ...any) error {
	line := n.line
	if n.keyLine != 0 {
		line = n.keyLine
	}
	return n.source.errorf(line, "%s"+format, append([]any{n.where}, args...)...)
}

// In names what n is, for its errors and those below it: kind is a word such
// as "dataset".
func (n Node) In(kind, name string) Node {
	return n.under(n.where + kind + " " + strconv.Quote(name) + ": ")
}

func (n Node) under(where string) Node {
	n.where = where
	items, entries := n.items, n.entries
	n.items, n.entries = make([]Node, len(items)), make([]Entry, len(entries))
	for i, v := range items {
		n.items[i] = v.under(where)
	}
	for i, e := range entries {
		n.entries[i] = Entry{Key: e.Key, Value: e.Value.under(where)}
	}
	return n
}

// Line is the line of the node's key, or of the node where it has none.
func (n Node) Line() int {
	if n.keyLine != 0 {
		return n.keyLine
	}
	return n.line
}

// IsText reports whether n is text, and IsMap whether it is a mapping.
func (n Node) IsText() bool { return n.kind == text }

// IsMap reports whether n is a mapping.
func (n Node) IsMap() bool { return n.kind == mapping }

func (n Node) want(k kind) error {
	if n.kind == k {
		return nil
	}
	if k == text && (n.kind == integer || n.kind == boolean) {
		return n.Errorf("want text, and %s is %s in YAML: quote it", n.text, n.kind)
	}
	return n.Errorf("want %s, not %s", k, n.kind)
}

// Text returns the node's text, which may be empty.
func (n Node) Text() (string, error) { return n.text, n.want(text) }

// Int returns the node's whole number, written in plain decimal digits.
func (n Node) Int() (int64, error) {
	if err := n.want(integer); err != nil {
		return 0, err
	}
	v, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil || strconv.FormatInt(v, 10) != n.text {
		return 0, n.Errorf("want a whole number in plain decimal digits, not %s", n.text)
	}
	return v, nil
}

// Bool returns the node's truth value.
func (n Node) Bool() (bool, error) {
	if err := n.want(boolean); err != nil {
		return false, err
	}
	if n.text != "true" && n.text != "false" {
		return false, n.Errorf("want true or false, not %s", n.text)
	}
	return n.text == "true", nil
}

// List returns the node's items.
func (n Node) List() ([]Node, error) { return n.items, n.want(list) }

// Entries returns the entries of a mapping whose keys are names that the
// document chooses, in the document's order.
func (n Node) Entries() ([]Entry, error) { return n.entries, n.want(mapping) }
