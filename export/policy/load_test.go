package policy

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"writ/export/catalog"
)

// files returns the defaults as a map that a test may change.
func files(t testing.TB) fstest.MapFS {
	t.Helper()
	m := fstest.MapFS{}
	entries, err := fs.ReadDir(Defaults(), ".")
	if err != nil || len(entries) == 0 {
		t.Fatalf("no defaults (%v)", err)
	}
	for _, e := range entries {
		b, err := fs.ReadFile(Defaults(), e.Name())
		if err != nil {
			t.Fatal(err)
		}
		m[e.Name()] = &fstest.MapFile{Data: b}
	}
	return m
}

func TestLoadRefusesCedar(t *testing.T) {
	const base = `@id("us.subscriber.a-name")`
	rule := func(s string) string { return "@id(\"x.y\")\n@cite(\"law\")\n" + s + "\n" + base }
	for _, tt := range []struct{ name, old, new, want string }{
		{"syntax", base, "permit (", "us.cedar:"},
		{"no id", base, "", `us.cedar:13: the rule needs @id(…) of lower-case letters, digits, . and -, at most 64; it has ""`},
		{"an id that is none", base, `@id("US 1")`, `it has "US 1"`},
		{"no citation", `@cite("18 U.S.C. 2703(c)(2)(A)")`, "", `rule "us.subscriber.a-name" needs @cite(…), one line that says which law it follows`},
		{"empty citation", `@cite("18 U.S.C. 2703(c)(2)(A)")`, `@cite(" ")`, `rule "us.subscriber.a-name" needs @cite(…)`},
		{"another annotation", base, base + "\n@note(\"x\")", `want the annotations @id and @cite alone`},
		{"an id twice", `@id("us.subscriber.b-address")`, base, `rule "us.subscriber.a-name" is there twice`},
		{"an id that the YAML has", base, `@id("us.notice")`, `rule "us.notice" is in`},
		{"an id that another law has", base, `@id("eu.subscriber")`, `rule "eu.subscriber" is in`},
		{"a process that there is not", base, rule(`permit (principal in ProcessType::"warant", action == Action::"compel", resource);`), `names ProcessType::"warant", which there is not`},
		{"a category that there is not", base, rule(`permit (principal in ProcessType::"nsl", action == Action::"compel", resource in Category::"identity.nam");`), `names Category::"identity.nam", which there is not`},
		{"a class that there is not", base, rule(`forbid (principal, action, resource) when { context.class == DataClass::"metadata" };`), `names DataClass::"metadata", which there is not`},
		{"an issuer that there is not, in a list", base, rule(`forbid (principal, action, resource) when { [IssuerKind::"mayor"].contains(context.issuer) };`), `names IssuerKind::"mayor", which there is not`},
		{"an action that there is not", base, rule(`permit (principal in ProcessType::"nsl", action == Action::"release", resource);`), `rule "x.y"`},
		{"an attribute that there is not", base, rule(`forbid (principal, action, resource) when { context.expired };`), `rule "x.y"`},
		{"an attribute of another type", base, rule(`forbid (principal, action, resource) when { context.window_days == "7" };`), `rule "x.y"`},
		{"a permit for any process", base, rule(`permit (principal, action == Action::"compel", resource);`), `a permit names its process`},
		{"a permit for any verb", base, rule(`permit (principal == ProcessType::"nsl", action, resource);`), `a permit names its verb`},
		{"a permit for both verbs", base, rule(`permit (principal == ProcessType::"nsl", action in [Action::"compel", Action::"disclose"], resource);`), `a permit names its verb`},
		{"a permit for secrets", base, rule(`permit (principal == ProcessType::"search-warrant", action == Action::"compel", resource == Category::"secret");`), `nothing can permit "secret"`},
		{"a permit for secrets, below", base, rule(`permit (principal == ProcessType::"search-warrant", action == Action::"compel", resource in Category::"secret");`), `nothing can permit "secret"`},
		{"a permit for secrets, by condition", base, rule(`permit (principal == ProcessType::"search-warrant", action == Action::"compel", resource) when { resource in Category::"secret" };`), `nothing can permit "secret"`},
		{"not text", base, "\x00", `want text in UTF-8`},
		{"too deep", base, rule(`forbid (principal, action, resource) when { ` + strings.Repeat("(", 100) + `true` + strings.Repeat(")", 100) + ` };`), `nested deeper than 64`},
	} {
		t.Run(tt.name, func(t *testing.T) { refuses(t, "us.cedar", tt.old, tt.new, tt.want) })
	}
}

