package main

import (
	"context"
	"fmt"
	"slices"
)

// A command is one of those that are compared.
type command struct {
	name   string
	shell  string // as one would type it, in dir; writes into $OUT
	dir    string
	before func(ctx context.Context) error // each run; nil for nothing
	check  func() error                    // of what the first run left; nil for nothing
	runs   []run
}

// compare runs commands in turn: A B A B.
func (h *harness) compare(ctx context.Context, rounds int, warm func(context.Context) error, commands ...*command) error {
	for round := range rounds {
		for _, c := range commands {
			if err := h.once(ctx, warm, c); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			r := c.runs[round]
			say("%d/%d %-34s %8.3f s  client %7.2f s  server %7.2f s  %5d MB  output %d bytes", round+1, rounds, c.name, r.wall, r.client, r.server,
				r.peakBytes/1e6, r.outputBytes)
		}
	}
	return nil
}

func (h *harness) once(ctx context.Context, warm func(context.Context) error, c *command) error {
	for _, f := range []func(context.Context) error{warm, c.before} {
		if f == nil {
			continue
		}
		if err := f(ctx); err != nil {
			return err
		}
	}
	r, err := h.measure(ctx, c.dir, c.shell)
	if err != nil {
		return err
	}
	if len(c.runs) == 0 && c.check != nil {
		if err := c.check(); err != nil {
			return err
		}
	}
	c.runs = append(c.runs, r)
	return nil
}

func (c *command) wall() spread   { return over(c.runs, func(r run) float64 { return r.wall }) }
func (c *command) client() spread { return over(c.runs, func(r run) float64 { return r.client }) }
func (c *command) server() spread { return over(c.runs, func(r run) float64 { return r.server }) }
func (c *command) peak() spread {
	return over(c.runs, func(r run) float64 { return float64(r.peakBytes) })
}
func (c *command) output() spread {
	return over(c.runs, func(r run) float64 { return float64(r.outputBytes) })
}

// A spread is the median of some measurements, with the least and the most.
type spread struct{ median, min, max float64 }

func over(runs []run, of func(run) float64) spread {
	values := make([]float64, len(runs))
	for i, r := range runs {
		values[i] = of(r)
	}
	return spreadOf(values)
}

func spreadOf(values []float64) spread {
	v := slices.Sorted(slices.Values(values))
	if len(v) == 0 {
		return spread{}
	}
	n := len(v)
	return spread{(v[(n-1)/2] + v[n/2]) / 2, v[0], v[n-1]}
}

// seconds prints a spread of times: the median, and in parentheses the ends.
func (s spread) seconds() string {
	if s.max < 1 {
		return fmt.Sprintf("%.0f ms (%.0f–%.0f)", s.median*1e3, s.min*1e3, s.max*1e3)
	}
	return fmt.Sprintf("%.2f s (%.2f–%.2f)", s.median, s.min, s.max)
}
