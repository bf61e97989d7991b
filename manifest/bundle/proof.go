package bundle

import (
	"errors"
	"time"

	"writ/crypto/trust"
	"writ/manifest/ledger"
)

// verifyProof checks that entry, which was signed at a time, stands in the
// provider's ledger, as text says unless it is nil. It returns nil if the
// provider keeps none.
func verifyProof(text, entry []byte, signedAt time.Time, p *trust.Provider) (*ledger.Inclusion, error) {
	if !p.HasLedger() {
		return nil, nil
	}
	// The policy is the provider file's, not the delivery's: a delivery can't
	// say how little is enough.
	policy, err := ledger.PolicyFor(p.Witnesses)
	if err != nil {
		return nil, err
	}
	if text == nil {
		return nil, found(ProofMissing, nil, "the provider keeps a ledger, but there is no proof that the manifest stands in it; ask for the .tlog-proof file")
	}
	// A proof is made after the signing, perhaps years after: anew, to show the
	// cosignatures of today. So a key of the ledger is believed unless it had
	// ended when the manifest was signed.
	var wrong error
	for _, k := range p.Keys {
		if k.Use != trust.UseLedger || k.AtOrAfter(signedAt) != nil {
			continue
		}
		key, err := ledger.VerifierFor(k.Origin, k.PublicKey)
		if err != nil {
			return nil, err
		}
		included, err := ledger.CheckProof(text, entry, key, policy)
		if err == nil {
			return included, nil
		}
		// Of several keys, the one that signed says what is wrong.
		if wrong == nil || foreign(wrong) {
			wrong = err
		}
	}
	switch {
	case wrong == nil:
		return nil, found(ProofLedger, nil, "every ledger key of the provider file had ended when the manifest was signed")
	case foreign(wrong):
		return nil, found(ProofLedger, wrong, "the proof is not from the provider's ledger: no key of the provider file signed its checkpoint")
	case errors.Is(wrong, ledger.ErrWitness):
		return nil, found(ProofWitnesses, wrong, "fewer witnesses have cosigned than the provider file demands")
	case errors.Is(wrong, ledger.ErrInclusion), errors.Is(wrong, ledger.ErrEntrySize):
		return nil, found(ProofInclusion, wrong, "the proof is not for this manifest")
	}
	return nil, found(ProofFormat, wrong, "the proof is not as this format writes it")
}

// foreign reports whether a checkpoint is somebody else's.
func foreign(err error) bool {
	return errors.Is(err, ledger.ErrSignature) || errors.Is(err, ledger.ErrOrigin)
}
