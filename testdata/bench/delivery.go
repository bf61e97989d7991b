package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"writ/export/demo"
	"writ/manifest"
)

// A delivery is one as an agency has it, with what it got over another channel.
type delivery struct {
	dir   string
	id    string
	bytes int64 // of the ciphertext
}

// deliver exports a once, and keeps the delivery.
func (h *harness) deliver(ctx context.Context, name string, a ask) (*delivery, error) {
	if d := h.deliveries[name]; d != nil {
		return d, nil
	}
	p, err := h.place("for-" + name)
	if err != nil {
		return nil, err
	}
	if err := p.datasets(a.datasets[0], a.datasets[0]); err != nil {
		return nil, err
	}
	c := p.export("for "+name, a)
	if err := h.once(ctx, nil, c); err != nil {
		return nil, err
	}
	d, err := h.took(name)
	if err != nil {
		return nil, err
	}
	h.deliveries[name] = d
	return d, os.RemoveAll(p.dir)
}

// took moves the one delivery out of the outbox.
func (h *harness) took(name string) (*delivery, error) {
	found, err := filepath.Glob(filepath.Join(h.out, "*", "*"+manifest.CiphertextSuffix))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("%d deliveries, want one: %w", len(found), err)
	}
	d := &delivery{dir: filepath.Join(h.work, "delivery-"+name), id: filepath.Base(filepath.Dir(found[0]))}
	if err := os.Rename(filepath.Dir(found[0]), d.dir); err != nil {
		return nil, err
	}
	info, err := os.Stat(filepath.Join(d.dir, d.id+manifest.CiphertextSuffix))
	if err != nil {
		return nil, err
	}
	d.bytes = info.Size()
	for to, from := range map[string]string{"agency.key": demo.IdentityFile, "signer.pub": "keys/manifest.pub", "provider.json": demo.ProviderFile} {
		b, err := os.ReadFile(filepath.Join(h.people.dir, from))
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(d.dir, to), b, 0o600); err != nil {
			return nil, err
		}
	}
	return d, d.unpackManifest()
}

// unpackManifest writes what openssl verifies, which an agency without cosign
// takes out of the manifest by jq and base64: statement, signed bytes, signature.
func (d *delivery) unpackManifest() error {
	b, err := os.ReadFile(filepath.Join(d.dir, d.file()+manifest.ManifestSuffix))
	if err != nil {
		return err
	}
	var m struct {
		Envelope struct {
			Payload     string `json:"payload"`
			PayloadType string `json:"payloadType"`
			Signatures  []struct {
				Sig string `json:"sig"`
			} `json:"signatures"`
		} `json:"dsseEnvelope"`
	}
	if err := json.Unmarshal(b, &m); err != nil || len(m.Envelope.Signatures) != 1 {
		return fmt.Errorf("manifest: %d signatures: %w", len(m.Envelope.Signatures), err)
	}
	payload, err := base64.StdEncoding.DecodeString(m.Envelope.Payload)
	if err != nil {
		return err
	}
	signature, err := base64.StdEncoding.DecodeString(m.Envelope.Signatures[0].Sig)
	if err != nil {
		return err
	}
	pae := fmt.Sprintf("DSSEv1 %d %s %d %s", len(m.Envelope.PayloadType), m.Envelope.PayloadType, len(payload), payload)
	if err := os.WriteFile(filepath.Join(d.dir, "pae"), []byte(pae), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(d.dir, "signature"), signature, 0o600)
}

// file is the ciphertext's name.
func (d *delivery) file() string { return d.id + manifest.CiphertextSuffix }

func (d *delivery) remove() error { return os.RemoveAll(d.dir) }

// member returns a member of a JSON object that is text, "" if there is none.
func member(object []byte, name string) string {
	var m map[string]any
	if json.Unmarshal(object, &m) != nil {
		return ""
	}
	text, _ := m[name].(string)
	return text
}
