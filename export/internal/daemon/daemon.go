//go:build servers

package daemon

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Run starts a server, waits until it writes ready to its error stream, and
// stops it by a signal when t ends.
func Run(t testing.TB, server *exec.Cmd, ready string, stop syscall.Signal) {
	t.Helper()
	name := filepath.Base(server.Path)
	if server.SysProcAttr == nil {
		server.SysProcAttr = &syscall.SysProcAttr{}
	}
	// If the test dies without its cleanups, so does the server.
	server.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	log, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	started, ended := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(ended)
		// The signal comes when the thread that started the process ends, so it must stay.
		runtime.LockOSThread()
		if err := server.Start(); err != nil {
			started <- err
			return
		}
		var said strings.Builder
		for lines := bufio.NewScanner(log); lines.Scan(); {
			if strings.Contains(lines.Text(), ready) {
				started <- nil
				break
			}
			fmt.Fprintln(&said, lines.Text())
		}
		io.Copy(io.Discard, log)
		err := server.Wait()
		select {
		case started <- fmt.Errorf("the server ended (%v):\n%s", err, said.String()):
		default:
		}
	}()
	if err := <-started; err != nil {
		<-ended
		t.Fatalf("%s: %v", name, err)
	}
	t.Cleanup(func() {
		server.Process.Signal(stop)
		select {
		case <-ended:
		case <-time.After(time.Minute):
			server.Process.Kill()
			<-ended
			t.Errorf("%s did not stop", name)
		}
	})
}
