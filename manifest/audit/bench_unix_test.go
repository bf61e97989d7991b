package audit_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"flag"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"writ/manifest/act"
)

var benchEntries = flag.Int("entries", 100_000, "size of the ledger of BenchmarkAudit")

// busyWorld is a ledger of about n entries: warrants and subpoenas, one after
// the other, each received, decided on and answered.
func busyWorld(b *testing.B, n int) *world {
	w := newWorld(b)
	w.rules.Notice = nil
	w.configure(day(0), act.Policy, w.rules)
	w.configure(day(0), act.Catalog, fields)
	w.configure(day(0), act.Registry, w.registry)
	for i := 0; len(w.acts) < n; i++ {
		at := day(0).Add(time.Duration(i) * time.Minute)
		a := asked{name: fmt.Sprint(i), jurisdiction: "us", process: "search-warrant", signers: []string{"court", "one"},
			mandate: []act.Item{item("mail", "body"), item("people", "name", "password"), item("sessions", "at")}}
		w.receive(at, a)
		w.decide(at.Add(time.Second), a.name, nil)
		w.export(at.Add(2*time.Second), a.name, fmt.Sprintf("ex-%d", i), "")
		delete(w.sealed, fmt.Sprintf("ex-%d", i))
		delete(w.received, a.name)
		delete(w.decided, a.name)
	}
	// Signed on all cores: that is most of the work.
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(w.acts)); i = next.Add(1) - 1 {
				e := &w.acts[i]
				var err error
				if e.raw, err = act.Sign(e.act, e.signer); err != nil {
					b.Error(err)
					return
				}
				e.act = nil
			}
		})
	}
	workers.Wait()
	return w
}

// BenchmarkAudit audits a ledger, all of it, and says how much memory that took
// at most.
func BenchmarkAudit(b *testing.B) {
	w := busyWorld(b, *benchEntries)
	size := len(w.acts)
	dir := filepath.Join(b.TempDir(), "ledger")
	w.write(dir, w.ledger)
	c := config(w, dir)
	c.Now = day(0).AddDate(1, 0, 0)
	w.acts, w.texts = nil, nil
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak, stop := before.HeapAlloc, make(chan struct{})
	var sampler sync.WaitGroup
	sampler.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				peak = max(peak, m.HeapAlloc)
			}
		}
	})
	b.ResetTimer()
	for b.Loop() {
		r := run(b, c)
		if err := r.Err(); err != nil || r.To != int64(size) {
			b.Fatalf("%d entries: %v: %v", r.To, err, r.Findings[:min(3, len(r.Findings))])
		}
	}
	b.StopTimer()
	close(stop)
	sampler.Wait()
	b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "entries/s")
	b.ReportMetric(float64(peak-before.HeapAlloc)/1e6, "peak-MB")
}

// BenchmarkVerify is what the signatures alone cost, on all cores.
func BenchmarkVerify(b *testing.B) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256([]byte("a statement"))
	sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if !ecdsa.VerifyASN1(&key.PublicKey, sum[:], sig) {
				b.Error("does not verify")
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "entries/s")
}
