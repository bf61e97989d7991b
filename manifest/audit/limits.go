package audit

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"
	"time"

	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/approval"
)

// An answer is a decision to let something leave, as rates count it: each answer
// to an order once, as it was decided on last.
type answer struct {
	at       int64 // seconds: when it was recorded
	accounts int64
	of       int64 // the order, by its place among all
	number   int
}

// A tallied is whose answers are counted, and in which time.
type tallied struct {
	per       act.Per
	agency    string // of per agency
	law       string // of processes
	processes string // joined; "" is all
	hours     int
}

func (t *tallied) counts(o *order) bool {
	return (t.per == act.PerProvider || o.Agency == t.agency) &&
		(t.processes == "" || o.Jurisdiction == t.law && slices.Contains(strings.Split(t.processes, ","), o.Process))
}

// A tally keeps the answers that a rate counts by their times, with the sum of
// the accounts of all before each. Those from before a time may be forgotten.
type tally struct {
	tallied
	answers   []answer
	before    []int64
	total     int64
	forgotten int64 // all until this second
	whole     bool  // nothing more is to be forgotten
}

// add takes an answer, in most cases at the end.
func (t *tally) add(a answer) {
	i := sort.Search(len(t.answers), func(i int) bool { return t.answers[i].at > a.at })
	t.answers, t.before = slices.Insert(t.answers, i, a), slices.Insert(t.before, i, 0)
	t.sum(i)
}

// remove takes out an earlier decision on the same answer.
func (t *tally) remove(a answer) {
	from := sort.Search(len(t.answers), func(i int) bool { return t.answers[i].at >= a.at })
	if i := slices.Index(t.answers[from:], a); i >= 0 {
		i += from
		t.answers, t.before = slices.Delete(t.answers, i, i+1), slices.Delete(t.before, i, i+1)
		t.sum(i)
	}
}

// forget drops what is older than the time that the rate counts in, by far, if
// that is most of it. Statements come nearly in the order of their times.
func (t *tally) forget() {
	if n := len(t.answers); n > keptAnswers && !t.whole {
		until := t.answers[n-1].at - int64(t.hours)*3600 - int64(slack/time.Second)
		if i := sort.Search(n, func(i int) bool { return t.answers[i].at > until }); i > n/2 {
			t.answers, t.before = slices.Clone(t.answers[i:]), slices.Clone(t.before[i:])
			t.forgotten = until
			t.sum(0)
		}
	}
}

const (
	keptAnswers = 256
	slack       = 24 * time.Hour // more than clocks and signers are late
)

// sum makes the sums anew from an answer on.
func (t *tally) sum(from int) {
	t.total = 0
	if from > 0 {
		t.total = t.before[from-1] + t.answers[from-1].accounts
	}
	for i := from; i < len(t.answers); i++ {
		t.before[i] = t.total
		t.total += t.answers[i].accounts
	}
}

// since returns how many answers are later than a time, and their accounts.
func (t *tally) since(after int64) (orders, accounts int64) {
	i := sort.Search(len(t.answers), func(i int) bool { return t.answers[i].at > after })
	if i == len(t.answers) {
		return 0, 0
	}
	return int64(len(t.answers) - i), t.total - t.before[i]
}

// tallies are those that decisions have named so far.
type tallies struct {
	all      map[tallied]*tally
	byAgency map[string][]*tally
	provider []*tally
}

