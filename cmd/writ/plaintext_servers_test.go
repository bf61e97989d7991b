//go:build servers

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3"

	"writ/export/demo"
)

// written is what strace shows of a call that writes: where to, and what.
var written = regexp.MustCompile(`\bp?writev?(?:64|2)?\(\d+<([^>]*)>, (.*)`)

// A watched program is looked at by strace in all by which data could leave it.
type watched struct {
	program, dir string // dir is where it runs, and where its temporary files are
}

// run runs the program and returns how it ended, what it said, and the calls.
func (w watched) run(t *testing.T, env []string, args ...string) (code int, said string, calls []string) {
	t.Helper()
	trace := filepath.Join(t.TempDir(), "trace")
	c := exec.Command("strace", append([]string{"--seccomp-bpf", "-f", "-y", "-s", "200000", "-o", trace, "-e",
		"trace=openat,memfd_create,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,socket,execve,copy_file_range,sendfile,splice,prlimit64,setrlimit", w.program}, args...)...)
	c.Dir, c.Env = w.dir, append(env, "TMPDIR="+w.dir, "HOME="+w.dir, "PATH="+os.Getenv("PATH"))
	out, err := c.CombinedOutput()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		code = failed.ExitCode()
	} else if err != nil {
		t.Fatalf("strace, which make packages installs: %v", err)
	}
	b, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	return code, string(out), strings.Split(string(b), "\n")
}

