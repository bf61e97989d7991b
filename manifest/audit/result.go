package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"writ/crypto/digest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// Format is the result's format version.
const Format = "writ.audit/v1"

// MaxFindings bounds the findings that are listed; the rest is only counted.
const MaxFindings = 10_000

// A Result is what an audit found. It names no target.
type Result struct {
	Format       string        `json:"format"`
	Provider     string        `json:"provider"`
	ProviderFile digest.Digest `json:"provider_file"` // fingerprint
	AuditedAt    time.Time     `json:"audited_at"`

	Ledger   Ledger        `json:"ledger,omitzero"` // zero if its checkpoint is not believed
	Complete bool          `json:"complete"`        // all entries were read
	From     int64         `json:"from"`            // entries before were checked by an earlier audit
	To       int64         `json:"to"`
	Counts   Counts        `json:"counts"`
	Findings []Finding     `json:"findings"`
	ByCode   []CodeCount   `json:"by_code"`
	Orders   []Order       `json:"orders"` // by receipt; see [Config.MaxOrders]
	Texts    []TextInForce `json:"in_force"`

	state []byte // if it was asked for
}

// A Ledger is what was audited.
type Ledger struct {
	Origin   string               `json:"origin"`
	Size     int64                `json:"size"`
	Root     string               `json:"root"` // base64
	Cosigned []ledger.Cosignature `json:"cosigned"`
	Extends  []int64              `json:"extends"` // sizes of the checkpoints that it was shown to extend
}

// Counts are how much was audited, earlier audits with the same state included.
type Counts struct {
	Received   int64 `json:"received"`
	Decided    int64 `json:"decided"`
	Exported   int64 `json:"exported"`
	Notified   int64 `json:"notified"`
	Released   int64 `json:"released"`
	Recalled   int64 `json:"recalled"`
	Configured int64 `json:"configured"`
	Unread     int64 `json:"unread"`   // entries that are no statement to be believed
	Replayed   int64 `json:"replayed"` // decisions made again
	Orders     int64 `json:"orders"`
	Deliveries int64 `json:"deliveries"` // looked at in the folder
	Violations int64 `json:"violations"`
	Open       int64 `json:"open"`
}

// A Finding is one thing that is wrong.
type Finding struct {
	Code     Code          `json:"code"`
	Severity Severity      `json:"severity"`
	Entry    int64         `json:"entry"` // in the ledger; -1 if it is about none
	Order    digest.Digest `json:"order,omitzero"`
	Export   string        `json:"export_id,omitzero"`
	What     string        `json:"what"`
}

// A CodeCount is how many findings have one code, and what it means.
type CodeCount struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Count    int64    `json:"count"`
	Means    string   `json:"means"`
}

// An Order is what the ledger says of one order.
type Order struct {
	Order        digest.Digest `json:"order"`
	Jurisdiction string        `json:"jurisdiction"`
	Process      string        `json:"process"`
	Authority    string        `json:"authority,omitzero"`
	Country      string        `json:"country,omitzero"`
	Emergency    bool          `json:"emergency"`
	ReceivedAt   time.Time     `json:"received_at,omitzero"`
	DecidedAt    time.Time     `json:"decided_at,omitzero"`  // the last time
	AnsweredAt   time.Time     `json:"answered_at,omitzero"` // no earlier than that it was recorded
	Deadline     time.Time     `json:"deadline,omitzero"`
	HeldUntil    time.Time     `json:"held_until,omitzero"`
	Result       string        `json:"result"` // exported, pending, or why nothing left
	Exports      []string      `json:"exports"`
	NoticeDue    time.Time     `json:"notice_due,omitzero"`
	NotifiedAt   time.Time     `json:"notified_at,omitzero"`
	Findings     int           `json:"findings"`
}

// A TextInForce is what decisions are made with now.
type TextInForce struct {
	What   act.What      `json:"what"`
	Digest digest.Digest `json:"digest"`
	Since  time.Time     `json:"since"`
}

// Err returns an error that wraps [ErrFindings] if anything was found.
func (r *Result) Err() error {
	n := r.Counts
	if n.Violations+n.Open == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s, %d open", ErrFindings, plural(int(n.Violations), "violation"), n.Open)
}

// JSON returns the result, indented, with a final newline.
func (r *Result) JSON() ([]byte, error) {
	b, err := json.Marshal(r, jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrAudit, err)
	}
	return append(b, '\n'), nil
}

// a finding before it is written down: where it was found.
type finding struct {
	code   Code
	entry  int64 // -1 if it is about none
	order  digest.Digest
	export string
}

// nowhere is about no entry.
func nowhere(c Code) finding { return finding{code: c, entry: -1} }

func (x finding) finding(format string, a ...any) Finding {
	return Finding{Code: x.code, Severity: x.code.Severity(), Entry: x.entry, Order: x.order, Export: x.export, What: fmt.Sprintf(format, a...)}
}

// findings are those of one audit, of which the first [MaxFindings] are kept.
type findings struct {
	List   []Finding      `json:"list"`
	Counts map[Code]int64 `json:"counts"`
}

func (l *findings) add(f Finding) {
	if l.Counts == nil {
		l.Counts = make(map[Code]int64)
	}
	l.Counts[f.Code]++
	if len(l.List) < MaxFindings {
		l.List = append(l.List, f)
	}
}

// finish puts the findings in order and counts them.
func (r *Result) finish(f *fold) {
	all := &f.now
	all.List = append(all.List, f.Found.List...)
	counts := make(map[Code]int64)
	for _, m := range []map[Code]int64{f.Found.Counts, f.now.Counts} {
		for c, n := range m {
			counts[c] += n
		}
	}
	r.Findings = slices.Clone(all.List)
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(strings.Compare(string(b.Severity), string(a.Severity)), cmp.Compare(a.Entry, b.Entry), strings.Compare(string(a.Code), string(b.Code)), strings.Compare(a.What, b.What))
	})
	r.Findings = r.Findings[:min(len(r.Findings), MaxFindings)]
	of := make(map[digest.Digest]int)
	for _, x := range r.Findings {
		of[x.Order]++
	}
	for i := range r.Orders {
		r.Orders[i].Findings = of[r.Orders[i].Order]
	}
	r.ByCode = []CodeCount{}
	for _, c := range codes {
		n := counts[c.Code]
		if n == 0 {
			continue
		}
		r.ByCode = append(r.ByCode, CodeCount{c.Code, c.Severity, n, c.Means})
		if c.Severity == Open {
			r.Counts.Open += n
		} else {
			r.Counts.Violations += n
		}
	}
}

// stamp writes a time for people.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05Z") }

func orNever(t time.Time) string {
	if t.IsZero() {
		return "no time"
	}
	return stamp(t)
}
