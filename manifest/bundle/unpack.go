package bundle

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path"
	"slices"
	"strings"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/manifest"
	"writ/manifest/approval"
	"writ/manifest/bag"
	"writ/manifest/commit"
	"writ/manifest/frame"
)

// An unpacker writes a bag's members below a folder while it checks them.
type unpacker struct {
	s       manifest.Statement
	root    *os.Root
	o       Options
	paths   bag.Paths
	left    int64 // bytes that may still be written
	written int64
	payload int64
	files   map[string]digest.Digest
	small   map[string][]byte // members that are looked into
	seed    commit.Seed
	cancel  context.CancelCauseFunc
	now     *records          // of the dataset whose parts pass by
	tables  map[string]*table // by dataset
}

// overhead is more than what tar adds to a file: its header, that of a long
// path, and the padding.
const overhead = 8 << 10

func newUnpacker(s manifest.Statement, root *os.Root, o Options) *unpacker {
	u := &unpacker{s: s, root: root, o: o, files: map[string]digest.Digest{}, small: map[string][]byte{}, tables: map[string]*table{}}
	if u.left = o.MaxBytes; u.left <= 0 {
		u.left = s.Predicate.Bag.PayloadBytes + u.listBytes()
	}
	return u
}

// listBytes bounds the files of the bag that are not payload: a line a file.
func (u *unpacker) listBytes() int64 {
	const line = 2*sha256.Size + 3 + 3*bag.MaxPathBytes
	return min(int64(u.s.Predicate.Bag.PayloadFiles), bag.MaxListBytes/line)*line + 4096
}

// all reads a tar to the end of its stream.
func (u *unpacker) all(ctx context.Context, src *frame.Reader) error {
	ctx, u.cancel = context.WithCancelCause(ctx)
	defer u.cancel(nil)
	// Whatever the tar says of itself, no more than this is decompressed.
	b := u.s.Predicate.Bag
	files := min(int64(b.PayloadFiles), bag.MaxListBytes/overhead) + 8
	most := &bounded{r: src, left: b.PayloadBytes + u.listBytes() + files*overhead}
	defer func() {
		if u.now != nil { // an error came between
			u.now.end()
		}
	}()
	for {
		// Headers alone are archive/tar's: content is taken where it stands.
		h, err := tar.NewReader(most).Next()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = u.member(ctx, h, most)
		}
		if err == nil {
			err = most.each(-h.Size&511, padding)
		}
		if err != nil {
			return tarError(err)
		}
	}
	if err := u.endDataset(); err != nil {
		return err
	}
	// Behind the tar there are zeros, and the ciphertext's authentic end.
	rest := make([]byte, 32<<10)
	for {
		n, err := most.Read(rest)
		if len(bytes.Trim(rest[:n], "\x00")) != 0 {
			return found(PayloadTar, nil, "something stands behind the end of the tar")
		}
		if err == io.EOF {
			return u.whole()
		}
		if err != nil {
			return err
		}
	}
}

// padding takes what fills a member's last block.
func padding(p frame.Piece) error {
	defer p.Free()
	if len(bytes.Trim(p.B, "\x00")) != 0 {
		return found(PayloadTar, nil, "something stands between two members")
	}
	return nil
}

// tarError names what archive/tar finds; what the layers below find keeps its name.
func tarError(err error) error {
	if errors.Is(err, tar.ErrHeader) || errors.Is(err, tar.ErrFieldTooLong) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, tar.ErrInsecurePath) {
		return found(PayloadTar, err, "the payload is not a tar of this form")
	}
	return err
}

