package order

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"writ/crypto/seal"
	"writ/crypto/trust"
)

// A held order is one held against a registry at a time: what the checks know
// and what they have found so far.
type held struct {
	order  Order
	signed *Signed
	Against
	at time.Time

	authority trust.Authority // zero if the registry has none that counts
	agency    trust.Agency
	recipient seal.Recipient
	before    string // the id of the earlier export
	tally     tally
}

// hold gathers what the checks look at. It fails only for the caller's mistakes.
func hold(s *Signed, a Against, at time.Time) (*held, error) {
	switch {
	case s == nil || s.envelope == nil:
		return nil, errNoOrder
	case a.Registry == nil:
		return nil, errors.New("order: Against.Registry is missing")
	case a.ExportedAs == nil:
		return nil, errors.New("order: Against.ExportedAs is missing")
	case at.IsZero():
		return nil, errors.New("order: the time of receipt is missing")
	}
	h := &held{order: s.order, signed: s, Against: a, at: at.Round(0).UTC()}
	// Errors are found again, and reported, by the checks.
	if auth, err := a.Registry.Authority(h.order.Authority, h.at); err == nil {
		h.authority = auth
	}
	h.tally = count(h.authority, a.Registry.Reviewers(h.at), s.envelope.SignedBy)
	return h, nil
}

// checks, in the order in which they are reported: first whether the order is
// ours at all, then whether it is genuine, then whether it may be answered now.
var checks = []struct {
	name string
	run  func(*held) error
}{
	{"provider", (*held).checkProvider},
	{"test", (*held).checkTest},
	{"authority", (*held).checkAuthority},
	{"agency", (*held).checkAgency},
	{"recipient", (*held).checkRecipient},
	{"signatures", (*held).checkSignatures},
	{"emergency", (*held).checkEmergency},
	{"in-force", (*held).checkInForce},
	{"first-export", (*held).checkFirstExport},
}

// answered is when the order is answered: not before it was received.
func (h *held) answered() time.Time {
	if h.Now.After(h.at) {
		return h.Now.UTC()
	}
	return h.at
}

func (h *held) checkProvider() error {
	if us := h.Registry.Document().Provider; h.order.Provider != us {
		return fmt.Errorf("%w: order %s is addressed to %q and this is %q; return it to the authority",
			ErrOtherProvider, h.order.ID, h.order.Provider, us)
	}
	return nil
}

func (h *held) checkTest() error {
	switch {
	case h.order.Test && !h.UnsafeTesting:
		return fmt.Errorf("%w: order %s is for tests only; try it in a test workspace, and never on real data", ErrTest, h.order.ID)
	case !h.order.Test && h.UnsafeTesting:
		return fmt.Errorf("%w: order %s is a real one and this workspace takes only test orders; answer it in the live workspace", ErrTest, h.order.ID)
	}
	return nil
}

func (h *held) checkAuthority() error {
	a, err := h.Registry.Authority(h.order.Authority, h.at)
	if err != nil {
		return fmt.Errorf("%w %s: %w; check the name on the paper, and ask whoever keeps the registry to verify and register the authority",
			ErrAuthority, h.order.Authority, err)
	}
	if a.Jurisdiction != h.order.Jurisdiction {
		return fmt.Errorf("%w %s: it is registered for jurisdiction %q and the order is under %q; ask the authority under which law it acts",
			ErrAuthority, a.ID, a.Jurisdiction, h.order.Jurisdiction)
	}
	return nil
}

func (h *held) checkAgency() error {
	a, err := h.Registry.Agency(h.order.Agency, h.at)
	if err == nil {
		_, err = h.Registry.Agency(h.order.Agency, h.answered())
	}
	if err != nil {
		return fmt.Errorf("%w %s: %w; ask whoever keeps the registry to verify and register the agency", ErrAgency, h.order.Agency, err)
	}
	h.agency = a
	return nil
}

