package main

import (
	"context"
	"os"
	"path/filepath"

	"writ/manifest"
)

// What an agency types without writ, on the ciphertext F.
const (
	cosignVerifies = `cosign verify-blob-attestation --key signer.pub --bundle $F` + manifest.ManifestSuffix + ` --type ` + manifest.ExportType + ` \
	--insecure-ignore-tlog --new-bundle-format --trusted-root trusted_root.json --digest "$(sha256sum $F | cut -c1-64)" --digestAlg sha256`
	opensslVerifies = `openssl dgst -sha256 -verify signer.pub -signature signature pae && grep -q "$(openssl dgst -sha256 -r $F | cut -c1-64)" pae`
	unpacks         = `age -d -i agency.key $F | zstd -dc | tar -xf - -C "$OUT"`
	checksContents  = `cd "$OUT"/* && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt`
	writOpens       = `writ open --provider provider.json -i agency.key -o "$OUT/opened" $F`
	writVerifies    = `writ verify --provider provider.json $F`
)

// command is a command on the delivery.
func (d *delivery) command(name string, steps ...string) *command {
	c := &command{name: name, dir: d.dir, shell: "F=" + d.file()}
	for i, s := range steps {
		c.shell += map[bool]string{true: "\n", false: " &&\n"}[i == 0] + s
	}
	return c
}

// open times the agency's side on the large and on the tiny delivery.
func (h *harness) open(ctx context.Context, r *result) error {
	if err := h.database(ctx); err != nil {
		return err
	}
	for _, size := range []struct {
		name   string
		ask    ask
		rounds int
		opens  target
		checks target
	}{
		{"large", h.large(), h.rounds, atMost(1 / 1.2), atMost(1 / 1.5)},
		{"tiny", h.tiny(), h.often(), atMost(1.0 / 8), atMost(1.0 / 8)},
	} {
		d, err := h.deliver(ctx, size.name, size.ask)
		if err != nil {
			return err
		}
		if err := h.opens(ctx, r, d, size.name, size.rounds, size.opens, size.checks); err != nil {
			return err
		}
		if err := h.verifies(ctx, r, d, size.name, size.rounds); err != nil {
			return err
		}
	}
	return h.sizes(ctx, r)
}

func (h *harness) opens(ctx context.Context, r *result, d *delivery, size string, rounds int, opens, checks target) error {
	signer, verifies := "cosign", cosignVerifies
	if h.programs.cosign == "" {
		signer, verifies = "openssl", opensslVerifies
	}
	ours := d.command("writ open", writOpens)
	plain := d.command(signer+", age, zstd, tar", verifies, unpacks)
	checked := d.command(signer+", age, zstd, tar, sha256sum -c", verifies, unpacks, checksContents)
	lean := d.command("openssl, age, zstd, tar", opensslVerifies, unpacks)
	all := []*command{ours, plain, checked}
	if signer == "cosign" {
		all = append(all, lean)
	}
	if err := h.compare(ctx, rounds, d.warm, all...); err != nil {
		return err
	}
	r.tables = append(r.tables, comparison{"open, the " + size + " delivery", all})
	what := "open, " + size
	for _, x := range []struct {
		key  string
		peer *command
		goal target
	}{{"open-" + size, plain, opens}, {"open-" + size + "-checked", checked, checks}} {
		if size == "tiny" && h.programs.cosign == "" {
			r.rows = append(r.rows, h.byCosign(x.key, what, ours, nil, x.goal))
			continue
		}
		r.rows = append(r.rows, ratio(x.key, what, ours, x.peer, x.goal))
	}
	return nil
}

func (h *harness) verifies(ctx context.Context, r *result, d *delivery, size string, rounds int) error {
	ours := d.command("writ verify", writVerifies)
	sum := d.command("sha256sum", `sha256sum $F`)
	openssl := d.command("openssl dgst -sha256", `openssl dgst -sha256 $F`)
	all := []*command{ours, sum, openssl, d.command("openssl dgst, signature too", opensslVerifies)}
	if h.programs.cosign != "" {
		all = append(all, d.command("sha256sum, cosign", cosignVerifies))
	}
	if err := h.compare(ctx, max(rounds, 5), d.warm, all...); err != nil {
		return err
	}
	r.tables = append(r.tables, comparison{"verify, the " + size + " delivery, " + count(d.bytes) + " bytes", all})
	for _, x := range []struct {
		key  string
		peer *command
		goal target
	}{{"verify-" + size, sum, pick(size == "tiny", target{}, atMost(30))}, {"verify-" + size + "-openssl", openssl, target{}}} {
		r.rows = append(r.rows, row{key: x.key, what: "verify, " + size, peer: x.peer.name + ", which checks no signature", ours: ours.wall().seconds(), theirs: x.peer.wall().seconds(),
			value: (ours.wall().median - x.peer.wall().median) * 1e3, unit: "ms more", target: x.goal})
	}
	return nil
}

// warm reads the ciphertext once.
func (d *delivery) warm(context.Context) error {
	_, err := os.ReadFile(filepath.Join(d.dir, d.file()))
	return err
}

// sizes compares deliveries with what zstd makes of their very records: those of
// a person, and those of an account into which a thousand machines sign in.
func (h *harness) sizes(ctx context.Context, r *result) error {
	if err := h.size(ctx, r, "size", "large", "signins", atMost(1.05)); err != nil {
		return err
	}
	fleet := table{name: "fleet", rows: h.rows / 4, devices: 5000}
	if err := h.db.another(ctx, fleet); err != nil {
		return err
	}
	if _, err := h.deliver(ctx, "fleet", ask{[]int{1}, []string{"fleet"}, fleet.all(), fleet.rows}); err != nil {
		return err
	}
	return h.size(ctx, r, "size-fleet", "fleet", "fleet", target{})
}

func (h *harness) size(ctx context.Context, r *result, key, delivery, dataset string, t target) error {
	d := h.deliveries[delivery]
	c := d.command("zstd -3 of the same records", unpacks, `cat "$OUT"/*/data/`+dataset+`/*.ndjson | zstd -q -3 > "$OUT/records.zst"`,
		`mv "$OUT/records.zst" "$OUT/.." && rm -r "$OUT"/* && mv "$OUT/../records.zst" "$OUT"`)
	if err := h.compare(ctx, 1, nil, c); err != nil {
		return err
	}
	theirs := c.output().median
	r.rows = append(r.rows, row{key: key, what: "size of the delivery, " + delivery, peer: c.name,
		ours: count(d.bytes) + " bytes", theirs: count(int64(theirs)) + " bytes", value: float64(d.bytes) / theirs, target: t})
	return nil
}
