package act

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"writ/crypto/trust"
)

// A reader takes what Parse and Verify take, says the same, and keeps nothing
// of an entry that is overwritten.
func TestReader(t *testing.T) {
	p := provider(signer(t, 1), trust.UseManifest, trust.Validity{})
	r, stranger := NewReader(p), NewReader(provider(signer(t, 2), trust.UseManifest, trust.Validity{}))
	for name, a := range samples(t) {
		entry := mustSign(t, a)
		signed, err := Parse(entry)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			again := bytes.Clone(entry)
			got, err := r.Read(again)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			clear(again)
			clear(r.buffer[:cap(r.buffer)])
			if want := signed.Unverified(); !reflect.DeepEqual(got, want) {
				t.Errorf("%s reads as %+v, want %+v", name, got, want)
			}
		}
		if a, err := stranger.Read(entry); a != nil || !errors.Is(err, ErrSigner) {
			t.Errorf("%s, signed by a stranger: %v, want %v", name, err, ErrSigner)
		}
		if a, err := r.Read(bytes.Replace(entry, []byte(`"sig":"`), []byte(`"sig":"MEUC`), 1)); a != nil || err == nil {
			t.Errorf("%s, with another signature, is believed", name)
		}
		if a, err := r.Read(entry[1:]); a != nil || !errors.Is(err, ErrFormat) {
			t.Errorf("half of %s: %v, want %v", name, err, ErrFormat)
		}
	}
	if _, err := NewReader(nil).Read(mustSign(t, samples(t)["received"])); !errors.Is(err, ErrSigner) {
		t.Errorf("without a provider: %v, want %v", err, ErrSigner)
	}
}
