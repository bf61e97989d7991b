// Package strictyaml reads the part of YAML that surprises nobody, and says on
// which line something is wrong.
//
// One document of mappings, lists and scalars. Anchors, aliases, merge keys,
// tags, directives, complex keys, empty values, duplicate keys, invalid UTF-8
// and control characters are refused; so is whatever is larger or deeper than
// its bounds. Nothing is guessed: a text that YAML takes for a number must be
// quoted, and the only booleans are true and false. Reading a mapping through
// [Node.Map] refuses the keys that the reader did not ask for.
//
// Every error is an [*Error] of the family that the caller named.
package strictyaml

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// An Error says what is wrong on which line. It reads "FILE:LINE: …".
type Error struct {
	File   string
	Line   int // from 1; 0 if it is about the whole file
	Msg    string
	Family error // what it unwraps to
}

func (e *Error) Error() string {
	switch {
	case e.File == "": // the caller puts the name before it
		return fmt.Sprintf("%d: %s", max(e.Line, 1), e.Msg)
	case e.Line == 0:
		return e.File + ": " + e.Msg
	}
	return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Msg)
}

// Unwrap returns the family.
func (e *Error) Unwrap() error { return e.Family }

// A source is where the nodes of one document come from.
type source struct {
	file   string
	family error
}

func (s *source) errorf(line int, format string, args ...any) error {
	return &Error{File: s.file, Line: line, Msg: fmt.Sprintf(format, args...), Family: s.family}
}

// Parse reads one document of at most maxBytes whose top is a mapping. Errors
// name file and wrap family.
func Parse(file string, b []byte, maxBytes int, family error) (n Node, err error) {
	s := &source{file: file, family: family}
	if len(b) > maxBytes {
		return Node{}, s.errorf(0, "%d bytes, limit is %d", len(b), maxBytes)
	}
	if err := s.checkText(b); err != nil {
		return Node{}, err
	}
	// The parser below is not ours: what makes it panic is not a document.
	defer func() {
		if r := recover(); r != nil {
			n, err = Node{}, s.errorf(0, "not readable as YAML")
		}
	}()
	tokens := lexer.Tokenize(string(b))
	if err := s.checkTokens(tokens); err != nil {
		return Node{}, err
	}
	f, err := parser.Parse(tokens, 0)
	if err != nil {
		return Node{}, s.syntax(err)
	}
	if len(f.Docs) != 1 {
		return Node{}, s.errorf(0, "%d YAML documents, want one", len(f.Docs))
	}
	if f.Docs[0].Body == nil {
		return Node{}, s.errorf(0, "empty")
	}
	n, err = s.node(f.Docs[0].Body, "", 0)
	if err != nil {
		return Node{}, err
	}
	if n.kind != mapping {
		return Node{}, n.Errorf("want a mapping at the top")
	}
	return n, nil
}

// syntax turns the parser's error into ours: line and message, without the
// excerpt of the source that it draws.
func (s *source) syntax(err error) error {
	if e, ok := err.(interface {
		GetToken() *token.Token
		GetMessage() string
	}); ok && e.GetToken() != nil {
		msg, _, _ := strings.Cut(e.GetMessage(), "\n")
		return s.errorf(e.GetToken().Position.Line, "%s", msg)
	}
	return s.errorf(0, "not readable as YAML")
}

func (s *source) node(in ast.Node, where string, depth int) (Node, error) {
	n := Node{source: s, where: where, line: in.GetToken().Position.Line}
	if depth > MaxDepth {
		return Node{}, n.Errorf("deeper than %d", MaxDepth)
	}
	switch in := in.(type) {
	case *ast.MappingNode:
		return s.mapping(n, in.Values, depth)
	case *ast.MappingValueNode:
		return s.mapping(n, []*ast.MappingValueNode{in}, depth)
	case *ast.SequenceNode:
		n.kind = list
		for _, v := range in.Values {
			item, err := s.node(v, where, depth+1)
			if err != nil {
				return Node{}, err
			}
			n.items = append(n.items, item)
		}
	case *ast.StringNode:
		n.kind, n.text = text, in.Value
	case *ast.LiteralNode:
		n.kind, n.text = text, in.Value.Value
	case *ast.IntegerNode:
		n.kind, n.text = integer, in.GetToken().Value
	case *ast.BoolNode:
		n.kind, n.text = boolean, in.GetToken().Value
	case *ast.NullNode:
		return Node{}, n.Errorf("empty value: leave the key out instead")
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return Node{}, n.Errorf("anchors, aliases and merge keys are not allowed: write it out")
	case *ast.TagNode:
		return Node{}, n.Errorf("tags are not allowed")
	case *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return Node{}, n.Errorf("want text or a whole number: quote it if it is text")
	default:
		return Node{}, n.Errorf("not allowed here: %s", strings.ToLower(in.Type().String()))
	}
	return n, nil
}

func (s *source) mapping(n Node, values []*ast.MappingValueNode, depth int) (Node, error) {
	n.kind = mapping
	if len(values) > 0 {
		n.line = values[0].Key.GetToken().Position.Line
	}
	seen := make(map[string]bool, len(values))
	for _, v := range values {
		at := Node{source: s, where: n.where, line: v.Key.GetToken().Position.Line}
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			return Node{}, at.Errorf("a key must be plain text: %s is not allowed", strings.ToLower(v.Key.Type().String()))
		}
		if seen[key.Value] {
			return Node{}, at.Errorf("%q is there twice", key.Value)
		}
		seen[key.Value] = true
		value, err := s.node(v.Value, n.where, depth+1)
		if err != nil {
			return Node{}, err
		}
		value.keyLine = at.line
		n.entries = append(n.entries, Entry{Key: key.Value, Value: value})
	}
	return n, nil
}
