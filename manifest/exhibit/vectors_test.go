package exhibit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"writ/crypto/digest"
	"writ/manifest/bundle"
)

// vectors are exhibits with the code that each must have ("" is accepted), by
// comment. They are checked with the provider file of package bundle's delivery.
func vectors(t *testing.T) map[string]vector {
	good := string(read(t, golden))
	out := map[string]vector{}
	add := func(code bundle.Code, comment string, b []byte) {
		out[strings.NewReplacer(" ", "-", ",", "").Replace(comment)+".txt"] = vector{code, comment, b}
	}
	add("", "good", []byte(good))
	add("", "with a ledger proof that nobody asks for", bent(t, func(e *Exhibit) { e.entry = []byte("x\n") }))
	for comment, b := range map[string][]byte{
		"nothing":                  nil,
		"no final newline":         []byte(strings.TrimSuffix(good, "\n")),
		"two of them":              []byte(good + good),
		"white space":              replaced(t, `"index":`, `"index": `),
		"another version":          replaced(t, "exhibit/v1", "exhibit/v2"),
		"an unknown member":        replaced(t, `"format"`, `"extra":1,"format"`),
		"a member twice":           replaced(t, `"format"`, `"index":17,"format"`),
		"an empty proof":           replaced(t, `"manifest":`, `"ledger_proof":"","manifest":`),
		"a salt in capitals":       replaced(t, `"salt":"`, `"salt":"ABCDEF`),
		"a short salt":             []byte(good[:len(good)-5] + "\"}\n"),
		"a negative index":         replaced(t, `"index":17`, `"index":-17`),
		"a fraction of index":      replaced(t, `"index":17`, `"index":17.0`),
		"too many hashes":          bent(t, func(e *Exhibit) { e.proof.Path = make([]digest.Digest, 64) }),
		"escapes that need not be": replaced(t, `"dataset":"sign-ins"`, `"dataset":"\u0073ign-ins"`),
	} {
		add(Malformed, comment, b)
	}
	add(bundle.ManifestFormat, "no manifest", bent(t, func(e *Exhibit) { e.manifest = nil }))
	add(bundle.ManifestFormat, "manifest without its newline", bent(t, func(e *Exhibit) { e.manifest = bytes.TrimSuffix(e.manifest, []byte("\n")) }))
	add(bundle.ManifestSignature, "manifest with another signature", bent(t, func(e *Exhibit) {
		e.manifest = bytes.Replace(e.manifest, []byte(`"sig":"`), []byte(`"sig":"AAAA`), 1)
	}))
	add(NoRecord, "an unknown dataset", bent(t, func(e *Exhibit) { e.dataset = "mail" }))
	add(NoRecord, "a dataset without records", bent(t, func(e *Exhibit) { e.dataset = "payments" }))
	add(NoRecord, "behind the last record", bent(t, func(e *Exhibit) { e.index = 120 }))
	add(bundle.RecordForm, "record with white space", bent(t, func(e *Exhibit) { e.record = bytes.Replace(e.record, []byte(`,"ip":"`), []byte(`,"ip": "`), 1) }))
	add(bundle.RecordForm, "record with its newline", bent(t, func(e *Exhibit) { e.record = append(e.record, '\n') }))
	add(bundle.RecordFields, "record with a member less", bent(t, func(e *Exhibit) { e.record = []byte(`{"at":"2026-03-02T10:00:17Z"}`) }))
	add(bundle.RecordFields, "record with a member more", bent(t, func(e *Exhibit) { e.record = append(e.record[:len(e.record)-1], `,"x":1}`...) }))
	add(bundle.RecordFields, "no record", bent(t, func(e *Exhibit) { e.record = nil }))
	add(bundle.RecordRoot, "another record", bent(t, func(e *Exhibit) { e.record = bytes.Replace(e.record, []byte("db8::11"), []byte("db8::12"), 1) }))
	add(bundle.RecordRoot, "another index", bent(t, func(e *Exhibit) { e.index = 16 }))
	add(bundle.RecordRoot, "another salt", bent(t, func(e *Exhibit) { e.proof.Salt[0] ^= 1 }))
	add(bundle.RecordRoot, "another hash", bent(t, func(e *Exhibit) { e.proof.Path[3][0] ^= 1 }))
	add(bundle.RecordRoot, "a hash less", bent(t, func(e *Exhibit) { e.proof.Path = e.proof.Path[1:] }))
	add(bundle.RecordRoot, "no path", bent(t, func(e *Exhibit) { e.proof.Path = []digest.Digest{} }))
	return out
}

// A vector is one file: two lines "expect: CODE" (or "accepted") and "comment:
// TEXT", an empty line, the exhibit.
type vector struct {
	code    bundle.Code
	comment string
	exhibit []byte
}

func (v vector) String() string {
	expect := string(v.code)
	if expect == "" {
		expect = "accepted"
	}
	return fmt.Sprintf("expect: %s\ncomment: %s\n\n%s", expect, v.comment, v.exhibit)
}

func TestVectors(t *testing.T) {
	const dir = "testdata/vectors"
	want := vectors(t)
	if *update {
		for name, v := range want {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(v.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(dir + "/*")
	if err != nil || len(files) != len(want) {
		t.Fatalf("%d files of %d vectors, %v", len(files), len(want), err)
	}
	for name, v := range want {
		t.Run(name, func(t *testing.T) {
			if string(read(t, filepath.Join(dir, name))) != v.String() {
				t.Error("the file differs")
			}
			got, err := Verify(v.exhibit, provider(t))
			if v.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if f, ok := errors.AsType[*bundle.Finding](err); !ok || f.Code != v.code || got != nil {
				t.Errorf("Verify = %v, want %s", err, v.code)
			}
			if err != nil && strings.Contains(err.Error(), "2001:db8") {
				t.Errorf("the error holds evidence: %v", err)
			}
		})
	}
	for _, c := range Codes() {
		found := false
		for _, v := range want {
			found = found || v.code == c
		}
		if !found {
			t.Errorf("no vector has %s", c)
		}
	}
}
