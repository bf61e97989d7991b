package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/crypto/trust"
	"writ/export/durable"
	"writ/export/order"
	"writ/export/policy"
	"writ/export/workspace"
	"writ/manifest"
	"writ/manifest/approval"
)

func orderLiftCommand() *cli.Command {
	return &cli.Command{
		Name:      "lift",
		Usage:     "lift one ceiling for one order, as a reviewer: make the approval, or sign the one that is there",
		ArgsUsage: "ORDER APPROVAL",
		Description: "writ order lift --key anna.key --rule us.ceiling --bound accounts --to 250 --reason \"the operator confirmed the list by phone\" 2026-0042.order.json accounts.approval.json\n" +
			"writ order lift --key bert.key 2026-0042.order.json accounts.approval.json     the next reviewer signs the same\n" +
			"writ export --approval accounts.approval.json 2026-0042.order.json\n" +
			"Bounds are targets, accounts, records, bytes, window and window.CATEGORY (both in days), and orders and accounts of a\n" +
			"rate, which --rule names. As many reviewers as the order itself asks for must sign, and two at least.",
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "bound", Usage: "`NAME` of what is lifted"},
			&cli.StringFlag{Name: "rule", Usage: "`ID` of the rule that sets it, if several have that bound"},
			&cli.Int64Flag{Name: "to", Usage: "the `LIMIT` that stands instead, for this order"},
			&cli.StringFlag{Name: "reason", Usage: "`WHY`, for the agency and for auditors to read"},
			&cli.IntFlag{Name: "days", Value: 1, Usage: "for how many `DAYS` from now it counts, at most 7"},
			&cli.BoolFlag{Name: "yes", Usage: "don't ask; needed where there is no terminal"},
		}, signingFlags...),
		Action: runOrderLift,
	}
}

