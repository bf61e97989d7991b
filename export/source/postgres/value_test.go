package postgres

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"writ/export/source"
)

var encoders = map[string]source.Encoder{
	"numeric": encodeNumeric, "whole": encodeWhole, "timestamp": encodeTimestamp, "date": encodeDate, "inet": encodeInet,
	"uuid": encodeUUID, "mac": encodeMAC, "jsonb": textForms[oidJSONB], "float4": decimalForms[oidFloat4], "float8": decimalForms[oidFloat8],
}

// Whatever the server sends, an encoder refuses it or writes canonical JSON;
// the seeds are one value a file, named for its encoder.
func FuzzBinary(f *testing.F) {
	seeds, err := filepath.Glob("testdata/binary/*")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds in testdata/binary (%v)", err)
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
		got, err := encode(nil, raw)
		if err != nil {
			return
		}
		v := jsontext.Value(bytes.Clone(got))
		if err := v.Canonicalize(); err != nil || !bytes.Equal(v, got) {
			t.Fatalf("%s: %v; got %q, canonical is %q", encoder, err, got, v)
		}
		switch encoder { // what it writes is of the type that the catalog says
		case "numeric", "float4", "float8":
			_, err = source.EncodeDecimal(nil, bytes.Trim(got, `"`))
		case "whole":
			_, err = source.EncodeDigits(nil, bytes.Trim(got, `"`))
		case "timestamp":
			_, err = source.EncodeRFC3339(nil, bytes.Trim(got, `"`))
		case "date":
			_, err = source.EncodeDate(nil, bytes.Trim(got, `"`))
		}
		if err != nil {
			t.Fatalf("%s wrote %s: %v", encoder, got, err)
		}
	})
}

// What is not in the form of its type is refused, and not read past its end.
func TestBinaryRefused(t *testing.T) {
	for name, raw := range map[string]string{
		"numeric empty":               "",
		"numeric cut":                 "\x00\x02\x00\x00\x00\x00\x00\x00\x00\x01",
		"numeric digit over 9999":     "\x00\x01\x00\x00\x00\x00\x00\x00\x27\x10",
		"numeric unknown sign":        "\x00\x01\x00\x00\x12\x34\x00\x00\x00\x01",
		"numeric leading zeros":       "\x00\x02\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01",
		"numeric negative zero":       "\x00\x00\x00\x00\x40\x00\x00\x00",
		"numeric zero with weight":    "\x00\x00\x00\x01\x00\x00\x00\x00",
		"numeric hidden by its scale": "\x00\x01\xff\xff\x40\x00\x00\x00\x00\x01",
		"numeric cut by its scale":    "\x00\x01\xff\xff\x00\x00\x00\x02\x00\x01",
		"numeric NaN":                 "\x00\x00\x00\x00\xc0\x00\x00\x00",
		"numeric infinity":            "\x00\x00\x00\x00\xd0\x00\x00\x20",
		"whole with a fraction":       "\x00\x02\x00\x00\x00\x00\x00\x01\x00\x01\x13\x88",
		"timestamp short":             "\x00\x00",
		"timestamp infinity":          "\x7f\xff\xff\xff\xff\xff\xff\xff",
		"date infinity":               "\x80\x00\x00\x00",
		"inet of 5 bytes":             "\x02\x20\x00\x05\x01\x02\x03\x04\x05",
		"inet of another family":      "\x03\x20\x00\x04\x01\x02\x03\x04",
		"inet with a long prefix":     "\x02\x21\x00\x04\x01\x02\x03\x04",
		"inet cut":                    "\x02\x20\x00\x04\x01",
		"uuid short":                  "\x01",
		"mac short":                   "\x01\x02",
		"jsonb of another version":    "\x02{}",
		"float4 infinity":             "\x7f\x80\x00\x00",
		"float8 NaN":                  "\x7f\xf8\x00\x00\x00\x00\x00\x00",
	} {
		t.Run(name, func(t *testing.T) {
			encoder, _, _ := strings.Cut(name, " ")
			if got, err := encoders[encoder](nil, []byte(raw)); err == nil {
				t.Fatalf("wrote %s", got)
			}
		})
	}
}

func TestArray(t *testing.T) {
	for want, values := range map[string][]string{
		`{"a"}`:                   {"a"},
		`{"a","b,c","{}","NULL"}`: {"a", "b,c", "{}", "NULL"},
		`{"a\"b","c\\d","\\\""}`:  {`a"b`, `c\d`, `\"`},
	} {
		if got := array(values); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
