package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"writ/crypto/trust"
	"writ/manifest"
)

func sample(t testing.TB) (d Delivery, ciphertext, bundle []byte) {
	t.Helper()
	d, err := Find("testdata/delivery")
	if err != nil {
		t.Fatal(err)
	}
	return d, read(t, d.Ciphertext), read(t, d.Manifest)
}

func TestFind(t *testing.T) {
	_, ciphertext, bundle := sample(t)
	dir := filepath.Dir(deliver(t, ciphertext, bundle).Ciphertext)
	c := filepath.Join(dir, exportID+manifest.CiphertextSuffix)
	if err := os.WriteFile(filepath.Join(dir, exportID+manifest.ProofSuffix), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, c, c + manifest.ManifestSuffix, filepath.Join(dir, exportID+manifest.ProofSuffix)} {
		if d, err := Find(path); err != nil || d.Ciphertext != c || d.Manifest != c+manifest.ManifestSuffix ||
			d.Proof != filepath.Join(dir, exportID+manifest.ProofSuffix) {
			t.Errorf("Find(%s) = %+v, %v", path, d, err)
		}
	}
	two := t.TempDir()
	for _, name := range []string{"a", "b"} {
		if err := os.WriteFile(filepath.Join(two, name+manifest.CiphertextSuffix), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		name, path string
		want       Code
	}{
		{"nothing there", filepath.Join(dir, "nothing"), Missing},
		{"empty folder", t.TempDir(), Missing},
		{"no manifest", filepath.Join(two, "a"+manifest.CiphertextSuffix), Missing},
		{"two deliveries", two, Ambiguous},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Find(tt.path)
			if f, ok := errors.AsType[*Finding](err); !ok || f.Code != tt.want {
				t.Errorf("Find = %v, want %s", err, tt.want)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	d, ciphertext, bundle := sample(t)
	v, err := Verify(context.Background(), d, provider(t))
	if err != nil || v.Statement().Predicate.ExportID != exportID || v.Signer() != signer(t, 1).Public().ID() {
		t.Fatalf("Verify = %v, %v", v, err)
	}
	unsigned := bytes.Replace(bundle, []byte(`"sig":"`), []byte(`"sig":"AAAA`), 1)
	for _, tt := range []struct {
		name string
		d    Delivery
		p    *trust.Provider
		want Code
	}{
		{"no ciphertext", Delivery{Ciphertext: d.Ciphertext + "x", Manifest: d.Manifest}, provider(t), Missing},
		{"no manifest", Delivery{Ciphertext: d.Ciphertext, Manifest: d.Manifest + "x"}, provider(t), Missing},
		{"no provider", d, nil, ManifestSigner},
		{"a manifest that is none", deliver(t, ciphertext, ciphertext), provider(t), ManifestFormat},
		{"a huge manifest", deliver(t, ciphertext, make([]byte, manifest.MaxBytes+1)), provider(t), ManifestFormat},
		{"a signature of nothing", deliver(t, ciphertext, unsigned), provider(t), ManifestSignature},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v, err := Verify(context.Background(), tt.d, tt.p)
			if f, ok := errors.AsType[*Finding](err); !ok || f.Code != tt.want || v != nil {
				t.Errorf("Verify = %v, want %s", err, tt.want)
			}
		})
	}
}

// What counts is whether the key counted when the manifest was signed, not
// whether it does now: a key that ended, or was revoked, later takes nothing back.
func TestVerifyHoldsTheKeyToTheTimeOfSigning(t *testing.T) {
	d, _, _ := sample(t)
	v, err := Verify(context.Background(), d, provider(t))
	if err != nil {
		t.Fatal(err)
	}
	signed := v.Statement().Predicate.Times.SignedAt
	for _, tt := range []struct {
		name string
		key  trust.Validity
		good bool
	}{
		{"a key that ended since", trust.Validity{Until: signed.Add(1)}, true},
		{"a key that was revoked since", trust.Validity{RevokedAt: signed.Add(1)}, true},
		{"a key of that moment on", trust.Validity{From: signed}, true},
		{"a key that ended at that moment", trust.Validity{Until: signed}, false},
		{"a key that was revoked at that moment", trust.Validity{RevokedAt: signed}, false},
		{"a key that was revoked long before", trust.Validity{RevokedAt: signed.AddDate(-1, 0, 0)}, false},
		{"a key of later", trust.Validity{From: signed.Add(1)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := provider(t)
			for i := range p.Keys {
				if p.Keys[i].Use == trust.UseManifest {
					p.Keys[i].Validity = tt.key
				}
			}
			// Another key that is in use now is no help.
			p.Keys = append(p.Keys, trust.ProviderKey{Use: trust.UseManifest, Key: trust.Key{PublicKey: signer(t, 3).Public()}})
			_, err := Verify(context.Background(), d, p)
			f, ok := errors.AsType[*Finding](err)
			if (err == nil) != tt.good || err != nil && (!ok || f.Code != ManifestSigner) {
				t.Errorf("Verify = %v, want it good: %v", err, tt.good)
			}
		})
	}
}

// Every single byte of a delivery matters: flipped, cut, appended or swapped
// with another delivery's, Verify refuses it, and Open leaves nothing.
func TestTamper(t *testing.T) {
	_, ciphertext, bundle := sample(t)
	d := deliver(t, ciphertext, bundle)
	p, parent := provider(t), t.TempDir()
	id := identity(t)
	refused := func(what string, open bool) {
		t.Helper()
		v, err := Verify(context.Background(), d, p)
		if v != nil || !errors.Is(err, ErrVerify) {
			t.Errorf("%s: Verify = %v", what, err)
		}
		if open {
			v, err := Open(context.Background(), d, p, id, filepath.Join(parent, "out"), Options{Workers: 1})
			if v != nil || !errors.Is(err, ErrVerify) {
				t.Errorf("%s: Open = %v", what, err)
			}
		}
	}
	for _, f := range []struct {
		path string
		good []byte
	}{{d.Ciphertext, ciphertext}, {d.Manifest, bundle}} {
		write := func(b []byte) {
			if err := os.WriteFile(f.path, b, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		file, err := os.OpenFile(f.path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		set := func(i int, c byte) {
			if _, err := file.WriteAt([]byte{c}, int64(i)); err != nil {
				t.Fatal(err)
			}
		}
		for i, c := range f.good {
			set(i, c^1<<(i%8))
			refused(fmt.Sprintf("%s with byte %d flipped", filepath.Ext(f.path), i), i%64 == 0)
			set(i, c)
		}
		if err := file.Close(); err != nil || !bytes.Equal(read(t, f.path), f.good) {
			t.Fatalf("not as it was (%v)", err)
		}
		for n := 0; n < len(f.good); n += 1 + n/16 { // each length class
			write(f.good[:n])
			refused(fmt.Sprintf("%s cut to %d bytes", filepath.Ext(f.path), n), true)
		}
		for _, more := range []string{"\n", "\x00", " ", string(f.good)} {
			write(append(bytes.Clone(f.good), more...))
			refused(fmt.Sprintf("%s with %q behind", filepath.Ext(f.path), more[:1]), true)
		}
		write(f.good)
	}
	// Two deliveries, each good in itself.
	otherCiphertext, otherBundle := maker{}.bytes(t)
	d = deliver(t, ciphertext, otherBundle)
	refused("another manifest", true)
	d = deliver(t, otherCiphertext, bundle)
	refused("another ciphertext", true)
	empty(t, parent)
	d = deliver(t, otherCiphertext, otherBundle)
	if _, err := Verify(context.Background(), d, p); err != nil {
		t.Errorf("the other delivery is not good in itself: %v", err)
	}
}
