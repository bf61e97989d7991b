// Package canon reads canonical JSON (RFC 8785) into structs, faster than
// package json and stricter: what it takes is, byte for byte, what package json
// writes of the value read, canonicalised.
//
// It takes less than that, too: escapes by number, fractions, and types that no
// statement has are left to package json. So its answer is either the value
// or that the caller must find out by other means what is wrong, if anything.
package canon

import (
	"bytes"
	"encoding"
	"encoding/base64"
	"hash/maphash"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// Decode reports whether text is the one form of a value, and puts that into v,
// a pointer to a zero value. If it reports false, v holds anything.
func Decode(text []byte, v any) bool { return (&reader{rest: text}).all(v) }

// DecodeShared is [Decode] for many texts that are much alike: lists that are
// the same in several are read once, and shared. So v is to be read, and
// nothing of it changed.
func DecodeShared(text []byte, v any) bool { return (&reader{rest: text, share: true}).all(v) }

func (r *reader) all(v any) bool {
	to := reflect.ValueOf(v).Elem()
	p := planOf(to.Type())
	return p != nil && p(r, to) && len(r.rest) == 0
}

// A plan reads a value of one type. Before, the value is zero.
type plan func(r *reader, to reflect.Value) bool

var plans sync.Map // of plan, by reflect.Type

// planOf returns the plan of a type, nil if there is none.
func planOf(t reflect.Type) plan {
	if p, ok := plans.Load(t); ok {
		return p.(plan)
	}
	p := newPlan(t)
	plans.Store(t, p)
	return p
}

var (
	timeType  = reflect.TypeFor[time.Time]()
	textType  = reflect.TypeFor[textual]()
	bytesType = reflect.TypeFor[[]byte]()
)

type textual interface {
	encoding.TextMarshaler
	encoding.TextUnmarshaler
}

func newPlan(t reflect.Type) plan {
	pointer := reflect.PointerTo(t)
	switch {
	case t == timeType:
		return readTime
	case ownJSON(pointer):
		return nil
	case pointer.Implements(textType):
		return readText
	}
	switch t.Kind() {
	case reflect.Bool:
		return readBool
	case reflect.Int, reflect.Int64:
		return readInt
	case reflect.String:
		return readString
	case reflect.Slice:
		return slicePlan(t)
	case reflect.Map:
		if t.Key().Kind() == reflect.String && t.Elem().Kind() == reflect.String && t.Key().NumMethod()+t.Elem().NumMethod() == 0 {
			return readMap
		}
	case reflect.Struct:
		return structPlan(t)
	}
	return nil
}

// ownJSON reports whether a type has methods by which package json goes.
func ownJSON(t reflect.Type) bool {
	for m := range t.NumMethod() {
		if strings.Contains(t.Method(m).Name, "JSON") {
			return true
		}
	}
	return false
}

// A field is one member of an object.
type field struct {
	name     string // in JSON
	index    []int
	omitZero bool
	read     plan
}

func structPlan(t reflect.Type) plan {
	fields, ok := fieldsOf(t, nil)
	if !ok {
		return nil
	}
	slices.SortFunc(fields, func(a, b field) int { return strings.Compare(a.name, b.name) })
	for i := range fields {
		f := &fields[i]
		if strings.ContainsFunc(f.name, func(c rune) bool { return c <= ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' }) {
			return nil
		}
		if f.name = `"` + f.name + `":`; i > 0 && fields[i-1].name == f.name {
			return nil
		}
	}
	return remembered(func(r *reader, to reflect.Value) bool {
		if !r.take("{") {
			return false
		}
		first := true
		for i := range fields {
			f := &fields[i]
			if !r.member(f.name, first) {
				if !f.omitZero {
					return false
				}
				continue
			}
			first = false
			x := to.Field(f.index[0])
			for _, i := range f.index[1:] {
				x = x.Field(i)
			}
			if !f.read(r, x) || f.omitZero && isZero(x) {
				return false
			}
		}
		return r.take("}")
	})
}

// fieldsOf returns the members of a struct, those of embedded structs among
// them as package json has it. It reports false if a tag asks for more.
func fieldsOf(t reflect.Type, at []int) ([]field, bool) {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("json")
		name, option, _ := strings.Cut(tag, ",")
		index := append(slices.Clone(at), i)
		switch {
		case f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct:
			inner, ok := fieldsOf(f.Type, index)
			if !ok {
				return nil, false
			}
			fields = append(fields, inner...)
			continue
		case !f.IsExported() && !tagged:
			continue
		case !f.IsExported() || f.Anonymous || name == "" || name == "-" || option != "" && option != "omitzero":
			return nil, false
		}
		read := planOf(f.Type)
		if read == nil {
			return nil, false
		}
		fields = append(fields, field{name, index, option != "", read})
	}
	return fields, true
}

// isZero is what package json asks for omitzero.
func isZero(x reflect.Value) bool {
	switch x.Kind() {
	case reflect.String, reflect.Int, reflect.Int64, reflect.Bool:
		if x.Type().NumMethod() == 0 {
			return x.IsZero()
		}
	}
	if z, ok := x.Addr().Interface().(interface{ IsZero() bool }); ok {
		return z.IsZero()
	}
	return x.IsZero()
}

func slicePlan(t reflect.Type) plan {
	if t.Elem().Kind() == reflect.Uint8 {
		if t != bytesType {
			return nil
		}
		return readBytes
	}
	read := planOf(t.Elem())
	if read == nil {
		return nil
	}
	none := reflect.MakeSlice(t, 0, 0)        // package json makes none nil
	few := max(1, 128/int(t.Elem().Size()+1)) // to begin with
	return remembered(func(r *reader, to reflect.Value) bool {
		if !r.take("[") {
			return false
		}
		if r.take("]") {
			to.Set(none)
			return true
		}
		for n := 0; !r.take("]"); n++ {
			if n > 0 && !r.take(",") {
				return false
			}
			if n == to.Cap() {
				to.Grow(max(n, few))
			}
			to.SetLen(n + 1)
			x := to.Index(n)
			x.SetZero()
			if !read(r, x) {
				return false
			}
		}
		return true
	})
}

// A reader holds what is left of the text.
type reader struct {
	rest  []byte
	share bool
	space [128]byte
}

func (r *reader) take(prefix string) bool {
	if len(r.rest) < len(prefix) || string(r.rest[:len(prefix)]) != prefix {
		return false
	}
	r.rest = r.rest[len(prefix):]
	return true
}

// member takes the name of a member and the comma before it, or nothing.
func (r *reader) member(name string, first bool) bool {
	if first {
		return r.take(name)
	}
	if len(r.rest) <= len(name) || r.rest[0] != ',' || string(r.rest[1:1+len(name)]) != name {
		return false
	}
	r.rest = r.rest[1+len(name):]
	return true
}

// text takes a string, of which the bytes are the reader's.
func (r *reader) text() ([]byte, bool) {
	if !r.take(`"`) {
		return nil, false
	}
	n, ascii := 0, true
	for ; n < len(r.rest) && r.rest[n] != '"' && r.rest[n] != '\\'; n++ {
		if c := r.rest[n]; c < ' ' {
			return nil, false
		} else if c >= utf8.RuneSelf {
			ascii = false
		}
	}
	if n == len(r.rest) {
		return nil, false
	}
	s := r.rest[:n]
	r.rest = r.rest[n:]
	if r.rest[0] == '\\' {
		return r.escaped(s)
	}
	r.rest = r.rest[1:]
	return s, ascii || utf8.Valid(s)
}

// escapes are the short ones of RFC 8785, which has no other for what they stand for.
var escapes = map[byte]byte{'"': '"', '\\': '\\', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped takes the rest of a string, from its first escape on.
func (r *reader) escaped(begun []byte) ([]byte, bool) {
	s := slices.Clone(begun)
	for len(r.rest) > 0 {
		c := r.rest[0]
		switch {
		case c == '"':
			r.rest = r.rest[1:]
			return s, utf8.Valid(s)
		case c == '\\':
			ok := false
			if len(r.rest) > 1 {
				c, ok = escapes[r.rest[1]]
			}
			if !ok {
				return nil, false
			}
			r.rest = r.rest[1:]
		case c < ' ':
			return nil, false
		}
		s = append(s, c)
		r.rest = r.rest[1:]
	}
	return nil, false
}

// Strings seen lately are shared: statements are made of the same words.
var (
	lately [1 << 12]atomic.Pointer[string]
	seed   = maphash.MakeSeed()
)

const maxShared = 256 // bytes of a string

func shared(b []byte) string {
	if len(b) > maxShared {
		return string(b)
	}
	slot := &lately[maphash.Bytes(seed, b)%uint64(len(lately))]
	if s := slot.Load(); s != nil && *s == string(b) {
		return *s
	}
	s := string(b)
	slot.Store(&s)
	return s
}

func readString(r *reader, to reflect.Value) bool {
	s, ok := r.text()
	if ok {
		to.SetString(shared(s))
	}
	return ok
}

func readBool(r *reader, to reflect.Value) bool {
	if r.take("true") {
		to.SetBool(true)
		return true
	}
	return r.take("false")
}

// readInt takes what all readers of JSON keep exactly: up to 15 digits.
func readInt(r *reader, to reflect.Value) bool {
	negative := r.take("-")
	var n int64
	digits := 0
	for digits < len(r.rest) && '0' <= r.rest[digits] && r.rest[digits] <= '9' {
		n = 10*n + int64(r.rest[digits]-'0')
		if digits++; digits > 15 {
			return false
		}
	}
	if digits == 0 || r.rest[0] == '0' && (digits > 1 || negative) {
		return false
	}
	r.rest = r.rest[digits:]
	if negative {
		n = -n
	}
	to.SetInt(n)
	return !to.OverflowInt(n)
}

// readTime takes the one form of a time in UTC, to the second.
func readTime(r *reader, to reflect.Value) bool {
	s, ok := r.text()
	if !ok || len(s) != len("2006-01-02T15:04:05Z") || s[len(s)-1] != 'Z' {
		return false
	}
	t, err := time.Parse(time.RFC3339, string(s))
	*to.Addr().Interface().(*time.Time) = t
	return err == nil
}

func readText(r *reader, to reflect.Value) bool {
	s, ok := r.text()
	if !ok {
		return false
	}
	v := to.Addr().Interface().(textual)
	if v.UnmarshalText(s) != nil {
		return false
	}
	again, err := appendText(r.space[:0], v)
	return err == nil && bytes.Equal(again, s)
}

func appendText(to []byte, v textual) ([]byte, error) {
	if a, ok := v.(encoding.TextAppender); ok {
		return a.AppendText(to)
	}
	return v.MarshalText()
}

// readBytes takes base64 as package json writes it.
func readBytes(r *reader, to reflect.Value) bool {
	s, ok := r.text()
	if !ok {
		return false
	}
	b, ok := Base64([]byte{}, s) // not nil
	to.SetBytes(b)
	return ok
}

var strict = base64.StdEncoding.Strict()

// Base64 takes what package base64 writes, and nothing else, and appends what
// that stands for.
func Base64(to, text []byte) ([]byte, bool) {
	if bytes.IndexByte(text, '\r') >= 0 || bytes.IndexByte(text, '\n') >= 0 { // which package base64 skips
		return nil, false
	}
	out, err := strict.AppendDecode(to, text)
	return out, err == nil
}

func readMap(r *reader, to reflect.Value) bool {
	if !r.take("{") {
		return false
	}
	m := reflect.MakeMap(to.Type())
	to.Set(m)
	var last []byte
	for n := 0; !r.take("}"); n++ {
		if n > 0 && !r.take(",") {
			return false
		}
		key, ok := r.text()
		if !ok || n > 0 && bytes.Compare(last, key) >= 0 || bytes.ContainsFunc(key, func(c rune) bool { return c >= utf8.RuneSelf }) || !r.take(":") {
			return false
		}
		value, ok := r.text()
		if !ok {
			return false
		}
		m.SetMapIndex(reflect.ValueOf(shared(key)).Convert(to.Type().Key()), reflect.ValueOf(string(value)).Convert(to.Type().Elem()))
		last = key
	}
	return true
}
