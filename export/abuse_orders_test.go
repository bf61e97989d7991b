package export_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"writ/export"
	"writ/export/order"
	"writ/export/plan"
	"writ/manifest"
	"writ/manifest/act"
)

// Who must sign has signed each of these; they are turned away for their form,
// and never reach the ledger, since nothing in them can be believed to be an order.
func TestAbuseByFormOfTheOrder(t *testing.T) {
	const (
		value  = `"value":"mirela.kowalska@example.com"`
		fields = `"fields":["at","device","duration_s","ip","port"]`
		from   = `"from":"2025-03-01T00:00:00-05:00"`
	)
	var attacks []attack
	changes := map[string]func(string) string{
		"a member twice":                        swap(`"provider":"example-mail"`, `"provider":"example-mail","provider":"other"`),
		"a member twice, once escaped":          swap(`"provider":"example-mail"`, `"provider":"other","\u0070rovider":"example-mail"`),
		"a target's value twice":                swap(value, value+`,"value":"ada.abebe17@example.com"`),
		"an unknown member":                     swap(`"provider":`, `"all_users":true,"provider":`),
		"an unknown member of a target":         swap(value, value+`,"like":true`),
		"a member in capitals":                  swap(`"targets":`, `"Targets":`),
		"a huge number":                         swap(`"size_bytes":`, `"size_bytes":1e400,"x":`),
		"a number beyond 64 bits":               swap(`"documents":[{`, `"offence":{"description":"fraud","max_sentence_years":99999999999999999999},"documents":[{`),
		"a negative number":                     swap(`"documents":[{`, `"offence":{"description":"fraud","max_sentence_years":-1},"documents":[{`),
		"a fraction where whole numbers stand":  swap(`"documents":[{`, `"offence":{"description":"fraud","max_sentence_years":1.5},"documents":[{`),
		"nested a hundred thousand deep":        swap(value, `"value":`+strings.Repeat("[", 100_000)+strings.Repeat("]", 100_000)),
		"nested deep in an unknown member":      swap(`"provider":`, `"x":`+strings.Repeat(`{"a":`, 50_000)+"1"+strings.Repeat("}", 50_000)+`,"provider":`),
		"trailing bytes in the payload":         func(s string) string { return s + "{}" },
		"two orders in one payload":             func(s string) string { return s + s },
		"a byte order mark":                     func(s string) string { return "\ufeff" + s },
		"a list of orders":                      func(s string) string { return "[" + s + "]" },
		"not UTF-8":                             swap("mirela", "mirela\xff"),
		"half a surrogate pair":                 swap("mirela", `mirela\ud800`),
		"null for a target":                     swap(value, `"value":null`),
		"a number for a target":                 swap(value, `"value":1042`),
		"a list for a target":                   swap(value, `"value":["mirela.kowalska@example.com","ada.abebe17@example.com"]`),
		"null for the targets":                  swap(`"targets":[{"type":"email",`+value+`}]`, `"targets":null`),
		"no targets":                            swap(`"targets":[{"type":"email",`+value+`}]`, `"targets":[]`),
		"the same target twice":                 swap(`{"type":"email",`+value+`}`, `{"type":"email",`+value+`},{"type":"email",`+value+`}`),
		"an empty target":                       swap(value, `"value":""`),
		"a blank target":                        swap(value, `"value":" "`),
		"a target with a space before it":       swap(`"mirela`, `" mirela`),
		"a target with a NUL":                   swap("mirela", `mirela\u0000`),
		"a target with a line break":            swap("mirela", `mirela\n`),
		"a target with a zero-width space":      swap("mirela", `mire\u200bla`),
		"a target that reads right to left":     swap("mirela", `\u202emirela`),
		"a target with a hard space":            swap("mirela.", `mirela\u00a0`),
		"a target with a joiner":                swap("mirela", `mire\u200dla`),
		"a target with a soft hyphen":           swap("mirela", `mire\u00adla`),
		"a target with a direction's isolate":   swap("mirela", `\u2068mirela\u2069`),
		"a target with a letter's variant":      swap("mirela", `mirela\ufe00`),
		"a target with a tag character":         swap("mirela", `mirela\udb40\udc41`),
		"a target with a filler":                swap("mirela", `mirela\u3164`),
		"a target with a combining joiner":      swap("mirela", `mirela\u034f`),
		"a target with a blank of Braille":      swap("mirela", `mirela\u2800`),
		"a target with a byte order mark":       swap("mirela", `mirela\ufeff`),
		"a target with no character":            swap("mirela", `mirela\ufffe`),
		"a target with no character either":     swap("mirela", `mirela\ufdd0`),
		"a target with a character of nobody":   swap("mirela", `mirela\ue000`),
		"a target with one not assigned yet":    swap("mirela", `mirela\u0378`),
		"a target of Hangul in pieces":          swap("mirela", `\u1100\u1161`),
		"a target with an angstrom":             swap("mirela", `\u212b`),
		"a target that is not NFC":              swap("mirela", `mire\u0301la`),
		"a target too long":                     swap("mirela", strings.Repeat("m", order.MaxText)),
		"a target that is a star":               swap("mirela.kowalska@example.com", "*"),
		"a target with a star":                  swap("mirela.kowalska@", "*@"),
		"a target that is a percent sign":       swap("mirela.kowalska@example.com", "%"),
		"a target that begins with a percent":   swap("mirela.kowalska@", "%@"),
		"a target that ends with a percent":     swap("@example.com", "@%"),
		"a type of target with SQL":             swap(`"type":"email"`, `"type":"email' OR '1'='1"`),
		"a thousand and one targets":            swap(`{"type":"email",`+value+`}`, many(order.MaxTargets+1)),
		"a million targets":                     swap(`{"type":"email",`+value+`}`, many(1_000_000)),
		"a dataset out of its folder":           swap(`"dataset":"logins"`, `"dataset":"../../logins"`),
		"a dataset with an absolute path":       swap(`"dataset":"logins"`, `"dataset":"/etc/passwd"`),
		"a dataset with a drive":                swap(`"dataset":"logins"`, `"dataset":"c:\\logins"`),
		"a dataset with a NUL":                  swap(`"dataset":"logins"`, `"dataset":"logins\u0000.txt"`),
		"a dataset with an escaped path":        swap(`"dataset":"logins"`, `"dataset":"%2e%2e"`),
		"a dataset that is a star":              swap(`"dataset":"logins"`, `"dataset":"*"`),
		"a dataset twice":                       swap(`"dataset":"logins"`, `"dataset":"messages"`),
		"a field that is a star":                swap(fields, `"fields":["*"]`),
		"a field that is an expression":         swap(fields, `"fields":["count(*)"]`),
		"a field with an alias":                 swap(fields, `"fields":["password_hash as ip"]`),
		"a field that ends the quotes":          swap(fields, `"fields":["ip\",\"password_hash"]`),
		"no fields":                             swap(fields, `"fields":[]`),
		"null for the fields":                   swap(fields, `"fields":null`),
		"a document out of its folder":          swap(`"name":"2705(b) order"`, `"name":"../../out/x"`),
		"a window that ends before it starts":   swap(from, `"from":"2025-06-01T00:00:01-04:00"`),
		"a window that ends when it starts":     swap(from, `"from":"2025-06-01T00:00:00-04:00"`),
		"the same, in another time zone":        swap(from, `"from":"2025-06-01T06:00:00+02:00"`),
		"a window that only looks long":         swap(from, `"from":"2025-05-31T23:59:59-14:00"`),
		"a window without a start":              swap(from+",", ``),
		"a window with an empty start":          swap(from, `"from":""`),
		"a time without a zone":                 swap(from, `"from":"2025-03-01T00:00:00"`),
		"a time in an unknown zone":             swap(from, `"from":"2025-03-01T00:00:00-00:00"`),
		"a time in a zone by name":              swap(from, `"from":"2025-03-01T00:00:00 EST"`),
		"a time a day off its zone":             swap(from, `"from":"2025-03-01T00:00:00+24:00"`),
		"a time in small letters":               swap(from, `"from":"2025-03-01t00:00:00z"`),
		"a leap second":                         swap(from, `"from":"2025-03-01T23:59:60Z"`),
		"a day that there is not":               swap(from, `"from":"2025-02-30T00:00:00Z"`),
		"a time before computers":               swap(from, `"from":"0000-01-01T00:00:00Z"`),
		"a time as a number":                    swap(from, `"from":0`),
		"a time finer than a nanosecond":        swap(from, `"from":"2025-03-01T00:00:00.0000000001Z"`),
		"an order that ends before it starts":   swap(`"issued_at":"2`, `"issued_at":"3`),
		"another format":                        swap(order.Format, "writ.order/v0"),
		"a nonce that can be guessed":           swap(`"nonce":"`, `"nonce":"AAAA","x":"`),
		"an emergency record without the cause": swap(`"documents":[{`, `"emergency":{"basis":"2705(b) order"},"documents":[{`),
		"a contract that nobody attached":       swap(`"documents":[{`, `"enterprise":{"ground":"contract","document":"contract"},"documents":[{`),
		"several accounts, spelt out as not":    swap(value, value+`,"several":false`),
		"several accounts, by a number":         swap(value, value+`,"several":2`),
		"several accounts, by a word":           swap(value, value+`,"several":"all"`),
		"several accounts for the whole order":  swap(`"provider":`, `"several":true,"provider":`),
		"a test flag that is a word":            swap(`"documents":[{`, `"test":"no","documents":[{`),
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		attacks = append(attacks, attack{name: name, text: changes[name], want: order.ErrMalformed})
	}
	newLab(t).try(t, attacks)
}

