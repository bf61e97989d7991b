package audit

import (
	"context"
	"slices"

	"writ/crypto/sign"
	"writ/manifest"
	"writ/manifest/act"
)

// requested holds a decision to the engineer who asked for it: registered with
// that key, and none of those who signed the order. It returns the key with
// which the request must verify.
func (f *fold) requested(ctx context.Context, at finding, a act.Decided, signers []manifest.Signer) (key sign.PublicKey, ok bool, err error) {
	who := a.Request
	if a.Result == act.Rejected {
		return key, false, nil
	}
	if who.Engineer == "" {
		at.code = Request
		f.find(at, "no engineer is recorded as having asked for what was decided")
		return key, false, nil
	}
	if slices.ContainsFunc(signers, func(s manifest.Signer) bool { return s.ID == who.Engineer }) {
		at.code = EngineerSigned
		f.find(at, "engineer %s ran the export, and had signed the order", who.Engineer)
	}
	r, err := f.texts.registry(ctx, a.InForce.Registry)
	if err != nil || r == nil {
		return key, false, err
	}
	at.code = Engineer
	id, key, wrong := r.doc.Engineer(sign.KeyID(who.KeyID), who.RequestedAt)
	switch {
	case wrong != nil:
		f.find(at, "engineer %s did not count at %s: %v", who.Engineer, stamp(who.RequestedAt), wrong)
		return key, false, nil
	case id != who.Engineer:
		f.find(at, "the export is recorded as run by engineer %s, and the key is registered for %s", who.Engineer, id)
	}
	return key, true, nil
}
