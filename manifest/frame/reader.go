package frame

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"writ/manifest/inorder"
)

// ErrFrame is what is wrong with frames that are not of this form.
var ErrFrame = errors.New("zstd frames malformed")

// maxCompressed bounds a frame: content that does not compress, and its headers.
const maxCompressed = MaxContent + 64<<10

// job is one frame on its way through the workers.
type job struct {
	frame   []byte
	size    int
	content []byte
	holders atomic.Int32 // of the content: the reader, and whoever has a piece
}

// room is what content buffers are multiples of, so that nearly every frame
// fits into what the one before it left.
const room = 64 << 10

// A Piece is content that stands in the reader's memory, which is its holder's
// to read until Free. A reader has few frames, and waits for those that are held.
type Piece struct {
	B    []byte
	line *inorder.Line[job]
	slot *inorder.Slot[job]
}

// Free gives the piece back. It may be called from any goroutine, once.
func (p Piece) Free() {
	if p.slot.V.holders.Add(-1) == 0 {
		p.line.Free(p.slot)
	}
}

// A Reader decompresses. It is for one goroutine.
type Reader struct {
	line   *inorder.Line[job]
	cancel context.CancelCauseFunc
	ended  chan struct{} // the goroutine that cuts has ended
	last   error         // why it has, io.EOF at a proper end; valid then
	now    Piece         // what is left of the frame at hand
	err    error
}

// NewReader starts to read frames from src. The caller closes the reader, and
// may then use src again. There is memory for three frames a worker, so that one
// of them may be held as a piece without keeping it from work.
func NewReader(ctx context.Context, src io.Reader, workers int) (*Reader, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(workers), zstd.WithDecoderMaxMemory(MaxContent),
		zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderLowmem(true))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	r := &Reader{cancel: cancel, ended: make(chan struct{})}
	r.line = inorder.New(workers, 3*workers, func(j *job) error {
		if cap(j.content) < j.size {
			j.content = make([]byte, 0, (j.size+room-1)/room*room)
		}
		content, err := z.DecodeAll(j.frame, j.content[:0:j.size])
		switch {
		case err != nil:
			return fmt.Errorf("%w: %w", ErrFrame, err)
		case len(content) != j.size:
			return fmt.Errorf("%w: a frame holds %d bytes and says %d", ErrFrame, len(content), j.size)
		}
		j.content = j.content[:j.size]
		return nil
	})
	go func() {
		defer close(r.ended)
		defer z.Close()
		defer r.line.Close()
		r.last = r.cut(ctx, bufio.NewReaderSize(src, 256<<10))
	}()
	return r, nil
}

// cut finds the frames of src and gives them to the workers.
func (r *Reader) cut(ctx context.Context, src *bufio.Reader) error {
	for {
		s, err := r.line.Get(ctx)
		if err != nil {
			return err
		}
		if s.V.frame, s.V.size, err = next(s.V.frame[:0], src); err != nil {
			return err
		}
		r.line.Put(s)
	}
}

// next appends the next whole frame of src to dst, and returns the size of its content.
func next(dst []byte, src *bufio.Reader) ([]byte, int, error) {
	head, err := src.Peek(zstd.HeaderMaxSize)
	if len(head) == 0 {
		return dst, 0, err // io.EOF: a proper end
	}
	if err != nil && err != io.EOF {
		return dst, 0, err
	}
	var h zstd.Header
	switch err := h.Decode(head); {
	case err != nil:
		return dst, 0, fmt.Errorf("%w: %w", ErrFrame, err)
	case h.Skippable || h.DictionaryID != 0 || !h.HasFCS || !h.HasCheckSum:
		return dst, 0, fmt.Errorf("%w: a frame does not state its size, has no checksum, or is of another kind", ErrFrame)
	case h.FrameContentSize == 0 || h.FrameContentSize > MaxContent:
		return dst, 0, fmt.Errorf("%w: a frame of %d bytes, want 1 to %d", ErrFrame, h.FrameContentSize, MaxContent)
	}
	if dst, err = take(dst, src, h.HeaderSize); err != nil {
		return dst, 0, err
	}
	// RFC 8878, section 3.1.1.2: a block's header is three bytes, little-endian:
	// one bit "last block", two bits of type, 21 bits of size.
	for last := false; !last; {
		if dst, err = take(dst, src, 3); err != nil {
			return dst, 0, err
		}
		b := dst[len(dst)-3:]
		header := int(b[0]) | int(b[1])<<8 | int(b[2])<<16
		size := header >> 3
		switch header >> 1 & 3 {
		case 1: // run-length: one byte, however often it is repeated
			size = 1
		case 3:
			return dst, 0, fmt.Errorf("%w: a block of reserved type", ErrFrame)
		}
		if len(dst)+size > maxCompressed {
			return dst, 0, fmt.Errorf("%w: a frame is larger than its content can make it", ErrFrame)
		}
		if dst, err = take(dst, src, size); err != nil {
			return dst, 0, err
		}
		last = header&1 == 1
	}
	dst, err = take(dst, src, 4) // the checksum
	return dst, int(h.FrameContentSize), err
}

// take appends n bytes of src to dst.
func take(dst []byte, src io.Reader, n int) ([]byte, error) {
	if cap(dst)-len(dst) < n {
		dst = append(make([]byte, 0, max(2*cap(dst), len(dst)+n, 64<<10)), dst...)
	}
	_, err := io.ReadFull(src, dst[len(dst):len(dst)+n])
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = fmt.Errorf("%w: the last frame is cut off", ErrFrame)
	}
	return dst[:len(dst)+n], err
}

// Read returns content in order. io.EOF comes only after the last whole frame.
func (r *Reader) Read(p []byte) (int, error) {
	if err := r.more(); err != nil {
		return 0, err
	}
	n := copy(p, r.now.B)
	r.now.B = r.now.B[n:]
	return n, nil
}

// Next is Read without a copy: it returns what is next, at most n bytes.
func (r *Reader) Next(n int64) (Piece, error) {
	if err := r.more(); err != nil {
		return Piece{}, err
	}
	p := r.now
	p.B = p.B[:min(n, int64(len(p.B)))]
	p.slot.V.holders.Add(1)
	r.now.B = r.now.B[len(p.B):]
	return p, nil
}

// more sees to it that there is content at hand.
func (r *Reader) more() error {
	for len(r.now.B) == 0 && r.err == nil {
		if r.now.slot != nil {
			r.now.Free()
			r.now = Piece{}
		}
		s, ok := r.line.Take()
		if !ok {
			<-r.ended
			r.err = r.last
			break
		}
		if r.err = s.Err; r.err == nil {
			s.V.holders.Store(1)
			r.now = Piece{s.V.content, r.line, s}
		}
	}
	return r.err
}

var errClosed = errors.New("reader closed")

// Close ends the reader's goroutines, and waits for them.
func (r *Reader) Close() {
	r.cancel(errClosed)
	<-r.ended
}
