package order

import (
	"errors"
	"fmt"
	"time"
)

// check reports what is wrong with the order's form, by the path of the first
// member that is wrong and never by its value. It believes nothing.
func (o *Order) check() error {
	c := &checker{documents: map[string]bool{}}
	if o.Format != Format {
		c.fail("format", "is not %q; this version reads no other", Format)
	}
	c.name("id", string(o.ID))
	if n := len(o.Nonce); n < MinNonce || n > MaxNonce {
		c.fail("nonce", "has %d bytes; give it %d to %d random ones", n, MinNonce, MaxNonce)
	}
	c.name("provider", o.Provider)
	c.name("authority", o.Authority)
	c.name("agency", o.Agency)
	c.word("jurisdiction", string(o.Jurisdiction), dashed)
	c.word("process", string(o.Process), dashed)
	if o.Purpose != Investigate && o.Purpose != IdentifyUser {
		c.fail("purpose", "must be %q or %q", Investigate, IdentifyUser)
	}
	c.text("legal_basis", o.LegalBasis, MaxText)
	c.times(o)
	c.exhibits(o.Documents) // before anything that names one
	c.targets(o.Targets)
	c.mandate(o.Mandate)
	c.special(o)
	return c.err
}

// times holds issued_at <= not_before < expires_at and issued_at <= due_at.
func (c *checker) times(o *Order) {
	c.instant("issued_at", o.IssuedAt)
	c.instant("expires_at", o.ExpiresAt)
	c.optional("not_before", o.NotBefore)
	c.optional("due_at", o.DueAt)
	c.after("expires_at", o.ExpiresAt, "issued_at", o.IssuedAt)
	if !o.NotBefore.IsZero() {
		c.notBefore("not_before", o.NotBefore, "issued_at", o.IssuedAt)
		c.after("expires_at", o.ExpiresAt, "not_before", o.NotBefore)
	}
	if !o.DueAt.IsZero() {
		c.notBefore("due_at", o.DueAt, "issued_at", o.IssuedAt)
	}
}

func (c *checker) targets(targets []Target) {
	c.count("targets", len(targets), 1, MaxTargets)
	type target struct {
		kind  TargetType
		value string
		at    time.Time
	}
	seen := make(map[target]bool, len(targets))
	for i, t := range targets {
		at := fmt.Sprintf("targets[%d]", i)
		c.word(at+".type", string(t.Type), dashed)
		c.text(at+".value", t.Value, MaxText)
		if pattern(t.Value) {
			c.fail(at+".value", "is a pattern; name one identifier exactly as the order has it")
		}
		c.optional(at+".at", t.At)
		k := target{t.Type, t.Value, t.At.UTC()}
		if seen[k] {
			c.fail(at, "names the same identifier as an earlier one; name each once")
		}
		seen[k] = true
	}
}

func (c *checker) mandate(items []Item) {
	c.count("mandate", len(items), 1, MaxItems)
	datasets := make(map[Dataset]bool, len(items))
	for i, it := range items {
		at := fmt.Sprintf("mandate[%d]", i)
		c.word(at+".dataset", string(it.Dataset), dotted)
		if datasets[it.Dataset] {
			c.fail(at+".dataset", "is mandated twice; join the two")
		}
		datasets[it.Dataset] = true

		c.count(at+".fields", len(it.Fields), 1, MaxFields)
		fields := make(map[Field]bool, len(it.Fields))
		for j, f := range it.Fields {
			at := fmt.Sprintf("%s.fields[%d]", at, j)
			c.word(at, string(f), dotted)
			if fields[f] {
				c.fail(at, "is named twice")
			}
			fields[f] = true
		}

		c.optional(at+".from", it.From)
		c.optional(at+".to", it.To)
		switch {
		case it.From.IsZero() && it.To.IsZero():
		case it.From.IsZero():
			c.fail(at+".from", "is missing although there is a to; give both ends or none")
		case it.To.IsZero():
			c.fail(at+".to", "is missing although there is a from; give both ends or none")
		default:
			c.after(at+".to", it.To, at+".from", it.From)
		}
	}
}

func (c *checker) exhibits(documents []Document) {
	c.count("documents", len(documents), 0, MaxDocuments)
	for i, d := range documents {
		at := fmt.Sprintf("documents[%d]", i)
		c.name(at+".name", d.Name)
		if !fileName().MatchString(d.Name) {
			c.fail(at+".name", "is not the bare name of a file")
		}
		if c.documents[d.Name] {
			c.fail(at+".name", "is the name of an earlier one; names are unique")
		}
		c.documents[d.Name] = true
		c.word(at+".media_type", d.MediaType, mediaType)
		if d.SizeBytes < 1 || d.SizeBytes > 1<<40 {
			c.fail(at+".size_bytes", "must be at least 1 and at most 2^40")
		}
		if d.SHA256.IsZero() {
			c.fail(at+".sha256", "is missing")
		}
	}
}

