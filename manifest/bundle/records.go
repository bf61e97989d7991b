package bundle

import (
	"bytes"
	"context"

	"writ/manifest"
	"writ/manifest/bag"
	"writ/manifest/commit"
	"writ/manifest/frame"
	"writ/manifest/inorder"
)

// A chunk is a run of whole records: those of a piece, or one that lay across
// several.
type chunk struct {
	begin uint64
	lines []byte
	free  func()
	ends  []int
	run   *commit.Run
}

// records checks the records of one dataset while its parts pass by: workers
// look at each record and hash it, and their trees are joined in order.
type records struct {
	dataset manifest.Dataset
	parts   int
	count   uint64
	before  uint64 // of it, in parts that have ended
	rest    []byte // the beginning of a record
	bytes   int64
	line    *inorder.Line[chunk]
	tree    *commit.Tree
	joined  chan error
	show    *table
}

// check starts to check the records of a dataset. The caller ends it; the
// first error cancels.
func check(d manifest.Dataset, seed commit.Seed, workers int, cancel context.CancelCauseFunc) (*records, error) {
	salts, err := seed.Salts(d.Name)
	if err != nil {
		return nil, err
	}
	s := newShape(d.Fields)
	r := &records{dataset: d, tree: commit.NewTree(), joined: make(chan error, 1), show: &table{shape: s}}
	r.line = inorder.New(workers, 2*workers, func(c *chunk) (err error) {
		c.ends = c.ends[:0]
		for end := 0; end < len(c.lines); {
			n, err := s.first(c.lines[end:], nil)
			// No record holds a newline, and the last byte is one.
			if end += n; err == nil && c.lines[end] != '\n' {
				err = errForm
			}
			if err != nil {
				return wrong(d.Name, c.begin+uint64(len(c.ends)), err)
			}
			end++
			c.ends = append(c.ends, end)
		}
		c.run, err = salts.Leaves(c.begin, c.lines, c.ends)
		return err
	})
	go func() { r.joined <- r.join(cancel) }()
	return r, nil
}

// join takes the chunks in order until there are no more.
func (r *records) join(cancel context.CancelCauseFunc) error {
	var err error
	for {
		s, ok := r.line.Take()
		if !ok {
			return err
		}
		if err == nil {
			if err = s.Err; err == nil {
				err = r.tree.Append(s.V.run)
			}
			if err == nil {
				r.show.add(s.V.lines, s.V.ends)
			} else {
				cancel(err)
			}
		}
		s.V.free()
		s.V.lines, s.V.free = nil, nil
		r.line.Free(s)
	}
}

// give takes the next piece of a part. ctx is what the first error cancels.
func (r *records) give(ctx context.Context, p frame.Piece) error {
	lines := p.B
	if len(r.rest) > 0 {
		end := bytes.IndexByte(lines, '\n') + 1
		whole := end > 0
		if !whole {
			end = len(lines)
		}
		r.rest = append(r.rest, lines[:end]...)
		if lines = lines[end:]; len(r.rest) > commit.MaxRecordBytes+1 {
			return found(RecordForm, nil, "a record of dataset %s has more than %d bytes", r.dataset.Name, commit.MaxRecordBytes)
		}
		if whole {
			if err := r.put(ctx, r.rest, func() {}); err != nil {
				return err
			}
			r.rest = nil
		}
	}
	end := bytes.LastIndexByte(lines, '\n') + 1
	r.rest = append(r.rest, lines[end:]...)
	if end == 0 {
		p.Free()
		return nil
	}
	return r.put(ctx, lines[:end], p.Free)
}

// put gives whole records to the workers, and free to whoever is done with them.
func (r *records) put(ctx context.Context, lines []byte, free func()) error {
	s, err := r.line.Get(ctx)
	if err != nil {
		return err
	}
	c := &s.V
	c.begin, c.lines, c.free = r.count, lines, free
	r.count += uint64(bytes.Count(lines, []byte{'\n'}))
	r.bytes += int64(len(lines))
	r.line.Put(s)
	if r.count > uint64(r.dataset.Records) {
		return found(RecordCount, nil, "dataset %s has more records than the %d that the manifest says", r.dataset.Name, r.dataset.Records)
	}
	return nil
}

// endPart asks whether the part was whole records, and at least one.
func (r *records) endPart() error {
	if len(r.rest) > 0 || r.count == r.before {
		return found(RecordForm, nil, "part %d of dataset %s is empty, or does not end with a newline", r.parts, r.dataset.Name)
	}
	r.parts++
	r.before = r.count
	return nil
}

// end waits for the workers and holds the dataset against the manifest. It
// must be called, also after an error.
func (r *records) end() error {
	r.line.Close()
	if err := <-r.joined; err != nil {
		return err
	}
	if int64(r.count) != r.dataset.Records || r.bytes != r.dataset.Bytes {
		return found(RecordCount, nil, "dataset %s has %d records in %d bytes, the manifest says %d in %d",
			r.dataset.Name, r.count, r.bytes, r.dataset.Records, r.dataset.Bytes)
	}
	root, err := r.tree.Root()
	if err != nil {
		return err
	}
	if root != r.dataset.Root {
		return found(RecordRoot, nil, "the records of dataset %s are not those that the manifest commits to", r.dataset.Name)
	}
	return nil
}

// next reports whether path is the dataset's next part.
func (r *records) next(path string) bool { return path == bag.Part(r.dataset.Name, r.parts) }
