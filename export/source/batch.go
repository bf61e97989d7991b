package source

import "context"

// Bounds on a batch: whichever comes first ends it. A single record may be
// larger than BatchBytes, but not than MaxRecordBytes.
const (
	BatchRecords   = 4096
	BatchBytes     = 1 << 20
	MaxRecordBytes = 64 << 20
)

// An Encoder appends the JSON form of one raw value of one column to dst. raw
// is nil for NULL. Its errors wrap ErrValue and name the field, never the value.
type Encoder func(dst, raw []byte) ([]byte, error)

// A Batch is a run of whole records, raw as the store sent them.
type Batch struct {
	pool    *Pool
	rows    int
	cells   []byte // for each value: its length + 1 as 4 bytes, 0 for NULL; then its bytes
	columns []Column
}

// A Column is one member of each record of a batch.
type Column struct {
	Name   string // JSON member
	Encode Encoder
}

// A Pool is the fixed number of batches that one export has in flight: it
// bounds memory and gives back-pressure.
type Pool struct{ free chan *Batch }

// NewPool returns a pool of n batches.
func NewPool(n int) *Pool { panic("unwritten") }

// Get returns an empty batch of those columns (sorted as RFC 8785 sorts
// members), when one is free.
func (p *Pool) Get(ctx context.Context, columns []Column) (*Batch, error) { panic("unwritten") }

// Add appends one value of the current record; nil is NULL.
func (b *Batch) Add(raw []byte) { panic("unwritten") }

// EndRecord ends the current record and reports whether the batch is full.
func (b *Batch) EndRecord() (full bool) { panic("unwritten") }

// Rows returns the number of whole records.
func (b *Batch) Rows() int { return b.rows }

// Encode appends each record in its RFC 8785 form and a newline to dst, and
// the offset in dst after each newline to ends.
func (b *Batch) Encode(dst []byte, ends []int) ([]byte, []int, error) { panic("unwritten") }

// Release gives the batch back to its pool; it must not be used afterwards.
func (b *Batch) Release() { panic("unwritten") }
