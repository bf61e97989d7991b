package order_test

import (
	"slices"
	"testing"
	"unicode/utf8"

	"writ/export/order"
)

// A value that could be taken for another is named, by its place and never by
// itself; what is at home in its script is not.
func TestDoubts(t *testing.T) {
	const mixed, alike = order.MixedScripts, order.LookAlike
	for _, tt := range []struct {
		name, value string
		want        []order.DoubtKind
	}{
		{"ASCII", "l1I0O.rn+m@example.com", nil},
		{"accents", "jos\u00e9.m\u00fcller@example.com", nil},
		{"Russian", "\u041c\u043e\u0441\u043a\u0432\u0430", nil},
		{"Greek", "\u0391\u03b8\u03ae\u03bd\u03b1", nil},
		{"Japanese", "\u6771\u4eac\u30bf\u30ef\u30fc\u306e", nil},
		{"Korean", "\uc11c\uc6b8\u6f22", nil},
		{"Arabic with its digits", "\u0645\u0635\u0631 \u0661\u0664", nil},
		{"one Cyrillic letter", "mirel\u0430@example.com", []order.DoubtKind{mixed, alike}},
		{"a Cyrillic word that looks like none", "\u0436\u0438\u0437\u043d\u044c", nil},
		{"a Cyrillic word that looks Latin", "\u0441\u043e\u0441\u043e", []order.DoubtKind{alike}},
		{"a Cyrillic name at a Latin domain", "\u0436\u0438@example.com", []order.DoubtKind{mixed}},
		{"a dotless i", "m\u0131rela@example.com", []order.DoubtKind{alike}},
		{"a full-width letter", "\uff4direla@example.com", []order.DoubtKind{alike}},
		{"a mathematical letter", "\U0001d426irela@example.com", []order.DoubtKind{alike}},
		{"another hyphen", "mirela\u2010k@example.com", []order.DoubtKind{alike}},
		{"another full stop", "mirela\u2024k@example.com", []order.DoubtKind{alike}},
		{"digits of two scripts", "+1555\u0660001042", []order.DoubtKind{mixed, alike}},
		{"Japanese and Korean", "\u30bf\uc11c", []order.DoubtKind{mixed}},
		{"Latin and Han", "a\u6771", []order.DoubtKind{mixed}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := order.Order{Targets: []order.Target{{Value: "plain"}, {Value: tt.value}}}
			var got []order.DoubtKind
			for _, d := range o.Doubts() {
				if d.Target != 1 || d.Kind.Why() == "unknown" {
					t.Errorf("a doubt about targets[%d]: %s", d.Target, d.Kind.Why())
				}
				got = append(got, d.Kind)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("Doubts = %v, want %v", got, tt.want)
			}
		})
	}
}

// What is ASCII is never doubted, and what is doubted of one value stays so
// when ASCII stands before it.
func FuzzDoubts(f *testing.F) {
	for _, s := range []string{"mirela@example.com", "mirel\u0430", "\u6771\u4eac", "\xff", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ascii := true
		for _, r := range s {
			ascii = ascii && r < utf8.RuneSelf
		}
		doubts := order.Order{Targets: []order.Target{{Value: s}}}.Doubts()
		if ascii && len(doubts) != 0 {
			t.Fatalf("%q is doubted", s)
		}
		if more := (order.Order{Targets: []order.Target{{Value: "a1" + s}}}).Doubts(); len(more) < len(doubts) {
			t.Fatalf("%q: %v, and with ASCII before it %v", s, doubts, more)
		}
	})
}
