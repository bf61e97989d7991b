//go:build unix

package main

import (
	"os"
	"strings"
	"syscall"
	"testing"
)

// Before anything else, main gives up dumping core.
func TestNoCoreDumps(t *testing.T) {
	noCoreDumps()
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CORE, &l); err != nil || l.Cur != 0 || l.Max != 0 {
		t.Errorf("core files of %d to %d bytes may be written (%v), want none", l.Cur, l.Max, err)
	}
	source, err := os.ReadFile("main.go")
	if err != nil || !strings.Contains(string(source), "func main() {\n\tnoCoreDumps()\n") {
		t.Errorf("main does not begin with noCoreDumps (%v)", err)
	}
}