// special checks what only some orders have.
func (c *checker) special(o *Order) {
	if f := o.Offence; f != nil {
		c.text("offence.description", f.Description, MaxText)
		if f.MaxSentenceYears < 0 || f.MaxSentenceYears > 200 {
			c.fail("offence.max_sentence_years", "must be 0 to 200; write life as 200")
		}
	}
	switch e := o.Emergency; {
	case (o.Process == EmergencyProcess) != (e != nil):
		c.fail("emergency", "must be there if, and only if, the process is %q", EmergencyProcess)
	case e != nil:
		c.exhibit("emergency.basis", e.Basis)
		if b := e.CallBack; b != nil {
			c.name("emergency.call_back.number", b.Number)
			c.instant("emergency.call_back.at", b.At)
			c.notBefore("emergency.call_back.at", b.At, "issued_at", o.IssuedAt)
			c.name("emergency.call_back.role", b.Role)
		}
	}
	if o.Process == EmergencyProcess && !o.Follows.IsZero() {
		c.fail("follows", "is for the legal process that follows an emergency, and this is one")
	}
	if n := o.NonDisclosure; n != nil {
		switch {
		case n.Kind != SecretUntil && n.Kind != SecretFurtherOrder && n.Kind != SecretStatutory:
			c.fail("non_disclosure.kind", "must be %q, %q or %q", SecretUntil, SecretFurtherOrder, SecretStatutory)
		case n.Kind == SecretUntil:
			c.instant("non_disclosure.until", n.Until)
			c.after("non_disclosure.until", n.Until, "issued_at", o.IssuedAt)
		case !n.Until.IsZero():
			c.fail("non_disclosure.until", "is only for the kind %q", SecretUntil)
		}
		c.exhibit("non_disclosure.document", n.Document)
	}
	if n := o.Notification; n != nil {
		c.name("notification.authority", n.Authority)
		if c.optional("notification.cleared_at", n.ClearedAt); !n.ClearedAt.IsZero() {
			c.notBefore("notification.cleared_at", n.ClearedAt, "issued_at", o.IssuedAt)
		}
	}
	if n := o.Consent; n != nil {
		c.exhibit("consent.document", n.Document)
		c.count("consent.covers", len(n.Covers), 1, MaxItems)
		seen := map[string]bool{}
		for i, s := range n.Covers {
			at := fmt.Sprintf("consent.covers[%d]", i)
			c.word(at, s, dotted)
			if seen[s] {
				c.fail(at, "is named twice")
			}
			seen[s] = true
		}
	}
	if n := o.Enterprise; n != nil {
		if n.Ground != "consent" && n.Ground != "contract" {
			c.fail("enterprise.ground", `must be "consent" or "contract"`)
		}
		c.exhibit("enterprise.document", n.Document)
	}
	if o.Certificate != "" {
		c.exhibit("certificate", o.Certificate)
	}
}

// A checker keeps the first thing that is wrong.
type checker struct {
	documents map[string]bool
	err       error
}

func (c *checker) fail(path, format string, args ...any) {
	if c.err == nil {
		c.err = errors.New(path + " " + fmt.Sprintf(format, args...))
	}
}

func (c *checker) count(path string, n, least, most int) {
	if n < least || n > most {
		c.fail(path, "has %d entries; %d to %d are allowed", n, least, most)
	}
}

func (c *checker) instant(path string, i Instant) {
	if i.IsZero() {
		c.fail(path, "is missing")
	}
	c.optional(path, i)
}

// optional refuses an instant that could not be read back: [At] makes one of any time.
func (c *checker) optional(path string, i Instant) {
	if i.IsZero() {
		return
	}
	if _, err := ParseInstant(i.written); err != nil {
		c.fail(path, "is %v", err)
	}
}

func (c *checker) after(path string, i Instant, other string, j Instant) {
	if !i.UTC().After(j.UTC()) {
		c.fail(path, "is not after %s", other)
	}
}

func (c *checker) notBefore(path string, i Instant, other string, j Instant) {
	if i.UTC().Before(j.UTC()) {
		c.fail(path, "is before %s", other)
	}
}

// exhibit checks the name of a document that the order must have.
func (c *checker) exhibit(path, name string) {
	if c.name(path, name); !c.documents[name] {
		c.fail(path, "names no document of this order; list the document, or name another")
	}
}
