package strictyaml

import "strconv"

// A Map reads a mapping whose keys the reader knows. The first error sticks:
// ask for everything, then call [Map.Done], which also refuses every key that
// was not asked for.
type Map struct {
	node  Node
	asked map[string]bool
	err   error
}

// Map starts to read n as a mapping.
func (n Node) Map() *Map {
	return &Map{node: n, asked: map[string]bool{}, err: n.want(mapping)}
}

// Done returns the first error, or one about a key that nobody asked for.
func (m *Map) Done() error {
	for _, e := range m.node.entries {
		if m.err == nil && !m.asked[e.Key] {
			m.err = e.Value.Errorf("unknown key %q", e.Key)
		}
	}
	return m.err
}

// Fail makes err the reader's error if it has none yet; nil changes nothing.
func (m *Map) Fail(err error) {
	if m.err == nil {
		m.err = err
	}
}

// Get returns the value of an optional key. Errors about a scalar or a list
// begin with the key; name a mapping by [Node.In].
func (m *Map) Get(key string) (Node, bool) {
	m.asked[key] = true
	for _, e := range m.node.entries {
		switch {
		case e.Key != key:
		case e.Value.kind == mapping:
			return e.Value, true
		default:
			return e.Value.under(e.Value.where + key + ": "), true
		}
	}
	return Node{}, false
}

// Need returns the value of a key that must be there.
func (m *Map) Need(key string) (Node, bool) {
	n, ok := m.Get(key)
	if !ok {
		m.Fail(m.node.Errorf("%q is missing", key))
	}
	return n, ok
}

// Text returns an optional text, or "". A text that is there may not be empty.
func (m *Map) Text(key string) string {
	n, ok := m.Get(key)
	if !ok {
		return ""
	}
	s, err := n.Text()
	if err == nil && s == "" {
		err = n.Errorf("empty text: leave the key out instead")
	}
	m.Fail(err)
	return s
}

// NeedText returns a text that must be there.
func (m *Map) NeedText(key string) string {
	m.Need(key)
	return m.Text(key)
}

// Texts returns an optional list of different, non-empty texts.
func (m *Map) Texts(key string) []string {
	n, ok := m.Get(key)
	if !ok {
		return nil
	}
	items, err := n.List()
	m.Fail(err)
	if err == nil && len(items) == 0 {
		m.Fail(n.Errorf("empty list: leave the key out instead"))
	}
	seen := make(map[string]bool, len(items))
	var out []string
	for _, item := range items {
		s, err := item.Text()
		switch {
		case err != nil:
			m.Fail(err)
		case s == "":
			m.Fail(item.Errorf("empty text"))
		case seen[s]:
			m.Fail(item.Errorf("%s is there twice", strconv.Quote(s)))
		}
		seen[s] = true
		out = append(out, s)
	}
	return out
}

// Int returns an optional whole number, or 0.
func (m *Map) Int(key string) int64 {
	n, ok := m.Get(key)
	if !ok {
		return 0
	}
	v, err := n.Int()
	m.Fail(err)
	return v
}

// Bool returns an optional truth value, or false.
func (m *Map) Bool(key string) bool {
	n, ok := m.Get(key)
	if !ok {
		return false
	}
	v, err := n.Bool()
	m.Fail(err)
	return v
}
