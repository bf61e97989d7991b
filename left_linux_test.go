//go:build linux && !servers

package writ_test

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The variables that make this test's program the one that announces.
const (
	envParent = "WRIT_TEST_PARENT" // whose end it waits for
	envLine   = "WRIT_TEST_LINE"   // what it says then
)

// go test shows nothing of a package that passes. So this test leaves behind a
// process that waits for the go command to end and then writes one line where
// the go command's errors go: what was not tested stands below "ok".
func TestSaysWhatIsLeftToMakeTest(t *testing.T) {
	tests := left(t)
	if len(tests) == 0 {
		t.Fatalf("no tests with the tag %q: has it been renamed?", serversTag)
	}
	line := sayLeft(tests)

	parent := os.Getppid()
	comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", parent))
	if err != nil || strings.TrimSpace(string(comm)) != "go" {
		fmt.Print(line) // run by hand: it is seen
		return
	}
	stderr, err := os.OpenFile(fmt.Sprintf("/proc/%d/fd/2", parent), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		fmt.Print(line) // a socket cannot be opened twice; go test -v shows it
		return
	}
	defer stderr.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self)
	c.Env = append(os.Environ(), envParent+"="+strconv.Itoa(parent), envLine+"="+line)
	c.Stderr = stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if err := c.Process.Release(); err != nil {
		t.Fatal(err)
	}
}

// announceLeft waits for the go command and announces, if this process was
// started for that.
func announceLeft() {
	line, ok := os.LookupEnv(envLine)
	if !ok {
		return
	}
	parent, err := strconv.Atoi(os.Getenv(envParent))
	if err != nil {
		os.Exit(1)
	}
	if fd, err := unix.PidfdOpen(parent, 0); err == nil {
		for {
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, -1)
			if err != unix.EINTR {
				break
			}
		}
	}
	fmt.Fprint(os.Stderr, line)
	os.Exit(0)
}
