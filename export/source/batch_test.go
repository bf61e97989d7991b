package source_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"writ/export/catalog"
	"writ/export/source"
)

// columns are sorted by UTF-16 code units, which is not the order of bytes:
// the last two would change places.
var columns = []source.Column{
	{Name: "", Encode: source.EncodeText},
	{Name: "a\"b", Encode: source.EncodeInteger},
	{Name: "é", Encode: source.EncodeBytes},
	{Name: "😀", Encode: source.EncodeText},
	{Name: "\ufb33", Encode: source.EncodeText},
}

var epoch = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func get(t *testing.T, p *source.Pool, columns []source.Column) *source.Batch {
	t.Helper()
	b, err := p.Get(t.Context(), columns)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestBatchIsCanonical(t *testing.T) {
	b := get(t, source.NewPool(1), columns)
	for i := range 100 {
		b.Add([]byte(strings.Repeat("x\n", i)))
		b.Add([]byte(be(int64(i))))
		b.Add([]byte{byte(i)})
		b.Add([]byte("é"))
		b.Add([]byte{})
		b.EndRecord()
	}
	out, ends, err := b.Encode([]byte("before"), []int{6})
	if err != nil || len(ends) != 101 || ends[100] != len(out) || b.Rows() != 100 {
		t.Fatalf("err %v, %d ends, %d rows", err, len(ends), b.Rows())
	}
	for i := range 100 {
		line := out[ends[i]:ends[i+1]]
		if line[len(line)-1] != '\n' {
			t.Fatalf("record %d does not end its line: %q", i, line)
		}
		v := jsontext.Value(bytes.Clone(line[:len(line)-1]))
		if err := v.Canonicalize(); err != nil || !bytes.Equal(v, line[:len(line)-1]) {
			t.Fatalf("record %d: %v\n got %s\nwant %s", i, err, line, v)
		}
	}
}

func TestPoolRefusesUnsortedFields(t *testing.T) {
	for name, columns := range map[string][]source.Column{
		"none":     nil,
		"unsorted": {{Name: "b"}, {Name: "a"}},
		"twice":    {{Name: "a"}, {Name: "a"}},
		"by bytes": {{Name: "\ufb33"}, {Name: "😀"}},
		"no UTF-8": {{Name: "a\xff"}},
	} {
		t.Run(name, func(t *testing.T) {
			p := source.NewPool(1)
			if _, err := p.Get(t.Context(), columns); !errors.Is(err, source.ErrSchema) {
				t.Fatalf("Get = %v, want ErrSchema", err)
			}
			get(t, p, []source.Column{{Name: "a"}}) // the batch was given back
		})
	}
}

func TestBatchIsBounded(t *testing.T) {
	one := columns[:1]
	fill := func(value []byte) (b *source.Batch, n int) {
		b = get(t, source.NewPool(1), one)
		for full := false; !full; n++ {
			b.Add(value)
			full = b.EndRecord()
		}
		return b, n
	}
	if _, n := fill(nil); n != source.BatchRecords {
		t.Errorf("a batch of NULLs is full after %d records", n)
	}
	if _, n := fill(make([]byte, source.BatchBytes/4)); n != 4 {
		t.Errorf("a batch of quarter batches is full after %d records", n)
	}
	b, n := fill(make([]byte, source.MaxRecordBytes+1))
	if n != 1 {
		t.Errorf("a record that is too large fills a batch after %d", n)
	}
	if _, _, err := b.Encode(nil, nil); !errors.Is(err, source.ErrValue) {
		t.Errorf("a record that is too large: %v, want ErrValue", err)
	}
}

func TestPoolGivesBackPressure(t *testing.T) {
	p := source.NewPool(2)
	first, _ := get(t, p, columns), get(t, p, columns)
	ctx, cancel := context.WithCancelCause(t.Context())
	got := make(chan error)
	go func() {
		_, err := p.Get(ctx, columns)
		got <- err
	}()
	select {
	case err := <-got:
		t.Fatalf("a third batch of two: %v", err)
	default:
	}
	first.Release()
	if err := <-got; err != nil {
		t.Fatalf("after a release: %v", err)
	}
	stop := errors.New("stop")
	cancel(stop)
	if _, err := p.Get(ctx, columns); !errors.Is(err, stop) {
		t.Fatalf("cancelled: %v", err)
	}
}

func TestReleaseTwicePanics(t *testing.T) {
	b := get(t, source.NewPool(1), columns)
	b.Release()
	defer func() {
		if recover() == nil {
			t.Fatal("a batch in two hands")
		}
	}()
	b.Release()
}

func TestColumnsNameDatasetAndField(t *testing.T) {
	r := source.Read{Dataset: "logins", Fields: []catalog.Field{{Name: "when", Column: "ts"}}}
	columns, err := source.Columns(r, func(catalog.Field) (source.Encoder, error) { return source.EncodeUTCText, nil })
	if err != nil {
		t.Fatal(err)
	}
	if got, err := columns[0].Encode(nil, nil); err != nil || string(got) != "null" {
		t.Errorf("NULL gives %q, %v", got, err)
	}
	_, err = columns[0].Encode(nil, []byte("last tuesday"))
	if !errors.Is(err, source.ErrValue) || strings.Contains(err.Error(), "tuesday") ||
		!strings.Contains(err.Error(), "logins") || !strings.Contains(err.Error(), "when") {
		t.Errorf("got %v", err)
	}
	_, err = source.Columns(r, func(catalog.Field) (source.Encoder, error) { return nil, errors.New("no such type") })
	if !errors.Is(err, source.ErrSchema) {
		t.Errorf("got %v, want ErrSchema", err)
	}
}

// A batch that comes round again allocates nothing.
func TestEncodeDoesNotAllocate(t *testing.T) {
	p := source.NewPool(1)
	columns := []source.Column{
		{Name: "address", Encode: source.EncodeAddress},
		{Name: "id", Encode: source.EncodeInteger},
		{Name: "subject", Encode: source.EncodeText},
		{Name: "time", Encode: source.EncodeUTCText},
		{Name: "zoned", Encode: source.EncodeZoned},
	}
	values := [][]byte{[]byte("2001:db8::7"), []byte(be(7)), []byte("a \"subject\" é"), []byte("2026-03-01 00:00:00.5"), []byte("2026-03-01T00:00:00+01:00")}
	var out []byte
	var ends []int
	if n := testing.AllocsPerRun(20, func() {
		b, err := p.Get(t.Context(), columns)
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			for _, v := range values {
				b.Add(v)
			}
			b.EndRecord()
		}
		if out, ends, err = b.Encode(out[:0], ends[:0]); err != nil {
			t.Fatal(err)
		}
		b.Release()
	}); n != 0 {
		t.Fatalf("%v allocations for 100 records", n)
	}
}

