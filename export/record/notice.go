package record

import (
	"context"
	"errors"
	"fmt"
	"time"

	"writ/crypto/digest"
	"writ/manifest/act"
)

// Why something was not recorded, besides the errors of the ledger.
var (
	ErrRequest = errors.New("not recorded")
	ErrUnknown = fmt.Errorf("%w: the ledger has no such entry", ErrRequest)
)

// noticeGrace is how long after it fell due a notice is still in time; an
// audit allows as much. Nobody is told in the second in which secrecy ends.
const noticeGrace = 24 * time.Hour

// A Notice is what was recorded of a notice to the user.
type Notice struct {
	Statement act.Notified `json:"statement"`
	Owed      bool         `json:"owed"`
	DueAt     time.Time    `json:"due_at,omitzero"` // zero: not owed, nothing disclosed yet, or nobody knows when secrecy ends
	Early     bool         `json:"early"`           // the policy would have had the user told later
}

// Notify records that the user was told of an order, and whether that was late.
// An order that the ledger does not know as genuine is refused.
func (r *Recorder) Notify(ctx context.Context, order digest.Digest, how string, at time.Time) (*Notice, error) {
	h, err := r.Order(ctx, order)
	if err != nil {
		return nil, err
	}
	at = at.UTC().Truncate(time.Second)
	head := r.Head()
	switch {
	case h.ReceivedAt.IsZero():
		return nil, fmt.Errorf("%w: order %s was not received, or only to be turned away", ErrUnknown, order)
	case at.Before(h.ReceivedAt):
		return nil, fmt.Errorf("%w: the user can't have been told before the order was received, at %s", ErrRequest, h.ReceivedAt.Format(time.RFC3339))
	case at.After(head.RecordedAt):
		return nil, fmt.Errorf("%w: the time of the notice is still to come", ErrRequest)
	}
	n := noticeOf(h, at)
	n.Statement = act.Notified{Head: head, Order: order, NotifiedAt: at, How: how, Late: n.Statement.Late}
	if err := r.say(ctx, n.Statement); err != nil {
		return nil, err
	}
	return n, nil
}

// noticeOf compares the time of a notice with what the last decision says.
func noticeOf(h *History, at time.Time) *Notice {
	n := &Notice{}
	if h.Decided == nil {
		return n
	}
	disclosed := h.Disclosed()
	switch d := h.Decided.Decision.Notice; {
	case !d.Owed:
	case d.BeforeDisclosure():
		n.Owed, n.DueAt = true, disclosed
		n.Statement.Late = !disclosed.IsZero() && at.After(disclosed)
	case d.WhenLifted:
		n.Owed = true
	default:
		n.Owed, n.DueAt = true, d.After
		n.Early = at.Before(d.After)
		n.Statement.Late = !disclosed.IsZero() && at.After(d.After.Add(noticeGrace))
	}
	return n
}

// say signs statements and appends them.
func (r *Recorder) say(ctx context.Context, acts ...act.Act) error {
	var signed [][]byte
	for _, a := range acts {
		b, err := r.Sign(a)
		if errors.Is(err, act.ErrFormat) {
			return fmt.Errorf("%w: %w", ErrRequest, err)
		}
		if err != nil {
			return err
		}
		signed = append(signed, b)
	}
	_, err := r.Append(ctx, signed...)
	return err
}