// checkRecipient asks for the recipient that counts when the order is answered:
// a key that was revoked since the receipt reads nothing any more.
func (h *held) checkRecipient() error {
	r, err := h.Registry.Recipient(h.order.Agency, h.answered())
	if err != nil {
		return fmt.Errorf("%w: agency %s: %w; ask whoever keeps the registry to leave it exactly one valid recipient", ErrRecipient, h.order.Agency, err)
	}
	h.recipient = r
	return nil
}

func (h *held) checkSignatures() error {
	rule, err := h.rule()
	if err != nil {
		return err
	}
	need := rule.needs(h.tally)
	if need.None() {
		return nil
	}
	return fmt.Errorf("%w: order %s still needs %s", ErrUnsigned, h.order.ID, strings.Join(need.Words(), ", and "))
}

// rule returns the registry's threshold, sharpened for an emergency.
func (h *held) rule() (rule, error) {
	j, p := h.order.Jurisdiction, h.order.Process
	t, err := h.Registry.Threshold(j, p)
	if err != nil {
		return rule{}, fmt.Errorf("%w: %s under %s: %w; ask counsel whether to answer such orders, and the registry's keeper for a threshold",
			ErrNoThreshold, p, j, err)
	}
	return rule{Threshold: t, emergency: p == EmergencyProcess, id: h.order.Authority}, nil
}

// checkEmergency asks for what an attacker with a stolen mailbox can't give:
// somebody called back, on a number that was known before.
func (h *held) checkEmergency() error {
	if h.order.Process != EmergencyProcess {
		return nil
	}
	phone := h.authority.Phone
	b := h.order.Emergency.CallBack // Parse: an emergency order has a record
	switch {
	case b == nil:
		return fmt.Errorf("%w: order %s has no call-back; call authority %s on the registry's number and write the order anew with --call-back-number, --call-back-at and --call-back-role",
			ErrEmergency, h.order.ID, h.order.Authority)
	case phone == "":
		return fmt.Errorf("%w: the registry has no phone of authority %s that counts now; ask whoever keeps the registry to find and register one from another source than the order",
			ErrEmergency, h.order.Authority)
	case dialled(b.Number) != dialled(phone):
		return fmt.Errorf("%w: order %s was called back on another number than the registry has for authority %s; call the registry's number",
			ErrEmergency, h.order.ID, h.order.Authority)
	case b.At.UTC().After(h.at):
		return fmt.Errorf("%w: the call-back of order %s is dated after its receipt; correct its time", ErrEmergency, h.order.ID)
	}
	return nil
}

// dialled returns what is dialled of a phone number, without how it is set.
func dialled(number string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" .-/()", r) {
			return -1
		}
		return r
	}, number)
}

// checkInForce: from not_before, or else issued_at, inclusive, until
// expires_at, exclusive.
func (h *held) checkInForce() error {
	from := h.order.NotBefore
	if from.IsZero() {
		from = h.order.IssuedAt
	}
	if h.at.Before(from.UTC()) {
		return fmt.Errorf("%w: order %s is in force from %s; wait until then", ErrNotYetInForce, h.order.ID, from)
	}
	if !h.at.Before(h.order.ExpiresAt.UTC()) {
		return fmt.Errorf("%w: order %s ended %s; ask the authority for a new one", ErrExpired, h.order.ID, h.order.ExpiresAt)
	}
	return nil
}

func (h *held) checkFirstExport() error {
	h.before = h.ExportedAs(h.signed.digest)
	if h.before != "" && strings.TrimSpace(h.Supplement) == "" {
		return fmt.Errorf("%w: order %s was answered by export %s; to answer it once more say why with --supplement", ErrExportedBefore, h.order.ID, h.before)
	}
	return nil
}

// CheckNear refuses a genuine order whose targets were asked for by another that
// was answered before, unless somebody said why both are meant. It stands apart
// from [Verify]: such an order was received, and its clocks run.
func CheckNear(id ID, a Against) error {
	if a.NearTo == "" || strings.TrimSpace(a.Supplement) != "" {
		return nil
	}
	return fmt.Errorf("%w: order %s names the same targets as %s, for some of the same data; if both are meant, say why with --supplement", ErrNearDuplicate, id, a.NearTo)
}
