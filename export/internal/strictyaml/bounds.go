package strictyaml

import (
	"unicode"
	"unicode/utf8"

	"github.com/goccy/go-yaml/token"
)

// Bounds on one document, beside its size in bytes.
const (
	MaxTokens = 400_000
	MaxDepth  = 12   // of mappings and lists
	MaxKeys   = 2000 // of one mapping; the parser below is quadratic in them
	maxColumn = 128  // of a key or a dash outside brackets
)

func (s *source) checkText(b []byte) error {
	line := 1
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && size == 1:
			return s.errorf(line, "not UTF-8")
		case r == '\n':
			line++
		case r == '\r' && len(b) > 1 && b[1] == '\n':
		case r == '\t':
		case unicode.IsControl(r), r == '\ufeff', r == '\u2028', r == '\u2029':
			return s.errorf(line, "control character %U", r)
		}
		b = b[size:]
	}
	return nil
}

// checkTokens bounds depth and width before the recursive parser sees them.
func (s *source) checkTokens(tokens token.Tokens) error {
	if len(tokens) > MaxTokens {
		return s.errorf(0, "%d tokens, limit is %d", len(tokens), MaxTokens)
	}
	type width struct{ column, keys int }
	var open []width // of the block mappings around the token, by column
	flow, flowKeys := 0, 0
	for _, t := range tokens {
		line, column := t.Position.Line, t.Position.Column
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			if flow == 0 {
				flowKeys = 0
			}
			if flow++; flow > MaxDepth {
				return s.errorf(line, "brackets deeper than %d", MaxDepth)
			}
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.SequenceEntryType, token.MappingKeyType:
			if flow == 0 && column > maxColumn {
				return s.errorf(line, "indented beyond column %d", maxColumn)
			}
		case token.MappingValueType:
			if flow > 0 {
				if flowKeys++; flowKeys > MaxKeys {
					return s.errorf(line, "more than %d keys within brackets", MaxKeys)
				}
				continue
			}
			if t.Prev != nil {
				column = t.Prev.Position.Column
			}
			if column > maxColumn {
				return s.errorf(line, "indented beyond column %d", maxColumn)
			}
			for len(open) > 0 && open[len(open)-1].column > column {
				open = open[:len(open)-1]
			}
			if len(open) == 0 || open[len(open)-1].column < column {
				open = append(open, width{column: column})
			}
			if open[len(open)-1].keys++; open[len(open)-1].keys > MaxKeys {
				return s.errorf(line, "more than %d keys in one mapping", MaxKeys)
			}
		}
	}
	return nil
}
