package record

import (
	"bytes"
	"sync"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// A memory has the statements that were read lately, by their hash: a command
// looks for several orders, each time at the ledger's end, and for its own more
// than once. What was verified stays so, since it is dated.
type memory struct {
	mu    sync.Mutex
	known map[ledger.Hash]statement
}

// A statement is an entry of the ledger.
type statement struct {
	entry    []byte
	key      digest.Digest // under which the index files it
	signed   *act.Signed
	verified *act.Verified // nil until somebody asks
}

// read returns the statement that an entry is. It is not verified.
func (m *memory) read(e ledger.Entry) (statement, error) {
	m.mu.Lock()
	s, ok := m.known[e.Leaf]
	m.mu.Unlock()
	if ok {
		return s, nil
	}
	s.entry = bytes.Clone(e.Bytes)
	var err error
	if s.signed, err = act.Parse(s.entry); err != nil {
		return s, err
	}
	s.key = keyOf(s.signed.Unverified())
	m.keep(e.Leaf, s)
	return s, nil
}

// verify is [memory.read] of one whose signature must be the provider's.
func (m *memory) verify(e ledger.Entry, p *trust.Provider) (statement, error) {
	s, err := m.read(e)
	if err != nil || s.verified != nil {
		return s, err
	}
	if s.verified, err = act.Verify(s.signed, p); err != nil {
		return s, err
	}
	m.keep(e.Leaf, s)
	return s, nil
}

func (m *memory) keep(leaf ledger.Hash, s statement) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.known == nil || len(m.known) > 2*maxTail {
		m.known = make(map[ledger.Hash]statement)
	}
	m.known[leaf] = s
}
