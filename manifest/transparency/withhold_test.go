package transparency

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// A puzzle is what a reader knows of a table: the sums of the rows, the cells
// that are printed, and that what is withheld counts 1 at least, unless all is.
type puzzle struct {
	cells  [][]int // the last row holds the columns' sums
	hidden [][]bool
	least  func(row, column int) int

	try     [][]int
	columns []int // what the rows above add up to
	seen    [][]map[int]bool
	found   int
}

// solve goes through every table that fits, and notes each value that a cell takes.
func (p *puzzle) solve() {
	rows, columns := len(p.cells), len(p.cells[0])
	p.columns = make([]int, columns)
	p.try = make([][]int, rows)
	p.seen = make([][]map[int]bool, rows)
	for r := range rows {
		p.try[r] = make([]int, columns)
		p.seen[r] = make([]map[int]bool, columns)
		for c := range columns {
			p.seen[r][c] = make(map[int]bool)
		}
	}
	p.fill(0, 0, sum(p.cells[0]))
}

func (p *puzzle) fill(r, c, left int) {
	last := len(p.cells) - 1
	if c == len(p.cells[r]) {
		switch {
		case left != 0:
		case r == last:
			p.found++
			for r, row := range p.try {
				for c, x := range row {
					p.seen[r][c][x] = true
				}
			}
		default:
			p.fill(r+1, 0, sum(p.cells[r+1]))
		}
		return
	}
	low, high := p.cells[r][c], p.cells[r][c]
	if p.hidden[r][c] {
		low, high = p.least(r, c), left
	}
	if r == last { // a sum is what its column adds up to
		low, high = max(low, p.columns[c]), min(high, p.columns[c])
	}
	for x := low; x <= min(high, left); x++ {
		p.try[r][c] = x
		p.columns[c] += x
		p.fill(r, c+1, left-x)
		p.columns[c] -= x
	}
}

func sum(row []int) int {
	n := 0
	for _, x := range row {
		n += x
	}
	return n
}

// withSums appends the columns' sums.
func withSums(cells [][]int) [][]int {
	sums := make([]int, len(cells[0]))
	for _, row := range cells {
		for c, x := range row {
			sums[c] += x
		}
	}
	return append(cells, sums)
}

// opened says which rows may have zeros among what is withheld, as far as a
// reader can tell: those of which nothing is printed but what a sum of 0 says.
func opened(cells [][]int, hidden [][]bool) []bool {
	last := len(cells) - 1
	open := make([]bool, len(cells))
	for r, row := range hidden {
		open[r] = true
		for c, h := range row {
			zero := cells[last][c] == 0 && !hidden[last][c]
			open[r] = open[r] && (h || zero)
		}
	}
	return open
}

// checkTable solves a table by brute force, and says whether anything that is
// withheld follows from what is printed.
func checkTable(t *testing.T, cells [][]int, hidden [][]bool, k int) {
	t.Helper()
	open := opened(cells, hidden)
	p := &puzzle{cells: cells, hidden: hidden, least: func(r, _ int) int { return 1 - btoi(open[r]) }}
	p.solve()
	if p.found == 0 {
		t.Fatalf("no table fits %v, withheld %v: the solver is wrong", cells, hidden)
	}
	for r, row := range cells {
		for c, x := range row {
			small := 0 < x && x < k
			switch {
			case small && !hidden[r][c]:
				t.Errorf("%v, threshold %d: cell %d,%d is printed", cells, k, r, c)
			case hidden[r][c] && len(p.seen[r][c]) < 2:
				t.Errorf("%v, threshold %d, withheld %v: cell %d,%d must be %d", cells, k, hidden, r, c, x)
			case small && !slices.ContainsFunc(slices.Collect(keys(p.seen[r][c])), func(v int) bool { return v >= k }):
				t.Errorf("%v, threshold %d, withheld %v: cell %d,%d must be below the threshold", cells, k, hidden, r, c)
			case x == 0 && hidden[r][c] && !open[r]:
				t.Errorf("%v, threshold %d, withheld %v: cell %d,%d is withheld though it counts 0", cells, k, hidden, r, c)
			}
		}
	}
}

