package policy

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/validate"

	"writ/export/catalog"
	"writ/export/internal/strictyaml"
)

// rules are a jurisdiction's Cedar policies, with what they are evaluated among.
type rules struct {
	list     []cedarRule // in the order of the file
	set      *cedar.PolicySet
	entities cedar.EntityMap
	answers  *answers
}

type cedarRule struct {
	rule
	line   int
	permit bool
	exact  types.EntityUID // the process that the scope names
	text   string
}

// The types of entities that policies can name.
const (
	processType cedar.EntityType = "ProcessType"
	category    cedar.EntityType = "Category"
	action      cedar.EntityType = "Action"
	dataClass   cedar.EntityType = "DataClass"
	issuerKind  cedar.EntityType = "IssuerKind"
	purposeType cedar.EntityType = "Purpose"
)

// The actions: what a process compels, and what the provider may choose to do.
const (
	compel   cedar.String = "compel"
	disclose cedar.String = "disclose"
)

// schemaText is what policies can speak of. The validator finds misspelt types,
// attributes and actions; ids it leaves to [rules.checkEntities].
const schemaText = `
entity ProcessType in [ProcessType];
entity Category in [Category];
entity DataClass;
entity IssuerKind;
entity Purpose;
action "compel", "disclose" appliesTo {
	principal: ProcessType,
	resource: Category,
	context: {
		class: DataClass,
		purpose: Purpose,
		issuer: IssuerKind,
		reviewers: Long,
		emergency: Bool,
		offence_years: Long,
		offence_listed: Bool,
		notified: Bool,
		cleared: Bool,
		consent: Set<Category>,
		certificate: Bool,
		window_days: Long,
	}
};`

var validator = sync.OnceValues(func() (*validate.Validator, error) {
	var s schema.Schema
	if err := s.UnmarshalCedar([]byte(schemaText)); err != nil {
		return nil, err
	}
	r, err := s.Resolve()
	if err != nil {
		return nil, err
	}
	return validate.New(r), nil
})

// parseRules reads NAME.cedar against the words that NAME.yaml defines.
func parseRules(file string, b []byte, t *terms) (r rules, err error) {
	fail := func(line int, format string, args ...any) (rules, error) {
		return rules{}, &strictyaml.Error{File: file, Line: line, Msg: fmt.Sprintf(format, args...), Family: ErrPolicy}
	}
	if len(b) > MaxBytes || !utf8.Valid(b) || slices.Contains(b, 0) {
		return fail(1, "want text in UTF-8 of at most %d bytes", MaxBytes)
	}
	if err := checkNesting(b); err != nil {
		return fail(1, "%v", err)
	}
	// The parser is not ours: what makes it panic is not a policy.
	defer func() {
		if p := recover(); p != nil {
			r, err = fail(1, "not readable as Cedar")
		}
	}()
	policies, err := cedar.NewPolicyListFromBytes(file, b)
	if err != nil {
		return fail(0, "%s", oneLine(err))
	}
	check, err := validator()
	if err != nil {
		return rules{}, fmt.Errorf("policy schema: %w", err)
	}
	r = rules{set: cedar.NewPolicySet(), entities: entities(t), answers: new(answers)}
	for _, p := range policies {
		line := p.Position().Line
		notes := p.Annotations()
		id, cite := string(notes["id"]), string(notes["cite"])
		switch {
		case !validID(id):
			return fail(line, "the rule needs @id(…) of lower-case letters, digits, . and -, at most 64; it has %q", id)
		case strings.TrimSpace(cite) == "" || strings.ContainsAny(cite, "\n\r"):
			return fail(line, "rule %q needs @cite(…), one line that says which law it follows", id)
		case len(notes) != 2:
			return fail(line, "rule %q: want the annotations @id and @cite alone", id)
		case !r.set.Add(cedar.PolicyID(id), p):
			return fail(line, "rule %q is there twice", id)
		}
		tree := (*ast.Policy)(p.AST())
		if err := check.Policy(id, tree); err != nil {
			return fail(line, "rule %q: %s", id, oneLine(err))
		}
		c := cedarRule{rule: rule{Rule{ID: id, Cite: cite}, file}, line: line, permit: p.Effect() == cedar.Permit, text: strings.TrimSpace(string(p.MarshalCedar()))}
		for _, e := range named(tree) {
			if _, ok := r.entities[e]; !ok {
				return fail(line, "rule %q names %s, which there is not", id, e)
			}
		}
		if c.permit {
			if err := checkPermit(tree); err != nil {
				return fail(line, "rule %q: %v", id, err)
			}
		}
		if process := scoped(tree.Principal); len(process) > 0 {
			c.exact = process[0]
		}
		r.list = append(r.list, c)
	}
	return r, nil
}

// checkPermit refuses what no permit may be: one for every process or every
// verb, and one that names what can never be granted.
func checkPermit(p *ast.Policy) error {
	if len(scoped(p.Principal)) == 0 {
		return fmt.Errorf("a permit names its process: principal in ProcessType::…")
	}
	if len(scoped(p.Action)) != 1 {
		return fmt.Errorf("a permit names its verb: action == Action::%q or Action::%q", compel, disclose)
	}
	if slices.Contains(named(p), uid(category, catalog.Secret)) {
		return fmt.Errorf("nothing can permit %q", catalog.Secret)
	}
	return nil
}

// checkNesting bounds the depth of expressions before a recursive parser sees them.
func checkNesting(b []byte) error {
	const most = 64
	depth, run := 0, 0
	for _, c := range b {
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		switch c {
		case '!', '-': // the prefixes, which nest without brackets
			run++
		case ' ', '\t', '\n', '\r':
		default:
			run = 0
		}
		if depth > most || run > 10*most {
			return fmt.Errorf("nested deeper than %d", most)
		}
	}
	return nil
}

func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func uid[T ~string](t cedar.EntityType, id T) cedar.EntityUID {
	return cedar.NewEntityUID(t, cedar.String(id))
}

// scoped returns the entities that one part of a policy's scope names.
func scoped(s ast.IsScopeNode) []types.EntityUID {
	switch s := s.(type) {
	case ast.ScopeTypeEq:
		return []types.EntityUID{s.Entity}
	case ast.ScopeTypeIn:
		return []types.EntityUID{s.Entity}
	case ast.ScopeTypeIsIn:
		return []types.EntityUID{s.Entity}
	case ast.ScopeTypeInSet:
		return s.Entities
	}
	return nil
}

// named returns every entity that a policy names, in scope and conditions.
func named(p *ast.Policy) []types.EntityUID {
	out := slices.Concat(scoped(p.Principal), scoped(p.Action), scoped(p.Resource))
	for _, c := range p.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			if v, ok := n.(ast.NodeValue); ok {
				if e, ok := v.Value.(types.EntityUID); ok {
					out = append(out, e)
				}
			}
			return true
		})
	}
	return out
}
