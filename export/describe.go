package export

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/crypto/digest"
	"writ/export/pack"
	"writ/export/plan"
	"writ/manifest"
	"writ/manifest/bag"
)

// describe packs what makes the records readable: the order that they answer,
// the schema of each dataset that was read, and the draft of a certificate.
func (c *Config) describe(w *pack.Writer, p *plan.Plan, done *pulled) error {
	if err := w.File("order.dsse.json", p.Decision().Order().Envelope()); err != nil {
		return err
	}
	for _, a := range p.Decision().Order().Approvals() {
		name := strings.TrimPrefix(bag.Approval(digest.Of(a.Envelope)), bag.Data)
		if err := w.File(name, a.Envelope); err != nil {
			return err
		}
	}
	for i, d := range p.Datasets() {
		if _, read := done.datasets[i]; !read {
			continue
		}
		known, _ := c.Catalog.Dataset(d.Decision.Dataset)
		schema, err := pack.Schema(known, d.Read.Fields)
		if err != nil {
			return err
		}
		if err := w.File(fmt.Sprintf("schema/%s.json", d.Decision.Dataset), schema); err != nil {
			return err
		}
	}
	draft, err := c.certificate(w, p, done).Draft()
	if err != nil {
		return err
	}
	return w.File("certificate.txt", draft)
}

// certificate is what the tool knows for the certificate that a person signs.
func (c *Config) certificate(w *pack.Writer, p *plan.Plan, done *pulled) pack.Certificate {
	verified := p.Decision().Order()
	o := verified.Order()
	cert := pack.Certificate{
		Provider:    o.Provider,
		ExportID:    done.id,
		Order:       string(o.ID),
		OrderDigest: verified.Digest(),
		Process:     string(o.Process),
		LegalBasis:  o.LegalBasis,
		Authority:   verified.Authority().Name,
		Agency:      verified.Agency().Name,
		Test:        o.Test,
		Files:       slices.Clone(w.Files()),
		Tool:        fmt.Sprintf("%s %s, build %s, %s", c.Tool.Name, c.Tool.Version, c.Tool.Build, c.Tool.Go),
		StartedAt:   done.started,
		FinishedAt:  done.finished,
	}
	found := p.Targets()
	for i, t := range o.Targets {
		target := fmt.Sprintf("%s: %s", t.Type, t.Value)
		if !t.At.IsZero() {
			target += " at " + t.At.String()
		}
		if t.Several && i < len(found) {
			target += fmt.Sprintf(" (every account of it, as the order says: %d)", found[i].Accounts)
		}
		cert.Targets = append(cert.Targets, target)
	}
	for i, d := range p.Datasets() {
		got, read := done.datasets[i]
		cert.Datasets = append(cert.Datasets, c.certified(d, dataset(d, got, read)))
	}
	return cert
}

// certified is what the certificate says of one dataset, as the manifest states it.
func (c *Config) certified(d plan.Dataset, said manifest.Dataset) pack.Certified {
	known, _ := c.Catalog.Dataset(d.Decision.Dataset)
	out := pack.Certified{
		Name: said.Name, Description: known.Description, System: string(d.Store), Query: said.Query, PulledAt: said.PulledAt,
		Outcome: string(said.Outcome), Why: said.Why, Records: said.Records,
	}
	if said.From != "" {
		out.Window = fmt.Sprintf("from %s (included) to %s (excluded); in UTC from %s to %s", said.From, said.To,
			d.Decision.From.UTC().Format(time.RFC3339), d.Decision.To.UTC().Format(time.RFC3339))
	}
	for _, f := range said.Fields {
		out.Fields = append(out.Fields, f.Name)
	}
	for _, f := range said.Withheld {
		out.Withheld = append(out.Withheld, f.Name+" ("+f.Ground+")")
	}
	return out
}
