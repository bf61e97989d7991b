//go:build unix

package bundle

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	fnote "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"writ/crypto/seal"
	"writ/crypto/trust"
	"writ/manifest/ledger"
)

func ledgerKey(t testing.TB, origin string) *ledger.Key {
	t.Helper()
	k, err := ledger.NewKey(origin)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// enter puts entries into a new ledger and returns the proof of the last.
func enter(t testing.TB, k *ledger.Key, entries ...[]byte) []byte {
	t.Helper()
	cfg := ledger.Config{Dir: filepath.Join(t.TempDir(), "ledger"), Signer: k.Signer(), Verifier: k.Verifier()}
	if err := ledger.Init(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	l, err := ledger.Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := l.AppendAll(t.Context(), entries...)
	if err := errors.Join(err, l.Close()); err != nil {
		t.Fatal(err)
	}
	return proofs[len(proofs)-1].Bytes()
}

// keeping is the provider, with a ledger of these keys.
func keeping(t testing.TB, keys ...*ledger.Key) *trust.Provider {
	t.Helper()
	p := provider(t)
	for _, k := range keys {
		origin, public, err := ledger.Pin(k.Public())
		if err != nil {
			t.Fatal(err)
		}
		p.Keys = append(p.Keys, trust.ProviderKey{Use: trust.UseLedger, Origin: origin, Key: trust.Key{PublicKey: public}})
	}
	return p
}

// proven writes a proof beside a delivery.
func proven(t testing.TB, d Delivery, proof []byte) Delivery {
	t.Helper()
	d.Proof = filepath.Join(filepath.Dir(d.Ciphertext), exportID+".tlog-proof")
	if err := os.WriteFile(d.Proof, proof, 0o600); err != nil {
		t.Fatal(err)
	}
	return d
}

// cosigned returns the proof with a witness's cosignature, and the witness's key.
func cosigned(t testing.TB, name string, k *ledger.Key, proof []byte) ([]byte, string) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.Reader, name)
	if err != nil {
		t.Fatal(err)
	}
	witness, err := fnote.NewSignerForCosignatureV1(private)
	if err != nil {
		t.Fatal(err)
	}
	if public, err = fnote.VKeyToCosignatureV1(public); err != nil {
		t.Fatal(err)
	}
	head, checkpoint, _ := bytes.Cut(proof, []byte("\n\n"))
	n, err := note.Open(checkpoint, note.VerifierList(k.Verifier()))
	if err != nil {
		t.Fatal(err)
	}
	if checkpoint, err = note.Sign(n, witness); err != nil {
		t.Fatal(err)
	}
	return append(append(bytes.Clone(head), "\n\n"...), checkpoint...), public
}

