// Package tally reads from a ledger the cases of which the transparency report
// is computed: one for each order, whatever was done about it.
//
// It promises that every statement it counts stands in the ledger under its
// checkpoint and was signed by the provider's keys, and that a single one which
// does not verify leaves no tally at all; that the tally is a function of the
// ledger's first entries and of the policies recorded in them; and that process
// which any recorded policy calls national-security is marked as that,
// whoever turned it away. It does not audit: whether what was done was right,
// package audit says.
package tally

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/manifest/act"
	"writ/manifest/ledger"
	"writ/manifest/transparency"
)

// ErrConfig says which member of a Config is missing or wrong.
var ErrConfig = errors.New("tally not configured")

// ErrSize says that more entries are wanted than there are.
var ErrSize = errors.New("the ledger has fewer entries")

// A Process is a kind of legal process, under the law that has it.
type Process struct{ Jurisdiction, Name string }

// Config says what is tallied.
type Config struct {
	Reader   *ledger.Reader
	Provider *trust.Provider // whose statements are believed
	// Processes reads a recorded policy: which processes it has, and whether
	// each is national-security process.
	Processes func(policy []byte) (map[Process]bool, error)

	Size int64 // how many entries are read; zero means all that the checkpoint commits to
}

// A Tally is what a ledger tells.
type Tally struct {
	Checkpoint transparency.Checkpoint // of the entries that were read
	Cases      []transparency.Case     // by receipt, then by digest
	Tests      int                     // test orders, which are no cases
	Strays     int                     // orders that were decided on, but neither received nor exported: no cases either
}

// Read tallies a ledger. It holds the statements under way and a few words for
// each order, never the ledger.
func Read(ctx context.Context, c Config) (*Tally, error) {
	if c.Reader == nil || c.Provider == nil || c.Processes == nil {
		return nil, fmt.Errorf("%w: Reader, Provider or Processes is missing", ErrConfig)
	}
	view, err := c.Reader.View(ctx)
	if err != nil {
		return nil, err
	}
	cp := view.Checkpoint()
	size := cp.Size()
	if c.Size != 0 {
		size = c.Size
	}
	if size < 0 || size > cp.Size() {
		return nil, fmt.Errorf("%w: %d, not %d", ErrSize, cp.Size(), size)
	}
	root, err := view.Root(ctx, size)
	if err != nil {
		return nil, err
	}
	b := &book{orders: make(map[digest.Digest]*order), processes: make(map[Process]bool), policies: make(map[digest.Digest]bool)}
	err = each(ctx, view, size, c.Provider, func(index int64, a act.Act) error {
		if f, ok := a.(act.Configured); ok && f.What == act.Policy {
			if err := b.read(ctx, c, f.Digest); err != nil {
				return fmt.Errorf("ledger entry %d: the policy %s that it names: %w", index, f.Digest, err)
			}
		}
		b.add(a)
		return nil
	})
	if err != nil {
		return nil, err
	}
	t := b.tally()
	t.Checkpoint = transparency.Checkpoint{Origin: cp.Origin(), Size: uint64(size), Root: digest.Digest(root)}
	return t, nil
}

// A book is what has been read so far.
type book struct {
	orders    map[digest.Digest]*order
	policies  map[digest.Digest]bool
	processes map[Process]bool // that any policy had; true: one called it national-security process
}

// read takes up the processes of a recorded policy. One that can't be read
// leaves no tally, since it might say what must not be counted.
func (b *book) read(ctx context.Context, c Config, policy digest.Digest) error {
	if b.policies[policy] {
		return nil
	}
	text, err := c.Reader.Text(ctx, policy)
	if err != nil {
		return err
	}
	processes, err := c.Processes(text)
	if err != nil {
		return err
	}
	b.policies[policy] = true
	for p, national := range processes {
		b.processes[p] = b.processes[p] || national
	}
	return nil
}

// add takes up one statement.
func (b *book) add(a act.Act) {
	about := a.About()
	if about.IsZero() {
		return
	}
	o := b.orders[about]
	if o == nil {
		o = &order{}
		b.orders[about] = o
	}
	switch a := a.(type) {
	case act.Received:
		o.receive(a)
	case act.Decided:
		o.decide(a)
	case act.Exported:
		o.export(a.Predicate)
	}
}

func (b *book) tally() *Tally {
	t := &Tally{Cases: []transparency.Case{}}
	for d, o := range b.orders {
		switch {
		case o.test:
			t.Tests++
		case o.receivedAt.IsZero():
			t.Strays++
		default:
			t.Cases = append(t.Cases, b.caseOf(d, o))
		}
	}
	slices.SortFunc(t.Cases, func(x, y transparency.Case) int {
		if n := x.ReceivedAt.Compare(y.ReceivedAt); n != 0 {
			return n
		}
		return slices.Compare(x.Order[:], y.Order[:])
	})
	return t
}
