package exhibit

import (
	"bytes"
	"context"
	"crypto/aes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"writ/crypto/digest"
	"writ/manifest/bag"
	"writ/manifest/bundle"
	"writ/manifest/commit"
	"writ/manifest/internal/schematest"
)

// Nothing in an exhibit is random, so it is the same bytes each time.
func TestGolden(t *testing.T) {
	got := mustMake(t)
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(read(t, golden), got) {
		t.Errorf("%s differs", golden)
	}
	v, err := Verify(got, provider(t))
	if err != nil {
		t.Fatal(err)
	}
	if v.Dataset.Name != "sign-ins" || v.Index != 17 || v.Statement().Predicate.ExportID != exportID || v.Inclusion != nil ||
		!strings.Contains(string(v.Record), `"ip":"2001:db8::11"`) {
		t.Errorf("Verify = %+v", v)
	}
}

func TestMake(t *testing.T) {
	d, dir := opened(t)
	all := lines(t, dir)
	for i := range all {
		b, err := Make(context.Background(), d, os.DirFS(dir), provider(t), "sign-ins", Record(uint64(i)))
		if err != nil {
			t.Fatalf("record %d: %v", i, err)
		}
		if v, err := Verify(b, provider(t)); err != nil || !bytes.Equal(v.Record, all[i]) {
			t.Fatalf("record %d: %v", i, err)
		}
	}
	want := read(t, golden)
	for _, tt := range []struct {
		name string
		dir  string
		pick Pick
	}{
		{"by text", dir, Field("ip", "2001:db8::11")},
		{"the bag itself", filepath.Join(dir, exportID), Record(17)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Make(context.Background(), d, os.DirFS(tt.dir), provider(t), "sign-ins", tt.pick)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("Make differs (%v)", err)
			}
		})
	}
}

func TestMakeRefuses(t *testing.T) {
	ended, stop := context.WithCancel(context.Background())
	stop()
	part := bag.Part("sign-ins", 1)
	for _, tt := range []struct {
		name, dataset string
		pick          Pick
		change        func(dir string) fs.FS
		want          error
		code          bundle.Code
		says          string
	}{
		{name: "no pick", dataset: "sign-ins", want: ErrRequest},
		{name: "no such dataset", dataset: "mail", pick: Record(0), want: ErrRequest},
		{name: "a path for a dataset", dataset: "../sign-ins", pick: Record(0), want: ErrRequest},
		{name: "a dataset without records", dataset: "payments", pick: Record(0), want: ErrRequest},
		{name: "a refused dataset", dataset: "messages", pick: Field("body", "x"), want: ErrRequest},
		{name: "behind the last", dataset: "sign-ins", pick: Record(120), want: ErrRequest, says: "has 120 records"},
		{name: "a field that was withheld", dataset: "sign-ins", pick: Field("device", "x"), want: ErrRequest},
		{name: "a value that none has", dataset: "sign-ins", pick: Field("ip", "2001:db8::ffff"), want: ErrRequest, says: "0 records"},
		{name: "half a value", dataset: "sign-ins", pick: Field("ip", "2001:db8::1*"), want: ErrRequest, says: "0 records"},
		{name: "a value that all have", dataset: "sign-ins", pick: Field("when", `{"original":"2026-03-02 11:00:00+01","utc":"2026-03-02T10:00:00Z"}`), want: ErrRequest, says: "120 records"},
		{name: "not an opened folder", dataset: "sign-ins", pick: Record(0), want: ErrRequest,
			change: func(dir string) fs.FS { return os.DirFS(filepath.Join(dir, exportID, "data")) }},
		{name: "commitments changed", dataset: "sign-ins", pick: Record(0), code: bundle.CommitmentsFormat,
			change: func(dir string) fs.FS {
				return rewritten(t, dir, bag.Commitments, func(s string) string { return s + "\n" })
			}},
		{name: "another seed", dataset: "sign-ins", pick: Record(0), code: bundle.RecordRoot,
			change: func(dir string) fs.FS {
				return rewritten(t, dir, bag.Commitments, func(s string) string { return strings.Replace(s, "AAEC", "BBEC", 1) })
			}},
		{name: "another record changed", dataset: "sign-ins", pick: Record(0), code: bundle.RecordRoot,
			change: func(dir string) fs.FS {
				return rewritten(t, dir, part, func(s string) string { return strings.Replace(s, "db8", "db9", 1) })
			}},
		{name: "a record less", dataset: "sign-ins", pick: Record(0), code: bundle.RecordCount,
			change: func(dir string) fs.FS {
				return rewritten(t, dir, part, func(s string) string { return s[strings.Index(s, "\n")+1:] })
			}},
		{name: "the last newline", dataset: "sign-ins", pick: Record(0), code: bundle.RecordForm,
			change: func(dir string) fs.FS {
				return rewritten(t, dir, part, func(s string) string { return strings.TrimSuffix(s, "\n") })
			}},
		{name: "other line ends", dataset: "sign-ins", pick: Record(0), code: bundle.RecordRoot,
			change: func(dir string) fs.FS {
				return rewritten(t, dir, part, func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") })
			}},
		{name: "a record of another form", dataset: "sign-ins", pick: Field("ip", "2001:db8::11"), code: bundle.RecordFields,
			change: func(dir string) fs.FS {
				return rewritten(t, dir, part, func(s string) string { return strings.Replace(s, `"ip"`, `"mac"`, 1) })
			}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d, dir := opened(t)
			in := os.DirFS(dir)
			if tt.change != nil {
				in = tt.change(dir)
			}
			b, err := Make(context.Background(), d, in, provider(t), tt.dataset, tt.pick)
			if b != nil || err == nil {
				t.Fatalf("Make returned %d bytes, %v", len(b), err)
			}
			f, isFinding := errors.AsType[*bundle.Finding](err)
			if tt.code != "" && (!isFinding || f.Code != tt.code) || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("Make = %v", err)
			}
			for _, evidence := range []string{"2001:db8", "11:00:00+01"} {
				if strings.Contains(err.Error(), evidence) {
					t.Errorf("the error holds evidence: %v", err)
				}
			}
		})
	}
	d, dir := opened(t)
	if _, err := Make(ended, d, os.DirFS(dir), provider(t), "sign-ins", Record(0)); !errors.Is(err, context.Canceled) {
		t.Errorf("Make of an ended context = %v", err)
	}
	stranger := provider(t)
	stranger.Provider = "other.example"
	if _, err := Make(context.Background(), d, os.DirFS(dir), stranger, "sign-ins", Record(0)); !errors.Is(err, bundle.ErrVerify) {
		t.Errorf("Make of a manifest that nobody vouches for = %v", err)
	}
}

