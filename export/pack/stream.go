package pack

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"writ/manifest/bag"
	"writ/manifest/frame"
	"writ/manifest/inorder"
)

// streamBytes is how much of a stream goes into one frame.
const streamBytes = 1 << 20

// A piece of a stream, as it came and as a frame. The next file uses it again.
type piece struct{ plain, frames []byte }

// Stream packs a file of known size as it is read, and one byte more, to see
// that there is none. path is below data/; whoever opens the bag expects what is
// in the folder [bag.Files] of a dataset, behind its records.
func (w *Writer) Stream(ctx context.Context, path string, sizeBytes int64, r io.Reader) error {
	if w.err == nil {
		w.err = w.stream(ctx, bag.Data+path, sizeBytes, r)
	}
	return w.err
}

func (w *Writer) stream(ctx context.Context, path string, size int64, r io.Reader) error {
	if size < 0 {
		return fmt.Errorf("%w: its size is negative", ErrSize)
	}
	if err := w.room(size); err != nil {
		return err
	}
	if w.objects == nil {
		var err error
		if w.objects, err = frame.NewEncoder(frame.Objects, w.c.Workers); err != nil {
			return fmt.Errorf("%w: %w", ErrPack, err)
		}
	}
	if err := w.header(path, size); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	line := inorder.New(w.c.Workers, 2*w.c.Workers, func(p **piece) error {
		(*p).frames = w.objects.Append((*p).frames[:0], (*p).plain)
		return nil
	})
	h, written := sha256.New(), make(chan error, 1)
	go func() {
		var err error
		for {
			s, ok := line.Take()
			if !ok {
				written <- err
				return
			}
			if err == nil {
				h.Write(s.V.plain)
				if err = w.out(s.V.frames); err != nil {
					cancel(err)
				}
			}
			w.pieces.Put(s.V)
			line.Free(s)
		}
	}()
	err := w.read(ctx, line, size, r)
	line.Close()
	if failed := <-written; failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	w.packed(path, size, sum(h))
	return nil
}

// read hands exactly size bytes of r to the workers.
func (w *Writer) read(ctx context.Context, line *inorder.Line[*piece], size int64, r io.Reader) error {
	for left := size; left > 0; {
		s, err := line.Get(ctx)
		if err != nil {
			return err
		}
		n := min(left, streamBytes)
		s.V = w.pieces.Get().(*piece)
		if cap(s.V.plain) < int(n) {
			s.V.plain = make([]byte, n)
		}
		s.V.plain = s.V.plain[:n]
		if _, err := io.ReadFull(r, s.V.plain); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return fmt.Errorf("%w: it ended before its %d bytes", ErrSize, size)
			}
			return err
		}
		line.Put(s)
		left -= n
	}
	switch n, err := io.ReadFull(r, make([]byte, 1)); {
	case n != 0:
		return fmt.Errorf("%w: it goes on after its %d bytes", ErrSize, size)
	case err != io.EOF:
		return err
	}
	return nil
}
