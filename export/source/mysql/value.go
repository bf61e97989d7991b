package mysql

import (
	"database/sql/driver"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"

	"writ/export/catalog"
	"writ/export/source"
)

// A form is how the values of one column become those of a field.
type form struct {
	digits bool // the raw value of an integer is its decimal digits
	encode source.Encoder
}

// formOf returns the form of a field in column c.
func formOf(f catalog.Field, c column) (form, error) {
	is := func(types ...string) bool {
		for _, t := range types {
			if c.typ == t {
				return true
			}
		}
		return false
	}
	var to form
	switch f.Type {
	case catalog.Text:
		if c.kind == text || c.kind == uuid || c.kind == inet || is("json") {
			to.encode = source.EncodeText
		}
	case catalog.Integer:
		if c.kind == whole || is("year") {
			to.encode = source.EncodeInteger
		}
	case catalog.BigInteger:
		if c.kind == whole || c.kind == fixed && c.scale == 0 {
			to = form{true, source.EncodeDigits}
		}
	case catalog.Decimal:
		if c.kind == whole || c.kind == fixed || is("float", "double") {
			to = form{true, source.EncodeDecimal}
		}
	case catalog.Boolean:
		if c.kind == whole || c.full == "bit(1)" {
			to.encode = source.EncodeBoolean
		}
	case catalog.Bytes:
		if c.kind == bytes {
			to.encode = source.EncodeBytes
		}
	case catalog.Date:
		if c.kind == text || is("date") {
			to.encode = source.EncodeDate
		}
	case catalog.IPAddress:
		if c.kind == text || c.kind == inet {
			to.encode = source.EncodeAddress
		} else if c.kind == bytes {
			to.encode = encodeAddress
		}
	case catalog.ZonedTimestamp:
		if c.kind == text {
			to.encode = source.EncodeZoned
		}
	case catalog.Timestamp:
		switch {
		case f.Encoding == catalog.Native && c.kind == moment, f.Encoding == catalog.SQLiteUTC && c.kind == text:
			to.encode = source.EncodeUTCText
		case f.Encoding == catalog.Unix && c.kind == whole:
			to.encode = source.EncodeUnix
		case f.Encoding == catalog.UnixMS && c.kind == whole:
			to.encode = source.EncodeUnixMS
		case f.Encoding == catalog.RFC3339 && c.kind == text:
			to.encode = source.EncodeRFC3339
		}
	}
	if to.encode == nil {
		return form{}, fmt.Errorf("column %s is of the server's type %s, which is no %s in the encoding %q", c.name, c.full, f.Type, f.Encoding)
	}
	return to, nil
}

// encodeAddress writes the 4 or 16 bytes of INET6_ATON.
func encodeAddress(dst, raw []byte) ([]byte, error) {
	a, ok := netip.AddrFromSlice(raw)
	if !ok {
		return nil, source.ErrWidth
	}
	return source.AppendAddress(dst, a), nil
}

// add appends a value to b. scratch is reused.
func (f form) add(b *source.Batch, v driver.Value, scratch []byte) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		b.Add(nil)
	case []byte:
		b.Add(v)
	case int64:
		if f.digits {
			scratch = strconv.AppendInt(scratch[:0], v, 10)
		} else {
			scratch = binary.BigEndian.AppendUint64(scratch[:0], uint64(v))
		}
		b.Add(scratch)
	case float32:
		return f.float(b, float64(v), 32, scratch)
	case float64:
		return f.float(b, v, 64, scratch)
	default:
		return scratch, fmt.Errorf("the driver reads it as %T", v)
	}
	return scratch, nil
}

func (f form) float(b *source.Batch, v float64, bits int, scratch []byte) ([]byte, error) {
	scratch, err := source.AppendFloat(scratch[:0], v, bits)
	if err == nil {
		b.Add(scratch)
	}
	return scratch, err
}
