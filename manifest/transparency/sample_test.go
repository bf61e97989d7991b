package transparency

import (
	"encoding/binary"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"writ/crypto/digest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s:\n%s", file, diff)
	}
}

var (
	published = time.Date(2026, 8, 15, 9, 30, 0, 0, time.UTC)
	spring    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

func options() Options {
	return Options{
		Provider:   "Example Mail",
		Checkpoint: Checkpoint{Origin: "ledger.example/mail", Size: 4021, Root: digest.Of([]byte("root"))},
		Now:        published,
	}
}

func orderDigest(n int) digest.Digest {
	return digest.Of(binary.BigEndian.AppendUint64([]byte("order"), uint64(n)))
}

// order is a plain one, made different by edit.
func order(n int, edit func(*Case)) Case {
	c := Case{
		Order: orderDigest(n), ReceivedAt: spring, DeliveredAt: spring.Add(90 * time.Minute),
		Country: "US", Jurisdiction: "us", Process: "subpoena", Identifiers: 2, Accounts: 1, Outcome: NonContent,
	}
	if edit != nil {
		edit(&c)
	}
	return c
}

// sample is two years of a provider of middling size, the same in every run.
func sample() []Case {
	random := rand.New(rand.NewPCG(50, 1874))
	pick := func(of []string, weights []int) string {
		n := 0
		for _, w := range weights {
			n += w
		}
		n = random.IntN(n)
		for i, w := range weights {
			if n -= w; n < 0 {
				return of[i]
			}
		}
		return ""
	}
	var cases []Case
	for n := range 2600 {
		c := order(n, nil)
		c.ReceivedAt = time.Date(2024, 7, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(int64(2 * 365 * 24 * time.Hour)))).Truncate(time.Second)
		c.Country = pick([]string{"US", "DE", "FR", "GB", "BR", "IN", "NL", "IS"}, []int{50, 18, 12, 9, 5, 3, 2, 1})
		c.Process = pick([]string{"subpoena", "search-warrant", "court-order-2703d", "epoc-subscriber", "consent"}, []int{50, 25, 10, 14, 1})
		c.Outcome = Outcome(pick([]string{"content", "non-content", "no-data", "rejected", "redirected", "pending"}, []int{12, 62, 15, 8, 1, 2}))
		c.Emergency = random.IntN(25) == 0
		c.NonDisclosure = random.IntN(3) == 0
		c.Identifiers = 1 + random.IntN(3)
		c.Accounts = random.IntN(c.Identifiers + 1)
		switch random.IntN(60) {
		case 0:
			c.Enterprise = true
			c.Consent = c.Outcome == Content || c.Outcome == NonContent && random.IntN(2) == 0
		case 1, 2, 3:
			c.Preservation = true
			c.Outcome = Outcome(pick([]string{"preserved", "no-data", "rejected"}, []int{8, 1, 1}))
		case 4:
			c.NationalSecurity, c.Process = Letter, "nsl"
		}
		c.DeliveredAt = time.Time{}
		if c.Outcome == Content || c.Outcome == NonContent {
			c.Narrowed = random.IntN(6) == 0
			c.DeliveredAt = c.ReceivedAt.Add(time.Duration(random.Int64N(int64(12 * 24 * time.Hour)))).Truncate(time.Minute)
			if !c.Preservation && random.IntN(20) == 0 {
				c.PreservedBy = orderDigest(random.IntN(n + 1))
			}
		}
		cases = append(cases, c)
	}
	return cases
}

func sampleReport(t testing.TB) *Report {
	o := options()
	o.Bands = Bands{Structure: Bands500}
	r, err := Compute(sample(), o)
	if err != nil {
		t.Fatal(err)
	}
	// As it was half a year before: what is pending now had hardly begun.
	o.Now = time.Date(2026, 2, 10, 0, 0, 0, 0, time.UTC)
	o.Checkpoint.Size, o.Checkpoint.Root = 3100, digest.Of([]byte("older root"))
	var then []Case
	for _, c := range sample() {
		if c.DeliveredAt.After(o.Now) {
			c.Outcome, c.DeliveredAt, c.Narrowed, c.Consent = Pending, time.Time{}, false, false
		}
		if !c.ReceivedAt.After(o.Now) {
			then = append(then, c)
		}
	}
	previous, err := Compute(then, o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Restate(previous); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestGolden(t *testing.T) {
	r := sampleReport(t)
	for name, render := range map[string]func() ([]byte, error){
		"report.json": r.JSON, "report.csv": r.CSV, "report.html": r.HTML,
	} {
		got, err := render()
		if err != nil {
			t.Fatal(err)
		}
		golden(t, name, got)
	}
}

// The least reports that there are: for other languages to begin with, and for
// the fuzzer.
func TestSmallGolden(t *testing.T) {
	for name, cases := range map[string][]Case{
		"small-none.json": nil,
		"small-few.json":  {order(1, nil)},
		"small-some.json": slices.Collect(func(yield func(Case) bool) {
			for n := range 30 {
				if !yield(order(n, func(c *Case) { c.Country = []string{"US", "DE"}[n%2]; c.NonDisclosure = n < 12 })) {
					return
				}
			}
		}),
	} {
		o := options()
		o.From = HalfYear{2026, 1}
		o.Bands = Bands{Structure: Bands250}
		r, err := Compute(cases, o)
		if err != nil {
			t.Fatal(err)
		}
		b, err := r.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Parse(b); err != nil {
			t.Error(err)
		}
		golden(t, name, b)
	}
}
