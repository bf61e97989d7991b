package trust

import (
	"cmp"
	"fmt"
	"time"

	"writ/crypto/sign"
)

// An Engineer is one of the provider's staff who run exports. Somebody who
// reviews orders as well has the same id in both lists, and a key for each.
type Engineer struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Keys []Key  `json:"keys"`
	Validity
}

func (d *Document) checkEngineers(held hands) error {
	if err := checkIDs("engineer", d.Engineers, func(e Engineer) string { return e.ID }); err != nil {
		return err
	}
	for _, e := range d.Engineers {
		who := fmt.Sprintf("engineer %q", e.ID)
		if err := cmp.Or(checkText("name", e.Name, 1), e.Validity.check()); err != nil {
			return fmt.Errorf("%s: %w", who, err)
		}
		if len(e.Keys) == 0 {
			return fmt.Errorf("%s: no keys, so nothing could be signed", who)
		}
		if err := held.keys(who, e.Keys); err != nil {
			return err
		}
	}
	return nil
}

// FindEngineer is described at [Document.FindAuthority].
func (d *Document) FindEngineer(id string) *Engineer {
	for i := range d.Engineers {
		if d.Engineers[i].ID == id {
			return &d.Engineers[i]
		}
	}
	return nil
}

// Engineer returns the id of the engineer who holds the key called key, and the
// key itself, if both count at t.
func (d *Document) Engineer(key sign.KeyID, t time.Time) (id string, public sign.PublicKey, err error) {
	for _, e := range d.Engineers {
		for _, k := range e.Keys {
			// The id of no key is "", which finds nobody.
			if key == "" || k.PublicKey.ID() != key {
				continue
			}
			if err := cmp.Or(e.At(t), k.At(t)); err != nil {
				return "", sign.PublicKey{}, fmt.Errorf("engineer %q, key %s: %w", e.ID, key, err)
			}
			return e.ID, k.PublicKey, nil
		}
	}
	return "", sign.PublicKey{}, fmt.Errorf("engineer with the key %s: %w", key, ErrUnknown)
}

// Engineer is [Document.Engineer] of the registry.
func (r *Registry) Engineer(key sign.KeyID, t time.Time) (id string, public sign.PublicKey, err error) {
	return r.doc.Engineer(key, t)
}