// Whatever writ is told to do, and however it ends, plaintext goes nowhere but
// where the agency asks for it; no other program is started, no secret is
// written or said, and core dumps are given up before anything is read.
func TestNoCommandLetsPlaintextOut(t *testing.T) {
	const mark, secret = "plaintext-7KQ2ZD91XHAF", "s3cret-MM40PCV3T8WJ"
	dir := t.TempDir()
	w := watched{filepath.Join(dir, "writ"), filepath.Join(dir, "home")}
	if out, err := exec.Command("go", "build", "-o", w.program, "writ/cmd/writ").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ws := filepath.Join(w.dir, "ws")
	if err := errors.Join(os.Mkdir(w.dir, 0o700), demo.Make(ws, time.Now())); err != nil {
		t.Fatal(err)
	}
	alter := func(sql string) {
		db, err := sqlite3.Open(filepath.Join(ws, "data", "mail.db"))
		if err == nil {
			err = errors.Join(db.Exec(sql), db.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	alter("UPDATE accounts SET full_name = '" + mark + "' WHERE id = 1042; UPDATE logins SET device_id = '" + mark + "' WHERE account_id = 1042;" +
		"UPDATE messages SET subject = '" + mark + "', body = '" + mark + "' WHERE account_id = 1042")
	ledgerKey, err := os.ReadFile(filepath.Join(ws, "keys", "ledger.key"))
	if err != nil {
		t.Fatal(err)
	}
	config, err := os.ReadFile(filepath.Join(ws, "writ.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	config = bytes.Replace(config, []byte("key: keys/ledger.key"), []byte("key_env: LEDGER_KEY"), 1)
	if err := os.WriteFile(filepath.Join(ws, "writ.yaml"), config, 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"LEDGER_KEY=" + strings.TrimSpace(string(ledgerKey)), "WRIT_PASSPHRASE=" + secret}
	private := strings.TrimSpace(string(ledgerKey))
	private = private[len(private)-40:]

	// into are the places to which the agency has its plaintext written.
	check := func(want int, into []string, args ...string) {
		t.Helper()
		name := strings.Join(args, " ")
		code, said, calls := w.run(t, env, args...)
		if code != want {
			t.Fatalf("%s: exit code %d, want %d: %s", name, code, want, said)
		}
		allowed := func(path string) bool {
			for _, p := range into {
				if strings.HasPrefix(path, filepath.Join(w.dir, p)) {
					return true
				}
			}
			return false
		}
		started, noCore, shown := 0, false, false
		for _, call := range calls {
			switch {
			case strings.Contains(call, "execve("):
				started++
			case strings.Contains(call, "RLIMIT_CORE, {rlim_cur=0, rlim_max=0}"):
				noCore = true
			case strings.Contains(call, w.dir+"/ws") && !noCore:
				t.Errorf("%s: a file was opened before core dumps were given up", name)
			case strings.Contains(call, "socket("), strings.Contains(call, "memfd_create("), strings.Contains(call, "splice("):
				t.Errorf("%s: a way for data to leave: %.200s", name, call)
			}
			if strings.Contains(call, secret) || strings.Contains(call, private) {
				t.Errorf("%s: a secret is in %.60s", name, call)
			}
			if !strings.Contains(call, mark) {
				continue
			}
			if o := written.FindStringSubmatch(call); o == nil || !allowed(o[1]) {
				t.Errorf("%s: plaintext in %.120s", name, call)
			}
			shown = true
		}
		if shown != (into != nil) {
			t.Errorf("%s: plaintext was written: %v", name, shown)
		}
		if started != 1 || !noCore {
			t.Errorf("%s: %d programs were started, core dumps given up: %v", name, started, noCore)
		}
		if strings.Contains(said, mark) || strings.Contains(said, secret) || strings.Contains(said, private) {
			t.Errorf("%s: it says %s", name, said)
		}
	}
	check(0, nil, "-w", "ws", "order", "check", "ws/orders/warrant.order.json")
	check(0, nil, "-w", "ws", "plan", "ws/orders/warrant.order.json")
	check(0, nil, "-w", "ws", "export", "ws/orders/warrant.order.json")
	check(3, nil, "-w", "ws", "export", "ws/orders/warrant.order.json")
	check(0, nil, "-w", "ws", "doctor")
	check(0, nil, "-w", "ws", "ledger", "list")

	delivered, err := filepath.Glob(filepath.Join(ws, "out", "[0-9a-f]*"))
	if err != nil || len(delivered) != 1 {
		t.Fatalf("%v delivered (%v)", delivered, err)
	}
	if err := os.Rename(delivered[0], filepath.Join(w.dir, "delivery")); err != nil {
		t.Fatal(err)
	}
	check(0, nil, "verify", "--provider", "ws/provider.json", "delivery")
	check(2, nil, "open", "--provider", "ws/provider.json", "-i", "ws/keys/root-1.pem", "-o", "opened", "delivery")
	check(0, []string{".writ-open-"}, "open", "--provider", "ws/provider.json", "-i", "ws/keys/agency.key", "-o", "opened", "delivery")
	check(2, nil, "open", "--provider", "ws/provider.json", "-i", "ws/keys/agency.key", "-o", "opened", "delivery")
	check(0, []string{".one.json", "one.json"}, "exhibit", "--provider", "ws/provider.json", "--dataset", "messages", "--record", "1", "--out", "one.json", "delivery", "opened")
	check(2, nil, "exhibit", "--provider", "ws/provider.json", "--dataset", "messages", "--field", "body", "--value", "opened/README.txt", "--out", "two.json", "delivery", "opened")

	// A value that is not of its type, after good ones.
	alter("ALTER TABLE messages RENAME TO strict_one; CREATE TABLE messages AS SELECT * FROM strict_one; UPDATE messages SET body = CAST('" + mark + "' AS BLOB)" +
		"WHERE id = (SELECT id FROM messages WHERE account_id = 1042 AND at < unixepoch('2025-06-01') ORDER BY at DESC LIMIT 1)")
	check(5, nil, "-w", "ws", "export", "--supplement", "it was lost", "ws/orders/warrant.order.json")
	for _, left := range []string{"two.json", ".*", "ws/out/[0-9a-f]*", "ws/out/.staging/*[0-9a-f]"} {
		if found, err := filepath.Glob(filepath.Join(w.dir, left)); err != nil || len(found) != 0 {
			t.Errorf("%v was left (%v)", found, err)
		}
	}
}
