package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func grows(expect trend, f func(x float64) float64) series {
	s := series{name: "s", expect: expect}
	for x := int64(10); x <= 1e6; x *= 10 {
		s.add(x, f(float64(x)))
	}
	return s
}

func TestSlope(t *testing.T) {
	for _, tt := range []struct {
		name  string
		s     series
		want  float64
		worse bool
	}{
		{"linear", grows(linear, func(x float64) float64 { return 3 * x }), 1, false},
		{"linear over a constant", grows(linear, func(x float64) float64 { return 1000 + x }), 0.9, false},
		{"quadratic", grows(linear, func(x float64) float64 { return x * x }), 2, true},
		{"flat", grows(flat, func(float64) float64 { return 7 }), 0, false},
		{"not flat", grows(flat, math.Sqrt), 0.5, true},
		{"logarithmic", grows(logarithmic, math.Log), 0.1, false},
		{"linear where logarithmic is asked", grows(logarithmic, func(x float64) float64 { return 100 + x }), 0.9, true},
		{"within its bound", grows(bounded, func(x float64) float64 { return min(x, 1000) * 1000 }), 0, false},
		{"over its bound", grows(bounded, func(x float64) float64 { return 1e9 }), 0, true},
		{"one point", series{expect: flat, points: []point{{1, 1}}}, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.slope(); math.Abs(got-tt.want) > 0.15 || tt.s.worse() != tt.worse {
				t.Errorf("slope %.2f, worse: %v; want about %.2f, %v", got, tt.s.worse(), tt.want, tt.worse)
			}
		})
	}
}

func TestSpread(t *testing.T) {
	if got, want := spreadOf([]float64{3, 1, 2, 10}), (spread{2.5, 1, 10}); got != want {
		t.Errorf("spreadOf = %v, want %v", got, want)
	}
	if got, want := spreadOf([]float64{3, 1, 2}), (spread{2, 1, 3}); got != want {
		t.Errorf("spreadOf = %v, want %v", got, want)
	}
}

func TestTargets(t *testing.T) {
	for _, tt := range []struct {
		row  row
		want string
	}{
		{row{value: 0.4, target: atMost(0.5)}, "yes"},
		{row{value: 0.6, target: atMost(0.5)}, "**no**"},
		{row{value: 0.79, target: atLeast(0.8)}, "**no**"},
		{row{value: 0, target: atMost(0)}, "yes"},
		{row{value: 1}, "–"},
		{row{target: atMost(1), missing: "no cosign"}, "not measured"},
	} {
		if got := tt.row.verdict(); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.row, got, tt.want)
		}
	}
}

// The windows of orders hold exactly the rows that they are for, as rows.sql
// makes them.
func TestWindows(t *testing.T) {
	tb := table{rows: 40_000, accounts: 100}
	for _, n := range []int{1, 1000, 20_000} {
		w, found := tb.first(n), 0
		for i := 0; i < tb.rows; i += 2 {
			if at := firstDay.Add(time.Duration(i) * tb.step()); !at.Before(w.from) && at.Before(w.to) {
				found++
			}
		}
		if found != n {
			t.Errorf("first(%d) has %d rows", n, found)
		}
	}
	for _, n := range []int{1, 150, tb.each()} {
		w, found := tb.some(n), make(map[int]int)
		for i := 1; i < tb.rows; i += 2 {
			if at := firstDay.Add(time.Duration(i) * tb.step()); !at.Before(w.from) && at.Before(w.to) {
				found[i/2%tb.accounts]++
			}
		}
		for a, got := range found {
			if got != n || len(found) != tb.accounts {
				t.Fatalf("some(%d): account %d of %d has %d rows", n, a, len(found), got)
			}
		}
	}
}

func TestNotes(t *testing.T) {
	name := filepath.Join(t.TempDir(), "notes.md")
	for _, tt := range []struct{ text, want string }{
		{"# About\n\n## a\n\nwhy\n\n## b\n\nb\n", "why"},
		{"## a\n\nwhy, in\n\ntwo parts\n", "why, in\n\ntwo parts"},
	} {
		if err := os.WriteFile(name, []byte(tt.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := readNotes(name); err != nil || n["a"] != tt.want {
			t.Errorf("%q: %q, %v", tt.text, n["a"], err)
		}
	}
	if err := os.WriteFile(name, []byte("## a\n\n## a\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readNotes(name); err == nil {
		t.Error("the same heading twice is accepted")
	}
	if _, err := readNotes("notes.md"); err != nil {
		t.Error(err)
	}
}

// A report names what was missed, keeps what was written about it, and its
// plots are well-formed.
func TestReport(t *testing.T) {
	dir := t.TempDir()
	c := &command{name: "writ export", shell: "writ export order.json", runs: []run{{wall: 1}, {wall: 3}}}
	r := &report{
		notes: notes{"slow": "it waits for the disk", "gone": "?"},
		results: []*result{{
			section: section{name: "export", title: "Export"},
			rows:    []row{{key: "slow", value: 2, target: atMost(1)}, {key: "quick", value: 0.5, target: atMost(1)}, {key: "silent", value: 3, target: atMost(1)}},
			tables:  []comparison{{"all", []*command{c}}},
			growth: []dimension{{
				title: "Rows", x: "rows",
				time: []series{grows(linear, func(x float64) float64 { return x * x })}, memory: []series{grows(flat, func(float64) float64 { return 1e7 })},
			}},
		}, {section: section{name: "open", title: "Open"}, failed: errors.New("no disk")}},
	}
	if err := r.write(filepath.Join(dir, "b.md")); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(dir, "b.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"1 of 3 rows with a target meet it", "slow (2, target ≤ 1)", "**slow**: it waits for the disk", "**silent**: misses its target",
		"a note on gone", "2.00 s (1.00–3.00)", "](b.svg)", "| time of s | linear | 2.00 | **worse** |", "| memory of s | flat | 0.00 | as expected |",
		"```sh\nwrit export order.json\n```", "This section did not end",
	} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	f, err := os.Open(filepath.Join(dir, "b.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := xml.NewDecoder(f); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
