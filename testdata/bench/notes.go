package main

import (
	"fmt"
	"os"
	"strings"
)

// notes are what somebody wrote about rows, by their key. A report keeps them.
type notes map[string]string

// readNotes reads a file of headings "## key", each with its text.
func readNotes(name string) (notes, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w; bench runs in the root of the repository", err)
	}
	n := make(notes)
	for i, part := range strings.Split("\n"+string(b), "\n## ") {
		if i == 0 {
			continue // what the file says about itself
		}
		key, text, _ := strings.Cut(part, "\n")
		key = strings.TrimSpace(key)
		if _, twice := n[key]; twice || key == "" {
			return nil, fmt.Errorf("%s: heading %q stands there twice, or is empty", name, key)
		}
		n[key] = strings.TrimSpace(text)
	}
	return n, nil
}
