// Package plain finds the text that canonical JSON (RFC 8785) writes as it is:
// ASCII from the space on, but for the quote and the backslash. Nearly all that
// writer and reader of a bundle handle is such text, so they look at eight
// bytes at once.
package plain

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones = 0x0101010101010101
	tops = ones << 7 // the top bit of each byte
)

// Len returns the number of plain bytes that b begins with.
func Len(b []byte) int {
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		x := binary.LittleEndian.Uint64(b[n:])
		// Of a byte below 0x80, taking away m sets the top bit if it is less than
		// m; one from 0x80 on counts by itself. The borrow may spoil the bytes
		// above, and only the lowest one counts.
		odd := (x | (x - ones*' ') | (x ^ ones*'"' - ones) | (x ^ ones*'\\' - ones)) & tops
		if odd != 0 {
			return n + bits.TrailingZeros64(odd)/8
		}
	}
	for n < len(b) && is(b[n]) {
		n++
	}
	return n
}

func is(c byte) bool { return c >= ' ' && c < 0x80 && c != '"' && c != '\\' }
