package main

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// plan times writ plan beside psql with the statements that a plan sends to the
// store, and looks whether those read by indexes alone.
func (h *harness) plan(ctx context.Context, r *result) error {
	if err := h.database(ctx); err != nil {
		return err
	}
	p, err := h.place("plan")
	if err != nil {
		return err
	}
	a := h.tiny()
	statements, err := h.statements(ctx, p, a)
	if err != nil {
		return err
	}
	if err := p.write("plan.sql", statements.script()); err != nil {
		return err
	}
	ours := p.plan("writ plan", a)
	peer := &command{name: "psql with the same statements", dir: p.dir, shell: `psql "$DSN" -qXf plan.sql`}
	all := []*command{ours, peer}
	warm := func(ctx context.Context) error { return h.db.warm(ctx, h.signins) }
	if err := h.compare(ctx, h.often(), warm, all...); err != nil {
		return err
	}
	scans, err := h.scans(ctx, statements)
	if err != nil {
		return err
	}
	r.tables = append(r.tables, comparison{"a store of " + count(int64(h.signins.rows)) + " rows of " + count(int64(h.signins.accounts+1)) + " accounts", all})
	what := "plan, store of " + count(int64(h.signins.rows)) + " rows"
	r.rows = append(r.rows,
		row{key: "plan", what: what, peer: peer.name, ours: ours.wall().seconds(), theirs: peer.wall().seconds(),
			value: (ours.wall().median - peer.wall().median) * 1e3, unit: "ms more", target: atMost(50)},
		row{key: "plan-index", what: what + ": tables read from end to end", ours: fmt.Sprint(scans), value: float64(scans), unit: "scans", target: atMost(0)})
	return nil
}

// store is what a plan asks of the store: the look-up of each target, and the
// planner's estimate of each read.
type store struct{ lookups, reads []string }

// statements returns them for a; the reads' text is what writ plan shows.
func (h *harness) statements(ctx context.Context, p *place, a ask) (store, error) {
	var s store
	if err := p.orders(a)(ctx); err != nil {
		return s, err
	}
	out, err := h.shell(ctx, p.dir, "writ plan --json order.json").Output()
	if err != nil {
		return s, fmt.Errorf("writ plan: %w", err)
	}
	var shown struct {
		Datasets []struct {
			Query string `json:"query"`
		} `json:"datasets"`
	}
	if err := json.Unmarshal(out, &shown); err != nil {
		return s, err
	}
	for _, n := range a.accounts {
		s.lookups = append(s.lookups, fmt.Sprintf(`SELECT DISTINCT i."id"::text FROM "public"."accounts" AS i WHERE i."email" = 'user%d@example.com' ORDER BY 1 LIMIT 2`, n))
	}
	bound := strings.NewReplacer("$1", fmt.Sprintf("'%d'", a.accounts[0]), "$2", "'"+a.from.Format(micros)+"'", "$3", "'"+a.to.Format(micros)+"'")
	for _, d := range shown.Datasets {
		if d.Query == "" {
			return s, fmt.Errorf("writ plan shows no query")
		}
		s.reads = append(s.reads, bound.Replace(d.Query))
	}
	return s, nil
}

// script is what psql is timed with.
func (s store) script() string {
	return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;\n" + lines("", s.lookups) + lines("EXPLAIN ", s.reads) + "COMMIT;\n"
}

func lines(before string, statements []string) string {
	var b strings.Builder
	for _, s := range statements {
		b.WriteString(before + s + ";\n")
	}
	return b.String()
}

// scans counts the tables that the statements read from end to end.
func (h *harness) scans(ctx context.Context, s store) (int, error) {
	c := exec.CommandContext(ctx, "psql", h.db.dsn, "-qX", "-v", "ON_ERROR_STOP=1", "-f", "-")
	c.Stdin = strings.NewReader(lines("EXPLAIN ", slices.Concat(s.lookups, s.reads)))
	out, err := c.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("psql: %w\n%s", err, out)
	}
	if !strings.Contains(string(out), "Index") {
		return 0, fmt.Errorf("no plan names an index:\n%s", out)
	}
	return strings.Count(string(out), "Seq Scan"), nil
}
