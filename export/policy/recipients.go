package policy

import (
	"slices"

	"writ/crypto/seal"
)

// NoSuchRecipient is the ground of what may not leave for a key of that kind.
const NoSuchRecipient Ground = "recipient"

// recipients are the kinds of keys that rules can ask for.
var recipients = []seal.Kind{seal.X25519, seal.Hybrid, seal.SSH, seal.Plugin}

type recipientLine struct {
	scope
	kinds []seal.Kind
}

func (r *reader) readRecipients() {
	for _, l := range r.lines("recipients", false) {
		l.Need("kinds")
		line := recipientLine{scope: l.scope}
		for _, k := range l.Texts("kinds") {
			if !slices.Contains(recipients, seal.Kind(k)) {
				l.Fail(l.node.Errorf("no key is of the kind %q: there are %s", k, join(recipients)))
			}
			line.kinds = append(line.kinds, seal.Kind(k))
		}
		r.t.recipients = append(r.t.recipients, line)
		r.Fail(l.Done())
	}
}

// sealable returns the first rule that refuses to encrypt data of class c to
// the agency's key, nil if none does. All that cover it must allow it.
func (j *jurisdiction) sealable(a *ask, c Class) *recipientLine {
	for i, l := range j.recipients {
		if l.covers(a, c) && !slices.Contains(l.kinds, a.recipient) {
			return &j.recipients[i]
		}
	}
	return nil
}
