package postgres

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"writ/export/catalog"
	"writ/export/source"
)

// Types by their fixed numbers: pg_type.dat.
const (
	oidBool        = "16"
	oidBytea       = "17"
	oidChar        = "18"
	oidName        = "19"
	oidInt8        = "20"
	oidInt2        = "21"
	oidInt4        = "23"
	oidText        = "25"
	oidJSON        = "114"
	oidXML         = "142"
	oidCidr        = "650"
	oidFloat4      = "700"
	oidFloat8      = "701"
	oidMacaddr8    = "774"
	oidMacaddr     = "829"
	oidInet        = "869"
	oidBpchar      = "1042"
	oidVarchar     = "1043"
	oidDate        = "1082"
	oidTimestamp   = "1114"
	oidTimestamptz = "1184"
	oidNumeric     = "1700"
	oidUUID        = "2950"
	oidJSONB       = "3802"
)

// texts are the types whose binary form is their text.
var texts = []string{oidText, oidVarchar, oidBpchar, oidChar, oidName, oidJSON, oidXML}

// encoder returns how a value of column c, in binary, becomes a value of field f.
func encoder(f catalog.Field, c column) (source.Encoder, error) {
	text := slices.Contains(texts, c.oid) || c.enum || c.typ == "citext"
	integer := c.oid == oidInt2 || c.oid == oidInt4 || c.oid == oidInt8
	var to source.Encoder
	switch f.Type {
	case catalog.Text:
		if to = textForms[c.oid]; text {
			to = source.EncodeText
		}
	case catalog.Integer:
		if integer {
			to = source.EncodeInteger
		}
	case catalog.BigInteger:
		if integer {
			to = source.EncodeBigInteger
		} else if c.oid == oidNumeric {
			to = encodeWhole
		}
	case catalog.Decimal:
		if to = decimalForms[c.oid]; integer {
			to = source.EncodeBigInteger
		}
	case catalog.Boolean:
		if c.oid == oidBool {
			to = source.EncodeBoolean
		}
	case catalog.Bytes:
		if c.oid == oidBytea {
			to = source.EncodeBytes
		}
	case catalog.Date:
		if c.oid == oidDate {
			to = encodeDate
		} else if text {
			to = source.EncodeDate
		}
	case catalog.IPAddress:
		if c.oid == oidInet || c.oid == oidCidr {
			to = encodeInet
		} else if text {
			to = source.EncodeAddress
		}
	case catalog.ZonedTimestamp:
		if text {
			to = source.EncodeZoned
		}
	case catalog.Timestamp:
		switch {
		case f.Encoding == catalog.Native && (c.oid == oidTimestamp || c.oid == oidTimestamptz):
			to = encodeTimestamp
		case f.Encoding == catalog.Unix && integer:
			to = source.EncodeUnix
		case f.Encoding == catalog.UnixMS && integer:
			to = source.EncodeUnixMS
		case f.Encoding == catalog.RFC3339 && text:
			to = source.EncodeRFC3339
		case f.Encoding == catalog.SQLiteUTC && text:
			to = source.EncodeUTCText
		}
	}
	if to == nil {
		return nil, fmt.Errorf("column %s is of PostgreSQL's type %s, which is no %s in the encoding %q", quote(f.Column), c.typ, f.Type, f.Encoding)
	}
	return to, nil
}

// textForms are types that are text to people and not on the wire.
var textForms = map[string]source.Encoder{
	oidUUID:     encodeUUID,
	oidInet:     encodeInet,
	oidCidr:     encodeInet,
	oidMacaddr:  encodeMAC,
	oidMacaddr8: encodeMAC,
	oidJSONB: func(dst, raw []byte) ([]byte, error) {
		if len(raw) == 0 || raw[0] != 1 { // the version of the binary form
			return nil, errForm
		}
		return source.EncodeText(dst, raw[1:])
	},
}

var decimalForms = map[string]source.Encoder{
	oidNumeric: encodeNumeric,
	oidFloat4: func(dst, raw []byte) ([]byte, error) {
		if len(raw) != 4 {
			return nil, source.ErrWidth
		}
		return encodeFloat(dst, float64(math.Float32frombits(binary.BigEndian.Uint32(raw))), 32)
	},
	oidFloat8: func(dst, raw []byte) ([]byte, error) {
		if len(raw) != 8 {
			return nil, source.ErrWidth
		}
		return encodeFloat(dst, math.Float64frombits(binary.BigEndian.Uint64(raw)), 64)
	},
}

var (
	errForm  = errors.New("not in PostgreSQL's binary form of its type")
	errWhole = errors.New("not a whole number: make the type decimal")
)

func encodeFloat(dst []byte, v float64, bits int) ([]byte, error) {
	dst, err := source.AppendFloat(append(dst, '"'), v, bits)
	if err != nil {
		return nil, err
	}
	return append(dst, '"'), nil
}

// epoch is 2000-01-01 in seconds since 1970: PostgreSQL counts from there.
const epoch = 946684800

func encodeTimestamp(dst, raw []byte) ([]byte, error) {
	if len(raw) != 8 {
		return nil, source.ErrWidth
	}
	us := int64(binary.BigEndian.Uint64(raw))
	if us == math.MaxInt64 || us == math.MinInt64 { // infinity, -infinity
		return nil, source.ErrInfinite
	}
	return source.AppendTime(dst, time.Unix(epoch+us/1e6, us%1e6*1e3))
}

func encodeDate(dst, raw []byte) ([]byte, error) {
	if len(raw) != 4 {
		return nil, source.ErrWidth
	}
	days := int32(binary.BigEndian.Uint32(raw))
	if days == math.MaxInt32 || days == math.MinInt32 {
		return nil, source.ErrInfinite
	}
	var text [16]byte
	return source.EncodeDate(dst, time.Unix(epoch+int64(days)*86400, 0).UTC().AppendFormat(text[:0], time.DateOnly))
}

// encodeInet writes a host as its address and a network with the length of its
// prefix: family (2 or 3), that length, whether it is a cidr, size, address.
func encodeInet(dst, raw []byte) ([]byte, error) {
	if len(raw) < 4 || len(raw) != 4+int(raw[3]) {
		return nil, errForm
	}
	a, ok := netip.AddrFromSlice(raw[4:])
	if !ok || int(raw[1]) > a.BitLen() || a.Is4() != (raw[0] == 2) {
		return nil, errForm
	}
	if int(raw[1]) == a.BitLen() {
		return source.AppendAddress(dst, a), nil
	}
	dst = append(a.AppendTo(append(dst, '"')), '/')
	return append(strconv.AppendInt(dst, int64(raw[1]), 10), '"'), nil
}

func encodeUUID(dst, raw []byte) ([]byte, error) {
	if len(raw) != 16 {
		return nil, source.ErrWidth
	}
	dst = append(dst, '"')
	for i, end := range [...]int{4, 6, 8, 10, 16} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, raw[[...]int{0, 4, 6, 8, 10}[i]:end])
	}
	return append(dst, '"'), nil
}

func encodeMAC(dst, raw []byte) ([]byte, error) {
	if len(raw) != 6 && len(raw) != 8 {
		return nil, source.ErrWidth
	}
	sep := byte('"')
	for i := range raw {
		dst = hex.AppendEncode(append(dst, sep), raw[i:i+1])
		sep = ':'
	}
	return append(dst, '"'), nil
}
