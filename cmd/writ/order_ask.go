package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
	"golang.org/x/term"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
	"writ/export/workspace"
)

// knowledge is what the workspace, if there is one, can offer to whoever
// writes an order.
type knowledge struct {
	registry *trust.Document
	catalog  *catalog.Catalog
}

func knowledgeOf(c *cli.Context) (*knowledge, error) {
	k := &knowledge{registry: &trust.Document{}}
	r, err := registryIfAny(c)
	if err != nil {
		return nil, err
	}
	if r != nil {
		d := r.Document()
		k.registry = &d
	}
	path := filepath.Join(c.String(workspaceFlag.Name), workspace.CatalogFile)
	if !exists(path) {
		return k, nil
	}
	b, err := readInput(path, catalog.MaxBytes)
	if err != nil {
		return nil, err
	}
	k.catalog, err = catalog.Parse(workspace.CatalogFile, b)
	return k, err
}

// timeless reports whether the catalog knows that a dataset has no time.
func (k *knowledge) timeless(name order.Dataset) bool {
	if k.catalog == nil {
		return false
	}
	d, ok := k.catalog.Dataset(name)
	return ok && d.Time == catalog.TimeColumn{}
}

// A need is something that an order must say.
type need struct {
	flag     string
	prompt   string
	quiet    bool // don't ask if there is a fallback
	many     bool
	optional bool
	offers   func(a answers, k *knowledge) []string
	fallback func(a answers, k *knowledge) string
	wrong    func(s string) string // what is wrong with an answer, or ""; order.New sees the rest
}

// orElse returns what is taken if nothing is said, or "".
func (n need) orElse(a answers, k *knowledge) string {
	if n.fallback == nil {
		return ""
	}
	return n.fallback(a, k)
}

// needs, in the order in which they are asked: later offers depend on earlier answers.
var needs = []need{
	{flag: "provider", prompt: "The provider to whom it is addressed", quiet: true, fallback: func(_ answers, k *knowledge) string { return k.registry.Provider }},
	{flag: "id", prompt: "The order's id, exactly as printed"},
	{flag: "authority", prompt: "Who issued it", offers: func(_ answers, k *knowledge) (ids []string) {
		for _, x := range k.registry.Authorities {
			ids = append(ids, x.ID)
		}
		return ids
	}},
	{flag: "jurisdiction", prompt: "Under which law", fallback: func(a answers, k *knowledge) string {
		for _, x := range k.registry.Authorities {
			if x.ID == a.one("authority") {
				return string(x.Jurisdiction)
			}
		}
		return ""
	}},
	{flag: "agency", prompt: "Which agency receives the data", offers: func(_ answers, k *knowledge) (ids []string) {
		for _, x := range k.registry.Agencies {
			ids = append(ids, x.ID)
		}
		return ids
	}},
	{flag: "process", prompt: "What kind of process is it", offers: func(a answers, k *knowledge) (kinds []string) {
		for _, x := range k.registry.Thresholds {
			if string(x.Jurisdiction) == a.one("jurisdiction") {
				kinds = append(kinds, string(x.Process))
			}
		}
		return kinds
	}},
	{flag: "purpose", prompt: "For what purpose",
		offers: func(answers, *knowledge) []string {
			return []string{string(order.Investigate), string(order.IdentifyUser)}
		},
		fallback: func(answers, *knowledge) string { return string(order.Investigate) }},
	{flag: "legal-basis", prompt: "Its legal basis, such as 18 U.S.C. 2703(d)"},
	{flag: "issued", prompt: "Issued at, such as 2026-03-02T09:00:00-08:00", wrong: wrongTime},
	{flag: "expires", prompt: "No longer in force at", wrong: wrongTime},
	{flag: "target", prompt: "Target as TYPE=VALUE", many: true, wrong: lacks("="), offers: func(_ answers, k *knowledge) (types []string) {
		if k.catalog != nil {
			for _, x := range k.catalog.Identifiers() {
				types = append(types, string(x.Type)+"=")
			}
		}
		return types
	}},
	{flag: "want", prompt: "Wanted, as DATASET:FIELD,FIELD", many: true, wrong: lacks(":"), offers: func(_ answers, k *knowledge) (all []string) {
		if k.catalog != nil {
			for _, d := range k.catalog.Datasets() {
				fields := make([]string, len(d.Fields))
				for i, f := range d.Fields {
					fields[i] = string(f.Name)
				}
				all = append(all, fmt.Sprintf("%s:%s", d.Name, strings.Join(fields, ",")))
			}
		}
		return all
	}},
	{flag: "from", prompt: "Records from (empty for no window)", optional: true, wrong: wrongTime},
	{flag: "to", prompt: "Records to, exclusive (empty for no window)", optional: true, wrong: wrongTime},
	{flag: "out", prompt: "File to write", fallback: func(a answers, _ *knowledge) string { return fileName(a.one("id")) }},
}

