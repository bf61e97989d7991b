package plain

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// Each byte, at each place of a text, ends what is plain if and only if it is
// not plain itself, whatever stands around it.
func TestLen(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		text := make([]byte, r.IntN(40))
		for i := range text {
			text[i] = byte(r.IntN(256))
			if r.IntN(8) > 0 {
				text[i] = byte(' ' + r.IntN(95))
			}
		}
		for i := range text {
			for c := range 256 {
				old := text[i]
				text[i] = byte(c)
				want := bytes.IndexFunc(ascii(text), odd)
				if want < 0 {
					want = len(text)
				}
				if got := Len(text); got != want {
					t.Fatalf("Len(%q) = %d, want %d", text, got, want)
				}
				text[i] = old
			}
		}
	}
}

// ascii replaces what is no ASCII by a control character, byte for byte.
func ascii(b []byte) []byte {
	b = bytes.Clone(b)
	for i, c := range b {
		if c >= 0x80 {
			b[i] = 0
		}
	}
	return b
}

func odd(r rune) bool { return r < ' ' || r == '"' || r == '\\' }

func BenchmarkLen(b *testing.B) {
	text := []byte(strings.Repeat("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) ", 3))
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if Len(text) != len(text) {
			b.Fatal("not plain")
		}
	}
}
