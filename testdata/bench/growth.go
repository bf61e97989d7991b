package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// A dimension is something that grows, with what time and memory do.
type dimension struct {
	title, x     string
	time, memory []series
}

// growth measures time and memory against what an export may have much of.
func (h *harness) growth(ctx context.Context, r *result) error {
	if err := h.database(ctx); err != nil {
		return err
	}
	var failed error // one does not keep the others from being measured
	for _, grow := range []func(context.Context, *result) error{h.growRows, h.growAccounts, h.growDatasets, h.growRules, h.growRegistry} {
		if err := grow(ctx, r); err != nil {
			say("growth: %v", err)
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// growRows exports, verifies and opens more and more rows of one account.
func (h *harness) growRows(ctx context.Context, r *result) error {
	p, err := h.place("rows")
	if err != nil {
		return err
	}
	d := dimension{title: "Rows", x: "rows"}
	for _, name := range []string{"export", "verify", "open"} {
		d.time = append(d.time, series{name: name, expect: linear})
		d.memory = append(d.memory, series{name: name, expect: bounded})
	}
	most := 2 * h.rows
	asks := make([]ask, 0, 8)
	for rows := 1000; rows <= most; rows *= 10 {
		asks = append(asks, ask{[]int{1}, []string{"signins"}, h.signins.first(rows), rows})
	}
	if h.huge {
		archive := table{name: "archive", rows: 10 * h.rows, devices: 12}
		say("generating %d rows more", archive.rows)
		if err := h.db.another(ctx, archive); err != nil {
			return err
		}
		asks = append(asks, ask{[]int{1}, []string{"archive"}, archive.all(), archive.rows})
	}
	for _, a := range asks {
		if err := p.datasets(a.datasets[0], a.datasets[0]); err != nil {
			return err
		}
		steps, err := h.roundTrip(ctx, p, a, r)
		if err != nil {
			return err
		}
		for i, c := range steps {
			d.time[i].add(int64(a.rows), c.wall().median)
			d.memory[i].add(int64(a.rows), c.peak().median)
		}
	}
	for _, s := range d.memory {
		largest := 0.0
		for _, p := range s.points {
			largest = max(largest, p.y)
		}
		last := s.points[len(s.points)-1]
		r.rows = append(r.rows, row{key: "memory-" + s.name, what: "peak memory of " + s.name + ", up to " + count(int64(last.x)) + " rows",
			ours: megabytes(largest), value: largest / (1 << 20), unit: "MiB", target: atMost(peakBytes >> 20)})
	}
	r.growth = append(r.growth, d)
	if h.huge {
		if err := h.db.script(ctx, "drop table archive;"); err != nil {
			return err
		}
	}
	return os.RemoveAll(p.dir)
}

// roundTrip exports a, and verifies and opens what came of it.
func (h *harness) roundTrip(ctx context.Context, p *place, a ask, r *result) ([]*command, error) {
	rounds := pick(a.rows > 1_000_000, 1, h.rounds)
	name := count(int64(a.rows)) + " rows"
	export := p.export("writ export, "+name, a)
	if err := h.compare(ctx, rounds, nil, export); err != nil {
		return nil, err
	}
	d, err := h.took("growth")
	if err != nil {
		return nil, err
	}
	defer d.remove()
	verify := d.command("writ verify, "+name, writVerifies)
	open := d.command("writ open, "+name, writOpens)
	if err := h.compare(ctx, rounds, nil, verify, open); err != nil {
		return nil, err
	}
	all := []*command{export, verify, open}
	r.tables = append(r.tables, comparison{name, all})
	return all, os.RemoveAll(h.out)
}

// grown measures one command of writ's at each size. Its time may grow linearly.
func (h *harness) grown(ctx context.Context, r *result, title, x string, sizes []int, memory trend, at func(size int) (*command, error)) error {
	took, peak := series{expect: linear}, series{expect: memory}
	for _, size := range sizes {
		c, err := at(size)
		if err != nil {
			return err
		}
		say("%s: %d", title, size)
		took.name, peak.name = c.name, c.name
		if err := h.compare(ctx, h.rounds, nil, c); err != nil {
			return fmt.Errorf("%s, %d: %w", title, size, err)
		}
		took.add(int64(size), c.wall().median)
		peak.add(int64(size), c.peak().median)
	}
	r.growth = append(r.growth, dimension{title, x, []series{took}, []series{peak}})
	return nil
}

func (h *harness) growAccounts(ctx context.Context, r *result) error {
	p, err := h.place("accounts")
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.dir)
	return h.grown(ctx, r, "Accounts of an order", "accounts", tens(1, min(1000, h.signins.accounts)), bounded, func(n int) (*command, error) {
		a := h.tiny()
		a.rows *= n
		for i := 1; i < n; i++ {
			a.accounts = append(a.accounts, 2+i)
		}
		return p.export("export", a), nil
	})
}

func (h *harness) growDatasets(ctx context.Context, r *result) error {
	p, err := h.place("datasets")
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.dir)
	// A manifest of more would not fit into the ledger.
	return h.grown(ctx, r, "Datasets", "datasets", []int{1, 3, 10, 30}, bounded, func(n int) (*command, error) {
		a := h.tiny()
		a.rows *= n
		a.datasets = nil
		for i := range n {
			a.datasets = append(a.datasets, fmt.Sprintf("d%03d", i))
		}
		return p.export("export", a), p.datasets("signins", a.datasets...)
	})
}

func (h *harness) growRules(ctx context.Context, r *result) error {
	p, err := h.place("rules")
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.dir)
	return h.grown(ctx, r, "Policy", "rules more than the defaults", tens(10, 1000), linear, func(n int) (*command, error) {
		return p.plan("plan", h.tiny()), p.rules(n)
	})
}

func (h *harness) growRegistry(ctx context.Context, r *result) error {
	p, err := h.place("registry")
	if err != nil {
		return err
	}
	defer os.RemoveAll(p.dir)
	most := 0
	return h.grown(ctx, r, "Registry", "authorities", tens(10, 9_999), linear, func(n int) (*command, error) {
		err := p.authorities(n - most)
		most = n
		return p.plan("plan", h.tiny()), err
	})
}

// tens returns first, ten times as many and so on, and at last most.
func tens(first, most int) []int {
	var all []int
	for n := first; n < most; n *= 10 {
		all = append(all, n)
	}
	return append(all, most)
}
