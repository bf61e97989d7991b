package commit

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"errors"

	"github.com/go-json-experiment/json"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/merkle/testonly"

	"writ/crypto/digest"
)

// sample returns n records back to back with the ends of each.
func sample(n int) (records []byte, ends []int) {
	for i := range n {
		records = fmt.Appendf(records, `{"at":"2026-03-%02dT00:00:00Z","n":%d}`+"\n", i%28+1, i)
		ends = append(ends, len(records))
	}
	return records, ends
}

func salts(t testing.TB, seed, dataset string) *Salts {
	t.Helper()
	s, err := ParseSeed(seed)
	if err != nil {
		t.Fatal(err)
	}
	salts, err := s.Salts(dataset)
	if err != nil {
		t.Fatal(err)
	}
	return salts
}

const fixed = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

// The vectors were made by another program in another language.
func TestVectors(t *testing.T) {
	file, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name       string        `json:"name"`
		Seed       string        `json:"seed"`
		Dataset    string        `json:"dataset"`
		Records    int           `json:"records"`
		Root       digest.Digest `json:"root"`
		LastSalt   string        `json:"last_salt"`
		LastLeaf   string        `json:"last_leaf"`
		LastRecord string        `json:"last_record"`
	}
	if err := json.Unmarshal(file, &vectors, json.RejectUnknownMembers(true)); err != nil || len(vectors) == 0 {
		t.Fatalf("%d vectors, %v", len(vectors), err)
	}
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			s := salts(t, v.Seed, v.Dataset)
			records, ends := sample(v.Records)
			run, err := s.Leaves(0, records, ends)
			if err != nil {
				t.Fatal(err)
			}
			tree := NewTree()
			if err := tree.Append(run); err != nil {
				t.Fatal(err)
			}
			if got, err := tree.Root(); err != nil || got != v.Root {
				t.Errorf("root = %v, %v, want %v", got, err, v.Root)
			}
			if v.Records == 0 {
				return
			}
			salt, last := make([]byte, SaltBytes), uint64(v.Records-1)
			if s.fill(salt, last); hex.EncodeToString(salt) != v.LastSalt {
				t.Errorf("last salt = %x, want %s", salt, v.LastSalt)
			}
			one := []byte(v.LastRecord + "\n")
			run, err = s.Leaves(last, one, []int{len(one)})
			if err != nil || hex.EncodeToString(run.hashes[0]) != v.LastLeaf {
				t.Errorf("last leaf = %x, %v, want %s", run.hashes, err, v.LastLeaf)
			}
		})
	}
}

// Wherever records are cut into runs, the root is the one of the reference.
func TestCuts(t *testing.T) {
	const most = 300
	rng := rand.New(rand.NewPCG(1, 2))
	s := salts(t, fixed, "sign-ins")
	records, ends := sample(most)
	reference := testonly.New(rfc6962.DefaultHasher)
	salt := make([]byte, SaltBytes)
	for n := 0; n <= most; n++ {
		if n > 0 {
			start := 0
			if n > 1 {
				start = ends[n-2]
			}
			s.fill(salt, uint64(n-1))
			reference.AppendData(append(bytes.Clone(salt), records[start:ends[n-1]-1]...))
		}
		tree, begin := NewTree(), 0
		for begin < n {
			end := begin + 1 + rng.IntN(n-begin)
			from := 0
			if begin > 0 {
				from = ends[begin-1]
			}
			own := make([]int, 0, end-begin)
			for _, e := range ends[begin:end] {
				own = append(own, e-from)
			}
			run, err := s.Leaves(uint64(begin), records[from:ends[end-1]], own)
			if err != nil {
				t.Fatal(err)
			}
			if err := tree.Append(run); err != nil {
				t.Fatal(err)
			}
			begin = end
		}
		got, err := tree.Root()
		if err != nil || !bytes.Equal(got[:], reference.Hash()) || tree.Size() != uint64(n) {
			t.Fatalf("%d records: root %v of %d, %v, want %x", n, got, tree.Size(), err, reference.Hash())
		}
	}
}

func TestRefused(t *testing.T) {
	s := salts(t, fixed, "sign-ins")
	records, ends := sample(3)
	run, err := s.Leaves(1, records, ends)
	if err != nil {
		t.Fatal(err)
	}
	if err := NewTree().Append(run); !errors.Is(err, ErrGap) {
		t.Errorf("Append of a run from 1 to the empty tree = %v, want %v", err, ErrGap)
	}
	for _, tt := range []struct {
		name    string
		begin   uint64
		records string
		ends    []int
	}{
		{name: "no newline", records: "{}", ends: []int{2}},
		{name: "bytes follow", records: "{}\n{}\n", ends: []int{3}},
		{name: "end beyond", records: "{}\n", ends: []int{4}},
		{name: "ends not rising", records: "{}\n", ends: []int{3, 3}},
		{name: "numbers run out", begin: ^uint64(0), records: "{}\n", ends: []int{3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := s.Leaves(tt.begin, []byte(tt.records), tt.ends); !errors.Is(err, ErrRecords) {
				t.Errorf("Leaves = %v, want %v", err, ErrRecords)
			}
		})
	}
	if _, err := (Seed{}).Salts("x"); !errors.Is(err, ErrSeed) {
		t.Errorf("the empty seed gave salts: %v", err)
	}
	for _, text := range []string{"", "AAAA", fixed + "\n", " " + fixed, strings.TrimSuffix(fixed, "8=") + "9="} {
		if _, err := ParseSeed(text); !errors.Is(err, ErrSeed) {
			t.Errorf("ParseSeed(%q) = %v, want %v", text, err, ErrSeed)
		}
	}
}

func TestSeedDoesNotPrint(t *testing.T) {
	s := NewSeed()
	if back, err := ParseSeed(s.Reveal()); err != nil || *back.raw != *s.raw {
		t.Fatalf("does not round-trip: %v", err)
	}
	for _, f := range []string{"%v", "%+v", "%#v", "%s", "%x", "%q"} {
		if got := fmt.Sprintf(f, struct{ S Seed }{s}); !strings.Contains(got, "[seed]") {
			t.Errorf("%s prints %s", f, got)
		}
	}
	if b, err := json.Marshal(s); err == nil {
		t.Errorf("a seed marshals as %s", b)
	}
}

// In the steady state a run costs a few allocations, and a record none.
func TestAllocations(t *testing.T) {
	s := salts(t, fixed, "sign-ins")
	for _, n := range []int{64, 4096} {
		records, ends := sample(n)
		got := testing.AllocsPerRun(20, func() {
			if _, err := s.Leaves(0, records, ends); err != nil {
				t.Fatal(err)
			}
		})
		if got > 24 {
			t.Errorf("a run of %d records made %v allocations, want at most 24", n, got)
		}
	}
}

func BenchmarkLeaves(b *testing.B) {
	s := salts(b, fixed, "sign-ins")
	record := `{"pad":"` + strings.Repeat("x", 211) + `"}` + "\n"
	records := []byte(strings.Repeat(record, 4096))
	ends := make([]int, 4096)
	for i := range ends {
		ends[i] = (i + 1) * len(record)
	}
	b.SetBytes(int64(len(records)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Leaves(0, records, ends); err != nil {
			b.Fatal(err)
		}
	}
}
