package audit

import (
	"math"
	"time"
)

// The charts are 720 units wide: a page's width on paper, and readable on a screen.
const (
	chartWidth  = 720
	chartLeft   = 56
	chartHeight = 220
	maxDots     = 4000 // of the latest orders
	// A response is drawn between a minute and a year, on a logarithmic scale.
	shortest = time.Minute
	longest  = 365 * 24 * time.Hour
)

// A chart shows orders over time, and how long each took against its clock.
type chart struct {
	Width, Height, Left, Bottom int
	Lines                       []gridLine
	Labels                      []label
	Bars                        []bar
	Dots                        []dot
}

type gridLine struct {
	Y    int
	Text string
}

type label struct {
	X    int
	Text string
}

type bar struct {
	X, Y, Width, Height int
	Class, Title        string
}

type dot struct {
	X, Y         int
	Class, Title string
	Limit        int // the height of its deadline; 0 if there is none
}

// span is the time from the first receipt to the last.
func span(orders []Order) (first, last time.Time) {
	for _, o := range orders {
		if o.ReceivedAt.IsZero() {
			continue
		}
		if first.IsZero() || o.ReceivedAt.Before(first) {
			first = o.ReceivedAt
		}
		if o.ReceivedAt.After(last) {
			last = o.ReceivedAt
		}
	}
	return first, last
}

func newChart() chart {
	return chart{Width: chartWidth, Height: chartHeight + 24, Left: chartLeft, Bottom: chartHeight}
}

func (c *chart) x(t, first, last time.Time) int {
	all := last.Sub(first).Seconds()
	if all <= 0 {
		return (chartLeft + chartWidth) / 2
	}
	return chartLeft + 8 + int(float64(chartWidth-chartLeft-16)*t.Sub(first).Seconds()/all)
}

// height is where a duration is drawn.
func (c *chart) height(d time.Duration) int {
	d = min(max(d, shortest), longest)
	return c.Bottom - int(float64(c.Bottom-10)*math.Log(float64(d)/float64(shortest))/math.Log(float64(longest)/float64(shortest)))
}

// responseChart has a dot for each order that was answered, by its receipt and
// the time that it took, and a tick at its deadline.
func responseChart(orders []Order) chart {
	c := newChart()
	for _, g := range []struct {
		d    time.Duration
		text string
	}{{shortest, "1 min"}, {time.Hour, "1 h"}, {8 * time.Hour, "8 h"}, {24 * time.Hour, "1 day"}, {10 * 24 * time.Hour, "10 days"}, {90 * 24 * time.Hour, "90 days"}, {longest, "1 year"}} {
		c.Lines = append(c.Lines, gridLine{c.height(g.d), g.text})
	}
	orders = orders[max(0, len(orders)-maxDots):]
	first, last := span(orders)
	for _, o := range orders {
		if o.AnsweredAt.IsZero() || o.ReceivedAt.IsZero() {
			continue
		}
		took := o.AnsweredAt.Sub(o.ReceivedAt)
		d := dot{X: c.x(o.ReceivedAt, first, last), Y: c.height(took), Class: "kept", Title: o.Process + ", received " + stamp(o.ReceivedAt) + ", answered after " + duration(took)}
		if !o.Deadline.IsZero() {
			d.Limit = c.height(o.Deadline.Sub(o.ReceivedAt))
			d.Title += ", allowed " + duration(o.Deadline.Sub(o.ReceivedAt))
			if o.AnsweredAt.After(o.Deadline) {
				d.Class = "missed"
			}
		} else {
			d.Class = "free"
		}
		c.Dots = append(c.Dots, d)
	}
	c.ends(first, last)
	return c
}

func (c *chart) ends(first, last time.Time) {
	if first.IsZero() {
		return
	}
	c.Labels = append(c.Labels, label{chartLeft, first.Format(time.DateOnly)})
	if !last.Equal(first) {
		c.Labels = append(c.Labels, label{chartWidth - 70, last.Format(time.DateOnly)})
	}
}

// orderChart has a bar for each stretch of time, with a part for what left, what
// did not, and what has findings.
func orderChart(orders []Order) chart {
	const bars = 24
	c := newChart()
	first, last := span(orders)
	if first.IsZero() {
		return c
	}
	step := last.Sub(first)/bars + 1
	var counts [bars][3]int
	most := 1
	for _, o := range orders {
		if o.ReceivedAt.IsZero() {
			continue
		}
		i := min(bars-1, int(o.ReceivedAt.Sub(first)/step))
		switch {
		case o.Findings > 0:
			counts[i][2]++
		case o.Result == "exported":
			counts[i][0]++
		default:
			counts[i][1]++
		}
		most = max(most, counts[i][0]+counts[i][1]+counts[i][2])
	}
	width := (chartWidth - chartLeft) / bars
	for i, parts := range counts {
		y := c.Bottom
		for j, n := range parts {
			h := n * (c.Bottom - 10) / most
			if n > 0 {
				h = max(h, 1)
				class := [...]string{"left", "stayed", "found"}[j]
				c.Bars = append(c.Bars, bar{X: chartLeft + i*width, Y: y - h, Width: width - 3, Height: h, Class: class,
					Title: first.Add(time.Duration(i)*step).Format(time.DateOnly) + ": " + plural(n, class)})
			}
			y -= h
		}
	}
	c.Lines = []gridLine{{c.Bottom, "0"}, {10, number(int64(most))}}
	c.ends(first, last)
	return c
}
