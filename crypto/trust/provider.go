package trust

import (
	"cmp"
	"fmt"
	"slices"

	"writ/crypto/digest"
	"writ/crypto/sign"
)

// ProviderFormat is the provider file's format version.
const ProviderFormat = "writ.provider/v1"

// A Provider is what agencies and auditors pin of a provider: its public keys
// with the times in which they count. They get it over another channel than
// the bundles and compare its fingerprint.
type Provider struct {
	Format   string        `json:"format"`
	Provider string        `json:"provider"`
	Registry digest.Digest `json:"registry"` // the registry it was taken from
	Keys     []ProviderKey `json:"keys"`
	// Witnesses must have cosigned the checkpoints of the provider's ledger.
	// They have no addresses here.
	Witnesses *Witnesses `json:"witnesses,omitzero"`
}

// Publish returns the provider file of a registry.
func (r *Registry) Publish() Provider {
	// Keys that ended or were revoked too: they signed what agencies still hold.
	p := Provider{
		Format:    ProviderFormat,
		Provider:  r.doc.Provider,
		Registry:  r.digest,
		Keys:      slices.Clone(r.doc.ProviderKeys),
		Witnesses: r.doc.Witnesses.clone(),
	}
	if p.Witnesses != nil {
		for i := range p.Witnesses.List {
			p.Witnesses.List[i].URL = ""
		}
	}
	return p
}

// ParseProvider reads a provider file strictly.
func ParseProvider(b []byte) (*Provider, error) {
	var p Provider
	if err := decode(b, &p); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("%w: provider file: %w", ErrFormat, err)
	}
	return &p, nil
}

func (p *Provider) check() error {
	switch {
	case p.Format != ProviderFormat:
		return fmt.Errorf("format %q, want %q", p.Format, ProviderFormat)
	case p.Registry.IsZero():
		return fmt.Errorf("the digest of its registry is missing")
	case len(p.Keys) == 0:
		return fmt.Errorf("no keys, so nothing could be verified with it")
	}
	if err := checkID("provider", p.Provider); err != nil {
		return err
	}
	if p.Witnesses != nil && slices.ContainsFunc(p.Witnesses.List, func(w Witness) bool { return w.URL != "" }) {
		return fmt.Errorf("a witness has an address here; it stands in the registry only")
	}
	return cmp.Or(hands{}.provider(p.Keys), p.Witnesses.check())
}

// Marshal returns the file's bytes.
func (p *Provider) Marshal() ([]byte, error) { return encode(p) }

// Fingerprint is what two people read to each other: the digest of Marshal.
// It is the same however the file was indented, and zero for one that has no
// form, such as one with an empty key.
func (p *Provider) Fingerprint() digest.Digest {
	b, err := p.Marshal()
	if err != nil {
		return digest.Digest{}
	}
	return digest.Of(b)
}

// Key returns the key called id for use. Whether it counted at a time is the
// caller's question: see [Validity.At].
func (p *Provider) Key(u Use, id sign.KeyID) (Key, error) {
	return findKey(p.Keys, u, id)
}

// HasLedger reports whether the provider keeps a ledger: whether any key for
// one is pinned, in force or not.
func (p *Provider) HasLedger() bool {
	return slices.ContainsFunc(p.Keys, func(k ProviderKey) bool { return k.Use == UseLedger })
}
