//go:build !linux || servers

package writ_test

import "testing"

func announceLeft() {}

// Elsewhere, and with the tag, the line is shown by go test -v.
func TestSaysWhatIsLeftToMakeTest(t *testing.T) {
	tests := left(t)
	if len(tests) == 0 {
		t.Fatalf("no tests with the tag %q: has it been renamed?", serversTag)
	}
	t.Log(sayLeft(tests))
}
