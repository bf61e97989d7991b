package bundle

import (
	"bytes"
	"context"
	"io"

	"writ/manifest"
	"writ/manifest/bag"
	"writ/manifest/commit"
	"writ/manifest/inorder"
)

// chunkBytes is about how much one worker checks at a time. One record may be larger.
const chunkBytes = 1 << 20

// A chunk is a run of whole records.
type chunk struct {
	begin uint64
	lines []byte
	ends  []int
	run   *commit.Run
}

// records checks the records of one dataset while its parts pass by: workers
// look at each record and hash it, and their trees are joined in order.
type records struct {
	dataset manifest.Dataset
	parts   int
	count   uint64
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
		for start := 0; start < len(c.lines); {
			end := start + bytes.IndexByte(c.lines[start:], '\n') + 1
			if err := s.check(c.lines[start:end-1], nil); err != nil {
				return wrong(d.Name, c.begin+uint64(len(c.ends)), err)
			}
			c.ends = append(c.ends, end)
			start = end
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
		if cap(s.V.lines) > 8*chunkBytes {
			s.V.lines = nil // one huge record must not stay in memory
		}
		r.line.Free(s)
	}
}

// part reads the next part of the dataset: whole records, and at least one.
// ctx is what the first error cancels.
func (r *records) part(ctx context.Context, src io.Reader) error {
	r.parts++
	before := r.count
	var rest []byte // the beginning of a record
	for ended := false; !ended; {
		s, err := r.line.Get(ctx)
		if err != nil {
			return err
		}
		c := &s.V
		c.lines = append(c.lines[:0], rest...)
		whole := 0
		for whole == 0 && !ended {
			if len(c.lines) > commit.MaxRecordBytes {
				return found(RecordForm, nil, "a record of dataset %s has more than %d bytes", r.dataset.Name, commit.MaxRecordBytes)
			}
			from := len(c.lines)
			if c.lines, ended, err = fill(c.lines, src); err != nil {
				return err
			}
			whole = from + bytes.LastIndexByte(c.lines[from:], '\n') + 1
			if whole == from {
				whole = 0
			}
		}
		rest = append(rest[:0], c.lines[whole:]...)
		c.lines = c.lines[:whole]
		c.begin = r.count
		n := uint64(bytes.Count(c.lines, []byte{'\n'}))
		r.count += n
		r.bytes += int64(whole)
		r.line.Put(s)
		if r.count > uint64(r.dataset.Records) {
			return found(RecordCount, nil, "dataset %s has more records than the %d that the manifest says", r.dataset.Name, r.dataset.Records)
		}
	}
	if len(rest) > 0 || r.count == before {
		return found(RecordForm, nil, "part %d of dataset %s is empty, or does not end with a newline", r.parts-1, r.dataset.Name)
	}
	return nil
}

// fill appends about a chunk of src to b, and reports whether src has ended.
func fill(b []byte, src io.Reader) ([]byte, bool, error) {
	n := max(chunkBytes-len(b), chunkBytes/2)
	if cap(b)-len(b) < n {
		b = append(make([]byte, 0, 2*len(b)+n), b...)
	}
	m, err := io.ReadFull(src, b[len(b):len(b)+n])
	b = b[:len(b)+m]
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return b, true, nil
	}
	return b, false, err
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
