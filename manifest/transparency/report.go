// Package transparency computes the public report from what the ledger tells of
// each order, and prints it.
//
// It promises that a report is a function of the cases and the [Options] alone,
// so that anyone with the ledger gets the same bytes; that a request is counted
// once, in the half-year in which it was received and under its most revealing
// outcome; that preservation orders and orders on enterprise accounts stand
// apart; that national-security process is in no figure, but in the bands of
// 50 USC 1874; and that no figure below the threshold is printed, nor follows
// from the sums beside it. It names no order, no agency and no target.
//
// What it can't promise: a reader who holds two reports on the same half-year,
// between which figures changed, may learn from their difference what neither
// prints; and whoever may read the ledger itself sees every order's statement.
package transparency

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"sync"
	"time"
	"unicode/utf8"

	"writ/crypto/digest"
)

const (
	Format           = "writ.report/v1"
	DefaultThreshold = 10
	MaxBytes         = 16 << 20 // of a report in JSON
)

// Why there is no report. Each wraps ErrReport.
var (
	ErrReport       = errors.New("transparency report")
	ErrOptions      = fmt.Errorf("%w: options", ErrReport)
	ErrCase         = fmt.Errorf("%w: a case of the ledger", ErrReport)
	ErrFormat       = fmt.Errorf("%w: malformed", ErrReport)
	ErrIncomparable = fmt.Errorf("%w: not comparable with the previous one", ErrReport)
)

// Options say what is reported, and how much of it.
type Options struct {
	Provider   string     // as the reader knows it
	Checkpoint Checkpoint // from which the cases were read
	Now        time.Time  // of publication

	From, To  HalfYear // both included, both ended; zero means the first with a case, and the last that has ended
	Threshold int      // counts from 1 to below it are withheld; zero means [DefaultThreshold], 1 prints all
	Bands     Bands    // of national-security process; zero publishes nothing about it
}

// A Checkpoint is the state of the ledger from which a report was computed.
type Checkpoint struct {
	Origin string        `json:"origin"`
	Size   uint64        `json:"size"` // entries
	Root   digest.Digest `json:"root"` // of the Merkle tree
}

// A Report is what is published.
type Report struct {
	Format           string                  `json:"format"` // [Format]
	Provider         string                  `json:"provider"`
	AsOf             time.Time               `json:"as_of"` // UTC, whole seconds
	Checkpoint       Checkpoint              `json:"checkpoint"`
	Threshold        int                     `json:"threshold"`
	Definitions      []Definition            `json:"definitions"`
	Periods          []Period                `json:"periods"` // by time, without a gap
	NationalSecurity *NationalSecurityReport `json:"national_security,omitzero"`
	Restatement      *Restatement            `json:"restatement,omitzero"` // [Report.Restate] sets it
}

// A Period is a half-year of receipt.
type Period struct {
	Period HalfYear `json:"period"`
	Groups []Group  `json:"groups"` // orders, enterprise, preservation
}

var textForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL\pN][\pL\pN\pM\pP\pS ]*$`) }) // begins so that no spreadsheet takes it for a formula

// isText counts by itself: a bound in the expression makes every start of the
// program slower by milliseconds.
func isText(s string) bool { return utf8.RuneCountInString(s) <= 200 && textForm().MatchString(s) }

func (o *Options) fill(cases []Case) error {
	o.Now = o.Now.UTC().Truncate(time.Second)
	last := HalfOf(HalfOf(o.Now).Start().Add(-1))
	if o.Threshold == 0 {
		o.Threshold = DefaultThreshold
	}
	if o.To.IsZero() {
		o.To = last
	}
	if o.From.IsZero() {
		o.From = o.To
		for _, c := range cases {
			// A first half-year that only national-security process explains would show it.
			if h := HalfOf(c.ReceivedAt); c.NationalSecurity == "" && h.Start().Before(o.From.Start()) {
				o.From = h
			}
		}
	}
	switch {
	case !isText(o.Provider):
		return fmt.Errorf("%w: name the provider", ErrOptions)
	case !isText(o.Checkpoint.Origin) || o.Checkpoint.Root.IsZero():
		return fmt.Errorf("%w: name the checkpoint: origin, size and root", ErrOptions)
	case o.Now.Year() < 2:
		return fmt.Errorf("%w: give the time of publication", ErrOptions)
	case o.Threshold < 0:
		return fmt.Errorf("%w: the threshold is 1 or more", ErrOptions)
	case !o.From.valid() || !o.To.valid() || o.To.Start().Before(o.From.Start()):
		return fmt.Errorf("%w: the period ends before it begins", ErrOptions)
	case o.To.End().After(o.Now):
		// A report on days that are not over, renewed each day, would show each request.
		return fmt.Errorf("%w: %s has not ended", ErrOptions, o.To)
	}
	return o.Bands.check()
}

// Compute returns the report on those cases. Cases that were received before or
// after the period are checked, and not counted.
func Compute(cases []Case, o Options) (*Report, error) {
	if err := o.fill(cases); err != nil {
		return nil, err
	}
	seen := make(map[digest.Digest]bool)
	followed := make(map[digest.Digest]bool) // preservation orders
	byHalf := make(map[HalfYear][]Case)
	for _, c := range cases {
		if err := c.check(o.Now.Add(time.Second)); err != nil {
			return nil, err
		}
		if seen[c.Order] {
			return nil, fmt.Errorf("%w: order %s is there twice", ErrCase, c.Order)
		}
		seen[c.Order] = true
		if c.NationalSecurity == "" {
			followed[c.PreservedBy] = true
			h := HalfOf(c.ReceivedAt)
			byHalf[h] = append(byHalf[h], c)
		}
	}
	r := &Report{
		Format:           Format,
		Provider:         o.Provider,
		AsOf:             o.Now,
		Checkpoint:       o.Checkpoint,
		Threshold:        o.Threshold,
		Definitions:      definitions(o.Threshold, o.Bands),
		NationalSecurity: o.Bands.report(cases, o),
	}
	for h := o.From; !h.Start().After(o.To.Start()); h = h.Next() {
		p := Period{Period: h}
		for _, k := range kinds {
			of := slices.DeleteFunc(slices.Clone(byHalf[h]), func(c Case) bool { return c.group().name != k.name })
			p.Groups = append(p.Groups, k.count(of, followed, o.Threshold))
		}
		r.Periods = append(r.Periods, p)
	}
	return r, nil
}
