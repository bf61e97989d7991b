package source

import (
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"writ/manifest/plain"
)

// The encoders that stores share. What follows "Encode" is the form of the raw
// value; the JSON forms are those of catalog.Type. An integer is big-endian,
// of 1, 2, 4 or 8 bytes, signed. Each output is canonical by RFC 8785.

// EncodeText writes UTF-8 as a string.
func EncodeText(dst, raw []byte) ([]byte, error) {
	if plain.Len(raw) == len(raw) {
		return quoteASCII(dst, raw), nil
	}
	dst, err := jsontext.AppendQuote(dst, raw)
	if err != nil {
		return nil, errUTF8
	}
	return dst, nil
}

// EncodeInteger writes an integer as a number, if every reader of JSON can hold it.
func EncodeInteger(dst, raw []byte) ([]byte, error) {
	v, err := integer(raw)
	if err != nil {
		return nil, err
	}
	if v > 1<<53-1 || v < -(1<<53-1) {
		return nil, errRange
	}
	return strconv.AppendInt(dst, v, 10), nil
}

// EncodeBigInteger writes an integer as a string of digits.
func EncodeBigInteger(dst, raw []byte) ([]byte, error) {
	v, err := integer(raw)
	if err != nil {
		return nil, err
	}
	return append(strconv.AppendInt(append(dst, '"'), v, 10), '"'), nil
}

// EncodeDigits writes a decimal integer of any size, as the store wrote it, as a string.
func EncodeDigits(dst, raw []byte) ([]byte, error) {
	digits := raw
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	if len(digits) == 0 || len(digits) > 1 && digits[0] == '0' || leadingDigits(digits) != len(digits) || raw[0] == '-' && digits[0] == '0' {
		return nil, errInteger
	}
	return quoteASCII(dst, raw), nil
}

// EncodeDecimal writes a decimal number, as the store wrote it, as a string.
func EncodeDecimal(dst, raw []byte) ([]byte, error) {
	rest := raw
	if len(rest) > 0 && (rest[0] == '-' || rest[0] == '+') {
		rest = rest[1:]
	}
	whole := leadingDigits(rest)
	rest = rest[whole:]
	fraction := 0
	if len(rest) > 0 && rest[0] == '.' {
		fraction = leadingDigits(rest[1:])
		rest = rest[1+fraction:]
	}
	if len(rest) > 1 && (rest[0] == 'e' || rest[0] == 'E') {
		if rest = rest[1:]; rest[0] == '-' || rest[0] == '+' {
			rest = rest[1:]
		}
		if n := leadingDigits(rest); n > 0 {
			rest = rest[n:]
		} else {
			return nil, errDecimal
		}
	}
	if whole+fraction == 0 || len(rest) > 0 {
		return nil, errDecimal
	}
	return quoteASCII(dst, raw), nil
}

// EncodeBoolean writes the integer 0 or 1 as false or true.
func EncodeBoolean(dst, raw []byte) ([]byte, error) {
	switch v, err := integer(raw); {
	case err != nil:
		return nil, err
	case v == 0:
		return append(dst, "false"...), nil
	case v == 1:
		return append(dst, "true"...), nil
	}
	return nil, errBoolean
}

// EncodeBytes writes bytes in base64.
func EncodeBytes(dst, raw []byte) ([]byte, error) {
	return append(base64.StdEncoding.AppendEncode(append(dst, '"'), raw), '"'), nil
}

// EncodeUnix writes an integer, seconds since 1970, as a time.
func EncodeUnix(dst, raw []byte) ([]byte, error) {
	v, err := integer(raw)
	if err != nil {
		return nil, err
	}
	return AppendTime(dst, time.Unix(v, 0))
}

// EncodeUnixMS writes an integer, milliseconds since 1970, as a time.
func EncodeUnixMS(dst, raw []byte) ([]byte, error) {
	v, err := integer(raw)
	if err != nil {
		return nil, err
	}
	return AppendTime(dst, time.UnixMilli(v))
}

