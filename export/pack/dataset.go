package pack

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"iter"

	"writ/crypto/digest"
	"writ/export/source"
	"writ/manifest/bag"
	"writ/manifest/commit"
	"writ/manifest/frame"
	"writ/manifest/inorder"
)

// Packed is what went into a bag for one dataset.
type Packed struct {
	Records int64
	Bytes   int64
	Root    digest.Digest
}

// A chunk is a batch on its way: raw, then as JSON with its leaves hashed, then
// as frames. Its buffers are used again.
type chunk struct {
	batch *source.Batch
	begin uint64 // of its first record

	plain  []byte
	ends   []int
	run    *commit.Run
	frames []byte
}

// spare is the largest buffer that a chunk keeps for the next one.
const spare = 8 << 20

// encode is the work on a chunk. It gives the batch back as soon as it can.
func (c *chunk) encode(salts *commit.Salts, e *frame.Encoder) error {
	if c.plain == nil || cap(c.plain) > spare {
		// Whole at once: growing would leave as much behind, for the collector.
		c.plain, c.frames = make([]byte, 0, frame.MaxContent), make([]byte, 0, frame.MaxContent/4)
	}
	plain, ends, err := c.batch.Encode(c.plain[:0], c.ends[:0])
	c.batch.Release()
	c.batch = nil
	if err != nil {
		return err
	}
	c.plain, c.ends = plain, ends
	start := 0
	for _, end := range ends {
		if end-start-1 > commit.MaxRecordBytes {
			return fmt.Errorf("%w: a record has more than %d bytes", ErrTooLarge, commit.MaxRecordBytes)
		}
		start = end
	}
	if c.run, err = salts.Leaves(c.begin, plain, ends); err != nil {
		return fmt.Errorf("%w: %w", ErrPack, err)
	}
	c.frames = e.Append(c.frames[:0], plain)
	return nil
}

// Dataset packs records as data/<name>/part-NNNNN.ndjson. It stops at the first
// error that batches yields or that a value's encoding meets, and the bag is lost.
// More than maxRecords is ErrTooMany. Without records there is no file.
func (w *Writer) Dataset(ctx context.Context, name string, batches iter.Seq2[*source.Batch, error], maxRecords int64) (Packed, error) {
	if w.err != nil {
		return Packed{}, w.err
	}
	p, err := w.dataset(ctx, name, batches, maxRecords)
	if err != nil {
		w.err = err
		return Packed{}, err
	}
	return p, nil
}

func (w *Writer) dataset(ctx context.Context, name string, batches iter.Seq2[*source.Batch, error], maxRecords int64) (Packed, error) {
	if w.packs[name] {
		return Packed{}, fmt.Errorf("%w: dataset %q is packed already", ErrPath, name)
	}
	w.packs[name] = true
	salts, err := w.c.Seed.Salts(name)
	if err != nil {
		return Packed{}, fmt.Errorf("%w: %w", ErrPack, err)
	}
	line := inorder.New(w.c.Workers, 2*w.c.Workers, func(c *chunk) error { return c.encode(salts, w.records) })
	// The store is read in this goroutine, and in another one what is ready is
	// written: each waits for the other only when the slots run out.
	d := &parts{w: w, name: name, sum: sha256.New(), tree: commit.NewTree()}
	give := func(ctx context.Context) error { return give(ctx, line, batches, maxRecords) }
	if err := line.Run(ctx, give, d.add); err != nil {
		return Packed{}, err
	}
	if d.size > 0 {
		if err := d.end(); err != nil {
			return Packed{}, err
		}
	}
	root, err := d.tree.Root()
	if err != nil {
		return Packed{}, fmt.Errorf("%w: %w", ErrPack, err)
	}
	return Packed{Records: d.records, Bytes: d.bytes, Root: root}, nil
}

// give hands batches to the workers until there are no more.
func give(ctx context.Context, line *inorder.Line[chunk], batches iter.Seq2[*source.Batch, error], maxRecords int64) error {
	var records int64
	for b, err := range batches {
		if err != nil {
			return err
		}
		n := int64(b.Rows())
		if n == 0 {
			b.Release()
			continue
		}
		if n > maxRecords-records {
			b.Release()
			return fmt.Errorf("%w: a dataset has more than %d records", ErrTooMany, maxRecords)
		}
		s, err := line.Get(ctx)
		if err != nil {
			b.Release()
			return err
		}
		s.V.batch, s.V.begin = b, uint64(records)
		line.Put(s)
		records += n
	}
	// A store that was cancelled and said nothing must not look complete.
	return context.Cause(ctx)
}

// parts cuts one dataset into files.
type parts struct {
	w       *Writer
	name    string
	tree    *commit.Tree
	records int64
	bytes   int64
	part    int // number of the current one
	size    int64
	frames  []byte
	sum     hash.Hash
}

func (d *parts) add(c *chunk) error {
	n := int64(len(c.plain))
	if err := d.w.room(d.size + n); err != nil {
		return err
	}
	if err := d.tree.Append(c.run); err != nil {
		return fmt.Errorf("%w: %w", ErrPack, err)
	}
	d.sum.Write(c.plain)
	d.frames = append(d.frames, c.frames...)
	d.size += n
	d.bytes += n
	d.records += int64(len(c.ends))
	if d.size >= PartBytes {
		if err := d.end(); err != nil {
			return err
		}
	}
	if d.w.c.Progress != nil {
		d.w.c.Progress(d.name, d.records, d.bytes)
	}
	return nil
}

// end writes the current part, whose size is known only now.
func (d *parts) end() error {
	path := bag.Part(d.name, d.part)
	if err := d.w.header(path, d.size); err != nil {
		return err
	}
	if err := d.w.out(d.frames); err != nil {
		return err
	}
	d.w.packed(path, d.size, sum(d.sum))
	d.sum.Reset()
	d.part, d.size, d.frames = d.part+1, 0, d.frames[:0]
	return nil
}
