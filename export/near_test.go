package export_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/ncruces/go-sqlite3"

	"writ/export"
	"writ/export/demo"
	"writ/export/fingerprint"
	"writ/export/order"
	"writ/manifest/act"
)

// Whoever holds the ledger and a list of all users can't find out whom an order
// named: no guess without the secret gives the fingerprint, and nothing else in
// the ledger depends on an identifier alone. With the secret one guess does,
// which shows that the guesses are of the right form.
func TestTheLedgerCannotBeReversed(t *testing.T) {
	w := newWorld(t)
	if _, err := export.Run(t.Context(), w.config, w.request(t, demo.Warrant)); err != nil {
		t.Fatal(err)
	}
	acts, entries := w.said(t)
	var recorded act.Fingerprint
	for _, a := range acts {
		if r, ok := a.(act.Received); ok {
			recorded = r.Fingerprint
		}
	}
	if recorded == (act.Fingerprint{}) {
		t.Fatal("the ledger has no fingerprint")
	}
	// All that looks like a digest, in hex or base64, and as raw bytes.
	said := make(map[string]bool)
	for _, e := range entries {
		text := payload(t, e)
		for _, m := range regexp.MustCompile(`[0-9a-f]{64}`).FindAll(text, -1) {
			said[string(m)] = true
		}
		for _, m := range regexp.MustCompile(`[A-Za-z0-9+/]{43}=`).FindAll(text, -1) {
			if b, err := base64.StdEncoding.DecodeString(string(m)); err == nil {
				said[hex.EncodeToString(b)] = true
			}
		}
	}
	if !said[recorded.Value] {
		t.Fatal("the fingerprint is not among what was found")
	}
	// What anybody knows, or can read in the ledger, as a secret.
	known := [][]byte{nil, []byte("writ"), []byte(demo.Provider), []byte(recorded.Key), []byte(fingerprint.Prefix), w.config.Policy.Archive(), w.config.Catalog.Text(), w.config.Registry.Payload()}
	for digits := range said {
		b, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatal(err)
		}
		known = append(known, b)
	}
	var keys []*fingerprint.Key
	for _, k := range known {
		sum := sha256.Sum256(k)
		keys = append(keys, must(fingerprint.Parse(fingerprint.Prefix+base64.StdEncoding.EncodeToString(sum[:]))))
		if len(k) == sha256.Size && !bytes.Equal(k, make([]byte, sha256.Size)) {
			keys = append(keys, must(fingerprint.Parse(fingerprint.Prefix+base64.StdEncoding.EncodeToString(k))))
		}
	}
	users, found := 0, 0
	for _, address := range addresses(t, w) {
		users++
		targets := []order.Target{{Type: "email", Value: address}}
		if w.config.Fingerprint.Of(targets, w.config.Catalog) == recorded {
			found++
		}
		for _, k := range keys {
			if f := k.Of(targets, w.config.Catalog); said[f.Value] {
				t.Errorf("a guess of the secret gives the fingerprint of user %d", users)
			}
		}
		for _, form := range []string{"%s", "%s\n", "email:%s", "email\n%s", `"%s"`, `["email","%s",""]`, `{"type":"email","value":"%s"}`, `[{"type":"email","value":"%s"}]`, "writ/fingerprint/targets/v1\n[\"email\",\"%s\",\"\"]"} {
			text := fmt.Appendf(nil, form, address)
			plain := sha256.Sum256(text)
			leaf := sha256.Sum256(append([]byte{0}, text...))
			mac := hmac.New(sha256.New, nil)
			mac.Write(text)
			for _, sum := range [][]byte{plain[:], leaf[:], mac.Sum(nil)} {
				if said[hex.EncodeToString(sum)] {
					t.Errorf("the ledger holds a hash of user %d alone", users)
				}
			}
		}
	}
	if users < 100 || found != 1 {
		t.Errorf("%d users were tried, and the secret finds %d", users, found)
	}
}

// addresses are those of all users.
func addresses(t *testing.T, w *world) (out []string) {
	t.Helper()
	db := must(sqlite3.Open(filepath.Join(w.dir, "data", "mail.db")))
	defer db.Close()
	s, _, err := db.Prepare("SELECT address FROM addresses")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for s.Step() {
		out = append(out, s.ColumnText(0))
	}
	return out
}
