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
type Encoder struct{ matches, literals *zstd.Encoder }

// A Kind is what content is like.
type Kind uint8

// The kinds. Objects are files of any kind, base64 among them: it repeats
// nothing, and is a quarter smaller if its literals are compressed for
// themselves. That costs three times as much where it gains nothing, so it is
// not tried on what looks like noise, as media and archives do.
const (
	Records Kind = iota
	Objects
)

// NewEncoder returns an encoder for as many goroutines as that.
func NewEncoder(k Kind, goroutines int) (*Encoder, error) {
	var e Encoder
	var err error
	if e.matches, err = newZstd(goroutines, false); err == nil && k == Objects {
		e.literals, err = newZstd(goroutines, true)
	}
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return &e, nil
}

func newZstd(goroutines int, literals bool) (*zstd.Encoder, error) {
	return zstd.NewWriter(nil,
		zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(goroutines),
		zstd.WithEncoderCRC(true), zstd.WithSingleSegment(true), zstd.WithWindowSize(MaxContent),
		zstd.WithAllLitEntropyCompression(literals), zstd.WithLowerEncoderMem(true))
}

// Append appends content to dst in as few frames of about the same size as hold it.
func (e *Encoder) Append(dst, content []byte) []byte {
	frames := (len(content) + MaxContent - 1) / MaxContent
	for i := range frames {
		part := content[i*len(content)/frames : (i+1)*len(content)/frames]
		z := e.matches
		if e.literals != nil && !noisy(part) {
			z = e.literals
		}
		dst = z.EncodeAll(part, dst)
	}
	return dst
}

// noisy reports whether, among some thousand bytes of b, each value is about as
// frequent as any other. Base64 is four times further from that than the limit.
func noisy(b []byte) bool {
	const sample = 8192
	if len(b) < sample {
		return false
	}
	var count [256]int
	for i := range sample {
		count[b[i*(len(b)/sample)]]++
	}
	squares := 0
	for _, n := range count {
		squares += n * n
	}
	// Of noise, the sum is on average sample²/256 + sample.
	return squares < sample*sample/256*9/8+sample
}