// tally returns the tally of a rate, made of all answers after a time.
func (f *fold) tally(q *act.Rate, o *order, after int64) (*tally, error) {
	key := tallied{per: q.Per, hours: q.Hours}
	if q.Per == act.PerAgency {
		key.agency = o.Agency
	}
	if len(q.Processes) > 0 {
		key.law, key.processes = o.Jurisdiction, strings.Join(q.Processes, ",")
	}
	s := &f.tallies
	t := s.all[key]
	if t != nil && t.forgotten <= after {
		return t, nil
	}
	known := t != nil
	if known { // for a decision that is dated long before others
		t.answers, t.whole = nil, true
	} else {
		t = &tally{tallied: key}
	}
	t.forgotten = after
	hash := agencyHash(key.agency)
	want := func(p place) bool { return p.answeredAt > after && (q.Per != act.PerAgency || p.agency == hash) }
	err := f.orders.each(want, func(x *order) error {
		if t.counts(x) {
			t.answers = append(t.answers, slices.DeleteFunc(x.answers(), func(a answer) bool { return a.at <= after })...)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(t.answers, func(a, b answer) int { return cmp.Compare(a.at, b.at) })
	t.before = make([]int64, len(t.answers))
	t.sum(0)
	if known {
		return t, nil
	}
	if s.all == nil {
		s.all, s.byAgency = make(map[tallied]*tally), make(map[string][]*tally)
	}
	s.all[key] = t
	if q.Per == act.PerAgency {
		s.byAgency[key.agency] = append(s.byAgency[key.agency], t)
	} else {
		s.provider = append(s.provider, t)
	}
	return t, nil
}

// answers returns the order's, each as it was decided on last.
func (o *order) answers() []answer {
	var out []answer
	for _, d := range o.Decisions {
		if d.Result != act.Export {
			continue
		}
		a := d.answer(o)
		if i := slices.IndexFunc(out, func(b answer) bool { return b.number == a.number }); i >= 0 {
			out[i] = a
		} else {
			out = append(out, a)
		}
	}
	return out
}

func (d *decision) answer(o *order) answer {
	return answer{at: d.RecordedAt.Unix(), accounts: int64(d.Accounts), of: o.seq, number: max(d.Answer, 1)}
}

// rates holds a decision to the rates that it names, and counts it.
func (f *fold) rates(at finding, o *order, a *act.Decided, now decision) error {
	if a.Result != act.Export {
		return nil
	}
	mine := now.answer(o)
	var earlier *answer
	for _, x := range o.answers() {
		if x.number == mine.number {
			earlier = &x
		}
	}
	at.code = OverRate
	for i := range a.Decision.Rates {
		q := &a.Decision.Rates[i]
		after := a.RecordedAt.Add(-time.Duration(q.Hours) * time.Hour).Unix()
		t, err := f.tally(q, o, after)
		if err != nil {
			return err
		}
		orders, accounts := t.since(after)
		if earlier != nil && earlier.at > after {
			orders, accounts = orders-1, accounts-earlier.accounts
		}
		if orders+1 > q.Orders || accounts+mine.accounts > q.Accounts {
			f.find(at, "rule %s lets %d orders and %d accounts be answered in %d hours; with this one they are %d and %d", q.Rule.ID, q.Orders, q.Accounts, q.Hours, orders+1, accounts+mine.accounts)
		}
	}
	for _, t := range slices.Concat(f.tallies.byAgency[o.Agency], f.tallies.provider) {
		if t.counts(o) {
			if earlier != nil {
				t.remove(*earlier)
			}
			t.add(mine)
			t.forget()
		}
	}
	return nil
}

// approved holds the approvals of an order to their texts, and to the registry
// by which it was decided: signed by as many reviewers as the order itself must
// be, and two at least.
func (f *fold) approved(ctx context.Context, at finding, r act.Received, d act.Decided) error {
	if len(r.Facts.Approvals) == 0 {
		return nil
	}
	at.code = Approval
	registry, err := f.texts.registry(ctx, d.InForce.Registry)
	if err != nil || registry == nil {
		return err
	}
	need := registry.thresholds[[2]string{r.Order.Jurisdiction, r.Order.Process}].Reviewers
	for _, a := range r.Facts.Approvals {
		text, code, err := f.texts.text(ctx, a.Envelope)
		if err != nil {
			return err
		}
		if code != "" {
			f.find(at, "the approval that lifts %s of %s is not kept beside the ledger as it was given", a.Bound, a.Rule)
			continue
		}
		s, err := approval.Parse(text)
		if err != nil {
			f.find(at, "the approval that lifts %s of %s can't be read: %v", a.Bound, a.Rule, err)
			continue
		}
		signers, err := s.Check(r.Order.Digest, registry.doc.ReviewersAt(d.DecidedAt), need, d.DecidedAt)
		says := s.Approval()
		switch {
		case err != nil:
			f.find(at, "the approval that lifts %s of %s did not count at %s: %v", a.Bound, a.Rule, stamp(d.DecidedAt), err)
		case says.Rule != a.Rule || says.Bound != a.Bound || says.Ceiling != a.Ceiling || says.Limit != a.Limit || !says.IssuedAt.Equal(a.IssuedAt) || !says.ExpiresAt.Equal(a.ExpiresAt):
			f.find(at, "the approval that lifts %s of %s says something else than the receipt of the order", a.Bound, a.Rule)
		case !slices.Equal(signers, a.Signers):
			f.find(at, "others signed the approval that lifts %s of %s than the receipt of the order says", a.Bound, a.Rule)
		case d.Request.Engineer != "" && slices.ContainsFunc(signers, func(s manifest.Signer) bool { return s.ID == d.Request.Engineer }):
			engineer := at
			engineer.code = EngineerSigned
			f.find(engineer, "engineer %s ran the export, and had signed the approval that lifts %s of %s", d.Request.Engineer, a.Bound, a.Rule)
		}
	}
	return nil
}

// alone asks, of an export for which nobody gave a reason, whether another order
// for the same targets had been decided on before it was, for some of the same data,
// and did not ask to be followed up by this one.
func (f *fold) alone(ctx context.Context, at finding, o *order, supplement string, d *decision, decided act.Decided) error {
	if o.Fingerprint == "" || supplement != "" {
		return nil
	}
	at.code = NearDuplicate
	alike, err := f.orders.lookup(byPrint, o.Fingerprint, func(x *order) bool { return x != o && x.Fingerprint == o.Fingerprint })
	if err != nil {
		return err
	}
	for _, x := range alike {
		for i := range x.Decisions {
			b := &x.Decisions[i]
			followed := x.Order == o.Follows && !b.FollowUp.IsZero()
			if followed || b.Entry > d.Entry || b.Result != act.Export {
				continue
			}
			was, err := f.recall(ctx, b.Entry)
			if err != nil {
				return err
			}
			if before, ok := was.(act.Decided); ok && overlap(before, decided) {
				f.find(at, "order %s names the same targets, was decided on in entry %d for some of the same data, and nobody said why both were answered", x.Order, b.Entry)
				return nil
			}
		}
	}
	return nil
}

// overlap reports whether two decisions let some of the same data be pulled.
func overlap(a, b act.Decided) bool {
	for i, p := range a.Planned {
		for j, q := range b.Planned {
			if p.Outcome != act.Pull || q.Outcome != act.Pull || p.Dataset != q.Dataset {
				continue
			}
			x, y := a.Decision.Datasets[i], b.Decision.Datasets[j]
			if x.From == "" || y.From == "" || instant(x.From).Before(instant(y.To)) && instant(y.From).Before(instant(x.To)) {
				return true
			}
		}
	}
	return false
}

// instant reads a time whose form was checked.
func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
