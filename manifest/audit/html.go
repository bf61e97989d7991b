package audit

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"sync"
	"time"
)

//go:embed audit.html
var page string

var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("audit").Funcs(template.FuncMap{
		"stamp": stamp, "number": number, "short": short,
		"time": func(t time.Time) string {
			if t.IsZero() {
				return "–"
			}
			return t.UTC().Format("2006-01-02 15:04")
		},
	}).Parse(page))
})

// Bounds on what the page lists; JSON has all.
const (
	pageFindings = 1000
	pageOrders   = 1000
)

// HTML returns the result as one page without scripts, and without anything
// from elsewhere: findings first, then the orders over time.
func (r *Result) HTML() ([]byte, error) {
	v := pageView{Result: r, Findings: r.Findings, Orders: slices.Clone(r.Orders), Volume: orderChart(r.Orders), Response: responseChart(r.Orders)}
	if n := len(v.Findings) - pageFindings; n > 0 {
		v.Findings, v.MoreFindings = v.Findings[:pageFindings], int64(n)
	}
	// Those with findings first, then the latest.
	slices.Reverse(v.Orders)
	slices.SortStableFunc(v.Orders, func(a, b Order) int { return min(b.Findings, 1) - min(a.Findings, 1) })
	if n := len(v.Orders) - pageOrders; n > 0 {
		v.Orders, v.MoreOrders = v.Orders[:pageOrders], int64(n)
	}
	switch n := r.Counts; {
	case !r.Complete:
		v.Verdict, v.Class = "The ledger is not to be believed; it was not audited to its end", "bad"
	case n.Violations > 0:
		v.Verdict, v.Class = fmt.Sprintf("%s, %s", plural(int(n.Violations), "violation"), plural(int(n.Open), "open")), "bad"
	case n.Open > 0:
		v.Verdict, v.Class = plural(int(n.Open), "open")+", and no violation", "open"
	default:
		v.Verdict, v.Class = "Nothing found", "good"
	}
	var b bytes.Buffer
	if err := pageTemplate().Execute(&b, v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAudit, err)
	}
	return b.Bytes(), nil
}

type pageView struct {
	Result           *Result
	Verdict, Class   string
	Findings         []Finding
	MoreFindings     int64
	Orders           []Order
	MoreOrders       int64
	Volume, Response chart
}

// Took says how long an order took to be answered.
func (o Order) Took() string {
	if o.AnsweredAt.IsZero() || o.ReceivedAt.IsZero() {
		return "–"
	}
	return duration(o.AnsweredAt.Sub(o.ReceivedAt))
}

// Allowed says how long it might have taken.
func (o Order) Allowed() string {
	if o.Deadline.IsZero() || o.ReceivedAt.IsZero() {
		return "–"
	}
	return duration(o.Deadline.Sub(o.ReceivedAt))
}

func plural(n int, what string) string {
	s := number(int64(n)) + " " + what
	if n != 1 && what == "violation" {
		s += "s"
	}
	return s
}

// number writes a count with its thousands apart.
func number(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func duration(d time.Duration) string {
	switch {
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%.1f days", d.Hours()/24)
}

// short is the beginning of a digest, enough to find it by.
func short(d fmt.Stringer) string {
	s := strings.TrimPrefix(d.String(), "sha256:")
	return s[:min(len(s), 12)]
}
