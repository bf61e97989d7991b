// Package journal keeps the signed manifest of every export in a folder: one
// file each, created once and never changed. It is how a workspace knows that
// an order was answered; it proves nothing to anyone else.
package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"writ/crypto/digest"
	"writ/export/durable"
	"writ/manifest"
)

// ErrConflict is returned when another manifest was recorded under the same id.
var ErrConflict = errors.New("recorded with another manifest")

const suffix = ".sigstore.json"

// A Journal is a folder of signed manifests. It may be used by several processes.
type Journal struct{ dir string }

// Open returns the journal at dir, which is made by the first record.
func Open(dir string) *Journal { return &Journal{dir} }

// Answered returns the ids of the exports recorded for an order, oldest first.
func (j *Journal) Answered(_ context.Context, order digest.Digest) ([]string, error) {
	entries, err := os.ReadDir(j.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	type answer struct {
		id string
		at time.Time
	}
	var found []answer
	for _, e := range entries {
		id, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok {
			continue
		}
		b, err := os.ReadFile(j.path(id))
		if err != nil {
			return nil, err
		}
		s, err := manifest.Parse(b)
		if err != nil {
			return nil, fmt.Errorf("journal: %s: %w", e.Name(), err)
		}
		if x := s.Unverified().Predicate; x.Order.Digest == order {
			found = append(found, answer{id, x.Times.SignedAt})
		}
	}
	slices.SortFunc(found, func(a, b answer) int { return a.at.Compare(b.at) })
	ids := make([]string, len(found))
	for i, a := range found {
		ids[i] = a.id
	}
	return ids, nil
}

// Record keeps a signed manifest durably. The proof is empty: a journal has none.
func (j *Journal) Record(_ context.Context, id string, _ digest.Digest, signed []byte) ([]byte, error) {
	if err := os.MkdirAll(j.dir, 0o700); err != nil {
		return nil, err
	}
	err := durable.CreateFile(j.path(id), signed, 0o640)
	if errors.Is(err, fs.ErrExist) {
		before, err := os.ReadFile(j.path(id))
		if err == nil && !bytes.Equal(before, signed) {
			err = fmt.Errorf("journal: export %s: %w", id, ErrConflict)
		}
		return nil, err
	}
	return nil, err
}

// Recorded returns what was recorded for an export, or nil.
func (j *Journal) Recorded(_ context.Context, id string) (signed, proof []byte, err error) {
	signed, err = os.ReadFile(j.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	return signed, nil, err
}

func (j *Journal) path(id string) string { return filepath.Join(j.dir, filepath.Base(id)+suffix) }