func wrongTime(s string) string {
	if _, err := order.ParseInstant(s); err != nil {
		return err.Error()
	}
	return ""
}

func lacks(separator string) func(string) string {
	return func(s string) string {
		if !strings.Contains(s, separator) {
			return "there is no " + separator + " in it"
		}
		return ""
	}
}

// interactive reports whether somebody can be asked.
func interactive(c *cli.Context) bool {
	in, ok := c.App.Reader.(*os.File)
	return ok && term.IsTerminal(int(in.Fd()))
}

// agreed asks for a yes before something is signed. Where nobody can be asked,
// the command line must have said it; refused says what did not happen.
func agreed(c *cli.Context, question, refused string) error {
	if c.Bool("yes") {
		return nil
	}
	if !interactive(c) {
		return fmt.Errorf("%w: %s: no terminal to ask on; compare what is shown above, then say --yes", errUsage, refused)
	}
	answer, err := newAsker(c).line(question)
	if err == nil && strings.TrimSpace(answer) != "yes" {
		err = fmt.Errorf("%w: %s", errUsage, refused)
	}
	return err
}

// An asker asks on a terminal: questions go where words go.
type asker struct {
	in  *bufio.Reader
	out io.Writer
}

func newAsker(c *cli.Context) *asker {
	return &asker{bufio.NewReader(c.App.Reader), c.App.ErrWriter}
}

// line asks for one line, without its end.
func (q *asker) line(prompt string) (string, error) {
	fmt.Fprintf(q.out, "%s: ", prompt)
	s, err := q.in.ReadString('\n')
	if errors.Is(err, io.EOF) {
		return "", fmt.Errorf("%w: the input ended before the last question", errUsage)
	}
	return strings.TrimRight(s, "\r\n"), err
}

// askAll asks for everything that is open.
func (q *asker) askAll(a answers, k *knowledge) error {
	for _, n := range needs {
		if len(a[n.flag]) > 0 {
			continue
		}
		fallback := n.orElse(a, k)
		if n.quiet && fallback != "" {
			a[n.flag] = []string{fallback}
			continue
		}
		typed, err := q.ask(n, fallback, a, k)
		if err != nil {
			return err
		}
		a[n.flag] = typed
	}
	return nil
}

// ask asks for what n needs until it has it. A number picks one of the offers
// for an answer that is whole; an empty line takes the fallback, or ends a list.
func (q *asker) ask(n need, fallback string, a answers, k *knowledge) ([]string, error) {
	var offers []string
	if n.offers != nil {
		offers = n.offers(a, k)
	}
	pick := !n.many
	for i, o := range offers {
		if pick {
			fmt.Fprintf(q.out, "  %d  %s\n", i+1, o)
		} else {
			fmt.Fprintf(q.out, "     %s\n", o)
		}
	}
	prompt := n.prompt
	if fallback != "" {
		prompt += " [" + fallback + "]"
	}
	var typed []string
	for {
		s, err := q.line(prompt)
		if err != nil {
			return nil, err
		}
		if i, err := strconv.Atoi(s); pick && err == nil && i >= 1 && i <= len(offers) {
			s = offers[i-1]
		}
		switch {
		case s != "" && n.wrong != nil && n.wrong(s) != "":
			fmt.Fprintf(q.out, "  %s\n", n.wrong(s))
		case s != "" && n.many:
			typed = append(typed, s)
			prompt = n.prompt + " (empty: no more)"
		case s != "":
			return []string{s}, nil
		case fallback != "":
			return []string{fallback}, nil
		case len(typed) > 0 || n.optional:
			return typed, nil
		default:
			fmt.Fprintln(q.out, "  this can't be left out")
		}
	}
}
