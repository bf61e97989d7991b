package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/crypto/trust"
	"writ/manifest"
	"writ/manifest/act"
)

// A Rate bounds what may be answered in any time of its length. How much of it
// is used is for the ledger to say.
type Rate struct {
	Rule
	Per       act.Per
	Within    time.Duration
	Processes []trust.Process // that it counts; none means all, under any law
	Orders    int64
	Accounts  int64
	Lifted    []string // bounds that an approval raised for this order
}

// maxWithin bounds how far back a rate looks.
const maxWithin = 366 * day

// String says the rate in words.
func (r Rate) String() string {
	whose, which := "each agency", ""
	if r.Per == act.PerProvider {
		whose = "all agencies together"
	}
	if len(r.Processes) > 0 {
		which = " of " + join(r.Processes)
	}
	return fmt.Sprintf("%s: %d orders%s, %d accounts in %s", whose, r.Orders, which, r.Accounts, hours(r.Within))
}

// readRates reads what must be said even if it is nothing: what nobody bounded
// was not decided by anybody.
func (r *reader) readRates() {
	for _, l := range r.lines("rates", true) {
		if len(l.classes) > 0 || l.when != "" {
			l.Fail(l.node.Errorf("a rate counts orders by their processes alone"))
		}
		q := Rate{Rule: l.Rule, Processes: l.processes, Per: act.Per(l.NeedText("per")), Orders: l.bound("orders", maxRate), Accounts: l.bound("accounts", maxRate)}
		if q.Per != act.PerAgency && q.Per != act.PerProvider {
			l.Fail(l.node.Errorf("per: want %s or %s; not %q", act.PerAgency, act.PerProvider, string(q.Per)))
		}
		l.Need("within")
		if q.Within = l.duration("within"); q.Within > maxWithin {
			l.Fail(l.node.Errorf("within: at most %s", hours(maxWithin)))
		}
		slices.Sort(q.Processes)
		r.t.rates = append(r.t.rates, q)
		r.Fail(l.Done())
	}
	slices.SortFunc(r.t.rates, func(a, b Rate) int { return strings.Compare(a.ID, b.ID) })
}

// ratesFor returns the rates that an order counts in, by rule.
func (j *jurisdiction) ratesFor(a *ask) []Rate {
	var out []Rate
	for _, r := range j.rates {
		if len(r.Processes) == 0 || slices.Contains(r.Processes, a.process) {
			out = append(out, r)
		}
	}
	return out
}

// Rates returns a copy of the rates that the order counts in, by rule.
func (d *Decision) Rates() []Rate {
	out := slices.Clone(d.rates)
	for i := range out {
		out[i].Processes, out[i].Lifted = slices.Clone(out[i].Processes), slices.Clone(out[i].Lifted)
	}
	return out
}

func (r Rate) record() act.Rate {
	out := act.Rate{Rule: manifest.Rule(r.Rule), Per: r.Per, Hours: int(r.Within / time.Hour), Orders: r.Orders, Accounts: r.Accounts, Lifted: slices.Clone(r.Lifted)}
	for _, p := range r.Processes {
		out.Processes = append(out.Processes, string(p))
	}
	return out
}
