package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// A series is what one figure does while something grows.
type series struct {
	name   string
	expect trend
	points []point
}

type point struct{ x, y float64 }

func (s *series) add(x int64, y float64) { s.points = append(s.points, point{float64(x), y}) }

// A trend is how a figure may grow.
type trend string

// The trends.
const (
	flat        trend = "flat"
	bounded     trend = "at most 96 MiB" // it grows until what is in flight is full
	logarithmic trend = "logarithmic"
	linear      trend = "linear"
)

// most is the steepest slope in a log-log plot that a trend may have, with
// room for noise.
func (t trend) most() float64 {
	switch t {
	case linear:
		return 1.1
	case logarithmic:
		return 0.25
	}
	return 0.1
}

// slope fits a line through the logarithms of the upper half of the points,
// where what does not grow no longer hides what does: at least of three, if
// there are as many.
func (s series) slope() float64 {
	upper := s.points[max(0, min(len(s.points)/2, len(s.points)-3)):]
	var n, sx, sy, sxx, sxy float64
	for _, p := range upper {
		if p.x <= 0 || p.y <= 0 {
			continue
		}
		x, y := math.Log(p.x), math.Log(p.y)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	if d := n*sxx - sx*sx; d != 0 {
		return (n*sxy - sx*sy) / d
	}
	return 0
}

func (s series) worse() bool {
	if s.expect == bounded {
		return slices.ContainsFunc(s.points, func(p point) bool { return p.y > peakBytes })
	}
	return s.slope() > s.expect.most()
}

// peakBytes is what an export, a check or an opening may take of memory, whatever its size.
const peakBytes = 96 << 20

// count prints a number with commas.
func count(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func megabytes(n float64) string { return fmt.Sprintf("%.1f MiB", n/(1<<20)) }
