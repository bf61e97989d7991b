package policy

import (
	"slices"
	"time"

	"writ/manifest"
	"writ/manifest/act"
)

// Record returns the decision as the ledger has it: a pure function of it, so
// that an audit can compare a decision made again with the one recorded.
func (d *Decision) Record() act.Decision {
	at := func(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
	out := act.Decision{
		Narrowed: d.Narrowed(),
		Ceilings: act.Ceilings{
			Targets: d.ceilings.Targets, Accounts: d.ceilings.Accounts, Records: d.ceilings.Records,
			Bytes: d.ceilings.Bytes, WindowDays: d.ceilings.WindowDays, Rule: manifest.Rule(d.ceilingRule),
		},
		Clocks: act.Clocks{
			NotBefore: at(d.clocks.NotBefore), Deadline: at(d.clocks.Deadline), PreserveUntil: at(d.clocks.PreserveUntil),
			RenewalHours: int(d.clocks.Renewal / time.Hour), Rule: manifest.Rule(d.clocks.Rule),
		},
		Notice:     d.notice.record(),
		Enterprise: act.Enterprise{Redirect: d.enterprise.Redirect, Why: d.enterprise.Why, Rule: manifest.Rule(d.enterprise.Rule)},
	}
	out.Ceilings.Lifted = slices.Clone(d.lifted)
	for _, w := range d.ceilings.Windows {
		out.Ceilings.Windows = append(out.Ceilings.Windows, act.Window{Category: string(w.Category), Days: w.Days})
	}
	out.FollowUp = d.followUp.record()
	for _, r := range d.rates {
		out.Rates = append(out.Rates, r.record())
	}
	for _, ds := range d.datasets {
		out.Datasets = append(out.Datasets, ds.record(at(ds.HeldUntil)))
	}
	return out
}

// record joins the fields that share everything but their name. The verdicts
// come by field, so the groups come by their first one.
func (d DatasetDecision) record(until time.Time) act.Ruling {
	out := act.Ruling{
		Dataset: string(d.Dataset), From: d.From.String(), To: d.To.String(),
		HeldUntil: until, Hold: manifest.Rule(d.Hold),
	}
	for _, v := range d.Verdicts {
		name, category, r := string(v.Field), string(v.Category), manifest.Rule(v.Rule)
		if v.Effect == Grant {
			i := slices.IndexFunc(out.Granted, func(g act.Grant) bool {
				return g.Category == category && g.Class == string(v.Class) && g.Rule == r
			})
			if i < 0 {
				i = len(out.Granted)
				out.Granted = append(out.Granted, act.Grant{Category: category, Class: string(v.Class), Rule: r})
			}
			out.Granted[i].Fields = append(out.Granted[i].Fields, name)
			continue
		}
		i := slices.IndexFunc(out.Withheld, func(w act.Withheld) bool {
			return w.Category == category && w.Ground == string(v.Ground) && w.Why == v.Why && w.Rule == r
		})
		if i < 0 {
			i = len(out.Withheld)
			out.Withheld = append(out.Withheld, act.Withheld{Category: category, Ground: string(v.Ground), Why: v.Why, Rule: r})
		}
		out.Withheld[i].Fields = append(out.Withheld[i].Fields, name)
	}
	return out
}
