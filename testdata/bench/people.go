package main

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sigstore/sigstore/pkg/cryptoutils"

	"writ/crypto/sign"
	"writ/export/demo"
	"writ/export/order"
)

// people are the demo's, with all their keys.
type people struct {
	dir       string // a workspace like theirs, which is copied and never used
	roots     []sign.Signer
	signers   []sign.Signer // of orders
	provider  sign.Signer   // of statements
	engineer  sign.Signer   // who runs exports
	recipient string        // the agency's
	warrant   order.Order
}

// The provider's and the engineer's key without a password, beside those that
// have one.
const (
	plainKey         = "keys/manifest-plain.pem"
	plainEngineerKey = "keys/engineer-plain.pem"
)

func newPeople(dir string) (*people, error) {
	if err := demo.Make(dir, time.Now()); err != nil {
		return nil, err
	}
	p := &people{dir: dir}
	if err := os.RemoveAll(filepath.Join(dir, "data")); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(dir, demo.PasswordFile))
	if err != nil {
		return nil, err
	}
	password := []byte(strings.TrimSpace(string(text)))
	load := func(name string) sign.Signer {
		var s sign.Signer
		b, e := os.ReadFile(filepath.Join(dir, "keys", name+".pem"))
		if e == nil {
			s, e = sign.LoadSigner(b, func() ([]byte, error) { return password, nil })
		}
		if err == nil {
			err = e
		}
		return s
	}
	p.roots = []sign.Signer{load("root-1"), load("root-2")}
	p.signers = []sign.Signer{load("court"), load("reviewer-1"), load("reviewer-2")}
	p.provider, p.engineer = load("manifest"), load("engineer")
	if err != nil {
		return nil, err
	}
	identity, err := os.ReadFile(filepath.Join(dir, demo.IdentityFile))
	if err != nil {
		return nil, err
	}
	_, to, found := strings.Cut(string(identity), "public key: ")
	if !found {
		return nil, fmt.Errorf("the demo's agency key does not name its recipient")
	}
	p.recipient = strings.SplitN(to, "\n", 2)[0]
	shown, err := os.ReadFile(filepath.Join(dir, demo.Warrant))
	if err != nil {
		return nil, err
	}
	signed, err := order.Parse(shown)
	if err != nil {
		return nil, err
	}
	p.warrant = signed.Order()
	return p, errors.Join(p.withoutPassword("keys/manifest.pem", plainKey, password), p.withoutPassword("keys/engineer.pem", plainEngineerKey, password))
}

// withoutPassword writes a key once more.
func (p *people) withoutPassword(from, to string, password []byte) error {
	b, err := os.ReadFile(filepath.Join(p.dir, from))
	if err != nil {
		return err
	}
	key, err := cryptoutils.UnmarshalPEMToPrivateKey(b, cryptoutils.StaticPasswordFunc(password))
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(p.dir, to), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// An ask is what an order asks for: accounts by their numbers, and datasets
// within one window.
type ask struct {
	accounts []int
	datasets []string
	window
	rows int // that it finds, in all
}

// fields are those that both sides move, besides the time.
var fields = []order.Field{"agent", "at", "device", "ended", "ip", "port", "succeeded"}

// order signs a new order.
func (p *people) order(a ask) ([]byte, error) {
	o := p.warrant
	o.Nonce = make([]byte, order.MinNonce)
	rand.Read(o.Nonce)
	o.ID = order.ID(fmt.Sprintf("bench-%x", o.Nonce[:8]))
	o.Targets, o.Mandate = nil, nil
	for _, n := range a.accounts {
		o.Targets = append(o.Targets, order.Target{Type: "email", Value: fmt.Sprintf("user%d@example.com", n)})
	}
	for _, d := range a.datasets {
		o.Mandate = append(o.Mandate, order.Item{Dataset: order.Dataset(d), Fields: fields, From: order.At(a.from), To: order.At(a.to)})
	}
	s, err := order.New(o)
	if err != nil {
		return nil, err
	}
	for _, k := range p.signers {
		if err := s.Sign(k); err != nil {
			return nil, err
		}
	}
	return s.Marshal(), nil
}