func TestLoadRefusesYAML(t *testing.T) {
	for _, tt := range []struct{ name, old, new, want string }{
		{"another format", "policy/v1", "policy/v2", `us.yaml:2: format: want "writ.policy/v1"`},
		{"another law", "jurisdiction: us", "jurisdiction: eu", `us.yaml:3: jurisdiction: want "us"`},
		{"unknown key", "jurisdiction: us", "jurisdiction: us\nextra: x", `us.yaml:4: unknown key "extra"`},
		{"unknown key in a process", `subpoena: {`, `subpoena: {colour: red, `, `us.yaml:14: process "subpoena": unknown key "colour"`},
		{"a process twice", "  nsl:", "  subpoena: {cite: x}\n  nsl:", `mapping key "subpoena" already defined`},
		{"a process without a citation", `subpoena: {cite: "18 U.S.C. 2703(c)(2)"}`, `subpoena: {}`, `process "subpoena": "cite" is missing`},
		{"a ladder with a circle", "2703(c)(2)\"}", "2703(c)(2)\", includes: [search-warrant]}", `process "subpoena": includes "search-warrant", which is not a process above it`},
		{"preservation that releases", "releases: false, preserve: 90d, renew: 90d", "releases: true", `process "preservation": preserving releases nothing: it needs releases: false`},
		{"preservation that says nothing of it", "releases: false, preserve: 90d, renew: 90d", "renew: 90d", `process "preservation": preserving releases nothing: it needs releases: false`},
		{"preservation that includes", "releases: false, ", "releases: false, includes: [search-warrant], ", `includes none and is not voluntary`},
		{"preservation without an end", "preserve: 90d, ", "", `says how long it preserves`},
		{"an issuer that there is not", "issuers: [court, judge]", "issuers: [court, mayor]", `rule "us.issuer.court": no authority is of the kind "mayor"`},
		{"nobody to sign", "issuers: [court, judge]", "reviewers: 0", `rule "us.issuer.court": want issuers, or 1 to 20 reviewers, or both`},
		{"a process that there is not", "processes: [emergency], reviewers", "processes: [urgency], reviewers", `rule "us.emergency.two-people": no process is called "urgency"`},
		{"a class that there is not", "deadline: order", "classes: [metadata], deadline: order", `no class is called "metadata"`},
		{"a condition that there is not", "deadline: order", "when: asked, deadline: order", `when: want notified, cleared or secret; not "asked"`},
		{"a moment that is none", "deadline: order", "deadline: soon", `deadline: want hours or days such as 8h or 10d`},
		{"a hold that the order sets", "deadline: order", "not_before: order", `not_before: want hours or days`},
		{"no day at all", "deadline: order", "deadline: end of day 0", `deadline: want hours or days`},
		{"a duration in months", "after: 90d", "after: 3m", `after: want hours or days, such as 8h or 90d`},
		{"a rule twice", "id: us.notice,", "id: us.clock.order,", `rule "us.clock.order": is there twice`},
		{"a rule without a citation", "{id: us.clock.order, cite: as the order says,", "{id: us.clock.order,", `"cite" is missing`},
		{"a notice that is not owed, later", "owed: true, after: 90d", "owed: false, after: 90d", `"after" is for a notice that is owed`},
		{"no ceiling on targets", "targets: 50, ", "", `rule "us.ceiling": "targets" is missing`},
		{"more targets than an order can have", "targets: 50, ", "targets: 1001, ", `rule "us.ceiling": targets: want 1 to 1000: no bound is not a bound`},
		{"a ceiling of zero", "records: 10000000", "records: 0", `records: want 1 to 1000000000000`},
		{"a size without a unit", "bytes: 100GiB", "bytes: '100'", `bytes: want a size such as 500MiB or 10GiB`},
		{"a size in two units", "bytes: 100GiB", "bytes: 100MiBGiB", `bytes: want a size such as 500MiB or 10GiB`},
		{"a window of hours", "window: 1827d", "window: 8h", `window: want at least a day`},
		{"a window by category longer than the line's", "windows: {content: 731d", "windows: {content: 1828d", `rule "us.ceiling": windows: content: longer than the line's own window`},
		{"a window for secrets", "windows: {content: 731d", "windows: {secret: 1d", `windows: no category that can be granted is called "secret"`},
		{"a window for what there is not", "windows: {content: 731d", "windows: {mails: 1d", `windows: no category that can be granted is called "mails"`},
		{"a window by category of hours", "windows: {content: 731d", "windows: {content: 30h", `windows: content: want days, such as 90d`},
		{"a window by category twice", "windows: {content: 731d", "windows: {content: 1d, content: 731d", `mapping key "content" already defined`},
		{"no window by category", "windows: {content: 731d, location: 366d, traffic: 1096d}", "windows: {}", `windows: empty: leave the key out instead`},
		{"a kind of key that there is not", "enterprise:\n", "recipients:\n  - {id: us.pq, cite: x, kinds: [quantum]}\nenterprise:\n", `rule "us.pq": no key is of the kind "quantum": there are x25519, hybrid, ssh, plugin`},
		{"a recipient of no kind", "enterprise:\n", "recipients:\n  - {id: us.pq, cite: x}\nenterprise:\n", `rule "us.pq": "kinds" is missing`},
		{"a follow-up at any time", ", within: 30d", "", `rule "us.follow-up.emergency": "within" is missing`},
		{"a follow-up in a month", "within: 30d", "within: 1m", `within: want hours or days, such as 8h or 90d`},
		{"a follow-up of content alone", "within: 30d", "classes: [content], within: 30d", `rule "us.follow-up.emergency": classes: an order is followed up as a whole`},
		{"no rates", "rates:\n", "rats:\n", `"rates" is missing`},
		{"a rate of nobody", "per: agency, within: 24h, orders: 100", "within: 24h, orders: 100", `rule "us.rate.agency.day": "per" is missing`},
		{"a rate of each reviewer", "per: agency, within: 24h, orders: 100", "per: reviewer, within: 24h, orders: 100", `per: want agency or provider; not "reviewer"`},
		{"a rate without an end", "per: agency, within: 24h, orders: 100", "per: agency, orders: 100", `"within" is missing`},
		{"a rate of two years", "within: 24h, orders: 100", "within: 731d, orders: 100", `within: at most 366 days`},
		{"a rate of no orders", "orders: 100, accounts", "orders: 0, accounts", `orders: want 1 to 1000000000: no bound is not a bound`},
		{"a rate without accounts", "orders: 100, accounts: 300", "orders: 100", `"accounts" is missing`},
		{"a rate of a class", "per: agency, within: 24h, orders: 100", "classes: [content], per: agency, within: 24h, orders: 100", `a rate counts orders by their processes alone`},
		{"a rate of a process that there is not", "processes: [emergency], per", "processes: [urgency], per", `no process is called "urgency"`},
		{"a rate without its law", "{id: us.rate.agency.day, cite: provider's policy,", "{id: us.rate.agency.day,", `"cite" is missing`},
		{"a reason that is none", "unless: [consent, contract]", "unless: [urgency]", `want "consent" or "contract"; not "urgency"`},
		{"a category without a class", "traffic, location]", "traffic]", `classes: none for category "location"`},
		{"a class for secrets", "traffic, location]", "traffic, location, secret]", `no category that can be granted is called "secret"`},
		{"a process without a notice", "  - {id: us.notice, cite: \"provider's policy; 18 U.S.C. 2705(b)\", owed: true}\n", "", `notice: no line for process "subpoena"`},
		{"no clocks", "clocks:\n  - {id: us.clock.order, cite: as the order says, deadline: order}\n", "", `"clocks" is missing`},
		{"an alias", "[consent, contract]", "*x", `anchors, aliases and merge keys are not allowed`},
	} {
		t.Run(tt.name, func(t *testing.T) { refuses(t, "us.yaml", tt.old, tt.new, tt.want) })
	}
}

