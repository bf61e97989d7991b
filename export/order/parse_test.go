package order_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"writ/crypto/sign"
	"writ/export/order"
)

// samples returns the payloads of the orders in testdata/orders, by name.
func samples(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/orders/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples in testdata/orders (%v)", err)
	}
	m := map[string][]byte{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		m[strings.TrimSuffix(filepath.Base(f), ".json")] = b
	}
	return m
}

func enveloped(payload []byte) []byte {
	e := sign.Envelope{Purpose: sign.ForOrder, Payload: payload}
	return e.Marshal()
}

func schema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open("../../docs/schema/order.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(jsonschema.SchemeURLLoader{}) // loads nothing
	const id = "https://writ.example/schema/order/v1"
	if err := c.AddResource(id, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(id)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validates(t testing.TB, s *jsonschema.Schema, payload []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(payload)))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestGoodSamples(t *testing.T) {
	s := schema(t)
	for name, payload := range samples(t) {
		t.Run(name, func(t *testing.T) {
			if err := validates(t, s, payload); err != nil {
				t.Errorf("the schema refuses it: %v", err)
			}
			got, err := order.Parse(enveloped(payload))
			if err != nil {
				t.Fatal(err)
			}
			again, err := order.New(got.Order())
			if err != nil {
				t.Fatalf("New refuses what Parse took: %v", err)
			}
			if !reflect.DeepEqual(got.Order(), again.Order()) {
				t.Errorf("New made another order:\n%+v\n%+v", got.Order(), again.Order())
			}
		})
	}
}

func TestInstantsKeepHowTheyWereWritten(t *testing.T) {
	s, err := order.Parse(enveloped(samples(t)["everything"]))
	if err != nil {
		t.Fatal(err)
	}
	at := s.Order().Targets[0].At
	if at.String() != "2026-08-31T23:59:59.5+02:00" || at.UTC().Format("15:04:05.0 MST") != "21:59:59.5 UTC" {
		t.Errorf("at = %s, %s", at, at.UTC())
	}
}

// edit changes one member of a payload; an empty value deletes it.
func edit(t testing.TB, payload []byte, pointer, value string) []byte {
	t.Helper()
	var root any
	if err := json.Unmarshal(payload, &root); err != nil {
		t.Fatal(err)
	}
	var tokens []string
	for tok := range jsontext.Pointer(pointer).Tokens() {
		tokens = append(tokens, tok)
	}
	root = set(t, root, tokens, value)
	b, err := json.Marshal(root, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func set(t testing.TB, node any, tokens []string, value string) any {
	t.Helper()
	if len(tokens) == 0 {
		return jsontext.Value(value)
	}
	switch n := node.(type) {
	case map[string]any:
		if len(tokens) == 1 && value == "" {
			if _, ok := n[tokens[0]]; !ok {
				t.Fatalf("there is no member %q to delete", tokens[0])
			}
			delete(n, tokens[0])
		} else {
			n[tokens[0]] = set(t, n[tokens[0]], tokens[1:], value)
		}
	case []any:
		var i int
		if _, err := fmt.Sscan(tokens[0], &i); err != nil || i >= len(n) {
			t.Fatalf("no entry %q", tokens[0])
		}
		n[i] = set(t, n[i], tokens[1:], value)
	default:
		t.Fatalf("no member %q", tokens[0])
	}
	return node
}

func repeated(n int, entry func(i int) string) string {
	s := make([]string, n)
	for i := range s {
		s[i] = entry(i)
	}
	return "[" + strings.Join(s, ",") + "]"
}

func long(n int) string { return `"` + strings.Repeat("a", n) + `"` }

// Each case changes one member of the sample called "everything". alone marks
// what a JSON Schema can't say, so that only Parse refuses it.
var bad = []struct {
	name, member, value, says string
	alone                     bool
}{
	{name: "no format", member: "/format", says: `format is not "writ.order/v1"`},
	{name: "next format", member: "/format", value: `"writ.order/v2"`, says: "format is not"},
	{name: "no id", member: "/id", says: "id is missing"},
	{name: "empty id", member: "/id", value: `""`, says: "id is missing"},
	{name: "blank id", member: "/id", value: `"  "`, says: "id begins or ends with white space"},
	{name: "id ends with a space", member: "/id", value: `"7/26 "`, says: "id begins or ends"},
	{name: "id too long", member: "/id", value: long(257), says: "id has 257 bytes"},
	{name: "id with a line break", member: "/id", value: `"7\n26"`, says: "id has a control character"},
	{name: "id with a right-to-left mark", member: "/id", value: `"7\u202e26"`, says: "id has a control character or an invisible one", alone: true},
	{name: "id with a no-break space", member: "/id", value: `"7\u00a026"`, says: "id has a control character or an invisible one", alone: true},
	{name: "id not in form C", member: "/id", value: `"Mu\u0308ller"`, says: "id is not in Unicode's normal form C", alone: true},
	{name: "id is a number", member: "/id", value: `7`, says: "id has a value of the wrong type"},
	{name: "id is null", member: "/id", value: `null`, says: "id is missing"},
	{name: "no nonce", member: "/nonce", says: "nonce has 0 bytes"},
	{name: "short nonce", member: "/nonce", value: `"AAECAwQFBgcICQoLDA0O"`, says: "nonce has 15 bytes"},
	{name: "long nonce", member: "/nonce", value: `"` + strings.Repeat("AAAA", 22) + `"`, says: "nonce has 66 bytes", alone: true},
	{name: "loose base64 in nonce", member: "/nonce", value: `"AAECAwQFBgcICQoLDA0ODx=="`, says: "nonce is", alone: true},
	{name: "nonce without padding", member: "/nonce", value: `"AAECAwQFBgcICQoLDA0ODw"`, says: "nonce has a value"},
	{name: "no provider", member: "/provider", says: "provider is missing"},
	{name: "no authority", member: "/authority", says: "authority is missing"},
	{name: "no agency", member: "/agency", says: "agency is missing"},
	{name: "no jurisdiction", member: "/jurisdiction", says: "jurisdiction is missing"},
	{name: "jurisdiction in capitals", member: "/jurisdiction", value: `"EU"`, says: "jurisdiction is not of the form"},
	{name: "no process", member: "/process", says: "process is missing"},
	{name: "process with a space", member: "/process", value: `"search warrant"`, says: "process is not of the form"},
	{name: "no purpose", member: "/purpose", says: "purpose must be"},
	{name: "unknown purpose", member: "/purpose", value: `"curiosity"`, says: "purpose must be"},
	{name: "no legal basis", member: "/legal_basis", says: "legal_basis is missing"},
	{name: "legal basis too long", member: "/legal_basis", value: long(4097), says: "legal_basis has 4097 bytes"},

	{name: "no issued_at", member: "/issued_at", says: "issued_at is missing"},
	{name: "time without a zone", member: "/issued_at", value: `"2026-09-01T10:00:00"`, says: "issued_at is not a time"},
	{name: "time with an unknown zone", member: "/issued_at", value: `"2026-09-01T10:00:00-00:00"`, says: "issued_at is not a time"},
	{name: "time with a comma", member: "/issued_at", value: `"2026-09-01T10:00:00,5Z"`, says: "issued_at is not a time"},
	{name: "time of a day that is none", member: "/issued_at", value: `"2026-02-30T10:00:00Z"`, says: "issued_at is not a time", alone: true},
	{name: "time beyond nanoseconds", member: "/issued_at", value: `"2026-09-01T10:00:00.0000000001Z"`, says: "issued_at is not a time"},
	{name: "time before 1970", member: "/issued_at", value: `"1970-01-01T00:59:59+01:00"`, says: "issued_at is not a time", alone: true},
	{name: "time after 9999", member: "/expires_at", value: `"9999-12-31T23:59:59-01:00"`, says: "expires_at is not a time", alone: true},
	{name: "no expires_at", member: "/expires_at", says: "expires_at is missing"},
	{name: "expires when it is issued", member: "/expires_at", value: `"2026-09-01T08:00:00Z"`, says: "expires_at is not after issued_at", alone: true},
	{name: "in force before it is issued", member: "/not_before", value: `"2026-09-01T09:59:59+02:00"`, says: "not_before is before issued_at", alone: true},
	{name: "expires when it comes into force", member: "/not_before", value: `"2026-09-02T08:00:00Z"`, says: "expires_at is not after not_before", alone: true},
	{name: "due before it is issued", member: "/due_at", value: `"2026-08-01T00:00:00Z"`, says: "due_at is before issued_at", alone: true},
	{name: "due_at is null", member: "/due_at", value: `null`, says: "due_at is null"},
	{name: "due_at is empty", member: "/due_at", value: `""`, says: "due_at is not a time"},

	{name: "no targets", member: "/targets", says: "targets has 0 entries"},
	{name: "empty targets", member: "/targets", value: `[]`, says: "targets has 0 entries"},
	{name: "too many targets", member: "/targets", value: repeated(1001, func(i int) string { return fmt.Sprintf(`{"type":"email","value":"u%d@x.example"}`, i) }), says: "targets has 1001 entries"},
	{name: "target without a type", member: "/targets/2/type", says: "targets[2].type is missing"},
	{name: "target without a value", member: "/targets/2/value", says: "targets[2].value is missing"},
	{name: "blank target", member: "/targets/2/value", value: `" "`, says: "targets[2].value begins"},
	{name: "target too long", member: "/targets/2/value", value: long(4097), says: "targets[2].value has 4097 bytes"},
	{name: "everybody at a domain", member: "/targets/2/value", value: `"*@mail.example"`, says: "targets[2].value is a pattern"},
	{name: "percent alone", member: "/targets/2/value", value: `"%"`, says: "targets[2].value is a pattern"},
	{name: "percent at the end", member: "/targets/2/value", value: `"smith%"`, says: "targets[2].value is a pattern"},
	{name: "target with a zero-width space", member: "/targets/2/value", value: `"a\u200bb"`, says: "targets[2].value has a control", alone: true},
	{name: "target with a filler", member: "/targets/2/value", value: `"a\u3164b"`, says: "targets[2].value has a control", alone: true},
	{name: "target with a variation selector", member: "/targets/2/value", value: `"a\ufe00b"`, says: "targets[2].value has a control", alone: true},
	{name: "target with what is no character", member: "/targets/2/value", value: `"a\ufdd0b"`, says: "targets[2].value has a control", alone: true},
	{name: "target not in form C", member: "/targets/2/value", value: `"Mu\u0308ller"`, says: "targets[2].value is not in Unicode's normal form C", alone: true},
	{name: "several is false", member: "/targets/2/several", value: `false`, says: "targets[2].several is null, empty"},
	{name: "several is a word", member: "/targets/2/several", value: `"all"`, says: "targets[2].several has a value of the wrong type"},
	{name: "target with NUL", member: "/targets/2/value", value: `"a\u0000b"`, says: "targets[2].value has a control"},
	{name: "same target twice", member: "/targets/1/at", value: `"2026-08-31T21:59:59.500Z"`, says: "targets[1] names the same identifier", alone: true},
	{name: "target with an unknown member", member: "/targets/2/secret-person", value: `"x"`, says: "targets[2] has a member that this format does not know"},
	{name: "target is null", member: "/targets/2", value: `null`, says: "targets[2].type is missing"},

	{name: "no mandate", member: "/mandate", says: "mandate has 0 entries"},
	{name: "too many datasets", member: "/mandate", value: repeated(201, func(i int) string { return fmt.Sprintf(`{"dataset":"d%d","fields":["f"]}`, i) }), says: "mandate has 201 entries"},
	{name: "every dataset", member: "/mandate/0/dataset", value: `"*"`, says: "mandate[0].dataset is not of the form"},
	{name: "dataset out of its folder", member: "/mandate/0/dataset", value: `"../x"`, says: "mandate[0].dataset is not of the form"},
	{name: "same dataset twice", member: "/mandate", value: `[{"dataset":"a","fields":["f"]},{"dataset":"a","fields":["g"]}]`, says: "mandate[1].dataset is mandated twice", alone: true},
	{name: "no fields", member: "/mandate/0/fields", says: "mandate[0].fields has 0 entries"},
	{name: "every field", member: "/mandate/0/fields/0", value: `"*"`, says: "mandate[0].fields[0] is not of the form"},
	{name: "any field", member: "/mandate/0/fields/0", value: `"%"`, says: "mandate[0].fields[0] is not of the form"},
	{name: "empty field", member: "/mandate/0/fields/0", value: `""`, says: "mandate[0].fields[0] is missing"},
	{name: "same field twice", member: "/mandate/0/fields/1", value: `"started_at"`, says: "mandate[0].fields[1] is named twice"},
	{name: "too many fields", member: "/mandate/0/fields", value: repeated(501, func(i int) string { return fmt.Sprintf(`"f%d"`, i) }), says: "mandate[0].fields has 501 entries"},
	{name: "window without a beginning", member: "/mandate/0/from", says: "mandate[0].from is missing"},
	{name: "window without an end", member: "/mandate/0/to", says: "mandate[0].to is missing"},
	{name: "empty window", member: "/mandate/0/to", value: `"2026-08-31T21:00:00Z"`, says: "mandate[0].to is not after mandate[0].from", alone: true},

	{name: "offence without a description", member: "/offence/description", says: "offence.description is missing"},
	{name: "offence without a sentence", member: "/offence/max_sentence_years", says: "offence.max_sentence_years is null, empty or left out"},
	{name: "negative sentence", member: "/offence/max_sentence_years", value: `-1`, says: "offence.max_sentence_years must be"},
	{name: "half a year", member: "/offence/max_sentence_years", value: `0.5`, says: "offence.max_sentence_years has a value of the wrong type"},
	{name: "listed spelt out false", member: "/offence/listed", value: `false`, says: "offence.listed is null, empty"},
	{name: "offence is null", member: "/offence", value: `null`, says: "offence is null"},
	{name: "emergency without its record", member: "/emergency", says: "emergency must be there if, and only if"},
	{name: "record without an emergency", member: "/process", value: `"subpoena"`, says: "emergency must be there if, and only if"},
	{name: "emergency without a basis", member: "/emergency/basis", says: "emergency.basis is missing"},
	{name: "basis that is no document", member: "/emergency/basis", value: `"other.pdf"`, says: "emergency.basis names no document", alone: true},
	{name: "call-back without a number", member: "/emergency/call_back/number", says: "emergency.call_back.number is missing"},
	{name: "call-back without a time", member: "/emergency/call_back/at", says: "emergency.call_back.at is missing"},
	{name: "call-back without a role", member: "/emergency/call_back/role", says: "emergency.call_back.role is missing"},
	{name: "call-back before the order", member: "/emergency/call_back/at", value: `"2026-08-01T00:00:00Z"`, says: "emergency.call_back.at is before issued_at", alone: true},
	{name: "follows in capitals", member: "/follows", value: `"sha256:5fECEB66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"`, says: "follows is not a digest"},
	{name: "emergency that follows an emergency", member: "/follows", value: `"sha256:5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"`, says: "follows is for the legal process"},
	{name: "follows no order", member: "/follows", value: `"sha256:0000000000000000000000000000000000000000000000000000000000000000"`, says: "follows is null, empty"},
	{name: "unknown secrecy", member: "/non_disclosure/kind", value: `"forever"`, says: "non_disclosure.kind must be"},
	{name: "secret until nothing", member: "/non_disclosure/until", says: "non_disclosure.until is missing"},
	{name: "secret until the past", member: "/non_disclosure/until", value: `"2026-01-01T00:00:00Z"`, says: "non_disclosure.until is not after issued_at", alone: true},
	{name: "further order and a date", member: "/non_disclosure/kind", value: `"further-order"`, says: "non_disclosure.until is only for"},
	{name: "secrecy without a document", member: "/non_disclosure/document", says: "non_disclosure.document is missing"},
	{name: "secrecy by no document of this order", member: "/non_disclosure/document", value: `"x"`, says: "non_disclosure.document names no document", alone: true},
	{name: "notification of nobody", member: "/notification/authority", says: "notification.authority is missing"},
	{name: "cleared before the order", member: "/notification/cleared_at", value: `"2026-08-01T00:00:00Z"`, says: "notification.cleared_at is before", alone: true},
	{name: "consent to nothing", member: "/consent/covers", value: `[]`, says: "consent.covers has 0 entries"},
	{name: "consent to everything", member: "/consent/covers/0", value: `"*"`, says: "consent.covers[0] is not of the form"},
	{name: "consent twice", member: "/consent/covers/1", value: `"identity.name"`, says: "consent.covers[1] is named twice"},
	{name: "consent without a document", member: "/consent/document", value: `"none.pdf"`, says: "consent.document names no document", alone: true},
	{name: "enterprise on another ground", member: "/enterprise/ground", value: `"asked"`, says: "enterprise.ground must be"},
	{name: "enterprise without a document", member: "/enterprise/document", says: "enterprise.document is missing"},
	{name: "certificate that is no document", member: "/certificate", value: `"cert.pdf"`, says: "certificate names no document", alone: true},
	{name: "empty certificate", member: "/certificate", value: `""`, says: "certificate is null, empty"},
	{name: "too many documents", member: "/documents", value: repeated(101, func(i int) string {
		return fmt.Sprintf(`{"name":"%d","media_type":"a/b","size_bytes":1,"sha256":"sha256:%064x"}`, i, i+1)
	}), says: "documents has 101 entries"},
	{name: "two documents of one name", member: "/documents/1/name", value: `"order.pdf"`, says: "documents[1].name is the name of an earlier one", alone: true},
	{name: "document with a path", member: "/documents/0/name", value: `"../order.pdf"`, says: "documents[0].name is not the bare name"},
	{name: "document without a media type", member: "/documents/0/media_type", says: "documents[0].media_type is missing"},
	{name: "odd media type", member: "/documents/0/media_type", value: `"application"`, says: "documents[0].media_type is not of the form"},
	{name: "document without a size", member: "/documents/0/size_bytes", says: "documents[0].size_bytes must be"},
	{name: "document without a digest", member: "/documents/0/sha256", says: "documents[0].sha256 is missing"},
	{name: "digest in capitals", member: "/documents/0/sha256", value: `"sha256:5FECEB66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"`, says: "documents[0].sha256 is not a digest"},
	{name: "test spelt out false", member: "/test", value: `false`, says: "test is null, empty"},
	{name: "unknown member", member: "/recipient", value: `"age1attacker"`, says: "the order has a member that this format does not know"},
	{name: "member in capitals", member: "/ID", value: `"7"`, says: "the order has a member"},
}

func TestBadOrders(t *testing.T) {
	s := schema(t)
	good := samples(t)["everything"]
	for _, tt := range bad {
		t.Run(tt.name, func(t *testing.T) {
			payload := edit(t, good, tt.member, tt.value)
			got, err := order.Parse(enveloped(payload))
			if !errors.Is(err, order.ErrMalformed) || !errors.Is(err, order.ErrRejected) || got != nil {
				t.Fatalf("Parse = %v, %v, want nil, %v", got, err, order.ErrMalformed)
			}
			if want := "order rejected: malformed: " + tt.says; !strings.HasPrefix(err.Error(), want) {
				t.Errorf("it says %q, want %q…", err, want)
			}
			if err := validates(t, s, payload); (err == nil) != tt.alone {
				t.Errorf("the schema says %v; Parse alone refuses it: %v", err, tt.alone)
			}
		})
	}
}

func TestNotAnOrder(t *testing.T) {
	good := samples(t)["subpoena"]
	for _, tt := range []struct {
		name     string
		envelope []byte
		says     string
	}{
		{"nothing", nil, "envelope malformed"},
		{"a bare payload", good, "envelope malformed"},
		{"signed for another purpose", bytesOf(&sign.Envelope{Purpose: sign.ForRegistry, Payload: good}), "signed for another purpose"},
		{"too long", enveloped(append([]byte(strings.Repeat(" ", order.MaxBytes)), good...)), "the limit is 1048576"},
		{"empty object", enveloped([]byte(`{}`)), "format is not"},
		{"an array", enveloped([]byte(`[]`)), "the order has a value of the wrong type"},
		{"null", enveloped([]byte(`null`)), "format is not"},
		{"trailing bytes", enveloped(append(good[:len(good):len(good)], "{}"...)), "not JSON, or not all of it"},
		{"cut short", enveloped(good[:len(good)-3]), "not JSON, or not all of it"},
		{"member given twice", enveloped([]byte(strings.Replace(string(good), `"id":`, `"id": "other", "id":`, 1))), "id is given twice"},
		{"invalid UTF-8", enveloped([]byte(strings.Replace(string(good), "j.doe", "j\xff", 1))), "not JSON, or not all of it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := order.Parse(tt.envelope)
			if !errors.Is(err, order.ErrMalformed) || got != nil || !strings.Contains(fmt.Sprint(err), tt.says) {
				t.Errorf("Parse = %v, %v, want %q", got, err, tt.says)
			}
		})
	}
}

func bytesOf(e *sign.Envelope) []byte { return e.Marshal() }

// Whatever is wrong with an order, its errors end in logs: no value in them.
func TestErrorsNeverQuoteATarget(t *testing.T) {
	const who = "jane.roe@mail.example"
	good := samples(t)["everything"]
	for _, tt := range []struct{ member, value string }{
		{"/targets/2/value", `"*` + who + `"`},
		{"/targets/2/value", `" ` + who + `"`},
		{"/targets/2/value", `["` + who + `"]`},
		{"/targets/2/at", `"` + who + `"`},
		{"/targets/2/type", `"` + who + `"`},
		{"/targets/2/" + who, `1`},
		{"/" + who, `1`},
		{"/nonce", `"` + who + `"`},
		{"/documents/0/sha256", `"` + who + `"`},
		{"/issued_at", `"` + who + `"`},
		{"/offence/max_sentence_years", `"` + who + `"`},
		{"/mandate/0/fields/0", `"` + who + `"`},
		{"/test", `"` + who + `"`},
	} {
		_, err := order.Parse(enveloped(edit(t, good, tt.member, tt.value)))
		if err == nil || strings.Contains(err.Error(), "jane") {
			t.Errorf("%s: %v", strings.TrimSuffix(tt.member, who), err)
		}
	}
}

func TestNew(t *testing.T) {
	s, err := order.Parse(enveloped(samples(t)["subpoena"]))
	if err != nil {
		t.Fatal(err)
	}
	o := s.Order()
	o.Format, o.Nonce = "", nil
	a, err := order.New(o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := order.New(o)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Order().Nonce) != 32 || a.Digest() == b.Digest() {
		t.Errorf("nonce of %d bytes; digests %s and %s of two orders", len(a.Order().Nonce), a.Digest(), b.Digest())
	}
	if o.Nonce != nil || o.Format != "" {
		t.Error("New changed its argument")
	}
	o.Targets = nil
	if s, err := order.New(o); !errors.Is(err, order.ErrMalformed) || s != nil {
		t.Errorf("New without targets = %v, %v", s, err)
	}
	if s, err := order.New(order.Order{}); !errors.Is(err, order.ErrMalformed) || s != nil {
		t.Errorf("New of nothing = %v, %v", s, err)
	}
}

// The empty Signed is nobody's order: it can't be signed.
func TestEmptySigned(t *testing.T) {
	var s order.Signed
	if err := s.Sign(key(t, "court")); !errors.Is(err, order.ErrMalformed) {
		t.Errorf("Sign = %v", err)
	}
	if s.Marshal() != nil || s.Signatures() != nil {
		t.Errorf("Marshal = %q, Signatures = %v", s.Marshal(), s.Signatures())
	}
}

// What a getter returns is the caller's own.
func TestOrderIsADeepCopy(t *testing.T) {
	s, err := order.Parse(enveloped(samples(t)["everything"]))
	if err != nil {
		t.Fatal(err)
	}
	a, b := s.Order(), s.Order()
	if shared := sharing(reflect.ValueOf(a), reflect.ValueOf(b), "Order"); len(shared) > 0 {
		t.Errorf("two copies share %v", shared)
	}
}

// sharing returns the paths of pointers and slices that a and b have in common.
func sharing(a, b reflect.Value, path string) (found []string) {
	if a.Type() == reflect.TypeFor[order.Instant]() {
		return nil // immutable
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || a.Pointer() == b.Pointer() {
			return []string{path} // the sample sets every pointer, so that each is tried
		}
		return sharing(a.Elem(), b.Elem(), path)
	case reflect.Slice:
		if a.Len() == 0 || a.Pointer() == b.Pointer() {
			return []string{path}
		}
		for i := range a.Len() {
			found = append(found, sharing(a.Index(i), b.Index(i), path+"[]")...)
		}
	case reflect.Struct:
		for i := range a.NumField() {
			found = append(found, sharing(a.Field(i), b.Field(i), path+"."+a.Type().Field(i).Name)...)
		}
	}
	return found
}
