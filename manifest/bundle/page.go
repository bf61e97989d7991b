package bundle

import (
	"bufio"
	_ "embed"
	"html/template"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"writ/crypto/sign"
	"writ/manifest"
	"writ/manifest/bag"
)

// Bounds on what the page shows; the bag has all of it.
const (
	pageRecords = 100 // of a dataset
	pageCell    = 400 // bytes of a value
)

// A table holds the first records of a dataset for the page, as they were
// checked: the page shows what the bag holds and nothing else.
type table struct {
	shape *shape
	rows  [][]string
}

func (t *table) add(lines []byte, ends []int) {
	start := 0
	for _, end := range ends[:min(len(ends), pageRecords-len(t.rows))] {
		row := make([]string, len(t.shape.fields))
		t.shape.check(lines[start:end-1], func(i int, v []byte) { row[i] = cell(v) })
		t.rows = append(t.rows, row)
		start = end
	}
}

// cell returns a value as people read it.
func cell(v []byte) string {
	s := string(v[:min(len(v), 2*pageCell)])
	if v[0] == '"' && len(v) <= 2*pageCell {
		if b, err := jsontext.AppendUnquote(nil, v); err == nil {
			s = string(b)
		}
	}
	if len(s) <= pageCell && len(v) <= 2*pageCell {
		return s
	}
	s = s[:pageCell]
	for !utf8.ValidString(s) {
		s = s[:len(s)-1]
	}
	return s + " … (" + strconv.Itoa(len(v)) + " bytes; the rest is in the file)"
}

//go:embed page.html
var pageText string

var page = sync.OnceValue(func() *template.Template {
	return template.Must(template.New(Page).Funcs(template.FuncMap{
		"time": func(t time.Time) string { return t.Format("2006-01-02 15:04:05 UTC") },
		"says": func(o manifest.Outcome) string { return meanings[o] },
	}).Parse(pageText))
})

// meanings are the outcomes in words, so that absence is never read as innocence.
var meanings = map[manifest.Outcome]string{
	manifest.Complete:    "Everything that was granted was found and is here.",
	manifest.NoneFound:   "The store was read, and holds no such record.",
	manifest.Partial:     "Some records are here, and some that should be are not.",
	manifest.Unavailable: "The store could not be read. Whether there are records is not known.",
	manifest.Refused:     "No field was granted, so nothing was read.",
	manifest.Redirected:  "The accounts are an enterprise customer's, who must be asked. Nothing was read.",
	manifest.Held:        "Granted, but not to be released yet. Nothing was read.",
}

// pageData is what the page is made of.
type pageData struct {
	E        manifest.Export
	Datasets []pageDataset
	Order    string
}

type pageDataset struct {
	manifest.Dataset
	Rows [][]string
	More int64
	Path string
}

// page writes the readable page beside the bag.
func (u *unpacker) page() error {
	data := pageData{E: u.s.Predicate}
	e, err := sign.ParseEnvelope(u.small[bag.Order], sign.ForOrder)
	if err != nil {
		return err
	}
	data.Order = strings.ToValidUTF8(string(e.Payload), "\uFFFD")
	if v := jsontext.Value(e.Payload); v.Indent() == nil {
		data.Order = string(v)
	}
	for _, d := range u.s.Predicate.Datasets {
		p := pageDataset{Dataset: d, Path: u.s.Predicate.ExportID + "/" + bag.Data + d.Name}
		if t := u.tables[d.Name]; t != nil {
			p.Rows, p.More = t.rows, d.Records-int64(len(t.rows))
		}
		data.Datasets = append(data.Datasets, p)
	}
	f, err := u.root.OpenFile(Page, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 64<<10) // a template writes word by word
	if err := page().Execute(w, data); err != nil {
		return err
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
