package source_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gowebpki/jcs"

	"writ/export/source"
)

func be(v int64) string { return string(binary.BigEndian.AppendUint64(nil, uint64(v))) }

var encoders = map[string]source.Encoder{
	"text":        source.EncodeText,
	"integer":     source.EncodeInteger,
	"big-integer": source.EncodeBigInteger,
	"digits":      source.EncodeDigits,
	"decimal":     source.EncodeDecimal,
	"boolean":     source.EncodeBoolean,
	"bytes":       source.EncodeBytes,
	"unix":        source.EncodeUnix,
	"unix-ms":     source.EncodeUnixMS,
	"utc-text":    source.EncodeUTCText,
	"rfc3339":     source.EncodeRFC3339,
	"zoned":       source.EncodeZoned,
	"date":        source.EncodeDate,
	"address":     source.EncodeAddress,
}

// A value is written in its one form, or refused with a sentence that does not
// hold it.
func TestEncoders(t *testing.T) {
	const refused = ""
	for _, tt := range []struct{ encoder, raw, want string }{
		{"text", "", `""`},
		{"text", "a\"b\\c\n\t\x00\x1f/\u007f", `"a\"b\\c\n\t\u0000\u001f/` + "\u007f" + `"`},
		{"text", "é€😀\u2028<&>", `"é€😀` + "\u2028" + `<&>"`},
		{"text", "\ufffd", "\"\ufffd\""},
		{"text", "caf\xe9", refused},
		{"text", "\xed\xa0\x80", refused}, // a surrogate
		{"integer", be(0), "0"},
		{"integer", be(-1), "-1"},
		{"integer", "\xff\xfe", "-2"},
		{"integer", "\x00\x00\x00\x07", "7"},
		{"integer", be(1<<53 - 1), "9007199254740991"},
		{"integer", be(1 << 53), refused},
		{"integer", be(-(1 << 53)), refused},
		{"integer", "abc", refused},
		{"integer", "", refused},
		{"big-integer", be(-1 << 63), `"-9223372036854775808"`},
		{"digits", "0", `"0"`},
		{"digits", "-123456789012345678901234567890", `"-123456789012345678901234567890"`},
		{"digits", "-0", refused},
		{"digits", "007", refused},
		{"digits", "", refused},
		{"digits", "-", refused},
		{"digits", "1.0", refused},
		{"decimal", "1.50", `"1.50"`},
		{"decimal", "-.5", `"-.5"`},
		{"decimal", "1e+20", `"1e+20"`},
		{"decimal", "NaN", refused},
		{"decimal", "Infinity", refused},
		{"decimal", "1e", refused},
		{"decimal", "1e+", refused},
		{"decimal", ".", refused},
		{"decimal", "", refused},
		{"decimal", "1,5", refused},
		{"boolean", be(1), "true"},
		{"boolean", "\x00", "false"},
		{"boolean", be(2), refused},
		{"bytes", "\x00\xff~", `"AP9+"`},
		{"bytes", "", `""`},
		{"unix", be(1772323200), `"2026-03-01T00:00:00Z"`},
		{"unix", be(-62167219201), refused}, // a year below 0
		{"unix", be(253402300799), `"9999-12-31T23:59:59Z"`},
		{"unix", be(253402300800), refused},
		{"unix", be(1<<63 - 1), refused},
		{"unix-ms", be(1772323200120), `"2026-03-01T00:00:00.12Z"`},
		{"utc-text", "2026-03-01 00:00:00", `"2026-03-01T00:00:00Z"`},
		{"utc-text", "2026-03-01 23:59:59.500", `"2026-03-01T23:59:59.5Z"`},
		{"utc-text", "2026-03-01 23:59:59.123456789", `"2026-03-01T23:59:59.123456789Z"`},
		{"utc-text", "2026-03-01T00:00:00", refused},
		{"utc-text", "2026-03-01 00:00:00Z", refused},
		{"utc-text", "2026-02-29 00:00:00", refused},
		{"utc-text", "2026-03-01 24:00:00", refused},
		{"utc-text", "2026-03-01 23:59:60", refused},
		{"utc-text", "2026-03-01 00:00:00.", refused},
		{"utc-text", "2026-03-01 00:00:00.1234567890", refused},
		{"utc-text", "2026-03-01", refused},
		{"rfc3339", "2026-03-01T00:30:00+01:00", `"2026-02-28T23:30:00Z"`},
		{"rfc3339", "2026-03-01T00:00:00-05:30", `"2026-03-01T05:30:00Z"`},
		{"rfc3339", "0000-01-01T00:00:00+00:01", refused},
		{"rfc3339", "2026-03-01T00:00:00", refused},
		{"rfc3339", "2026-03-01T00:00:00+24:00", refused},
		{"rfc3339", "2026-03-01T00:00:00+0100", refused},
		{"rfc3339", "2026-03-01t00:00:00z", refused},
		{"zoned", "2026-03-01T00:30:00.250+01:00", `{"original":"2026-03-01T00:30:00.250+01:00","utc":"2026-02-28T23:30:00.25Z"}`},
		{"zoned", "yesterday", refused},
		{"date", "2024-02-29", `"2024-02-29"`},
		{"date", "2025-02-29", refused},
		{"date", "2025-2-9", refused},
		{"date", "0000-00-00", refused},
		{"address", "203.0.113.7", `"203.0.113.7"`},
		{"address", "2001:DB8:0:0::1", `"2001:db8::1"`},
		{"address", "::ffff:1.2.3.4", `"::ffff:1.2.3.4"`},
		{"address", "fe80::1%eth0", refused},
		{"address", "10.0.0.010", refused},
		{"address", "10.0.0.1/24", refused},
		{"address", "", refused},
	} {
		t.Run(tt.encoder+" "+tt.raw, func(t *testing.T) {
			got, err := encoders[tt.encoder](nil, []byte(tt.raw))
			if string(got) != tt.want || (err != nil) != (tt.want == refused) {
				t.Fatalf("got %q, %v; want %q", got, err, tt.want)
			}
			if err != nil && len(tt.raw) > 2 && strings.Contains(err.Error(), tt.raw) {
				t.Errorf("the message holds the value: %v", err)
			}
			if err == nil {
				canonical(t, got)
			}
		})
	}
}

