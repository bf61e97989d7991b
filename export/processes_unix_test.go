//go:build unix

package export_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"writ/crypto/sign"
	"writ/export"
	"writ/export/demo"
	"writ/export/order"
	"writ/manifest/act"
)

// asWorker holds the workspace in which the test binary, as a child, answers the
// orders that inFiles lists.
const (
	asWorker = "WRIT_TEST_WORK_IN"
	inFiles  = "WRIT_TEST_WORK_ON"
)

// worker is that child.
func worker() {
	w, err := openWorld(os.Getenv(asWorker))
	for _, file := range strings.Fields(os.Getenv(inFiles)) {
		if err != nil {
			break
		}
		var b []byte
		if b, err = os.ReadFile(filepath.Join(w.dir, file)); err == nil {
			// The orders are all for the same person.
			_, err = export.Run(context.Background(), w.config, export.Request{Order: b, Supplement: "a test of many"})
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Eight processes at once answer two hundred orders: each is delivered and
// recorded once.
func TestProcessesShareALedger(t *testing.T) {
	const processes, orders = 8, 200
	w := newWorld(t)
	plainKey(t, filepath.Join(w.dir, "keys", "manifest.pem"))
	if err := errors.Join(withoutRates(w.dir), w.log.Close()); err != nil {
		t.Fatal(err)
	}
	files := copies(t, w, orders)
	var children []*exec.Cmd
	var said [processes]strings.Builder
	for i := range processes {
		c := exec.Command(os.Args[0])
		var mine []string
		for j := i; j < orders; j += processes {
			mine = append(mine, files[j])
		}
		c.Env = append(os.Environ(), asWorker+"="+w.dir, inFiles+"="+strings.Join(mine, " "))
		c.Stdout, c.Stderr = &said[i], &said[i]
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		children = append(children, c)
	}
	for i, c := range children {
		if err := c.Wait(); err != nil {
			t.Errorf("process %d: %v: %s", i, err, said[i].String())
		}
	}
	again, err := openWorld(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.log.Close()
	count := make(map[act.Kind]int)
	exported := make(map[string]bool)
	acts, _ := again.said(t)
	for _, a := range acts {
		count[a.Kind()]++
		if e, ok := a.(act.Exported); ok {
			exported[e.Predicate.ExportID] = true
		}
	}
	for _, k := range []act.Kind{act.KindReceived, act.KindDecided, act.KindExported} {
		if count[k] != orders {
			t.Errorf("%d statements of kind %s, want %d", count[k], k, orders)
		}
	}
	delivered, staged := again.left(t)
	if len(delivered) != orders || len(staged) != 0 || len(exported) != orders {
		t.Errorf("%d delivered, %d staged, %d recorded; want %d, 0, %d", len(delivered), len(staged), len(exported), orders, orders)
	}
	for _, id := range delivered {
		if !exported[id] {
			t.Errorf("export %s is not in the ledger", id)
		}
	}
}

// copies writes n orders that differ from the warrant in id and nonce, signed
// by the same people.
func copies(t *testing.T, w *world, n int) (files []string) {
	t.Helper()
	o := must(order.Parse(w.request(t, demo.Warrant).Order)).Order()
	var signers []sign.Signer
	for _, name := range []string{"court", "reviewer-1", "reviewer-2"} {
		pem := must(os.ReadFile(filepath.Join(w.dir, "keys", name+".pem")))
		signers = append(signers, must(sign.LoadSigner(pem, func() ([]byte, error) { return []byte("demo"), nil })))
	}
	for i := range n {
		o.ID = order.ID(fmt.Sprintf("copy-%d", i))
		o.Nonce = make([]byte, order.MinNonce)
		rand.Read(o.Nonce)
		s := must(order.New(o))
		for _, k := range signers {
			if err := s.Sign(k); err != nil {
				t.Fatal(err)
			}
		}
		file := fmt.Sprintf("orders/copy-%d.order.json", i)
		if err := os.WriteFile(filepath.Join(w.dir, file), s.Marshal(), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}
