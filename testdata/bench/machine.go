package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
)

// A machine is what the figures were measured on, without its name.
type machine struct {
	cores       int
	processor   string
	flags       []string // of the processor, that matter here
	memoryBytes int64
	kernel      string
}

func thisMachine() machine {
	m := machine{cores: runtime.NumCPU(), processor: runtime.GOARCH, memoryBytes: 4 << 30, kernel: runtime.GOOS}
	info, _ := os.ReadFile("/proc/cpuinfo") // not there: what Go knows
	for line := range strings.Lines(string(info)) {
		key, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(key) {
		case "model name":
			m.processor = strings.TrimSpace(value)
		case "flags":
			m.flags = nil
			for _, f := range strings.Fields(value) {
				if f == "sha_ni" || f == "avx2" || f == "avx512f" || f == "aes" {
					m.flags = append(m.flags, f)
				}
			}
		}
	}
	memory, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(memory)) {
		if kb, ok := strings.CutPrefix(line, "MemTotal:"); ok {
			n, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 10, 64)
			m.memoryBytes = n << 10
		}
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.kernel = "Linux " + strings.TrimSpace(string(release))
	}
	return m
}

func (m machine) String() string {
	return fmt.Sprintf("%d cores (%s; %s), %.0f GiB of memory, %s", m.cores, m.processor, strings.Join(m.flags, ", "), float64(m.memoryBytes)/(1<<30), m.kernel)
}
