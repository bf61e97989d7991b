package bundle

import (
	"bytes"
	"errors"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"writ/manifest"
)

// Of all that is offered as the manifest of a delivery, only the one that was
// signed is taken; what is refused is a finding.
func FuzzVerifyManifest(f *testing.F) {
	good := read(f, "testdata/delivery/"+exportID+manifest.CiphertextSuffix+manifest.ManifestSuffix)
	f.Add(good, []byte(nil))
	f.Add(bytes.TrimSpace(good), []byte("c2sp.org/tlog-proof@v1\n"))
	p := provider(f)
	f.Fuzz(func(t *testing.T, text, proof []byte) {
		v, err := VerifyManifest(text, proof, p)
		if err != nil {
			if !errors.Is(err, ErrVerify) || v != nil {
				t.Fatalf("VerifyManifest = %v, %v", v, err)
			}
			return
		}
		if !bytes.Equal(text, good) {
			t.Fatal("another manifest verifies")
		}
	})
}

// A record of the form is canonical, and each field is told once, in order.
func FuzzForm(f *testing.F) {
	for _, s := range []string{`{"a":1,"b":"x"}`, `{"a":null,"b":{"c":[]}}`, `{"b":1,"a":2}`, `{"a":1}`, `{"a":1,"b":2,"c":3}`, `{"a":1.0,"b":"\u00e9"}`, `[]`} {
		f.Add([]byte(s))
	}
	form := FormOf(manifest.Dataset{Name: "d", Fields: []manifest.Granted{{Name: "a"}, {Name: "b"}}})
	f.Fuzz(func(t *testing.T, record []byte) {
		var told bytes.Buffer
		told.WriteString("{")
		err := form.Check(0, record, func(field string, value []byte) {
			if told.Len() > 1 {
				told.WriteByte(',')
			}
			told.WriteString(`"` + field + `":`)
			told.Write(value)
		})
		if err != nil {
			if !errors.Is(err, ErrVerify) {
				t.Fatalf("not a finding: %v", err)
			}
			return
		}
		told.WriteString("}")
		if !bytes.Equal(told.Bytes(), record) || !jsontext.Value(record).IsValid() {
			t.Fatalf("of %s it was told %s", record, told.Bytes())
		}
	})
}
