package audit

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"writ/crypto/sign"
	"writ/manifest/act"
)

// A replay is a decision that is to be made again.
type replay struct {
	at      finding
	facts   act.Facts
	decided act.Decided
	decide  Decide
	asked   bool           // an engineer is known to have asked
	key     sign.PublicKey // the engineer's
}

// replays makes decisions again on several goroutines.
type replays struct {
	work    chan replay
	workers sync.WaitGroup

	mu    sync.Mutex
	found []Finding
	made  int64
}

func (f *fold) startReplays() *replays {
	r := &replays{work: make(chan replay, perBatch)}
	for range f.c.Workers {
		r.workers.Go(func() {
			for x := range r.work {
				what, unsigned := x.differs(), x.asked && x.decided.VerifyRequest(x.key) != nil
				r.mu.Lock()
				r.made++
				if what != "" {
					x.at.code = DecisionDiffers
					r.found = append(r.found, x.at.finding("%s", what))
				}
				if unsigned {
					x.at.code = Request
					r.found = append(r.found, x.at.finding("engineer %s has not signed that this order be carried out by this plan at that time", x.decided.Request.Engineer))
				}
				r.mu.Unlock()
			}
		})
	}
	f.replays = r
	return r
}

func (r *replays) put(x replay) { r.work <- x }

// endReplays waits for what was given, and takes what was found.
func (f *fold) endReplays(r *replays) {
	close(r.work)
	r.workers.Wait()
	f.Counts.Replayed += r.made
	slices.SortStableFunc(r.found, func(a, b Finding) int { return int(a.Entry - b.Entry) })
	for _, x := range r.found {
		f.Found.add(x)
	}
}

// differs says how the decision recorded differs from the one that the rules
// lead to; "" if it does not.
func (x *replay) differs() string {
	made, err := x.decide(x.facts, x.decided.DecidedAt)
	if err != nil {
		return fmt.Sprintf("the decision can't be made again: %v", err)
	}
	recorded := x.decided.Decision
	if reflect.DeepEqual(spelt(made), recorded) {
		return ""
	}
	a, errA := made.Canonical()
	b, errB := recorded.Canonical()
	if errA == nil && errB == nil && bytes.Equal(a, b) {
		return ""
	}
	return "the rules in force lead to another decision: " + strings.Join(differences(recorded, made), "; ")
}

// spelt returns a decision with its empty lists as a reader of JSON has them, so
// that comparing it as it is finds most that are the same.
func spelt(d act.Decision) act.Decision {
	d.Datasets = slices.Clone(d.Datasets)
	for i := range d.Datasets {
		r := &d.Datasets[i]
		if r.Granted == nil {
			r.Granted = []act.Grant{}
		}
		if r.Withheld == nil {
			r.Withheld = []act.Withheld{}
		}
	}
	return d
}

// differences says in words how what was recorded differs from what the rules say.
func differences(recorded, made act.Decision) []string {
	var said []string
	say := func(format string, a ...any) { said = append(said, fmt.Sprintf(format, a...)) }
	rules := make(map[string]act.Ruling)
	for _, r := range made.Datasets {
		rules[r.Dataset] = r
	}
	for _, r := range recorded.Datasets {
		m, ok := rules[r.Dataset]
		delete(rules, r.Dataset)
		if !ok {
			say("dataset %s was not asked for", r.Dataset)
			continue
		}
		more, less := without(r.Fields(), m.Fields()), without(m.Fields(), r.Fields())
		if len(more) > 0 {
			say("the rules do not grant %s of dataset %s", strings.Join(more, ", "), r.Dataset)
		}
		if len(less) > 0 {
			say("the rules grant %s of dataset %s, which was withheld", strings.Join(less, ", "), r.Dataset)
		}
		if !r.HeldUntil.Equal(m.HeldUntil) {
			say("dataset %s is to be held until %s, and was until %s", r.Dataset, orNever(m.HeldUntil), orNever(r.HeldUntil))
		}
		if len(more)+len(less) == 0 && !same(r.Granted, m.Granted) {
			say("dataset %s is granted by another rule or category", r.Dataset)
		}
		if len(more)+len(less) == 0 && !same(r.Withheld, m.Withheld) {
			say("dataset %s is withheld by another rule or on another ground", r.Dataset)
		}
		if r.From != m.From || r.To != m.To || r.Hold != m.Hold {
			say("dataset %s has another window or rule for its hold", r.Dataset)
		}
	}
	for _, r := range made.Datasets {
		if _, ok := rules[r.Dataset]; ok {
			say("dataset %s was asked for and not decided on", r.Dataset)
		}
	}
	for _, x := range [...]struct {
		what           string
		recorded, made any
	}{
		{"whether it was narrowed", recorded.Narrowed, made.Narrowed}, {"the ceilings", recorded.Ceilings, made.Ceilings},
		{"the rates", recorded.Rates, made.Rates}, {"the clocks", recorded.Clocks, made.Clocks}, {"the notice to the user", recorded.Notice, made.Notice},
		{"what happens to enterprise accounts", recorded.Enterprise, made.Enterprise},
		{"by when legal process is to follow", recorded.FollowUp, made.FollowUp},
	} {
		if !reflect.DeepEqual(x.recorded, x.made) {
			say("%s differ", x.what)
		}
	}
	if len(said) == 0 {
		say("it is written down in another form")
	}
	return said
}

// without returns what is in a and not in b; both are sorted.
func without(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(s string) bool { return slices.Contains(b, s) })
}

// same compares two lists, of which nil and empty are one.
func same[T any](a, b []T) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }
