package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// The measures of the plots, in pixels.
const (
	columns    = 3
	cellWidth  = 320
	panel      = 150 // height of one plot
	cellHeight = 2*panel + 100
	left       = 52 // of a cell, for the scale
	right      = 76 // and for the series' names and slopes
)

// Colours that stand apart on white and on black, and for those who see few;
// the series' names stand at their lines as well.
const style = `<style>
text { font: 11px system-ui, sans-serif; fill: #333 }
.title { font-weight: bold; font-size: 13px }
.grid { stroke: #8884; stroke-width: 1 }
path { fill: none; stroke-width: 2 }
.s0 { stroke: #0072b2 } .s1 { stroke: #d55e00 } .s2 { stroke: #009e73 }
.t0 { fill: #0072b2 } .t1 { fill: #d55e00 } .t2 { fill: #009e73 }
@media (prefers-color-scheme: dark) {
text { fill: #ccc }
.s0 { stroke: #56b4e9 } .s1 { stroke: #f0a35e } .s2 { stroke: #3ecf9f }
.t0 { fill: #56b4e9 } .t1 { fill: #f0a35e } .t2 { fill: #3ecf9f }
}
</style>
`

// plots draws every dimension, and says whether there is any.
func (r *report) plots() (string, bool) {
	var all []dimension
	for _, s := range r.results {
		all = append(all, s.growth...)
	}
	height := (len(all) + columns - 1) / columns * cellHeight
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="Time and memory against what grows">`+"\n%s", columns*cellWidth, height, style)
	for i, d := range all {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", i%columns*cellWidth, i/columns*cellHeight)
		fmt.Fprintf(&b, `<text class="title" x="%d" y="16">%s</text>`+"\n", left, d.title)
		draw(&b, 40, "time", d.time, func(v float64) string { return spread{median: v}.one() })
		draw(&b, 40+panel+28, "peak memory", d.memory, func(v float64) string { return fmt.Sprintf("%.0f MB", v/1e6) })
		fmt.Fprintf(&b, `<text x="%d" y="%d">%s</text>`+"\n</g>\n", left, cellHeight-14, d.x)
	}
	b.WriteString("</svg>\n")
	return b.String(), len(all) > 0
}

// draw draws one plot whose upper edge is at top.
func draw(b *strings.Builder, top int, what string, all []series, label func(float64) string) {
	x, y := scaleOf(all, func(p point) float64 { return p.x }), scaleOf(all, func(p point) float64 { return p.y })
	height := panel - 34
	atX := func(v float64) float64 { return left + x.at(v)*(cellWidth-left-right) }
	atY := func(v float64) float64 { return float64(top+height) - y.at(v)*float64(height) }
	fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", left, top-6, what+", expected "+expected(all))
	for _, v := range y.ticks() {
		fmt.Fprintf(b, `<path class="grid" d="M%d %.1fH%d"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n", left, atY(v), cellWidth-right, left-4, atY(v)+4, label(v))
	}
	for _, v := range x.ticks() {
		fmt.Fprintf(b, `<path class="grid" d="M%.1f %dV%d"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", atX(v), top, top+height, atX(v), top+height+14, short(v))
	}
	var taken []float64
	for i, s := range all {
		if len(s.points) == 0 {
			continue
		}
		var line strings.Builder
		for j, p := range s.points {
			line.WriteString(map[bool]string{true: "M", false: "L"}[j == 0])
			fmt.Fprintf(&line, "%.1f %.1f", atX(p.x), atY(p.y))
		}
		fmt.Fprintf(b, `<path class="s%d" d="%s"/>`+"\n", i%3, line.String())
		for _, p := range s.points {
			fmt.Fprintf(b, `<circle class="t%d" cx="%.1f" cy="%.1f" r="2.5"/>`+"\n", i%3, atX(p.x), atY(p.y))
		}
		last := s.points[len(s.points)-1]
		fmt.Fprintf(b, `<text class="t%d" x="%.1f" y="%.1f">%s</text>`+"\n", i%3, atX(last.x)+6, apart(atY(last.y)+4, &taken), fmt.Sprintf("%s %.2f", s.name, s.slope()))
	}
}

// expected names what is expected of the series, each once.
func expected(all []series) string {
	var names []string
	for _, s := range all {
		if name := string(s.expect); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, " or ")
}

// apart moves a label down until it stands on no other.
func apart(y float64, taken *[]float64) float64 {
	for _, t := range *taken {
		if math.Abs(t-y) < 12 {
			y = t + 12
		}
	}
	*taken = append(*taken, y)
	return y
}

// A scale is logarithmic, from a power of ten to one.
type scale struct{ low, high int }

func scaleOf(all []series, of func(point) float64) scale {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range all {
		for _, p := range s.points {
			if v := of(p); v > 0 {
				low, high = min(low, math.Log10(v)), max(high, math.Log10(v))
			}
		}
	}
	if math.IsInf(low, 0) {
		return scale{0, 1}
	}
	s := scale{int(math.Floor(low + 1e-9)), int(math.Ceil(high - 1e-9))}
	s.high = max(s.high, s.low+1)
	return s
}

// at is where a value is between the ends: 0 to 1.
func (s scale) at(v float64) float64 {
	return (math.Log10(v) - float64(s.low)) / float64(s.high-s.low)
}

func (s scale) ticks() []float64 {
	var all []float64
	for e := s.low; e <= s.high; e++ {
		all = append(all, math.Pow10(e))
	}
	return all
}

// short prints a power of ten.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%.0fM", v/1e6)
	case v >= 1e3:
		return fmt.Sprintf("%.0fk", v/1e3)
	}
	return fmt.Sprintf("%.0f", v)
}
