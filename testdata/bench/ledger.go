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
	d := dimension{
		title: "Ledger size", x: "entries",
		time:   []series{{name: "export", expect: logarithmic}, {name: "audit", expect: linear}, {name: "append", expect: logarithmic}},
		memory: []series{{name: "export", expect: flat}, {name: "audit", expect: flat}},
	}
	defer func() {
		if len(d.time[0].points) > 0 {
			r.growth = append(r.growth, d)
		}
	}()
	rated := min(h.entries, 100_000)
	for _, size := range tens(10, int(h.entries)) {
		have, err := h.grow(ctx, p, int64(size))
		if err != nil {
			return err
		}
		name := "ledger of " + count(int64(size))
		export, audit := p.export("writ export, "+name, h.tiny()), p.audit("writ audit, "+name)
		if err := h.compare(ctx, h.rounds, nil, export); err != nil {
			return err
		}
		if int64(size) == rated {
			err = h.auditRate(ctx, r, audit, size)
		} else {
			err = h.compare(ctx, pick(size > 100_000, 1, h.rounds), nil, audit)
		}
		if err != nil {
			return err
		}
		asked, err := p.appends(ctx, h.often())
		if err != nil {
			return err
		}
		for i, t := range []spread{export.wall(), audit.wall(), asked} {
			d.time[i].add(have, t.median)
		}
		for i, m := range []spread{export.peak(), audit.peak()} {
			d.memory[i].add(have, m.median)
		}
		r.tables = append(r.tables, comparison{"a " + name + " entries", []*command{export, audit}})
		if size == 10 || int64(size) == h.entries {
			r.rows = append(r.rows, row{key: "ledger-" + fmt.Sprint(size), what: "append and proof in an export, " + count(int64(size)) + " entries",
				ours: asked.seconds(), value: asked.median * 1e3, unit: "ms", target: atMost(15)})
		}
	}
	return os.RemoveAll(p.dir)
}

// grow lets a place's ledger grow to about size entries, and makes the indexes
// that belong to it.
func (h *harness) grow(ctx context.Context, p *place, size int64) (have int64, err error) {
	// What the ledger ends with is what it grows by.
	if err := h.once(ctx, nil, p.export("before", h.tiny())); err != nil {
		return 0, err
	}
	start := time.Now()
	if have, err = p.extend(ctx, size); err != nil {
		return 0, err
	}
	grown := time.Since(start)
	err = h.once(ctx, nil, p.export("after", h.tiny()))
	say("ledger: grew to %d entries in %.1f s, indexes in %.1f s", have, grown.Seconds(), (time.Since(start) - grown).Seconds())
	return have, err
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
		s, err := template.like(now, p.h.people)
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
func (h *harness) auditRate(ctx context.Context, r *result, audit *command, size int) error {
	raw, err := newSignatures(size)
	if err != nil {
		return err
	}
	peer := &command{name: "raw ECDSA P-256 verification, all cores"}
	both := &command{name: "the same, and Ed25519 of every third"}
	for range h.rounds {
		if err := h.once(ctx, nil, audit); err != nil {
			return err
		}
		for _, c := range []*command{peer, both} {
			seconds, err := raw.verify(c == both)
			if err != nil {
				return err
			}
			c.runs = append(c.runs, run{wall: seconds})
		}
		say("audit %.2f s, raw %.2f s, with engineers' %.2f s", last(audit).wall, last(peer).wall, last(both).wall)
	}
	r.tables = append(r.tables, comparison{"audit of " + count(int64(size)) + " statements", []*command{audit, peer, both}})
	a, b := audit.wall(), peer.wall()
	r.rows = append(r.rows,
		row{key: "audit", what: "audit, " + count(int64(size)) + " statements", peer: peer.name, ours: a.seconds(), theirs: b.seconds(),
			value: b.median / a.median, unit: "%", target: atLeast(0.8)},
		// An order has three statements, of which one bears its engineer's signature as well.
		row{key: "audit-signatures", what: "audit, " + count(int64(size)*4/3) + " signatures", peer: "raw verification of as many", ours: a.seconds(),
			theirs: both.wall().seconds(), value: both.wall().median / a.median, unit: "%"},
		row{key: "audit-memory", what: "memory of the audit, " + count(int64(size)) + " statements", ours: megabytes(audit.peak().median),
			value: audit.peak().median / (1 << 20), unit: "MiB"})
	return nil
}

func last(c *command) run { return c.runs[len(c.runs)-1] }
