// Package frame is the compressed form of a payload: a row of independent zstd
// frames (RFC 8878), each of which states its content's size, at most
// [MaxContent], and carries a checksum.
//
// So frames are made and opened in parallel, and whoever opens them needs no
// more memory than a few frames, whatever their makers had in mind. Any zstd
// decompressor reads them; [Reader] accepts no other form.
package frame

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// MaxContent bounds what one frame holds, uncompressed.
const MaxContent = 2 << 20

// An Encoder compresses. It may be used from several goroutines.
type Encoder struct{ zstd *zstd.Encoder }

// A Kind is what content is like.
type Kind uint8

// The kinds. Base64 is a quarter smaller if its literals are compressed too,
// which makes other content slower.
const (
	Records Kind = iota
	Objects
)

// NewEncoder returns an encoder for as many goroutines as that.
func NewEncoder(k Kind, goroutines int) (*Encoder, error) {
	z, err := zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(goroutines),
		zstd.WithEncoderCRC(true), zstd.WithSingleSegment(true), zstd.WithWindowSize(MaxContent),
		zstd.WithAllLitEntropyCompression(k == Objects), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return &Encoder{zstd: z}, nil
}

// Append appends content to dst in as few frames of about the same size as hold it.
func (e *Encoder) Append(dst, content []byte) []byte {
	frames := (len(content) + MaxContent - 1) / MaxContent
	for i := range frames {
		from, to := i*len(content)/frames, (i+1)*len(content)/frames
		dst = e.zstd.EncodeAll(content[from:to], dst)
	}
	return dst
}