// many are so many targets.
func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,{"type":"email","value":"u%d@example.com"}`, i)
	}
	return b.String()[1:]
}

// What an identifier says is compared exactly: whatever is written in it, it is
// bound to the query and never part of it.
func TestAbuseByIdentifier(t *testing.T) {
	const (
		nobody = "received decided:export exported" // "none found", with no record
		turned = "received decided:rejected:target-unusable"
	)
	l := newLab(t)
	l.alter(t, `UPDATE accounts SET phone = '+15559999999' WHERE id IN (10, 11); UPDATE accounts SET phone = '+15558888888' WHERE id BETWEEN 1500 AND 1600`)
	var attacks []attack
	for _, value := range []string{
		`x' OR '1'='1' --@example.com`,
		`x@example.com' OR 'a'='a`,
		`x@example.com'; DROP TABLE accounts; --`,
		`x@example.com" OR ""="`,
		`x@example.com' UNION SELECT id FROM accounts --`,
		`______.________@example.com`,
		`mirela%@example.com`,
		`mirela.kowalska[a-z]@example.com`,
		`mirela.kowalska@example.com OR TRUE`,
		`Mirela.Kowalska@example.com`, // the catalog folds the domain alone
		`mirela.kowalska+x@example.com`,
		`mirela.kowalska@example.com.`,
		`m.irela.kowalska@example.com`,
		`mirela.kow` + "\u0430" + `lska@example.com`, // a Cyrillic letter
		"\uff4direla.kowalska@example.com",           // a full-width one
		"mirela.kowalska@ex\u0101mple.com",
		`NULL@NULL`,
		`?1@example.com`,
		`:key@example.com`,
		`$1@example.com`,
	} {
		attacks = append(attacks, attack{name: "email " + value, order: to("email", value), says: nobody})
	}
	values := map[order.TargetType][]string{
		"email":      {`' OR 1=1 --`, `mirela.kowalska`, `@example.com`, `mirela.kowalska@`, `_`, `?`},
		"account-id": {`1042 OR 1=1`, `1042; DROP TABLE accounts`, `01042`, `+1042`, `0x412`, `1e3`, `1042.0`, `1_042`, `9223372036854775808`, `1042,1043`, `NULL`, `true`, "\u0661\u0660\u0664\u0662"},
		"phone":      {`+1555_001042`, `+155500%01042`, `+1`, `00155500001042`, `+15550001042 OR 1=1`, `+1555000104211111`, "+1555\u0660001042"},
		"name":       {`Mirela Kowalska`},
		"tenant":     {`harbour`},
		"full-name":  {`' OR 1=1 --`},
	}
	for _, kind := range slices.Sorted(maps.Keys(values)) {
		for _, v := range values[kind] {
			attacks = append(attacks, attack{name: string(kind) + " " + v, order: to(kind, v), want: plan.ErrTarget, says: turned})
		}
	}
	attacks = append(attacks,
		attack{name: "account-id that is negative", order: to("account-id", "-1"), says: nobody},
		attack{name: "account-id of a row that there is not", order: to("account-id", "9223372036854775807"), says: nobody},
		attack{name: "one that two accounts have", order: to("phone", "+15559999999"), want: plan.ErrAmbiguous, says: "received decided:rejected:target-ambiguous"},
		attack{name: "one that two accounts have, beside a good one", order: func(o *order.Order) {
			o.Targets = append(o.Targets, order.Target{Type: "phone", Value: "+1 (555) 999-9999"})
		}, want: plan.ErrAmbiguous, says: "received decided:rejected:target-ambiguous"},
		attack{name: "one that two accounts have, beside one of which the order wants several", order: func(o *order.Order) {
			o.Targets = append(o.Targets, order.Target{Type: "phone", Value: "+15559999999"})
			o.Targets[0].Several = true
		}, want: plan.ErrAmbiguous, says: "received decided:rejected:target-ambiguous"},
		attack{name: "one that two accounts have, and the order wants several", order: both(of("subscriber", "name"), to("phone", "+15559999999"), several), records: 2, says: nobody},
		attack{name: "one that a hundred and one accounts have, and the order wants several", order: both(of("subscriber", "name"), to("phone", "+15558888888"), several),
			want: plan.ErrCeiling, says: "received decided:rejected:over-ceiling"},
		attack{name: "several accounts of what only looks like a pattern", order: both(of("subscriber", "name"), to("email", "_@example.com"), several), says: nobody},
		attack{name: "one with a time at which it can't change hands", order: func(o *order.Order) { o.Targets[0].At = hours(-1) }, want: plan.ErrTarget, says: turned},
		attack{name: "one person by three identifiers is one account", order: both(of("subscriber", "name"), func(o *order.Order) {
			o.Targets = append(o.Targets, order.Target{Type: "account-id", Value: "1042"}, order.Target{Type: "phone", Value: "+1 555 000 1042"})
		}), records: 1, says: nobody},
		attack{name: "fifty-one targets", order: to("account-id", numbers(51)...), want: export.ErrRefused, says: "received decided:refused"},
		attack{name: "a thousand targets", order: to("account-id", numbers(1000)...), want: export.ErrRefused, says: "received decided:refused"},
	)
	l.try(t, attacks)
}

