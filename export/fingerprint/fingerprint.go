// Package fingerprint tells whether two orders name the same set of targets,
// and says nothing of the targets to anybody who has not the provider's secret.
//
// A fingerprint is HMAC-SHA256 under that secret. Without it nobody who holds
// fingerprints can try identifiers on them, however few there are; with it
// everybody can, so the secret is kept where the signing keys are, and never
// beside the ledger. The package does no I/O.
package fingerprint

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"writ/export/catalog"
	"writ/export/order"
	"writ/manifest/act"
)

// Prefix begins the text of every key.
const Prefix = "WRIT-FINGERPRINT-KEY-1:"

// ErrKey says that a text is not the key of fingerprints.
var ErrKey = errors.New("not a fingerprint key")

// A Key is the provider's secret. Only [New] and [Parse] make one.
type Key struct{ secret [sha256.Size]byte }

// New makes a key.
func New() *Key {
	k := &Key{}
	rand.Read(k.secret[:]) // never fails: see crypto/rand
	return k
}

// Format keeps the secret out of whatever is printed.
func (*Key) Format(w fmt.State, _ rune) { io.WriteString(w, "[fingerprint key]") }

// Parse reads what [Key.Text] returned.
func Parse(text string) (*Key, error) {
	digits, ok := strings.CutPrefix(text, Prefix)
	b, err := base64.StdEncoding.Strict().DecodeString(digits)
	if !ok || err != nil || len(b) != sha256.Size || strings.ContainsAny(digits, "\r\n") {
		return nil, ErrKey
	}
	k := &Key{secret: [sha256.Size]byte(b)}
	if k.secret == [sha256.Size]byte{} {
		return nil, ErrKey
	}
	return k, nil
}

// Text returns the key, to be kept secret.
func (k *Key) Text() string { return Prefix + base64.StdEncoding.EncodeToString(k.secret[:]) }

// ID names the key and says nothing of it.
func (k *Key) ID() string { return hex.EncodeToString(k.mac("writ/fingerprint/key/v1", nil)[:8]) }

// Of returns the fingerprint of a set of targets: of type, value as the catalog
// normalises it, and time, in any order and each once.
func (k *Key) Of(targets []order.Target, c *catalog.Catalog) act.Fingerprint {
	list := make([]string, len(targets))
	for i, t := range targets {
		value := t.Value
		if identifier, ok := c.Identifier(t.Type); ok {
			if normal, err := identifier.Apply(value); err == nil { // else it finds nobody
				value = normal
			}
		}
		at := ""
		if !t.At.IsZero() {
			at = t.At.UTC().Format(time.RFC3339Nano)
		}
		b, err := json.Marshal([]string{string(t.Type), value, at})
		if err != nil {
			panic("fingerprint: " + err.Error()) // an order's texts are UTF-8
		}
		list[i] = string(b)
	}
	slices.Sort(list)
	list = slices.Compact(list)
	return act.Fingerprint{Key: k.ID(), Value: hex.EncodeToString(k.mac("writ/fingerprint/targets/v1", []byte(strings.Join(list, "\n"))))}
}

// mac is of a text for one use; no JSON array holds a line break.
func (k *Key) mac(use string, text []byte) []byte {
	h := hmac.New(sha256.New, k.secret[:])
	h.Write([]byte(use + "\n"))
	h.Write(text)
	return h.Sum(nil)
}
