//go:build unix

package ledger

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"writ/crypto/digest"
)

// PutText keeps a text beside the log, durable when it returns, so that a
// statement may name it by the digest returned. It must hold nothing personal.
func (l *Log) PutText(ctx context.Context, text []byte) (digest.Digest, error) {
	d := digest.Of(text)
	if len(text) > MaxTextBytes {
		return digest.Digest{}, fmt.Errorf("%w: text of %d bytes, limit is %d", ErrLedger, len(text), MaxTextBytes)
	}
	if _, err := l.Text(ctx, d); err == nil {
		return d, nil
	} else if !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrCorrupt) {
		return digest.Digest{}, err
	}
	path := filepath.Join(l.dir, filepath.FromSlash(textPath(d)))
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return digest.Digest{}, fmt.Errorf("%w: %w", ErrLedger, err)
	}
	if err := writeDurable(path, text); err != nil {
		return digest.Digest{}, fmt.Errorf("%w: text %s: %w", ErrLedger, d, err)
	}
	return d, nil
}