// several says that the order wants every account of its first target.
func several(o *order.Order) { o.Targets[0].Several = true }

// Where several accounts left, the manifest, the ledger and the certificate say
// that the order asked for them, and an auditor finds nothing wrong with it.
func TestSeveralAccountsAreStated(t *testing.T) {
	l := newLab(t)
	l.alter(t, `UPDATE accounts SET phone = '+15559999999' WHERE id IN (10, 11)`)
	o := l.warrant
	both(of("subscriber", "name"), to("phone", "+15559999999", "+15550001042"), several)(&o)
	receipt, err := l.answer(t, attack{}, o)
	if err != nil {
		t.Fatal(err)
	}
	want := []manifest.TargetCount{{Type: "phone", Count: 2, Several: 1}}
	verified, bag := l.open(t, receipt.Folder)
	e := verified.Statement().Predicate
	if !slices.Equal(e.Order.Targets, want) || e.Datasets[0].Accounts != 3 {
		t.Errorf("the manifest says %+v of the targets, and %d accounts", e.Order.Targets, e.Datasets[0].Accounts)
	}
	acts, _ := l.said(t)
	for _, a := range acts {
		if r, ok := a.(act.Received); ok && !slices.Equal(r.Order.Targets, want) {
			t.Errorf("the ledger says that %+v was received", r.Order.Targets)
		}
	}
	certificate := string(must(os.ReadFile(filepath.Join(bag, "data", "certificate.txt"))))
	for _, line := range []string{"\n   - phone: +15559999999 (every account of it, as the order says: 2)\n", "\n   - phone: +15550001042\n"} {
		if !strings.Contains(certificate, line) {
			t.Errorf("the certificate does not say %q", line)
		}
	}
	l.audits(t, 0)
}

