package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/urfave/cli/v2"

	"writ/export"
	"writ/export/order"
	"writ/export/standing"
)

func orderStatusCommand() *cli.Command {
	return &cli.Command{
		Name:      "status",
		Usage:     "say how orders stand: what is missing, from whom, by when; what is due next comes first",
		ArgsUsage: "[ORDER|FOLDER…]",
		Description: "writ order status                                   every *" + orderSuffix + " in the workspace's folder orders\n" +
			"writ order status orders/2026-0042.order.json       one\n" +
			"writ order status --json inbox orders\n" +
			"It reads the ledger and pulls nothing.",
		Flags:  []cli.Flag{jsonFlag},
		Action: runOrderStatus,
	}
}

// A statusLine is how one file's order stands, or why the file is none.
type statusLine struct {
	File string `json:"file"`
	*standing.Standing
	Error string `json:"error,omitzero"`
}

func runOrderStatus(c *cli.Context) error {
	w, err := openWorkspace(c)
	if err != nil {
		return err
	}
	args := c.Args().Slice()
	if len(args) == 0 {
		args = []string{filepath.Join(c.String(workspaceFlag.Name), "orders")}
	}
	files, err := orderFiles(args)
	if err != nil {
		return err
	}
	config := standing.Config{Registry: w.Registry, Catalog: w.Catalog, Policy: w.Policy, Now: now(), UnsafeTesting: w.Config.Testing}
	if w.Registry.LedgerKeys(time.Now()) == nil {
		fmt.Fprintln(c.App.ErrWriter, "No ledger is pinned in the registry, so what was done about these orders is not known.")
	} else {
		p, err := planning(w)
		if err != nil {
			return err
		}
		config.Ledger = p.Ledger
		if p.Fingerprint != nil {
			config.Near = func(ctx context.Context, s *order.Signed) (string, error) {
				near, _, err := export.Near(ctx, p.Ledger, p.Fingerprint, p.Catalog, s)
				return near, err
			}
		}
	}
	lines := []statusLine{}
	for _, file := range files {
		s, _, err := readOrder(file)
		if errors.Is(err, order.ErrRejected) {
			lines = append(lines, statusLine{File: file, Error: strings.TrimPrefix(err.Error(), file+": ")})
			continue
		}
		if err != nil {
			return err
		}
		st, err := config.Of(c.Context, s)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		lines = append(lines, statusLine{File: file, Standing: st})
	}
	slices.SortStableFunc(lines, func(a, b statusLine) int { return standing.Compare(a.Standing, b.Standing) })
	if c.Bool("json") {
		return printJSON(c, lines)
	}
	printStatus(c.App.Writer, lines, config.Now)
	return nil
}

// orderFiles lists the files that are named, and those of folders that are.
func orderFiles(args []string) (files []string, err error) {
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("%w: there is no %s; name an order's file or a folder of them", errUsage, arg)
		case err != nil:
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		case !info.IsDir():
			files = append(files, arg)
			continue
		}
		entries, err := os.ReadDir(arg)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errUsage, err)
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), orderSuffix) {
				files = append(files, filepath.Join(arg, e.Name()))
			}
		}
	}
	return files, nil
}

// statusWidth is how wide the last column is.
const statusWidth = 60

func printStatus(w io.Writer, lines []statusLine, now time.Time) {
	if len(lines) == 0 {
		fmt.Fprintf(w, "no orders: no file's name ends in %s\n", orderSuffix)
		return
	}
	t := newTable("next", "order", "state", "what, and from whom")
	t.SetColumnConfigs(nil) // the last column is wrapped here, a sentence at a time
	for _, l := range lines {
		name := strings.TrimSuffix(filepath.Base(l.File), orderSuffix)
		if l.Standing == nil {
			t.AppendRow(table.Row{"", plain(name), "not an order", text.WrapSoft(plain(l.Error), statusWidth)})
			continue
		}
		state := strings.ReplaceAll(string(l.State), "-", " ")
		t.AppendRow(table.Row{due(l.Standing, now), plain(name) + "\n" + plain(l.ID) + ", " + plain(l.Process), state, whatNext(l)})
	}
	fmt.Fprintln(w, t.Render())
}

// due says what comes next, and when.
func due(s *standing.Standing, now time.Time) string {
	if len(s.Duties) == 0 {
		return ""
	}
	d := s.Duties[0]
	if d.By.IsZero() {
		return string(d.What) + ", no date"
	}
	said := fmt.Sprintf("%s\n%s", utc(d.By), d.What)
	if d.By.Before(now) && d.What != standing.Tell && d.What != standing.Release {
		said += ", OVERDUE"
	}
	return said
}

// whatNext says what is missing, from whom, and the command that goes on.
func whatNext(l statusLine) string {
	var says []string
	for _, x := range l.Exports {
		says = append(says, fmt.Sprintf("export %s, %s", x.ID, utc(x.At)))
	}
	if l.Why != "" && l.State != standing.Unsigned {
		says = append(says, l.Why)
	}
	for i, d := range l.Duties {
		if i > 0 && !d.By.IsZero() {
			says = append(says, fmt.Sprintf("then: %s, %s", d.What, utc(d.By)))
		}
	}
	lift := l.Lift + " --to N --reason WHY --key KEY " + l.File + " APPROVAL, then writ export --approval APPROVAL " + l.File
	switch l.State {
	case standing.Unsigned:
		says = append(says, l.Need.Words()...)
	case standing.Ready:
		if l.ReceivedAt.IsZero() {
			says = append(says, "writ order receive "+l.File+" starts its clocks")
		}
		says = append(says, "writ plan "+l.File+", then writ export")
	case standing.NoNotice:
		if l.ReceivedAt.IsZero() {
			says = append(says, "writ order receive "+l.File+" starts its clocks")
		}
		says = append(says, "writ plan "+l.File+" says whether they do; tell the user, then: writ notify --how HOW "+l.File+", and writ export")
	case standing.NoRoom:
		room := "it never fits"
		if !l.RoomAt.IsZero() {
			room = "there is room from " + utc(l.RoomAt) + ": then writ export " + l.File
		}
		says = append(says, room, "or reviewers lift that for this order: "+lift)
	case standing.NoReason:
		says = append(says, "if both are to be answered: writ export --supplement WHY "+l.File)
	case standing.Held:
		says = append(says, "then: writ export "+l.File)
	case standing.Rejected:
		if l.Lift != "" {
			says = append(says, "writ export "+l.File+" says which bound that is; reviewers can lift it for this order: "+lift)
		}
	case standing.Refused, standing.Redirected:
		if l.Lift != "" {
			says = append(says, "reviewers can lift that for this order: "+lift)
		}
		if len(l.Duties) > 0 {
			says = append(says, "writ export "+l.File+" records that")
		}
	case standing.NoticeDue:
		says = append(says, "tell the user, then: writ notify --how HOW "+l.File)
	case standing.FollowUpDue:
		says = append(says, fmt.Sprintf("ask authority %s for legal process; writ order new --follows %s writes it down", l.Authority, l.File))
	}
	for i, s := range says {
		says[i] = text.WrapSoft(plain(s), statusWidth)
	}
	return strings.Join(says, "\n")
}
