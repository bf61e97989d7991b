package transparency

import (
	"fmt"
	"regexp"
	"sync"
	"time"

	"writ/crypto/digest"
)

// A Case is one order, as the ledger's statements tell it.
type Case struct {
	Order        digest.Digest // salted by the order's nonce
	ReceivedAt   time.Time
	DeliveredAt  time.Time // zero if nothing was delivered (yet)
	Country      string    // of the issuing authority, ISO 3166-1 alpha-2
	Jurisdiction string
	Process      string // such as "search-warrant"
	Identifiers  int    // that the order names
	Accounts     int    // that the identifiers led to
	Outcome      Outcome

	Narrowed      bool // less was disclosed than the order asked
	NonDisclosure bool // the provider was forbidden to tell the user
	Emergency     bool // counted as process "emergency", whatever Process says

	Enterprise bool // the account belongs to a customer that is an organisation
	Consent    bool // of an enterprise order: answered by its consent or under its contract

	Preservation bool          // keeps data, releases none
	PreservedBy  digest.Digest // the preservation order that this one follows, if known

	// NationalSecurity keeps a case out of every exact figure; it shows in
	// bands alone, whatever the other fields say.
	NationalSecurity NationalSecurity
}

// An Outcome is how one order ended: the most revealing thing that happened.
type Outcome string

// The outcomes, the most revealing first.
const (
	Content    Outcome = "content"     // at least some content was disclosed
	NonContent Outcome = "non-content" // records were disclosed, no content
	Preserved  Outcome = "preserved"   // a preservation order was followed; nothing was disclosed
	NoData     Outcome = "no-data"     // the provider holds nothing that was asked
	Rejected   Outcome = "rejected"
	Redirected Outcome = "redirected" // to the enterprise customer
	Pending    Outcome = "pending"
)

// A NationalSecurity is the kind of a national-security process, as 50 USC 1874
// tells them apart; empty for every other order.
type NationalSecurity string

// The kinds.
const (
	Letter          NationalSecurity = "letter"      // a national security letter
	ContentOrder    NationalSecurity = "content"     // an order or directive for contents
	NonContentOrder NationalSecurity = "non-content" // an order for noncontents
	Foreign         NationalSecurity = "foreign"     // another country's, which the statute doesn't band: it shows nowhere
)

var (
	countries = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z]{2}$`) })
	processes = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`) })
)

// check says what is wrong with c, naming the order by its digest alone.
func (c Case) check(now time.Time) error {
	wrong := func(what string) error { return fmt.Errorf("%w: order %s: %s", ErrCase, c.Order, what) }
	switch {
	case c.Order.IsZero():
		return fmt.Errorf("%w: an order has no digest", ErrCase)
	case c.ReceivedAt.IsZero() || c.ReceivedAt.After(now):
		return wrong("the time of receipt is missing, or later than the report")
	case !c.DeliveredAt.IsZero() && (c.DeliveredAt.Before(c.ReceivedAt) || c.DeliveredAt.After(now)):
		return wrong("the time of delivery is before the receipt, or later than the report")
	case c.Identifiers < 0 || c.Accounts < 0:
		return wrong("a count is negative")
	}
	switch c.NationalSecurity {
	case Letter, ContentOrder, NonContentOrder, Foreign:
		return nil // nothing else of it is read
	case "":
	default:
		return wrong("unknown kind of national-security process")
	}
	disclosed := c.Outcome == Content || c.Outcome == NonContent
	switch {
	case !countries().MatchString(c.Country):
		return wrong("the country is not two capital letters")
	case !processes().MatchString(c.Process) || c.Process == Other:
		return wrong("the process is not lower-case words joined by hyphens, or is named " + Other)
	case c.group().outcome(c) == "":
		return wrong(fmt.Sprintf("outcome %q is none of %s", c.Outcome, c.group().name))
	case disclosed && c.DeliveredAt.IsZero():
		return wrong("something was disclosed, but no delivery is known")
	case c.Narrowed && !disclosed:
		return wrong("narrowed, but nothing was disclosed")
	case c.Consent && !(c.Enterprise && disclosed):
		return wrong("a customer's consent without a disclosure of an enterprise account")
	case c.Preservation && !c.PreservedBy.IsZero():
		return wrong("a preservation order that follows another")
	}
	return nil
}
