package act

import "writ/manifest/internal/form"

// A Code is why an order was turned away: for machines, and stable.
type Code string

// Why verification turns an order away.
const (
	OtherProvider  Code = "other-provider"
	TestOrder      Code = "test"
	Authority      Code = "authority"
	Agency         Code = "agency"
	Recipient      Code = "recipient"
	NoThreshold    Code = "no-threshold"
	Unsigned       Code = "unsigned"
	Emergency      Code = "emergency"
	NotYetInForce  Code = "not-yet-in-force"
	Expired        Code = "expired"
	ExportedBefore Code = "exported-before"
)

// Why a genuine order can't be planned.
const (
	NearDuplicate   Code = "near-duplicate"
	TargetUnusable  Code = "target-unusable"
	TargetAmbiguous Code = "target-ambiguous"
	OverCeiling     Code = "over-ceiling"
	OverRate        Code = "over-rate"
	OverSize        Code = "over-size"
)

// A stage is what turned an order away.
type stage int

const (
	verification stage = iota + 1
	planning
)

// sentences are all that is said about a rejection: what an error says names
// the order, which a statement never does.
var sentences = map[Code]struct {
	by  stage
	why string
}{
	OtherProvider:   {verification, "the order is addressed to another provider"},
	TestOrder:       {verification, "a test order in a live workspace, or a real one in a test workspace"},
	Authority:       {verification, "the authority is not registered, not at that time, or not for that law"},
	Agency:          {verification, "the agency is not registered, or not at that time"},
	Recipient:       {verification, "the agency has no single recipient to encrypt to"},
	NoThreshold:     {verification, "the provider takes no orders of this process under this law"},
	Unsigned:        {verification, "too few signatures of those who must sign"},
	Emergency:       {verification, "the emergency record is incomplete"},
	NotYetInForce:   {verification, "the order was not in force yet when it was received"},
	Expired:         {verification, "the order was no longer in force when it was received"},
	ExportedBefore:  {verification, "the order was answered before, and nobody said why to answer it again"},
	NearDuplicate:   {planning, "another order for the same targets was answered before, and nobody said why to answer this one too"},
	TargetUnusable:  {planning, "a target is of a type or a form by which no account can be found"},
	TargetAmbiguous: {planning, "a target finds more than one account"},
	OverCeiling:     {planning, "the order reaches more than one order may"},
	OverRate:        {planning, "more has been answered in a time than may be"},
	OverSize:        {planning, "the answer's statement would be too large for the ledger"},
}

// A Rejection says why an order was turned away. Each code has its one sentence.
type Rejection struct {
	Code Code   `json:"code"`
	Why  string `json:"why"`
	Rule string `json:"rule,omitzero"` // of [OverRate]
}

// Because returns the rejection for a code; one that there is not can't be signed.
func Because(code Code) Rejection { return Rejection{Code: code, Why: sentences[code].why} }

// BecauseOf is [Because] of the rate that a rule sets.
func BecauseOf(code Code, rule string) Rejection {
	r := Because(code)
	r.Rule = rule
	return r
}

func (r Rejection) check(c *form.Checker, by stage) {
	s, known := sentences[r.Code]
	c.Need(known && s.by == by, "rejected.code", "is unknown here")
	c.Need((r.Code == OverRate) == (r.Rule != ""), "rejected.rule", "belongs to the code over-rate, and only there")
	c.Text("rejected.rule", r.Rule, form.MaxName, true)
	c.Need(r.Why == s.why, "rejected.why", "is not the sentence of its code")
}
