package export_test

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"writ/export"
	"writ/export/catalog"
	"writ/export/plan"
	"writ/export/policy"
	"writ/export/source"
	"writ/manifest/act"
)

// Names in a catalog are quoted, and the database refuses what a read does not
// name. A catalog that can't be read is not used at all.
func TestAbuseByCatalog(t *testing.T) {
	const (
		logins = `table: logins`
		column = `column: ip,`
		table  = `table: addresses,`
	)
	ip := of("logins", "ip")
	var attacks []attack
	// SQL in names: what stands there is one name, of nothing that there is.
	for _, name := range []string{
		`logins; DROP TABLE logins`, `logins" --`, `logins" JOIN "accounts`, `(SELECT * FROM accounts)`, `logins AS l`, `logins UNION SELECT`,
		`[logins]`, "`logins`", `sqlite_schema`, `sqlite_master`, `SQLITE_STAT1`, `pragma_table_info`, `json_each`, `*`, `%`, `lоgins`,
		`temp.logins`, `main.sqlite_schema`, `other.logins`,
	} {
		attacks = append(attacks, attack{name: "table " + name, order: ip, catalog: swap(logins, "table: "+quoted(name)), want: source.ErrSchema, says: unanswered})
	}
	for _, name := range []string{
		`ip" , (SELECT password_hash FROM accounts) AS "x`, `(SELECT password_hash FROM accounts)`, `ip || password_hash`, `*`, `count(*)`, `1`, `NULL`, `?1`,
		`ip--`, `ip/**/`, `"ip"`, `'ip'`, `logins.ip`, `accounts.password_hash`, `password_hash`, `max(ip)`, `load_extension('x')`,
	} {
		attacks = append(attacks, attack{name: "column " + name, order: ip, catalog: swap(column, "column: "+quoted(name)+","), want: source.ErrSchema, says: unanswered})
	}
	for _, name := range []string{`account_id" OR 1=1 --`, `1`, `1=1 OR account_id`, `*`, `account_id IS NOT NULL OR id`} {
		attacks = append(attacks, attack{
			name: "account key " + name, order: ip, want: source.ErrSchema, says: unanswered,
			catalog: func(s string) string {
				return strings.ReplaceAll(s, "account_key: account_id", "account_key: "+quoted(name))
			},
		})
	}
	for _, name := range []string{`addresses" WHERE 1=1 --`, `accounts, addresses`, `sqlite_schema`} {
		attacks = append(attacks, attack{name: "identifier's table " + name, order: ip, catalog: swap(table, "table: "+quoted(name)+","), want: source.ErrSchema, says: unanswered})
	}
	for _, name := range []string{`address" OR ""="`, `1`, `address OR 1`} {
		attacks = append(attacks, attack{name: "identifier's column " + name, order: ip, catalog: swap("column: address,", "column: "+quoted(name)+","), want: source.ErrSchema, says: unanswered})
	}
	for name, change := range map[string]func(string) string{
		"a table with a NUL":                  swap(logins, `table: "logins\0"`),
		"a table with a line break":           swap(logins, `table: "logins\nx"`),
		"a table in two schemas":              swap(logins, `table: a.b.logins`),
		"a table without a name":              swap(logins, `table: ""`),
		"a table too long":                    swap(logins, `table: `+strings.Repeat("x", 200)),
		"a list of tables":                    swap(logins, `table: [logins, accounts]`),
		"a column with a NUL":                 swap(column, `column: "ip\0",`),
		"a dataset out of its folder":         swap("  logins:", `  "../../logins":`),
		"a dataset with an absolute path":     swap("  logins:", `  "/etc/cron.d/x":`),
		"a dataset with a dot":                swap("  logins:", `  "..":`),
		"a dataset that Windows takes":        swap("  logins:", `  nul:`),
		"a dataset in capitals":               swap("  logins:", `  Logins:`),
		"a dataset twice":                     swap("  messages:", `  logins:`),
		"a field out of its object":           swap("      ip:", `      "../ip":`),
		"a field that is a star":              swap("      ip:", `      "*":`),
		"a category that there is not":        swap("category: session.address", "category: harmless"),
		"a category with everything in it":    swap("category: session.address", "category: session"),
		"no category":                         swap("category: session.address, ", ""),
		"a query of one's own":                swap(logins, "table: logins\n    where: \"1=1\""),
		"a wildcard in an identifier":         swap("normalize: [lower-domain]", "normalize: [wildcard]"),
		"an identifier that is not compared":  swap("normalize: [lower-domain]", "match: like"),
		"an alias":                            swap(logins, "table: &x logins"),
		"a tag that makes something":          swap(logins, "table: !!binary bG9naW5z"),
		"two documents":                       func(s string) string { return s + "\n---\n" + s },
		"nested deep":                         swap(logins, "table: "+strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000)),
		"five megabytes":                      func(s string) string { return s + strings.Repeat("#\n", 5<<19) },
		"a normalisation that finds by lower": swap("normalize: [e164]", "normalize: [e164, trim]"),
	} {
		attacks = append(attacks, attack{name: name, order: ip, catalog: change, want: catalog.ErrCatalog})
	}
	slices.SortStableFunc(attacks, func(a, b attack) int { return strings.Compare(a.name, b.name) })

	l := newLab(t)
	l.alter(t, `CREATE VIEW everything AS SELECT a.id, a.password_hash, l.account_id, l.at, l.ip FROM accounts a, logins l;
		CREATE VIEW viewed AS SELECT * FROM everything;
		CREATE TABLE nobodys (id INTEGER, account_id TEXT, at INTEGER, ip TEXT); INSERT INTO nobodys SELECT id, '%', at, ip FROM logins LIMIT 50`)
	l.try(t, append(attacks,
		attack{name: "a view of views", order: ip, catalog: swap(logins, "table: viewed"), want: source.ErrSchema, says: unanswered},
		attack{name: "accounts that are called %", order: ip, catalog: swap(logins, "table: nobodys"), records: 0, says: "received decided:export exported"},
	))
}

