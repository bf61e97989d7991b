package order_test

import (
	"reflect"
	"testing"

	"writ/export/order"
)

// An order that Parse takes is the same after Marshal, and New takes it too.
func FuzzParse(f *testing.F) {
	for _, payload := range samples(f) {
		f.Add(payload)
	}
	good := samples(f)["everything"]
	for _, c := range bad {
		if payload := edit(f, good, c.member, c.value); len(payload) < 8<<10 { // long ones are slow to mutate
			f.Add(payload)
		}
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		if len(payload) == 0 {
			return // an envelope has a payload
		}
		s, err := order.Parse(enveloped(payload))
		if err != nil {
			if s != nil {
				t.Fatalf("Parse = %v beside %v", s, err)
			}
			return
		}
		back, err := order.Parse(s.Marshal())
		if err != nil || !reflect.DeepEqual(s, back) {
			t.Fatalf("does not round-trip: %v", err)
		}
		again, err := order.New(s.Order())
		if err != nil || !reflect.DeepEqual(s.Order(), again.Order()) {
			t.Fatalf("New made another order: %v", err)
		}
	})
}

// An instant that is read keeps how it was written, and its time is the same
// however it is written.
func FuzzParseInstant(f *testing.F) {
	for _, s := range []string{"2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000000001-11:30", "1970-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999999Z", "2026-02-29T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T00:00:60Z", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, err := order.ParseInstant(s)
		var text order.Instant
		if textErr := text.UnmarshalText([]byte(s)); (textErr == nil) != (err == nil) || text != i {
			t.Fatalf("as text, %q is %q (%v), want %q (%v)", s, text, textErr, i, err)
		}
		if err != nil {
			return
		}
		utc := order.At(i.UTC())
		back, err := order.ParseInstant(utc.String())
		if i.String() != s || err != nil || !back.UTC().Equal(i.UTC()) || back != utc {
			t.Fatalf("%q became %q, in UTC %q (%v)", s, i, utc, err)
		}
	})
}
