package trust

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"unicode"
	"unicode/utf8"

	"writ/crypto/seal"
	"writ/crypto/sign"
)

const (
	maxVersion   = 1_000_000_000
	maxTextBytes = 256
)

var (
	idForm     = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`) })
	dashedForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`) })
)

var kinds = []Kind{Court, Judge, Prosecutor, Police, SecurityService, DesignatedAuthority}

// check reports the first thing that does not fit, naming the entry.
func (d *Document) check() error {
	_, offset := d.IssuedAt.Zone()
	switch {
	case d.Format != Format:
		return fmt.Errorf("format %q, want %q", d.Format, Format)
	case d.Version < 1 || d.Version > maxVersion:
		return fmt.Errorf("version %d, want 1 to %d", d.Version, maxVersion)
	case d.IssuedAt.IsZero() || offset != 0:
		return errors.New("issued_at must be a time in UTC")
	}
	if err := checkID("provider", d.Provider); err != nil {
		return err
	}
	for i, k := range d.AllowKinds {
		if (k != seal.SSH && k != seal.Plugin) || slices.Contains(d.AllowKinds[:i], k) {
			return fmt.Errorf("allow_recipient_kinds: %q is unknown, needs no leave or stands twice; want %s or %s", k, seal.SSH, seal.Plugin)
		}
	}
	held := hands{}
	for _, check := range []func(hands) error{d.checkAuthorities, d.checkReviewers, d.checkEngineers, d.checkAgencies, d.checkThresholds} {
		if err := check(held); err != nil {
			return err
		}
	}
	return cmp.Or(held.provider(d.ProviderKeys), d.Witnesses.check())
}

func (d *Document) checkAuthorities(held hands) error {
	if err := checkIDs("authority", d.Authorities, func(a Authority) string { return a.ID }); err != nil {
		return err
	}
	for _, a := range d.Authorities {
		who := fmt.Sprintf("authority %q", a.ID)
		if !slices.Contains(kinds, a.Kind) {
			return fmt.Errorf("%s: kind %q, want one of %s", who, a.Kind, kinds)
		}
		if err := cmp.Or(checkDashed("jurisdiction", string(a.Jurisdiction)), checkText("name", a.Name, 1),
			checkCountry(a.Country), checkText("phone", a.Phone, 0), a.Validity.check()); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
		if err := held.keys(who, a.Keys); err != nil {
			return err
		}
	}
	return nil
}

func (d *Document) checkReviewers(held hands) error {
	if err := checkIDs("reviewer", d.Reviewers, func(r Reviewer) string { return r.ID }); err != nil {
		return err
	}
	for _, r := range d.Reviewers {
		who := fmt.Sprintf("reviewer %q", r.ID)
		if err := cmp.Or(checkText("name", r.Name, 1), r.Validity.check()); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
		if len(r.Keys) == 0 {
			return fmt.Errorf("%s: no keys, so nothing could be signed", who)
		}
		if err := held.keys(who, r.Keys); err != nil {
			return err
		}
	}
	return nil
}

func (d *Document) checkAgencies(hands) error {
	if err := checkIDs("agency", d.Agencies, func(a Agency) string { return a.ID }); err != nil {
		return err
	}
	for _, a := range d.Agencies {
		who := fmt.Sprintf("agency %q", a.ID)
		if err := cmp.Or(checkDashed("jurisdiction", string(a.Jurisdiction)), checkText("name", a.Name, 1),
			checkText("phone", a.Phone, 0), a.Validity.check()); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
		if n := len(a.Recipients); n == 0 || n > MaxEntries {
			return fmt.Errorf("%s: %d recipients, want 1 to %d", who, n, MaxEntries)
		}
		seen := map[string]bool{}
		for i, r := range a.Recipients {
			_, err := seal.ParseRecipient(r.Recipient, d.AllowKinds...)
			if err == nil && seen[r.Recipient] {
				err = errors.New("it stands there twice")
			}
			if err := cmp.Or(err, r.Validity.check()); err != nil {
				return fmt.Errorf("%s, recipient %d: %w", who, i+1, err)
			}
			seen[r.Recipient] = true
		}
	}
	return nil
}

