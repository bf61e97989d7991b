package audit

import (
	"cmp"
	"slices"
	"strings"

	"writ/manifest"
	"writ/manifest/act"
)

// conforms holds what a manifest says of each dataset to the decision: the
// fields that left are those granted, and all else is stated as it was decided.
func (f *fold) conforms(at finding, e *manifest.Export, d act.Decided) {
	differs := at
	differs.code = ManifestDiffers
	if e.Narrowed != d.Decision.Narrowed {
		f.find(differs, "the manifest says narrowed: %v, and the decision %v", e.Narrowed, d.Decision.Narrowed)
	}
	if !e.Times.Deadline.Equal(d.Decision.Clocks.Deadline) {
		f.find(differs, "the manifest states the deadline %s, and the decision %s", orNever(e.Times.Deadline), orNever(d.Decision.Clocks.Deadline))
	}
	if n := d.Decision.Notice; e.Notice != (manifest.Notice{Owed: n.Owed, After: e.Notice.After, Why: n.Why, Rule: n.Rule}) || !e.Notice.After.Equal(n.After) {
		f.find(differs, "the manifest states another notice to the user than the decision")
	}
	i := 0
	for _, x := range e.Datasets {
		for i < len(d.Decision.Datasets) && d.Decision.Datasets[i].Dataset < x.Name {
			f.find(differs, "dataset %s was decided on, and the manifest does not say what became of it", d.Decision.Datasets[i].Dataset)
			i++
		}
		if i == len(d.Decision.Datasets) || d.Decision.Datasets[i].Dataset != x.Name {
			unasked := at
			unasked.code = FieldNotGranted
			f.find(unasked, "dataset %s left, on which nothing was decided", x.Name)
			continue
		}
		planned := act.Planned{}
		if i < len(d.Planned) { // none of a rejected order
			planned = d.Planned[i]
		}
		f.dataset(at, x, d.Decision.Datasets[i], planned)
		i++
	}
	for ; i < len(d.Decision.Datasets); i++ {
		f.find(differs, "dataset %s was decided on, and the manifest does not say what became of it", d.Decision.Datasets[i].Dataset)
	}
}

func (f *fold) dataset(at finding, x manifest.Dataset, r act.Ruling, p act.Planned) {
	granted, withheld := byField(r)
	at.code = FieldNotGranted
	var wider []string
	for _, g := range x.Fields {
		if !slices.ContainsFunc(granted, func(y manifest.Granted) bool { return y.Name == g.Name }) {
			wider = append(wider, g.Name)
		}
	}
	if len(wider) > 0 {
		f.find(at, "%s of dataset %s left, and the decision does not grant it", strings.Join(wider, ", "), x.Name)
	}
	at.code = HoldBroken
	if p.Outcome == manifest.Held && x.Outcome != manifest.Held {
		until := "the user is told"
		if !r.HeldUntil.IsZero() {
			until = stamp(r.HeldUntil)
		}
		f.find(at, "dataset %s is %s, and the decision holds it until %s", x.Name, x.Outcome, until)
		return
	}
	at.code = ManifestDiffers
	if len(wider) == 0 && !same(x.Fields, granted) {
		f.find(at, "the fields of dataset %s, or their categories or rules, are not those granted", x.Name)
	}
	if len(wider) == 0 && !same(x.Withheld, withheld) {
		f.find(at, "what was withheld of dataset %s is not stated as it was decided", x.Name)
	}
	if x.From != r.From || x.To != r.To || !x.Until.Equal(r.HeldUntil) {
		f.find(at, "dataset %s has another window or hold than was decided", x.Name)
	}
	pulled := x.Outcome == manifest.Complete || x.Outcome == manifest.Partial || x.Outcome == manifest.NoneFound
	if p.Outcome == act.Pull && !pulled && x.Outcome != manifest.Unavailable || p.Outcome != act.Pull && x.Outcome != p.Outcome {
		f.find(at, "dataset %s is %s, and %s was planned", x.Name, x.Outcome, cmp.Or(string(p.Outcome), "nothing"))
	}
	if x.Accounts != p.Accounts || x.Redirected != p.Redirected {
		f.find(at, "dataset %s is of %d accounts and %d redirected ones, and %d and %d were planned", x.Name, x.Accounts, x.Redirected, p.Accounts, p.Redirected)
	}
}

// byField returns the decision on a dataset as a manifest states it.
func byField(r act.Ruling) (granted []manifest.Granted, withheld []manifest.Withheld) {
	for _, g := range r.Granted {
		for _, name := range g.Fields {
			granted = append(granted, manifest.Granted{Name: name, Category: g.Category, Rule: g.Rule})
		}
	}
	for _, w := range r.Withheld {
		for _, name := range w.Fields {
			withheld = append(withheld, manifest.Withheld{Name: name, Category: w.Category, Ground: w.Ground, Why: w.Why, Rule: w.Rule})
		}
	}
	slices.SortFunc(granted, func(a, b manifest.Granted) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(withheld, func(a, b manifest.Withheld) int { return strings.Compare(a.Name, b.Name) })
	return granted, withheld
}
