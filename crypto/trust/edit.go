package trust

import (
	"fmt"
	"slices"
	"time"

	"writ/crypto/sign"
)

// Revoke ends what counts, at t and for good. What was revoked can be revoked
// from an earlier time on, never from a later one. If it had not begun at t, it
// never will.
func (v *Validity) Revoke(t time.Time, reason string) error {
	if t.Before(v.From) {
		t = v.From
	}
	if !v.RevokedAt.IsZero() && !t.Before(v.RevokedAt) {
		return fmt.Errorf("%w already, at %s", ErrRevoked, v.RevokedAt.Format(time.RFC3339))
	}
	v.RevokedAt, v.Reason = t, reason
	return nil
}

// Rotate adds a recipient from its valid_from on; those that count then end.
func (a *Agency) Rotate(r Recipient) {
	for i := range a.Recipients {
		if old := &a.Recipients[i]; old.At(r.From) == nil {
			old.Until = r.From
		}
	}
	a.Recipients = append(a.Recipients, r)
}

// SetThreshold adds a threshold, or replaces the one for the same orders.
func (d *Document) SetThreshold(h Threshold) {
	for i, old := range d.Thresholds {
		if old.Jurisdiction == h.Jurisdiction && old.Process == h.Process {
			d.Thresholds[i] = h
			return
		}
	}
	d.Thresholds = append(d.Thresholds, h)
}

// AddWitness adds a witness of the ledger. The first makes the threshold 1.
func (d *Document) AddWitness(w Witness) {
	if d.Witnesses == nil {
		d.Witnesses = &Witnesses{Threshold: 1}
	}
	d.Witnesses.List = append(d.Witnesses.List, w)
}

// RemoveWitness removes the witness called name and reports whether it was
// there. Without a witness there is no threshold either.
func (d *Document) RemoveWitness(name string) bool {
	if d.Witnesses == nil {
		return false
	}
	n := len(d.Witnesses.List)
	d.Witnesses.List = slices.DeleteFunc(d.Witnesses.List, func(w Witness) bool { return w.Name() == name })
	removed := len(d.Witnesses.List) < n
	if len(d.Witnesses.List) == 0 {
		d.Witnesses = nil
	}
	return removed
}

// FindAuthority, FindReviewer and FindAgency return the entry itself, nil if
// there is none: what is done to it is done to d.
func (d *Document) FindAuthority(id string) *Authority {
	for i := range d.Authorities {
		if d.Authorities[i].ID == id {
			return &d.Authorities[i]
		}
	}
	return nil
}

// FindReviewer is described at [Document.FindAuthority].
func (d *Document) FindReviewer(id string) *Reviewer {
	for i := range d.Reviewers {
		if d.Reviewers[i].ID == id {
			return &d.Reviewers[i]
		}
	}
	return nil
}

// FindAgency is described at [Document.FindAuthority].
func (d *Document) FindAgency(id string) *Agency {
	for i := range d.Agencies {
		if d.Agencies[i].ID == id {
			return &d.Agencies[i]
		}
	}
	return nil
}

// FindKey returns the validity of the key called id, whoever holds it, or nil.
func (d *Document) FindKey(id sign.KeyID) *Validity {
	in := func(keys []Key) *Validity {
		for i := range keys {
			if keys[i].PublicKey.ID() == id {
				return &keys[i].Validity
			}
		}
		return nil
	}
	for i := range d.Authorities {
		if v := in(d.Authorities[i].Keys); v != nil {
			return v
		}
	}
	for i := range d.Reviewers {
		if v := in(d.Reviewers[i].Keys); v != nil {
			return v
		}
	}
	for i := range d.Engineers {
		if v := in(d.Engineers[i].Keys); v != nil {
			return v
		}
	}
	for i := range d.ProviderKeys {
		if d.ProviderKeys[i].PublicKey.ID() == id {
			return &d.ProviderKeys[i].Validity
		}
	}
	return nil
}

// FindRecipients returns the validity of a recipient with each agency that has it.
func (d *Document) FindRecipients(text string) []*Validity {
	var all []*Validity
	for i := range d.Agencies {
		for j := range d.Agencies[i].Recipients {
			if r := &d.Agencies[i].Recipients[j]; r.Recipient == text {
				all = append(all, &r.Validity)
			}
		}
	}
	return all
}
