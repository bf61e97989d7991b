package source

import (
	"net/netip"
	"testing"
)

// parseAddress and package netip read the same addresses, and take the same for none.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{
		"192.0.2.7", "0.0.0.0", "255.255.255.255", "256.0.0.1", "01.2.3.4", "1.2.3", "1.2.3.4.5", "1.2.3.", ".1.2.3", "1..2.3", "1.2.3.4 ", "1.2.3.0004",
		"::", "::1", "1::", "2001:db8::7", "2001:DB8:0:0:0:0:0:7", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "1:2:3:4::5:6:7:8",
		"1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8:", "1::2::3", ":::", ":1", "1:", ":", "12345::", "g::", "::1%eth0", "fe80::1%",
		"::ffff:192.0.2.7", "::192.0.2.7", "1:2:3:4:5:6:192.0.2.7", "1:2:3:4:5:6:7:192.0.2.7", "::192.0.2.7:1", "1::192.0.2", "1.2.3.4::", "::1.2.3.04",
		"", "x", "2001:db8::7/64", "1:2:3:4:5:6:7:8::", "0:0:0:0:0:0:0:0:", "1:2:3:4:5:6:1.2.3.4.5",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		want, err := netip.ParseAddr(string(raw))
		got, ok := parseAddress(raw)
		if accepted := err == nil && want.Zone() == ""; ok != accepted || ok && got != want {
			t.Fatalf("parseAddress(%q) = %v, %v; netip says %v, %v", raw, got, ok, want, err)
		}
	})
}
