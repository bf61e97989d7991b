package trust

import (
	"fmt"
	"slices"
	"time"

	"writ/crypto/digest"
	"writ/crypto/seal"
	"writ/crypto/sign"
)

// A Registry is a document that enough root keys signed. Only [Open] fills one.
type Registry struct {
	doc     Document
	digest  digest.Digest
	payload []byte
}

// Open verifies a registry's envelope against the root.
func Open(envelope []byte, root Root) (*Registry, error) {
	if err := root.check(); err != nil {
		return nil, err
	}
	e, err := sign.ParseEnvelope(envelope, sign.ForRegistry)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	// Signatures first: nothing in the document is read before it is believed.
	if have := len(root.Signers(e)); have < root.Threshold {
		return nil, fmt.Errorf("%w: %d of the %d that are needed", ErrThreshold, have, root.Threshold)
	}
	d, err := ParseDocument(e.Payload)
	if err != nil {
		return nil, err
	}
	if d.Version < root.MinVersion {
		return nil, fmt.Errorf("%w: version %d, want %d or later", ErrRollback, d.Version, root.MinVersion)
	}
	return &Registry{doc: *d, digest: digest.Of(e.Payload), payload: e.Payload}, nil
}

// Digest is the SHA-256 of the document's signed bytes.
func (r *Registry) Digest() digest.Digest { return r.digest }

// Payload returns the document's signed bytes.
func (r *Registry) Payload() []byte { return slices.Clone(r.payload) }

// Document returns a deep copy.
func (r *Registry) Document() Document {
	d := r.doc
	d.AllowKinds = slices.Clone(d.AllowKinds)
	d.Thresholds = slices.Clone(d.Thresholds)
	d.ProviderKeys = slices.Clone(d.ProviderKeys)
	d.Witnesses = d.Witnesses.clone()
	d.Authorities = slices.Clone(d.Authorities)
	for i := range d.Authorities {
		d.Authorities[i].Keys = slices.Clone(d.Authorities[i].Keys)
	}
	d.Reviewers = slices.Clone(d.Reviewers)
	for i := range d.Reviewers {
		d.Reviewers[i].Keys = slices.Clone(d.Reviewers[i].Keys)
	}
	d.Engineers = slices.Clone(d.Engineers)
	for i := range d.Engineers {
		d.Engineers[i].Keys = slices.Clone(d.Engineers[i].Keys)
	}
	d.Agencies = slices.Clone(d.Agencies)
	for i := range d.Agencies {
		d.Agencies[i].Recipients = slices.Clone(d.Agencies[i].Recipients)
	}
	return d
}

// Authority returns the authority called id if it counts at t, with only those
// of its keys that count then.
func (r *Registry) Authority(id string, t time.Time) (Authority, error) {
	for _, a := range r.doc.Authorities {
		if a.ID != id {
			continue
		}
		if err := a.At(t); err != nil {
			return Authority{}, fmt.Errorf("authority %q: %w", id, err)
		}
		a.Keys = keysAt(a.Keys, t)
		return a, nil
	}
	return Authority{}, fmt.Errorf("authority %q: %w", id, ErrUnknown)
}

// Agency returns the agency called id if it counts at t, with only those of its
// recipients that count then.
func (r *Registry) Agency(id string, t time.Time) (Agency, error) {
	for _, a := range r.doc.Agencies {
		if a.ID != id {
			continue
		}
		if err := a.At(t); err != nil {
			return Agency{}, fmt.Errorf("agency %q: %w", id, err)
		}
		a.Recipients = slices.DeleteFunc(slices.Clone(a.Recipients), func(x Recipient) bool { return x.At(t) != nil })
		return a, nil
	}
	return Agency{}, fmt.Errorf("agency %q: %w", id, ErrUnknown)
}

// Reviewers returns the reviewers who count at t, with only those of their keys
// that count then.
func (r *Registry) Reviewers(t time.Time) []Reviewer { return r.doc.ReviewersAt(t) }

// ReviewersAt is [Registry.Reviewers] of the document.
func (d *Document) ReviewersAt(t time.Time) []Reviewer {
	var now []Reviewer
	for _, v := range d.Reviewers {
		if v.At(t) == nil {
			v.Keys = keysAt(v.Keys, t)
			now = append(now, v)
		}
	}
	return now
}

func keysAt(keys []Key, t time.Time) []Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k.At(t) != nil })
}

// Threshold returns who must sign an order of that kind.
func (r *Registry) Threshold(j Jurisdiction, p Process) (Threshold, error) {
	for _, h := range r.doc.Thresholds {
		if h.Jurisdiction == j && h.Process == p {
			return h, nil
		}
	}
	return Threshold{}, fmt.Errorf("threshold for %s %s: %w", j, p, ErrUnknown)
}

// ProviderKey returns the provider's key for use that counts at t.
func (r *Registry) ProviderKey(u Use, id sign.KeyID, t time.Time) (Key, error) {
	k, err := findKey(r.doc.ProviderKeys, u, id)
	if err != nil {
		return Key{}, err
	}
	if err := k.At(t); err != nil {
		return Key{}, fmt.Errorf("%s key %s: %w", u, id, err)
	}
	return k, nil
}

// LedgerKeys returns the keys that sign the ledger's checkpoints at t, in the
// registry's order.
func (r *Registry) LedgerKeys(t time.Time) []ProviderKey {
	var keys []ProviderKey
	for _, k := range r.doc.ProviderKeys {
		if k.Use == UseLedger && k.At(t) == nil {
			keys = append(keys, k)
		}
	}
	return keys
}

// Witnesses returns a copy of who must cosign the ledger's checkpoints, nil if
// nobody.
func (r *Registry) Witnesses() *Witnesses { return r.doc.Witnesses.clone() }

func findKey(keys []ProviderKey, u Use, id sign.KeyID) (Key, error) {
	for _, k := range keys {
		// The id of no key is "", which finds nothing.
		if id != "" && k.Use == u && k.PublicKey.ID() == id {
			return k.Key, nil
		}
	}
	return Key{}, fmt.Errorf("%s key %s: %w", u, id, ErrUnknown)
}

// Recipient returns the agency's one recipient at t, parsed. More or fewer than one is an error.
func (r *Registry) Recipient(agency string, t time.Time) (seal.Recipient, error) {
	a, err := r.Agency(agency, t)
	if err != nil {
		return seal.Recipient{}, err
	}
	switch len(a.Recipients) {
	case 0:
		return seal.Recipient{}, fmt.Errorf("agency %q: no recipient that counts: %w", agency, ErrUnknown)
	case 1:
		return seal.ParseRecipient(a.Recipients[0].Recipient, r.doc.AllowKinds...)
	}
	return seal.Recipient{}, fmt.Errorf("%w: agency %q has %d recipients that count; end all but one", ErrRegistry, agency, len(a.Recipients))
}
