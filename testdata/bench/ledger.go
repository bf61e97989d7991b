package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"writ/export/workspace"
)

// ledger lets one ledger grow, and measures at each size what an export asks of
// it and what an audit takes; and once the audit beside raw verification.
func (h *harness) ledger(ctx context.Context, r *result) error {
	if err := h.database(ctx); err != nil {
		return err
	}
	p, err := h.place("ledger")
	if err != nil {
		return err
	}
	var exports, audits, appends series
	exports.name, audits.name, appends.name = "export", "audit", "append and proof"
	exports.expect, audits.expect, appends.expect = logarithmic, linear, logarithmic
	exported, audited := series{name: "export", expect: flat}, series{name: "audit", expect: flat}
	first, last := int64(10), pick(h.quick, int64(10_000), 1_000_000)
	for size := first; size <= last; size *= 10 {
		// What the ledger ends with is what it grows by. The second makes every
		// index that the growth left behind.
		if err := h.once(ctx, nil, p.export("before", h.tiny())); err != nil {
			return err
		}
		say("ledger: growing to %d entries", size)
		have, err := p.extend(ctx, size)
		if err != nil {
			return err
		}
		export := p.export("writ export, ledger of "+count(size), h.tiny())
		if err := h.once(ctx, nil, p.export("after", h.tiny())); err != nil {
			return err
		}
		if err := h.compare(ctx, h.rounds, nil, export); err != nil {
			return err
		}
		audit := p.audit("writ audit, ledger of " + count(size))
		if err := h.compare(ctx, pick(size > 100_000, 1, h.rounds), nil, audit); err != nil {
			return err
		}
		asked, err := p.appends(ctx, h.often())
		if err != nil {
			return err
		}
		exports.add(have, export.wall().median)
		exported.add(have, export.peak().median)
		audits.add(have, audit.wall().median)
		audited.add(have, audit.peak().median)
		appends.add(have, asked.median)
		r.tables = append(r.tables, comparison{"a ledger of about " + count(size) + " entries", []*command{export, audit}})
		if size == first || size == last {
			r.rows = append(r.rows, row{key: "ledger-" + fmt.Sprint(size), what: "append and proof in an export, " + count(size) + " entries",
				ours: asked.seconds(), value: asked.median * 1e3, unit: "ms", target: atMost(15)})
		}
		if size == pick(h.quick, last, 100_000) {
			if err := h.auditRate(ctx, r, p, size); err != nil {
				return err
			}
		}
	}
	r.growth = append(r.growth, dimension{
		title: "Ledger size", x: "entries", time: []series{exports, audits, appends}, memory: []series{exported, audited},
	})
	return os.RemoveAll(p.dir)
}

// audit is writ audit of the place's ledger. It finds nothing, or it fails.
func (p *place) audit(name string) *command {
	return &command{name: name, dir: p.dir, shell: "writ audit --provider provider.json ledger"}
}

// appends measures what an export asks of the ledger: to open it, to append
// what was received and decided, to append the manifest and prove it, to close.
func (p *place) appends(ctx context.Context, times int) (spread, error) {
	w, err := workspace.Open(p.dir)
	if err != nil {
		return spread{}, err
	}
	reader, err := w.LedgerReader()
	if err != nil {
		return spread{}, err
	}
	template, err := lastAnswered(ctx, reader)
	if err != nil {
		return spread{}, err
	}
	var took []float64
	for range times {
		// Orders that no other number is like, and not right after the last.
		now := uint64(time.Now().UnixNano())
		s, err := template.like(now, p.h.people.provider)
		if err != nil {
			return spread{}, err
		}
		before := time.Now().Add(-time.Minute)
		if err := os.Chtimes(filepath.Join(p.dir, "ledger", "checkpoint"), before, before); err != nil {
			return spread{}, err
		}
		start := time.Now()
		l, err := p.log(ctx, w)
		if err != nil {
			return spread{}, err
		}
		_, err = l.AppendAll(ctx, s[0], s[1])
		if err == nil {
			_, err = l.Append(ctx, s[2])
		}
		if e := l.Close(); err == nil {
			err = e
		}
		if err != nil {
			return spread{}, err
		}
		took = append(took, time.Since(start).Seconds())
	}
	return spreadOf(took), nil
}

// auditRate compares an audit with the verification of as many signatures.
func (h *harness) auditRate(ctx context.Context, r *result, p *place, size int64) error {
	raw, err := newSignatures(int(size))
	if err != nil {
		return err
	}
	audit := p.audit("writ audit")
	peer := &command{name: "raw ECDSA P-256 verification, all cores"}
	for range h.rounds {
		if err := h.once(ctx, nil, audit); err != nil {
			return err
		}
		seconds, err := raw.verify()
		if err != nil {
			return err
		}
		peer.runs = append(peer.runs, run{wall: seconds})
		say("audit %.2f s, raw %.2f s", audit.runs[len(audit.runs)-1].wall, seconds)
	}
	r.tables = append(r.tables, comparison{"audit of " + count(size) + " statements", []*command{audit, peer}})
	a, b := audit.wall(), peer.wall()
	r.rows = append(r.rows,
		row{key: "audit", what: "audit, " + count(size) + " statements", peer: peer.name, ours: a.seconds(), theirs: b.seconds(),
			value: b.median / a.median, unit: "%", target: atLeast(0.8)},
		row{key: "audit-memory", what: "memory of the audit, " + count(size) + " statements", ours: megabytes(audit.peak().median),
			value: audit.peak().median / (1 << 20), unit: "MiB"})
	return nil
}
