package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/export/order"
)

func orderShowCommand() *cli.Command {
	return &cli.Command{
		Name:        "show",
		Usage:       "print what an order says, to be compared with the paper; nothing is checked",
		ArgsUsage:   "ORDER",
		Description: "writ order show orders/2026-0042.order.json",
		Flags:       []cli.Flag{jsonFlag},
		Action: func(c *cli.Context) error {
			args, err := arguments(c, "ORDER")
			if err != nil {
				return err
			}
			s, _, err := readOrder(args[0])
			if err != nil {
				return err
			}
			if c.Bool("json") {
				return printJSON(c, struct {
					Verified bool          `json:"verified"` // never: that is what order check is for
					Digest   digest.Digest `json:"digest"`
					SignedBy []sign.KeyID  `json:"said_to_be_signed_by"`
					Order    order.Order   `json:"order"`
				}{false, s.Digest(), s.Signatures(), s.Order()})
			}
			printOrder(c.App.Writer, s)
			fmt.Fprintln(c.App.ErrWriter, "Nothing of this is verified; writ order check does that.")
			return nil
		},
	}
}

// printOrder writes what the order says. Its strings hold no control
// characters: order.Parse refuses them.
func printOrder(w io.Writer, s *order.Signed) {
	o := s.Order()
	line := func(label, format string, args ...any) {
		fmt.Fprintf(w, "%-14s %s\n", label, fmt.Sprintf(format, args...))
	}
	if o.Test {
		line("TEST ORDER", "not for real data")
	}
	line("order", "%s", o.ID)
	line("digest", "%s", s.Digest())
	line("provider", "%s", o.Provider)
	line("authority", "%s", o.Authority)
	line("agency", "%s", o.Agency)
	line("process", "%s under %s: %s", o.Process, o.Jurisdiction, o.LegalBasis)
	line("purpose", "%s", o.Purpose)
	line("issued", "%s", both(o.IssuedAt))
	if !o.NotBefore.IsZero() {
		line("not before", "%s", both(o.NotBefore))
	}
	line("expires", "%s", both(o.ExpiresAt))
	if !o.DueAt.IsZero() {
		line("due", "%s", both(o.DueAt))
	}
	for _, t := range o.Targets {
		if line("target", "%s %s", t.Type, t.Value); !t.At.IsZero() {
			line("", "held at %s", both(t.At))
		}
		if t.Several {
			line("", "every account that it finds")
		}
	}
	writeDoubts(w, o)
	for _, m := range o.Mandate {
		fields := make([]string, len(m.Fields))
		for i, f := range m.Fields {
			fields[i] = string(f)
		}
		if line("wanted", "%s: %s", m.Dataset, strings.Join(fields, ", ")); !m.From.IsZero() {
			line("", "from %s", both(m.From))
			line("", "to   %s, exclusive", both(m.To))
		}
	}
	printSpecial(line, o)
	for _, d := range o.Documents {
		line("document", "%s (%s, %d bytes, %s)", d.Name, d.MediaType, d.SizeBytes, d.SHA256)
	}
	for _, k := range s.Signatures() {
		line("said signed by", "key %s", k)
	}
}

func printSpecial(line func(label, format string, args ...any), o order.Order) {
	if f := o.Offence; f != nil {
		listed := ""
		if f.Listed {
			listed = ", listed"
		}
		line("offence", "%s (at most %d years%s)", f.Description, f.MaxSentenceYears, listed)
	}
	if e := o.Emergency; e != nil {
		line("emergency", "basis in %s", e.Basis)
		if b := e.CallBack; b != nil {
			line("", "called %s at %s, spoke to: %s", b.Number, both(b.At), b.Role)
		}
	}
	if !o.Follows.IsZero() {
		line("follows", "order %s", o.Follows)
	}
	if n := o.NonDisclosure; n != nil {
		until := ""
		if !n.Until.IsZero() {
			until = " " + both(n.Until)
		}
		line("secret", "%s%s, by %s", n.Kind, until, n.Document)
	}
	if n := o.Notification; n != nil {
		cleared := "has not cleared it"
		if !n.ClearedAt.IsZero() {
			cleared = "cleared it at " + both(n.ClearedAt)
		}
		line("notified", "%s, which %s", n.Authority, cleared)
	}
	if n := o.Consent; n != nil {
		line("consent", "to %s, by %s", strings.Join(n.Covers, ", "), n.Document)
	}
	if n := o.Enterprise; n != nil {
		line("enterprise", "not redirected: %s, by %s", n.Ground, n.Document)
	}
	if o.Certificate != "" {
		line("certificate", "%s", o.Certificate)
	}
}

// both writes an instant as the order has it and, if that differs, in UTC: a
// wrong hour finds a wrong person.
func both(i order.Instant) string {
	if strings.HasSuffix(i.String(), "Z") {
		return i.String()
	}
	return fmt.Sprintf("%s (%s)", i, i.UTC().Format(time.RFC3339Nano))
}
