// Package pack turns records into the payload of a bundle: a BagIt bag (RFC
// 8493) in a tar, in independent zstd frames.
//
// Evidence is never wholly in memory: a dataset leaves in parts of bounded
// size, of which only the compressed form is held until its tar header can be
// written. What is written is the same bytes for the same input and seed,
// whatever the number of workers. The package does no I/O of its own.
package pack

import (
	"context"
	"io"
	"iter"
	"time"

	"writ/crypto/digest"
	"writ/export/source"
	"writ/manifest/commit"
)

// PartBytes is about how much of a dataset goes into one file: a part ends with the batch that passes it.
const PartBytes = 16 << 20

// Config is what a bag needs.
type Config struct {
	Name    string    // of the bag's folder: the export's id
	Created time.Time // of every member, in UTC
	Seed    commit.Seed
	Workers int // zero means GOMAXPROCS
	// MaxBytes bounds the payload; passing it is ErrTooLarge. Required.
	MaxBytes int64
	// Progress, if set, is told after each batch what has been packed so far.
	Progress func(dataset string, records, bytes int64)
}

// A Writer writes one bag. It is for one goroutine.
type Writer struct{}

// New returns a writer of a bag to dst. The bag is complete only once Close has
// returned nil.
func New(dst io.Writer, c Config) (*Writer, error) { panic("unwritten") }

// Packed is what went into a bag for one dataset.
type Packed struct {
	Records int64
	Bytes   int64
	Root    digest.Digest
}

// Dataset packs records as data/<name>/part-NNNNN.ndjson. It stops at the first
// error that batches yields or that a value's encoding meets, and the bag is lost.
// More than maxRecords is ErrTooLarge.
func (w *Writer) Dataset(ctx context.Context, name string, batches iter.Seq2[*source.Batch, error], maxRecords int64) (Packed, error) {
	panic("unwritten")
}

// File packs a small file; path is below data/.
func (w *Writer) File(path string, content []byte) error { panic("unwritten") }

// Stream packs a file of known size as it is read; path is below data/.
func (w *Writer) Stream(ctx context.Context, path string, sizeBytes int64, r io.Reader) error {
	panic("unwritten")
}

// Sums is what a bag's manifest needs to say.
type Sums struct {
	TagManifest  digest.Digest
	PayloadBytes int64
	PayloadFiles int
}

// Close writes the bag's own files and ends the tar. Without it there is no bag.
func (w *Writer) Close() (Sums, error) { panic("unwritten") }
