package export_test

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"

	"writ/export"
	"writ/export/catalog"
	"writ/export/order"
	"writ/manifest"
)

// An answer that the ledger could not take is refused before anything is
// pulled, with how large it would be, and one that it can take is not.
func TestWhatTheLedgerCannotTakeIsNotPulled(t *testing.T) {
	l := newLab(t)
	text := string(l.config.Catalog.Text())
	i, j := strings.Index(text, "  logins:\n"), strings.Index(text, "  messages:\n")
	block := strings.TrimPrefix(text[i:j], "  logins:\n")
	const most = 100
	for n := range most {
		text = text[:j] + fmt.Sprintf("  logins-%03d:\n%s", n, block) + text[j:]
	}
	l.config.Catalog = must(catalog.Parse("catalog.yaml", []byte(text)))
	request := func(datasets int) export.Request {
		return export.Request{Order: l.draft(t, func(o *order.Order) {
			of("logins", "at", "ip")(o)
			item := o.Mandate[0]
			o.Mandate = nil
			for n := range datasets {
				item.Dataset = order.Dataset(fmt.Sprintf("logins-%03d", n))
				o.Mandate = append(o.Mandate, item)
			}
		}, everybody...).Marshal()}
	}
	n := sort.Search(most, func(n int) bool {
		_, err := export.Plan(t.Context(), l.config, request(n+1))
		if err != nil && !errors.Is(err, manifest.ErrTooLarge) {
			t.Fatal(err)
		}
		return err != nil
	})
	l.config.Progress = func(export.Progress) { t.Error("something was pulled") }
	_, err := export.Run(t.Context(), l.config, request(n+1))
	if !errors.Is(err, manifest.ErrTooLarge) || !regexp.MustCompile(`6[5-9][0-9]{3} bytes signed, and the limit is 65535; ask the authority to split`).MatchString(err.Error()) {
		t.Errorf("%d datasets: %v", n+1, err)
	}
	if said, _ := l.news(t); said != "received decided:rejected:over-size" {
		t.Errorf("the ledger says %q", said)
	}
	l.config.Progress = nil
	if _, err := export.Run(t.Context(), l.config, request(n)); err != nil {
		t.Errorf("%d datasets: %v", n, err)
	}
}
