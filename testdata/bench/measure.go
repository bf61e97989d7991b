package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// A run is what one command took. Times are in seconds.
type run struct {
	wall, client, server float64
	peakBytes            int64 // the sum of every client process's own peak
	outputBytes          int64
}

// measure runs a shell command, which writes into $OUT.
func measure(ctx context.Context, shell, out string, db *server) (run, error) {
	if err := os.RemoveAll(out); err != nil {
		return run{}, err
	}
	if err := os.Mkdir(out, 0o700); err != nil {
		return run{}, err
	}
	before, err := db.cpu()
	if err != nil {
		return run{}, err
	}
	c := exec.CommandContext(ctx, "bash", "-c", shell)
	c.Env = append(os.Environ(), "OUT="+out)
	var said strings.Builder
	c.Stderr = &said
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
		return run{}, fmt.Errorf("%w\n%s", err, said.String())
	}
	r.client = (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	after, err := db.cpu()
	if err != nil {
		return run{}, err
	}
	r.server = after - before
	return r, filepath.Walk(out, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			r.outputBytes += info.Size()
		}
		return err
	})
}

// watch adds up the peak memory of the process and all below it, as last seen.
func watch(root int, ended <-chan struct{}) int64 {
	peaks := make(map[int]int64)
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		for _, pid := range descendants(root) {
			peaks[pid] = max(peaks[pid], peak(pid))
		}
		select {
		case <-ended:
			tick.Stop()
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

// peak returns the largest resident size that a process has had.
func peak(pid int) int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // gone: none
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 10, 64)
			return n << 10
		}
	}
	return 0
}