// quoted is a text in YAML.
func quoted(s string) string { return `'` + strings.ReplaceAll(s, `'`, `''`) + `'` }

// Nothing can know what a column really holds: a catalog that calls a secret
// something harmless gets it out, if an order mandates the field and a rule
// permits the harmless thing. What there is against it comes after: the ledger
// holds that very catalog's digest, and the manifest says which field left as what.
func TestASecretThatTheCatalogCallsHarmless(t *testing.T) {
	l := newLab(t)
	lie := swap("category: secret", "category: service.type")
	l.try(t, []attack{
		{name: "not without a mandate", order: of("subscriber", "plan"), catalog: lie, records: 1, says: "received decided:export exported"},
		{name: "not without a rule", order: of("subscriber", "password_hash"), catalog: swap("category: secret", "category: location"), policy: func(files fstest.MapFS) {
			alterFile(t, files, "us.cedar", `permit (principal in ProcessType::"search-warrant", action == Action::"compel", resource in Category::"location");`, "")
			alterFile(t, files, "us.cedar", `permit (principal in ProcessType::"court-order-2703d", action == Action::"compel", resource in Category::"location");`, "")
			alterFile(t, files, "us.cedar", "@id(\"us.records.location\")\n@cite(\"18 U.S.C. 2703(c)(1)(B), (d)\")\n", "")
			alterFile(t, files, "us.cedar", "@id(\"us.warrant.location\")\n@cite(\"18 U.S.C. 2703(c)(1)(A)\")\n", "")
		}, want: export.ErrRefused, says: "received decided:refused"},
		{name: "with both", order: of("subscriber", "password_hash"), catalog: lie, records: 1, says: "received decided:export exported"},
	})
	acts, _ := l.said(t)
	last := acts[len(acts)-1].(act.Exported).Predicate
	if g := last.Datasets[0].Fields; len(g) != 1 || g[0].Name != "password_hash" || g[0].Category != "service.type" {
		t.Errorf("the manifest says %+v of what left; want the field and its category", g)
	}
	if !slices.ContainsFunc(acts, func(a act.Act) bool {
		c, ok := a.(act.Configured)
		return ok && c.What == act.Catalog && c.Digest == last.Decided.Catalog
	}) {
		t.Error("the ledger does not say that this catalog was in force")
	}
}

