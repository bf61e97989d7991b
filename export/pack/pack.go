// Package pack turns records into the payload of a bundle: a BagIt bag (RFC
// 8493) in a tar, in independent zstd frames.
//
// Evidence is never wholly in memory: a dataset leaves in parts of bounded
// size, of which only the compressed form is held until its tar header can be
// written. What is written is the same bytes for the same input and seed,
// whatever the number of workers. The package does no I/O of its own.
package pack

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	"writ/crypto/digest"
	"writ/manifest/bag"
	"writ/manifest/commit"
	"writ/manifest/frame"
)

// PartBytes is about how much of a dataset goes into one file: a part ends with the batch that passes it.
const PartBytes = 16 << 20

// Why there is no bag. A store's own errors and those of dst come as they are.
var (
	ErrPack     = errors.New("bag not packed")
	ErrConfig   = fmt.Errorf("%w: configuration incomplete", ErrPack)
	ErrTooLarge = fmt.Errorf("%w: over a ceiling", ErrPack)
	ErrTooMany  = fmt.Errorf("%w of records", ErrTooLarge)
	ErrPath     = fmt.Errorf("%w: path not usable", ErrPack)
	ErrSize     = fmt.Errorf("%w: a file is not as long as it was said to be", ErrPack)
	ErrClosed   = fmt.Errorf("%w: writer closed", ErrPack)
)

// Config is what a bag needs.
type Config struct {
	Name    string    // of the bag's folder: the export's id
	Created time.Time // of every member, in UTC
	Seed    commit.Seed
	// MaxBytes bounds the payload; passing it is ErrTooLarge. Required.
	MaxBytes int64

	Workers int // zero means GOMAXPROCS
	// Progress, if set, is told after each batch what has been packed so far
	// of its dataset. It is called from another goroutine, one call at a time.
	Progress func(dataset string, records, bytes int64)
}

// A Writer writes one bag. It is for one goroutine. After an error it is of no
// use, and repeats the error; it holds nothing that must be closed.
type Writer struct {
	c       Config
	dst     io.Writer
	records *frame.Encoder
	paths   bag.Paths
	pad     int // zeros that the last member still needs
	files   []File
	payload int64
	packs   map[string]bool // datasets
	err     error
}

// A File is one file of the payload.
type File struct {
	Path      string // from data/
	SizeBytes int64
	SHA256    digest.Digest
}

// New starts a bag in dst, with the file that opens its commitments: whoever
// reads the bag needs that before the first record. The bag is complete only
// once Close has returned nil.
func New(dst io.Writer, c Config) (*Writer, error) {
	if c.Workers == 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	c.Created = c.Created.UTC().Truncate(time.Second)
	switch {
	case dst == nil || c.Workers < 0 || c.MaxBytes <= 0 || c.Seed.Reveal() == "" || c.Created.Year() < 1970:
		return nil, fmt.Errorf("%w: it needs a destination, Created, Seed and MaxBytes", ErrConfig)
	case strings.Contains(c.Name, "/"), bag.CheckPath(c.Name) != nil:
		return nil, fmt.Errorf("%w: Name is not usable as a folder's", ErrConfig)
	}
	// One more than workers: a header is made while they are busy.
	records, err := frame.NewEncoder(frame.Records, c.Workers+1)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPack, err)
	}
	w := &Writer{c: c, dst: dst, records: records, packs: map[string]bool{}}
	openings, err := c.Seed.Openings()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPack, err)
	}
	if err := w.file(bag.Commitments, openings); err != nil {
		return nil, err
	}
	return w, nil
}

// Files returns the files of the payload so far, as they were packed.
func (w *Writer) Files() []File { return slices.Clone(w.files) }

// File packs a small file; path is below data/.
func (w *Writer) File(path string, content []byte) error {
	if w.err == nil {
		w.err = w.file(bag.Data+path, content)
	}
	return w.err
}

func (w *Writer) file(path string, content []byte) error {
	if err := w.room(int64(len(content))); err != nil {
		return err
	}
	if err := w.member(path, content); err != nil {
		return err
	}
	w.packed(path, int64(len(content)), digest.Of(content))
	return nil
}

// room asks whether the payload may grow by n bytes.
func (w *Writer) room(n int64) error {
	if n > w.c.MaxBytes-w.payload {
		return fmt.Errorf("%w: the payload would pass %d bytes", ErrTooLarge, w.c.MaxBytes)
	}
	return nil
}

// packed notes a whole file of the payload.
func (w *Writer) packed(path string, size int64, sum digest.Digest) {
	w.files = append(w.files, File{Path: path, SizeBytes: size, SHA256: sum})
	w.payload += size
}

// Sums is what a bag's manifest needs to say.
type Sums struct {
	TagManifest  digest.Digest
	PayloadBytes int64
	PayloadFiles int
}

// Close writes the bag's own files and ends the tar. Without it there is no bag.
func (w *Writer) Close() (Sums, error) {
	if w.err != nil {
		return Sums{}, w.err
	}
	sums, err := w.close()
	if w.err = err; err != nil {
		return Sums{}, err
	}
	w.err = ErrClosed
	return sums, nil
}

func (w *Writer) close() (Sums, error) {
	listed := make([]bag.Entry, len(w.files))
	for i, f := range w.files {
		listed[i] = bag.Entry{Path: f.Path, SHA256: f.SHA256}
	}
	// RFC 8493, section 2.2.2: Payload-Oxum is "OctetCount.StreamCount".
	info := fmt.Sprintf("Bag-Software-Agent: writ\nBagging-Date: %s\nExternal-Identifier: %s\nPayload-Oxum: %d.%d\n",
		w.c.Created.Format(time.DateOnly), w.c.Name, w.payload, len(w.files))
	var tags []bag.Entry
	for _, f := range []struct {
		name    string
		content []byte
	}{
		{bag.Declaration, []byte(bag.DeclarationText)}, {bag.Info, []byte(info)}, {bag.Manifest, bag.Marshal(listed)},
	} {
		tags = append(tags, bag.Entry{Path: f.name, SHA256: digest.Of(f.content)})
		if err := w.member(f.name, f.content); err != nil {
			return Sums{}, err
		}
	}
	tagManifest := bag.Marshal(tags)
	if err := w.member(bag.TagManifest, tagManifest); err != nil {
		return Sums{}, err
	}
	// POSIX, pax: "two 512-octet blocks filled with binary zeros" end an archive.
	end := bytes.Repeat([]byte{0}, w.pad+2*blockBytes)
	if err := w.out(w.records.Append(nil, end)); err != nil {
		return Sums{}, err
	}
	return Sums{TagManifest: digest.Of(tagManifest), PayloadBytes: w.payload, PayloadFiles: len(w.files)}, nil
}

// sum returns what was written to a hash of package sha256.
func sum(h interface{ Sum([]byte) []byte }) digest.Digest {
	var d [sha256.Size]byte
	h.Sum(d[:0])
	return d
}
