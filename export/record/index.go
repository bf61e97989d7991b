package record

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"writ/crypto/digest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// An index says under which key each entry of the ledger is filed: the file is
// a header, which names the tree that it was made of and the digest of what
// follows, and then one key an entry. Whatever is wrong with it, it is made anew:
// that it does not name an entry is believed, so every byte is checked.
type index struct{ path string }

const (
	indexMagic = "writ.orders/v2\x00\x00"
	headBytes  = len(indexMagic) + 8 + len(ledger.Hash{}) + len(digest.Digest{})
	keyBytes   = len(digest.Digest{})
	// maxTail entries at the end may be missing from the file; they are read
	// from the ledger. So the file is written once in so many appends.
	maxTail = 64
)

// find returns the entries of v that are filed under key, oldest first. They
// are only said to be: the caller looks at each.
func (x index) find(ctx context.Context, v *ledger.View, key digest.Digest) ([]int64, error) {
	if err := os.MkdirAll(filepath.Dir(x.path), 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(x.path + ".lock")
	if err := lock.Lock(); err != nil {
		return nil, err
	}
	defer lock.Close()
	f, err := os.OpenFile(x.path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	have, sum, err := x.size(ctx, f, v)
	if err != nil {
		return nil, err
	}
	found, is, err := scan(io.NewSectionReader(f, int64(headBytes), have*int64(keyBytes)), key)
	if err != nil {
		return nil, err
	}
	if is.sum() != sum { // not what was written
		have, found, is = 0, nil, newHash()
	}
	size := v.Checkpoint().Size()
	tail, err := keys(ctx, v, have, size)
	if err != nil {
		return nil, err
	}
	if size-have > maxTail {
		if err := x.extend(ctx, f, v, have, tail, is); err != nil {
			return nil, err
		}
	}
	for i, k := range tail {
		if k == key {
			found = append(found, have+int64(i))
		}
	}
	return found, nil
}

// A rowsHash is the running digest of the rows.
type rowsHash struct{ hash.Hash }

func newHash() rowsHash { return rowsHash{sha256.New()} }

func (h rowsHash) sum() digest.Digest { return digest.Digest(h.Sum(nil)) }

// size returns for how many entries of v the file says that it holds keys, and
// their digest: none, unless it was made of the very tree with which v begins.
func (x index) size(ctx context.Context, f *os.File, v *ledger.View) (int64, digest.Digest, error) {
	none := newHash().sum()
	head := make([]byte, headBytes)
	if _, err := f.ReadAt(head, 0); err != nil || !bytes.HasPrefix(head, []byte(indexMagic)) {
		return 0, none, nil
	}
	rest := head[len(indexMagic):]
	size := int64(binary.BigEndian.Uint64(rest))
	root := ledger.Hash(rest[8:])
	sum := digest.Digest(rest[8+len(root):])
	info, err := f.Stat()
	if err != nil {
		return 0, none, err
	}
	if size < 0 || size > v.Checkpoint().Size() || info.Size() < int64(headBytes)+size*int64(keyBytes) {
		return 0, none, nil
	}
	switch err := v.ExtendsTree(ctx, size, root); {
	case err == nil:
		return size, sum, nil
	case errors.Is(err, ledger.ErrForked), errors.Is(err, ledger.ErrRolledBack):
		return 0, none, nil
	default:
		return 0, none, err
	}
}

// extend writes keys behind those that the file has, and then the header that
// makes them count.
func (x index) extend(ctx context.Context, f *os.File, v *ledger.View, have int64, keys []digest.Digest, sum rowsHash) error {
	size := have + int64(len(keys))
	root, err := v.Root(ctx, size)
	if err != nil {
		return err
	}
	rows := make([]byte, 0, len(keys)*keyBytes)
	for _, k := range keys {
		rows = append(rows, k[:]...)
	}
	head := binary.BigEndian.AppendUint64([]byte(indexMagic), uint64(size))
	head = append(head, root[:]...)
	sum.Write(rows)
	total := sum.sum()
	head = append(head, total[:]...)
	_, err = f.WriteAt(rows, int64(headBytes)+have*int64(keyBytes))
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		_, err = f.WriteAt(head, 0)
	}
	if err != nil {
		return fmt.Errorf("writing the index of orders: %w", err)
	}
	return nil
}

// keys reads the keys of the entries [from, to) from the ledger.
func keys(ctx context.Context, v *ledger.View, from, to int64) ([]digest.Digest, error) {
	out := make([]digest.Digest, 0, to-from)
	for e, err := range v.Entries(ctx, from, to) {
		if err != nil {
			return nil, err
		}
		signed, err := act.Parse(e.Bytes)
		if err != nil {
			return nil, fmt.Errorf("ledger entry %d: %w", e.Index, err)
		}
		out = append(out, keyOf(signed.Unverified()))
	}
	return out, nil
}

// scan returns the places of key among the keys that r holds, and their digest.
func scan(r io.Reader, key digest.Digest) ([]int64, rowsHash, error) {
	var found []int64
	h := newHash()
	buf := make([]byte, 4096*keyBytes)
	for place := int64(0); ; {
		n, err := io.ReadFull(r, buf)
		h.Write(buf[:n])
		for row := 0; row+keyBytes <= n; row += keyBytes {
			if [keyBytes]byte(buf[row:row+keyBytes]) == key {
				found = append(found, place)
			}
			place++
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return found, h, nil
		}
		if err != nil {
			return nil, h, fmt.Errorf("reading the index of orders: %w", err)
		}
	}
}
