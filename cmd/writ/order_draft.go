package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/export/order"
)

// A drafter turns answers into an order. It keeps the first mistake.
type drafter struct {
	a         answers
	documents []order.Document
	paths     map[string]string // of documents, by name
	err       error
}

// draft makes the order that the answers describe. order.New checks it.
func draft(c *cli.Context, a answers, k *knowledge) (order.Order, error) {
	d := &drafter{a: a, paths: map[string]string{}}
	o := order.Order{
		ID: order.ID(a.one("id")), Provider: a.one("provider"), Authority: a.one("authority"), Agency: a.one("agency"),
		Jurisdiction: trust.Jurisdiction(a.one("jurisdiction")), Process: trust.Process(a.one("process")),
		Purpose: order.Purpose(a.one("purpose")), LegalBasis: a.one("legal-basis"),
		IssuedAt: d.time("issued"), NotBefore: d.time("not-before"), ExpiresAt: d.time("expires"), DueAt: d.time("due"),
		Targets: d.targets(), Mandate: d.mandate(k),
		Test: c.Bool("test"),
	}
	for _, path := range a["document"] {
		d.attach("document", path)
	}
	if d.any("emergency-basis", "call-back-number", "call-back-at", "call-back-role") {
		o.Emergency = &order.Emergency{Basis: d.file("emergency-basis")}
		if d.any("call-back-number", "call-back-at", "call-back-role") {
			o.Emergency.CallBack = &order.CallBack{Number: a.one("call-back-number"), At: d.time("call-back-at"), Role: a.one("call-back-role")}
		}
	}
	o.Follows = d.follows()
	if d.any("non-disclosure", "non-disclosure-until", "non-disclosure-document") {
		o.NonDisclosure = &order.NonDisclosure{Kind: order.Secrecy(a.one("non-disclosure")),
			Until: d.time("non-disclosure-until"), Document: d.file("non-disclosure-document")}
	}
	if d.any("consent", "consent-covers") {
		o.Consent = &order.Consent{Document: d.file("consent"), Covers: a["consent-covers"]}
	}
	if d.any("enterprise", "enterprise-document") {
		o.Enterprise = &order.Enterprise{Ground: a.one("enterprise"), Document: d.file("enterprise-document")}
	}
	if c.IsSet("offence") || c.IsSet("offence-max-years") || c.IsSet("offence-listed") {
		if !c.IsSet("offence-max-years") {
			d.fail("offence-max-years", "is missing beside --offence")
		}
		o.Offence = &order.Offence{Description: a.one("offence"), MaxSentenceYears: c.Int("offence-max-years"), Listed: c.Bool("offence-listed")}
	}
	if d.any("notification", "notification-cleared") {
		o.Notification = &order.Notification{Authority: a.one("notification"), ClearedAt: d.time("notification-cleared")}
	}
	o.Certificate = d.file("certificate")
	o.Documents = d.documents
	return o, d.err
}

func (d *drafter) fail(flag, format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("%w: --%s %s", errUsage, flag, fmt.Sprintf(format, args...))
	}
}

func (d *drafter) any(flags ...string) bool {
	for _, f := range flags {
		if len(d.a[f]) > 0 {
			return true
		}
	}
	return false
}

// follows is the digest of the order that a flag names.
func (d *drafter) follows() digest.Digest {
	name := d.a.one("follows")
	if name == "" {
		return digest.Digest{}
	}
	if sum, err := digest.Parse(name); err == nil {
		return sum
	}
	s, _, err := readOrder(name)
	if err != nil {
		d.fail("follows", "is neither a digest nor the file of an order: %s", strings.TrimPrefix(err.Error(), errUsage.Error()+": "))
		return digest.Digest{}
	}
	return s.Digest()
}

// time reads the instant that a flag gives, if it gives one.
func (d *drafter) time(flag string) order.Instant {
	if !d.any(flag) {
		return order.Instant{}
	}
	return d.instant(flag, d.a.one(flag))
}

func (d *drafter) instant(flag, s string) order.Instant {
	i, err := order.ParseInstant(s)
	if err != nil {
		d.fail(flag, "is %v", err)
	}
	return i
}

func (d *drafter) targets() (targets []order.Target) {
	times := d.a["target-at"]
	if n := len(d.a["target"]); len(times) > 1 && len(times) != n {
		d.fail("target-at", "is given %d times for %d targets; give it once for all, or once for each in turn", len(times), n)
		return nil
	}
	for i, s := range d.a["target"] {
		kind, value, ok := strings.Cut(s, "=")
		if !ok {
			d.fail("target", "number %d has no =; write TYPE=VALUE", i+1)
		}
		t := order.Target{Type: order.TargetType(kind), Value: value}
		if len(times) > 0 {
			t.At = d.instant("target-at", times[min(i, len(times)-1)])
		}
		targets = append(targets, t)
	}
	for _, s := range d.a["several"] {
		n, err := strconv.Atoi(s)
		if err != nil || n < 1 || n > len(targets) {
			d.fail("several", "is not the number of a target, from 1 to %d", len(targets))
			return nil
		}
		targets[n-1].Several = true
	}
	return targets
}

func (d *drafter) mandate(k *knowledge) (items []order.Item) {
	from, to := d.time("from"), d.time("to")
	used := false
	for i, s := range d.a["want"] {
		dataset, fields, ok := strings.Cut(s, ":")
		if !ok {
			d.fail("want", "number %d has no colon; write DATASET:FIELD,FIELD", i+1)
		}
		item := order.Item{Dataset: order.Dataset(dataset)}
		for f := range strings.SplitSeq(fields, ",") {
			item.Fields = append(item.Fields, order.Field(strings.TrimSpace(f)))
		}
		if !k.timeless(item.Dataset) {
			item.From, item.To, used = from, to, true
		}
		items = append(items, item)
	}
	if d.any("from", "to") && !used {
		d.fail("from", "and --to are for datasets that know a time, and none of those wanted does; leave them out")
	}
	return items
}

// file attaches the file that a flag names, if it names one.
func (d *drafter) file(flag string) string {
	if !d.any(flag) {
		return ""
	}
	return d.attach(flag, d.a.one(flag))
}

// attach lists a file by its name, digest and size, once.
func (d *drafter) attach(flag, path string) string {
	name := filepath.Base(path)
	if before, ok := d.paths[name]; ok {
		if filepath.Clean(path) != before {
			d.fail(flag, "names a second file called %s; rename one", name)
		}
		return name
	}
	f, err := os.Open(path)
	if err != nil {
		d.fail(flag, "%v", err)
		return name
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, f)
	if err != nil {
		d.fail(flag, "%v", err)
		return name
	}
	doc := order.Document{Name: name, MediaType: "application/octet-stream", SizeBytes: size, SHA256: [32]byte(h.Sum(nil))}
	if m, _, err := mime.ParseMediaType(mime.TypeByExtension(filepath.Ext(name))); err == nil {
		doc.MediaType = m
	}
	d.documents = append(d.documents, doc)
	d.paths[name] = filepath.Clean(path)
	return name
}