func refuses(t *testing.T, file, old, new, want string) {
	t.Helper()
	m := files(t)
	in := string(m[file].Data)
	out := strings.Replace(in, old, new, 1)
	if in == out {
		t.Fatal("the case changes nothing")
	}
	m[file].Data = []byte(out)
	p, err := Load(m)
	if p != nil || !errors.Is(err, ErrPolicy) {
		t.Fatalf("Load = %v, %v; want nil and ErrPolicy", p, err)
	}
	if msg := err.Error(); !strings.Contains(msg, want) || strings.Contains(msg, "\n") || !strings.Contains(msg, ".cedar") && !strings.Contains(msg, ".yaml") {
		t.Errorf("error is\n%s\nwant\n%s", msg, want)
	}
}

func TestLoadRefusesFolders(t *testing.T) {
	for _, tt := range []struct {
		name string
		edit func(fstest.MapFS)
		want error
	}{
		{"as it is", func(fstest.MapFS) {}, nil},
		{"with notes", func(m fstest.MapFS) { m["README.md"] = &fstest.MapFile{} }, nil},
		{"empty", func(m fstest.MapFS) { clear(m) }, ErrPolicy},
		{"rules without terms", func(m fstest.MapFS) { delete(m, "us.yaml") }, ErrPolicy},
		{"terms without rules", func(m fstest.MapFS) { delete(m, "us.cedar") }, ErrPolicy},
		{"another ending", func(m fstest.MapFS) { m["fr.yml"] = m["us.yaml"] }, ErrPolicy},
		{"a name in capitals", func(m fstest.MapFS) { m["US.yaml"], m["US.cedar"] = m["us.yaml"], m["us.cedar"] }, ErrPolicy},
		{"a folder", func(m fstest.MapFS) { m["old/us.yaml"] = m["us.yaml"] }, ErrPolicy},
		{"a large file", func(m fstest.MapFS) { m["us.cedar"] = &fstest.MapFile{Data: make([]byte, MaxBytes+1)} }, ErrPolicy},
		{"no rules at all", func(m fstest.MapFS) { m["us.cedar"] = &fstest.MapFile{} }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := files(t)
			tt.edit(m)
			if _, err := Load(m); !errors.Is(err, tt.want) {
				t.Errorf("Load = %v, want %v", err, tt.want)
			}
		})
	}
}