// member checks and writes one member.
func (u *unpacker) member(ctx context.Context, h *tar.Header, src *bounded) error {
	if h.Typeflag != tar.TypeReg || h.Linkname != "" {
		return found(PayloadTar, nil, "a member is not a regular file")
	}
	name, ok := strings.CutPrefix(h.Name, u.s.Predicate.ExportID+"/")
	if !ok {
		return found(PayloadPath, nil, "a member stands outside of the folder %s", u.s.Predicate.ExportID)
	}
	if err := u.paths.Add(name); err != nil {
		return found(PayloadPath, err, "a member's path is not one that a bag may hold")
	}
	for k := range h.PAXRecords {
		if k != "path" && k != "size" { // sparse files, owners, attributes
			return found(PayloadTar, nil, "member %s has the extended header %q", name, k)
		}
	}
	if h.Size > u.left {
		return found(PayloadSize, nil, "member %s would make the bag larger than the limit", name)
	}
	u.left -= h.Size
	if strings.HasPrefix(name, bag.Data) {
		u.payload += h.Size
	}
	limit, err := u.kind(name)
	if err != nil {
		return err
	}
	if limit > 0 && h.Size > limit {
		return found(PayloadSize, nil, "member %s has %d bytes, the limit is %d", name, h.Size, limit)
	}
	w, err := u.create(name)
	if err != nil {
		return err
	}
	defer w.Close()
	var content []byte
	err = src.each(h.Size, func(p frame.Piece) error {
		if _, err := w.Write(p.B); err != nil {
			return err
		}
		if limit == 0 {
			return u.now.give(ctx, p)
		}
		if limit != streamed {
			content = append(content, p.B...)
		}
		p.Free()
		return nil
	})
	switch {
	case err != nil:
	case limit == 0:
		err = u.now.endPart()
	case limit != streamed:
		u.small[name] = content
		err = u.look(name)
	}
	if err != nil {
		return err
	}
	u.files[name] = digest.Digest(w.sum.Sum(nil))
	return w.Close()
}

// streamed is the limit of a member that is written as it comes: the bag's own
// list, which the manifest signs, says what it is.
const streamed = -1

// kind says what a member is: 0 for the next part of a dataset, streamed for a
// file that belongs to its records, or how large a small file may be. What the
// manifest does not announce is refused.
func (u *unpacker) kind(name string) (limit int64, err error) {
	if len(u.files) == 0 && name != bag.Commitments {
		return 0, found(PayloadMember, nil, "the first member is not %s", bag.Commitments)
	}
	switch name {
	case bag.Commitments:
		return commit.MaxOpeningsBytes, nil
	case bag.Order:
		return sign.MaxEnvelopeBytes, nil
	case bag.Certificate:
		return 4 << 20, nil
	case bag.Declaration, bag.Info:
		return 4096, nil
	case bag.Manifest, bag.TagManifest:
		return bag.MaxListBytes, nil
	}
	if u.now != nil && u.now.next(name) {
		return 0, nil
	}
	if slices.ContainsFunc(u.s.Predicate.Approvals, func(d digest.Digest) bool { return name == bag.Approval(d) }) {
		return approval.MaxBytes, nil
	}
	for _, d := range u.s.Predicate.Datasets {
		switch name {
		case bag.Schema(d.Name):
			return 4 << 20, nil
		case bag.Part(d.Name, 0):
			if err := u.endDataset(); err != nil {
				return 0, err
			}
			if u.now, err = check(d, u.seed, u.o.Workers, u.cancel); err != nil {
				return 0, err
			}
			u.tables[d.Name] = u.now.show
			return 0, nil
		}
		if d.Records > 0 && strings.HasPrefix(name, bag.Files(d.Name)) {
			return streamed, u.endDataset()
		}
	}
	return 0, found(PayloadMember, nil, "member %s is not one that the manifest announces", name)
}

// endDataset ends the dataset whose parts have passed by.
func (u *unpacker) endDataset() error {
	now := u.now
	if u.now = nil; now == nil {
		return nil
	}
	return now.end()
}

// look looks into what must be known at once.
func (u *unpacker) look(name string) (err error) {
	switch name {
	case bag.Commitments:
		if u.seed, err = commit.ParseOpenings(u.small[name]); err != nil {
			return found(CommitmentsFormat, err, "%s is not as this format writes it", name)
		}
	case bag.Order:
		e, err := sign.ParseEnvelope(u.small[name], sign.ForOrder)
		if err != nil {
			return found(OrderDiffers, err, "%s is not a signed order", name)
		}
		if digest.Of(e.Payload) != u.s.Predicate.Order.Digest {
			return found(OrderDiffers, nil, "%s is not the order that the manifest names", name)
		}
	}
	for _, d := range u.s.Predicate.Approvals {
		if name != bag.Approval(d) {
			continue
		}
		a, err := approval.Parse(u.small[name])
		if err != nil {
			return found(ApprovalDiffers, err, "%s is not a signed approval", name)
		}
		if digest.Of(u.small[name]) != d || a.Approval().Order != u.s.Predicate.Order.Digest {
			return found(ApprovalDiffers, nil, "%s is not the approval that the manifest names, or of another order", name)
		}
	}
	return nil
}

