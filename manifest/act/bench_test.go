package act

import (
	"testing"

	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/internal/canon"
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

// What is signed with these samples is read the fast way; were it not, an audit
// would take twice as long, and nothing else would show it.
func TestParse_fast(t *testing.T) {
	fast := func(payload []byte, v any) {
		t.Helper()
		if !canon.Decode(payload, v) {
			t.Errorf("%T is not read the fast way", v)
		}
	}
	for name, a := range samples(t) {
		s, err := Parse(mustSign(t, a))
		if err != nil {
			t.Fatal(err)
		}
		switch payload := s.bundle.Payload; a.(type) {
		case Received:
			fast(payload, new(statement[Received]))
		case Decided:
			fast(payload, new(statement[Decided]))
		case Exported:
			fast(payload, new(manifest.Statement))
		case Notified:
			fast(payload, new(statement[Notified]))
		case Released:
			fast(payload, new(statement[Released]))
		case Recalled:
			fast(payload, new(statement[Recalled]))
		case Configured:
			fast(payload, new(statement[Configured]))
		default:
			t.Errorf("%s: a %T", name, a)
		}
	}
}
