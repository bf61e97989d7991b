package main

import (
	"context"
	"fmt"
)

// export times whole exports, from the start of the process to the last byte on
// disk, beside pipelines that move the same rows.
func (h *harness) export(ctx context.Context, r *result) error {
	if err := h.database(ctx); err != nil {
		return err
	}
	if err := h.exportLarge(ctx, r); err != nil {
		return err
	}
	return h.exportTiny(ctx, r)
}

// large is the order for the large export: the first rows of account 1.
func (h *harness) large() ask {
	return ask{accounts: []int{1}, datasets: []string{"signins"}, window: h.signins.first(h.rows), rows: h.rows}
}

// tiny is the order for one account with few rows.
func (h *harness) tiny() ask {
	return ask{accounts: []int{2}, datasets: []string{"signins"}, window: h.signins.some(tinyRows), rows: tinyRows}
}

// How a pipeline signs what it made.
const (
	byOpenssl = `openssl dgst -sha256 -sign ` + plainKey + ` -out "$OUT/signature" "$OUT/export.zst.age"`
	byCosign  = `cosign sign-blob --yes --key keys/manifest.pem --bundle "$OUT/bundle.json" --tlog-upload=false --use-signing-config=false "$OUT/export.zst.age"`
	sumUp     = `sha256sum "$OUT/export.zst.age" > "$OUT/sum"`
)

// pipeline is what an administrator would type instead: SQL's copy, compressed,
// encrypted and signed.
func pipeline(name string, p *place, a ask, json bool, rest ...string) *command {
	query := fmt.Sprintf("select at, ended, ip, port, device, agent, succeeded from signins where account = %d and %s order by at, id", a.accounts[0], a.sql())
	copied := fmt.Sprintf(`\copy (%s) to stdout csv header`, query)
	if json {
		copied = fmt.Sprintf(`\copy (select row_to_json(r) from (%s) r) to stdout`, query)
	}
	c := &command{name: name, dir: p.dir, shell: fmt.Sprintf(`psql "$DSN" -qXc "%s" | zstd -q -3 | age -r $AGENCY > "$OUT/export.zst.age"`, copied)}
	for _, r := range rest {
		c.shell += " &&\n" + r
	}
	return c
}

// signing is how the pipelines sign: by cosign if it is there.
func (h *harness) signing() (name, shell string) {
	if h.programs.cosign == "" {
		return "openssl", byOpenssl
	}
	return "cosign", byCosign
}

func (h *harness) exportLarge(ctx context.Context, r *result) error {
	p, err := h.place("large")
	if err != nil {
		return err
	}
	signer, sign := h.signing()
	ours := p.export("writ export", h.large())
	json := pipeline("psql JSON, zstd -3, age, sha256sum, "+signer, p, h.large(), true, sumUp, sign)
	csv := pipeline("psql CSV, zstd -3, age, sha256sum, "+signer, p, h.large(), false, sumUp, sign)
	lean := pipeline("psql CSV, zstd -3, age, openssl", p, h.large(), false, byOpenssl)
	tuned := pipeline("the same, the server told as writ tells it", p, h.large(), false, byOpenssl)
	tuned.shell = "export PGOPTIONS='-c enable_seqscan=off -c enable_bitmapscan=off -c max_parallel_workers_per_gather=0 -c jit=off'\n" + tuned.shell
	all := []*command{ours, json, csv, lean, tuned}
	warm := func(ctx context.Context) error { return h.db.warm(ctx, h.signins) }
	if err := h.compare(ctx, h.rounds, warm, all...); err != nil {
		return err
	}
	r.tables = append(r.tables, comparison{count(int64(h.rows)) + " rows of one account", all})
	what := "export, " + count(int64(h.rows)) + " rows"
	r.rows = append(r.rows,
		ratio("export-json", what, ours, json, atMost(1/2.2)),
		ratio("export-csv", what, ours, csv, atMost(1/1.3)),
		ratio("export-csv-lean", what, ours, lean, target{}),
		ratio("export-csv-tuned", what, ours, tuned, target{}),
		h.bound(what, ours))
	return nil
}

// bound compares with what the machine can't do faster: all processor time,
// the server's included, spread over all cores.
func (h *harness) bound(what string, ours *command) row {
	least := over(ours.runs, func(r run) float64 { return (r.client + r.server) / float64(h.machine.cores) })
	share := over(ours.runs, func(r run) float64 { return (r.client + r.server) / float64(h.machine.cores) / r.wall })
	return row{key: "export-bound", what: what, peer: "all CPU work, the server's included, over the cores",
		ours: ours.wall().seconds(), theirs: least.seconds(), value: share.median, unit: "%", target: atLeast(0.8)}
}

func (h *harness) exportTiny(ctx context.Context, r *result) error {
	plain, err := h.place("tiny")
	if err != nil {
		return err
	}
	locked, err := h.place("tiny-password")
	if err != nil {
		return err
	}
	if err := locked.keys("keys/manifest.pem, password_file: keys/password", "keys/engineer.pem, password_file: keys/password"); err != nil {
		return err
	}
	ours := plain.export("writ export, keys without passwords", h.tiny())
	password := locked.export("writ export, both keys with passwords", h.tiny())
	openssl := pipeline("psql JSON, zstd -3, age, sha256sum, openssl", plain, h.tiny(), true, sumUp, byOpenssl)
	all := []*command{ours, password, openssl}
	var cosign *command
	if h.programs.cosign != "" {
		cosign = pipeline("psql JSON, zstd -3, age, sha256sum, cosign", plain, h.tiny(), true, sumUp, byCosign)
		all = append(all, cosign)
	}
	if err := h.compare(ctx, h.often(), nil, all...); err != nil {
		return err
	}
	r.tables = append(r.tables, comparison{fmt.Sprintf("1 account, %d rows, the ledger included", tinyRows), all})
	what := fmt.Sprintf("export, %d rows", tinyRows)
	for _, x := range []struct {
		key, what string
		ours      *command
	}{{"export-tiny", what, ours}, {"export-tiny-password", what + ", both keys with passwords", password}} {
		r.rows = append(r.rows, h.byCosign(x.key, x.what, x.ours, cosign, atMost(1.0/8)))
	}
	r.rows = append(r.rows, ratio("export-tiny-openssl", what, ours, openssl, target{}))
	return nil
}

// often is how many times what takes milliseconds is run.
func (h *harness) often() int { return 4 * h.rounds }

// byCosign compares with a peer that needs cosign, and says so if it is nil.
func (h *harness) byCosign(key, what string, ours, cosign *command, t target) row {
	if cosign == nil {
		return row{key: key, what: what, peer: "the same with cosign", ours: ours.wall().seconds(), target: t, missing: howToCosign}
	}
	return ratio(key, what, ours, cosign, t)
}
