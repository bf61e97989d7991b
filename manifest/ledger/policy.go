package ledger

import (
	"fmt"
	"net/url"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
)

// A Witness is somebody else who cosigns a checkpoint (c2sp.org/tlog-cosignature)
// only if it extends the one they cosigned before.
type Witness struct {
	verifier note.Verifier
	key      string
	url      string
}

// NewWitness reads a witness: its public key as note verifier key, and where
// it takes checkpoints (c2sp.org/tlog-witness, the submission prefix). Who
// only checks proofs needs no URL.
func NewWitness(public, submit string) (Witness, error) {
	if len(public) > 4096 {
		return Witness{}, fmt.Errorf("%w: public key of %d bytes", ErrPolicy, len(public))
	}
	v, err := fnote.NewVerifierForCosignatureV1(public)
	if err != nil {
		return Witness{}, fmt.Errorf("%w: public key of a witness: %w", ErrPolicy, err)
	}
	if !canonical(v, public) {
		return Witness{}, fmt.Errorf("%w: public key of witness %s: want a cosignature key in its canonical form", ErrPolicy, v.Name())
	}
	if submit != "" {
		u, err := url.Parse(submit)
		if err != nil {
			return Witness{}, fmt.Errorf("%w: address of witness %s: %w", ErrPolicy, v.Name(), err)
		}
		if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
			return Witness{}, fmt.Errorf("%w: address of witness %s: want http(s)://host/prefix", ErrPolicy, v.Name())
		}
	}
	return Witness{verifier: v, key: public, url: submit}, nil
}

// Name returns the name in the witness's key.
func (w Witness) Name() string { return w.verifier.Name() }

// A Policy says how many of which witnesses must have cosigned a checkpoint.
// The zero Policy asks for none: the ledger's own key is then all there is.
type Policy struct {
	quorum    int
	witnesses []Witness
}

// NewPolicy asks for quorum of the witnesses.
func NewPolicy(quorum int, witnesses ...Witness) (Policy, error) {
	if quorum < 1 || quorum > len(witnesses) || len(witnesses) > MaxWitnesses {
		return Policy{}, fmt.Errorf("%w: %d of %d; want 1 to all of at most %d", ErrPolicy, quorum, len(witnesses), MaxWitnesses)
	}
	urls := make(map[string]bool)
	verifiers := make([]note.Verifier, 0, len(witnesses))
	for _, w := range witnesses {
		if w.verifier == nil {
			return Policy{}, fmt.Errorf("%w: a witness without a key", ErrPolicy)
		}
		for _, v := range verifiers {
			// One witness twice would be two of the quorum. A name that is
			// used twice could be confused by people.
			if v.Name() == w.Name() {
				return Policy{}, fmt.Errorf("%w: witness %s is there twice", ErrPolicy, w.Name())
			}
		}
		if w.url != "" && urls[w.url] {
			return Policy{}, fmt.Errorf("%w: two witnesses at one address", ErrPolicy)
		}
		urls[w.url] = true
		verifiers = append(verifiers, w.verifier)
	}
	return Policy{quorum: quorum, witnesses: append([]Witness(nil), witnesses...)}, nil
}

// Quorum returns how many must have cosigned; zero if none.
func (p Policy) Quorum() int { return p.quorum }

// Witnesses returns a copy of who may.
func (p Policy) Witnesses() []Witness { return append([]Witness(nil), p.witnesses...) }

// verifiers returns the keys to look for in a checkpoint.
func (p Policy) verifiers() []note.Verifier {
	var vs []note.Verifier
	for _, w := range p.witnesses {
		vs = append(vs, w.verifier)
	}
	return vs
}
