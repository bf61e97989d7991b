package ledger_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"writ/manifest/ledger"
)

// The test binary is also the process that a test starts many of, or kills.
const (
	childDir  = "WRIT_TEST_LEDGER"      // the ledger's folder: be a child
	childKey  = "WRIT_TEST_LEDGER_KEY"  // its private key
	childFrom = "WRIT_TEST_LEDGER_FROM" // the first entry to append
	childTo   = "WRIT_TEST_LEDGER_TO"   // and the one after the last
)

func TestMain(m *testing.M) {
	if os.Getenv(childDir) == "" {
		os.Exit(m.Run())
	}
	if err := child(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child appends entries one by one, and says so for each that it has a proof
// of.
func child() error {
	ctx := context.Background()
	key, err := ledger.ParseKey(os.Getenv(childKey))
	if err != nil {
		return err
	}
	from, err := strconv.Atoi(os.Getenv(childFrom))
	if err != nil {
		return err
	}
	to, err := strconv.Atoi(os.Getenv(childTo))
	if err != nil {
		return err
	}
	l, err := ledger.Open(ctx, config(os.Getenv(childDir), key))
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for i := from; i < to; i++ {
		p, err := l.Append(ctx, entry(i))
		if err != nil {
			return err
		}
		if _, err := ledger.CheckProof(p.Bytes(), entry(i), key.Verifier(), ledger.Policy{}); err != nil {
			return err
		}
		fmt.Println("appended", i)
	}
	return l.Close()
}

func childCommand(t testing.TB, key *ledger.Key, dir string, from, to int) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), childDir+"="+dir, childKey+"="+key.Private(),
		childFrom+"="+strconv.Itoa(from), childTo+"="+strconv.Itoa(to))
	cmd.Stderr = os.Stderr
	return cmd
}

// A process is killed at a random moment, again and again. The next one goes
// on where the last said it was, so an entry whose append was cut short is
// appended again. In the end the ledger has every entry once, in order.
func TestAppend_killed(t *testing.T) {
	const ledgers, rounds = 4, 26
	for n := range ledgers {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			key := newKey(t)
			cfg := config(t.TempDir()+"/ledger", key)
			if err := ledger.Init(t.Context(), cfg); err != nil {
				t.Fatal(err)
			}
			acknowledged := 0
			for round := range rounds {
				acknowledged = killOnce(t, key, cfg.Dir, acknowledged, round%3)
				all := read(t, cfg)
				if len(all) < acknowledged || len(all) > acknowledged+1 {
					t.Fatalf("round %d: ledger has %d entries, %d were acknowledged", round, len(all), acknowledged)
				}
				equal(t, all, entries(0, len(all)))
			}
			appendAll(t, open(t, cfg), entry(acknowledged), entry(acknowledged+1))
			equal(t, read(t, cfg), entries(0, acknowledged+2))
			if acknowledged < rounds/3 {
				t.Errorf("only %d entries in %d rounds, one in three was to append", acknowledged, rounds)
			}
		})
	}
}

// killOnce starts a child and kills it some time after it was started (0), was
// ready (1), or had appended an entry (2). It returns how many entries have
// been acknowledged by then.
func killOnce(t *testing.T, key *ledger.Key, dir string, from, after int) int {
	t.Helper()
	cmd := childCommand(t, key, dir, from, from+1000)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	reached := func(point int) {
		if point == after {
			time.AfterFunc(rand.N(150*time.Millisecond), func() { cmd.Process.Kill() })
			after = -1
		}
	}
	reached(0)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if lines.Text() == "ready" {
			reached(1)
		}
		if rest, ok := strings.CutPrefix(lines.Text(), "appended "); ok {
			if rest != strconv.Itoa(from) {
				t.Errorf("child appended %s, want %d", rest, from)
			}
			from++
			reached(2)
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("child was not killed: %v", err)
	}
	return from
}

// Eight processes append to one ledger at once; each appends some entries that
// its neighbour appends too.
func TestAppend_processes(t *testing.T) {
	key := newKey(t)
	cfg := config(t.TempDir()+"/ledger", key)
	if err := ledger.Init(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	const processes, each, shared = 8, 25, 5
	var all []*exec.Cmd
	for p := range processes {
		from := p * (each - shared)
		cmd := childCommand(t, key, cfg.Dir, from, from+each)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		all = append(all, cmd)
	}
	for _, cmd := range all {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	unique(t, read(t, cfg), processes*(each-shared)+shared)
}
