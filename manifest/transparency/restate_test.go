package transparency

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"writ/crypto/digest"
)

func TestCompareSaysWhatChanged(t *testing.T) {
	o := options()
	o.From, o.Threshold = HalfYear{2025, 2}, 1
	o.Now = time.Date(2026, 7, 2, 0, 0, 0, 0, time.UTC)
	pending := order(1, func(c *Case) { c.Outcome, c.DeliveredAt = Pending, time.Time{} })
	before, err := Compute([]Case{pending, order(2, nil)}, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Now, o.Checkpoint.Size, o.Checkpoint.Root = published.AddDate(0, 6, 0), 5000, digest.Of([]byte("later"))
	after, err := Compute([]Case{
		order(1, func(c *Case) { c.Outcome = Content }), order(2, nil),
		order(3, func(c *Case) { c.ReceivedAt, c.DeliveredAt = published, published }), // of a half-year that is new
	}, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := after.Restate(before); err != nil {
		t.Fatal(err)
	}
	var want []Change
	for _, country := range []string{"all", "US"} {
		want = append(want,
			Change{"2026-H1", "orders", country, "outcome:content", "0", "1"},
			Change{"2026-H1", "orders", country, "outcome:pending", "1", "0"})
	}
	if diff := cmp.Diff(&Restatement{before.Checkpoint, want}, after.Restatement); diff != "" {
		t.Error(diff)
	}
	// A country that is there no more, or only now, is a change too.
	o.Now, o.From = published.AddDate(1, 0, 0), HalfYear{2026, 1}
	moved, err := Compute([]Case{order(1, func(c *Case) { c.Country = "DE" })}, o)
	if err != nil {
		t.Fatal(err)
	}
	changes, err := Compare(before, moved)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []Change{
		{"2026-H1", "orders", "US", "requests", "2", ""},
		{"2026-H1", "orders", "DE", "requests", "", "1"},
		{"2025-H2", "orders", "all", "requests", "0", ""}, // it isn't covered now
	} {
		found := false
		for _, c := range changes {
			found = found || c == want
		}
		if !found {
			t.Errorf("no %+v", want)
		}
	}
}

func TestCompareRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(*Options) // of the current one
		want error
	}{
		{"the same", func(*Options) {}, nil},
		{"a ledger that grew", func(o *Options) { o.Checkpoint.Size++; o.Checkpoint.Root = digest.Of(nil) }, nil},
		{"another provider", func(o *Options) { o.Provider = "Other Mail" }, ErrIncomparable},
		{"another ledger", func(o *Options) { o.Checkpoint.Origin = "ledger.example/other" }, ErrIncomparable},
		{"a ledger that shrank", func(o *Options) { o.Checkpoint.Size-- }, ErrIncomparable},
		{"a ledger that forked", func(o *Options) { o.Checkpoint.Root = digest.Of(nil) }, ErrIncomparable},
		{"other bands for the same time", func(o *Options) { o.Bands.Structure = Bands250 }, ErrIncomparable},
		{"a year of bands for its halves", func(o *Options) { o.Bands.Structure = Bands100 }, ErrIncomparable},
		{"no bands any more", func(o *Options) { o.Bands = Bands{} }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := options()
			o.From, o.Bands = HalfYear{2025, 1}, Bands{Structure: Bands500}
			previous, err := Compute(nil, o)
			if err != nil {
				t.Fatal(err)
			}
			tt.edit(&o)
			current, err := Compute(nil, o)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Compare(previous, current); !errors.Is(err, tt.want) {
				t.Errorf("Compare = %v, want %v", err, tt.want)
			}
		})
	}
}

// A band whose day has come is new, not restated.
func TestBandsThatFallDueAreNoChange(t *testing.T) {
	o := options()
	o.From, o.Bands = HalfYear{2026, 1}, Bands{Structure: Bands500}
	before, err := Compute(nil, o)
	if err != nil {
		t.Fatal(err)
	}
	o.Now = o.Now.AddDate(0, 6, 0)
	after, err := Compute(nil, o)
	if err != nil {
		t.Fatal(err)
	}
	if changes, err := Compare(before, after); err != nil || len(changes) != 0 {
		t.Errorf("Compare = %v, %v; want no change", changes, err)
	}
}