func keys(m map[int]bool) func(func(int) bool) {
	return func(yield func(int) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func TestNothingWithheldFollowsFromWhatIsPrinted(t *testing.T) {
	random := rand.New(rand.NewPCG(1874, 2703))
	withheld, printed, all := 0, 0, 0
	for range 3000 {
		k := 1 + random.IntN(4)
		cells := make([][]int, 1+random.IntN(3))
		columns := 2 + random.IntN(3)
		for r := range cells {
			cells[r] = make([]int, columns)
			for c := range cells[r] {
				if random.IntN(3) > 0 {
					cells[r][c] = random.IntN(6)
				}
			}
			for sum(cells[r]) < k { // rarer rows stand under other
				cells[r][random.IntN(columns)]++
			}
		}
		cells = withSums(cells)
		hidden := table{cells: cells}.withheld(k)
		checkTable(t, cells, hidden, k)
		if t.Failed() {
			return
		}
		everything := true
		for _, row := range hidden {
			for _, h := range row {
				if h {
					withheld++
				} else {
					printed++
					everything = false
				}
			}
		}
		all += btoi(everything)
	}
	// The test would pass if everything were withheld, or nothing.
	if withheld < 1000 || printed < withheld/2 || all > 400 {
		t.Errorf("%d cells withheld, %d printed, %d tables wholly withheld", withheld, printed, all)
	}
}

// The check itself can fail: one small cell withheld alone follows from its sums.
func TestSolverFindsWhatFollows(t *testing.T) {
	p := &puzzle{
		cells:  withSums([][]int{{3, 20}, {15, 30}}),
		hidden: [][]bool{{true, false}, {false, false}, {false, false}},
		least:  func(int, int) int { return 1 },
	}
	p.solve()
	if p.found != 1 || !p.seen[0][0][3] {
		t.Errorf("%d tables fit, want the one", p.found)
	}
}

func TestWithheldTakesLittle(t *testing.T) {
	const k = 10
	for _, tt := range []struct {
		name  string
		table table
		want  []string // a row each; # is withheld
	}{
		{"nothing small", table{cells: withSums([][]int{{10, 20}, {0, 40}})}, []string{"..", "..", ".."}},
		{"a small one takes three more", table{cells: withSums([][]int{{3, 20, 90}, {15, 30, 95}})}, []string{"##.", "##.", "..."}},
		{"sums are the last to go", table{cells: withSums([][]int{{3, 20, 0}, {0, 30, 40}})}, []string{"##.", "...", "##."}},
		{"two small ones that cannot reach the threshold take a third", table{cells: withSums([][]int{{1, 1, 50}, {1, 1, 60}})}, []string{"###", "###", "###"}},
		{"one row is its own sum", table{cells: withSums([][]int{{3, 20, 40}})}, []string{"##.", "##."}},
		{"all ones", table{cells: withSums([][]int{{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}})}, []string{"##########", "##########"}},
		{"what rows do not bind", table{cells: withSums([][]int{{4, 1 << 40}, {30, 1 << 40}, {50, 1 << 40}}), free: 1}, []string{"##", "##", ".#", ".#"}},
		{"forced", table{cells: withSums([][]int{{12, 30}, {20, 40}}), forced: []bool{true, false, false}}, []string{"##", "##", ".."}},
		{"forced with none beside it", table{cells: withSums([][]int{{12, 0}, {20, 40}}), forced: []bool{true, false, false}}, []string{"##", "##", ".."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, row := range tt.table.withheld(k) {
				s := ""
				for _, h := range row {
					s += map[bool]string{true: "#", false: "."}[h]
				}
				got = append(got, s)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("withheld %q, want %q", got, tt.want)
			}
		})
	}
}
