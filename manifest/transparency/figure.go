package transparency

import (
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A Figure is a count that is printed, or withheld. The zero Figure is
// withheld. In JSON it is a number or null.
type Figure struct {
	n     int
	known bool
}

// Printed returns the figure n.
func Printed(n int) Figure { return Figure{n, true} }

// Value returns the count, and whether it is printed.
func (f Figure) Value() (n int, ok bool) { return f.n, f.known }

// String returns the digits, or nothing if f is withheld.
func (f Figure) String() string {
	if !f.known {
		return ""
	}
	return strconv.Itoa(f.n)
}

// MarshalJSONTo implements [json.MarshalerTo].
func (f Figure) MarshalJSONTo(e *jsontext.Encoder) error {
	if !f.known {
		return e.WriteToken(jsontext.Null)
	}
	return e.WriteToken(jsontext.Int(int64(f.n)))
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (f *Figure) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	var n *uint32
	if err := json.UnmarshalDecode(d, &n); err != nil {
		return err
	}
	*f = Figure{}
	if n != nil {
		*f = Printed(int(*n))
	}
	return nil
}

// A Percent is a share of the requests in tenths of a percent, half rounded up;
// the zero Percent is withheld. In JSON it is a number with one decimal, or null.
type Percent struct {
	tenths int
	known  bool
}

// Share returns what part is of whole, withheld if either is, or if whole is 0.
func Share(part, whole Figure) Percent {
	if !part.known || !whole.known || whole.n == 0 {
		return Percent{}
	}
	return Percent{(2000*part.n + whole.n) / (2 * whole.n), true}
}

// String returns a form such as "2.1", or nothing if p is withheld.
func (p Percent) String() string {
	if !p.known {
		return ""
	}
	return fmt.Sprintf("%d.%d", p.tenths/10, p.tenths%10)
}

// MarshalJSONTo implements [json.MarshalerTo].
func (p Percent) MarshalJSONTo(e *jsontext.Encoder) error {
	if !p.known {
		return e.WriteToken(jsontext.Null)
	}
	return e.WriteValue(jsontext.Value(p.String()))
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (p *Percent) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	*p = Percent{}
	if v.Kind() == 'n' {
		return nil
	}
	var whole, tenth int
	if _, err := fmt.Sscanf(string(v), "%3d.%1d", &whole, &tenth); err == nil && tenth >= 0 {
		*p = Percent{10*whole + tenth, true}
	}
	if p.String() != string(v) {
		return fmt.Errorf("%w: a percentage has one decimal", ErrFormat)
	}
	return nil
}

// A Count is how many of the requests are of one sort.
type Count struct {
	Name     string
	Requests Figure
}

// Counts are the sorts in the order in which they are printed. In JSON they are
// one object.
type Counts []Count

// Of returns the figure of that name, withheld if there is none.
func (c Counts) Of(name string) Figure {
	for _, s := range c {
		if s.Name == name {
			return s.Requests
		}
	}
	return Figure{}
}

// MarshalJSONTo implements [json.MarshalerTo].
func (c Counts) MarshalJSONTo(e *jsontext.Encoder) error {
	if err := e.WriteToken(jsontext.BeginObject); err != nil {
		return err
	}
	for _, s := range c {
		if err := e.WriteToken(jsontext.String(s.Name)); err != nil {
			return err
		}
		if err := s.Requests.MarshalJSONTo(e); err != nil {
			return err
		}
	}
	return e.WriteToken(jsontext.EndObject)
}

// UnmarshalJSONFrom implements [json.UnmarshalerFrom].
func (c *Counts) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	*c = Counts{}
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return fmt.Errorf("%w: counts are an object (%w)", ErrFormat, err)
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			return err
		}
		s := Count{Name: name.String()}
		if err := s.Requests.UnmarshalJSONFrom(d); err != nil {
			return err
		}
		*c = append(*c, s)
	}
	_, err := d.ReadToken()
	return err
}
