package source

import (
	"cmp"
	"context"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Bounds on a batch: whichever comes first ends it. A single record may be
// larger than BatchBytes, but not than MaxRecordBytes.
//
// BatchBytes is about the JSON of a batch, and a batch becomes a frame of the
// payload: the larger that is, the better it compresses. It is less than the
// 2 MiB that a frame holds, since a time is longer as JSON than as it came.
const (
	BatchRecords   = 8192
	BatchBytes     = 7 << 18
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

	names  []byte // for each column: `{"name":` or `,"name":`
	starts []int  // where each begins in names, and its end
	filled int    // values of the current record
	record int    // where the current record begins in cells
	err    error  // a record was too large
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
func NewPool(n int) *Pool {
	p := &Pool{free: make(chan *Batch, n)}
	for range n {
		p.free <- &Batch{pool: p}
	}
	return p
}

// Get returns an empty batch of those columns (sorted as RFC 8785 sorts
// members), when one is free.
func (p *Pool) Get(ctx context.Context, columns []Column) (*Batch, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case b := <-p.free:
		if err := b.reset(columns); err != nil {
			b.Release()
			return nil, err
		}
		return b, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// reset empties the batch and quotes the members' names, once for all its records.
func (b *Batch) reset(columns []Column) error {
	b.columns, b.rows, b.filled, b.record, b.err = columns, 0, 0, 0, nil
	if b.cells == nil { // whole at once: growing would leave as much behind, for the collector
		b.cells = make([]byte, 0, BatchBytes)
	}
	b.cells, b.names, b.starts = b.cells[:0], b.names[:0], b.starts[:0]
	if len(columns) == 0 {
		return fmt.Errorf("%w: a record needs at least one field", ErrSchema)
	}
	for i, c := range columns {
		sep := byte(',')
		if i == 0 {
			sep = '{'
		} else if CompareNames(columns[i-1].Name, c.Name) >= 0 {
			return fmt.Errorf("%w: fields %q and %q are not in RFC 8785's order", ErrSchema, columns[i-1].Name, c.Name)
		}
		b.starts = append(b.starts, len(b.names))
		var err error
		if b.names, err = jsontext.AppendQuote(append(b.names, sep), c.Name); err != nil {
			return fmt.Errorf("%w: the name of field %d is not UTF-8", ErrSchema, i)
		}
		b.names = append(b.names, ':')
	}
	b.starts = append(b.starts, len(b.names))
	return nil
}

// CompareNames compares names of members as RFC 8785, section 3.2.3, sorts
// them: by their UTF-16 code units.
func CompareNames(a, b string) int {
	for len(a) > 0 && len(b) > 0 {
		x, n := utf8.DecodeRuneInString(a)
		y, m := utf8.DecodeRuneInString(b)
		if x != y {
			if x > 0xffff && y <= 0xffff {
				x, _ = utf16.EncodeRune(x) // sorts below U+E000 to U+FFFF
			} else if y > 0xffff && x <= 0xffff {
				y, _ = utf16.EncodeRune(y)
			}
			return cmp.Compare(x, y)
		}
		a, b = a[n:], b[m:]
	}
	return cmp.Compare(len(a), len(b))
}

// Add appends one value of the current record; nil is NULL.
func (b *Batch) Add(raw []byte) {
	b.filled++
	switch {
	case raw == nil:
		b.cells = binary.LittleEndian.AppendUint32(b.cells, 0)
	case b.err != nil: // the batch is lost: keep no more
	case len(raw) > MaxRecordBytes-(len(b.cells)-b.record):
		// Encode says so: here only the memory is bounded.
		b.err = fmt.Errorf("%w: a record is larger than %d bytes", ErrValue, MaxRecordBytes)
	default:
		b.cells = binary.LittleEndian.AppendUint32(b.cells, uint32(len(raw)+1))
		b.cells = append(b.cells, raw...)
	}
}

// EndRecord ends the current record and reports whether the batch is full.
func (b *Batch) EndRecord() (full bool) {
	if b.filled != len(b.columns) {
		panic(fmt.Sprintf("source: a record of %d values in a batch of %d columns", b.filled, len(b.columns)))
	}
	b.rows++
	b.filled, b.record = 0, len(b.cells)
	return b.rows == BatchRecords || len(b.cells)+b.rows*len(b.names) >= BatchBytes || b.err != nil
}

// Rows returns the number of whole records.
func (b *Batch) Rows() int { return b.rows }

// Encode appends each record in its RFC 8785 form and a newline to dst, and
// the offset in dst after each newline to ends.
func (b *Batch) Encode(dst []byte, ends []int) ([]byte, []int, error) {
	if b.err != nil {
		return nil, nil, b.err
	}
	cells := b.cells
	for range b.rows {
		for i := range b.columns {
			dst = append(dst, b.names[b.starts[i]:b.starts[i+1]]...)
			n := binary.LittleEndian.Uint32(cells)
			cells = cells[4:]
			var raw []byte
			if n > 0 {
				raw, cells = cells[:n-1:n-1], cells[n-1:]
			}
			var err error
			if dst, err = b.columns[i].Encode(dst, raw); err != nil {
				return nil, nil, err
			}
		}
		dst = append(dst, '}', '\n')
		ends = append(ends, len(dst))
	}
	return dst, ends, nil
}

// Release gives the batch back to its pool; it must not be used afterwards.
func (b *Batch) Release() {
	if cap(b.cells) > 4*BatchBytes {
		b.cells = nil // one huge record must not stay in memory
	}
	b.columns = nil
	select {
	case b.pool.free <- b:
	default:
		panic("source: a batch was released twice")
	}
}
