package audit_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"writ/crypto/digest"
	"writ/manifest/act"
	"writ/manifest/audit"
)

// The page says all that was found, first, and needs nothing but itself.
func TestHTML(t *testing.T) {
	w := goodWorld(t)
	w.remove(act.KindNotified, "warrant", 0)
	w.remove(act.KindExported, "held", 0)
	w.insert(w.find(act.KindExported, "subpoena", 0)+1, w.acts[w.find(act.KindExported, "subpoena", 0)].act)
	dir := filepath.Join(t.TempDir(), "ledger")
	w.write(dir, w.ledger)
	r := run(t, config(w, dir))
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	at := 0
	for _, f := range r.Findings {
		i := strings.Index(text, html.EscapeString(f.What))
		if i < 0 || !strings.Contains(text, "<b>"+string(f.Code)+"</b>") {
			t.Errorf("the page does not say %s: %s", f.Code, f.What)
		}
		at = max(at, i)
	}
	if len(r.Findings) < 4 || at > strings.Index(text, "Orders over time") {
		t.Errorf("%d findings, and the orders stand before the last", len(r.Findings))
	}
	for _, o := range r.Orders {
		if !strings.Contains(text, o.Order.Hex()[:12]) {
			t.Errorf("order %s is not there", o.Order)
		}
	}
	if strings.Count(text, "<circle") != 6 || strings.Count(text, "<rect") == 0 { // as many as were answered
		t.Errorf("%d dots, %d bars", strings.Count(text, "<circle"), strings.Count(text, "<rect"))
	}
	if found := regexp.MustCompile(`(?i)<script|\bon[a-z]+=|src=|href=|url\(|@import|https?://`).FindString(text); found != "" {
		t.Errorf("the page has %q", found)
	}
	wellFormed(t, page)
	if path := os.Getenv("AUDIT_PAGE"); path != "" {
		w.must(os.WriteFile(path, page, 0o644))
	}
}

// wellFormed reads the page as XML, with the elements that HTML leaves open.
func wellFormed(t *testing.T, page []byte) {
	t.Helper()
	closed := regexp.MustCompile(`<(meta|br)([^>]*)>`).ReplaceAll(page, []byte("<$1$2/>"))
	d := xml.NewDecoder(bytes.NewReader(closed))
	d.Entity = xml.HTMLEntity
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// Of very many, the page lists those that matter, and says how many it leaves out.
func TestHTMLOfMany(t *testing.T) {
	r := &audit.Result{Provider: "<b>&", Complete: true}
	for i := range 3000 {
		d := digest.Of(fmt.Append(nil, i))
		r.Orders = append(r.Orders, audit.Order{Order: d, ReceivedAt: day(i / 10), AnsweredAt: day(i/10 + i%40), Deadline: day(i/10 + 10), Result: "exported"})
		if i%2 == 0 {
			r.Findings = append(r.Findings, audit.Finding{Code: audit.DeadlineMissed, Severity: audit.Violation, Entry: int64(i), Order: d, What: "late"})
			r.Orders[i].Findings = 1
		}
	}
	r.Counts.Violations = 1500
	page, err := r.HTML()
	if err != nil {
		t.Fatal(err)
	}
	wellFormed(t, page)
	text := string(page)
	for _, want := range []string{"1,500 violations", "500 more stand", "2,000 more orders", "&lt;b&gt;&amp;"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if n := strings.Count(text, "<tr>"); n != 1000+2 {
		t.Errorf("%d rows", n)
	}
}

// An audit of nothing has a page as well.
func TestHTMLOfNothing(t *testing.T) {
	page, err := (&audit.Result{Complete: true}).HTML()
	if err != nil || !bytes.Contains(page, []byte("Nothing found")) {
		t.Fatalf("%v: %s", err, page)
	}
	if page, err = (&audit.Result{}).HTML(); err != nil || !bytes.Contains(page, []byte("not to be believed")) {
		t.Fatalf("%v: %s", err, page)
	}
	wellFormed(t, page)
}

// The JSON form is read back as what it was.
func TestJSON(t *testing.T) {
	w := goodWorld(t)
	w.remove(act.KindNotified, "warrant", 0)
	dir := filepath.Join(t.TempDir(), "ledger")
	w.write(dir, w.ledger)
	b, err := run(t, config(w, dir)).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var r audit.Result
	if err := json.Unmarshal(b, &r, json.RejectUnknownMembers(true)); err != nil {
		t.Fatal(err)
	}
	if r.Format != audit.Format || len(r.Findings) != 1 || r.Findings[0].Code != audit.NoticeMissing || r.Counts.Violations != 1 || len(r.Orders) != 8 {
		t.Errorf("read back: %+v", r)
	}
	if again, err := r.JSON(); err != nil || !bytes.Equal(again, b) {
		t.Errorf("does not round-trip: %v", err)
	}
}
