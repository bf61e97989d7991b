package transparency

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"time"

	"writ/crypto/digest"
)

// split returns the names that stand alone, the most frequent first, and under
// which of them each name is counted. Names with fewer cases than the threshold
// stand together as [Other], at the end; if even they are too few, the rarest of
// the rest joins them, emergencies last. It isn't printed which names they are.
func split(cases []Case, name func(Case) string, threshold int) (names []string, under map[string]string) {
	number := make(map[string]int)
	for _, c := range cases {
		number[name(c)]++
	}
	names = slices.SortedFunc(maps.Keys(number), func(a, b string) int {
		return cmp.Or(
			cmp.Compare(btoi(b == emergency && number[b] >= threshold), btoi(a == emergency && number[a] >= threshold)),
			cmp.Compare(number[b], number[a]),
			cmp.Compare(a, b))
	})
	under = make(map[string]string)
	other := 0
	for len(names) > 0 {
		last := names[len(names)-1]
		if number[last] >= threshold && (other == 0 || other >= threshold) {
			break
		}
		other += number[last]
		under[last] = Other
		names = names[:len(names)-1]
	}
	for _, n := range names {
		under[n] = n
	}
	if other > 0 {
		names = append(names, Other)
	}
	return names, under
}

// fillSums fills accounts and identifiers, whose sum in a row isn't bound by
// anything: the second column is as large as it takes.
func fillSums(rows []Row, in [][]Case, threshold int) {
	const boundless = 1 << 40
	for _, sum := range []struct {
		of func(Case) int
		to func(*Row) *Figure
	}{
		{func(c Case) int { return c.Accounts }, func(r *Row) *Figure { return &r.Accounts }},
		{func(c Case) int { return c.Identifiers }, func(r *Row) *Figure { return &r.Identifiers }},
	} {
		t := table{free: 1}
		for r := range rows {
			n := 0
			for _, c := range in[r] {
				n += sum.of(c)
			}
			t.cells = append(t.cells, []int{n, boundless})
		}
		last := len(rows) - 1
		t.cells[last][1] = boundless * last
		for r, hidden := range t.withheld(threshold) {
			if !hidden[0] {
				*sum.to(&rows[r]) = Printed(t.cells[r][0])
			}
		}
	}
}

// counted returns the counts by those names, withheld where they must be.
func counted(in [][]Case, names []string, name func(Case) string, threshold int) []Counts {
	t := table{cells: make([][]int, len(in))}
	for r := range in {
		t.cells[r] = make([]int, len(names))
		for _, c := range in[r] {
			t.cells[r][slices.Index(names, name(c))]++
		}
	}
	all := make([]Counts, len(in))
	for r, hidden := range t.withheld(threshold) {
		all[r] = Counts{}
		for i, name := range names {
			f := Figure{}
			if !hidden[i] {
				f = Printed(t.cells[r][i])
			}
			all[r] = append(all[r], Count{name, f})
		}
	}
	return all
}

func (k kind) fillOutcomes(rows []Row, in [][]Case, threshold int) {
	for r, counts := range counted(in, k.outcomes, k.outcome, threshold) {
		rows[r].Outcomes = counts
	}
}

func fillProcesses(rows []Row, in [][]Case, threshold int) {
	all := in[len(in)-1]
	names, under := split(all, Case.process, threshold)
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(btoi(a == Other), btoi(b == Other)), cmp.Compare(a, b))
	})
	for r, counts := range counted(in, names, func(c Case) string { return under[c.process()] }, threshold) {
		rows[r].Processes = counts
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// fillMarks fills what some of the requests have besides. A mark and its
// absence are two columns: that 99 of 100 have it tells of the one that hasn't.
func (k kind) fillMarks(rows []Row, in [][]Case, followed map[digest.Digest]bool, threshold int) {
	for i, m := range k.marks {
		t := table{cells: make([][]int, len(rows)), forced: make([]bool, len(rows))}
		for r := range rows {
			with := 0
			for _, c := range in[r] {
				with += btoi(m.has(c, followed))
			}
			t.cells[r] = []int{with, len(in[r]) - with}
			t.forced[r] = with > 0 && slices.ContainsFunc(rows[r].Outcomes, func(c Count) bool {
				return !c.Requests.known && slices.Contains(m.within, c.Name)
			})
		}
		for r, hidden := range t.withheld(threshold) {
			if !hidden[0] {
				rows[r].OfWhich[i].Requests = Printed(t.cells[r][0])
			}
		}
	}
}

// fillTimes fills the times from receipt to delivery, if the row prints
// disclosures enough: so that they are there tells nothing that is withheld.
func (k kind) fillTimes(row *Row, cases []Case, threshold int) {
	printed := 0
	for _, name := range k.timed {
		n, _ := row.Outcomes.Of(name).Value()
		printed += n
	}
	if printed == 0 || printed < threshold {
		return
	}
	var took []time.Duration
	for _, c := range cases {
		if slices.Contains(k.timed, k.outcome(c)) {
			took = append(took, c.DeliveredAt.Sub(c.ReceivedAt))
		}
	}
	slices.Sort(took)
	// The nearest rank: the least time within which that part was answered.
	rank := func(part float64) Figure {
		i := int(math.Ceil(part*float64(len(took)))) - 1
		return Printed(int(took[i].Round(time.Minute) / time.Minute))
	}
	row.MedianMinutes, row.P90Minutes = rank(0.5), rank(0.9)
}
