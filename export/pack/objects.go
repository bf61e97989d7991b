package pack

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"iter"

	"writ/manifest/bag"
	"writ/manifest/frame"
	"writ/manifest/inorder"
)

// pieceBytes is how much of an object goes into one frame: little enough that all
// who work on a piece find it in the processor's cache.
const pieceBytes = 1 << 19

// An Object is a file of known size, such as a message or a photograph.
type Object struct {
	Path      string // below data/
	SizeBytes int64
	// Content is read, and one byte more to see that there is none, before the
	// next object is asked for.
	Content io.Reader
}

// A piece of an object, as it came and as frames. Before the first piece stands
// its tar header.
type piece struct{ head, plain, frames []byte }

// Objects packs files as they are read. It stops at the first error that
// objects yields or that a content's reader returns, and the bag is lost. Whoever
// opens the bag expects a dataset's objects in its folder [bag.Files], behind its
// records.
func (w *Writer) Objects(ctx context.Context, objects iter.Seq2[Object, error]) error {
	if w.err == nil {
		w.err = w.pack(ctx, objects)
	}
	return w.err
}

func (w *Writer) pack(ctx context.Context, objects iter.Seq2[Object, error]) error {
	encoder, err := frame.NewEncoder(frame.Objects, w.c.Workers)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrPack, err)
	}
	line := inorder.New(w.c.Workers, 2*w.c.Workers, func(p *piece) error {
		p.frames = encoder.Append(w.records.Append(p.frames[:0], p.head), p.plain)
		return nil
	})
	give := func(ctx context.Context) error {
		for o, err := range objects {
			if err != nil {
				return err
			}
			if err := w.object(ctx, line, o); err != nil {
				return err
			}
		}
		// A store that was cancelled and said nothing must not look complete.
		return context.Cause(ctx)
	}
	return line.Run(ctx, give, func(p *piece) error { return w.out(p.frames) })
}

// object hands exactly o's size of its content to the workers. An empty one is
// one piece: its header.
func (w *Writer) object(ctx context.Context, line *inorder.Line[piece], o Object) error {
	if o.SizeBytes < 0 {
		return fmt.Errorf("%w: its size is negative", ErrSize)
	}
	if err := w.room(o.SizeBytes); err != nil {
		return err
	}
	head, err := w.head(bag.Data+o.Path, o.SizeBytes)
	if err != nil {
		return err
	}
	h := sha256.New()
	for left := o.SizeBytes; left > 0 || head != nil; {
		s, err := line.Get(ctx)
		if err != nil {
			return err
		}
		p := &s.V
		n := min(left, pieceBytes)
		if cap(p.plain) < int(n) {
			p.plain = make([]byte, n)
		}
		p.head, p.plain = head, p.plain[:n]
		if _, err := io.ReadFull(o.Content, p.plain); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
				return fmt.Errorf("%w: it ended before its %d bytes", ErrSize, o.SizeBytes)
			}
			return err
		}
		line.Put(s)
		h.Write(p.plain)
		head, left = nil, left-n
	}
	switch n, err := io.ReadFull(o.Content, make([]byte, 1)); {
	case n != 0:
		return fmt.Errorf("%w: it goes on after its %d bytes", ErrSize, o.SizeBytes)
	case err != io.EOF:
		return err
	}
	w.packed(bag.Data+o.Path, o.SizeBytes, sum(h))
	return nil
}
