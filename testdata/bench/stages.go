package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// A stage is one line of go test -bench.
type stage struct {
	pkg, name string
	mbps      float64 // 0 if it does not say
	perOp     string
	allocs    string
}

// staged are the packages whose benchmarks measure a stage of the hot path.
var staged = []string{"./export/source", "./export/pack", "./manifest/commit", "./manifest/frame", "./manifest/bundle", "./crypto/seal"}

var benchmark = regexp.MustCompile(`(?m)^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op(.*)$`)

// stages runs the benchmarks of the stages by themselves, in memory.
func (h *harness) stages(ctx context.Context, r *result) error {
	for _, pkg := range staged {
		say("go test -bench . %s", pkg)
		c := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", pick(h.quick, "20ms", "1s"), pkg)
		out, err := c.CombinedOutput()
		if err != nil {
			return fmt.Errorf("%s: %w\n%s", pkg, err, out)
		}
		for _, m := range benchmark.FindAllStringSubmatch(string(out), -1) {
			s := stage{pkg: strings.TrimPrefix(pkg, "./"), name: m[1], allocs: figure(m[3], "allocs/op")}
			ns, err := strconv.ParseFloat(m[2], 64)
			if err != nil {
				return err
			}
			s.perOp = spread{ns / 1e9, ns / 1e9, ns / 1e9}.one()
			s.mbps, _ = strconv.ParseFloat(figure(m[3], "MB/s"), 64) // not every one says
			r.stages = append(r.stages, s)
		}
	}
	return nil
}

// figure returns the number before a unit in a benchmark's line, or "".
func figure(line, unit string) string {
	words := strings.Fields(line)
	for i, w := range words {
		if w == unit && i > 0 {
			return words[i-1]
		}
	}
	return ""
}

// one prints a median alone.
func (s spread) one() string {
	switch {
	case s.median < 1e-3:
		return fmt.Sprintf("%.3g µs", s.median*1e6)
	case s.median < 1:
		return fmt.Sprintf("%.3g ms", s.median*1e3)
	}
	return fmt.Sprintf("%.2f s", s.median)
}
