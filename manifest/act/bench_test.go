package act

import (
	"testing"

	"writ/crypto/trust"
)

// An audit reads and verifies every entry of a ledger.
func BenchmarkVerify(b *testing.B) {
	p := provider(signer(b, 1), trust.UseManifest, trust.Validity{})
	for name, a := range samples(b) {
		entry := mustSign(b, a)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(entry)))
			for b.Loop() {
				s, err := Parse(entry)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := Verify(s, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
