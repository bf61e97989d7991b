package audit

// A Code names what is wrong, for machines: stable, documented in docs/formats.md.
type Code string

// What is wrong with the ledger itself. Nothing after it is audited.
const (
	CheckpointFormat    Code = "checkpoint-format"
	CheckpointSignature Code = "checkpoint-signature"
	CheckpointOrigin    Code = "checkpoint-origin"
	CheckpointWitness   Code = "checkpoint-witness"
	RolledBack          Code = "rolled-back"
	Forked              Code = "forked"
	Content             Code = "content"
)

// What is wrong with a statement by itself. Nothing in the first three is believed.
const (
	StatementFormat    Code = "statement-format"
	StatementSignature Code = "statement-signature"
	StatementSigner    Code = "statement-signer"
	TimeOrder          Code = "time-order"
	TimeFuture         Code = "time-future"
)

// What is wrong with what decisions were made with.
const (
	TextMissing     Code = "text-missing"
	TextContent     Code = "text-content"
	TextFormat      Code = "text-format"
	NotInForce      Code = "not-in-force"
	RegistryVersion Code = "registry-version"
)

// What is wrong with how an order was taken in and decided on.
const (
	NotReceived        Code = "not-received"
	ReceivedAgain      Code = "received-again"
	Authority          Code = "authority"
	Agency             Code = "agency"
	OrderSigner        Code = "order-signer"
	OrderThreshold     Code = "order-threshold"
	EmergencyReviewers Code = "emergency-reviewers"
	TestMixed          Code = "test-mixed"
	OrderTimes         Code = "order-times"
	DecisionDiffers    Code = "decision-differs"
	Approval           Code = "approval"
	OverRate           Code = "over-rate"
	Engineer           Code = "engineer"
	EngineerSigned     Code = "engineer-signed"
	Request            Code = "request"
)

// What is wrong with what left.
const (
	NotDecided         Code = "not-decided"
	DecisionSuperseded Code = "decision-superseded"
	PlanDiffers        Code = "plan-differs"
	NotGranted         Code = "not-granted"
	FieldNotGranted    Code = "field-not-granted"
	ManifestDiffers    Code = "manifest-differs"
	HoldBroken         Code = "hold-broken"
	OverCeiling        Code = "over-ceiling"
	ExportAgain        Code = "export-again"
	NearDuplicate      Code = "near-duplicate"
	ExportID           Code = "export-id"
	Recipient          Code = "recipient"
	RecallUnknown      Code = "recall-unknown"
)

// What was done late, early or not yet.
const (
	DeadlineMissed Code = "deadline-missed"
	Overdue        Code = "overdue"
	Undecided      Code = "undecided"
	NoticeMissing  Code = "notice-missing"
	NoticeLate     Code = "notice-late"
	NoticeEarly    Code = "notice-early"
	FollowUp       Code = "follow-up"
)

// What is wrong with the folder of deliveries.
const (
	DeliveryUnrecorded Code = "delivery-unrecorded"
	DeliveryMissing    Code = "delivery-missing"
	DeliveryStatement  Code = "delivery-statement"
	DeliveryCiphertext Code = "delivery-ciphertext"
	DeliveryRecipients Code = "delivery-recipients"
	DeliveryProof      Code = "delivery-proof"
)

// A Severity says how much a finding weighs.
type Severity string

// The severities.
const (
	Violation Severity = "violation" // it should never have happened
	Open      Severity = "open"      // something is still to be done or explained
)

