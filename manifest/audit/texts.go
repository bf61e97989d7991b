package audit

import (
	"context"
	"errors"

	"writ/crypto/digest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// texts are what is kept beside the ledger, read once each.
type texts struct {
	f          *fold
	kept       map[digest.Digest][]byte
	registries map[digest.Digest]*registry
	rules      map[[2]digest.Digest]Decide
}

// text returns the text with a digest, or the code of what is wrong with it.
func (t *texts) text(ctx context.Context, d digest.Digest) ([]byte, Code, error) {
	if b, ok := t.kept[d]; ok {
		return b, "", nil
	}
	b, err := t.f.reader.Text(ctx, d)
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return nil, TextMissing, nil
	case errors.Is(err, ledger.ErrCorrupt):
		return nil, TextContent, nil
	case err != nil:
		return nil, "", err
	}
	if t.kept == nil {
		t.kept = make(map[digest.Digest][]byte)
	}
	t.kept[d] = b
	return b, "", nil
}

// registry returns a registry that was in force, nil if it can't be had.
func (t *texts) registry(ctx context.Context, d digest.Digest) (*registry, error) {
	if r, ok := t.registries[d]; ok {
		return r, nil
	}
	if t.registries == nil {
		t.registries = make(map[digest.Digest]*registry)
	}
	b, code, err := t.text(ctx, d)
	if err != nil {
		return nil, err
	}
	var r *registry
	if code == "" {
		r, _ = newRegistry(b) // what is wrong with it is said where it was configured
	}
	t.registries[d] = r
	return r, nil
}

// decide returns what decides by a policy and a catalog, nil if it can't be had.
func (t *texts) decide(ctx context.Context, policy, catalog digest.Digest) (Decide, error) {
	pair := [2]digest.Digest{policy, catalog}
	if d, ok := t.rules[pair]; ok {
		return d, nil
	}
	if t.rules == nil {
		t.rules = make(map[[2]digest.Digest]Decide)
	}
	p, codeP, err := t.text(ctx, policy)
	if err != nil {
		return nil, err
	}
	c, codeC, err := t.text(ctx, catalog)
	if err != nil {
		return nil, err
	}
	var d Decide
	if codeP == "" && codeC == "" {
		if d, err = t.f.c.Rules(p, c); err != nil {
			t.f.find(nowhere(TextFormat), "the policy %s and the catalog %s can't be read together: %v", policy, catalog, err)
			d = nil
		}
	}
	t.rules[pair] = d
	return d, nil
}

// configured takes a change of what decisions are made with.
func (f *fold) configured(ctx context.Context, at finding, a act.Configured) error {
	f.InForce[a.What] = inForce{a.Digest, a.Since}
	b, code, err := f.texts.text(ctx, a.Digest)
	if err != nil {
		return err
	}
	switch at.code = code; {
	case code == TextMissing:
		f.find(at, "the %s %s, in force since %s, is not kept beside the ledger: decisions made with it can't be checked", a.What, a.Digest, stamp(a.Since))
		return nil
	case code == TextContent:
		f.find(at, "the %s kept beside the ledger as %s is another text: decisions made with it can't be checked", a.What, a.Digest)
		return nil
	case int64(len(b)) != a.SizeBytes:
		at.code = TextContent
		f.find(at, "the %s %s has %d bytes, and the statement says %d", a.What, a.Digest, len(b), a.SizeBytes)
	}
	if a.What != act.Registry {
		return nil
	}
	r, err := newRegistry(b)
	switch {
	case err != nil:
		at.code = TextFormat
		f.find(at, "the registry %s can't be read: %v", a.Digest, err)
	case r.doc.Provider != f.c.Provider.Provider:
		at.code = TextFormat
		f.find(at, "the registry %s is of another provider", a.Digest)
	case r.doc.Version < f.Registry:
		at.code = RegistryVersion
		f.find(at, "version %d of the registry was put in force after version %d", r.doc.Version, f.Registry)
	default:
		f.Registry = r.doc.Version
	}
	return nil
}

// inForceAs asks whether what a statement was made with is what was configured.
func (f *fold) inForceAs(at finding, by act.InForce) {
	at.code = NotInForce
	for _, x := range [...]struct {
		what act.What
		d    digest.Digest
	}{{act.Policy, by.Policy}, {act.Catalog, by.Catalog}, {act.Registry, by.Registry}} {
		if now, ok := f.InForce[x.what]; !ok {
			f.find(at, "it names the %s %s, and the ledger says of none that it was in force", x.what, x.d)
		} else if now.Digest != x.d {
			f.find(at, "it names the %s %s, and in force was %s", x.what, x.d, now.Digest)
		}
	}
}
