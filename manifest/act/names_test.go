package act

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/manifest"
)

// texts are all members of statements that hold text, and why it can't be an
// identifier, a name or a value of a target.
var texts = map[string]string{
	"provider":          "the provider's id",
	"tool.name":         "the program's",
	"tool.version":      "the program's",
	"tool.build":        "the program's",
	"tool.go":           "the program's",
	"country":           "two letters",
	"how":               "a word of the provider's",
	"because":           "one of two words",
	"what":              "one of three words",
	"datasets":          "names of the catalog",
	"why":               "a recall's reason; no address and no long number",
	"build":             "the program's",
	"result":            "one of six words",
	"rejected.code":     "one of a closed list",
	"rejected.why":      "the sentence of its code",
	"rejected.rule":     "the policy's",
	"exports.export_id": "drawn at random",

	"order.jurisdiction":   "a word that policies have",
	"order.process":        "a word that policies have",
	"order.purpose":        "one of two words",
	"order.authority":      "an id of the registry",
	"order.agency":         "an id of the registry",
	"order.legal_basis":    "a citation, in an order that was found genuine",
	"order.non_disclosure": "one of three words",
	"order.targets.type":   "a word for a kind of identifier",
	"order.signers.role":   "one of two words",
	"order.signers.id":     "an id of the registry",
	"order.signers.key_id": "the id of a key",
	"order.supplement":     "why the provider answers once more, by its engineer",

	"facts.jurisdiction":         "as in order",
	"facts.process":              "as in order",
	"facts.purpose":              "as in order",
	"facts.issuer":               "a kind of authority",
	"facts.due_at":               "a time",
	"facts.mandate.dataset":      "a word of an order that was found genuine",
	"facts.mandate.fields":       "words of an order that was found genuine",
	"facts.mandate.from":         "a time",
	"facts.mandate.to":           "a time",
	"facts.recipient":            "a kind of key",
	"facts.cleared_at":           "a time",
	"facts.non_disclosure":       "as in order",
	"facts.non_disclosure_until": "a time",
	"facts.consent":              "categories of the fixed tree",
	"facts.enterprise":           "one of two words",

	"facts.approvals.rule":           "the policy's",
	"facts.approvals.bound":          "one of a closed list, with a category of the fixed tree",
	"facts.approvals.signers.role":   "one word",
	"facts.approvals.signers.id":     "an id of the registry",
	"facts.approvals.signers.key_id": "the id of a key",
	"fingerprint.key":                "digits that name a secret of the provider's",
	"fingerprint.value":              "says nothing without that secret but that two orders name the same targets",

	"decision.datasets.dataset":            "as in facts",
	"decision.datasets.from":               "a time",
	"decision.datasets.to":                 "a time",
	"decision.datasets.hold.id":            "the policy's",
	"decision.datasets.hold.cite":          "the policy's",
	"decision.datasets.granted.category":   "of the fixed tree",
	"decision.datasets.granted.class":      "the policy's",
	"decision.datasets.granted.fields":     "as in facts",
	"decision.datasets.granted.rule.id":    "the policy's",
	"decision.datasets.granted.rule.cite":  "the policy's",
	"decision.datasets.withheld.category":  "of the fixed tree",
	"decision.datasets.withheld.fields":    "as in facts",
	"decision.datasets.withheld.ground":    "one of a closed list",
	"decision.datasets.withheld.why":       "a sentence of the policy's code, which is given no target",
	"decision.datasets.withheld.rule.id":   "the policy's",
	"decision.datasets.withheld.rule.cite": "the policy's",
	"decision.ceilings.windows.category":   "of the fixed tree",
	"decision.ceilings.lifted":             "as in facts.approvals",
	"decision.rates.rule.id":               "the policy's",
	"decision.rates.rule.cite":             "the policy's",
	"decision.rates.per":                   "one of two words",
	"decision.rates.processes":             "the policy's",
	"decision.rates.lifted":                "as in facts.approvals",
	"decision.ceilings.rule.id":            "the policy's",
	"decision.ceilings.rule.cite":          "the policy's",
	"decision.clocks.rule.id":              "the policy's",
	"decision.clocks.rule.cite":            "the policy's",
	"decision.notice.why":                  "a sentence of the policy's code, which is given no target",
	"decision.notice.rule.id":              "the policy's",
	"decision.notice.rule.cite":            "the policy's",
	"decision.enterprise.why":              "a sentence of the policy's code, which is given no target",
	"decision.enterprise.rule.id":          "the policy's",
	"decision.enterprise.rule.cite":        "the policy's",

	"decision.follow_up.rule.id":   "the policy's",
	"decision.follow_up.rule.cite": "the policy's",

	"request.engineer": "an id of the registry",
	"request.key_id":   "the id of a key",
	"request.sig":      "a signature, which the audit verifies",

	"planned.dataset": "as in facts",
	"planned.outcome": "one of six words",
	"planned.why":     "of the plan or its engineer; no address and no long number",
}

// predicates are the types that go into statements of ours.
var predicates = []any{Received{}, Decided{}, Notified{}, Released{}, Recalled{}, Configured{}}

// A member that could hold text needs a reason why it holds nothing of a
// target; numbers, times and digests can't.
func TestNoMemberNamesATarget(t *testing.T) {
	used := map[string]bool{}
	var walk func(path string, typ reflect.Type)
	walk = func(path string, typ reflect.Type) {
		for typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		switch {
		case typ == reflect.TypeFor[time.Time]() || typ == reflect.TypeFor[digest.Digest]():
		case typ.Kind() == reflect.Struct:
			for f := range typ.Fields() {
				name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
				at := strings.TrimPrefix(path+"."+name, ".")
				if f.Anonymous {
					at = path
				}
				walk(at, f.Type)
			}
		case typ.Kind() == reflect.String || typ.Kind() == reflect.Uint8:
			used[path] = true
			if texts[path] == "" {
				t.Errorf("%s holds text: say why it can name no target", path)
			}
		case slices.Contains([]reflect.Kind{reflect.Bool, reflect.Int, reflect.Int64}, typ.Kind()):
		default:
			t.Errorf("%s is a %v: what can it hold?", path, typ.Kind())
		}
	}
	for _, p := range predicates {
		walk("", reflect.TypeOf(p))
	}
	for path := range texts {
		if !used[path] {
			t.Errorf("%s: no such member", path)
		}
	}
	if _, ok := reflect.TypeFor[manifest.OrderRef]().FieldByName("ID"); ok {
		t.Error("an order is named by its digest alone")
	}
}
