package transparency

// A table is counts by row and column whose sums are printed as well: a row's
// sum always, a column's in the table's own last row. So a reader knows an
// equation for each row and each column, and what is withheld must not follow
// from them.
//
// The equations are those of a network: what flows from a row through its cells
// to the columns, and from the columns through the last row's cells out of the
// table. Another table fits the same print if, and only if, it differs by
// circulations through withheld cells. That makes it a matter of shortest paths
// to withhold few cells besides the small ones (J. P. Kelly et al., "Cell
// suppression: disclosure protection for sensitive tabular data", 1992).
type table struct {
	cells  [][]int // by row; the last row holds the columns' sums
	forced []bool  // rows of two columns that are withheld whatever they count; nil for none
	free   int     // this many columns at the end are never printed: what a row's sum does not bind
}

// withheld says which cells are not printed. A cell that counts 1 to k-1
// is withheld, and so are other cells until the print fits for every such cell a
// table in which it counts k or more; and a withheld cell of k or more has two
// values at least.
//
// A reader may know all of this rule, so what is withheld is taken to count 1 at
// least: nothing that counts 0 is withheld. A row that is too small for that is
// opened: all of it is withheld, zeros too, but what stands in a column whose sum
// is 0. If that doesn't help either, everything is withheld.
func (t table) withheld(k int) [][]bool {
	n := network{table: t, rows: len(t.cells), columns: len(t.cells[0])}
	n.hidden, n.open = make([][]bool, n.rows), make([]bool, n.rows)
	var small []cell
	for r, row := range t.cells {
		n.hidden[r] = make([]bool, n.columns)
		for c, x := range row {
			isSmall := 0 < x && x < k && !n.isFree(c)
			if isSmall {
				small = append(small, cell{r, c})
			}
			n.hidden[r][c] = isSmall || n.isFree(c) || t.forced != nil && t.forced[r]
		}
	}
	ok := true
	for _, c := range small {
		ok = ok && n.protectOrOpen(c, k-t.cells[c.row][c.column])
	}
	for r := range t.forced {
		ok = ok && (!t.forced[r] || n.protect(cell{r, 0}, 1) || n.protectOrOpen(cell{r, 1}, 1))
	}
	for r, row := range t.cells {
		for c, x := range row {
			ok = ok && (x > 0 || !n.open[r] || !n.hidden[r][c] || n.protect(cell{r, c}, 1))
		}
	}
	if !ok {
		for r := range n.hidden {
			for c := range n.hidden[r] {
				n.hidden[r][c] = true
			}
		}
	}
	return n.hidden
}

// protectOrOpen protects e, at the price of its row's zeros or even those of
// the sums.
func (n *network) protectOrOpen(e cell, rise int) bool {
	for _, row := range []int{-1, e.row, n.rows - 1} {
		if row >= 0 {
			n.open[row] = true
			for c := range n.columns {
				n.hidden[row][c] = n.hidden[row][c] || n.cells[n.rows-1][c] > 0
			}
		}
		if n.protect(e, rise) {
			return true
		}
	}
	return false
}

type cell struct{ row, column int }

// A network has a node for each row, the last one standing for the sums, and
// one for each column.
type network struct {
	table
	hidden        [][]bool
	open          []bool // rows whose zeros are withheld as well
	rows, columns int
}

func (n *network) isFree(column int) bool { return column >= n.columns-n.free }

// An arc is a cell in the direction in which it is passed: with the flow, which
// raises it, or against it, which lowers it.
type arc struct {
	cell
	raises bool
}

// protect withholds cells until some table that fits the print has e higher by
// rise, and reports whether it could. Every cell that it withholds differs
// between two of the tables that it finds.
func (n *network) protect(e cell, rise int) bool {
	now := make([][]int, n.rows) // a table that fits
	for r := range now {
		now[r] = append([]int(nil), n.cells[r]...)
	}
	for rise > 0 {
		path := n.path(now, e)
		if path == nil {
			return false
		}
		by := rise
		for _, a := range path {
			if !a.raises {
				by = min(by, n.spare(now, a.cell))
			}
		}
		for _, a := range append(path, arc{e, true}) {
			n.hidden[a.row][a.column] = true
			if a.raises {
				now[a.row][a.column] += by
			} else {
				now[a.row][a.column] -= by
			}
		}
		rise -= by
	}
	return true
}

// spare is by how much a cell may fall.
func (n *network) spare(now [][]int, c cell) int {
	if n.isFree(c.column) || n.open[c.row] {
		return now[c.row][c.column]
	}
	return now[c.row][c.column] - 1
}

// ends returns the nodes between which a flows.
func (n *network) ends(a arc) (from, to int) {
	from, to = a.row, n.rows+a.column
	if a.row == n.rows-1 { // the sums
		from, to = to, from
	}
	if !a.raises {
		from, to = to, from
	}
	return from, to
}

// cost is what a reader loses when a is withheld: first that it is one more
// figure, above all if it is a sum, then how much it counts.
func (n *network) cost(a arc) int {
	switch {
	case n.hidden[a.row][a.column]:
		return 0
	case a.row == n.rows-1:
		return 1<<33 + n.cells[a.row][a.column]
	}
	return 1<<30 + n.cells[a.row][a.column]
}

// path returns the cheapest way back from where e ends to where it begins.
func (n *network) path(now [][]int, e cell) []arc {
	const far = 1 << 62
	goal, start := n.ends(arc{e, true})
	nodes := n.rows + n.columns
	cost, by, done := make([]int, nodes), make([]arc, nodes), make([]bool, nodes)
	for i := range cost {
		cost[i] = far
	}
	cost[start] = 0
	for {
		at := -1
		for i := range cost {
			if !done[i] && cost[i] < far && (at < 0 || cost[i] < cost[at]) {
				at = i
			}
		}
		if at < 0 {
			return nil
		}
		if at == goal {
			break
		}
		done[at] = true
		for _, c := range n.at(at) {
			if c == e || n.cells[c.row][c.column] == 0 && !n.hidden[c.row][c.column] {
				continue
			}
			for _, a := range []arc{{c, true}, {c, false}} {
				from, to := n.ends(a)
				if from != at || !a.raises && n.spare(now, c) <= 0 {
					continue
				}
				if sum := cost[at] + n.cost(a); sum < cost[to] {
					cost[to], by[to] = sum, a
				}
			}
		}
	}
	var path []arc
	for at := goal; at != start; {
		path = append(path, by[at])
		at, _ = n.ends(by[at])
	}
	return path
}

// at returns the cells that begin or end at a node.
func (n *network) at(node int) []cell {
	var cells []cell
	if node < n.rows {
		for c := range n.columns {
			cells = append(cells, cell{node, c})
		}
		return cells
	}
	for r := range n.rows {
		cells = append(cells, cell{r, node - n.rows})
	}
	return cells
}
