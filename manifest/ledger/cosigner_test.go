package ledger_test

import (
	"crypto/ed25519"
	"crypto/sha256"
)

// cosignerID is a cosigner's key ID: "SHA-256(<name> || "\n" || 0x04 || 32-byte
// Ed25519 cosigner public key)[:4]" (c2sp.org/tlog-cosignature).
func cosignerID(name string, public ed25519.PublicKey) []byte {
	sum := sha256.Sum256(append([]byte(name+"\n\x04"), public...))
	return sum[:4]
}
