package policy

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"writ/crypto/trust"
	"writ/export/catalog"
	"writ/export/order"
)

func defaultPolicy(t testing.TB) *Policy {
	t.Helper()
	p, err := Load(Defaults())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// everything is a catalog with a field of each category, called after it, in a
// dataset that has times and in one that has none.
func everything(t testing.TB) *catalog.Catalog {
	t.Helper()
	var b strings.Builder
	b.WriteString("format: writ.catalog/v1\naccounts:\n  a: {store: s, table: t, key: id}\nidentifiers:\n  email: {account: a, table: t, column: m, key: id}\ndatasets:\n")
	for name, time := range map[string]string{"timed": "    time: at\n", "timeless": ""} {
		fmt.Fprintf(&b, "  %s:\n    table: t\n    account: a\n    account_key: id\n    key: [id]\n%s    fields:\n", name, time)
		for _, c := range catalog.Leaves() {
			fmt.Fprintf(&b, "      %s: {column: c, category: %s, type: text}\n", fieldOf(c), c)
		}
	}
	c, err := catalog.Parse("everything.yaml", []byte(b.String()))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func fieldOf(c catalog.Category) order.Field {
	return order.Field(strings.ReplaceAll(string(c), ".", "-"))
}

var (
	received = time.Date(2026, 9, 3, 15, 4, 5, 0, time.UTC)
	from     = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
)

func window(days int) (order.Instant, order.Instant) {
	return order.At(from), order.At(from.AddDate(0, 0, days))
}

// plain asks, as an ordinary order of the process does, for one category in the
// window of a month.
func plain(j trust.Jurisdiction, p trust.Process, c catalog.Category) *ask {
	a := &ask{
		jurisdiction: j, process: p, purpose: order.Investigate,
		issuer: trust.Judge, reviewers: 2,
		emergency:    p == order.EmergencyProcess,
		offenceYears: 5,
		targets:      1,
		receivedAt:   received, at: received.Add(time.Minute),
	}
	item := order.Item{Dataset: "timed", Fields: []order.Field{fieldOf(c)}}
	item.From, item.To = window(30)
	a.items = []order.Item{item}
	return a
}
