package audit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/act"
)

func numbered(n int) digest.Digest { return digest.Of(binary.AppendVarint(nil, int64(n))) }

// someOrder is an order as an audit keeps it once it was answered.
func someOrder(n int) *order {
	at := time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC)
	return &order{
		Order: numbered(n), Jurisdiction: "us", Process: "subpoena", Agency: "police", Fingerprint: numbered(n / 3).Hex(), Received: int64(n), ReceivedAt: at,
		Targets:   []manifest.TargetCount{{Type: "email", Count: 1}},
		Decisions: []decision{{Entry: int64(n), Plan: numbered(n), Result: act.Export, DecidedAt: at, RecordedAt: at, Accounts: 1, Exported: true}},
	}
}

// However many orders there are, few are in memory; all are found by whatever
// they are found by, as they were changed last; and no file stays.
func TestOrders(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	const n, most = 30_000, 100
	s := newOrders(most, func(o *order) bool { return o.Received%1000 == 0 })
	defer s.close()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	for i := range n {
		s.add(someOrder(i))
		if i%7 == 0 { // an earlier one is exported
			o, err := s.find(numbered(i / 2))
			if err != nil || o == nil {
				t.Fatalf("order %d: %v, %v", i/2, o, err)
			}
			x := &export{ID: fmt.Sprint("ex-", i), Entry: int64(i), of: o}
			s.rekey(o, func() { o.Exports = append(o.Exports, x) })
		}
		if err := s.trim(); err != nil {
			t.Fatal(err)
		}
		if len(s.hot) > most || len(s.line) > most || len(s.keyed) > 4*most {
			t.Fatalf("%d orders by %d keys in memory", len(s.hot), len(s.keyed))
		}
	}
	// All of them are 20 MB.
	if grown := int64(heap()) - int64(before); grown > 2<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); runtime.GOOS != "windows" && len(left) > 0 {
		t.Errorf("others find %v", left)
	}
	for i := 0; i < n; i += 11 {
		x, err := s.export(fmt.Sprint("ex-", i))
		if i%7 != 0 {
			if x != nil || err != nil {
				t.Errorf("export %d: %v, %v", i, x, err)
			}
		} else if err != nil || x == nil || x.Entry != int64(i) || x.of.Order != numbered(i/2) {
			t.Errorf("export %d: %+v, %v", i, x, err)
		}
		print := numbered(i / 3).Hex()
		alike, err := s.lookup(byPrint, print, func(o *order) bool { return o.Fingerprint == print })
		if err != nil || len(alike) != 3 || alike[0].seq != int64(i/3*3) {
			t.Errorf("%d orders for the targets of order %d (%v)", len(alike), i, err)
		}
		if err := s.trim(); err != nil {
			t.Fatal(err)
		}
	}
	next, due := int64(0), 0
	err := s.each(func(p place) bool { due += btoi(p.due); return true }, func(o *order) error {
		want := someOrder(int(next))
		want.Exports = o.Exports // looked at above
		o = &order{Order: o.Order, Jurisdiction: o.Jurisdiction, Process: o.Process, Agency: o.Agency, Fingerprint: o.Fingerprint, Received: o.Received,
			ReceivedAt: o.ReceivedAt, Targets: o.Targets, Decisions: o.Decisions, Exports: o.Exports}
		if !reflect.DeepEqual(o, want) {
			t.Fatalf("order %d is %+v", next, o)
		}
		next++
		if _, err := s.find(numbered(int(next*7919) % n)); err != nil { // and another may have to make room
			return err
		}
		return s.trim()
	})
	if err != nil || next != n || due != n/1000 {
		t.Errorf("%d orders, %d due: %v", next, due, err)
	}
	if o, err := s.find(numbered(n)); o != nil || err != nil {
		t.Errorf("an order that is not there: %v, %v", o, err)
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Where there is no room for them, the audit ends with an error that says so.
func TestOrders_noRoom(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "gone"))
	s := newOrders(1, func(*order) bool { return false })
	defer s.close()
	s.add(someOrder(1))
	s.add(someOrder(2))
	if err := s.trim(); !errors.Is(err, ErrAudit) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("trim = %v", err)
	}
	s = newOrders(1, func(*order) bool { return false })
	t.Setenv("TMPDIR", t.TempDir())
	s.add(someOrder(1))
	s.add(someOrder(2))
	if err := s.trim(); err != nil {
		t.Fatal(err)
	}
	s.close()
	if _, err := s.find(numbered(1)); !errors.Is(err, ErrAudit) {
		t.Errorf("find in files that are gone = %v", err)
	}
}

