package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"time"

	"writ/crypto/digest"
	"writ/crypto/sign"
	"writ/export/workspace"
	"writ/manifest"
	"writ/manifest/act"
	"writ/manifest/ledger"
)

// An answered order is what the ledger says of one: received, decided, exported.
type answered struct {
	entries [3]entry
	order   digest.Digest
	targets string // their fingerprint
	was     manifest.Export
	decided act.Decided
}

// An entry is a signed statement in its parts: the bundle up to the payload,
// the payload, the bundle up to the signature, and its end.
type entry struct {
	head, middle, tail []byte
	payload            []byte
}

var signedParts = regexp.MustCompile(`(?s)^(.*"payload": ?")([^"]+)(".*"sig": ?")[^"]+(".*)$`)

func parseEntry(b []byte) (e entry, err error) {
	m := signedParts.FindSubmatch(b)
	if m == nil {
		return e, fmt.Errorf("a ledger entry has no payload and signature")
	}
	e = entry{head: m[1], middle: m[3], tail: m[4]}
	e.payload, err = base64.StdEncoding.DecodeString(string(m[2]))
	return e, err
}

// sign returns the entry with another payload, signed.
func (e entry) sign(payload []byte, k sign.Signer) ([]byte, error) {
	sig, err := k.Sign(sign.ForStatement, payload)
	if err != nil {
		return nil, err
	}
	b := base64.StdEncoding.AppendEncode(bytes.Clone(e.head), payload)
	b = base64.StdEncoding.AppendEncode(append(b, e.middle...), sig)
	return append(b, e.tail...), nil
}

// lastAnswered reads the last order that was answered from a ledger's end.
func lastAnswered(ctx context.Context, r *ledger.Reader) (answered, error) {
	var a answered
	v, err := r.View(ctx)
	if err != nil {
		return a, err
	}
	size := v.Checkpoint().Size()
	seen := 0
	for e, err := range v.Entries(ctx, max(0, size-3), size) {
		if err != nil {
			return a, err
		}
		s, err := act.Parse(e.Bytes)
		if err != nil {
			return a, err
		}
		if a.entries[e.Index-max(0, size-3)], err = parseEntry(bytes.Clone(e.Bytes)); err != nil {
			return a, err
		}
		switch x := s.Unverified().(type) {
		case act.Received:
			a.order, a.targets, seen = x.Order.Digest, x.Fingerprint.Value, 1
		case act.Decided:
			a.decided, seen = x, seen+1
		case act.Exported:
			a.was, seen = x.Predicate, seen+1
		}
	}
	if seen != 3 || a.decided.Order != a.order || a.was.Order.Digest != a.order {
		return a, fmt.Errorf("the ledger does not end with an order that was answered")
	}
	return a, nil
}

// like returns the statements of another order, for other targets, that was
// answered in the same way, signed: number n is always of the same order. They are what package act
// would write, which takes much longer to check them.
func (a *answered) like(n uint64, by *people) (all [3][]byte, err error) {
	order := numbered("order", n)
	asked, err := act.NewRequest(order, a.decided.InForce.Plan, a.decided.Request.Engineer, a.decided.Request.RequestedAt, by.engineer)
	if err != nil {
		return all, err
	}
	const id = 32 // hex digits of an order's digest, by which its export goes
	renamed := strings.NewReplacer(
		a.order.Hex(), order.Hex(),
		a.order.Hex()[:id], order.Hex()[:id],
		a.targets, numbered("targets", n).Hex(),
		a.was.Ciphertext.SHA256.Hex(), numbered("ciphertext", n).Hex(),
		a.was.Bag.TagManifest.Hex(), numbered("bag", n).Hex(),
		base64.StdEncoding.EncodeToString(a.decided.Request.Sig), base64.StdEncoding.EncodeToString(asked.Sig),
	)
	for i, e := range a.entries {
		if all[i], err = e.sign([]byte(renamed.Replace(string(e.payload))), by.provider); err != nil {
			return all, err
		}
	}
	return all, nil
}

func numbered(what string, n uint64) digest.Digest {
	return digest.Digest(sha256.Sum256(binary.BigEndian.AppendUint64([]byte(what), n)))
}

// many returns the statements of orders first to last, one order behind the
// other, made on all cores.
func (a *answered) many(first, last uint64, by *people) (statements [][]byte, failed error) {
	var (
		made    = make([][3][]byte, last-first+1)
		workers sync.WaitGroup
		mu      sync.Mutex
	)
	for w := range uint64(runtime.NumCPU()) {
		workers.Go(func() {
			for i := w; i < uint64(len(made)); i += uint64(runtime.NumCPU()) {
				s, err := a.like(first+i, by)
				if err != nil {
					mu.Lock()
					failed = err
					mu.Unlock()
					return
				}
				made[i] = s
			}
		})
	}
	workers.Wait()
	for _, order := range made {
		statements = append(statements, order[:]...)
	}
	return statements, failed
}

// ordersAtOnce are appended together.
const ordersAtOnce = 5_000

// extend adds answered orders to a place's ledger until it has about size
// entries, and returns how many it has.
func (p *place) extend(ctx context.Context, size int64) (have int64, err error) {
	w, err := workspace.Open(p.dir)
	if err != nil {
		return 0, err
	}
	r, err := w.LedgerReader()
	if err != nil {
		return 0, err
	}
	v, err := r.View(ctx)
	if err != nil {
		return 0, err
	}
	have = v.Checkpoint().Size()
	template, err := lastAnswered(ctx, r)
	if err != nil || have+3 > size {
		return have, err
	}
	l, err := p.log(ctx, w)
	if err != nil {
		return have, err
	}
	defer l.Close()
	for have+3 <= size {
		n := min((size-have)/3, ordersAtOnce)
		statements, err := template.many(uint64(have), uint64(have+n-1), p.h.people)
		if err != nil {
			return have, err
		}
		if _, err := l.AppendAll(ctx, statements...); err != nil {
			return have, err
		}
		have += int64(len(statements))
	}
	return have, nil
}

// log opens the place's ledger to append to, with all the time that it takes.
func (p *place) log(ctx context.Context, w *workspace.Workspace) (*ledger.Log, error) {
	c, err := w.LedgerConfig(time.Now())
	if err != nil {
		return nil, err
	}
	c.Deadline = 10 * time.Minute
	return ledger.Open(ctx, c)
}
