// Package lockdown makes a database itself refuse what no order could reach.
//
// [Tables] says, of any store, what writ reads there and no more: the columns
// that some rule could grant, and those by which records are found. [Script]
// turns that into SQL for PostgreSQL, which a person reads and runs: the package
// never does. [Approve] records, under a reviewer's credentials, which accounts
// an order found; until then, and after the order's end, the export role sees
// none of their rows. [Excess] says what a role could do beyond all this.
//
// What it does not do: it does not protect from the database's owner, from a
// superuser, or from a reviewer who approves what no order names. The last is
// recorded with the name of whoever connected.
package lockdown

import "errors"

var (
	// ErrUnusable says that the catalog can't be locked down as it is.
	ErrUnusable = errors.New("no lockdown for this catalog")
	// ErrNotApproved says that the store has no approval of the order in force.
	ErrNotApproved = errors.New("order not approved in the store")
)
