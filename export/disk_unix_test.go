//go:build unix

package export_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"writ/export"
	"writ/export/demo"
)

// inChild holds the workspace for which the test binary runs as a child whose
// files can't grow: what a full disk does, without one.
const inChild = "WRIT_TEST_NO_ROOM_IN"

// child exports the warrant with no room for the ciphertext, and exits with 0
// if that failed as it should.
func child() {
	w, err := openWorld(os.Getenv(inChild))
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	b, err := os.ReadFile(filepath.Join(w.dir, demo.Warrant))
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	signal.Ignore(syscall.SIGXFSZ)
	const room = 512
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: room}); err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	_, err = export.Run(context.Background(), w.config, export.Request{Order: b})
	fmt.Println(err)
	if errors.Is(err, syscall.EFBIG) {
		os.Exit(0)
	}
	os.Exit(1)
}

func TestADiskWithoutRoomLeavesNothing(t *testing.T) {
	w := newWorld(t)
	// Without a WAL, SQLite needs no file of its own to read.
	db := must(sqlite3.Open(filepath.Join(w.dir, "data", "mail.db")))
	if err := errors.Join(db.Exec("PRAGMA journal_mode=delete"), db.Close()); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(os.Args[0])
	c.Env = append(os.Environ(), inChild+"="+w.dir)
	out, err := c.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "file too large") {
		t.Fatalf("the export in a full place: %v, %s", err, out)
	}
	if delivered, staged := w.left(t); len(delivered)+len(staged) != 0 {
		t.Errorf("left behind: %v in the outbox, %v in staging", delivered, staged)
	}
}