// canonical holds b against two implementations of RFC 8785.
func canonical(t *testing.T, b []byte) {
	t.Helper()
	v := jsontext.Value(bytes.Clone(b))
	if err := v.Canonicalize(); err != nil || !bytes.Equal(v, b) {
		t.Errorf("jsontext: %v; got %q, canonical is %q", err, b, v)
	}
	in := append(append([]byte(`{"x":`), b...), '}')
	if v, err := jcs.Transform(in); err != nil || !bytes.Equal(v, in) {
		t.Errorf("jcs: %v; got %q, canonical is %q", err, in, v)
	}
}

// Whatever the bytes, an encoder refuses them or writes canonical JSON; the
// seeds are one value a file, named for its encoder.
func FuzzEncode(f *testing.F) {
	seeds, err := filepath.Glob("testdata/encode/*")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata/encode (%v)", err)
	}
	for _, name := range seeds {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		encoder, _, _ := strings.Cut(filepath.Base(name), ".")
		if encoders[encoder] == nil {
			f.Fatalf("%s: no encoder of that name", name)
		}
		f.Add(encoder, b)
	}
	f.Fuzz(func(t *testing.T, encoder string, raw []byte) {
		encode, ok := encoders[encoder]
		if !ok {
			return
		}
		got, err := encode([]byte(nil), raw)
		if err != nil {
			return
		}
		canonical(t, got)
		if encoder == "rfc3339" {
			want, err := time.Parse(time.RFC3339Nano, string(raw))
			if err != nil || string(got) != `"`+want.UTC().Format(time.RFC3339Nano)+`"` {
				t.Errorf("%q gives %s, package time says %v, %v", raw, got, want.UTC(), err)
			}
		}
	})
}
