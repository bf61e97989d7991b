package exhibit

import (
	"fmt"
	"slices"

	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/bundle"
)

// The codes of what only an exhibit can have wrong. The others are those of
// package bundle.
const (
	Malformed bundle.Code = "exhibit-format"
	NoRecord  bundle.Code = "exhibit-record"
)

// Codes returns them.
func Codes() []bundle.Code { return []bundle.Code{Malformed, NoRecord} }

// A Verified exhibit is a record that the provider committed to.
type Verified struct {
	*bundle.Verified                  // of the manifest
	Dataset          manifest.Dataset // that the record stands in
	Index            uint64           // from 0
	Record           []byte           // canonical JSON of exactly the granted fields; evidence
}

// Verify checks an exhibit: the manifest as [bundle.Verify] does, and that the
// record stands under the root that it states. What is wrong with the exhibit
// is a *[bundle.Finding]; other errors are the provider file's.
func Verify(b []byte, p *trust.Provider) (*Verified, error) {
	e, err := Parse(b)
	if err != nil {
		return nil, found(Malformed, err, "the exhibit is not as this format writes it")
	}
	v, err := bundle.VerifyManifest(e.manifest, e.entry, p)
	if err != nil {
		return nil, err
	}
	d, ok := dataset(v, e.dataset)
	if !ok || e.index >= uint64(d.Records) {
		return nil, found(NoRecord, nil, "the manifest states no such dataset, or fewer records in it")
	}
	if err := bundle.FormOf(d).Check(e.index, e.record, nil); err != nil {
		return nil, err
	}
	if err := e.proof.Check(e.record, e.index, uint64(d.Records), d.Root); err != nil {
		return nil, found(bundle.RecordRoot, err, "the record is not the one that the manifest commits to")
	}
	return &Verified{Verified: v, Dataset: d, Index: e.index, Record: e.record}, nil
}

func dataset(v *bundle.Verified, name string) (manifest.Dataset, bool) {
	all := v.Statement().Predicate.Datasets
	i := slices.IndexFunc(all, func(d manifest.Dataset) bool { return d.Name == name })
	if i < 0 {
		return manifest.Dataset{}, false
	}
	return all[i], true
}

func found(c bundle.Code, err error, format string, a ...any) error {
	return &bundle.Finding{Code: c, What: fmt.Sprintf(format, a...), Err: err}
}