func numbers(n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprint(i+1))
	}
	return all
}

// What is mandated beyond the catalog, the law or the window does not leave.
func TestAbuseByMandate(t *testing.T) {
	const refused = "received decided:refused"
	var attacks []attack
	mandates := map[string]func(*order.Order){
		"a secret":                      of("subscriber", "password_hash"),
		"a column that is no field":     of("logins", "account_id"),
		"SQLite's hidden column":        of("subscriber", "rowid"),
		"a table that is no dataset":    of("accounts", "name"),
		"SQLite's schema":               of("sqlite_schema", "sql"),
		"a column by its own name":      of("subscriber", "full_name"),
		"a column of another dataset":   of("logins", "body"),
		"a device's name for a dataset": of("con", "name"),
		"records with times, and no window": func(o *order.Order) {
			o.Mandate = o.Mandate[:1]
			o.Mandate[0].From, o.Mandate[0].To = order.Instant{}, order.Instant{}
		},
		"all time":                  both(of("logins", "ip"), within("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z")),
		"a day more than the limit": both(of("logins", "ip"), within("2020-01-01T00:00:00Z", "2025-01-02T00:00:00Z")),
		"the limit by a second, hidden in the offsets": both(of("logins", "ip"), within("2020-01-01T00:00:00+14:00", "2024-12-31T10:00:01Z")),
		"preserving that would release":                func(o *order.Order) { o.Process = "preservation" },
	}
	for _, name := range slices.Sorted(maps.Keys(mandates)) {
		attacks = append(attacks, attack{name: name, order: mandates[name], want: export.ErrRefused, says: refused})
	}
	newLab(t).try(t, attacks)
}

