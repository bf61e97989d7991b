package export

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"writ/crypto/digest"
	"writ/export/order"
	"writ/export/plan"
	"writ/export/policy"
	"writ/manifest"
)

// statement says in the clear what a bundle holds, by which right, and what was
// withheld. It holds no identifier, no name and no value of a target.
func (c *Config) statement(p *plan.Plan, id string, done *pulled) manifest.Statement {
	d := p.Decision()
	datasets := make([]manifest.Dataset, 0, len(p.Datasets()))
	for i, planned := range p.Datasets() {
		pulled, read := done.datasets[i]
		datasets = append(datasets, dataset(planned, pulled, read))
	}
	clocks := d.Clocks()
	bag := manifest.Bag{TagManifest: done.sums.TagManifest, PayloadBytes: done.sums.PayloadBytes, PayloadFiles: done.sums.PayloadFiles}
	return manifest.Statement{
		Type:          manifest.StatementType,
		Subject:       manifest.Subjects(done.ciphertext, bag),
		PredicateType: manifest.ExportType,
		Predicate: manifest.Export{
			Format:     manifest.Format,
			ExportID:   id,
			Provider:   d.Order().Order().Provider,
			Order:      orderRef(d.Order().Order(), d.Order().Digest(), d.Order()),
			Approvals:  approvals(d.Order()),
			Narrowed:   d.Narrowed(),
			Datasets:   datasets,
			Recipients: []manifest.Recipients{{Kind: string(d.Order().Recipient().Kind()), Count: 1}},
			Ciphertext: done.ciphertext,
			Bag:        bag,
			Decided:    manifest.DecidedBy{Policy: d.Policy(), Catalog: d.Catalog(), Registry: c.Registry.Digest(), Plan: p.Digest()},
			Times: manifest.Times{
				ReceivedAt: second(clocks.ReceivedAt),
				DecidedAt:  second(d.DecidedAt()),
				StartedAt:  second(done.started),
				FinishedAt: second(done.finished),
				SignedAt:   second(done.finished),
				Deadline:   second(clocks.Deadline),
			},
			Notice: manifest.Notice{
				Owed: d.Notice().Owed, After: second(d.Notice().After), Why: d.Notice().Why, Rule: rule(d.Notice().Rule),
			},
			Tool: c.Tool,
		},
	}
}

// fits returns [manifest.ErrTooLarge] if the ledger could not take the statement
// of what is planned: that is not pulled.
func (c *Config) fits(p *plan.Plan, id string) error {
	all := &pulled{datasets: make(map[int]packed)}
	for i, d := range p.Datasets() {
		if d.Outcome == "" {
			all.datasets[i] = packed{} // its query is in the statement, once it is read
		}
	}
	return c.statement(p, id, all).Fits()
}

// approvals are the digests of what lifted ceilings for the order, sorted.
func approvals(v *order.Verified) []digest.Digest {
	var out []digest.Digest
	for _, a := range v.Approvals() {
		out = append(out, digest.Of(a.Envelope))
	}
	slices.SortFunc(out, func(a, b digest.Digest) int { return strings.Compare(a.Hex(), b.Hex()) })
	return out
}

// orderRef says which order a statement is about. verified is nil for one that
// was rejected.
func orderRef(o order.Order, sum digest.Digest, verified *order.Verified) manifest.OrderRef {
	ref := manifest.OrderRef{
		Digest:       sum,
		Jurisdiction: string(o.Jurisdiction),
		Process:      string(o.Process),
		Purpose:      string(o.Purpose),
		Authority:    o.Authority,
		Agency:       o.Agency,
		LegalBasis:   o.LegalBasis,
		Emergency:    o.Emergency != nil,
		Test:         o.Test,
	}
	if o.NonDisclosure != nil {
		ref.Secrecy = string(o.NonDisclosure.Kind)
	}
	counts := make(map[string]manifest.TargetCount)
	for _, t := range o.Targets {
		n := counts[string(t.Type)]
		n.Type = string(t.Type)
		n.Count++
		if t.Several {
			n.Several++
		}
		counts[n.Type] = n
	}
	for _, n := range counts {
		ref.Targets = append(ref.Targets, n)
	}
	slices.SortFunc(ref.Targets, func(a, b manifest.TargetCount) int { return strings.Compare(a.Type, b.Type) })
	if verified == nil {
		return ref
	}
	ref.Supplement = verified.Supplement()
	for _, s := range verified.Signatures() {
		ref.Signers = append(ref.Signers, manifest.Signer{Role: string(s.Role), ID: s.ID, KeyID: string(s.KeyID)})
	}
	return ref
}

// dataset states how one mandated dataset ended: read says that it was pulled.
func dataset(p plan.Dataset, got packed, read bool) manifest.Dataset {
	d := manifest.Dataset{
		Name:       string(p.Decision.Dataset),
		Outcome:    p.Outcome,
		Why:        p.Why,
		Until:      second(p.Decision.HeldUntil),
		From:       p.Decision.From.String(),
		To:         p.Decision.To.String(),
		Fields:     []manifest.Granted{},
		Withheld:   []manifest.Withheld{},
		Accounts:   p.Accounts,
		Redirected: p.Redirected,
		Root:       digest.Of(nil), // RFC 6962's root of no leaves
	}
	for _, v := range p.Decision.Verdicts {
		if v.Effect == policy.Grant {
			d.Fields = append(d.Fields, manifest.Granted{Name: string(v.Field), Category: string(v.Category), Rule: rule(v.Rule)})
			continue
		}
		d.Withheld = append(d.Withheld, manifest.Withheld{
			Name: string(v.Field), Category: string(v.Category), Ground: string(v.Ground), Why: v.Why, Rule: rule(v.Rule),
		})
	}
	if !read {
		return d
	}
	d.Records, d.Bytes, d.Root = got.Records, got.Bytes, got.Root
	d.Query, d.PulledAt = p.Query, second(got.at)
	switch {
	case p.Redirected > 0:
		d.Outcome = manifest.Partial
	case got.Records == 0:
		d.Outcome = manifest.NoneFound
	default:
		d.Outcome = manifest.Complete
	}
	return d
}

func rule(r policy.Rule) manifest.Rule { return manifest.Rule{ID: r.ID, Cite: r.Cite} }

// second is t as a manifest states it: in UTC, to the second.
func second(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// outcomes is a plan's outcomes in words, for when there is nothing to release.
func outcomes(p *plan.Plan) string {
	var said []string
	for _, d := range p.Datasets() {
		s := fmt.Sprintf("%s is %s", d.Decision.Dataset, d.Outcome)
		if d.Why != "" {
			s += " (" + d.Why + ")"
		} else if d.Outcome == manifest.Refused {
			s += " (" + refusal(p.Decision(), d.Decision.Verdicts) + ")"
		}
		said = append(said, s)
	}
	if n := len(said) - maxSaid; n > 0 {
		said = append(said[:maxSaid], fmt.Sprintf("%d more", n))
	}
	return strings.Join(said, "; ")
}

// maxSaid is of how many datasets an error speaks.
const maxSaid = 5

// refusal says why a dataset is refused: that it is over a ceiling, which can
// be lifted, or else why its first field stays.
func refusal(d *policy.Decision, verdicts []policy.Verdict) string {
	for _, v := range verdicts {
		if b, over := d.Over(v); over {
			return fmt.Sprintf("%s of %s; %s", v.Why, b.Rule.ID, plan.LiftHint(b.Rule.ID, b.Name))
		}
	}
	if len(verdicts) == 0 {
		return "no fields"
	}
	return verdicts[0].Why
}
