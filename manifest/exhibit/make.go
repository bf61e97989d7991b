package exhibit

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"strings"

	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/bag"
	"writ/manifest/bundle"
	"writ/manifest/commit"
)

// ErrRequest is returned for an exhibit that can't be made as it was asked for.
var ErrRequest = errors.New("no such exhibit")

// Make returns the exhibit of one record. d is the delivery, whose ciphertext
// is not read; opened is the folder that [bundle.Open] made of it, or the bag
// in it. All records of the dataset are held against the manifest once more,
// and the exhibit has been verified when it is returned.
func Make(ctx context.Context, d bundle.Delivery, opened fs.FS, p *trust.Provider, name string, pick Pick) ([]byte, error) {
	text, entry, err := d.Signed()
	if err != nil {
		return nil, err
	}
	v, err := bundle.VerifyManifest(text, entry, p)
	if err != nil {
		return nil, err
	}
	set, ok := dataset(v, name)
	if !ok {
		return nil, fmt.Errorf("%w: the manifest states no dataset %q; it states %s", ErrRequest, name, datasets(v))
	}
	if err := pick.check(set); err != nil {
		return nil, err
	}
	in, salts, err := open(opened, v.Statement().Predicate.ExportID, name)
	if err != nil {
		return nil, err
	}
	index, err := find(ctx, in, set, pick)
	if err != nil {
		return nil, err
	}
	e := &Exhibit{dataset: name, index: index, manifest: text}
	if v.Inclusion != nil {
		e.entry = entry
	}
	if err := e.prove(ctx, in, set, salts); err != nil {
		return nil, err
	}
	b, err := e.marshal()
	if err != nil {
		return nil, err
	}
	if _, err := Verify(b, p); err != nil {
		return nil, err
	}
	return b, nil
}

// open returns the bag, and the dataset's salts.
func open(opened fs.FS, id, name string) (fs.FS, *commit.Salts, error) {
	in := opened
	if info, err := fs.Stat(opened, id); err == nil && info.IsDir() {
		if in, err = fs.Sub(opened, id); err != nil {
			return nil, nil, err
		}
	}
	f, err := in.Open(bag.Commitments)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("%w: there is no %s; name the folder that writ open made of export %s", ErrRequest, bag.Commitments, id)
	}
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, commit.MaxOpeningsBytes+1))
	if err != nil {
		return nil, nil, err
	}
	seed, err := commit.ParseOpenings(b)
	if err != nil {
		return nil, nil, found(bundle.CommitmentsFormat, err, "%s is not as this format writes it", bag.Commitments)
	}
	salts, err := seed.Salts(name)
	return in, salts, err
}

// find returns the index of the record that is meant.
func find(ctx context.Context, in fs.FS, d manifest.Dataset, pick Pick) (uint64, error) {
	if pick.by == byIndex {
		return pick.index, nil
	}
	form := bundle.FormOf(d)
	var index, seen, matching uint64
	for record, err := range records(ctx, in, d.Name) {
		if err != nil {
			return 0, err
		}
		matches := false
		if err := form.Check(seen, record, func(field string, value []byte) { matches = matches || pick.matches(field, value) }); err != nil {
			return 0, err
		}
		if matches {
			index = seen
			matching++
		}
		seen++
	}
	if matching != 1 {
		return 0, fmt.Errorf("%w: %d records of dataset %s have that value in field %s, and it must be one", ErrRequest, matching, d.Name, pick.field)
	}
	return index, nil
}

// prove fills in the record and its proof, and holds the bag against the manifest.
func (e *Exhibit) prove(ctx context.Context, in fs.FS, d manifest.Dataset, salts *commit.Salts) error {
	prover, err := salts.Prove(e.index, uint64(d.Records))
	if err != nil {
		return err
	}
	var seen uint64
	for record, err := range records(ctx, in, d.Name) {
		if err != nil {
			return err
		}
		if seen == e.index {
			e.record = bytes.Clone(record)
		}
		if err := prover.Add(record); err != nil {
			return err
		}
		seen++
	}
	if seen != uint64(d.Records) {
		return found(bundle.RecordCount, nil, "dataset %s has %d records in the opened folder, the manifest says %d", d.Name, seen, d.Records)
	}
	proof, root, err := prover.Proof()
	if err != nil {
		return err
	}
	if root != d.Root {
		return found(bundle.RecordRoot, nil, "the records of dataset %s in the opened folder are not those that the manifest commits to", d.Name)
	}
	e.proof = proof
	return nil
}

// records yields a dataset's records without their newlines; each is good
// until the next.
func records(ctx context.Context, in fs.FS, name string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for i := 0; ; i++ {
			f, err := in.Open(bag.Part(name, i))
			if errors.Is(err, fs.ErrNotExist) {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
			more, err := part(ctx, f, yield)
			if err = errors.Join(err, f.Close()); err != nil && more {
				if errors.Is(err, bufio.ErrTooLong) || errors.Is(err, errUnended) {
					err = found(bundle.RecordForm, err, "part %d of dataset %s is not lines of at most %d bytes", i, name, commit.MaxRecordBytes)
				}
				yield(nil, err)
				return
			}
			if !more {
				return
			}
		}
	}
}

var errUnended = errors.New("its last line does not end")

// part yields the lines of one part, and reports whether more are wanted.
func part(ctx context.Context, f io.Reader, yield func([]byte, error) bool) (bool, error) {
	s := bufio.NewScanner(f)
	s.Buffer(nil, commit.MaxRecordBytes+1)
	// Not bufio.ScanLines, which takes other line ends as well.
	s.Split(func(b []byte, atEOF bool) (int, []byte, error) {
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			return i + 1, b[:i], nil
		}
		if atEOF && len(b) > 0 {
			return 0, nil, errUnended
		}
		return 0, nil, nil
	})
	for s.Scan() {
		if err := ctx.Err(); err != nil {
			return true, err
		}
		if !yield(s.Bytes(), nil) {
			return false, nil
		}
	}
	return true, s.Err()
}

// datasets are the names of those that the manifest states.
func datasets(v *bundle.Verified) string {
	var names []string
	for _, d := range v.Statement().Predicate.Datasets {
		names = append(names, d.Name)
	}
	return strings.Join(names, ", ")
}
