package trust

import (
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
}

// Publish returns the provider file of a registry.
func (r *Registry) Publish() Provider { panic("unwritten") }

// ParseProvider reads a provider file strictly.
func ParseProvider(b []byte) (*Provider, error) { panic("unwritten") }

// Marshal returns the file's bytes.
func (p *Provider) Marshal() ([]byte, error) { panic("unwritten") }

// Fingerprint is what two people read to each other: the digest of Marshal.
func (p *Provider) Fingerprint() digest.Digest { panic("unwritten") }

// Key returns the key called id for use. Whether it counted at a time is the
// caller's question: see [Validity.At].
func (p *Provider) Key(u Use, id sign.KeyID) (Key, error) { panic("unwritten") }
