package canon

import (
	"hash/maphash"
	"reflect"
	"sync/atomic"
)

// A memo keeps values of one type with their text. In canonical JSON a list or
// an object is its text, so what begins with that text has that value there.
type memo struct{ slots [64]slot }

// A slot is for values that begin alike. It keeps one when it was seen twice
// running, so that those that are always different cost no memory.
type slot struct {
	seen atomic.Uint64 // hash of the last one's text
	kept atomic.Pointer[kept]
}

type kept struct {
	text  string
	value reflect.Value
}

const (
	beginning = 96   // bytes by which a slot is found
	maxMemo   = 4096 // bytes of a text that is kept
)

// remembered returns a plan that, where values may be shared, finds what was
// read before.
func remembered(p plan) plan {
	m := new(memo)
	return func(r *reader, to reflect.Value) bool {
		if !r.share {
			return p(r, to)
		}
		s := &m.slots[maphash.Bytes(seed, r.rest[:min(len(r.rest), beginning)])%uint64(len(m.slots))]
		if k := s.kept.Load(); k != nil && r.take(k.text) {
			to.Set(k.value)
			return true
		}
		before := r.rest
		if !p(r, to) {
			return false
		}
		text := before[:len(before)-len(r.rest)]
		if len(text) > maxMemo {
			return true
		}
		if sum := maphash.Bytes(seed, text); s.seen.Swap(sum) == sum {
			value := reflect.New(to.Type()).Elem()
			if value.Set(to); value.Kind() == reflect.Slice {
				value.SetCap(value.Len()) // who appends to it copies it
			}
			s.kept.Store(&kept{string(text), value})
		}
		return true
	}
}