// A threshold that nobody registered could ever meet is a slip of the pen: it
// would be found out at night, with the first order. People who were revoked
// count here, since a revocation must always be possible.
func (d *Document) checkThresholds(hands) error {
	if len(d.Thresholds) > MaxEntries {
		return fmt.Errorf("%d thresholds, limit is %d", len(d.Thresholds), MaxEntries)
	}
	type order struct {
		j Jurisdiction
		p Process
	}
	seen := map[order]bool{}
	for _, h := range d.Thresholds {
		what := fmt.Sprintf("threshold for %s %s", h.Jurisdiction, h.Process)
		if err := cmp.Or(checkDashed("jurisdiction", string(h.Jurisdiction)), checkDashed("process", string(h.Process))); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		signs := slices.ContainsFunc(d.Authorities, func(a Authority) bool {
			return a.Jurisdiction == h.Jurisdiction && len(a.Keys) > 0
		})
		switch {
		case seen[order{h.Jurisdiction, h.Process}]:
			return fmt.Errorf("%s: there are two", what)
		case h.Authority != Required && h.Authority != Suffices && h.Authority != NotNeeded:
			return fmt.Errorf("%s: authority %q, want %s, %s or %s", what, h.Authority, Required, Suffices, NotNeeded)
		case h.Reviewers < 0 || h.Reviewers == 0 && h.Authority == NotNeeded:
			return fmt.Errorf("%s: %d reviewers and no authority: nobody would have to sign", what, h.Reviewers)
		case h.Reviewers > len(d.Reviewers):
			return fmt.Errorf("%s: %d reviewers, but only %d are registered; add them first", what, h.Reviewers, len(d.Reviewers))
		case !signs && (h.Authority == Required || h.Authority == Suffices && h.Reviewers == 0):
			return fmt.Errorf("%s: needs an authority's signature, but none of %s has a key; add one first", what, h.Jurisdiction)
		}
		seen[order{h.Jurisdiction, h.Process}] = true
	}
	return nil
}

// hands says who holds which key: one key in one hand, once.
type hands map[sign.KeyID]string

func (h hands) keys(who string, keys []Key) error {
	if len(keys) > MaxEntries {
		return fmt.Errorf("%s: %d keys, limit is %d", who, len(keys), MaxEntries)
	}
	for i, k := range keys {
		if err := h.take(fmt.Sprintf("%s, key %d", who, i+1), k); err != nil {
			return err
		}
	}
	return nil
}

func (h hands) provider(keys []ProviderKey) error {
	if len(keys) > MaxEntries {
		return fmt.Errorf("%d provider keys, limit is %d", len(keys), MaxEntries)
	}
	for i, k := range keys {
		what := fmt.Sprintf("provider key %d", i+1)
		if k.Use != UseManifest && k.Use != UseLedger {
			return fmt.Errorf("%s: use %q, want %s or %s", what, k.Use, UseManifest, UseLedger)
		}
		if err := h.take(what, k.Key); err != nil {
			return err
		}
		if err := checkOrigin(k.Use, k.Origin); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		// "The signature type is Ed25519": c2sp.org/tlog-checkpoint.
		if k.Use == UseLedger && k.PublicKey.Algorithm() != string(sign.Ed25519) {
			return fmt.Errorf("%s: a ledger's key is %s, this one is %s; writ key new --type ledger makes one", what, sign.Ed25519, k.PublicKey.Algorithm())
		}
	}
	return nil
}

func (h hands) take(what string, k Key) error {
	id := k.PublicKey.ID()
	if id == "" {
		return fmt.Errorf("%s: no public key", what)
	}
	if holder, ok := h[id]; ok {
		return fmt.Errorf("%s: the same key as %s; one key belongs in one hand", what, holder)
	}
	if err := k.Validity.check(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	h[id] = what
	return nil
}

func checkIDs[T any](what string, list []T, id func(T) string) error {
	if len(list) > MaxEntries {
		return fmt.Errorf("%d entries of kind %s, limit is %d", len(list), what, MaxEntries)
	}
	seen := map[string]bool{}
	for _, e := range list {
		if err := checkID(what, id(e)); err != nil {
			return err
		}
		if seen[id(e)] {
			return fmt.Errorf("%s %q: there are two", what, id(e))
		}
		seen[id(e)] = true
	}
	return nil
}

func checkID(what, id string) error {
	if len(id) > maxTextBytes || !idForm().MatchString(id) {
		return fmt.Errorf("%s %q: an id is made of lower-case letters, digits, dots, dashes and underscores", what, id)
	}
	return nil
}

func checkDashed(what, s string) error {
	if len(s) > maxTextBytes || !dashedForm().MatchString(s) {
		return fmt.Errorf("%s %q: want lower-case words joined by dashes", what, s)
	}
	return nil
}

// checkText accepts what prints on one line.
func checkText(what, s string, minimum int) error {
	if n := utf8.RuneCountInString(s); n < minimum || n > maxTextBytes {
		return fmt.Errorf("%s: %d characters, want %d to %d", what, n, minimum, maxTextBytes)
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("%s: holds the character %U, which does not print", what, r)
		}
	}
	return nil
}
