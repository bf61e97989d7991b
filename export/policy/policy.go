// Package policy says what an order of some kind may compel.
//
// Rules are data: Cedar policies that permit or forbid (default deny, forbid
// wins), each with its citation, and a strict YAML file beside them for what is
// not permit or forbid. [Policy.Decide] is pure: no I/O, no clock. Whatever the
// rules say, data of the category "secret" is refused, and a preservation order
// releases nothing.
package policy

import (
	"errors"
	"io/fs"
	"time"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
)

// ErrPolicy is what every error about a policy wraps.
var ErrPolicy = errors.New("policy unusable")

// A Policy is the rules in force, for one or more jurisdictions. Only [Load] fills one.
type Policy struct {
	digest        digest.Digest
	jurisdictions map[trust.Jurisdiction]*jurisdiction
}

type jurisdiction struct{} // its Cedar policies and its YAML

// Load reads NAME.cedar and NAME.yaml for each jurisdiction in dir. Errors name
// file and line and wrap ErrPolicy.
func Load(dir fs.FS) (*Policy, error) { panic("unwritten") }

// Defaults holds the embedded policies for "us", "eu" and "uk".
func Defaults() fs.FS { panic("unwritten") }

// Digest identifies the policy: over the names and contents of its files.
func (p *Policy) Digest() digest.Digest { return p.digest }

// Decide says, for each dataset and field that the order mandates, whether it
// may leave and which rule says so; and the clocks, ceilings and notice that apply. at is the time of the decision, not before the order's receipt.
func (p *Policy) Decide(o *order.Verified, c *catalog.Catalog, at time.Time) *Decision {
	panic("unwritten")
}