// A file is written and hashed at once.
type file struct {
	f      *os.File
	sum    hash.Hash
	closed bool
	u      *unpacker
}

func (u *unpacker) create(name string) (*file, error) {
	name = u.s.Predicate.ExportID + "/" + name
	if err := u.root.MkdirAll(path.Dir(name), 0o700); err != nil {
		return nil, err
	}
	f, err := u.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	return &file{f: f, sum: sha256.New(), u: u}, nil
}

func (f *file) Write(p []byte) (int, error) {
	f.sum.Write(p)
	n, err := f.f.Write(p)
	f.u.written += int64(n)
	if f.u.o.Progress != nil {
		f.u.o.Progress(f.u.written)
	}
	return n, err
}

// Close may be called again.
func (f *file) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	return f.f.Close()
}

// whole asks whether the bag is what the manifest says, and nothing is missing.
func (u *unpacker) whole() error {
	e := u.s.Predicate
	for _, name := range []string{bag.Order, bag.Declaration, bag.Info, bag.Manifest, bag.TagManifest} {
		if _, ok := u.small[name]; !ok {
			return found(BagFiles, nil, "%s is missing", name)
		}
	}
	for _, d := range e.Approvals {
		if name := bag.Approval(d); u.small[name] == nil {
			return found(BagFiles, nil, "%s is missing", name)
		}
	}
	if u.files[bag.TagManifest] != e.Bag.TagManifest {
		return found(BagDigest, nil, "the SHA-256 of %s is not the manifest's", bag.TagManifest)
	}
	var payload, tags int
	for _, list := range []string{bag.TagManifest, bag.Manifest} {
		entries, err := bag.Parse(u.small[list])
		if err != nil {
			return found(BagFiles, err, "%s is not as this format writes it", list)
		}
		for _, f := range entries {
			if sum, ok := u.files[f.Path]; !ok || sum != f.SHA256 || strings.HasPrefix(f.Path, bag.Data) != (list == bag.Manifest) {
				return found(BagFiles, nil, "%s lists %s, which is not there, or has other content", list, f.Path)
			}
		}
		if list == bag.Manifest {
			payload = len(entries)
		} else {
			tags = len(entries)
		}
	}
	switch {
	case tags != 3 || payload+tags+1 != len(u.files):
		return found(BagFiles, nil, "there are %d files, %d of them listed", len(u.files), payload+tags+1)
	case payload != e.Bag.PayloadFiles || u.payload != e.Bag.PayloadBytes:
		return found(PayloadSize, nil, "the payload has %d bytes in %d files, the manifest says %d in %d", u.payload, payload, e.Bag.PayloadBytes, e.Bag.PayloadFiles)
	case string(u.small[bag.Declaration]) != bag.DeclarationText:
		return found(BagFiles, nil, "%s does not declare BagIt 1.0 in UTF-8", bag.Declaration)
	case !bytes.Contains(u.small[bag.Info], fmt.Appendf(nil, "\nPayload-Oxum: %d.%d\n", u.payload, payload)):
		return found(BagFiles, nil, "the Payload-Oxum of %s is not the payload's", bag.Info)
	}
	for _, d := range e.Datasets {
		if u.tables[d.Name] == nil && d.Records > 0 {
			return found(RecordCount, nil, "dataset %s has no records, the manifest says %d", d.Name, d.Records)
		}
	}
	return nil
}

// bounded ends with an error where a reader goes on for too long.
type bounded struct {
	r    *frame.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p[:min(int64(len(p)), b.left+1)])
	return n, b.take(n, err)
}

// each calls use, which frees them, with pieces of the next size bytes. It stops at the first error.
func (b *bounded) each(size int64, use func(frame.Piece) error) error {
	for size > 0 {
		p, err := b.r.Next(min(size, b.left+1))
		if err == io.EOF {
			return io.ErrUnexpectedEOF
		}
		if err = b.take(len(p.B), err); err != nil {
			return err
		}
		size -= int64(len(p.B))
		if err := use(p); err != nil {
			return err
		}
	}
	return nil
}

func (b *bounded) take(n int, err error) error {
	if b.left -= int64(n); b.left < 0 {
		return found(PayloadSize, nil, "the payload goes on after the size that the manifest states")
	}
	return err
}
