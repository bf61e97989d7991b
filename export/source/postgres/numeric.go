package postgres

import (
	"encoding/binary"
	"strconv"
	"strings"

	"writ/export/source"
)

// encodeNumeric writes a numeric as the server's own text has it, with all the
// digits of its scale. Its binary form (numeric_send): count of digits, weight
// of the first, sign, scale, and the digits, each of base 10000 in 2 bytes.
func encodeNumeric(dst, raw []byte) ([]byte, error) {
	dst, _, err := appendNumeric(append(dst, '"'), raw)
	if err != nil {
		return nil, err
	}
	return append(dst, '"'), nil
}

// encodeWhole is encodeNumeric for numbers without a fraction.
func encodeWhole(dst, raw []byte) ([]byte, error) {
	dst, scale, err := appendNumeric(append(dst, '"'), raw)
	if err != nil {
		return nil, err
	}
	if scale > 0 {
		return nil, errWhole
	}
	return append(dst, '"'), nil
}

func appendNumeric(dst, raw []byte) (_ []byte, scale int, err error) {
	if len(raw) < 8 {
		return nil, 0, errForm
	}
	count := int(binary.BigEndian.Uint16(raw))
	weight := int(int16(binary.BigEndian.Uint16(raw[2:])))
	sign := binary.BigEndian.Uint16(raw[4:])
	scale = int(binary.BigEndian.Uint16(raw[6:]))
	digits := raw[8:]
	if len(digits) != 2*count || scale > 0x3fff {
		return nil, 0, errForm
	}
	if count-1-weight > (scale+3)/4 { // more digits than its text would show
		return nil, 0, errForm
	}
	// The server strips leading zeros, and zero has neither sign nor weight
	// (strip_var in numeric.c).
	if count == 0 && (weight != 0 || sign == 0x4000) || count > 0 && digits[0] == 0 && digits[1] == 0 {
		return nil, 0, errForm
	}
	switch sign {
	case 0:
	case 0x4000:
		dst = append(dst, '-')
	case 0xc000, 0xd000, 0xf000: // NaN, infinity, -infinity
		return nil, 0, source.ErrInfinite
	default:
		return nil, 0, errForm
	}
	// digit returns the group that stands for 10000^power, as four digits.
	digit := func(power int) (group [4]byte, ok bool) {
		v := uint16(0)
		if i := weight - power; i >= 0 && i < count {
			v = binary.BigEndian.Uint16(digits[2*i:])
		}
		for i := 3; i >= 0; i-- {
			group[i] = '0' + byte(v%10)
			v /= 10
		}
		return group, v == 0
	}
	if weight < 0 {
		dst = append(dst, '0')
	}
	for power := weight; power >= 0; power-- {
		group, ok := digit(power)
		if !ok {
			return nil, 0, errForm
		}
		if power == weight { // without leading zeros
			n, _ := strconv.Atoi(string(group[:]))
			dst = strconv.AppendInt(dst, int64(n), 10)
		} else {
			dst = append(dst, group[:]...)
		}
	}
	if scale > 0 {
		dst = append(dst, '.')
	}
	for left, power := scale, -1; left > 0; left, power = left-4, power-1 {
		group, ok := digit(power)
		if !ok {
			return nil, 0, errForm
		}
		shown := min(left, 4)
		if strings.Trim(string(group[shown:]), "0") != "" {
			return nil, 0, errForm
		}
		dst = append(dst, group[:shown]...)
	}
	return dst, scale, nil
}
