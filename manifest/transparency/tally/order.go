package tally

import (
	"slices"
	"strings"
	"time"

	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/transparency"
)

// An order is what has been read about one, in the order of the ledger.
type order struct {
	receivedAt time.Time // zero: neither received nor exported
	genuine    bool      // verification did not turn it away, at least not each time
	test       bool

	country, jurisdiction, process string
	identifiers                    int
	secret, emergency, enterprise  bool // enterprise: answered by a customer's consent, or under its contract

	accounts     int  // the most that any decision or export found
	redirected   bool // some account was an enterprise customer's, and left to it
	pulled       bool // from some account
	decided      bool
	preserves    bool
	asksContent  bool
	contentIn    []string // datasets of which the last decision calls granted fields content
	last         transparency.Outcome
	foundNothing bool // an export said that all there was to find is nothing

	deliveredAt time.Time // first
	disclosed   transparency.Outcome
	narrowed    bool
}

const content = "content" // a category, and in every law of ours a class

func isContent(category string) bool {
	return category == content || strings.HasPrefix(category, content+".")
}

// refer takes up what a statement says of the order itself.
func (o *order) refer(r manifest.OrderRef) {
	o.jurisdiction, o.process, o.identifiers = r.Jurisdiction, r.Process, 0
	for _, t := range r.Targets {
		o.identifiers += t.Count
	}
	o.secret, o.emergency = r.Secrecy != "", r.Emergency
	o.test = o.test || r.Test
}

// receive takes up a receipt. The first genuine one counts, or else the first.
func (o *order) receive(r act.Received) {
	o.test = o.test || r.Order.Test || r.Rejected.Code == act.TestOrder
	genuine := r.Rejected == act.Rejection{}
	if o.genuine || !genuine && !o.receivedAt.IsZero() {
		return
	}
	o.refer(r.Order)
	o.receivedAt, o.genuine, o.country = r.ReceivedAt, genuine, r.Country
	o.enterprise = r.Facts.Enterprise != ""
	switch {
	case o.decided:
	case genuine:
		o.last = transparency.Pending
	default:
		o.last = transparency.Rejected
	}
}

// decide takes up a decision. The last one says what became of an order of
// which nothing was delivered.
func (o *order) decide(d act.Decided) {
	o.decided = true
	o.count(d.Accounts, d.Redirected)
	o.preserves = !d.Decision.Clocks.PreserveUntil.IsZero()
	o.contentIn = nil
	kept := false
	for _, r := range d.Decision.Datasets {
		for _, g := range r.Granted {
			o.asksContent = o.asksContent || isContent(g.Category)
			if g.Class == content {
				o.contentIn = append(o.contentIn, r.Dataset)
			}
		}
		for _, w := range r.Withheld {
			o.asksContent = o.asksContent || isContent(w.Category)
			kept = kept || w.Ground == releasesNothing
		}
	}
	switch {
	case d.Rejected.Code == act.OverRate || d.Rejected.Code == act.NearDuplicate: // until there is room, or a reason
		o.last = transparency.Pending
	case d.Result == act.Redirected:
		o.last = transparency.Redirected
	case d.Result == act.Rejected:
		o.last = transparency.Rejected
	case d.Result == act.Refused:
		o.last = transparency.Rejected
		if o.preserves && kept {
			o.last = transparency.Preserved
		}
	default: // to be exported, held, or the store can't be read
		o.last = transparency.Pending
	}
}

// releasesNothing is the policy's ground for what an order keeps.
const releasesNothing = "releases-nothing"

// export takes up a delivery.
func (o *order) export(x manifest.Export) {
	if !o.genuine {
		// It left, so it counts, whatever the ledger lacks.
		o.refer(x.Order)
		o.receivedAt = x.Times.ReceivedAt
	}
	o.genuine, o.test = true, o.test || x.Order.Test
	if o.deliveredAt.IsZero() {
		o.deliveredAt = x.Times.SignedAt
	}
	disclosed, waits, none := false, false, false
	o.narrowed = x.Narrowed
	accounts, redirected := 0, 0
	for _, d := range x.Datasets {
		accounts, redirected = max(accounts, d.Accounts), max(redirected, d.Redirected)
		o.narrowed = o.narrowed || d.Redirected > 0
		switch d.Outcome {
		case manifest.Held, manifest.Unavailable:
			waits = true
		case manifest.NoneFound:
			none = true
		}
		if d.Records > 0 {
			disclosed = true
			if o.revealsContent(d) {
				o.disclosed = transparency.Content
			}
		}
	}
	o.count(accounts, redirected)
	switch {
	case disclosed && o.disclosed == "":
		o.disclosed = transparency.NonContent
	case disclosed:
	case waits:
		o.last = transparency.Pending
	case none:
		o.foundNothing = true
	}
}

func (o *order) count(accounts, redirected int) {
	o.accounts = max(o.accounts, accounts+redirected)
	o.redirected = o.redirected || redirected > 0
	o.pulled = o.pulled || accounts > 0
}

func (o *order) revealsContent(d manifest.Dataset) bool {
	return slices.Contains(o.contentIn, d.Name) || slices.ContainsFunc(d.Fields, func(f manifest.Granted) bool { return isContent(f.Category) })
}

// outcome is the most revealing thing that happened.
func (o *order) outcome() transparency.Outcome {
	switch {
	case o.disclosed != "":
		return o.disclosed
	case o.foundNothing:
		return transparency.NoData
	}
	return o.last
}