// Whoever holds exhibits, and knows all other records and their order, still
// can't confirm one of them: not without a salt, and not with what those that
// were disclosed give away.
func TestSiblingsSayNothing(t *testing.T) {
	d, dir := opened(t)
	all := lines(t, dir)
	// Neither is beside another on its way up.
	disclosed := map[int]*Exhibit{17: nil, 18: nil, 50: nil}
	beside := map[digest.Digest]bool{}
	var files []byte
	for i := range disclosed {
		b, err := Make(context.Background(), d, os.DirFS(dir), provider(t), "sign-ins", Record(uint64(i)))
		if err != nil {
			t.Fatal(err)
		}
		e, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range e.proof.Path {
			beside[h] = true
		}
		disclosed[i], files = e, append(files, b...)
	}
	if len(beside) < 12 {
		t.Fatalf("%d different hashes on three paths", len(beside))
	}
	// What the right salts lead to, so that this test would notice.
	seed, err := commit.ParseOpenings(read(t, filepath.Join(dir, exportID, filepath.FromSlash(bag.Commitments))))
	if err != nil {
		t.Fatal(err)
	}
	salts := saltsOf(t, seed, all)
	a, b := disclosed[17].proof.Salt[:], disclosed[18].proof.Salt[:]
	number := func(n *big.Int) []byte { return new(big.Int).And(n, mask).FillBytes(make([]byte, commit.SaltBytes)) }
	step := new(big.Int).Sub(new(big.Int).SetBytes(b), new(big.Int).SetBytes(a))
	for _, tt := range []struct {
		name string
		salt func(i int) []byte
		want bool
	}{
		{"no salt", func(int) []byte { return nil }, false},
		{"a salt of zeros", func(int) []byte { return make([]byte, commit.SaltBytes) }, false},
		{"a disclosed salt", func(int) []byte { return a }, false},
		{"a disclosed salt and the index", func(i int) []byte { return strconv.AppendInt(bytes.Clone(a), int64(i), 10) }, false},
		{"a disclosed salt, counted on", func(i int) []byte { return number(new(big.Int).Add(new(big.Int).SetBytes(a), big.NewInt(int64(i-17)))) }, false},
		{"a line through two salts", func(i int) []byte {
			return number(new(big.Int).Add(new(big.Int).SetBytes(a), new(big.Int).Mul(step, big.NewInt(int64(i-17)))))
		}, false},
		{"two salts, one upon the other", func(int) []byte {
			return number(new(big.Int).Xor(new(big.Int).SetBytes(a), new(big.Int).SetBytes(b)))
		}, false},
		{"a keystream under a disclosed salt", func(i int) []byte {
			block, err := aes.NewCipher(a)
			if err != nil {
				t.Fatal(err)
			}
			out := number(big.NewInt(int64(i)))
			block.Encrypt(out, out)
			return out
		}, false},
		{"the salts of the seed", func(i int) []byte { return salts[i] }, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			level := make([]digest.Digest, len(all))
			for i, record := range all {
				salt := tt.salt(i)
				if e := disclosed[i]; e != nil {
					salt = e.proof.Salt[:]
				}
				level[i] = digest.Of(append(append([]byte{0}, salt...), record...))
			}
			hit := false
			for len(level) > 0 { // all nodes of all levels
				for _, h := range level {
					hit = hit || beside[h]
				}
				next := make([]digest.Digest, len(level)/2)
				for i := range next {
					next[i] = digest.Of(append(append([]byte{1}, level[2*i][:]...), level[2*i+1][:]...))
				}
				level = next
			}
			if hit != tt.want {
				t.Errorf("a hash of a path was recomputed: %v, want %v", hit, tt.want)
			}
		})
	}
	// The seed, another salt or another record is not in a file in any spelling.
	raw, err := base64.StdEncoding.DecodeString(seed.Reveal())
	if err != nil {
		t.Fatal(err)
	}
	hidden := []string{seed.Reveal(), hex.EncodeToString(raw), string(raw), base64.RawURLEncoding.EncodeToString(raw), "2001:db8::10"}
	for i, salt := range salts {
		if written := bytes.Contains(files, []byte(hex.EncodeToString(salt))); written != (disclosed[i] != nil) {
			t.Errorf("the salt of record %d is in a file: %v", i, written)
		}
	}
	for _, s := range hidden {
		if bytes.Contains(files, []byte(s)) {
			t.Error("an exhibit holds the seed or another record")
		}
	}
}

