// Package lockdown makes a database itself refuse what no order could reach.
//
// [Tables] says, of any store, what writ reads there and no more: the columns
// that some rule could grant, and those by which records are found. A [Kind] of
// database turns that into SQL, which a person reads and runs: the package
// never does. It records, under a reviewer's credentials, which accounts an
// order found; until then, and after the order's end, the export role sees none
// of their rows. And it says what a role could do beyond all this.
//
// What it does not do: it does not protect from the database's owner, from a
// superuser, or from a reviewer who approves what no order names. The last is
// recorded with the name of whoever connected.
package lockdown

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"writ/crypto/digest"
	"writ/export/catalog"
	"writ/export/source"
)

var (
	// ErrUnusable says that the catalog can't be locked down as it is.
	ErrUnusable = errors.New("no lockdown for this catalog")
	// ErrNotApproved says that the store has no approval of the order in force.
	ErrNotApproved = errors.New("order not approved in the store")
)

// A Kind is a kind of database that can be locked down. Its errors are of the
// families above or of [source.ErrUnavailable], and hold no account's key.
type Kind interface {
	// Script returns the SQL that locks a store down to tables. It may be run
	// again at any time, also after the catalog changed.
	Script(store catalog.StoreName, tables []Table, r Roles) (string, error)
	// Approve records an approval that has not ended: all of it or nothing. The login is the reviewer's own.
	Approve(ctx context.Context, reviewer Login, a Approval) error
	// Open opens the store for the export of an order, which must be approved
	// there for a minute more: without that, accounts that nobody approved would
	// look like accounts that do not exist, and the authority would be told so.
	// Where there is no lockdown nothing is hidden, and any order will do.
	Open(ctx context.Context, export Login, order digest.Digest) (source.Store, error)
	// Excess says, a sentence each, what the login could do beyond reading tables.
	Excess(ctx context.Context, export Login, tables []Table) ([]string, error)
}

// Roles are the two roles of a lockdown. No person should have both.
type Roles struct {
	Export   string // reads what was approved
	Approver string // finds accounts and approves them
}

// A Login is a connection to a store, as somebody.
type Login struct {
	Store catalog.StoreName
	DSN   string
}

// An Approval says which accounts a verified order found.
type Approval struct {
	Order     digest.Digest
	ExpiresAt time.Time           // with the order
	Accounts  map[string][]string // keys, by kind of account
}

// Approve records a on a database of kind k, at the time now. An order that has
// ended is ErrNotApproved.
func Approve(ctx context.Context, k Kind, reviewer Login, a Approval, now time.Time) error {
	if !a.ExpiresAt.After(now) {
		return fmt.Errorf("%w: it ended %s, and an approval ends with it", ErrNotApproved, a.ExpiresAt.UTC().Format(time.RFC3339))
	}
	return k.Approve(ctx, reviewer, a)
}

// Soon is what must be left of an approval for an export to begin.
const Soon = time.Minute

// NotApproved says that an order is not approved, and who can change that.
func NotApproved(order digest.Digest) error {
	return fmt.Errorf("%w: order %s; a reviewer does it with writ approve", ErrNotApproved, order)
}

// CheckNames refuses names that can't stand in a script for the server called
// kind, which keeps most bytes or characters of a name, as size counts them.
func CheckNames(kind string, most int, size func(string) int, names ...string) error {
	for _, s := range names {
		switch {
		case s == "":
			return fmt.Errorf("%w: an empty name", ErrUnusable)
		case size(s) > most:
			return fmt.Errorf("%w: name %q is longer than the %d that %s keeps", ErrUnusable, s, most, kind)
		case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }):
			return fmt.Errorf("%w: name %q has a control character", ErrUnusable, s) // it could end a comment
		}
	}
	return nil
}

// Check refuses roles that are one.
func (r Roles) Check() error {
	if r.Export == r.Approver {
		return fmt.Errorf("%w: the export role and the approver's are one", ErrUnusable)
	}
	return nil
}
