//go:build unix

package export_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sigstore/sigstore/pkg/cryptoutils"

	"writ/crypto/trust"
	"writ/export"
	"writ/export/demo"
	"writ/manifest/act"
	"writ/manifest/bundle"
)

// asExporter holds the workspace in which the test binary, as a child, answers
// the warrant once more, for the reason in asSupplement.
const (
	asExporter   = "WRIT_TEST_EXPORT_IN"
	asSupplement = "WRIT_TEST_EXPORT_WHY"
)

// exporter is that child.
func exporter() {
	w, err := openWorld(os.Getenv(asExporter))
	if err == nil {
		var b []byte
		if b, err = os.ReadFile(filepath.Join(w.dir, demo.Warrant)); err == nil {
			_, err = export.Run(context.Background(), w.config, export.Request{Order: b, Supplement: os.Getenv(asSupplement)})
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Killed at any moment, an export leaves nothing in the outbox that the ledger
// lacks and no half of a delivery; and later runs finish what was begun, once.
func TestRunKilled(t *testing.T) {
	const kills = 100
	w := newWorld(t)
	plainKey(t, filepath.Join(w.dir, "keys", "manifest.pem"))
	if err := w.log.Close(); err != nil {
		t.Fatal(err)
	}
	provider := must(trust.ParseProvider(must(os.ReadFile(filepath.Join(w.dir, demo.ProviderFile)))))
	checked := make(map[string]bool)
	start := func(why string) (*exec.Cmd, *strings.Builder) {
		c, said := exec.Command(os.Args[0]), &strings.Builder{}
		c.Env = append(os.Environ(), asExporter+"="+w.dir, asSupplement+"="+why)
		c.Stdout, c.Stderr = said, said
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		return c, said
	}
	// How long a whole run takes here and now: kills come within it.
	began := time.Now()
	if c, said := start(""); c.Wait() != nil {
		t.Fatal(said)
	}
	whole := time.Since(began)
	random := rand.New(rand.NewPCG(uint64(os.Getpid()), 1))
	killed := 0
	for round := 0; killed < kills; round++ {
		if round > 3*kills {
			t.Fatalf("only %d of %d runs were killed before they ended", killed, round)
		}
		c, said := start(fmt.Sprintf("round %d", round))
		time.Sleep(time.Duration(random.Int64N(int64(whole))))
		c.Process.Kill()
		if c.Wait(); c.ProcessState.ExitCode() == -1 {
			killed++
		} else if !c.ProcessState.Success() {
			t.Fatal(said)
		}
		delivered, _ := w.left(t)
		for _, id := range delivered {
			if checked[id] {
				continue
			}
			d, err := bundle.Find(filepath.Join(w.dir, "out", id))
			if err != nil {
				t.Fatal(err)
			}
			// With the ledger's key pinned, this asks for the proof as well.
			if _, err := bundle.Verify(t.Context(), d, provider); err != nil {
				t.Fatalf("round %d: %v", round, err)
			}
			checked[id] = true
		}
	}
	if c, said := start("the last"); c.Wait() != nil {
		t.Fatal(said)
	}
	again, err := openWorld(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer again.log.Close()
	acts, _ := again.said(t)
	recorded := make(map[string]int)
	for _, a := range acts {
		if e, ok := a.(act.Exported); ok {
			recorded[e.Predicate.ExportID]++
		}
	}
	delivered, staged := again.left(t)
	for _, id := range delivered {
		if recorded[id] != 1 {
			t.Errorf("export %s is %d times in the ledger", id, recorded[id])
		}
	}
	if len(recorded) != len(delivered) || len(staged) != 0 {
		t.Errorf("%d recorded, %d delivered, %d still staged", len(recorded), len(delivered), len(staged))
	}
	t.Logf("%d kills, %d deliveries", killed, len(delivered))
}

// plainKey takes the password off a key: to open it would cost each child more
// time than the export does.
func plainKey(t *testing.T, path string) {
	t.Helper()
	key := must(cryptoutils.UnmarshalPEMToPrivateKey(must(os.ReadFile(path)), cryptoutils.StaticPasswordFunc([]byte("demo"))))
	if err := os.WriteFile(path, must(cryptoutils.MarshalPrivateKeyToPEM(key)), 0o600); err != nil {
		t.Fatal(err)
	}
}
