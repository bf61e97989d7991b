package audit

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/bundle"
	"writ/manifest/ledger"
)

// deliveries holds a folder of deliveries to the ledger. What stands in folders
// whose name begins with a dot is not delivered yet.
func (f *fold) deliveries(ctx context.Context, r *Result) error {
	names := make(map[string]bool) // paths without the manifest's suffix
	err := filepath.WalkDir(f.c.Deliveries, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != f.c.Deliveries && strings.HasPrefix(d.Name(), "."):
			return filepath.SkipDir
		case strings.HasSuffix(path, manifest.CiphertextSuffix), strings.HasSuffix(path, manifest.CiphertextSuffix+manifest.ManifestSuffix):
			names[strings.TrimSuffix(path, manifest.ManifestSuffix)] = true
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("%w: the folder of deliveries: %w", ErrInput, err)
	}
	paths := make([]string, 0, len(names))
	for path := range names {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	seen := make(map[string]bool)
	for _, path := range paths {
		id := strings.TrimSuffix(filepath.Base(path), manifest.CiphertextSuffix)
		seen[id] = true
		if err := f.delivery(ctx, id, path); err != nil {
			return err
		}
		if err := f.orders.trim(); err != nil {
			return err
		}
	}
	r.Counts.Deliveries = int64(len(paths))
	return f.orders.each(every, func(o *order) error {
		for _, x := range o.Exports {
			if !seen[x.ID] {
				f.now.add(finding{code: DeliveryMissing, entry: x.Entry, order: o.Order, export: x.ID}.finding("the folder has no delivery of this export"))
			}
		}
		return nil
	})
}

// delivery checks one: the ciphertext at path, the manifest and the proof
// beside it. A manifest may be there alone.
func (f *fold) delivery(ctx context.Context, id, path string) error {
	x, err := f.orders.export(id)
	if err != nil {
		return err
	}
	if x == nil {
		f.now.add(finding{code: DeliveryUnrecorded, entry: -1, export: id}.finding("the ledger has no statement of this delivery (%s)", filepath.Base(path)))
		return nil
	}
	at := finding{entry: x.Entry, order: x.of.Order, export: id}
	find := func(c Code, format string, a ...any) {
		at.code = c
		f.now.add(at.finding(format, a...))
	}
	beside, err := readOptional(path+manifest.ManifestSuffix, manifest.MaxBytes)
	if err != nil {
		return err
	}
	switch _, err := os.Stat(path); {
	case beside == nil:
		find(DeliveryStatement, "there is no manifest beside the ciphertext")
		sum, err := digestFile(path)
		if err == nil && sum != x.Ciphertext {
			find(DeliveryCiphertext, "the ciphertext is not the one that the ledger records")
		}
		return err
	case ledger.Leaf(beside) != x.Leaf:
		find(DeliveryStatement, "the manifest beside the ciphertext is not entry %d of the ledger", x.Entry)
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	_, err = bundle.Verify(ctx, bundle.Delivery{
		Ciphertext: path, Manifest: path + manifest.ManifestSuffix, Proof: filepath.Join(filepath.Dir(path), id+manifest.ProofSuffix),
	}, f.c.Provider)
	wrong, ok := errors.AsType[*bundle.Finding](err)
	switch {
	case !ok:
		return err
	case slices.Contains(proofCodes, wrong.Code):
		find(DeliveryProof, "%s", wrong.What)
	case wrong.Code == bundle.RecipientsDiffer || wrong.Code == bundle.AgeHeader:
		find(DeliveryRecipients, "%s", wrong.What)
	default:
		find(DeliveryCiphertext, "%s", wrong.What)
	}
	return nil
}

var proofCodes = []bundle.Code{bundle.ProofMissing, bundle.ProofFormat, bundle.ProofLedger, bundle.ProofWitnesses, bundle.ProofInclusion}

// readOptional reads a file, nil if it is not there.
func readOptional(path string, limit int64) ([]byte, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, limit+1))
}

func digestFile(path string) (digest.Digest, error) {
	file, err := os.Open(path)
	if err != nil {
		return digest.Digest{}, err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return digest.Digest{}, err
	}
	return digest.Digest(h.Sum(nil)), nil
}