// What no policy can grant, and what no policy is without.
func TestAbuseByPolicy(t *testing.T) {
	secret := of("subscriber", "password_hash")
	cedar := func(rule string) func(fstest.MapFS) {
		return func(files fstest.MapFS) {
			files["us.cedar"].Data = append(files["us.cedar"].Data, "\n@id(\"x.y\")\n@cite(\"none\")\n"+rule+"\n"...)
		}
	}
	yaml := func(old, new string) func(fstest.MapFS) {
		return func(files fstest.MapFS) { alterFile(t, files, "us.yaml", old, new) }
	}
	const (
		warrant = `principal == ProcessType::"search-warrant", action == Action::"compel", `
		ceiling = `targets: 50, accounts: 100, records: 10000000, bytes: 100GiB, window: 1827d`
		windows = `, windows: {content: 731d, location: 366d, traffic: 1096d}`
	)
	two := both(of("subscriber", "name"), to("account-id", "17", "18"))
	l := newLab(t)
	l.try(t, []attack{
		{name: "all to a warrant", order: secret, policy: cedar("permit (" + warrant + "resource);"), want: export.ErrRefused, says: "received decided:refused"},
		{name: "all but the harmless, to a warrant", order: secret, policy: cedar("permit (" + warrant + `resource) when { !(resource in Category::"location") };`), want: export.ErrRefused, says: "received decided:refused"},
		{name: "all, whatever the evaluation says", order: secret, policy: cedar("permit (" + warrant + "resource) when { context.window_days + 9223372036854775807 > 0 || true };"), want: export.ErrRefused, says: "received decided:refused"},
		{name: "what can't be evaluated is not granted", order: of("messages", "body"), policy: cedar("forbid (" + warrant + "resource) when { context.window_days + 9223372036854775807 > 0 };"), want: export.ErrRefused, says: "received decided:refused"},
		{name: "no rules for this law", policy: func(files fstest.MapFS) {
			files["uk.cedar"], files["uk.yaml"] = &fstest.MapFile{}, &fstest.MapFile{Data: []byte(strings.ReplaceAll(strings.ReplaceAll(string(files["us.yaml"].Data), "id: us.", "id: uk."), "jurisdiction: us", "jurisdiction: uk"))}
			delete(files, "us.cedar")
			delete(files, "us.yaml")
		}, want: export.ErrRefused, says: "received decided:refused"},
		{name: "no rules at all", policy: func(files fstest.MapFS) { files["us.cedar"].Data = nil }, want: export.ErrRefused, says: "received decided:refused"},
		{name: "two accounts, and the ceiling is one", order: two, policy: yaml(ceiling, "targets: 50, accounts: 1, records: 10000000, bytes: 100GiB, window: 1827d"), want: plan.ErrCeiling, says: "received decided:rejected:over-ceiling"},
		{name: "two targets, and the ceiling is one", order: two, policy: yaml(ceiling, "targets: 1, accounts: 1, records: 10000000, bytes: 100GiB, window: 1827d"), want: export.ErrRefused, says: "received decided:refused"},
		{name: "records over the ceiling", order: of("logins", "ip"), policy: yaml(ceiling, "targets: 1, accounts: 1, records: 1, bytes: 100GiB, window: 1827d"), want: plan.ErrCeiling, says: "received decided:export decided:rejected:over-ceiling"},
		{name: "a window over the ceiling", order: of("logins", "ip"), policy: yaml(ceiling+windows, "targets: 1, accounts: 1, records: 1000, bytes: 100GiB, window: 30d"), want: export.ErrRefused, says: "received decided:refused"},
		{name: "a window over the ceiling of its category", order: of("messages", "body"), policy: yaml(windows, ", windows: {content: 91d}"), want: export.ErrRefused, says: "received decided:refused"},
		{name: "a window under a wider category's ceiling", order: of("logins", "ip"), policy: yaml(windows, ", windows: {session: 91d, session.address: 92d}"), records: 262, says: "received decided:export exported"},

		// With these there is no policy, and so no export.
		{name: "a permit for secrets", policy: cedar("permit (" + warrant + `resource == Category::"secret");`), want: policy.ErrPolicy},
		{name: "a permit for what is in secrets", policy: cedar("permit (" + warrant + `resource in Category::"secret");`), want: policy.ErrPolicy},
		{name: "a permit for secrets, by condition", policy: cedar("permit (" + warrant + `resource) when { resource in Category::"secret" };`), want: policy.ErrPolicy},
		{name: "a permit for everybody", policy: cedar(`permit (principal, action, resource);`), want: policy.ErrPolicy},
		{name: "a permit for any process", policy: cedar(`permit (principal, action == Action::"compel", resource);`), want: policy.ErrPolicy},
		{name: "a permit for any process, by type", policy: cedar(`permit (principal is ProcessType, action == Action::"compel", resource);`), want: policy.ErrPolicy},
		{name: "a rule nested deep", policy: cedar("permit (" + warrant + "resource) when { " + strings.Repeat("(", 10_000) + "true" + strings.Repeat(")", 10_000) + " };"), want: policy.ErrPolicy},
		{name: "secrets in a class", policy: yaml("traffic, location]", "traffic, location, secret]"), want: policy.ErrPolicy},
		{name: "preserving that releases", policy: yaml("releases: false, preserve: 90d, renew: 90d", "releases: true"), want: policy.ErrPolicy},
		{name: "preserving that says nothing of it", policy: yaml("releases: false, preserve: 90d, renew: 90d", "renew: 90d"), want: policy.ErrPolicy},
		{name: "preserving that includes a warrant", policy: yaml("releases: false, ", "releases: false, includes: [search-warrant], "), want: policy.ErrPolicy},
		{name: "no ceiling", policy: yaml("targets: 50, ", ""), want: policy.ErrPolicy},
		{name: "a ceiling of nothing", policy: yaml("targets: 50, ", "targets: 0, "), want: policy.ErrPolicy},
		{name: "a ceiling of a million targets", policy: yaml("targets: 50, ", "targets: 1000000, "), want: policy.ErrPolicy},
		{name: "a ceiling without an end", policy: yaml("records: 10000000", "records: .inf"), want: policy.ErrPolicy},
		{name: "a ceiling below nothing", policy: yaml("records: 10000000", "records: -1"), want: policy.ErrPolicy},
		{name: "a ceiling that overflows", policy: yaml("bytes: 100GiB", "bytes: 17179869184GiB"), want: policy.ErrPolicy},
		{name: "a rule out of its folder", policy: func(files fstest.MapFS) { files["x..yaml"] = files["us.yaml"] }, want: policy.ErrPolicy},
	})
}

func alterFile(t *testing.T, files fstest.MapFS, name, old, new string) {
	t.Helper()
	files[name] = &fstest.MapFile{Data: []byte(changed(t, string(files[name].Data), swap(old, new)))}
}
