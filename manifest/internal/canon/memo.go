package canon

import (
	"hash/maphash"
	"reflect"
	"sync/atomic"
)

// A memo keeps lists of one type with their text. In canonical JSON a value is
// its text, so what begins with the text of a list has that list there.
type memo struct{ slots [64]slot }

// A slot is for lists that begin alike. It keeps one when it was seen twice
// running, so that those that are always different cost no memory.
type slot struct {
	seen atomic.Uint64 // hash of the last one's text
	kept atomic.Pointer[kept]
}

type kept struct {
	text string
	list reflect.Value
}

const (
	beginning = 96   // bytes by which a slot is found
	maxMemo   = 4096 // bytes of a text that is kept
)

// read reads a list, or finds the one that was read before.
func (m *memo) read(r *reader, to reflect.Value, read plan) bool {
	s := &m.slots[maphash.Bytes(seed, r.rest[:min(len(r.rest), beginning)])%uint64(len(m.slots))]
	if k := s.kept.Load(); k != nil && r.take(k.text) {
		to.Set(k.list)
		return true
	}
	before := r.rest
	if !read(r, to) {
		return false
	}
	text := before[:len(before)-len(r.rest)]
	if sum := maphash.Bytes(seed, text); len(text) <= maxMemo && s.seen.Swap(sum) == sum {
		list := reflect.New(to.Type()).Elem()
		list.Set(to.Slice3(0, to.Len(), to.Len())) // who appends to it copies it
		s.kept.Store(&kept{string(text), list})
	}
	return true
}
