package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"writ/crypto/digest"
)

// A text is a document that statements name by its digest, such as the policy
// in force. An entry may be too small for it, so it stands beside the log and
// is served and mirrored with it.
func textPath(d digest.Digest) string { return "text/sha256/" + d.Hex() }

// Text returns the text with a digest.
func (r *Reader) Text(ctx context.Context, d digest.Digest) ([]byte, error) {
	b, err := r.src.Read(ctx, textPath(d), MaxTextBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: text %s: %w", ErrNotFound, d, err)
	}
	if err != nil {
		return nil, err
	}
	if digest.Of(b) != d {
		return nil, fmt.Errorf("%w: text %s", ErrCorrupt, d)
	}
	return b, nil
}
