package record

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/manifest/ledger"
)

// list is a file with n answers, one a minute, of which each third is of one
// fingerprint.
func list(t testing.TB, n int) *opened {
	t.Helper()
	f, err := os.OpenFile(filepath.Join(t.TempDir(), "answers"), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	o := &opened{f: f}
	for i := range n {
		var print [32]byte
		binary.BigEndian.PutUint64(print[:], uint64(i)*0x9e3779b97f4a7c15|1)
		if i%3 == 0 && i < 30 {
			print = digest.Of([]byte("anna"))
		}
		a := answer{order: digest.Of([]byte{byte(i)}), fingerprint: print, at: int64(60 * i), entry: int64(i), accounts: 1, number: 1}
		if err := o.add(a); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// What is read is what was written, newest first, from a time on and by
// fingerprint; and a byte that changed is noticed.
func TestAnswers(t *testing.T) {
	o := list(t, 1000)
	var at []int64
	if err := o.since(time.Unix(60*990, 0), func(a answer) { at = append(at, a.at) }); err != nil || len(at) != 9 || at[0] != 60*999 || at[8] != 60*991 {
		t.Errorf("since: %v, %v", at, err)
	}
	anna := func() ([]int64, error) {
		var entries []int64
		err := o.same(digest.Of([]byte("anna")), func(a answer) (bool, error) {
			entries = append(entries, a.entry)
			return len(entries) == 3, nil
		})
		return entries, err
	}
	if entries, err := anna(); err != nil || len(entries) != 3 || entries[0] != 27 || entries[2] != 21 {
		t.Errorf("same: %v, %v", entries, err)
	}
	if _, err := o.f.WriteAt([]byte{7}, rowOffset(28)+100); err != nil {
		t.Fatal(err)
	}
	if _, err := anna(); !errors.Is(err, errAnswers) {
		t.Errorf("a changed row: %v", err)
	}
	// Dated back: what comes before it in the file may still be in the window.
	if err := o.add(answer{at: 0, number: 1}); err != nil {
		t.Fatal(err)
	}
	at = nil
	if err := o.since(time.Unix(60*998, 0), func(a answer) { at = append(at, a.at) }); err != nil || len(at) != 1 {
		t.Errorf("behind one that is dated back: %v, %v", at, err)
	}
}

// The header waits until what it counts is durable: where nothing can be, as on
// the null device, there is none.
func TestAnswersAreDurableBeforeTheHeader(t *testing.T) {
	f, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o := &opened{f: f}
	if err := o.add(answer{number: 1}); err != nil {
		t.Fatal(err)
	}
	if err := o.writeHead(1, ledger.Hash{}); err == nil || o.size != 0 {
		t.Errorf("size %d, %v; want 0 and that it can't be synced", o.size, err)
	}
}

// BenchmarkAnswers looks for what a rate of a day counts, and for a fingerprint,
// among as many answers as a ledger of a million entries has.
func BenchmarkAnswers(b *testing.B) {
	o := list(b, 330_000)
	after := time.Unix(60*(330_000-1440), 0)
	b.ResetTimer()
	for b.Loop() {
		n := 0
		if err := o.since(after, func(answer) { n++ }); err != nil || n != 1439 {
			b.Fatal(n, err)
		}
		if err := o.same(digest.Of([]byte("anna")), func(answer) (bool, error) { return true, nil }); err != nil {
			b.Fatal(err)
		}
	}
}
