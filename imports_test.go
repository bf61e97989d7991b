package writ_test

import (
	"slices"
	"strings"
	"testing"
)

// imports says which of our packages each package may import, and why it is
// where it is. It is a policy: a new line, or a longer one, needs a reason.
//
// Two rules stand above it. The formats (crypto/ and manifest/), from which an
// agency's verifier is built, never import the sender (export/). And data goes
// one way: a stage never imports a later one.
var imports = []struct{ pkg, may, why string }{
	// The formats.
	{"crypto/digest", "", "names content; everybody needs it, it needs nobody"},
	{"crypto/sign", "", "signatures know bytes and purposes, not what they are about"},
	{"crypto/seal", "", "encryption knows bytes and recipients"},
	{"crypto/trust", "crypto/digest crypto/seal crypto/sign", "the registry holds keys and recipients"},
	{"manifest/inorder", "", "works on several things at once and keeps their order"},
	{"manifest/plain", "", "the text that JSON writes as it is; reader and writer look for it"},
	{"manifest/frame", "manifest/inorder", "cuts and joins compressed frames; reader and writer agree here"},
	{"manifest/bag", "crypto/digest", "the names and sums of a bag's files; reader and writer agree here"},
	{"manifest/commit", "crypto/digest", "records are bytes here; a root is a digest"},
	{"manifest/ledger", "crypto/digest crypto/sign crypto/trust", "entries are bytes here; its key and witnesses are pinned in the registry"},
	{"manifest/transparency", "crypto/digest", "counts; its input is statements already checked"},
	{"manifest/internal/form", "", "words, times and numbers of statements; every kind of statement is held to the same"},
	{"manifest/internal/schematest", "", "the published schemas, for the tests of what is held to them"},
	{"manifest/internal/canon", "", "reads canonical JSON into any struct; knows no statement"},
	{"manifest/internal/sigstore", "crypto/sign crypto/trust manifest/internal/canon", "one form on disk for every signed statement; payloads are bytes here"},
	{"manifest", "crypto/digest crypto/sign crypto/trust manifest/internal/form manifest/internal/sigstore", "a statement signed by the provider's keys"},
	{"manifest/approval", "crypto/digest crypto/sign crypto/trust manifest manifest/internal/form manifest/internal/sigstore", "what reviewers sign to lift a ceiling; agencies and auditors check it too"},
	{"manifest/act", "crypto/digest crypto/sign crypto/trust manifest manifest/approval manifest/internal/form manifest/internal/sigstore", "the other signed statements; an export is the manifest's own, which its reader reads too"},
	{"manifest/transparency/tally", "crypto/digest crypto/trust manifest manifest/act manifest/inorder manifest/ledger manifest/transparency", "the cases as a ledger tells them, apart from counting them; what a recorded policy says, its caller reads"},
	{"manifest/bundle", "crypto/digest crypto/seal crypto/sign crypto/trust manifest manifest/approval manifest/bag manifest/commit manifest/frame manifest/inorder manifest/ledger manifest/plain", "checks a delivery with the formats alone"},
	{"manifest/exhibit", "crypto/digest crypto/trust manifest manifest/bag manifest/bundle manifest/commit", "takes one record out of an opened delivery, and checks it by the delivery's rules"},
	{"manifest/audit", "crypto/digest crypto/seal crypto/sign crypto/trust manifest manifest/act manifest/approval manifest/bundle manifest/inorder manifest/ledger", "replays a ledger; the rules to decide by are given to it, since formats know no policy"},

	// What the sender's stages stand on.
	{"export/durable", "", "files that survive a power cut"},
	{"export/internal/strictyaml", "", "YAML with lines, for whatever an operator edits"},

	// The stages, in the order in which data passes them.
	{"export/order", "crypto/digest crypto/seal crypto/sign crypto/trust manifest manifest/approval", "verified against the registry, before anything else is known; with it, what reviewers signed beside it"},
	{"export/catalog", "crypto/digest export/internal/strictyaml export/order", "the provider's names for what orders mandate"},
	{"export/policy", "crypto/digest crypto/seal crypto/trust export/catalog export/internal/strictyaml export/order manifest manifest/act manifest/approval", "decides on a verified order, no store in sight; its facts and decisions are the ledger's, so that an audit replays them"},
	{"export/fingerprint", "export/catalog export/order manifest/act", "tells orders for the same targets apart from others, by values as the catalog has them; what the ledger keeps of it is an act's"},
	{"export/source", "export/catalog export/order manifest/plain", "reads what the catalog maps; knows no decision"},
	{"export/source/sourcetest", "export/catalog export/order export/source", "the contract that every store is held to"},
	{"export/source/window", "export/catalog export/source", "which times are in a window, written once for all that speak SQL"},
	{"export/internal/mysqlconn", "export/source", "a connection to MySQL, for a store and for its lockdown; its errors are a store's"},
	{"export/source/sqlite", "export/catalog export/source export/source/window", "one kind of store"},
	{"export/source/postgres", "export/catalog export/source export/source/window", "one kind of store"},
	{"export/source/mysql", "export/catalog export/internal/mysqlconn export/source export/source/window", "one kind of store"},
	{"export/plan", "crypto/digest export/catalog export/order export/policy export/source manifest", "binds a decision to stores; its outcomes are the manifest's"},
	{"export/standing", "crypto/digest crypto/trust export/catalog export/order export/policy export/record manifest manifest/act", "says how far orders have come; opens no store"},
	{"export/lockdown", "crypto/digest export/catalog export/policy export/source", "what the catalog and the rules could ever reach, as a database's own rights; its errors are a store's"},
	{"export/lockdown/postgres", "crypto/digest export/catalog export/lockdown export/source export/source/postgres", "one kind of database; opens the store for an order that is approved in it"},
	{"export/lockdown/mysql", "crypto/digest export/catalog export/internal/mysqlconn export/lockdown export/source export/source/mysql", "one kind of database; opens the store for an order that is approved in it"},
	{"export/lockdown/locktest", "crypto/sign export export/catalog export/demo export/lockdown export/order export/outbox export/policy export/record export/source export/workspace manifest", "an order from approval to delivery, for the tests of each kind"},
	{"export/pack", "crypto/digest export/catalog export/source manifest/bag manifest/commit manifest/frame manifest/inorder", "batches in, a bag out; describes fields as the catalog has them; knows no order"},
	{"export/outbox", "export/durable", "folders that appear whole; knows nothing of what is in them"},
	{"export/record", "crypto/digest crypto/sign crypto/trust export/durable manifest manifest/act manifest/ledger", "writes acts into the ledger and reads an order's back, by an index that survives a power cut; knows no stage"},
	{"export", "crypto/digest crypto/seal crypto/sign crypto/trust export/catalog export/fingerprint export/order export/outbox export/pack export/plan export/policy export/record export/source manifest manifest/act manifest/approval manifest/bag manifest/commit", "alone lines the stages up"},
	{"export/workspace", "crypto/sign crypto/trust export/catalog export/fingerprint export/internal/strictyaml export/lockdown export/lockdown/mysql export/lockdown/postgres export/policy export/source export/source/mysql export/source/postgres export/source/sqlite manifest/ledger", "finds in one folder what an export needs, so it knows every kind of store"},
	{"export/demo", "crypto/digest crypto/seal crypto/sign crypto/trust export/fingerprint export/order export/workspace manifest/ledger", "a made-up provider, for the command line and for tests"},
	{"export/internal/daemon", "", "a server that ends with its test"},
	{"export/internal/pgtest", "", "a PostgreSQL of a test's own"},
	{"export/internal/mytest", "", "a MariaDB of a test's own"},

	// The command line imports anything.
	{"cmd/", "*", "flags, one call, output"},
}

