package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What inspect says of a file with a private key, and why it refuses one,
// repeats no line of it.
func FuzzInspectKey(f *testing.F) {
	names, err := filepath.Glob("../../crypto/*/testdata/*.[kp][eu]*")
	if err != nil || len(names) == 0 {
		f.Fatalf("no seeds (%v)", err)
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("PRIVATE+KEY+mail.example/ledger+00000000+AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := inspectKey(b)
		if !slices.Contains([]form{formPrivate, formIdentity, formLedgerPrivate}, r.Form) {
			return
		}
		said := fmt.Sprintf("%+v %v", r, err)
		for line := range strings.Lines(string(b)) {
			line = strings.TrimSpace(line)
			if len(line) >= 32 && line[0] != '#' && line[0] != '-' && strings.Contains(said, line) {
				t.Fatal("it repeats a line of the key")
			}
		}
	})
}