// A window holds its first instant and not its last, in whatever zone they are written.
func TestAbuseByWindow(t *testing.T) {
	l := newLab(t)
	// The person's only sign-ins at these seconds: 2025-03-30T01:00:00Z, in which
	// Europe's clocks go forward, and the second before and after.
	l.alter(t, `DELETE FROM logins WHERE account_id = 1042;
		INSERT INTO logins SELECT NULL, 1042, 1743296400 + value, 1, '192.0.2.7', 1024, 'dev', 'agent', 1 FROM (SELECT -1 AS value UNION SELECT 0 UNION SELECT 1)`)
	var attacks []attack
	for _, tt := range []struct {
		name, from, to string
		records        int64
	}{
		{"exactly one second", "2025-03-30T01:00:00Z", "2025-03-30T01:00:01Z", 1},
		{"the same in another zone", "2025-03-30T03:00:00+02:00", "2025-03-30T03:00:01+02:00", 1},
		{"the same, its ends in two zones", "2025-03-30T02:00:00+01:00", "2025-03-30T03:00:01+02:00", 1},
		{"the same, on the day before", "2025-03-29T20:00:00-05:00", "2025-03-29T20:00:01-05:00", 1},
		{"the same in a zone of quarter hours", "2025-03-30T06:45:00+05:45", "2025-03-30T06:45:01+05:45", 1},
		{"the last is not in it", "2025-03-30T00:00:00Z", "2025-03-30T01:00:00Z", 1},
		{"the last is not in it, in another zone", "2025-03-30T00:00:00Z", "2025-03-30T03:00:00+02:00", 1},
		{"a nanosecond after the last", "2025-03-30T00:00:00Z", "2025-03-30T01:00:00.000000001Z", 2},
		{"a nanosecond after the first", "2025-03-30T01:00:00.000000001Z", "2025-03-30T01:00:01Z", 0},
		{"between two seconds", "2025-03-30T01:00:00.1Z", "2025-03-30T01:00:00.9Z", 0},
		{"an hour too early", "2025-03-30T01:00:00+01:00", "2025-03-30T00:59:59Z", 0},
		{"all three", "2025-03-30T00:59:59Z", "2025-03-30T01:00:02Z", 3},
	} {
		attacks = append(attacks, attack{
			name: tt.name, order: both(of("logins", "at", "ip"), within(tt.from, tt.to)), records: tt.records, says: "received decided:export exported",
		})
	}
	l.try(t, attacks)
}