func TestProof(t *testing.T) {
	_, ciphertext, manifest := sample(t)
	ours, theirs := ledgerKey(t, "mail.example/ledger"), ledgerKey(t, "mail.example/ledger")
	good := enter(t, ours, []byte("another statement"), manifest)
	witnessed, witness := cosigned(t, "witness.example/0", ours, good)
	_, stranger := cosigned(t, "witness.example/1", ours, good)
	policy := func(threshold int, keys ...string) func(*trust.Provider) {
		return func(p *trust.Provider) {
			p.Witnesses = &trust.Witnesses{Threshold: threshold}
			for _, k := range keys {
				p.Witnesses.List = append(p.Witnesses.List, trust.Witness{Key: k})
			}
		}
	}
	validity := func(v trust.Validity) func(*trust.Provider) {
		return func(p *trust.Provider) { p.Keys[1].Validity = v }
	}
	for _, tt := range []struct {
		name   string
		proof  []byte // nil: there is none
		keys   []*ledger.Key
		change func(*trust.Provider)
		want   Code // "" if it is good
	}{
		{"in the ledger", good, []*ledger.Key{ours}, nil, ""},
		{"of the second of two keys", good, []*ledger.Key{theirs, ours}, nil, ""},
		{"of the first of two keys", good, []*ledger.Key{ours, theirs}, nil, ""},
		{"a key that began after the signing", good, []*ledger.Key{ours}, validity(trust.Validity{From: at(7)}), ""},
		{"a key that ended after the signing", good, []*ledger.Key{ours}, validity(trust.Validity{Until: at(7)}), ""},
		{"a key that was revoked after the signing", good, []*ledger.Key{ours}, validity(trust.Validity{RevokedAt: at(7)}), ""},
		{"witnessed as demanded", witnessed, []*ledger.Key{ours}, policy(1, witness, stranger), ""},
		{"witnessed although nobody demands it", witnessed, []*ledger.Key{ours}, nil, ""},
		{"a provider without ledger, and a proof", good, nil, nil, ""},
		{"a provider without ledger, and no proof", nil, nil, nil, ""},

		{"no proof", nil, []*ledger.Key{ours}, nil, ProofMissing},
		{"an empty proof", []byte{}, []*ledger.Key{ours}, nil, ProofFormat},
		{"a proof that is none", manifest, []*ledger.Key{ours}, nil, ProofFormat},
		{"a huge proof", bytes.Repeat(good, 1+ledger.MaxProofBytes/len(good)), []*ledger.Key{ours}, nil, ProofFormat},
		{"other line ends", bytes.ReplaceAll(good, []byte("\n"), []byte("\r\n")), []*ledger.Key{ours}, nil, ProofFormat},
		{"another ledger of the same name", enter(t, theirs, manifest), []*ledger.Key{ours}, nil, ProofLedger},
		{"another ledger", enter(t, ledgerKey(t, "other.example/ledger"), manifest), []*ledger.Key{ours}, nil, ProofLedger},
		{"a key that had ended", good, []*ledger.Key{ours}, validity(trust.Validity{Until: at(6)}), ProofLedger},
		{"a key that was revoked", good, []*ledger.Key{ours}, validity(trust.Validity{RevokedAt: at(6)}), ProofLedger},
		{"a key that was revoked from the start", good, []*ledger.Key{ours}, validity(trust.Validity{From: at(7), RevokedAt: at(7)}), ProofLedger},
		{"not witnessed", good, []*ledger.Key{ours}, policy(1, witness), ProofWitnesses},
		{"witnessed by one of two", witnessed, []*ledger.Key{ours}, policy(2, witness, stranger), ProofWitnesses},
		{"witnessed by a stranger", witnessed, []*ledger.Key{ours}, policy(1, stranger), ProofWitnesses},
		{"too few witnesses, and a second key", good, []*ledger.Key{ours, theirs}, policy(1, witness), ProofWitnesses},
		{"of another statement", enter(t, ours, manifest, []byte("another statement")), []*ledger.Key{ours}, nil, ProofInclusion},
		{"of the manifest in other bytes", enter(t, ours, bytes.TrimSuffix(manifest, []byte("\n"))), []*ledger.Key{ours}, nil, ProofInclusion},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, p := deliver(t, ciphertext, manifest), keeping(t, tt.keys...)
			if tt.proof != nil {
				d = proven(t, d, tt.proof)
			}
			if tt.change != nil {
				tt.change(p)
			}
			v, err := Verify(t.Context(), d, p)
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if (v.Inclusion != nil) != (len(tt.keys) > 0) || v.Inclusion != nil && v.Inclusion.Index != 1 {
					t.Errorf("Inclusion = %+v", v.Inclusion)
				}
				return
			}
			if f, ok := errors.AsType[*Finding](err); !ok || f.Code != tt.want || v != nil {
				t.Errorf("Verify = %v, want %s", err, tt.want)
			}
			out := filepath.Join(t.TempDir(), "out")
			if _, err := Open(t.Context(), d, p, seal.Identity{}, out, Options{}); !errors.Is(err, ErrVerify) {
				t.Errorf("Open = %v, want %s", err, tt.want)
			}
		})
	}
}

// Every byte of a proof matters.
func TestProofTamper(t *testing.T) {
	_, ciphertext, manifest := sample(t)
	k := ledgerKey(t, "mail.example/ledger")
	good := enter(t, k, []byte("another statement"), manifest)
	d, p := proven(t, deliver(t, ciphertext, manifest), good), keeping(t, k)
	refused := func(what string, proof []byte) {
		t.Helper()
		if err := os.WriteFile(d.Proof, proof, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Verify(t.Context(), d, p)
		if f, ok := errors.AsType[*Finding](err); !ok || !strings.HasPrefix(string(f.Code), "proof-") {
			t.Errorf("%s: Verify = %v", what, err)
		}
	}
	for i := range good {
		bent := bytes.Clone(good)
		bent[i] ^= 1 << (i % 8)
		refused("a bit flipped", bent)
		refused("cut", good[:i])
	}
	refused("with a line behind", append(bytes.Clone(good), "\n"...))
}

// A witness policy that can't be is the provider file's fault, not the delivery's.
func TestProofPolicyUnusable(t *testing.T) {
	_, ciphertext, manifest := sample(t)
	k := ledgerKey(t, "mail.example/ledger")
	p := keeping(t, k)
	p.Witnesses = &trust.Witnesses{Threshold: 1, List: []trust.Witness{{Key: k.Public()}}}
	_, err := Verify(t.Context(), proven(t, deliver(t, ciphertext, manifest), enter(t, k, manifest)), p)
	if !errors.Is(err, ledger.ErrPolicy) || errors.Is(err, ErrVerify) {
		t.Errorf("Verify = %v, want %v", err, ledger.ErrPolicy)
	}
}