func BenchmarkEncode(b *testing.B) {
	p := source.NewPool(1)
	columns := []source.Column{
		{Name: "account", Encode: source.EncodeText},
		{Name: "address", Encode: source.EncodeAddress},
		{Name: "agent", Encode: source.EncodeText},
		{Name: "id", Encode: source.EncodeInteger},
		{Name: "ok", Encode: source.EncodeBoolean},
		{Name: "time", Encode: source.EncodeUnix},
	}
	batch, err := p.Get(b.Context(), columns)
	if err != nil {
		b.Fatal(err)
	}
	for i, full := int64(0), false; !full; i++ {
		batch.Add([]byte("user-000123@example.org"))
		batch.Add(fmt.Appendf(nil, "203.0.%d.%d", i%256, i%17))
		batch.Add([]byte("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"))
		batch.Add([]byte(be(i)))
		batch.Add([]byte{1})
		batch.Add([]byte(be(1772323200 + i)))
		full = batch.EndRecord()
	}
	var out []byte
	var ends []int
	b.ReportAllocs()
	for b.Loop() {
		if out, ends, err = batch.Encode(out[:0], ends[:0]); err != nil {
			b.Fatal(err)
		}
	}
	b.SetBytes(int64(len(out)))
}

func TestCheckRefuses(t *testing.T) {
	table := catalog.Table{Name: "t"}
	good := source.Read{Dataset: "d", Table: table, AccountKey: "a", Accounts: []string{"1"}, Key: []string{"id"}, Fields: make([]catalog.Field, 1)}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	timed := good
	timed.Time, timed.From, timed.To = catalog.TimeColumn{Column: "t"}, epoch, epoch.AddDate(0, 0, 1)
	if err := timed.Check(); err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		read   source.Read
		change func(*source.Read)
		want   error
	}{
		"no account":    {good, func(r *source.Read) { r.Accounts = nil }, source.ErrUnbound},
		"account twice": {good, func(r *source.Read) { r.Accounts = []string{"1", "2", "1"} }, source.ErrUnbound},
		"empty account": {good, func(r *source.Read) { r.Accounts = []string{"1", ""} }, source.ErrUnbound},
		"no window":     {timed, func(r *source.Read) { r.From, r.To = good.From, good.To }, source.ErrUnbound},
		"no end":        {timed, func(r *source.Read) { r.To = good.To }, source.ErrUnbound},
		"empty window":  {timed, func(r *source.Read) { r.To = r.From }, source.ErrUnbound},
		"no time":       {timed, func(r *source.Read) { r.Time.Column = "" }, source.ErrSchema},
		"no key":        {good, func(r *source.Read) { r.Key = nil }, source.ErrSchema},
		"no field":      {good, func(r *source.Read) { r.Fields = nil }, source.ErrSchema},
		"no table":      {good, func(r *source.Read) { r.Table.Name = "" }, source.ErrSchema},
		"only an end":   {good, func(r *source.Read) { r.Until.Column = "u" }, source.ErrSchema},
	} {
		t.Run(name, func(t *testing.T) {
			r := tt.read
			tt.change(&r)
			if err := r.Check(); !errors.Is(err, tt.want) {
				t.Fatalf("Check = %v, want %v", err, tt.want)
			}
		})
	}
}
