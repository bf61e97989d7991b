package canon

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"writ/crypto/digest"
)

type head struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

type part struct {
	Name string `json:"name"`
	N    int    `json:"n,omitzero"`
}

// A value has a member of each kind that statements have.
type value struct {
	head
	Digest digest.Digest     `json:"digest"`
	Maybe  digest.Digest     `json:"a_digest,omitzero"`
	Until  time.Time         `json:"until,omitzero"`
	Yes    bool              `json:"yes"`
	Size   int64             `json:"size"`
	Names  []string          `json:"names,omitzero"`
	Parts  []part            `json:"parts"`
	Part   part              `json:"part,omitzero"`
	Map    map[string]string `json:"map"`
	Sig    []byte            `json:"sig"`
	Some   []byte            `json:"some,omitzero"`
}

// slowly is what [Decode] is held to.
func slowly(text []byte, v any) bool {
	if json.Unmarshal(text, v, json.RejectUnknownMembers(true)) != nil {
		return false
	}
	again, err := json.Marshal(v)
	if err != nil || (*jsontext.Value)(&again).Canonicalize() != nil {
		return false
	}
	return bytes.Equal(again, text)
}

const (
	aDigest = `"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"`
	least   = `{"at":"2026-03-01T00:00:00Z","by":"b","digest":` + aDigest + `,"map":{},"parts":[],"sig":"","size":0,"yes":false}`
	most    = `{"a_digest":` + aDigest + `,"at":"2026-03-01T00:00:00Z","by":"§ b \"q\" \\ \n","digest":` + aDigest +
		`,"map":{"a":"","b":"x"},"names":["x","y"],"part":{"n":-1,"name":""},"parts":[{"name":"p"},{"n":2,"name":"q"}],"sig":"AP8=","size":999999999999999,"some":"","until":"2026-03-01T00:00:00Z","yes":true}`
)