// codes say what each code means, in words for people who know law.
var codes = []struct {
	Code     Code
	Severity Severity
	Means    string
}{
	{CheckpointFormat, Violation, "The ledger's checkpoint, which commits to all entries, can't be read."},
	{CheckpointSignature, Violation, "The checkpoint is not signed by the ledger key that the provider published."},
	{CheckpointOrigin, Violation, "The checkpoint belongs to another ledger."},
	{CheckpointWitness, Violation, "Too few independent witnesses have countersigned the checkpoint."},
	{RolledBack, Violation, "Entries that the auditor has seen before are gone."},
	{Forked, Violation, "Entries that the auditor has seen before were replaced by others."},
	{Content, Violation, "An entry is missing or is not what the checkpoint commits to."},
	{StatementFormat, Violation, "An entry is not a statement of a known form."},
	{StatementSignature, Violation, "A statement's signature does not verify: it was changed, or signed with another key."},
	{StatementSigner, Violation, "A statement was signed with a key that was not the provider's at that time, or speaks for another provider."},
	{TimeOrder, Violation, "A statement is dated before the one that stands in the ledger before it."},
	{TimeFuture, Violation, "A statement is dated in the future."},
	{TextMissing, Violation, "A policy, catalog or registry that was in force is not kept beside the ledger."},
	{TextContent, Violation, "A policy, catalog or registry kept beside the ledger is not the one that was in force."},
	{TextFormat, Violation, "A policy, catalog or registry that was in force can't be read."},
	{NotInForce, Violation, "A decision was made with a policy, catalog or registry that the ledger does not show as in force then."},
	{RegistryVersion, Violation, "An older registry of authorities and agencies was put back in force."},
	{NotReceived, Violation, "Something was done on an order that the ledger does not show as received."},
	{ReceivedAgain, Violation, "An order was recorded as received twice, and the two records differ."},
	{Authority, Violation, "The issuing authority was not registered for that law at the time of receipt, or is recorded otherwise than the registry has it."},
	{Agency, Violation, "The receiving agency was not registered at the time of receipt, or had no single key to encrypt to."},
	{OrderSigner, Violation, "Somebody is named as having signed an order who was not registered with that key."},
	{OrderThreshold, Violation, "Fewer people signed or approved the order than the registry asks for."},
	{EmergencyReviewers, Violation, "An emergency order was not approved by two different people."},
	{TestMixed, Violation, "Test orders and real orders stand in the same ledger."},
	{OrderTimes, Violation, "The times of what was done on an order contradict each other."},
	{DecisionDiffers, Violation, "The decision recorded is not the one that the rules in force lead to."},
	{Engineer, Violation, "The engineer who ran an export was not registered with that key, or did not count at that time."},
	{EngineerSigned, Violation, "The engineer who ran an export had issued or approved the order: nobody else looked at it."},
	{Request, Violation, "No engineer's signature asks for what was decided: it is missing, of another order or plan, or was used before."},
	{Approval, Violation, "An approval that lifts a ceiling is not there, does not count, or says something else than is recorded."},
	{OverRate, Violation, "More was answered in a time than the policy lets be, and no approval lifted that."},
	{NotDecided, Violation, "Data left without a decision that the ledger shows."},
	{DecisionSuperseded, Violation, "Data left by a decision that a later one had replaced."},
	{PlanDiffers, Violation, "What left was not planned by the decision on the order."},
	{NotGranted, Violation, "Data left although the decision was to release nothing."},
	{FieldNotGranted, Violation, "A field left that the decision did not grant."},
	{ManifestDiffers, Violation, "The manifest of an export says something else than the decision or the receipt of the order."},
	{HoldBroken, Violation, "Data that had to be held left before the hold ended, or the end of the hold was not recorded."},
	{OverCeiling, Violation, "More left than the ceilings of the policy let one order reach, or from more accounts than what the order names can find."},
	{ExportAgain, Violation, "An order was answered once more, and nobody said why."},
	{NearDuplicate, Violation, "Two orders for the same targets were answered with some of the same data, and nobody said why."},
	{ExportID, Violation, "Two exports have the same name."},
	{Recipient, Violation, "The recipient of an export is not the key that the registry pins for the agency."},
	{RecallUnknown, Violation, "A recall names an export that the ledger does not know."},
	{DeadlineMissed, Violation, "The order was answered after its deadline."},
	{Overdue, Open, "The deadline is over and the order is not answered."},
	{Undecided, Open, "The order was received more than a day ago and nothing was decided."},
	{NoticeMissing, Violation, "The user should have been told and was not."},
	{NoticeLate, Violation, "The user was told later than was due."},
	{NoticeEarly, Violation, "The user was told while the order was secret."},
	{FollowUp, Open, "No legal process that follows what was disclosed by choice, as in an emergency, was received in time."},
	{DeliveryUnrecorded, Violation, "A delivery exists that the ledger does not know."},
	{DeliveryMissing, Violation, "The ledger records an export of which the folder has no delivery."},
	{DeliveryStatement, Violation, "The manifest beside a delivery is not the one in the ledger."},
	{DeliveryCiphertext, Violation, "The encrypted file of a delivery is not the one that the ledger records."},
	{DeliveryRecipients, Violation, "The encrypted file can be opened by others, or by more, than the manifest says."},
	{DeliveryProof, Violation, "The proof beside a delivery does not show that it stands in this ledger."},
}

// Codes returns all codes, in the order in which a report groups them.
func Codes() []Code {
	all := make([]Code, len(codes))
	for i, c := range codes {
		all[i] = c.Code
	}
	return all
}

// Severity returns how much findings of the code weigh.
func (c Code) Severity() Severity {
	for _, x := range codes {
		if x.Code == c {
			return x.Severity
		}
	}
	return Violation
}

// Means says in a sentence what the code stands for.
func (c Code) Means() string {
	for _, x := range codes {
		if x.Code == c {
			return x.Means
		}
	}
	return ""
}