// Rates are counted as if nothing were forgotten, whatever the decisions are
// dated, and few answers are kept of a ledger that is in order.
func TestTallyForgets(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		most  int // that the rate lets be
		stray int // one in so many decisions is dated long before; 0: none
	}{{"in order", 140, 0}, {"some dated long before", 700, 40}} {
		t.Run(tt.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			f := newFold(&Config{keptOrders: 50})
			defer f.orders.close()
			rate := act.Rate{Per: act.PerAgency, Hours: 24, Orders: int64(tt.most), Accounts: 1 << 40}
			type made struct {
				at    time.Time
				order int
			}
			var all []made
			want := 0
			for i := range 3000 {
				at := begin.Add(time.Duration(i)*10*time.Minute + time.Duration(random.IntN(3600))*time.Second)
				if tt.stray > 0 && i%tt.stray == tt.stray-1 {
					at = begin.Add(time.Duration(random.IntN(i*10)) * time.Minute)
				}
				n := i
				if i > 100 && i%50 == 0 {
					n = i - random.IntN(100) // decided on once more
				}
				o, err := f.order(numbered(n))
				if err != nil {
					t.Fatal(err)
				}
				o.Agency = "police"
				now := decision{Entry: int64(i), Result: act.Export, RecordedAt: at, Accounts: 1}
				d := act.Decided{Head: act.Head{RecordedAt: at}, Result: act.Export, Decision: act.Decision{Rates: []act.Rate{rate}}}
				if err := f.rates(finding{entry: int64(i)}, o, &d, now); err != nil {
					t.Fatal(err)
				}
				o.Decisions = append(o.Decisions, now)
				all = slices.DeleteFunc(all, func(m made) bool { return m.order == n })
				count := 1
				for _, m := range all {
					count += btoi(m.at.After(at.Add(-24 * time.Hour)))
				}
				if all = append(all, made{at, n}); count > tt.most {
					want++
				}
				if got := int(f.Found.Counts[OverRate]); got != want {
					t.Fatalf("decision %d: over the rate %d times, want %d", i, got, want)
				}
				if err := f.orders.trim(); err != nil {
					t.Fatal(err)
				}
			}
			kept := len(f.tallies.byAgency["police"][0].answers)
			if want == 0 || tt.stray == 0 && kept > 2*keptAnswers {
				t.Errorf("over the rate %d times, %d answers kept", want, kept)
			}
		})
	}
}

// An agency's first answer neither writes nor reads the orders of others: with
// many agencies that would be all orders, many times.
func TestTallyOfManyAgencies(t *testing.T) {
	f := newFold(&Config{keptOrders: 50})
	defer f.orders.close()
	rate := act.Rate{Per: act.PerAgency, Hours: 24, Orders: 1, Accounts: 1 << 40}
	decide := func(n int, agency string) error {
		o, err := f.order(numbered(n))
		if err != nil {
			return err
		}
		s := someOrder(n)
		o.ReceivedAt, o.Agency = s.ReceivedAt, agency
		d := act.Decided{Head: act.Head{RecordedAt: s.ReceivedAt}, Result: act.Export, Decision: act.Decision{Rates: []act.Rate{rate}}}
		if err := f.rates(finding{entry: int64(n)}, o, &d, s.Decisions[0]); err != nil {
			return err
		}
		o.Decisions = append(o.Decisions, s.Decisions[0])
		return f.orders.trim()
	}
	const orders = 1000
	for n := range orders {
		if err := decide(n, fmt.Sprint("agency-", n)); err != nil {
			t.Fatal(err)
		}
	}
	if written := f.orders.end + int64(len(f.orders.tail)); written > orders*1000 {
		t.Errorf("%d bytes were written for %d orders", written, orders)
	}
	if err := f.orders.flush(); err != nil {
		t.Fatal(err)
	}
	whole := f.orders.records
	f.orders.records = nil // what is read now is missed
	if err := decide(orders, "agency-new"); err != nil {
		t.Errorf("the orders of others were read: %v", err)
	}
	f.orders.records = whole
	f.tallies = tallies{}
	if err := decide(orders+1, "agency-0"); err != nil || f.Found.Counts[OverRate] != 1 {
		t.Errorf("%d over the rate (%v), want the second answer of agency-0", f.Found.Counts[OverRate], err)
	}
}