func TestDigestIsOfNamesAndContents(t *testing.T) {
	p := defaultPolicy(t)
	m := files(t)
	m["us.yaml"].Data = append(m["us.yaml"].Data, "# more\n"...)
	q, err := Load(m)
	if err != nil {
		t.Fatal(err)
	}
	if p.Digest() == q.Digest() || p.Digest().IsZero() {
		t.Error("another file, the same digest")
	}
	m = files(t)
	m["notes.md"] = &fstest.MapFile{Data: []byte("x")}
	if q, err := Load(m); err != nil || q.Digest() != p.Digest() {
		t.Errorf("notes are part of the digest (%v)", err)
	}
}

// An error in evaluation might hide a forbid: it refuses, and says which rule.
func TestRuleThatFailsRefuses(t *testing.T) {
	m := files(t)
	m["us.cedar"].Data = append(m["us.cedar"].Data, `
@id("us.overflow")
@cite("none")
forbid (principal, action, resource) when { 9223372036854775807 + context.reviewers < 0 };
`...)
	p, err := Load(m)
	if err != nil {
		t.Fatal(err)
	}
	v := p.decide(plain("us", "subpoena", "identity.name"), everything(t)).datasets[0].Verdicts[0]
	if v.Effect != Refuse || v.Ground != RuleFailed || v.Rule.ID != "us.overflow" {
		t.Errorf("decided %+v", v)
	}
}

// Whatever a policy says that loads: no secret leaves, preservation releases
// nothing, and what is granted names a rule with a citation.
func FuzzLoad(f *testing.F) {
	for name, file := range files(f) {
		if yaml, ok := strings.CutSuffix(name, ".yaml"); ok {
			f.Add(yaml, file.Data, files(f)[yaml+".cedar"].Data)
		}
	}
	c := everything(f)
	f.Fuzz(func(t *testing.T, name string, yaml, cedar []byte) {
		p, err := Load(fstest.MapFS{name + ".yaml": {Data: yaml}, name + ".cedar": {Data: cedar}})
		if err != nil {
			if p != nil || !errors.Is(err, ErrPolicy) {
				t.Fatalf("Load = %v, %v", p, err)
			}
			return
		}
		for _, j := range p.Jurisdictions() {
			for _, process := range p.jurisdictions[j].processNames() {
				for _, category := range catalog.Leaves() {
					v := p.decide(plain(j, process, category), c).datasets[0].Verdicts[0]
					if v.Effect == Grant && (category == catalog.Secret || preserves(process) || v.Rule.ID == "" || v.Rule.Cite == "") {
						t.Fatalf("%s %s: %+v", j, process, v)
					}
					if v.Effect == Refuse && v.Ground == "" {
						t.Fatalf("%s %s: refused without a ground", j, process)
					}
				}
			}
			if _, ok := p.Describe(j); !ok {
				t.Fatal("has no description")
			}
		}
	})
}
