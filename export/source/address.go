package source

import (
	"bytes"
	"net/netip"
)

// parseAddress reads what [netip.ParseAddr] does, but for zones. It takes bytes
// because that takes a string, which would be allocated for each value.
func parseAddress(raw []byte) (netip.Addr, bool) {
	if bytes.IndexByte(raw, ':') >= 0 {
		return parseIPv6(raw)
	}
	four, ok := parseIPv4(raw)
	return netip.AddrFrom4(four), ok
}

// parseIPv4 reads four numbers without leading zeros.
func parseIPv4(raw []byte) (four [4]byte, ok bool) {
	for i := range four {
		if i > 0 {
			if len(raw) == 0 || raw[0] != '.' {
				return four, false
			}
			raw = raw[1:]
		}
		n := leadingDigits(raw[:min(len(raw), 4)])
		v, ok := number(raw[:n], 255)
		if !ok || n == 0 || n > 1 && raw[0] == '0' {
			return four, false
		}
		four[i], raw = byte(v), raw[n:]
	}
	return four, len(raw) == 0
}

// parseIPv6 reads up to eight groups; RFC 4291, section 2.2: '"::" indicates
// one or more groups of 16 bits of zeros. The "::" can only appear once', and
// the last two groups may be written as IPv4.
func parseIPv6(raw []byte) (netip.Addr, bool) {
	var a [16]byte
	n, gap := 0, -1 // bytes read, and how many of them stand before "::"
	if bytes.HasPrefix(raw, []byte("::")) {
		raw, gap = raw[2:], 0
	}
	for n < 16 && len(raw) > 0 {
		digits, v := hexGroup(raw)
		if digits < len(raw) && raw[digits] == '.' {
			four, ok := parseIPv4(raw)
			if !ok || n > 12 {
				return netip.Addr{}, false
			}
			n += copy(a[n:], four[:])
			raw = nil
			break
		}
		if digits == 0 {
			return netip.Addr{}, false
		}
		a[n], a[n+1] = byte(v>>8), byte(v)
		n, raw = n+2, raw[digits:]
		switch {
		case len(raw) == 0:
		case raw[0] != ':' || len(raw) == 1 || n == 16:
			return netip.Addr{}, false
		case raw[1] != ':':
			raw = raw[1:]
		case gap >= 0:
			return netip.Addr{}, false
		default:
			raw, gap = raw[2:], n
		}
	}
	switch {
	case len(raw) > 0 || (n == 16) == (gap >= 0):
		return netip.Addr{}, false
	case gap >= 0: // what follows the gap goes to the end
		after := n - gap
		copy(a[16-after:], a[gap:n])
		clear(a[gap : 16-after])
	}
	return netip.AddrFrom16(a), true
}

// hexGroup reads up to four hexadecimal digits, and returns how many there are.
func hexGroup(raw []byte) (digits, v int) {
	for _, c := range raw[:min(len(raw), 4)] {
		switch {
		case c >= '0' && c <= '9':
			v = v<<4 | int(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			v = v<<4 | int(c|0x20-'a'+10)
		default:
			return digits, v
		}
		digits++
	}
	return digits, v
}
