package ledger_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"writ/manifest/ledger"
)

func TestKey(t *testing.T) {
	for range 50 { // base64 has + now and then
		key := newKey(t)
		again, err := ledger.ParseKey(key.Private())
		if err != nil {
			t.Fatal(err)
		}
		v, err := ledger.ParseVerifier(key.Public())
		if err != nil {
			t.Fatal(err)
		}
		signed, err := note.Sign(&note.Note{Text: "text\n"}, again.Signer())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := note.Open(signed, note.VerifierList(v)); err != nil {
			t.Fatal(err)
		}
		if v.Name() != origin || again.Origin() != origin || again.Public() != key.Public() {
			t.Fatalf("%s of %s", again.Public(), v.Name())
		}
		for _, printed := range []string{fmt.Sprint(key), fmt.Sprintf("%+v", key), fmt.Sprintf("%#v", key), fmt.Sprintf("%s", key)} {
			if strings.Contains(printed, "PRIVATE") || !strings.Contains(printed, origin) {
				t.Fatalf("key prints as %q", printed)
			}
		}
	}
}

func TestNewKey_origins(t *testing.T) {
	for _, tt := range []struct {
		origin string
		want   error
	}{
		{origin: "ledger.example/2026"},
		{origin: "", want: ledger.ErrKey},
		{origin: "two words", want: ledger.ErrKey},
		{origin: "a+b", want: ledger.ErrKey},
		{origin: "line\n", want: ledger.ErrKey},
		{origin: "käse", want: ledger.ErrKey},
		{origin: strings.Repeat("a", 201), want: ledger.ErrKey},
	} {
		if _, err := ledger.NewKey(tt.origin); !errors.Is(err, tt.want) {
			t.Errorf("NewKey(%q) = %v, want %v", tt.origin, err, tt.want)
		}
	}
}

func TestParseKey(t *testing.T) {
	good := newKey(t)
	for _, bad := range []string{
		"", "PRIVATE", good.Public(), good.Private() + "\n", " " + good.Private(), good.Private()[:len(good.Private())-4],
		strings.Replace(good.Private(), origin, "ledger.example/other", 1), strings.Repeat("+", 10),
	} {
		_, err := ledger.ParseKey(bad)
		if !errors.Is(err, ledger.ErrKey) {
			t.Errorf("ParseKey(%q) = %v, want %v", bad, err, ledger.ErrKey)
		}
		if err != nil && strings.Contains(err.Error(), good.Private()[30:]) {
			t.Errorf("the error quotes the key: %v", err)
		}
	}
	for _, bad := range []string{"", "a+b", good.Private(), good.Public() + "\n", strings.Replace(good.Public(), origin, "x", 1), strings.Repeat("a", 2000)} {
		if _, err := ledger.ParseVerifier(bad); !errors.Is(err, ledger.ErrKey) {
			t.Errorf("ParseVerifier(%.50q) = %v, want %v", bad, err, ledger.ErrKey)
		}
	}
}
