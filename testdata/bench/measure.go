package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A run is what one command took. Times are in seconds.
type run struct {
	wall, client, server float64
	peakBytes            int64 // the sum of every client process's own peak, the shell's not
	outputBytes          int64
}

// measure runs a shell command in the folder dir. It writes into $OUT, a folder
// that is made anew.
func (h *harness) measure(ctx context.Context, dir, shell string) (run, error) {
	if err := os.RemoveAll(h.out); err != nil {
		return run{}, err
	}
	if err := os.Mkdir(h.out, 0o700); err != nil {
		return run{}, err
	}
	before, err := h.serverCPU()
	if err != nil {
		return run{}, err
	}
	c := h.shell(ctx, dir, shell)
	var said strings.Builder
	c.Stdout, c.Stderr = &said, &said
	start := time.Now()
	if err := c.Start(); err != nil {
		return run{}, err
	}
	ended := make(chan struct{})
	peaks := make(chan int64)
	go func() { peaks <- watch(c.Process.Pid, ended) }()
	err = c.Wait()
	r := run{wall: time.Since(start).Seconds()}
	close(ended)
	r.peakBytes = <-peaks
	if err != nil {
		return run{}, errors.Join(ctx.Err(), fmt.Errorf("%s: %w\n%s", shell, err, said.String()))
	}
	r.client = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	after, err := h.serverCPU()
	if err != nil {
		return run{}, err
	}
	r.server = after - before
	r.outputBytes, err = sizeOf(h.out)
	return r, err
}

// serverCPU is the server's, and 0 if no section has started it.
func (h *harness) serverCPU() (float64, error) {
	if h.db == nil {
		return 0, nil
	}
	return h.db.cpu()
}

// shell returns a bash that ends with all below it when ctx does.
func (h *harness) shell(ctx context.Context, dir, shell string) *exec.Cmd {
	c := exec.CommandContext(ctx, "bash", "-o", "pipefail", "-ec", shell)
	c.Dir = dir
	c.Env = h.env
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	return c
}

func sizeOf(dir string) (n int64, err error) {
	err = filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// watch adds up the peak memory of all processes below root, as last seen.
func watch(root int, ended <-chan struct{}) int64 {
	peaks := make(map[int]int64)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		for _, pid := range descendants(root) {
			peaks[pid] = max(peaks[pid], peak(pid))
		}
		select {
		case <-ended:
			var sum int64
			for _, p := range peaks {
				sum += p
			}
			return sum
		case <-tick.C:
		}
	}
}

func descendants(root int) []int {
	all := []int{root}
	for i := 0; i < len(all); i++ {
		children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", all[i], all[i])) // gone: none
		for _, c := range strings.Fields(string(children)) {
			if pid, err := strconv.Atoi(c); err == nil {
				all = append(all, pid)
			}
		}
	}
	return all
}

// peak returns the largest resident size that a process has had, 0 of a shell.
func peak(pid int) int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // gone: none
	for line := range strings.Lines(string(status)) {
		if line == "Name:\tbash\n" {
			return 0
		}
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}
