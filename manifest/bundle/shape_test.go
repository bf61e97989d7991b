package bundle

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gowebpki/jcs"

	"writ/manifest"
)

func shapeOf(names ...string) *shape {
	var fields []manifest.Granted
	for _, n := range names {
		fields = append(fields, manifest.Granted{Name: n})
	}
	return newShape(fields)
}

func TestShape(t *testing.T) {
	for _, tt := range []struct {
		record string
		want   error
	}{
		{`{"a":1,"b":"x"}`, nil},
		{`{"a":null,"b":true}`, nil},
		{`{"a":false,"b":-0.5}`, nil},
		{`{"a":0,"b":""}`, nil},
		{`{"a":1e+21,"b":1e-7}`, nil},
		{`{"a":9007199254740991,"b":-1}`, nil},
		{`{"a":"é ü 漢 😀","b":"\n\t\"\\\u001f"}`, nil},
		{`{"a":{},"b":[]}`, nil},
		{`{"a":{"x":1,"y":[1,"2",null]},"b":[{"z":""}]}`, nil},

		{``, errFields},
		{`{}`, errFields},
		{`null`, errFields},
		{`[1,2]`, errFields},
		{`{"a":1}`, errFields},
		{`{"b":1,"a":1}`, errFields},
		{`{"a":1,"b":1,"c":1}`, errFields},
		{`{"a":1,"a":1,"b":1}`, errFields},
		{`{"a":1,"b":1`, errForm},
		{`{"a":1,"b":1}}`, errForm},
		{`{"a":1,"b":1} `, errForm},
		{`{"a":,"b":1}`, errForm},
		{`{"a":01,"b":1}`, errForm},
		{`{"a":-0,"b":1}`, errForm},
		{`{"a":-,"b":1}`, errForm},
		{`{"a":+1,"b":1}`, errForm},
		{`{"a":1.50,"b":1}`, errForm},
		{`{"a":1E2,"b":1}`, errForm},
		{`{"a":1e2,"b":1}`, errForm},
		{`{"a":9007199254740993,"b":1}`, errForm},
		{`{"a":1e400,"b":1}`, errForm},
		{`{"a":NaN,"b":1}`, errForm},
		{`{"a":tru,"b":1}`, errForm},
		{`{"a":"\u0061","b":1}`, errForm},
		{`{"a":"\/","b":1}`, errForm},
		{`{"a":"\u000A","b":1}`, errForm},
		{`{"a":"\ud800","b":1}`, errForm},
		{"{\"a\":\"\xff\",\"b\":1}", errForm},
		{"{\"a\":\"\n\",\"b\":1}", errForm},
		{`{"a":"x,"b":1}`, errFields},
		{`{"a":"x`, errForm},
		{`{"a":{"y":1,"x":1},"b":1}`, errForm},
		{`{"a":{"x":1,"x":1},"b":1}`, errForm},
		{`{"a":{"x":1,},"b":1}`, errForm},
		{`{"a":{"x" :1},"b":1}`, errForm},
		{`{"a":[1,],"b":1}`, errForm},
		{`{"a":[ ],"b":1}`, errForm},
		{`{"a":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `,"b":1}`, errForm},
	} {
		if err := shapeOf("a", "b").check([]byte(tt.record), nil); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.record, err, tt.want)
		}
	}
	if err := shapeOf().check([]byte(`{}`), nil); !errors.Is(err, errFields) {
		t.Errorf("a record of a dataset without fields: %v", err)
	}
}

func TestShapeDoesNotAllocate(t *testing.T) {
	s := shapeOf("at", "ip", "when")
	record := []byte(strings.TrimSuffix(signIns(0, 1), "\n"))
	if n := testing.AllocsPerRun(100, func() {
		if err := s.check(record, nil); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}

// What this quick reader accepts, two libraries call canonical, and its members
// are the fields.
func FuzzShape(f *testing.F) {
	for _, s := range strings.SplitAfter(string(read(f, "testdata/records.ndjson")), "\n") {
		f.Add([]byte(strings.TrimSuffix(s, "\n")))
	}
	s := shapeOf("a", "b")
	f.Fuzz(func(t *testing.T, record []byte) {
		if s.check(record, nil) != nil {
			return
		}
		v := jsontext.Value(bytes.Clone(record))
		if err := v.Canonicalize(); err != nil || !bytes.Equal(v, record) {
			t.Fatalf("%s is canonically %s (%v)", record, v, err)
		}
		if other, err := jcs.Transform(record); err != nil || !bytes.Equal(other, record) {
			t.Fatalf("%s is by another library %s (%v)", record, other, err)
		}
		d := jsontext.NewDecoder(bytes.NewReader(record))
		var names []string
		for {
			kind, length := d.StackIndex(d.StackDepth())
			token, err := d.ReadToken()
			if err != nil {
				break
			}
			if d.StackDepth() == 1 && kind == '{' && length%2 == 0 && token.Kind() == '"' {
				names = append(names, token.String())
			}
		}
		if len(names) != 2 || names[0] != "a" || names[1] != "b" {
			t.Fatalf("%s has members %v", record, names)
		}
	})
}

func BenchmarkShape(b *testing.B) {
	s := shapeOf("at", "ip", "when")
	record := []byte(strings.TrimSuffix(signIns(0, 1), "\n"))
	b.SetBytes(int64(len(record)))
	for b.Loop() {
		if err := s.check(record, nil); err != nil {
			b.Fatal(err)
		}
	}
}
