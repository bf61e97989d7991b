package record

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/gofrs/flock"

	"writ/crypto/digest"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// A Usage is how much of a rate is used by what was answered before.
type Usage struct {
	Rate     act.Rate
	Orders   int64
	Accounts int64
	// RoomAt is when one more answer will fit, zero if it does now; Never says
	// that it will not, since it is larger than the rate by itself.
	RoomAt time.Time
	Never  bool
}

// Full reports whether the answer does not fit now.
func (u Usage) Full() bool { return u.Never || !u.RoomAt.IsZero() }

// Over names the bound that an answer with so many accounts would pass.
func (u Usage) Over(accounts int) string {
	if u.Accounts+int64(accounts) > u.Rate.Accounts {
		return "accounts"
	}
	return "orders"
}

// String says the rate and what is used of it in words.
func (u Usage) String() string {
	q, whose := u.Rate, "all agencies together"
	if q.Per == act.PerAgency {
		whose = "this agency"
	}
	return fmt.Sprintf("rule %s lets %s have %d orders and %d accounts in %d hours; used are %d orders and %d accounts", q.Rule.ID, whose, q.Orders, q.Accounts, q.Hours, u.Orders, u.Accounts)
}

// Exclusively calls do while no other process and no other goroutine is in a
// call of its own, and all that is in the tree is published. What do reads of
// the ledger is all that it says, until do appends.
func (r *Recorder) Exclusively(ctx context.Context, do func() error) (err error) {
	lock := flock.New(r.c.Index + ".decide.lock")
	if ok, err := lock.TryLockContext(ctx, 2*time.Millisecond); err != nil || !ok {
		return fmt.Errorf("waiting for another decision to be recorded: %w", cmp.Or(err, ctx.Err()))
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := r.Settle(ctx); err != nil {
		return err
	}
	return do()
}

// Usage returns how much is used of each rate that the decision names, in the
// time before it was made out, and whether it fits: every answer counts once,
// as it was decided on last, and this one not twice.
func (r *Recorder) Usage(ctx context.Context, d act.Decided, of manifest.OrderRef) ([]Usage, error) {
	longest := 0
	for _, q := range d.Decision.Rates {
		longest = max(longest, q.Hours)
	}
	if longest == 0 {
		return nil, nil
	}
	type which struct {
		order  digest.Digest
		number uint32
	}
	now := newAnswer(0, d, &act.Received{Order: of})
	seen := map[which]bool{{now.order, now.number}: true}
	counted := make([][]answer, len(d.Decision.Rates))
	err := r.answered(ctx, func(_ *ledger.View, o *opened) error {
		return o.since(d.RecordedAt.Add(-time.Duration(longest)*time.Hour), func(a answer) {
			if w := (which{a.order, a.number}); !seen[w] {
				seen[w] = true
				for i, q := range d.Decision.Rates {
					if a.at > d.RecordedAt.Add(-time.Duration(q.Hours)*time.Hour).Unix() && counts(q, of, a) {
						counted[i] = append(counted[i], a)
					}
				}
			}
		})
	})
	if err != nil {
		return nil, err
	}
	used := make([]Usage, len(counted))
	for i, list := range counted {
		used[i] = usage(d.Decision.Rates[i], list, int64(now.accounts))
	}
	return used, nil
}

// counts reports whether a rate of an order counts an answer.
func counts(q act.Rate, of manifest.OrderRef, a answer) bool {
	if q.Per == act.PerAgency && a.agency != keyFor(of.Agency) {
		return false
	}
	return len(q.Processes) == 0 || slices.ContainsFunc(q.Processes, func(p string) bool { return a.process == keyFor(of.Jurisdiction, p) })
}

// usage adds up, and lets the oldest lapse until an answer with so many accounts fits.
func usage(q act.Rate, list []answer, accounts int64) Usage {
	u := Usage{Rate: q, Never: accounts > q.Accounts}
	for _, a := range list {
		u.Orders++
		u.Accounts += int64(a.accounts)
	}
	slices.SortFunc(list, func(a, b answer) int { return cmp.Compare(a.at, b.at) })
	orders, sum := u.Orders, u.Accounts
	for i := 0; !u.Never && i < len(list) && (orders >= q.Orders || sum+accounts > q.Accounts); i++ {
		orders, sum = orders-1, sum-int64(list[i].accounts)
		u.RoomAt = time.Unix(list[i].at, 0).UTC().Add(time.Duration(q.Hours) * time.Hour)
	}
	return u
}

// Keep keeps a text beside the ledger under its digest.
func (r *Recorder) Keep(ctx context.Context, text []byte) error {
	if r.c.Log == nil {
		return fmt.Errorf("%w: Log is missing", ErrConfig)
	}
	_, err := r.c.Log.PutText(ctx, text)
	return err
}

// Same returns the newest decision to let something leave on another order
// whose targets have the same fingerprint, and that is like what is looked for;
// nil if there is none.
func (r *Recorder) Same(ctx context.Context, f act.Fingerprint, order digest.Digest, like func(act.Decided) bool) (found *act.Decided, err error) {
	err = r.answered(ctx, func(v *ledger.View, o *opened) error {
		return o.same(valueOf(f), func(a answer) (bool, error) {
			if a.order == order {
				return false, nil
			}
			said, err := r.entry(ctx, v, a.entry)
			if d, ok := said.(act.Decided); ok && err == nil && like(d) {
				found = &d
			}
			return found != nil, err
		})
	})
	return found, err
}

// answered gives the list of answers to do; if it is damaged, it is made anew once.
func (r *Recorder) answered(ctx context.Context, do func(*ledger.View, *opened) error) error {
	list := answers{r.c.Index + ".answers", &r.said, r.receivedBefore}
	v, o, err := list.open(ctx, r.c.Reader.View)
	if err != nil {
		return err
	}
	if err = do(v, o); errors.Is(err, errAnswers) {
		if err = list.remake(ctx, o, v); err == nil {
			err = do(v, o)
		}
	}
	return errors.Join(err, o.close())
}

// receivedBefore returns the last receipt of an order before an entry, nil if
// there is none.
func (r *Recorder) receivedBefore(ctx context.Context, v *ledger.View, order digest.Digest, before int64) (*act.Received, error) {
	_, at, err := index{r.c.Index, &r.said}.find(ctx, r.c.Reader.View, order)
	if err != nil {
		return nil, err
	}
	for _, i := range slices.Backward(at) {
		if i >= before {
			continue
		}
		said, err := r.entry(ctx, v, i)
		if err != nil {
			return nil, err
		}
		if a, ok := said.(act.Received); ok && a.Order.Digest == order && a.Rejected == (act.Rejection{}) {
			return &a, nil
		}
	}
	return nil, nil
}

// entry returns a verified statement.
func (r *Recorder) entry(ctx context.Context, v *ledger.View, index int64) (act.Act, error) {
	e, err := v.Entry(ctx, index)
	if err != nil {
		return nil, err
	}
	s, err := r.said.verify(e, r.c.Provider)
	if err != nil {
		return nil, fmt.Errorf("ledger entry %d: %w", index, err)
	}
	return s.verified.Act(), nil
}