// EncodeUTCText writes "YYYY-MM-DD HH:MM:SS[.fff]" as a time.
func EncodeUTCText(dst, raw []byte) ([]byte, error) {
	t, err := parseTime(raw, ' ', false)
	if err != nil {
		return nil, err
	}
	return AppendTime(dst, t)
}

// EncodeRFC3339 writes RFC 3339 with any zone as a time in UTC.
func EncodeRFC3339(dst, raw []byte) ([]byte, error) {
	t, err := parseTime(raw, 'T', true)
	if err != nil {
		return nil, err
	}
	return AppendTime(dst, t)
}

// EncodeZoned writes RFC 3339 as an object of its original and the time in UTC.
func EncodeZoned(dst, raw []byte) ([]byte, error) {
	t, err := parseTime(raw, 'T', true)
	if err != nil {
		return nil, err
	}
	dst = quoteASCII(append(dst, `{"original":`...), raw)
	if dst, err = AppendTime(append(dst, `,"utc":`...), t); err != nil {
		return nil, err
	}
	return append(dst, '}'), nil
}

// EncodeDate writes "YYYY-MM-DD" as a date.
func EncodeDate(dst, raw []byte) ([]byte, error) {
	if _, err := parseDate(raw); err != nil {
		return nil, errDate
	}
	return quoteASCII(dst, raw), nil
}

// EncodeAddress writes the text of an IP address in its canonical form.
func EncodeAddress(dst, raw []byte) ([]byte, error) {
	a, ok := parseAddress(raw)
	if !ok {
		return nil, errAddress
	}
	return AppendAddress(dst, a), nil
}

// AppendTime appends t as the JSON form of a timestamp.
func AppendTime(dst []byte, t time.Time) ([]byte, error) {
	t = t.UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	if year < 0 || year > 9999 {
		return nil, errTime
	}
	// What time.RFC3339Nano gives, in two thirds of the time.
	dst = append(dst, '"')
	dst = twoDigits(twoDigits(dst, year/100), year%100)
	dst = twoDigits(append(dst, '-'), int(month))
	dst = twoDigits(append(dst, '-'), day)
	dst = twoDigits(append(dst, 'T'), hour)
	dst = twoDigits(append(dst, ':'), minute)
	dst = twoDigits(append(dst, ':'), second)
	if ns := uint32(t.Nanosecond()); ns > 0 {
		dst = append(dst, '.')
		for unit := uint32(100_000_000); ns > 0; unit /= 10 {
			dst = append(dst, '0'+byte(ns/unit))
			ns %= unit
		}
	}
	return append(dst, 'Z', '"'), nil
}

func twoDigits(dst []byte, v int) []byte { return append(dst, '0'+byte(v/10), '0'+byte(v%10)) }

// AppendAddress appends the JSON form of an IP address.
func AppendAddress(dst []byte, a netip.Addr) []byte {
	return append(a.AppendTo(append(dst, '"')), '"')
}

// AppendFloat appends the shortest JSON number that reads back as v, as text
// for a decimal, without quotes.
func AppendFloat(dst []byte, v float64, bits int) ([]byte, error) {
	if v-v != 0 { // neither NaN nor an infinity differs from itself by nothing
		return nil, ErrInfinite
	}
	return jsontext.AppendFloat(dst, v, bits), nil
}

// quoteASCII appends raw, known to need no escape, as a string.
func quoteASCII(dst, raw []byte) []byte {
	return append(append(append(dst, '"'), raw...), '"')
}

func integer(raw []byte) (int64, error) {
	switch len(raw) {
	case 8:
		return int64(binary.BigEndian.Uint64(raw)), nil
	case 4:
		return int64(int32(binary.BigEndian.Uint32(raw))), nil
	case 2:
		return int64(int16(binary.BigEndian.Uint16(raw))), nil
	case 1:
		return int64(int8(raw[0])), nil
	}
	return 0, ErrWidth
}
