package pack

import (
	"archive/tar"
	"bytes"
	"fmt"
)

const blockBytes = 512

// head returns what stands before a member's content: the padding of the
// member before it, and the tar header.
func (w *Writer) head(path string, size int64) ([]byte, error) {
	if err := w.paths.Add(path); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPath, err)
	}
	var b bytes.Buffer
	b.Write(make([]byte, w.pad))
	// The tar writer is only used for its header: the content goes past it.
	err := tar.NewWriter(&b).WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: w.c.Name + "/" + path, Size: size, Mode: 0o600, ModTime: w.c.Created,
	})
	if err != nil {
		return nil, fmt.Errorf("%w: tar: %w", ErrPath, err)
	}
	w.pad = int(-size & (blockBytes - 1))
	return b.Bytes(), nil
}

// header writes what stands before a member's content, in a frame of its own.
func (w *Writer) header(path string, size int64) error {
	h, err := w.head(path, size)
	if err != nil {
		return err
	}
	return w.out(w.records.Append(nil, h))
}

// member writes a small member in one go.
func (w *Writer) member(path string, content []byte) error {
	h, err := w.head(path, int64(len(content)))
	if err != nil {
		return err
	}
	return w.out(w.records.Append(nil, append(h, content...)))
}

// out writes frames.
func (w *Writer) out(frames []byte) error {
	if _, err := w.dst.Write(frames); err != nil {
		return fmt.Errorf("writing the bag: %w", err)
	}
	return nil
}
