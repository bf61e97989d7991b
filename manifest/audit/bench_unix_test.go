//go:build unix

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
	"syscall"
	"testing"
	"time"

	"writ/manifest/act"
	"writ/manifest/audit"
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
				if err := w.sign(int(i)); err != nil {
					b.Error(err)
					return
				}
				w.acts[i].act = nil
			}
		})
	}
	workers.Wait()
	return w
}

// BenchmarkAudit audits a ledger, all of it, and beside it verifies as many
// P-256 signatures as it holds and nothing else. It reports how fast the audit is, as
// statements a second and as a share of the bare signatures, by wall clock and
// by processor time, and how much memory the audit took at most.
func BenchmarkAudit(b *testing.B) {
	w := busyWorld(b, *benchEntries)
	size := len(w.acts)
	signatures := size + size/3 // an engineer signs for each decision
	dir := filepath.Join(b.TempDir(), "ledger")
	w.write(dir, w.ledger)
	c := config(w, dir)
	c.Now, c.MaxOrders = day(0).AddDate(1, 0, 0), 50
	w.acts, w.texts = nil, nil
	var audits, bare spent
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	peak := before.HeapAlloc
	var kept *audit.Result
	for b.Loop() {
		kept = nil
		audits.during(func() {
			stop := sample(&peak)
			defer stop()
			r := run(b, c)
			if err := r.Err(); err != nil || r.To != int64(size) {
				b.Fatalf("%d entries: %v: %v", r.To, err, r.Findings[:min(3, len(r.Findings))])
			}
			kept = r
		})
		b.StopTimer()
		bare.during(func() { verifyBare(b, signatures) })
		b.StartTimer()
	}
	runtime.GC()
	var after runtime.MemStats
	runtime.ReadMemStats(&after)
	b.ReportMetric((float64(after.HeapAlloc)-float64(before.HeapAlloc))/float64(kept.Counts.Orders), "kept-B/order")
	b.ReportMetric(float64(size)*float64(b.N)/audits.wall.Seconds(), "entries/s")
	b.ReportMetric(float64(signatures)*float64(b.N)/bare.wall.Seconds(), "signatures/s")
	b.ReportMetric(bare.wall.Seconds()/audits.wall.Seconds(), "of-signatures")
	b.ReportMetric(bare.cpu.Seconds()/audits.cpu.Seconds(), "of-signatures-cpu")
	b.ReportMetric(float64(peak-before.HeapAlloc)/1e6, "peak-MB")
}

// sample keeps the largest heap that it sees in peak, until it is stopped.
func sample(peak *uint64) (stop func()) {
	done := make(chan struct{})
	var sampler sync.WaitGroup
	sampler.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				*peak = max(*peak, m.HeapAlloc)
			}
		}
	})
	return func() { close(done); sampler.Wait() }
}

// verifyBare is what n signatures alone cost, on all cores.
func verifyBare(b *testing.B, n int) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	sum := sha256.Sum256([]byte("a statement"))
	sig, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for next.Add(1) <= int64(n) {
				if !ecdsa.VerifyASN1(&key.PublicKey, sum[:], sig) {
					b.Error("does not verify")
				}
			}
		})
	}
	workers.Wait()
}

// spent is how long something took.
type spent struct{ wall, cpu time.Duration }

func (s *spent) during(f func()) {
	wall, cpu := time.Now(), cpuTime()
	f()
	s.wall += time.Since(wall)
	s.cpu += cpuTime() - cpu
}

// cpuTime is what this process has used of the processors.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
