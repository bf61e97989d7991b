package tally

import (
	"regexp"
	"strings"
	"sync"

	"writ/crypto/digest"
	"writ/manifest/transparency"
)

// What stands where the ledger does not say.
const (
	// Nowhere is the country of an authority of which none is known: ISO 3166-1
	// leaves the code to its users.
	Nowhere = "ZZ"
	// Unrecognised is the process of an order that was turned away, if no
	// recorded policy has what it called itself: nobody vouches for that
	// word, and a report would publish it.
	Unrecognised = "unrecognised"
)

// countries are those of laws that one country has.
var countries = map[string]string{"us": "US", "uk": "GB"}

// letters are processes that are national-security process even where no policy
// was recorded, as in a ledger that holds nothing but orders turned away.
var letters = map[Process]bool{{"us", "nsl"}: true}

var name = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`) })

// caseOf returns the case of an order that was received.
func (b *book) caseOf(d digest.Digest, o *order) transparency.Case {
	c := transparency.Case{
		Order: d, ReceivedAt: o.receivedAt, DeliveredAt: o.deliveredAt,
		Country: o.country, Jurisdiction: o.jurisdiction, Process: o.process,
		Identifiers: o.identifiers, Accounts: o.accounts, Outcome: o.outcome(),
		NonDisclosure:    o.secret,
		Emergency:        o.emergency || o.process == "emergency",
		NationalSecurity: b.nationalSecurity(o),
	}
	process := Process{o.jurisdiction, o.process}
	if c.Country == "" {
		c.Country = countries[o.jurisdiction]
	}
	if c.Country == "" {
		c.Country = Nowhere
	}
	_, recorded := b.processes[process]
	if !o.genuine && !recorded || !name().MatchString(o.process) || o.process == transparency.Other {
		c.Process = Unrecognised
	}
	disclosed := o.disclosed != ""
	// The policy holds that a process of such a name releases nothing.
	c.Preservation = !disclosed && (o.preserves || strings.Contains(o.process, "preserv"))
	c.Narrowed = disclosed && o.narrowed
	if !c.Preservation {
		// An order that reached consumers' accounts as well is counted with them.
		c.Enterprise = o.enterprise || o.redirected && !o.pulled
		c.Consent = o.enterprise && disclosed
	}
	return c
}

// nationalSecurity says which kind of it an order is.
func (b *book) nationalSecurity(o *order) transparency.NationalSecurity {
	process := Process{o.jurisdiction, o.process}
	switch {
	case !letters[process] && !b.processes[process]:
		return ""
	case o.jurisdiction != "us":
		return transparency.Foreign
	case o.process == "nsl" || strings.HasPrefix(o.process, "nsl-"):
		return transparency.Letter
	case o.decided && !o.asksContent:
		return transparency.NonContentOrder
	}
	return transparency.ContentOrder // also where it isn't known what was asked
}
