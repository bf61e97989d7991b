package order_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"writ/crypto/digest"
	"writ/crypto/trust"
	"writ/export/order"
)

var update = flag.Bool("update", false, "rewrite testdata/vectors from the table of cases")

const vectorsDir = "testdata/vectors"

// outcomes names what a vector can expect, for readers in other languages.
var outcomes = map[string]error{
	"accepted":         nil,
	"malformed":        order.ErrMalformed,
	"other-provider":   order.ErrOtherProvider,
	"authority":        order.ErrAuthority,
	"agency":           order.ErrAgency,
	"recipient":        order.ErrRecipient,
	"no-threshold":     order.ErrNoThreshold,
	"unsigned":         order.ErrUnsigned,
	"not-yet-in-force": order.ErrNotYetInForce,
	"expired":          order.ErrExpired,
	"test":             order.ErrTest,
	"emergency":        order.ErrEmergency,
	"exported-before":  order.ErrExportedBefore,
}

func outcome(err error) string {
	for name, e := range outcomes {
		if e == err {
			return name
		}
	}
	panic("no outcome for " + fmt.Sprint(err))
}

// A vector is one file: lines of "key: value", an empty line, the envelope.
type vector struct {
	expect, exportedAs, supplement, comment string
	at                                      time.Time
	testing                                 bool
	envelope                                []byte
}

func (v vector) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "expect: %s\nat: %s\n", v.expect, v.at.Format(time.RFC3339Nano))
	if v.testing {
		b.WriteString("workspace: test\n")
	}
	if v.exportedAs != "" {
		fmt.Fprintf(&b, "exported-as: %s\n", v.exportedAs)
	}
	if v.supplement != "" {
		fmt.Fprintf(&b, "supplement: %s\n", v.supplement)
	}
	fmt.Fprintf(&b, "comment: %s\n\n%s", v.comment, v.envelope)
	return b.String()
}

func parseVector(t testing.TB, b []byte) (v vector) {
	t.Helper()
	head, envelope, ok := bytes.Cut(b, []byte("\n\n"))
	if !ok {
		t.Fatal("no empty line before the envelope")
	}
	v.envelope = envelope
	for line := range strings.Lines(string(head)) {
		k, s, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		var err error
		switch k {
		case "expect":
			v.expect = s
		case "at":
			v.at, err = time.Parse(time.RFC3339Nano, s)
		case "workspace":
			v.testing = s == "test"
		case "exported-as":
			v.exportedAs = s
		case "supplement":
			v.supplement = s
		case "comment":
			v.comment = s
		default:
			err = errors.New("unknown key")
		}
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	if _, ok := outcomes[v.expect]; !ok {
		t.Fatalf("unknown outcome %q", v.expect)
	}
	return v
}

// vectors returns what testdata/vectors must hold, by file name.
func vectors(t testing.TB) map[string]vector {
	m := map[string]vector{}
	add := func(v vector) {
		name := strings.NewReplacer(" ", "-", "_", "-", "'", "").Replace(v.comment) + ".txt"
		if _, ok := m[name]; ok {
			t.Fatalf("two vectors %s", name)
		}
		m[name] = v
	}
	for _, c := range verifyCases {
		add(vector{expect: outcome(c.want), at: c.when(), testing: c.testing, exportedAs: c.exportedAs,
			supplement: c.supplement, comment: c.name, envelope: c.envelope(t)})
	}
	good := samples(t)["everything"]
	for _, c := range bad {
		if strings.HasPrefix(c.name, "too many") {
			continue // long, and they show little
		}
		add(vector{expect: "malformed", at: received, comment: "malformed " + c.name, envelope: enveloped(edit(t, good, c.member, c.value))})
	}
	return m
}

func TestUpdateVectors(t *testing.T) {
	if !*update {
		return // TestVectors fails if they are not there
	}
	if err := os.RemoveAll(vectorsDir); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(vectorsDir, 0o777); err != nil {
		t.Fatal(err)
	}
	write := func(name string, b []byte) {
		if err := os.WriteFile(filepath.Join(vectorsDir, name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	envelope, root := registry(t)
	pin, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	write("registry.dsse.json", envelope)
	write("root.json", append(pin, '\n'))
	for name, v := range vectors(t) {
		write(name, []byte(v.String()))
	}
}

// TestVectors believes the files alone: a registry, a root, and orders with
// what must come of them.
func TestVectors(t *testing.T) {
	files, err := filepath.Glob(vectorsDir + "/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s (%v)", vectorsDir, err)
	}
	root, err := trust.ParseRoot(read(t, vectorsDir+"/root.json"))
	if err != nil {
		t.Fatal(err)
	}
	reg, err := trust.Open(read(t, vectorsDir+"/registry.dsse.json"), root)
	if err != nil {
		t.Fatal(err)
	}
	made := vectors(t)
	if len(files) != len(made) {
		t.Errorf("%d files, %d cases; run go test -run TestUpdateVectors -update and review the difference", len(files), len(made))
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			b := read(t, f)
			v := parseVector(t, b)
			if v.String() != string(b) {
				t.Error("the file is not written as vectors are")
			}
			m := made[filepath.Base(f)]
			if v.expect != m.expect || !bytes.Equal(v.envelope, m.envelope) {
				t.Error("the file is not what its case makes; run go test -run TestUpdateVectors -update and review the difference")
			}
			s, err := order.Parse(v.envelope)
			if err == nil {
				_, err = order.Verify(s, order.Against{
					Registry: reg, ExportedAs: func(digest.Digest) string { return v.exportedAs },
					Supplement: v.supplement, UnsafeTesting: v.testing,
				}, v.at)
			}
			if !errors.Is(err, outcomes[v.expect]) {
				t.Errorf("%v, want %s", err, v.expect)
			}
		})
	}
}

func read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
