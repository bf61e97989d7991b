//go:build !unix

package ledger

import (
	"context"

	"writ/crypto/digest"
)

// A Log appends to a ledger. Not on this system: there is none.
type Log struct{ *Reader }

// Init returns [ErrUnsupported].
func Init(context.Context, Config) error { return ErrUnsupported }

// Open returns [ErrUnsupported].
func Open(context.Context, Config) (*Log, error) { return nil, ErrUnsupported }

// Append returns [ErrUnsupported].
func (*Log) Append(context.Context, []byte) (Proof, error) { return Proof{}, ErrUnsupported }

// AppendAll returns [ErrUnsupported].
func (*Log) AppendAll(context.Context, ...[]byte) ([]Proof, error) { return nil, ErrUnsupported }

// Find returns [ErrUnsupported].
func (*Log) Find(context.Context, Hash) (int64, error) { return 0, ErrUnsupported }

// Settle returns [ErrUnsupported].
func (*Log) Settle(context.Context) (*Checkpoint, error) { return nil, ErrUnsupported }

// PutText returns [ErrUnsupported].
func (*Log) PutText(context.Context, []byte) (digest.Digest, error) {
	return digest.Digest{}, ErrUnsupported
}

// Close returns nil.
func (*Log) Close() error { return nil }