func TestDecode(t *testing.T) {
	for _, text := range []string{least, most} {
		var got, want value
		if !Decode([]byte(text), &got) || !slowly([]byte(text), &want) {
			t.Fatalf("not taken: %s", text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("Decode gives %+v, want %+v", got, want)
		}
	}
	for _, v := range []any{
		new(float64), new(any), new(*int), new([]uint16), new(map[string]int), new(jsontext.Value),
		new(struct{ N int }), new(struct {
			N int `json:"n,omitempty"`
		}),
	} {
		if Decode([]byte(`{}`), v) {
			t.Errorf("a %T is taken, of which nothing is known", v)
		}
	}
}

// FuzzDecode takes nothing that package json does not take as canonical, and
// reads the same.
func FuzzDecode(f *testing.F) {
	swap := func(old, new string) { f.Add(bytes.Replace([]byte(most), []byte(old), []byte(new), 1)) }
	for _, text := range []string{least, most, "", "{}", "null", most + "\n", " " + most, most + most} {
		f.Add([]byte(text))
	}
	swap(`"by":"§ b \"q\" \\ \n",`, ``)
	swap(`"by":"§ b \"q\" \\ \n",`, `"by":"\u00a7 b",`)
	swap(`"by":"§ b \"q\" \\ \n",`, "\"by\":\"\xff\",")
	swap(`"by":"§ b \"q\" \\ \n",`, "\"by\":\"a\tb\",")
	swap(`"by":"§ b \"q\" \\ \n",`, `"by":"a\"b",`)
	swap(`"by":"§ b \"q\" \\ \n",`, `"by":"b","by":"b",`)
	swap(`"by":"§ b \"q\" \\ \n",`, `"by":"b","bz":"b",`)
	swap(`"by":"§ b \"q\" \\ \n",`, `"by":null,`)
	swap(`\n`, `\u000a`)
	swap(`\n`, `\u001f`)
	swap(`\n`, `\/`)
	swap(`\n`, `\`)
	swap(`\n`, "\\\xff")
	swap(`\n`, "\n")
	swap(`\n`, "\xff")
	swap(`"by"`, `"BY"`)
	swap(`"by"`, `"b\u0079"`)
	swap(`"n":2`, `"n":0`)
	swap(`"n":-1,"name":""`, `"name":""`)
	swap(`"n":2`, `"n":02`)
	swap(`"n":2`, `"n":-0`)
	swap(`"n":2`, `"n":2.0`)
	swap(`"n":2`, `"n":2e0`)
	swap(`"n":2`, `"n":"2"`)
	swap(`999999999999999`, `9007199254740993`)
	swap(`999999999999999`, `99999999999999999999`)
	swap(`"2026-03-01T00:00:00Z"`, `"2026-03-01T00:00:00.000Z"`)
	swap(`"2026-03-01T00:00:00Z"`, `"2026-03-01T00:00:00+00:00"`)
	swap(`"2026-03-01T00:00:00Z"`, `"2026-02-30T00:00:00Z"`)
	swap(`"2026-03-01T00:00:00Z"`, `"2026-03-01T24:00:00Z"`)
	swap(`"2026-03-01T00:00:00Z"`, `"0001-01-01T00:00:00Z"`)
	swap(`"until":"2026-03-01T00:00:00Z"`, `"until":"0001-01-01T00:00:00Z"`)
	swap(`9f86`, `9F86`)
	swap(aDigest, `"sha256:0000000000000000000000000000000000000000000000000000000000000000"`)
	swap(`{"a":"","b":"x"}`, `{"b":"x","a":""}`)
	swap(`{"a":"","b":"x"}`, `{"a":"","a":"x"}`)
	swap(`{"a":"","b":"x"}`, `{"b":"","é":"x"}`)
	swap(`["x","y"]`, `[]`)
	swap(`["x","y"]`, `["x","y",]`)
	swap(`["x","y"]`, `["x" ,"y"]`)
	swap(`["x","y"]`, `null`)
	swap(`AP8=`, `AP8`)
	swap(`AP8=`, `AP9=`)
	swap(`AP8=`, `AP8=\n`)
	swap(`AP8=`, `A_8=`)
	swap(`"yes":true`, `"yes":1`)
	swap(`,"yes"`, `, "yes"`)
	f.Fuzz(func(t *testing.T, text []byte) {
		var got, want, shared value
		ok := Decode(text, &got)
		if again := DecodeShared(text, &shared); again != ok || ok && !reflect.DeepEqual(shared, got) {
			t.Fatalf("%q is taken: %v, and where values are shared: %v", text, ok, again)
		}
		if !ok {
			return
		}
		if !slowly(text, &want) {
			t.Fatalf("taken: %q", text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("%q gives %+v, want %+v", text, got, want)
		}
	})
}

// Shared values are those that would have been read anew, whatever was read
// before; and those that are the same are read once.
func TestDecodeShared(t *testing.T) {
	texts := []string{most, most, most, least, most, most[:len(most)-1]}
	for _, swap := range [][2]string{{`"n":2`, `"n":0`}, {`"n":2`, `"n":3`}, {`["x","y"]`, `["x","z"]`}, {`["x","y"]`, `["x","y"`}, {`["x","y"]`, `["x","y"]]`}, {`{"n":-1,"name":""}`, `{"n":-1,"name":""`}} {
		changed := strings.Replace(most, swap[0], swap[1], 1)
		texts = append(texts, changed, changed, changed, most)
	}
	for _, text := range texts {
		var got, want value
		if ok := DecodeShared([]byte(text), &got); ok != Decode([]byte(text), &want) {
			t.Fatalf("shared: %v, anew: %v: %s", ok, !ok, text)
		} else if ok && !reflect.DeepEqual(got, want) {
			t.Errorf("%s is %+v, want %+v", text, got, want)
		}
	}
	var a, b value
	if !DecodeShared([]byte(most), &a) || !DecodeShared([]byte(most), &b) || &a.Parts[0] != &b.Parts[0] {
		t.Fatal("a list that is the same is read again")
	}
	if a.Names = append(a.Names, "of one alone"); len(b.Names) != 2 || &a.Names[0] == &b.Names[0] {
		t.Error("who appends to a shared list does not copy it")
	}
}
