package sqlite

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/ncruces/go-sqlite3"

	"writ/export/catalog"
	"writ/export/source"
)

// A form is how one type of the catalog stands in SQLite.
type form struct {
	classes []sqlite3.Datatype // storage classes that fit
	text    bool               // the raw value is text, whatever the class
	encode  source.Encoder
}

// formOf returns the form of a field. SQLite has no type for times, so these
// need an encoding.
func formOf(f catalog.Field) (form, error) {
	text := []sqlite3.Datatype{sqlite3.TEXT}
	integer := []sqlite3.Datatype{sqlite3.INTEGER}
	switch f.Type {
	case catalog.Text:
		return form{text, true, source.EncodeText}, nil
	case catalog.Integer:
		return form{integer, false, source.EncodeInteger}, nil
	case catalog.BigInteger:
		return form{[]sqlite3.Datatype{sqlite3.INTEGER, sqlite3.TEXT}, true, source.EncodeDigits}, nil
	case catalog.Decimal:
		return form{[]sqlite3.Datatype{sqlite3.TEXT, sqlite3.INTEGER, sqlite3.FLOAT}, true, source.EncodeDecimal}, nil
	case catalog.Boolean:
		return form{integer, false, source.EncodeBoolean}, nil
	case catalog.ZonedTimestamp:
		return form{text, true, source.EncodeZoned}, nil
	case catalog.Date:
		return form{text, true, source.EncodeDate}, nil
	case catalog.IPAddress:
		return form{text, true, source.EncodeAddress}, nil
	case catalog.Bytes:
		return form{[]sqlite3.Datatype{sqlite3.BLOB}, false, source.EncodeBytes}, nil
	case catalog.Timestamp:
		switch f.Encoding {
		case catalog.Unix:
			return form{integer, false, source.EncodeUnix}, nil
		case catalog.UnixMS:
			return form{integer, false, source.EncodeUnixMS}, nil
		case catalog.RFC3339:
			return form{text, true, source.EncodeRFC3339}, nil
		case catalog.SQLiteUTC:
			return form{text, true, source.EncodeUTCText}, nil
		}
	}
	return form{}, fmt.Errorf("SQLite has no %s with the encoding %q", f.Type, f.Encoding)
}

// add appends the current row's value in column i to b. scratch is reused.
func (f form) add(b *source.Batch, s *sqlite3.Stmt, i int, scratch []byte) ([]byte, error) {
	class := s.ColumnType(i)
	if class == sqlite3.NULL {
		b.Add(nil)
		return scratch, nil
	}
	if !slices.Contains(f.classes, class) {
		return scratch, fmt.Errorf("SQLite holds it as %s", class)
	}
	var raw []byte
	switch {
	case class == sqlite3.FLOAT:
		var err error
		if scratch, err = source.AppendFloat(scratch[:0], s.ColumnFloat(i), 64); err != nil {
			return scratch, err
		}
		raw = scratch
	case class == sqlite3.INTEGER && !f.text:
		scratch = binary.BigEndian.AppendUint64(scratch[:0], uint64(s.ColumnInt64(i)))
		raw = scratch
	case class == sqlite3.BLOB:
		raw = s.ColumnRawBlob(i)
	default:
		raw = s.ColumnRawText(i)
	}
	if raw == nil {
		if err := s.Err(); err != nil {
			return scratch, err
		}
		raw = []byte{} // an empty blob
	}
	b.Add(raw)
	return scratch, nil
}