func runOrderLift(c *cli.Context) error {
	args, err := arguments(c, "ORDER", "APPROVAL")
	if err != nil {
		return err
	}
	w, err := openWorkspace(c)
	if err != nil {
		return err
	}
	s, _, err := readOrder(args[0])
	if err != nil {
		return err
	}
	now := time.Now()
	// What is lifted is a ceiling on a genuine order, which the policy knows.
	against := order.Against{Registry: w.Registry, ExportedAs: func(digest.Digest) string { return "" }, UnsafeTesting: w.Config.Testing}
	v, err := order.Verify(s, against, now)
	if err != nil {
		return err
	}
	bounds := w.Policy.Decide(v, w.Catalog, now).Bounds()
	file := args[1]
	var a *approval.Signed
	var before []byte
	if exists(file) {
		if before, err = readInput(file, approval.MaxBytes); err != nil {
			return err
		}
		if a, err = theirs(c, before, s); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	} else if a, err = newApproval(c, s, bounds, now); err != nil {
		return err
	}
	if err := named(a.Approval(), bounds); err != nil {
		return err
	}
	k, err := signingKey(c)
	if err != nil {
		return err
	}
	who, err := reviewerWith(w, k.Public(), now)
	if err != nil {
		return err
	}
	if err := confirmLift(c, s, a.Approval(), who); err != nil {
		return err
	}
	if err := a.Sign(k); err != nil {
		return err
	}
	if before == nil {
		err = createNew(file, a.Marshal(), 0o640)
	} else {
		var is []byte
		if is, err = readInput(file, approval.MaxBytes); err == nil && !bytes.Equal(is, before) {
			err = fmt.Errorf("%w: %s changed in the meantime; run the command again", errUsage, file)
		}
		if err == nil {
			err = durable.WriteFile(file, a.Marshal(), 0o640)
		}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(c.App.ErrWriter, "%s: approved as reviewer %s\n", file, who.ID)
	return tellMissing(c, w, s, a, now)
}

// newApproval makes the approval that the flags describe.
func newApproval(c *cli.Context, s *order.Signed, bounds []policy.Bound, now time.Time) (*approval.Signed, error) {
	if err := needFlags(c, "bound", "to", "reason"); err != nil {
		return nil, err
	}
	name, rule := c.String("bound"), c.String("rule")
	found := slices.DeleteFunc(slices.Clone(bounds), func(b policy.Bound) bool { return b.Name != name || rule != "" && b.Rule.ID != rule })
	switch {
	case len(found) == 0:
		return nil, fmt.Errorf("%w: no ceiling on this order is called %q; there are %s", errUsage, name, policy.Names(bounds))
	case len(found) > 1:
		return nil, fmt.Errorf("%w: several ceilings are called %q; name one with --rule: %s", errUsage, name, policy.Names(found))
	case c.Int64("to") <= found[0].Value:
		return nil, fmt.Errorf("%w: --to %d: want more than the ceiling, %d", errUsage, c.Int64("to"), found[0].Value)
	case c.Int64("to") > found[0].Most:
		return nil, fmt.Errorf("%w: --to %d: want %d to %d", errUsage, c.Int64("to"), found[0].Value+1, found[0].Most)
	}
	days := c.Int("days")
	if days < 1 || days > int(approval.MaxValid/(24*time.Hour)) {
		return nil, fmt.Errorf("%w: --days %d: want 1 to %d", errUsage, days, approval.MaxValid/(24*time.Hour))
	}
	a, err := approval.New(approval.Approval{
		Order: s.Digest(), Rule: found[0].Rule.ID, Bound: name, Ceiling: found[0].Value, Limit: c.Int64("to"), Reason: c.String("reason"),
		IssuedAt: now, ExpiresAt: now.Add(time.Duration(days) * 24 * time.Hour),
	})
	if err != nil {
		return nil, fmt.Errorf("%w: %v", errUsage, err) // what the flags say, not what somebody brought
	}
	return a, nil
}

// theirs reads an approval that another reviewer made, for the same order.
func theirs(c *cli.Context, b []byte, s *order.Signed) (*approval.Signed, error) {
	for _, flag := range []string{"bound", "rule", "to", "reason", "days"} {
		if c.IsSet(flag) {
			return nil, fmt.Errorf("%w: it is there already, and says what is approved; leave --%s out to sign it, or name a new file", errUsage, flag)
		}
	}
	a, err := approval.Parse(b)
	if err != nil {
		return nil, err
	}
	if a.Approval().Order != s.Digest() {
		return nil, fmt.Errorf("%w: it is for order %s", approval.ErrOrder, a.Approval().Order)
	}
	return a, nil
}

// named asks whether the approval names a ceiling on the order as it is.
func named(a approval.Approval, bounds []policy.Bound) error {
	i := slices.IndexFunc(bounds, func(b policy.Bound) bool { return b.Rule.ID == a.Rule && b.Name == a.Bound })
	switch {
	case i < 0:
		return fmt.Errorf("%w: it lifts %s of rule %s, which is no ceiling on this order; there are %s", approval.ErrCeiling, a.Bound, a.Rule, policy.Names(bounds))
	case a.Ceiling != bounds[i].Value:
		return fmt.Errorf("%w: it lifts a ceiling of %d, and it is %d now; make a fresh one", approval.ErrCeiling, a.Ceiling, bounds[i].Value)
	case a.Limit <= a.Ceiling || a.Limit > bounds[i].Most:
		return fmt.Errorf("%w: --to: want %d to %d", errUsage, bounds[i].Value+1, bounds[i].Most)
	}
	return nil
}

func reviewerWith(w *workspace.Workspace, k sign.PublicKey, now time.Time) (trust.Reviewer, error) {
	for _, p := range w.Registry.Reviewers(now) {
		if holds(p.Keys, k) {
			return p, nil
		}
	}
	return trust.Reviewer{}, fmt.Errorf("%w: the key belongs to no reviewer who counts now; use a reviewer's key, or ask whoever keeps the registry to add it", errUsage)
}

// confirmLift shows what is about to be approved, and asks.
func confirmLift(c *cli.Context, s *order.Signed, a approval.Approval, p trust.Reviewer) error {
	printOrder(c.App.ErrWriter, s)
	label(c.App.ErrWriter, "lifts", "%s of rule %s, from %d to %d, for this order", a.Bound, a.Rule, a.Ceiling, a.Limit)
	label(c.App.ErrWriter, "until", "%s", utc(a.ExpiresAt))
	label(c.App.ErrWriter, "because", "%s", a.Reason)
	return agreed(c, fmt.Sprintf("%s, may this order reach so much? Type yes to approve", p.Name), "not approved")
}

// tellMissing says who must still sign.
func tellMissing(c *cli.Context, w *workspace.Workspace, s *order.Signed, a *approval.Signed, now time.Time) error {
	o := s.Order()
	t, err := w.Registry.Threshold(o.Jurisdiction, o.Process)
	if err != nil {
		return err
	}
	reviewers := w.Registry.Reviewers(now)
	_, err = a.Check(s.Digest(), reviewers, t.Reviewers, a.Approval().IssuedAt)
	switch {
	case errors.Is(err, approval.ErrUnsigned):
		signed := a.Signers(reviewers)
		var others []string
		for _, r := range reviewers {
			if !slices.ContainsFunc(signed, func(g manifest.Signer) bool { return g.ID == r.ID }) {
				others = append(others, r.ID)
			}
		}
		fmt.Fprintf(c.App.ErrWriter, "It needs %d more; who could: %s\n", max(t.Reviewers, approval.MinSigners)-len(signed), strings.Join(others, ", "))
	case err != nil:
		return err
	default:
		fmt.Fprintln(c.App.ErrWriter, "It is complete: give it to writ plan and writ export with --approval.")
	}
	return nil
}