// stages are the sender's stages in the order in which data passes them.
var stages = []string{"export/order", "export/catalog", "export/policy", "export/source", "export/plan", "export/pack", "export/outbox", "export"}

func TestImportPolicy(t *testing.T) {
	used := make(map[string]bool)
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, "writ/")
		i := slices.IndexFunc(imports, func(l struct{ pkg, may, why string }) bool {
			return l.pkg == name || strings.HasSuffix(l.pkg, "/") && strings.HasPrefix(name, l.pkg)
		})
		if i < 0 {
			t.Errorf("%s: not in the policy: add a line with its reason", name)
			continue
		}
		line := imports[i]
		used[line.pkg] = true
		may := strings.Fields(line.may)
		var does []string
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, "writ/"); ok {
				does = append(does, ours)
				if !slices.Contains(may, ours) && line.may != "*" {
					t.Errorf("%s imports %s: the policy does not allow it (%s)", name, ours, line.why)
				}
			}
		}
		for _, m := range may {
			if m != "*" && !slices.Contains(does, m) {
				t.Errorf("%s does not import %s: take it out of the policy", name, m)
			}
		}
	}
	for _, line := range imports {
		if !used[line.pkg] {
			t.Errorf("%s: no such package: take its line out of the policy", line.pkg)
		}
	}
}

// The policy itself keeps the two rules that stand above it.
func TestImportPolicyKeepsTheDirection(t *testing.T) {
	for _, line := range imports {
		if line.why == "" {
			t.Errorf("%s: a line needs its reason", line.pkg)
		}
		for _, m := range strings.Fields(line.may) {
			if sender(m) && !sender(line.pkg) && line.may != "*" {
				t.Errorf("%s may import %s: formats never import the sender", line.pkg, m)
			}
			from, to := slices.Index(stages, line.pkg), slices.Index(stages, m)
			if from >= 0 && to > from {
				t.Errorf("%s may import %s, a later stage", line.pkg, m)
			}
		}
	}
}

func sender(pkg string) bool { return pkg == "export" || strings.HasPrefix(pkg, "export/") }
