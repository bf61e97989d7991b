package record

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/crypto/digest"
	"writ/manifest/act"
)

// A Delivery is an export as the ledger has it, with what somebody needs who
// recalls it: whom to tell, and why it might be wrong.
type Delivery struct {
	ExportID   string        `json:"export_id"`
	Order      digest.Digest `json:"order"`
	Agency     string        `json:"agency"`
	SignedAt   time.Time     `json:"signed_at"`
	Build      string        `json:"build"` // of the tool that made it
	Ciphertext digest.Digest `json:"ciphertext"`
	Recalled   bool          `json:"recalled"` // before
}

// Deliveries returns the exports with those ids or, without any, all that a
// build of the tool made; by id. It reads the whole ledger. If one of the ids,
// or the build, made no export, the error is [ErrUnknown].
func (r *Recorder) Deliveries(ctx context.Context, build string, ids ...string) ([]Delivery, error) {
	v, err := r.c.Reader.View(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[string]*Delivery)
	recalled := make(map[string]bool)
	builds := make(map[string]int)
	for e, err := range v.Entries(ctx, 0, v.Checkpoint().Size()) {
		if err != nil {
			return nil, err
		}
		a, err := r.believe(e.Bytes, act.KindExported, act.KindRecalled)
		if err != nil {
			return nil, fmt.Errorf("ledger entry %d: %w", e.Index, err)
		}
		switch a := a.(type) {
		case act.Exported:
			x := a.Predicate
			builds[x.Tool.Build]++
			if len(ids) == 0 && x.Tool.Build == build || slices.Contains(ids, x.ExportID) {
				found[x.ExportID] = &Delivery{
					ExportID: x.ExportID, Order: x.Order.Digest, Agency: x.Order.Agency, SignedAt: x.Times.SignedAt,
					Build: x.Tool.Build, Ciphertext: x.Ciphertext.SHA256,
				}
			}
		case act.Recalled:
			for _, x := range a.Exports {
				recalled[x.ExportID] = true
			}
		}
	}
	for _, id := range ids {
		if found[id] == nil {
			return nil, fmt.Errorf("%w: no export %s", ErrUnknown, id)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%w: no export by build %s; there are %s", ErrUnknown, build, counted(builds))
	}
	var out []Delivery
	for id, d := range found {
		d.Recalled = recalled[id]
		out = append(out, *d)
	}
	slices.SortFunc(out, func(a, b Delivery) int { return strings.Compare(a.ExportID, b.ExportID) })
	return out, nil
}

// believe returns what a statement of one of those kinds says, once it is
// verified; nil of another kind.
func (r *Recorder) believe(entry []byte, kinds ...act.Kind) (act.Act, error) {
	signed, err := act.Parse(entry)
	if err != nil || !slices.Contains(kinds, signed.Kind()) {
		return nil, err
	}
	v, err := act.Verify(signed, r.c.Provider)
	if err != nil {
		return nil, err
	}
	return v.Act(), nil
}

// counted lists builds and how many exports each made.
func counted(builds map[string]int) string {
	var said []string
	for build, n := range builds {
		said = append(said, fmt.Sprintf("%s (%d)", build, n))
	}
	if len(said) == 0 {
		return "none at all"
	}
	slices.Sort(said)
	return strings.Join(said, ", ")
}

// Recall records that those deliveries must not be relied upon any longer;
// what was recalled before is left out. build names the tool's, if that is the
// reason. It returns how many were recalled now.
func (r *Recorder) Recall(ctx context.Context, all []Delivery, why, build string) (int, error) {
	var exports []act.RecalledExport
	for _, d := range all {
		if !d.Recalled {
			exports = append(exports, act.RecalledExport{ExportID: d.ExportID, Ciphertext: d.Ciphertext})
		}
	}
	head := r.Head()
	var acts []act.Act
	for some := range slices.Chunk(exports, act.MaxExports) {
		acts = append(acts, act.Recalled{Head: head, RecalledAt: head.RecordedAt, Exports: some, Why: why, Build: build})
	}
	if err := r.say(ctx, acts...); err != nil {
		return 0, err
	}
	return len(exports), nil
}