var mask = new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 8*commit.SaltBytes), big.NewInt(1))

// saltsOf returns the salts of all records.
func saltsOf(t *testing.T, seed commit.Seed, all [][]byte) (out [][]byte) {
	t.Helper()
	salts, err := seed.Salts("sign-ins")
	if err != nil {
		t.Fatal(err)
	}
	for i := range all {
		p, err := salts.Prove(uint64(i), uint64(len(all)))
		if err != nil {
			t.Fatal(err)
		}
		for _, record := range all {
			if err := p.Add(record); err != nil {
				t.Fatal(err)
			}
		}
		proof, _, err := p.Proof()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, proof.Salt[:])
	}
	return out
}

func TestSchema(t *testing.T) {
	validate := schematest.Compile(t, "../../docs/schema/exhibit.schema.json")
	for _, tt := range []struct{ name, old, new string }{
		{"as written", "", ""},
		{"unknown member", `"format"`, `"extra":1,"format"`},
		{"another version", "exhibit/v1", "exhibit/v2"},
		{"salt in capitals", `"salt":"`, `"salt":"A`},
		{"a hash without its name", `"sha256:`, `"`},
		{"an empty proof", `"manifest":`, `"ledger_proof":"","manifest":`},
		{"a negative index", `"index":17`, `"index":-17`},
		{"a dataset that is a path", `"sign-ins"`, `"../sign-ins"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := replaced(t, tt.old, tt.new)
			_, parsed := Verify(b, provider(t))
			if got := validate(b); (got == nil) != (parsed == nil) || (got == nil) != (tt.old == "") {
				t.Errorf("the schema says %v, Verify %v", got, parsed)
			}
		})
	}
}

// What is accepted has one form, and verifies only as the one that was made.
func FuzzParse(f *testing.F) {
	good := read(f, golden)
	f.Add(good)
	seeds, err := filepath.Glob("testdata/vectors/*.txt")
	if err != nil || len(seeds) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for _, name := range seeds {
		_, b, _ := bytes.Cut(read(f, name), []byte("\n\n"))
		f.Add(b)
	}
	p := provider(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) {
				t.Fatalf("no family: %v", err)
			}
			return
		}
		if again, err := e.marshal(); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("does not round-trip: %v", err)
		}
		// The manifest's root has one record in each place.
		if v, err := Verify(b, p); err == nil && v.Index == 17 {
			e.entry = nil // which nobody asks for: this provider keeps no ledger
			if same, err := e.marshal(); err != nil || !bytes.Equal(same, good) {
				t.Fatalf("another exhibit of the same record verifies (%v)", err)
			}
		}
	})
}
