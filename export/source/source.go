// Package source is the contract of a place that holds records.
//
// A [Store] is read through a [Snapshot]: everything that one export reads from
// one store is of one moment, and read-only. A read without bound account keys
// is refused, and a store is made to deny every column that the read at hand
// does not name. Records leave in a stable order: by time, then by the
// dataset's key. The contract's suite is package sourcetest.
package source

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"writ/export/catalog"
	"writ/export/order"
)

// Why a store can't answer. Each but ErrUnbound wraps ErrUnavailable.
var (
	ErrUnavailable = errors.New("store unavailable")
	ErrSchema      = fmt.Errorf("%w: its tables are not as the catalog says", ErrUnavailable)
	ErrValue       = fmt.Errorf("%w: a value is not of the catalog's type", ErrUnavailable)
	ErrUnbound     = errors.New("read without account keys")
)

// A Store holds records of accounts. It may be used from several goroutines.
type Store interface {
	// Begin opens a read-only snapshot. The caller closes it.
	Begin(ctx context.Context) (Snapshot, error)
	Close() error
}

// A Snapshot reads a store as it was at one moment. It is for one goroutine.
type Snapshot interface {
	// Find returns the accounts that an identifier names, by key, at most
	// limit+1 of them.
	Find(ctx context.Context, l Lookup, limit int) ([]Account, error)
	// Describe returns the parametrised query of r, without a value in it.
	Describe(ctx context.Context, r Read) (string, error)
	// Estimate returns about how many records r would deliver, without
	// reading them all.
	Estimate(ctx context.Context, r Read) (int64, error)
	// Pull delivers r's records in order. Each batch is the consumer's until
	// it calls Release. Nothing is read before it is ranged over; the first
	// error ends it.
	Pull(ctx context.Context, r Read, p *Pool) iter.Seq2[*Batch, error]
	Close() error
}

// A Lookup finds accounts by one exact identifier.
type Lookup struct {
	Identifier catalog.Identifier
	Account    catalog.Account // in whose table the tenant stands
	Value      string          // normalised
	At         time.Time       // when it was held; zero if the identifier never changes hands
}

// An Account is one that a lookup found.
type Account struct {
	Key    string // as text
	Tenant string // enterprise customer, or ""
}

// A Read is everything that is asked of a store for one dataset. It is fixed
// before the first read.
type Read struct {
	Dataset    order.Dataset
	Table      catalog.Table
	AccountKey string   // column
	Accounts   []string // keys; never empty
	Key        []string // columns
	Time       catalog.TimeColumn
	Until      catalog.TimeColumn
	From, To   time.Time       // [From, To); both zero if the dataset knows no time
	Fields     []catalog.Field // what leaves, sorted by name as RFC 8785 sorts members
}
