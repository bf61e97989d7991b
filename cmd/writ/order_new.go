package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"writ/export/durable"
	"writ/export/order"
	"writ/export/plan"
)

func orderNewCommand() *cli.Command {
	one := func(name, usage string) cli.Flag { return &cli.StringFlag{Name: name, Usage: usage} }
	many := func(name, usage string) cli.Flag { return &cli.StringSliceFlag{Name: name, Usage: usage} }
	yes := func(name, usage string) cli.Flag { return &cli.BoolFlag{Name: name, Usage: usage} }
	return &cli.Command{
		Name:  "new",
		Usage: "write an order down, for signing; asks for what the flags leave out if it runs on a terminal",
		Description: "writ order new --id 1:26-gj-0417 --authority usdc-ndca --agency fbi-sf --process subpoena \\\n" +
			"  --legal-basis '18 U.S.C. 2703(c)(2)' --issued 2026-03-02T09:00:00-08:00 --expires 2026-04-02T00:00:00-08:00 \\\n" +
			"  --target email=j.doe@mail.example --want accounts:name,address --want sign-ins:at,ip \\\n" +
			"  --from 2026-01-01T00:00:00-08:00 --to 2026-03-01T00:00:00-08:00 --out 0417.order.json\n" +
			"Times are RFC 3339 with their zone, as on the paper. Files that a flag names are attached by digest.",
		Flags: []cli.Flag{
			one("id", "the order's `ID`, exactly as printed"),
			one("provider", "the provider's `ID`; default: the workspace's"),
			one("authority", "registry `ID` of the issuer"),
			one("agency", "registry `ID` of the receiver"),
			one("jurisdiction", "`LAW` it was made under, such as us; default: the authority's"),
			one("process", "`KIND` of legal process, such as subpoena"),
			one("purpose", "investigate (default) or identify-user"),
			one("legal-basis", "`TEXT` such as '18 U.S.C. 2703(d)'"),
			one("issued", "`TIME`"),
			one("not-before", "`TIME` from which it is in force; default: --issued"),
			one("expires", "`TIME` at which it is no longer in force"),
			one("due", "`TIME` by which it asks for an answer"),
			many("target", "`TYPE=VALUE`, the value exactly as it stands behind the first =; repeatable"),
			many("target-at", "`TIME` at which the target was held: once for all targets, or once for each in turn"),
			many("several", "`NUMBER` of a target, counted from 1, of which the order wants every account that it finds; repeatable"),
			many("want", "`DATASET:FIELD,FIELD…`; repeatable"),
			one("from", "`TIME`: wanted records from here, inclusive; for all datasets that know a time"),
			one("to", "`TIME`: … to here, exclusive"),
			many("document", "`FILE` to attach; repeatable"),
			one("emergency-basis", "`FILE` with the written good-faith basis"),
			one("call-back-number", "`NUMBER` of the registry on which the authority was called"),
			one("call-back-at", "`TIME` of that call"),
			one("call-back-role", "`ROLE` of the person spoken to"),
			one("follows", "`ORDER` of an emergency that this one is the later legal process of: its file, or its digest"),
			one("non-disclosure", "until, further-order or statutory"),
			one("non-disclosure-until", "`TIME`"),
			one("non-disclosure-document", "`FILE` that says so"),
			one("consent", "`FILE` with the user's consent"),
			many("consent-covers", "`CATEGORY` that it covers; repeatable"),
			one("enterprise", "why an enterprise's data is not redirected: consent or contract"),
			one("enterprise-document", "`FILE` that shows it"),
			one("offence", "`TEXT`: what the order is about"),
			&cli.IntFlag{Name: "offence-max-years", Usage: "`YEARS` of its longest sentence; life is 200"},
			yes("offence-listed", "it is in a directive that the regulation lists"),
			one("notification", "the enforcing `AUTHORITY` that was notified"),
			one("notification-cleared", "`TIME` at which it said that it raises no ground"),
			one("certificate", "`FILE`: the Designated Authority's certificate"),
			yes("test", "make a test order, which only a test workspace takes"),
			one("out", "`FILE` to write, ending in "+orderSuffix),
		},
		Action: runOrderNew,
	}
}

func runOrderNew(c *cli.Context) error {
	if _, err := arguments(c); err != nil {
		return err
	}
	k, err := knowledgeOf(c)
	if err != nil {
		return err
	}
	a := answersOf(c)
	if err := complete(c, a, k); err != nil {
		return err
	}
	out := a.one("out")
	if !strings.HasSuffix(out, orderSuffix) {
		return fmt.Errorf("%w: --out: the name must end in %s", errUsage, orderSuffix)
	}
	o, err := draft(c, a, k)
	if err != nil {
		return err
	}
	s, err := order.New(o)
	if err != nil { // nothing is rejected yet: whoever types is told
		what := strings.TrimPrefix(err.Error(), order.ErrMalformed.Error()+": ")
		return fmt.Errorf("%w: the order can't be written: %s", errUsage, what)
	}
	err = durable.CreateFile(out, s.Marshal(), 0o640)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%w: %s is there already; choose another name", errUsage, out)
	case err != nil:
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	printOrder(c.App.ErrWriter, s)
	if k.catalog != nil { // the paper may say so all the same, and that it was turned away is to be recorded
		if err := plan.CheckTargets(o, k.catalog); err != nil {
			fmt.Fprintf(c.App.ErrWriter, "look twice     %v; so the order would be turned away\n", err)
		}
	}
	fmt.Fprintf(c.App.ErrWriter, "Compare this with the paper. Then: writ order sign (the authority) or writ order approve (reviewers).\n")
	_, err = fmt.Fprintln(c.App.Writer, out)
	return err
}

// answers are what flags said and what was typed, by the flag's name.
type answers map[string][]string

func (a answers) one(name string) string {
	if v := a[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

func answersOf(c *cli.Context) answers {
	a := answers{}
	for _, f := range c.Command.Flags {
		name := f.Names()[0]
		switch f.(type) {
		case *cli.StringFlag:
			if c.IsSet(name) {
				a[name] = []string{c.String(name)}
			}
		case *cli.StringSliceFlag:
			a[name] = c.StringSlice(name)
		}
	}
	return a
}

// complete fills in what has a default. If something without one is missing,
// it asks for everything that is open, or names it if there is no terminal.
func complete(c *cli.Context, a answers, k *knowledge) error {
	missing := unanswered(a, k)
	if len(missing) == 0 {
		return nil
	}
	if !interactive(c) {
		return fmt.Errorf("%w: %s must be given (on a terminal, writ order new asks for what is missing)", errUsage, strings.Join(missing, ", "))
	}
	return newAsker(c).askAll(a, k)
}

// unanswered takes the defaults and returns the flags that are needed still; if
// there are any, a is as it was.
func unanswered(a answers, k *knowledge) (missing []string) {
	filled := maps.Clone(a)
	for _, n := range needs {
		if len(filled[n.flag]) > 0 {
			continue
		}
		if s := n.orElse(filled, k); s != "" {
			filled[n.flag] = []string{s}
		} else if !n.optional {
			missing = append(missing, "--"+n.flag)
		}
	}
	if len(missing) == 0 {
		maps.Copy(a, filled)
	}
	return missing
}

// fileName makes the name of an order's file from its id.
func fileName(id string) string {
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, id)
	parts := slices.DeleteFunc(strings.Split(name, "-"), func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, "-") + orderSuffix
}

// exists reports whether a workspace's file is there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
